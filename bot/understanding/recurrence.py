"""Computes when something comes round: five fields of cron, or people's words for them (at 9:00 where they name none).

The words are English, Portuguese, Spanish, German or French (`recurrence_words`).

Cron is read on the wall clock and each time is then taken to the one moment that it means: a time that clocks skip in
spring comes an hour later, one that they repeat in autumn comes at the first of the two. Pure; knows no report.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo, available_timezones

from apscheduler.triggers.cron import CronTrigger

from bot.understanding.recurrence_words import FILLERS, in_english
from bot.understanding.times.windows import duration
from bot.understanding.times.words import fold

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")  # cron counts from Sunday; the trigger, only here, from Monday
NAMES = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
WEEKDAYS = "mon,tue,wed,thu,fri"
FIELDS = 5
SKEW = timedelta(hours=26)  # how far a wall clock may be from UTC, and a change of clocks
MINUTE = timedelta(minutes=1)
LOOKBACK = tuple(timedelta(days=2 * 4**power) for power in range(6))

TIME = re.compile(r"(?:at\s+)?\b([01]?\d|2[0-3])(?:[:.h]([0-5]\d)|\s*o'?clock)?\s*(am|pm)?(?![\w:/])", re.IGNORECASE)
DAY = re.compile(r"\b(sun|mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?)(?:days?)?\b", re.IGNORECASE)
OFTEN = re.compile(r"\b(?:every\s+|each\s+)?(weekdays?|daily|weekly|monthly|day|week|month)\b", re.IGNORECASE)
DATE = re.compile(r"\b(?:the\s+)?([12]?\d|3[01])(?:st|nd|rd|th)\b|\bday\s+([12]?\d|3[01])\b", re.IGNORECASE)
SPAN = re.compile(
    r"\b(?:over|covering|about|sobre|uber|sur)\s+(?:(?:the|os|as|los|las|die|les)\s+)?"
    r"(?:(?:last|past|ultim[oa]s|letzten?)\s+)?(?P<length>\d+\s*[^\W\d_]+|an?\s+\w+|(?:one|two|three|four|six)\s+\w+)"
    r"(?:\s+derni\w+)?",
    re.IGNORECASE,
)
ZONE = re.compile(r"\b(?:UTC|[A-Z][A-Za-z_]+(?:/[A-Za-z_+\-0-9]+){1,2})(?!\w)")
WORD = re.compile(r"[^\W\d_]+|\d+")


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Five fields of cron, with days of the week by name, on the clocks of a time zone."""

    cron: str
    zone: ZoneInfo

    def after(self, at: datetime) -> datetime | None:
        """Return the first time after `at`, in UTC, or None if there is no other."""
        return next((each for each in self._from(at) if each > at), None)

    def until(self, at: datetime) -> datetime | None:
        """Return the last time up to and with `at`, in UTC, or None where there is none in ten years."""
        return next((times[-1] for back in LOOKBACK if (times := self.between(at - back, at))), None)

    def between(self, start: datetime, end: datetime) -> list[datetime]:
        """Return the times after `start`, up to and with `end`."""
        early = takewhile(lambda each: each <= end + SKEW, self._from(start))
        return sorted({each for each in early if start < each <= end})

    def said(self) -> str:
        """Return the times as a person says them: "every Monday at 09:00"."""
        minute, hour, date, month, days = self.cron.split()
        if not hour.isdigit() or month != "*":
            return f"at the times of `{self.cron}`"
        return f"{_said_days(date, days)} at {int(hour):02}:{int(minute):02}"

    def _from(self, start: datetime) -> Iterator[datetime]:
        """Yield the times from somewhat before `start` on."""
        trigger = CronTrigger(**_trigger_fields(self.cron), timezone=UTC)
        wall = start.astimezone(self.zone).replace(tzinfo=UTC, fold=0) - SKEW
        while time := trigger.get_next_fire_time(None, wall):
            yield time.replace(tzinfo=self.zone).astimezone(UTC)
            wall = time + MINUTE


@dataclass(frozen=True, slots=True)
class RecurrenceWish:
    """A wish for something to come round, and over how long each time; None for what happened since the last."""

    recurrence: Recurrence
    window: timedelta | None = None


def from_cron(cron: str, zone: ZoneInfo) -> Recurrence:
    """Return the recurrence of a line of cron. Raises ValueError with what is wrong with it, in words."""
    fields = cron.split()
    if len(fields) != FIELDS:
        raise ValueError("cron has five fields: minute, hour, day, month and day of the week")
    if not fields[0].isdigit():
        raise ValueError("the minute is one number, because a report comes at most once an hour")
    if fields[2] != "*" and fields[4] != "*":
        raise ValueError("name a day of the month or a day of the week, and * for the other")
    if fields[4] != "*":
        fields[4] = _named_days(fields[4].casefold())
    recurrence = Recurrence(" ".join(fields), zone)
    try:
        known = recurrence.after(datetime(2000, 1, 1, tzinfo=UTC)) is not None
    except ValueError:
        raise ValueError(f"{cron!r} is not cron as I read it, such as '0 9 * * mon'") from None
    if not known:
        raise ValueError(f"{cron!r} never comes")
    return recurrence


def from_words(text: str, zone: ZoneInfo) -> RecurrenceWish | None:
    """Return the recurrence of words such as `weekly mon 9:00` or `monthly 1st 9am over 30 days`, or None."""
    rest, window = text, None
    if span := SPAN.search(fold(rest)):
        window, rest = duration(span["length"]), _without(rest, span)
        if window is None:
            return None
    if named := ZONE.search(rest):
        if named[0] not in available_timezones():
            return None
        zone, rest = ZoneInfo(named[0]), _without(rest, named)
    fields, rest = _fields(in_english(rest))
    if fields is None or not FILLERS.issuperset(WORD.findall(rest)):
        return None
    return RecurrenceWish(Recurrence(fields, zone), window)


def _fields(text: str) -> tuple[str | None, str]:
    """Return the cron that the words mean, if they say how often, and the words that mean nothing."""
    dates, rest = [each[1] or each[2] for each in DATE.finditer(text)], DATE.sub(" ", text)
    often, rest = [each[1].casefold() for each in OFTEN.finditer(rest)], OFTEN.sub(" ", rest)
    days, rest = [each[1][:3].casefold() for each in DAY.finditer(rest)], DAY.sub(" ", rest)
    times, rest = list(TIME.finditer(rest)), TIME.sub(" ", rest)
    clock = _clock(times)
    if clock is None or len(often) + len(dates) + bool(days) == 0 or len(often) > 1 or len(dates) > 1:
        return None, rest
    unit = often[0].removesuffix("ly").rstrip("s") if often else "month" if dates else "week"
    fitting = {
        "dai": "* * *", "day": "* * *", "weekday": f"* * {WEEKDAYS}",
        "week": f"* * {','.join(dict.fromkeys(days)) or 'mon'}", "month": f"{dates[0] if dates else 1} * *",
    }  # fmt: skip
    odd = (days and unit != "week") or (dates and unit != "month")
    return (None if odd else f"{clock} {fitting[unit]}"), rest


def _clock(times: Sequence[re.Match[str]]) -> str | None:
    """Return minute and hour; nine in the morning where none is named, None for several or for 14 pm."""
    if len(times) != 1:
        return None if times else "0 9"
    hour, minute, half = int(times[0][1]), int(times[0][2] or 0), (times[0][3] or "").casefold()
    if half and not 1 <= hour <= 12:  # noqa: PLR2004 - a clock with two halves
        return None
    return f"{minute} {hour % 12 + 12 * (half == 'pm') if half else hour}"


def _without(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :]}"


def _named_days(field: str) -> str:
    """Return days of the week by name, one by one. Raises ValueError."""
    days: list[str] = []
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = ("0-6" if span == "*" else span).partition("-")
        start, end = _day(first), _day(last or first)
        reach = (end - start) % 7 if last else 0
        days += [DAYS[(start + each) % 7] for each in range(0, reach + 1, int(step) if step.isdigit() else 1)]
    return ",".join(dict.fromkeys(days))


def _day(word: str) -> int:
    if word in DAYS:
        return DAYS.index(word)
    if word.isdigit() and int(word) <= len(DAYS):
        return int(word) % 7
    raise ValueError(f"{word!r} isn't a day of the week: say mon or 1")


def _trigger_fields(cron: str) -> dict[str, str]:
    return dict(zip(("minute", "hour", "day", "month", "day_of_week"), cron.split(), strict=True))


def _said_days(date: str, days: str) -> str:
    if date != "*":
        return f"on day {date} of every month"
    if days in {"*", WEEKDAYS}:
        return "every day" if days == "*" else "on weekdays"
    named = [NAMES[DAYS.index(each)] for each in days.split(",")]
    return f"every {' and '.join(named)}"
