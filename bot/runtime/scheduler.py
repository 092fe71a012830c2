"""Posts what comes round, reports and digests: each once, however many processes run; late or not at all after a pause.

Once a minute, or sooner when one comes due, it is asked of the wall clock which time was the last for each schedule, so
that a clock that jumps or a machine that slept changes nothing. What is due is claimed in the history before the work
and settled when it stands where it belongs; where a try broke off in between, the next one first looks whether it does.
One that is late is posted until half of the time to the next has passed, and at most for a day; what is later is left
out, and the next one says so. What somebody gets alone rests on what they may read at the time of posting.

APScheduler reads the cron lines; its own scheduler and job store are left out, because two processes on one store would
both run a job, and because nothing there knows whether a report arrived.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import uuid4
from zoneinfo import ZoneInfo

from adapters.chat import Access, Intent, Person, Place, Posting, Reply, Request, Window
from adapters.errors import EdgeError, Unreachable, report
from adapters.text import dates
from bot.admission.policy import Ruled
from bot.config import Config
from bot.conversation.context import label_of
from bot.errors import NothingFound, ParleyError
from bot.history import History, consent, schedules
from bot.history.schedules import LEASE, Due, Schedule, What
from bot.intents.digest import digest, meant
from bot.intents.sentiment import mood
from bot.sections import AccessRules, RecurringPost
from bot.services import Services
from bot.understanding.recurrence import Recurrence
from nlp.errors import CoreError

log = logging.getLogger(__name__)

PAUSE = 60.0  # seconds
LATEST = timedelta(days=1)
PUNCTUAL = timedelta(minutes=10)  # what is this late needs no excuse
WORK = LEASE.total_seconds() * 2 / 3  # seconds for one posting: what takes longer has kept its scores, and goes on
MOMENT = timedelta(microseconds=1)
PARLEY = Person("parley", "Parley")
WHERE = "the channels that I may read for you"
USED = ("digest", "summarize")  # commands that a digest makes use of


class Poster(Protocol):
    """A service, as far as it says things unasked."""

    def access_for(self, person: str, place: Place) -> Access:
        """Return its word on that person. Raises Unreachable, and Elsewhere for another workspace."""
        ...

    async def post(self, posting: Posting) -> None:
        """Say it where it belongs, once. Raises Unreachable and Unwelcome."""
        ...


@dataclass(slots=True)
class Clerk:
    """Knows what is due and sees to it. `adapters` are the services that are served, by name."""

    services: Services
    adapters: Mapping[str, Poster]
    owners: Sequence[RecurringPost] = ()
    access: AccessRules = field(default_factory=AccessRules)
    holder: str = field(default_factory=lambda: uuid4().hex)
    _adopted: tuple[Schedule, ...] | None = None

    def go_by(self, config: Config) -> None:
        """See to the owner's schedules of that configuration, and go by its rules, from the next look on."""
        self.owners, self.access = config.recurring, config.access

    async def run(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Run until cancelled."""
        while True:
            pause = PAUSE
            try:
                pause = min(PAUSE, max(0.0, await self.look()))
            except ParleyError as error:
                log.warning("what comes round: %s", type(error).__name__)
            await sleep(pause)

    async def look(self) -> float:
        """Post what is due now; in how many seconds something will be."""
        await self._adopt()
        known = await self.services.history.read(schedules.read)
        for schedule in known:
            if schedule.place.platform in self.adapters:
                await self._look_at(schedule)
        now = self.services.now()
        following = (_recurrence(each).after(now) for each in known)
        return min(((each - now).total_seconds() for each in following if each), default=PAUSE)

    async def _adopt(self) -> None:
        """Bring the owner's schedules into the history, as far as their channels are known yet."""
        history, now = self.services.history, self.services.now()
        wanted = await history.run(
            lambda store: [_owners(store, each, self.services.zone, now) for each in self.owners]
        )
        known = tuple(schedule for schedule in wanted if schedule)
        if self._adopted is None or [each.key for each in known] != [each.key for each in self._adopted]:
            await history.write(schedules.adopt, known)
            self._adopted = known

    async def _look_at(self, schedule: Schedule) -> None:
        recurrence, now = _recurrence(schedule), self.services.now()
        due = recurrence.until(now)
        if due is None or due <= schedule.since or now - due > _patience(recurrence, due):
            return
        if await self.services.history.run(lambda store: _is_open(store, schedule, due)):
            await self._serve(schedule, due, now)

    async def _serve(self, schedule: Schedule, at: datetime, now: datetime) -> None:
        history, what = self.services.history, f"a {schedule.what} of {schedule.place.channel}"
        due = await history.write(schedules.claim, schedule, at, now, self.holder)
        if due is None:
            return
        try:
            async with asyncio.timeout(WORK):
                posting = await self._posting(schedule, due, now)
                if not await history.write(schedules.hold, due, self.services.now()):
                    return
                await self.adapters[schedule.place.platform].post(posting)
        except Unreachable as error:
            log.info("%s waits for its service: %s", what, error)
            await history.write(schedules.free, due)
        except (EdgeError, ParleyError, CoreError, TimeoutError) as error:
            log.warning("%s will be tried again: %s", what, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - one of them must not end all others
            report(log, what, error)
        else:
            await history.write(schedules.settle, due, self.services.now())

    async def _posting(self, schedule: Schedule, due: Due, now: datetime) -> Posting:
        """Return what is said, with the line by which it is known again first among its notes."""
        zone, recurrence = ZoneInfo(schedule.timezone), _recurrence(schedule)
        there = due.due.astimezone(zone)
        line = f"Scheduled {schedule.what} of {dates.full(there)}"
        last = await self.services.history.read(schedules.last, schedule, due.due)
        window = Window(since=_since(schedule, due.due, last), until=due.due)
        reply = await (
            self._digest(schedule, window) if schedule.what == "digest" else self._mood(schedule, window, last)
        )
        missed = len(recurrence.between(max(last or schedule.since, schedule.since), due.due - MOMENT))
        excuses = _excuses(schedule.what, now - due.due, missed)
        notes = (f"{line}{_after(last, zone)}.", *excuses, *reply.notes)
        posting = replace(reply, notes=notes, private=False)
        return Posting(_key(schedule, due), line, schedule.place, posting, due.tried, schedule.person)

    async def _mood(self, schedule: Schedule, window: Window, last: datetime | None) -> Reply:
        """Return the report of the channel's mood, or that nobody wrote anything."""
        request = Request(Intent("sentiment", window=window), schedule.place, PARLEY, public=True)
        try:
            return (await mood(request, self.services, last)).reply()
        except NothingFound as error:
            return Reply(str(error))

    async def _digest(self, schedule: Schedule, window: Window) -> Reply:
        """Return what is new in the channel, or in those that its one reader may read at this moment."""
        person, place, history = schedule.person, schedule.place, self.services.history
        places = await history.run(lambda store: meant(store, place, schedule.about))
        asker = Person(person, "") if person else PARLEY
        request = Request(Intent("digest", window=window), place, asker, public=not person)
        if person:
            request = replace(request, access=self.adapters[place.platform].access_for(person, place))
        for name in USED if person else ():
            request = replace(request, access=Ruled(replace(request, intent=Intent(name)), self.access))
        known = None if person else await history.run(lambda store: store.channel(place))
        here = label_of(known) or place.channel
        return (await digest(request, self.services, places, WHERE if person else here)).reply()


def _after(last: datetime | None, zone: ZoneInfo) -> str:
    """Return which report was the last."""
    there = last.astimezone(zone) if last else None
    return f"; the last was that of {dates.day(there, there.year)}" if there else ""


def _recurrence(schedule: Schedule) -> Recurrence:
    return Recurrence(schedule.cron, ZoneInfo(schedule.timezone))


def _patience(recurrence: Recurrence, due: datetime) -> timedelta:
    """Return how late the report of that time may be."""
    following = recurrence.after(due)
    return min(LATEST, (following - due) / 2) if following else LATEST


def _since(schedule: Schedule, due: datetime, last: datetime | None) -> datetime:
    """Return from when on it tells: a digest from the last one that was posted, so that nothing is passed over."""
    if schedule.span:
        return due - schedule.span
    recurrence = _recurrence(schedule)
    before = recurrence.until(due - MOMENT) or due
    if schedule.what == "report":
        return before
    told = max(filter(None, (last, recurrence.until(schedule.since))), default=before)
    return min(told, before)


def _key(schedule: Schedule, due: Due) -> str:
    """Return what tells a posting from every other."""
    what = () if schedule.what == "report" else (schedule.what, *((schedule.person,) if schedule.person else ()))
    return "/".join((schedule.place.channel, *what, f"{due.due:%Y%m%dT%H%M}"))


def _is_open(store: History, schedule: Schedule, due: datetime) -> bool:
    """Return whether what is due isn't posted yet, and the channel that it is posted in is kept."""
    kept = bool(schedule.person) or store.read(consent.standing, schedule.place).kept
    return kept and store.read(schedules.last, schedule, due + MOMENT) != due


def _owners(store: History, wanted: RecurringPost, zone: ZoneInfo, now: datetime) -> Schedule | None:
    """Return an entry of the configuration as a schedule; None while its channel isn't known, or isn't the only one."""
    channels = store.channels(wanted.channel, wanted.workspace or None)
    if len(channels) != 1:
        log.info("%ss: %d channels are called %s", wanted.what, len(channels), wanted.channel)
        return None
    place, zone_name, since = channels[0].place, wanted.timezone or zone.key, now.astimezone(UTC)
    return Schedule(place, wanted.cron, zone_name, wanted.span, since, owners=True, what=wanted.what)


def _excuses(what: What, late: timedelta, missed: int) -> list[str]:
    """Return why it comes late, and what never came."""
    why = "because I was not running or could not write here then"
    notes = [f"It comes late, {why}."] if late > PUNCTUAL else []
    if missed:
        told = "; this one tells of that time too" if what == "digest" else ""
        notes.append(f"{missed} earlier {what}{'s were' if missed > 1 else ' was'} left out, {why}{told}.")
    return notes
