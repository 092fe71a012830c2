"""Posts the reports that come round: each exactly once, however often Parley is started, and in however many processes.

Once a minute, or sooner when one comes due, it is asked of the wall clock which time was the last for each schedule, so
that a clock that jumps or a machine that slept changes nothing. A report is claimed in the history before the work and
settled when it stands in its channel; where a try broke off in between, the next one first looks whether it does. One
that is late is posted until half of the time to the next has passed, and at most for a day; what is later is left out,
and the next one says so.

APScheduler reads the cron lines; its own scheduler and job store are left out, because two processes on one store would
both run a job, and because nothing there knows whether a report arrived.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import uuid4
from zoneinfo import ZoneInfo

from adapters.chat import Intent, Person, Place, Posting, Reply, Request, Window
from adapters.errors import EdgeError, Unreachable, report
from adapters.text import dates
from bot.config import Config, Reports
from bot.errors import NothingFound, ParleyError
from bot.history import History, consent, schedules
from bot.history.schedules import LEASE, Due, Schedule
from bot.intents.sentiment import mood
from bot.services import Services
from bot.understanding.recurrence import Recurrence
from nlp.errors import CoreError

log = logging.getLogger(__name__)

PAUSE = 60.0  # seconds
LATEST = timedelta(days=1)
PUNCTUAL = timedelta(minutes=10)  # what is this late needs no excuse
WORK = LEASE.total_seconds() * 2 / 3  # seconds for one report: what takes longer has stored its scores, and goes on
MOMENT = timedelta(microseconds=1)
PARLEY = Person("parley", "Parley")


class Poster(Protocol):
    """A service, as far as it says things unasked."""

    async def post(self, posting: Posting) -> None:
        """Say it where it belongs, once. Raises Unreachable and Unwelcome."""
        ...


@dataclass(slots=True)
class Clerk:
    """Knows what is due and sees to it. `adapters` are the services that are served, by name."""

    services: Services
    adapters: Mapping[str, Poster]
    owners: Sequence[Reports] = ()
    holder: str = field(default_factory=lambda: uuid4().hex)
    _adopted: tuple[Schedule, ...] | None = None

    def go_by(self, config: Config) -> None:
        """See to the owner's reports of that configuration from the next look on."""
        self.owners = config.reports

    async def run(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Run until cancelled."""
        while True:
            pause = PAUSE
            try:
                pause = min(PAUSE, max(0.0, await self.look()))
            except ParleyError as error:
                log.warning("reports: %s", type(error).__name__)
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
        if await self.services.history.run(lambda store: _is_open(store, schedule.place, due)):
            await self._serve(schedule, due, now)

    async def _serve(self, schedule: Schedule, at: datetime, now: datetime) -> None:
        history = self.services.history
        due = await history.write(schedules.claim, schedule.place, at, now, self.holder)
        if due is None:
            return
        try:
            async with asyncio.timeout(WORK):
                posting = await self._posting(schedule, due, now)
                if not await history.write(schedules.hold, due, self.services.now()):
                    return
                await self.adapters[schedule.place.platform].post(posting)
        except Unreachable as error:
            log.info("a report waits for its service: %s", error)
            await history.write(schedules.free, due)
        except (EdgeError, ParleyError, CoreError, TimeoutError) as error:
            log.warning("a report of %s will be tried again: %s", schedule.place.channel, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - one report must not end all others
            report(log, f"a report of {schedule.place.channel}", error)
        else:
            await history.write(schedules.settle, due, self.services.now())

    async def _posting(self, schedule: Schedule, due: Due, now: datetime) -> Posting:
        """Return what is said, with the line by which it is known again first among its notes."""
        zone, recurrence = ZoneInfo(schedule.timezone), _recurrence(schedule)
        there = due.due.astimezone(zone)
        line = f"Scheduled report of {dates.full(there)}"
        last = await self.services.history.read(schedules.last, schedule.place, due.due)
        before = recurrence.until(due.due - MOMENT) or due.due
        since = due.due - schedule.span if schedule.span else before
        window = Window(since=since, until=due.due)
        request = Request(Intent("sentiment", window=window), schedule.place, PARLEY, public=True)
        reply = await self._reply(request, last)
        missed = len(recurrence.between(max(last or schedule.since, schedule.since), due.due - MOMENT))
        notes = (f"{line}{_after(last, zone)}.", *_excuses(now - due.due, missed), *reply.notes)
        posting = Reply(reply.text, notes=notes, files=reply.files, private=False)
        return Posting(f"{schedule.place.channel}/{due.due:%Y%m%dT%H%M}", line, schedule.place, posting, due.tried)

    async def _reply(self, request: Request, last: datetime | None) -> Reply:
        try:
            return (await mood(request, self.services, last)).reply()
        except NothingFound as error:
            return Reply(str(error))


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


def _is_open(store: History, place: Place, due: datetime) -> bool:
    """Return whether the channel is kept, and the report of that time not posted yet."""
    return store.read(consent.standing, place).kept and store.read(schedules.last, place, due + MOMENT) != due


def _owners(store: History, wanted: Reports, zone: ZoneInfo, now: datetime) -> Schedule | None:
    """Return an entry of the configuration as a schedule; None while its channel isn't known, or isn't the only one."""
    channels = store.channels(wanted.channel, wanted.workspace or None)
    if len(channels) != 1:
        log.info("reports: %d channels are called %s", len(channels), wanted.channel)
        return None
    return Schedule(
        channels[0].place, wanted.cron, wanted.timezone or zone.key, wanted.span, now.astimezone(UTC), owners=True
    )


def _excuses(late: timedelta, missed: int) -> list[str]:
    """Return why it comes late, and what never came."""
    why = "because I was not running or could not write here then"
    notes = [f"It comes late, {why}."] if late > PUNCTUAL else []
    if missed:
        notes.append(f"{missed} earlier report{'s were' if missed > 1 else ' was'} left out, {why}.")
    return notes
