"""Shows and erases what is stored about the person who asks, or leaves them out. Speaks of nobody else."""

import re
from dataclasses import dataclass
from typing import Any

from adapters import realm
from adapters.chat import Action, Command, Entrances, Intent, Reply, Request
from adapters.text import dates
from adapters.text.counts import counted
from bot.errors import UsageError
from bot.history import Holdings, Receipt, erasure
from bot.services import Services

COMMAND = Command(
    "privacy",
    "Show what I store about you, forget it, or leave you out.",
    argument="out, in or forget",
    limited=False,
    always=True,  # nobody can be kept from knowing and erasing what is stored about them
    entrances=Entrances(section="Your privacy"),
)
WORDS = re.compile(r"\s*(?:(?:opt[ -]?)?(out|in)|(forget)(?:\s+me)?(\s+yes)?|status)?\s*", re.IGNORECASE)
OUT, IN = Action("Leave me out", Intent("privacy", "out")), Action("Let me in again", Intent("privacy", "in"))
FORGET, SURE = Action("Forget me", Intent("privacy", "forget")), Action("Erase it", Intent("privacy", "forget yes"))


@dataclass(frozen=True, slots=True)
class Status:
    """Holds what is stored about the asker, and whether they are about to erase it."""

    holdings: Holdings
    asking: bool = False
    back: bool = False

    def reply(self) -> Reply:
        """Return the holdings in counts; the words themselves stand where people said them."""
        head = "You are in again: what you write from now on is stored where a channel is on.\n\n" if self.back else ""
        if self.asking:
            text = f"This erases {self._counts()}, here and in every channel. Say `/privacy forget yes` to do it."
            return Reply(text, actions=(SURE,), personal=True)
        actions = (FORGET, IN if self.holdings.stopped else OUT)
        return Reply(head + self._state(), actions=actions, personal=True)

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        holdings = self.holdings
        times = {"first": holdings.first.isoformat() if holdings.first else None}
        times["last"] = holdings.last.isoformat() if holdings.last else None
        counts = {"messages": holdings.messages, "channels": holdings.channels, "marks": holdings.marks}
        return {
            **counts,
            "promises": holdings.promises,
            "judged": holdings.judged,
            "digests": holdings.digests,
            **times,
            "left_out": holdings.stopped,
        }

    def _state(self) -> str:
        holdings = self.holdings
        out = "You are **left out**: nothing you write is stored.\n\n" if holdings.stopped else ""
        if not holdings.messages:
            return f"{out}I store no message of yours, {self._marks()}."
        first, last = (dates.written(at, dates.DATE) for at in (holdings.first, holdings.last) if at)
        return f"{out}I store {self._counts()}, from {first} to {last}, {self._marks()}. No score is about you."

    def _counts(self) -> str:
        holdings = self.holdings
        return f"{counted(holdings.messages, 'message')} of yours in {counted(holdings.channels, 'channel')}"

    def _marks(self) -> str:
        holdings = self.holdings
        judged = [f"{counted(holdings.judged, 'answer')} that you asked for or judged"] if holdings.judged else []
        judged += ["that a digest is sent to you"] if holdings.digests else []
        promises = f"{holdings.promises} of answers that you asked for"
        *first, last = f"{counted(holdings.marks, 'note')} of how far you have read", promises, *judged
        return f"{', '.join(first)}, and {last}"


@dataclass(frozen=True, slots=True)
class Erased:
    """The receipt of an erasure, for the person it is about."""

    receipt: Receipt

    def reply(self) -> Reply:
        """Return the holdings in counts; the words themselves stand where people said them."""
        done = self.receipt
        then = "You are left out from now on." if done.for_good else "What you write from now on is stored as before."
        at = dates.written(done.at, f"{dates.DATE} 'at' {dates.CLOCK} 'UTC'")
        derived = f" and {counted(done.vectors + done.derived, 'thing')} made from them"
        text = f"I erased {counted(done.messages, 'message')} of yours{derived}, on {at}. {then}"
        action = IN if done.for_good else OUT
        note = "What others wrote about you stays, as do backups that the owner has made of the file."
        return Reply(text, notes=(note,), actions=(action,), personal=True)

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        return self.receipt.document()


async def run(request: Request, services: Services) -> Status | Erased:
    """Do what the asker says about themselves. Raises UsageError."""
    match = WORDS.fullmatch(request.intent.argument)
    if match is None:
        raise UsageError(
            "I didn't understand that.", "Say `/privacy out`, `/privacy in`, `/privacy forget` or `/privacy`."
        )
    way, forget, sure = (match[1] or "").lower(), match[2], match[3]
    person, now, history = request.asker.id, services.now(), services.history
    where = realm(request.place)
    if way == "out" or sure:
        services.exchanges.forget(person, where)
        services.followups.forget(person, where)
    if way == "out" or sure:
        until = None if way == "out" else now
        receipt = await history.run(lambda store: store.forget(person, until, where))
        services.unfinished.set()  # what stands for their messages elsewhere goes now
        services.bridges.set()
        return Erased(receipt)
    back = way == "in" and await history.write(erasure.welcome, person, now, where)
    return Status(await history.read(erasure.holdings, person, where), asking=bool(forget), back=back)
