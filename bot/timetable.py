"""Shows, sets and stops what comes round, a report or a digest: for a channel, or for one person alone.

What everyone in a channel gets is set and stopped by its administrators and announced to all; what a person gets for
themselves is theirs. Asks no model; `bot.runtime.scheduler` has it made and posted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from adapters.chat import Reply, Request
from adapters.text import dates
from adapters.text.counts import counted
from bot.conversation.context import label_of
from bot.conversation.permissions import channel, check_admin, is_between_few, may_read
from bot.errors import UsageError
from bot.history import History, consent, schedules
from bot.history.schedules import EVERYTHING, Schedule, What
from bot.services import Services
from bot.understanding.recurrence import Recurrence, from_words

Change = Literal["", "set", "stopped"]


@dataclass(frozen=True, slots=True)
class Kind:
    """The words in which a command speaks of what it lets come round: `does` it, in `usage`, with a `note` for all."""

    what: What
    does: str
    note: str
    usage: str


@dataclass(frozen=True, slots=True)
class Timetable:
    """The schedules of a channel and of the asker, when the next of each comes, and what was changed by whom.

    `names` are those of the channels that schedules are about, by their ids; `own` says that the change is the asker's
    alone.
    """

    kind: Kind
    rows: tuple[tuple[Schedule, datetime | None], ...] = ()
    change: Change = ""
    by: str = ""
    own: bool = False
    names: tuple[tuple[str, str], ...] = ()

    def reply(self) -> Reply:
        """Return a change of the channel's for everyone in it, and all else for the asker alone."""
        lines = "\n".join(f"- {self._line(schedule, at)}" for schedule, at in self.rows)
        if self.change:
            return self._own(lines) if self.own else self._announced(lines)
        if not lines:
            return Reply(f"No {self.kind.what} is scheduled here.", notes=(self.kind.usage,))
        personal = any(schedule.person for schedule, _ in self.rows)
        return Reply(f"This {self.kind.what} is scheduled:\n\n{lines}", personal=personal)

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        return {
            "schedules": [
                {
                    "cron": schedule.cron,
                    "timezone": schedule.timezone,
                    "window": int(schedule.span.total_seconds()) if schedule.span else None,
                    "next": at.isoformat() if at else None,
                    "owners": schedule.owners,
                    "own": bool(schedule.person),
                    "about": list(schedule.about),
                }
                for schedule, at in self.rows
            ],
            "change": self.change,
        }

    def _announced(self, lines: str) -> Reply:
        if self.change == "set":
            text = f"**From now on I {self.kind.does}**, because {self.by} asked me to:\n\n{lines}"
            return Reply(text, notes=(self.kind.note,), private=False)
        left = f"\n\nThe owner's configuration still has me do it:\n\n{lines}" if lines else ""
        return Reply(f"I no longer {self.kind.does}, because {self.by} stopped it.{left}", private=False)

    def _own(self, lines: str) -> Reply:
        if self.change == "stopped":
            return Reply(f"I no longer send you a {self.kind.what}.", personal=True)
        note = f"It tells only of what you may read at that moment. `/{self.kind.what} me off` ends it."
        return Reply(f"**From now on I send you a {self.kind.what}:**\n\n{lines}", notes=(note,), personal=True)

    def _line(self, schedule: Schedule, at: datetime | None) -> str:
        """Return a schedule as a person reads it, with its next time on its own clocks."""
        zone = ZoneInfo(schedule.timezone)
        often = Recurrence(schedule.cron, zone).said()
        about = (
            f"about the {counted(schedule.span.days, 'day')} before"
            if schedule.span
            else "about the time since the last"
        )
        there = at.astimezone(zone) if at else None
        following = f"; next on {dates.full(there)}" if there else ""
        owners = ", set by the owner" if schedule.owners else ""
        return f"{often} ({schedule.timezone}), {about}{self._whom(schedule)}{following}{owners}"

    def _whom(self, schedule: Schedule) -> str:
        """Return who gets it, and about which channels, where that isn't everyone in the channel about itself."""
        if not schedule.person:
            return ""
        if schedule.about == EVERYTHING:
            return ", to you alone, in every channel that you may read then"
        known = dict(self.names)
        ids = schedule.about or (schedule.place.channel,)
        return f", to you alone, in {', '.join(known.get(each, each) for each in ids)}"


async def shown(request: Request, services: Services, kind: Kind) -> Timetable:
    """Return what comes round where the asker stands, if they may read that, and to themselves."""
    readable = await may_read(request, channel(request.place))
    return await _timetable(request, services, Timetable(kind), readable=readable)


async def set_for_all(request: Request, services: Services, kind: Kind, words: str) -> Timetable:
    """Let it come round in the channel. Raises UsageError, and NotAllowed for who doesn't administer the channel."""
    schedule = wanted(request, services, kind, words)
    await check_admin(request, services.admins)
    if await is_between_few(request):
        raise UsageError(*between_few(kind))

    def keep(store: History) -> None:
        known = store.channel(schedule.place)
        if not schedule.place.channel or (known is not None and known.kind in {"direct", "group"}):
            raise UsageError(*between_few(kind))
        if not store.read(consent.standing, schedule.place).kept:
            raise UsageError(
                f"I can't make a {kind.what} of what I don't keep, and this channel is off.",
                "Turn it on first: `/consent on`.",
            )
        store.write(schedules.put, schedule)

    await services.history.run(keep)
    return await _timetable(request, services, Timetable(kind, change="set", by=request.asker.name))


async def stop_for_all(request: Request, services: Services, kind: Kind) -> Timetable:
    """Forget what was set in the channel. Raises UsageError where nothing was, and NotAllowed."""
    await check_admin(request, services.admins)
    if not await services.history.write(schedules.drop, kind.what, channel(request.place)):
        raise UsageError(f"This channel has no {kind.what} to stop.", kind.usage)
    return await _timetable(request, services, Timetable(kind, change="stopped", by=request.asker.name))


async def set_for_one(request: Request, services: Services, kind: Kind, words: str, about: Sequence[str]) -> Timetable:
    """Let it come to the asker alone, about the channels with these ids, in place of what came before."""
    schedule = replace(wanted(request, services, kind, words), person=request.asker.id, about=tuple(about))
    await services.history.write(schedules.put, schedule)
    return await _timetable(request, services, Timetable(kind, change="set", own=True))


async def stop_for_one(request: Request, services: Services, kind: Kind) -> Timetable:
    """Forget what came to the asker alone. Raises UsageError where nothing did."""
    place, person = channel(request.place), request.asker.id
    if not await services.history.write(schedules.drop, kind.what, place, person):
        raise UsageError(f"I don't send you a {kind.what} of your own.", kind.usage)
    return Timetable(kind, change="stopped", own=True)


def wanted(request: Request, services: Services, kind: Kind, words: str) -> Schedule:
    """Return the schedule that the words mean, on the asker's clocks. Raises UsageError."""
    wish = from_words(words, services.zone)
    if wish is None:
        raise UsageError("I don't know when that is.", kind.usage)
    recurrence = wish.recurrence
    place, zone = channel(request.place), recurrence.zone.key
    return Schedule(place, recurrence.cron, zone, wish.window, services.now(), what=kind.what)


def between_few(kind: Kind) -> tuple[str, str]:
    """Return why a conversation between a few people has none of its own."""
    return f"Conversations between a few people have no {kind.what} of their own.", "Ask in a channel."


async def _timetable(request: Request, services: Services, made: Timetable, *, readable: bool = True) -> Timetable:
    """Return the timetable with what comes round: after a change for all the channel's, after one's own that alone."""
    place, person, now = channel(request.place), request.asker.id, services.now()
    known = await services.history.read(schedules.read)
    of_kind = [each for each in known if each.what == made.kind.what]
    here = [each for each in of_kind if each.place == place and not each.person and readable and not made.own]
    own = [each for each in of_kind if _is_own(each, request, person) and (made.own or not made.change)]
    rows = tuple((each, Recurrence(each.cron, ZoneInfo(each.timezone)).after(now)) for each in (*here, *own))
    return replace(made, rows=rows, names=await services.history.run(lambda store: _names(store, own)))


def _is_own(schedule: Schedule, request: Request, person: str) -> bool:
    where = (schedule.place.platform, schedule.place.workspace)
    return schedule.person == person and where == (request.place.platform, request.place.workspace)


def _names(store: History, own: Sequence[Schedule]) -> tuple[tuple[str, str], ...]:
    """Return what the channels of the asker's own schedules are called, by their ids."""
    wanted_ids = {each for schedule in own for each in (*schedule.about, schedule.place.channel)}
    known = store.channels() if wanted_ids else []
    return tuple(
        (each.place.channel, name) for each in known if each.place.channel in wanted_ids and (name := label_of(each))
    )
