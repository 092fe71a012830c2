"""Serves a request: reads its words, runs its intent, and turns what went wrong into words.

Every request gets exactly one reply. Logs hold the intent, the place and the kind of an error, never a text. Knows
no platform.
"""

import asyncio
import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import ceil
from time import perf_counter
from typing import Literal

from adapters import realm
from adapters.chat import (
    EVERYTHING,
    SILENCE,
    Command,
    Event,
    Pending,
    Place,
    Progress,
    Reply,
    Request,
    Standing,
    Typed,
    ignore,
)
from adapters.errors import EdgeError
from adapters.platform.reference import current, referenced
from adapters.platform.replies import LOGGED, unexpected
from adapters.text.counts import counted
from bot.admission.fair_queue import FairQueue
from bot.admission.policy import Ruled, check
from bot.admission.rate_limits import Limiter
from bot.backlog import Backlog, Marked, Settled
from bot.config import Config
from bot.conversation import elsewhere, everywhere
from bot.conversation.permissions import Owner, granted
from bot.errors import HistoryUnavailable, ParleyError, SlowDown, UsageError
from bot.history import Exchange, consent, pending, preferences, reconciliation
from bot.intents import INTENTS, Result, command, commands, serve
from bot.recent_answers import exchange_of, judgeable
from bot.sections import AccessRules, RateLimits
from bot.services import Services
from bot.understanding.everywhere import is_of_everything, widened
from bot.understanding.parse import Heard, asks, understand
from bot.understanding.rounds import comes_round
from bot.understanding.several import wishes
from nlp.errors import CoreError, JobFailed

log = logging.getLogger(__name__)

OPEN = "One thing at a time: “{}” is still open. Ask me that next."
MOST_NAME = 40  # characters in which a command's name is looked for
Outcome = Literal["answered", "refused", "limited", "failed"]
LATE = "The history can't be written at the moment: {}, and this answer may lack what was said in them."
NO_WORDS = ("There are no words in that message.",)


@dataclass(frozen=True, slots=True)
class Served:
    """A request that has its reply: what was asked for, how that ended, and after how many seconds."""

    intent: str
    outcome: Outcome
    seconds: float


@dataclass(slots=True, eq=False)
class Assistant:
    """The one door between the adapters and the intents. Requests of the owner at the machine wait for nobody."""

    services: Services
    access: AccessRules = field(default_factory=AccessRules)
    limiter: Limiter = field(default_factory=lambda: Limiter(RateLimits()))
    turns: FairQueue = field(default_factory=FairQueue)
    backlog: Backlog = field(default=None)  # type: ignore[assignment]  # made of the services where none is given
    on_served: Callable[[Served], None] = ignore
    on_observed: tuple[Callable[[Event], None], ...] = ()

    def __post_init__(self) -> None:
        if self.backlog is None:
            self.backlog = Backlog(self.services.history, self.services.now, self.services.days)

    def go_by(self, config: Config) -> None:
        """Go by these limits, rules and terms from now on; requests that are being served go on by those before."""
        if config.limits != self.limiter.limits:
            self.limiter, self.turns.together = Limiter(config.limits), config.limits.together
        self.access = config.access
        terms = tuple(words.terms() for words in config.glossary)
        self.services = replace(self.services, admins=config.access.admins, terms=terms)

    async def handle(self, request: Request) -> Reply:
        """Return the reply to `request`, whatever happens; only cancellation passes through.

        SILENCE cuts a loop of bots.
        """
        if _by_bot(request):
            return SILENCE
        with referenced():
            return await self._handled(request)

    async def _handled(self, request: Request) -> Reply:
        """Return the reply to a request that somebody made."""
        typed, started = request, perf_counter()
        outcome: Outcome = "answered"
        try:
            request = self._continued(await self._understood(request))
            reply = await self._served(request)
        except SlowDown as error:
            log.info("%s in %s: slow down", request.intent.name, request.place.channel)
            self.on_served(Served(request.intent.name, "limited", perf_counter() - started))
            return SILENCE if error.quiet else replace(apology(error), personal=True)
        except (ParleyError, CoreError, EdgeError) as error:
            log.log(_weight(error), "%s in %s: %s", request.intent.name, request.place.channel, type(error).__name__)
            reply, outcome = apology(error), "refused" if _weight(error) == logging.INFO else "failed"
        except Exception as error:  # noqa: BLE001 - the last line of defence: the asker must get an answer
            _report(request, error)
            reply, outcome = unexpected(), "failed"
        self.on_served(Served(request.intent.name, outcome, perf_counter() - started))
        return await self._with_notes(reply, typed, request)

    async def _with_notes(self, reply: Reply, typed: Request, request: Request) -> Reply:
        """Return the reply with what there is to say besides of the request, as it was typed and as it was read."""
        if request.place.channel != typed.place.channel:
            reply = elsewhere.about(reply, await self._name(request.place), public=typed.public)
        elif is_of_everything(request.intent) and not isinstance(request.access, Owner):
            reply = everywhere.about(reply, public=typed.public)
        if self.backlog.waiting and (row := command(request.intent.name)) is not None and row.judged:
            reply = replace(reply, notes=(*reply.notes, _late(self.backlog.waiting)))
        if request.typed is not None and not request.typed.command:
            _, *left = await asyncio.to_thread(wishes, request.typed.words)
            reply = replace(reply, notes=(*reply.notes, *(OPEN.format(each) for each in left)))
        return reply if request.intent == typed.intent else replace(reply, understood=request.intent)

    async def _served(self, request: Request) -> Reply:
        """Return the reply to a request whose words have been read."""
        started = perf_counter()
        request = await self._in_own_language(request)
        reply = await self._judgeable(request, await self._in_turn(request))
        log.info("%s in %s: %.1f s", request.intent.name, request.place.channel, perf_counter() - started)
        return reply

    async def _understood(self, request: Request) -> Request:
        """Return the request with the intent of what was typed, which is counted first: reading costs time.

        Raises UsageError, SlowDown.
        """
        if request.typed is not None:
            row = command(_named_first(request.typed))
            if not isinstance(request.access, Owner) and (row is None or row.limited):
                self.limiter.admit(request)
            heard = Heard(commands(), self.services.now(), request.zone or self.services.zone, request.place.thread)
            if there := await self._of_another_channel(request, request.typed, heard):
                return there
            meant = await asyncio.to_thread(widened, request.typed, heard)
            if meant is None:
                meant = await asyncio.to_thread(understand, request.typed, heard)
            request = replace(request, intent=meant)
        return await self._of_every_channel(with_text(request, commands()))

    async def _of_every_channel(self, request: Request) -> Request:
        """Return the request as it is asked of every channel that the asker may read, if it is."""
        row = command(request.intent.name)
        if row is None or not row.everywhere:
            return request
        asked = await everywhere.meant(request, self.services)
        if isinstance(request.access, Owner) or not is_of_everything(asked.intent):
            return asked
        return replace(asked, access=Ruled(asked, self.access))

    async def _of_another_channel(self, request: Request, typed: Typed, heard: Heard) -> Request | None:
        """Return the request as it is asked of the channel that its words name, None where they name none."""
        row = command(_named_first(typed))
        if comes_round(typed.words) or (row is not None and not row.takes("window")):
            return None  # a digest names the channels that it is about, in whatever number
        named = elsewhere.mention(typed.words)
        if named is None:
            return None
        heard, words = replace(heard, thread=None), replace(typed, words=named.words)
        intent = await asyncio.to_thread(understand, words, heard)
        if not elsewhere.looks_there(intent, named, command(intent.name)):
            return None
        return replace(await elsewhere.moved(request, named, self.services), intent=intent)

    async def _name(self, place: Place) -> str:
        """Return what people call the channel."""
        with suppress(HistoryUnavailable):
            found = await self.services.history.run(lambda store: store.channel(place))
            return found.name.removeprefix("#") if found else place.channel
        return place.channel

    async def asks(self, typed: Typed) -> bool:
        """Return whether the words ask Parley for anything."""
        return await asyncio.to_thread(asks, typed.words)

    def _continued(self, request: Request) -> Request:
        """Return the request with the question that it goes on from; the next one may go on from it."""
        now = self.services.now()
        request = self.services.followups.continued(request, now)
        self.services.followups.remember(request, now)
        return request

    async def _in_own_language(self, request: Request) -> Request:
        """Return the request of somebody who has told their language, which goes before the platform's word."""
        if request.intent.name == "settings":  # which tells the one from the other
            return request
        person = request.asker.id
        chosen = await self.services.history.read(preferences.language, person, realm(request.place))
        return replace(request, locale=chosen) if chosen else request

    async def _in_turn(self, request: Request) -> Result:
        """Do the work when the rules, the limits and the others who wait let it be done."""
        if isinstance(request.access, Owner):
            return await self.work(request)
        await check(request, self.access)
        row = command(request.intent.name)
        if row is None or not row.limited:  # answered at once, at any time
            return await self.work(request)
        if request.typed is None:  # else it was counted before it was read
            self.limiter.admit(request)
        person = f"{request.place.platform} {realm(request.place)} {request.asker.id}"
        async with self.turns.turn(person, lambda before, wait: request.progress(_waiting(before, wait))) as courtesy:
            return await self.work(request, self.services.behind(courtesy))

    async def _judgeable(self, request: Request, result: Result) -> Reply:
        """Return the reply, with what to press to judge it or to ask again; a verdict is kept where the channel is."""
        reply = result.reply()
        row = command(request.intent.name)
        if isinstance(request.access, Owner) or row is None or not row.judged or is_of_everything(request.intent):
            return reply
        exchange = exchange_of(request, reply, result.document(), self.services.now())
        if exchange is not None and not await self._keeps(exchange, request):
            exchange = None
        if exchange is not None:
            self.services.exchanges.remember(exchange)
        return judgeable(reply, exchange, request.intent if row.repeatable else None)

    async def _keeps(self, exchange: Exchange, request: Request) -> bool:
        """Return whether a verdict on it would be kept: the channel is on, and the asker may know that."""
        readable = bool(exchange.sources) or bool((await granted(request)).channels)
        try:
            return (await self.standing(exchange.place)).kept and readable
        except HistoryUnavailable:  # the answer itself is there, and must not be lost with it
            return False

    async def observe(self, event: Event) -> None:
        """Keep what was said, edited or deleted in a channel, as its consent says."""
        self.services.exchanges.heard(event)
        self.services.followups.heard(event)
        await self.backlog.write(event)
        for listener in self.on_observed:
            listener(event)

    async def standing(self, place: Place) -> Standing:
        """Return what is decided about this channel now."""
        return await self.services.history.read(consent.standing, place)

    async def mark(self, place: Place, mark: str) -> None:
        """Remember how far the channel has been read."""
        await self.backlog.write(Marked(place, mark))

    async def marked(self, platform: str) -> tuple[Place, ...]:
        """Return the channels that an adapter has begun to read."""
        return await self.services.history.read(reconciliation.marked, platform)

    async def threads(self, place: Place, since: datetime, until: datetime) -> Mapping[str, int]:
        """Return how many replies are stored of the channel's threads between the two."""
        return await self.services.history.read(reconciliation.replies, place, since, until)

    async def claim(self, pending: Pending) -> bool:
        """Return True to the first who claims this key, across restarts."""
        return await self.backlog.claim(pending)

    async def settle(self, key: str) -> None:
        """Note that the work behind the key has been answered."""
        await self.backlog.write(Settled(key))

    async def unsettled(self, platform: str) -> tuple[Pending, ...]:
        """Return what an earlier run claimed and never settled, oldest first."""
        return await self.services.history.read(pending.unsettled, platform)

    async def install(self, place: Place, token: str) -> None:
        """Keep the token with which the place's workspace has installed Parley, until it is removed."""
        await self.services.history.write(preferences.install, place, token, self.services.now())

    async def installations(self, platform: str) -> Mapping[str, str]:
        """Return the token of each workspace that has installed Parley."""
        return await self.services.history.read(preferences.installations, platform)

    async def work(self, request: Request, services: Services | None = None) -> Result:
        """Return what the intent found. Raises bot.errors, nlp.errors or adapters.errors for the caller to show."""
        if request.intent.name not in INTENTS:
            known = ", ".join(row.name for row in commands() if row.typed)
            raise UsageError(f"I don't know how to do “{request.intent.name}”.", f"I can {known}.")
        services = services or self.services
        services = replace(services, zone=request.zone) if request.zone else services
        return await serve(request, services)


def with_text(request: Request, known: Sequence[Command]) -> Request:
    """Return the request with the text that was replied to, where it works on a text and has none.

    Raises UsageError.
    """
    text, meant = request.replied_to, request.intent
    takes = any(command.name == meant.name and command.takes("language") for command in known)
    if text is None or meant.argument or not takes:
        return request
    if isinstance(text, Reply) or not text.strip():
        raise UsageError(*((text.text, *text.notes) if isinstance(text, Reply) else NO_WORDS))
    return replace(request, intent=replace(meant, argument=text, window=EVERYTHING))


def _late(events: int) -> str:
    """Return the note that so many events aren't in the history yet."""
    return LATE.format(counted(events, "event waits", "events wait"))


def _by_bot(request: Request) -> bool:
    """Return whether a bot asks; a person may well ask about what a bot said."""
    message = request.message
    return message is not None and message.from_bot and message.author.id == request.asker.id


def _named_first(typed: Typed) -> str:
    """Return the command that was typed, as far as its first word tells."""
    first, *_ = (*typed.words[:MOST_NAME].casefold().lstrip(" /").split(), "")
    return typed.command or first


def _waiting(before: int, wait: float) -> Progress:
    first = "you are next" if before == 0 else f"{before} before you"
    return Progress(f"waiting for a turn: {first}, about {ceil(wait)} s")


def _report(request: Request, error: Exception) -> None:
    # The frames without the message: an exception's words may quote what somebody wrote.
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s in %s: %s\n%s", request.intent.name, request.place.channel, type(error).__name__, frames)


def apology(error: ParleyError | CoreError | EdgeError) -> Reply:
    """Return an error as a reply: what happened, then what to do."""
    remedy = LOGGED.format(current()) if isinstance(error, JobFailed) else error.remedy
    return Reply(str(error), notes=(remedy,) if remedy else (), refusal=True)


def _weight(error: Exception) -> int:
    """Return the level at which a failure is logged: what the owner must look at is a warning."""
    return logging.WARNING if isinstance(error, JobFailed | HistoryUnavailable) else logging.INFO
