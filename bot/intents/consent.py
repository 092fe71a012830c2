"""Turns the keeping of a channel on and off, and says how it stands. On posts a notice; off erases.

Whoever administers the channel decides; whoever may read it may know. Asks no model.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from adapters.chat import Action, Command, Entrances, Intent, Reply, Request
from adapters.text import dates
from adapters.text.counts import counted
from bot.conversation.permissions import channel, is_admin, is_between_few, is_here, may_read, unheard
from bot.errors import NotAllowed, UsageError
from bot.history import Cleared, Consent, consent
from bot.services import Services
from nlp.remote.addresses import away

COMMAND = Command(
    "consent",
    "Say whether I keep this channel; administrators turn it on or off.",
    argument="on or off",
    limited=False,
    entrances=Entrances(section="This channel", of_channel="only"),
)
WORDS = re.compile(r"\s*(on|off|status)?(?:\s+(?:for\s+)?([1-9]\d{0,3})\s*(?:days?|d))?\s*", re.IGNORECASE)
UNDECIDED = Consent(kept=False, days=None, by="", since=None, messages=0, first=None, last=None)


@dataclass(frozen=True, slots=True)
class Decision:
    """Holds how a channel stands, what was changed just now, and what was erased by that.

    `servers` are other machines on which models read what people write.
    """

    consent: Consent
    days: int
    change: Literal["", "on", "off"] = ""
    by: str = ""
    cleared: Cleared | None = None
    may_decide: bool = False
    servers: tuple[str, ...] = ()

    def reply(self) -> Reply:
        """Return the change for everyone in the channel, or the state for the asker alone."""
        if self.change == "on":
            return Reply(notice(self.by, self.days, self.servers), private=False)
        if self.change == "off":
            return Reply(farewell(self.by, self.cleared), private=False)
        return Reply(self._state(), actions=(self._action(),) if self.may_decide else ())

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        since = self.consent.since.isoformat() if self.consent.since else None
        erased = self.cleared.messages if self.cleared else 0
        stored = {"messages": self.consent.messages, "erased": erased}
        return {"kept": self.consent.kept, "days": self.days, "since": since, **stored}

    def _state(self) -> str:
        if not self.consent.kept:
            return f"This channel is **off**: {self._stored()}. I can still work on a text, or on what I can see now."
        since = f" since {dates.written(self.consent.since, dates.DATE)}" if self.consent.since else ""
        return (
            f"This channel is **on**{since}: I keep its messages for {counted(self.days, 'day')} on this "
            f"organisation's own machine. Stored now: {self.consent.messages}. `/privacy out` leaves you out."
        )

    def _stored(self) -> str:
        if not (messages := self.consent.messages):
            return "I store nothing of it"
        return f"I store nothing new of it. An import brought {counted(messages, 'message')}, which only my owner sees"

    def _action(self) -> Action:
        turn = "off" if self.consent.kept else "on"
        return Action(f"Turn {turn}", Intent("consent", turn))


def notice(by: str, days: int, servers: Sequence[str]) -> str:
    """Return what everyone in a channel reads when it is turned on."""
    leaves = f"For that, texts go to models at {' and '.join(servers)}." if servers else "Nothing leaves it."
    return (
        f"**From now on I keep this channel**, because {by} turned it on. I store new messages for "
        f"{counted(days, 'day')} on this organisation's own machine, to sum up, to answer and to find. "
        f"{leaves}\n\n"
        "`/privacy` shows what I store about you. `/privacy out` erases it and leaves you out. "
        "An administrator can turn me off here with `/consent off`, which erases everything."
    )


def farewell(by: str, cleared: Cleared | None) -> str:
    """Return what everyone reads when it is turned off."""
    count = cleared.messages if cleared else 0
    return (
        f"**I no longer keep this channel**, because {by} turned it off. "
        f"I erased {counted(count, 'message')} and everything that was made from them."
    )


async def run(request: Request, services: Services) -> Decision:
    """Say how the channel stands, or change it. Raises UsageError, and NotAllowed for who doesn't administer it."""
    word, days = wanted(request)
    admin = await is_admin(request, services.admins)
    if word in {"on", "off"} and not admin:
        raise NotAllowed(
            "Only an administrator of this channel can decide whether I keep it.", "Ask one of them to do it."
        )
    if word == "on":
        await turn_on(request, services, days)
    cleared = await turn_off(request, services) if word == "off" else None
    consent = await standing(request, services)
    change: Literal["", "on", "off"] = "on" if word == "on" else "off" if word == "off" else ""
    kept_for = services.days if consent.days is None else consent.days
    servers = await asyncio.to_thread(away, services.core.endpoints()) if word == "on" else ()
    return Decision(consent, kept_for, change, request.asker.name, cleared, admin, servers)


def wanted(request: Request) -> tuple[str, int | None]:
    """Return what is to be done, and for how many days. Raises UsageError."""
    match = WORDS.fullmatch(request.intent.argument)
    if match is None:
        raise UsageError("I didn't understand that.", "Say `/consent on`, `/consent on for 30 days` or `/consent off`.")
    if not request.place.channel:
        raise UsageError("This isn't a channel.", "Ask in the channel that you mean.")
    return (match[1] or "status").lower(), int(match[2]) if match[2] else None


async def turn_on(request: Request, services: Services, days: int | None) -> None:
    """Keep the channel. Raises UsageError for a conversation between a few people, and where nobody would know."""
    place, by, now = channel(request.place), request.asker.id, services.now()
    if not await is_here(request):
        raise UsageError(
            "I am not in this channel, so nobody in it would read that I keep it.", "Add me first, then turn it on."
        )
    if reasons := await unheard(request):
        raise UsageError(*reasons)
    if await is_between_few(request) or not await services.history.run(
        lambda store: store.turn_on(place, by, now, days)
    ):
        raise UsageError("I never keep conversations between a few people.", "Ask me there about what I can see now.")


async def turn_off(request: Request, services: Services) -> Cleared:
    """Erase the channel and stop keeping it."""
    place, by, now = channel(request.place), request.asker.id, services.now()
    services.exchanges.leave(place)
    return await services.history.run(lambda store: store.turn_off(place, by, now))


async def standing(request: Request, services: Services) -> Consent:
    """Return how the channel stands, for who may read it; of any other nothing is known."""
    allowed = await may_read(request, channel(request.place))
    kept = await services.history.read(consent.consent, request.place)
    return kept if allowed else UNDECIDED
