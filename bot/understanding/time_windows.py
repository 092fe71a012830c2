"""Spans of time and counts of messages in words: "last 50", "since 2h", "yesterday afternoon", "el martes pasado".

Counts, spans and parts of a day are read here, in English, Portuguese, Spanish, German and French (the words stand in
`bot.understanding.time_words`); dates by dateparser. Days are those of the person's own zone, also where a clock
changes. Pure and total: words that mean no window come back as they were. Knows no store; a time is aware and in UTC.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from dateparser.date import DateDataParser

from adapters.chat import EVERYTHING, Window
from bot.understanding import time_words

LANGUAGES = ["en", "pt", "es", "de", "fr"]
LONGEST = timedelta(days=36_500)
MOST = 10**9
MOST_WORDS = 7  # of the name of a moment
EXACT = {"time", "part_of_day"}
UNITS = {  # by the letters that all words for it begin with
    "mi": timedelta(minutes=1), "h": timedelta(hours=1), "st": timedelta(hours=1), "d": timedelta(days=1),
    "t": timedelta(days=1), "jo": timedelta(days=1), "w": timedelta(weeks=1), "s": timedelta(weeks=1),
    "mo": timedelta(days=30), "me": timedelta(days=30), "y": timedelta(days=365), "a": timedelta(days=365),
    "ja": timedelta(days=365),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Now:
    """The present, for somebody in a zone."""

    at: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The day there."""
        return self.at.astimezone(self.zone).date()

    def start(self, day: date, hour: int = 0) -> datetime:
        """That hour of a day there, which may be one of the day after, in UTC."""
        later, hour = divmod(hour, 24)
        return datetime.combine(day + timedelta(days=later), time(hour), self.zone).astimezone(UTC)

    def hours(self, day: date, first: int = 0, last: int = 24) -> Window:
        """The window of those hours of a day."""
        return Window(since=self.start(day, first), until=self.start(day, last))


Found = re.Match[str]
Reader = Callable[[Found, Now], Window | None]


def duration(text: str) -> timedelta | None:
    """`2h`, `90 minutes`, `drei Tage`; None for anything else, or for more than a hundred years."""
    found = re.fullmatch(time_words.DURATION, fold(text.strip()))
    return _span(found) if found else None


def moment(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The time that `text` names (a date, a weekday, "yesterday afternoon"), or None. The past is preferred.

    Words that name no clock time mean the start of their day, week or month, in `zone`.
    """
    ago, here, plain = duration(text), Now(now, zone), fold(text.strip())
    if ago is not None:
        return now - ago
    for pattern, read in (*NAMED, *DAYS):
        found = pattern.fullmatch(plain)
        meant = read(found, here) if found else None
        if meant is not None and meant.since is not None:
            return meant.since
    return _dated(plain, here)


def window(text: str, now: datetime, zone: ZoneInfo, *, firm: bool = False) -> tuple[Window, str]:
    """The window that `text` speaks of, and the text without those words.

    With `firm` a mere date or weekday, as in "is the party on Friday?", is none: it may be what the text is about.
    """
    here, plain = Now(now, zone), fold(text)
    if (within := duration(text)) is not None:
        return Window(within=within), ""
    for opening in (_since, _between):
        if found := opening(plain, here):
            meant, start, end = found
            return meant, _join(text[:start], text[end:])
    for pattern, read in (*COUNTED, *NAMED, *(() if firm else DAYS)):
        for match in pattern.finditer(plain):
            if (limits := read(match, here)) is not None:
                return limits, _join(text[: match.start()], text[match.end() :])
    return EVERYTHING, text.strip()


def _since(plain: str, now: Now) -> tuple[Window, int, int] | None:
    for found in SINCE.finditer(plain):
        if read := _longest_moment(plain, found.end(), now):
            return Window(since=read[0]), found.start(), read[1]
    return None


def _between(plain: str, now: Now) -> tuple[Window, int, int] | None:
    """The time from the start of one moment to the end of another's day."""
    for found in RANGE.finditer(plain):
        first, last = moment(found["first"], now.at, now.zone), _longest_moment(plain, found.end(), now)
        if first and last and (until := _end(last[0], first, now)):
            return Window(since=first, until=until), found.start(), last[1]
    return None


def _end(last: datetime, first: datetime, now: Now) -> datetime | None:
    """The end of a range whose last moment is this: its day's end, and of weekdays the first one after its start."""
    at = last.astimezone(now.zone)
    if last < first and last + timedelta(days=7) <= now.at:
        at += timedelta(days=7)
    end = now.start(at.date(), 24) if at.time() == time() else at.astimezone(UTC)
    return end if end > first else None


def _longest_moment(plain: str, start: int, now: Now) -> tuple[datetime, int] | None:
    """The moment that the most words from `start` on name, and where they end."""
    ends = [found.end() for found in islice(re.finditer(r"\S+", plain[start:]), MOST_WORDS)]
    for end in reversed(ends):
        at = moment(plain[start : start + end].rstrip("?.!,;:"), now.at, now.zone)
        if at is not None:
            return at, start + end
    return None


def _dated(plain: str, now: Now) -> datetime | None:
    """A date, weekday or time by dateparser."""
    settings: Any = {
        "RELATIVE_BASE": now.at.astimezone(now.zone).replace(tzinfo=None),
        "PREFER_DATES_FROM": "past",
        "RETURN_TIME_AS_PERIOD": True,
        "TIMEZONE": now.zone.key,
        "RETURN_AS_TIMEZONE_AWARE": True,
    }
    try:
        found = DateDataParser(languages=LANGUAGES, settings=settings).get_date_data(plain[:80])
    except (ValueError, OverflowError, RecursionError):  # dateparser's own limits on odd input
        return None
    if found.date_obj is None:
        return None
    if found.period in EXACT:
        return found.date_obj.astimezone(UTC)
    day = found.date_obj.date()
    return now.start(day.replace(day=1) if found.period == "month" else day)


# Readers of what a pattern found; None where it isn't meant after all.


def _unread(_: Found, __: Now) -> Window:
    return Window(unread=True)


def _everything(_: Found, __: Now) -> Window:
    return EVERYTHING


def _count(found: Found, _: Now) -> Window:
    return Window(last=min(int(_amount(found)), MOST))


def _spanned(found: Found, now: Now) -> Window | None:
    """A span up to now; without an amount the calendar's last week, month or year."""
    groups, unit = found.groupdict(), found["unit"]
    if not groups.get("amount") and (period := _period(unit)) and "past" not in found[0].split():
        return _calendar(period, now, back=1)
    within = _span(found)
    return Window(within=within) if within is not None else None


def _this(found: Found, now: Now) -> Window | None:
    period = _period(found["unit"])
    return replace(_calendar(period, now), until=None) if period else None


def _ago(found: Found, now: Now) -> Window | None:
    span = _span(found)
    if span is None:
        return None
    if span < timedelta(days=1):
        return Window(since=now.at - span)
    return now.hours(now.today - timedelta(days=span.days))


def _day(found: Found, now: Now) -> Window | None:
    """A day by its distance from today, or a part of one."""
    groups = found.groupdict()
    if groups.get("tonight") or groups.get("night"):
        return now.hours(now.today - timedelta(days=1 if groups.get("night") else 0), 18, 30)
    word, part = groups.get("day"), groups.get("part")
    if word == "hier" and not part and re.search(time_words.GERMAN, found.string):
        return None  # "here"
    back = next((days for names, days in time_words.DAYS_AGO.items() if word and re.fullmatch(names, word)), 0)
    if part is None and back == 0:
        return Window(since=now.start(now.today))
    return now.hours(now.today - timedelta(days=back), *_hours(part))


def _date(found: Found, now: Now) -> Window | None:
    at, part = _dated(found["date"], now), found.groupdict().get("part")
    return now.hours(at.astimezone(now.zone).date(), *_hours(part)) if at else None


def _month(found: Found, now: Now) -> Window | None:
    at = _dated(found["date"], now)
    first = at.astimezone(now.zone).date().replace(day=1) if at else None
    return Window(since=now.start(first), until=now.start(_next_month(first))) if first else None


def _hours(part: str | None) -> tuple[int, int]:
    return next((hours for names, hours in time_words.PARTS.items() if part and re.fullmatch(names, part)), (0, 24))


def _period(unit: str) -> str:
    """Which of week, month and year a word in the singular names, "" for none."""
    names = {"week": time_words.WEEK, "month": time_words.MONTH, "year": time_words.YEAR}
    return next((name for name, pattern in names.items() if re.fullmatch(pattern, unit)), "")


def _calendar(period: str, now: Now, back: int = 0) -> Window:
    """This week, month or year of the calendar, or the one before."""
    today = now.today
    if period == "week":
        first = today - timedelta(days=today.weekday() + 7 * back)
        return Window(since=now.start(first), until=now.start(first + timedelta(days=7)))
    first = today.replace(day=1, month=1 if period == "year" else today.month)
    if back:
        last = first - timedelta(days=1)
        first = last.replace(day=1, month=1 if period == "year" else last.month)
    end = first.replace(year=first.year + 1) if period == "year" else _next_month(first)
    return Window(since=now.start(first), until=now.start(end))


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _span(found: Found) -> timedelta | None:
    """The amount of a unit that was found, None where it is more than a hundred years."""
    unit, amount = _unit(found["unit"]), _amount(found)
    return unit * amount if amount <= LONGEST / unit else None


def _unit(word: str) -> timedelta:
    if word == "m":
        return UNITS["mi"]
    return next(
        length for start, length in sorted(UNITS.items(), key=lambda each: -len(each[0])) if word.startswith(start)
    )


def _amount(found: Found) -> float:
    word = found.groupdict().get("amount") or "1"
    named = time_words.NUMBERS.get(" ".join(word.split()))
    return int(word) if named is None else named


def _join(before: str, after: str) -> str:
    return " ".join(f"{before} {after}".split(" ")).strip(" ,;:").strip()


def fold(text: str) -> str:
    """The text in small letters without accents, each letter in its place."""
    return "".join(map(_plain, text))


def _plain(letter: str) -> str:
    bare = unicodedata.normalize("NFKD", letter.lower().replace("’", "'"))[:1]  # noqa: RUF001 - what phones type
    return bare if bare and not unicodedata.combining(bare) else letter[:1]


def _reading(reader: Reader, *patterns: str) -> tuple[tuple[re.Pattern[str], Reader], ...]:
    return tuple((re.compile(pattern, re.DOTALL), reader) for pattern in patterns)


SINCE, RANGE = re.compile(time_words.SINCE), re.compile(time_words.RANGE)
COUNTED = (
    *_reading(_unread, time_words.UNREAD),
    *_reading(_spanned, *time_words.SPANS),
    *_reading(_count, *time_words.COUNTS),
)
NAMED = (
    *_reading(_spanned, *time_words.SPANS[2:]),
    *_reading(_this, time_words.THIS_PERIOD),
    *_reading(_day, *time_words.DAYS),
    *_reading(_everything, time_words.ALL),
)
DAYS = (*_reading(_ago, *time_words.AGO), *_reading(_date, *time_words.DATES), *_reading(_month, time_words.IN_MONTH))
