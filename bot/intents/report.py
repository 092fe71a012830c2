"""Schedules the report of this channel's mood: shown to everyone, set and stopped by administrators.

Changes are announced to the whole channel, because the reports are about everyone in it. Asks no model; the reports
themselves are made and posted by `bot.runtime.scheduler`.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from adapters.chat import Command, Reply, Request
from adapters.text import dates
from bot.conversation.permissions import channel, is_admin, may_read
from bot.errors import NotAllowed, UsageError
from bot.history import History, consent, schedules
from bot.history.schedules import Schedule
from bot.services import Services
from bot.understanding.recurrence import Recurrence, Wish, from_words

COMMAND = Command(
    "report",
    "Post this channel's mood on a schedule; administrators set or stop it.",
    argument="weekly mon 9:00, stop …",
    limited=False,
)
USAGE = (
    "Say `/report weekly mon 9:00`, `/report daily 17:30 Europe/Lisbon`, `/report monthly 1st 9:00 over 30 days`, "
    "`/report stop`, or `/report` to see what is set."
)
LIST = re.compile(r"\s*(?:list|show|status)?\s*", re.IGNORECASE)
STOP = re.compile(r"\s*(?:please\s+)?(?:stop|off|cancel|end)\b[^:\d]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Timetable:
    """The channel's schedules, when the next report of each comes, and what was changed just now by whom."""

    schedules: tuple[tuple[Schedule, datetime | None], ...]
    change: Literal["", "set", "stopped"] = ""
    by: str = ""

    def reply(self) -> Reply:
        """Return the change for everyone in the channel, or the state for the asker alone."""
        lines = "\n".join(f"- {_line(schedule, at)}" for schedule, at in self.schedules)
        if self.change == "set":
            text = f"**From now on I report the mood of this channel**, because {self.by} asked me to:\n\n{lines}"
            return Reply(
                text,
                notes=("It describes the channel as a whole and never one person. `/report stop` ends it.",),
                private=False,
            )
        if self.change == "stopped":
            left = f"\n\nThe owner's configuration still reports:\n\n{lines}" if lines else ""
            return Reply(
                f"I no longer report the mood of this channel, because {self.by} stopped it.{left}", private=False
            )
        if not lines:
            return Reply("No report of this channel's mood is scheduled.", notes=(USAGE,))
        return Reply(f"I report the mood of this channel:\n\n{lines}")

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
                }
                for schedule, at in self.schedules
            ],
            "change": self.change,
        }


async def run(request: Request, services: Services) -> Timetable:
    """Show, set or stop. Raises UsageError, and NotAllowed for who doesn't administer the channel."""
    words = request.intent.argument
    if LIST.fullmatch(words):
        readable = await may_read(request, channel(request.place))
        return await _timetable(request, services) if readable else Timetable(())
    stop = STOP.fullmatch(words) is not None
    wish = None if stop else from_words(words, services.zone)
    if not stop and wish is None:
        raise UsageError("I don't know when that is.", USAGE)
    if not await is_admin(request, services.admins):
        raise NotAllowed("Only an administrator of this channel can decide that.", "Ask one of them to do it.")
    return await (_set(request, services, wish) if wish else _stop(request, services))


async def _set(request: Request, services: Services, wish: Wish) -> Timetable:
    """Keep what was wished. Raises UsageError where there are no reports."""
    place, now = channel(request.place), services.now()
    recurrence = wish.recurrence
    schedule = Schedule(place, recurrence.cron, recurrence.zone.key, wish.window, now)

    def keep(store: History) -> None:
        known = store.channel(place)
        if not place.channel or (known is not None and known.kind in {"direct", "group"}):
            raise UsageError("Conversations between a few people have no mood report.", "Ask in a channel.")
        if not store.read(consent.standing, place).kept:
            raise UsageError(
                "I can't report what I don't keep, and this channel is off.", "Turn it on first: `/consent on`."
            )
        store.write(schedules.put, schedule)

    await services.history.run(keep)
    return await _timetable(request, services, "set")


async def _stop(request: Request, services: Services) -> Timetable:
    """Forget what was set here. Raises UsageError where nothing was."""
    if not await services.history.write(schedules.drop, channel(request.place)):
        raise UsageError("This channel has no report to stop.", USAGE)
    return await _timetable(request, services, "stopped")


async def _timetable(request: Request, services: Services, change: Literal["", "set", "stopped"] = "") -> Timetable:
    place, now = channel(request.place), services.now()
    known = [each for each in await services.history.read(schedules.read) if each.place == place]
    rows = tuple((each, Recurrence(each.cron, ZoneInfo(each.timezone)).after(now)) for each in known)
    return Timetable(rows, change, request.asker.name)


def _line(schedule: Schedule, at: datetime | None) -> str:
    """Return a schedule as a person reads it, with its next time on its own clocks."""
    zone = ZoneInfo(schedule.timezone)
    often = Recurrence(schedule.cron, zone).said()
    about = f"about the {schedule.span.days} days before" if schedule.span else "about the time since the last"
    there = at.astimezone(zone) if at else None
    following = f"; next on {dates.full(there)}" if there else ""
    owners = ", set by the owner" if schedule.owners else ""
    return f"{often} ({schedule.timezone}), {about}{following}{owners}"
