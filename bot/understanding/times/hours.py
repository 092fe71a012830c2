"""Hours of a day from one to another: "9 to 11 am", "ontem das 9h às 11h", "gestern zwischen 9 und 11 Uhr". Pure.

Two numbers are hours where a unit, minutes or an article of hours tells so, or where a day stands beside them.
"""

import re
from datetime import date, datetime, timedelta

from adapters.chat import Window
from bot.understanding.times import words
from bot.understanding.times.lengths import Found
from bot.understanding.times.spans import span_at
from bot.understanding.times.values import Now

Day = tuple[date, int]  # and where its words begin or end
NOON, MIDNIGHT = 12, 24
REACH = 40  # characters before the hours in which their day is looked for

_UNIT = r"(?:[ap]m|h|uhr|horas?|heures?|o'clock)\b"
_ARTICLE = r"(?:(?P<{0}>l?as)\s+)?"
_HOUR = r"(?P<hour{0}>\d{{1,2}})(?:[:h](?P<minute{0}>\d\d)(?!\d))?(?:\s?(?P<unit{0}>" + _UNIT + "))?"
HOURS = re.compile(
    r"(?<![\w.:/+-])(?:(?:from|between|desde|entre|von|vom|zwischen|du|de|das)\s+)?"
    + _ARTICLE.format("article")
    + _HOUR.format(1)
    + r"\s{0,8}(?:\b(?:to|until|till|through|and|ate|hasta|a|e|y|bis|und|et)\b|-|\u2013|\u2014|(?=as\s))\s{0,8}"
    + _ARTICLE.format("article2")
    + _HOUR.format(2)
    + r"(?![\w/:-]|\.\d)(?:\s+(?:da|de la|del|du|in the|am|de l'|l')?\s{0,2}(?P<part>"
    + "|".join(words.PARTS)
    + r")s?\b)?"
)
HOUR = re.compile(rf"(?:{words.THE}\s+)?{_HOUR.format(1)}(?![\w:/.-]\w|\w)")
BEGINNINGS = re.compile(r"(?<![\w'.:/-])(?=\w)")
BESIDE = re.compile(r"\s{0,8},?\s{0,8}(?:(?:on|of|am|em|n[ao]|el|le|du|d[aeo])\s+)?")


def hour_of_a_day(plain: str, opening: Found, now: Now) -> tuple[datetime, int, int] | None:
    """Return the hour behind "since" on the day beside it ("gestern ab 18 Uhr"), and where its words begin and end."""
    match = HOUR.match(plain, opening.end())
    if match is None:
        return None
    before, after = _day_before(plain, opening.start(), now), _day_after(plain, match.end(), now)
    day = before or after
    if day is None:
        return None
    try:
        since_midnight = _hour(match, 1, (match["unit1"] or "")[:1] if match["unit1"] in {"am", "pm"} else None)
    except ValueError:
        return None
    end = after[1] if after and not before else match.end()
    return _at(day[0], since_midnight, now), before[1] if before else opening.start(), end


def hours_of_a_day(plain: str, now: Now) -> tuple[Window, int, int] | None:
    """Return the window between two hours of the day beside them, else of today, and where its words begin and end."""
    for match in HOURS.finditer(plain):
        before, after = _day_before(plain, match.start(), now), _day_after(plain, match.end(), now)
        day = before or after
        if not (day or _are_hours(match)):
            continue
        try:
            first, last = _two_hours(match)
        except ValueError:
            continue
        date_ = day[0] if day else now.today - timedelta(days=_at(now.today, first, now) > now.at)
        begin = before[1] if before else match.start()
        end = after[1] if after and not before else match.end()
        return Window(since=_at(date_, first, now), until=_at(date_, last, now)), begin, end
    return None


def _are_hours(match: Found) -> bool:
    telling = ("minute1", "minute2", "unit1", "unit2", "article", "article2", "part")
    return any(match[name] for name in telling)


def _day_before(plain: str, end: int, now: Now) -> Day | None:
    """Return the day whose words end there."""
    text = plain[:end].rstrip(" ,")
    for start in BEGINNINGS.finditer(text, max(len(text) - REACH, 0)):
        span = span_at(text, start.end(), now, led=True)
        if span and span[1] == len(text) and (day := _whole_day(span[0].start, span[0].end, now)):
            return day, start.end()
    return None


def _day_after(plain: str, start: int, now: Now) -> Day | None:
    """Return the day whose words begin there."""
    opening = BESIDE.match(plain, start)
    span = span_at(plain, opening.end(), now, led=True) if opening and opening.end() > start else None
    day = _whole_day(span[0].start, span[0].end, now) if span else None
    return (day, span[1]) if span and day else None


def _whole_day(start: datetime, end: datetime | None, now: Now) -> date | None:
    day = start.astimezone(now.zone).date()
    return day if (start, end) == (now.start(day), now.start(day, MIDNIGHT)) else None


def _two_hours(match: Found) -> tuple[timedelta, timedelta]:
    """Return both hours as time since midnight; one without a half of the day takes what puts them in order.

    Raises ValueError for an hour that no day has.
    """
    first_half, last_half = (_half(match, place) for place in (1, 2))
    last = _hour(match, 2, last_half)
    first = _hour(match, 1, first_half or last_half)
    if first_half is None and last_half and first > last:
        first = _hour(match, 1, "a")
    if last_half is None and first_half and last < first:
        last = _hour(match, 2, "p")
    return first, last if last > first else last + timedelta(days=1)


def _half(match: Found, place: int) -> str | None:
    """Return "a" or "p" where words put the hour into the first or the second half of the day."""
    unit, part = match[f"unit{place}"] or "", match["part"]
    if unit in {"am", "pm"}:
        return unit[0]
    starts = next((hours[0] for names, hours in words.PARTS.items() if part and re.fullmatch(names, part)), None)
    return None if starts is None else "a" if starts < NOON - 1 else "p"


def _hour(match: Found, place: int, half: str | None) -> timedelta:
    hour, minute = int(match[f"hour{place}"]), int(match[f"minute{place}"] or 0)
    if half and 1 <= hour <= NOON:
        hour = hour % NOON + NOON * (half == "p")
    if hour > MIDNIGHT or minute >= 60:  # noqa: PLR2004 - minutes of an hour
        raise ValueError
    return timedelta(hours=hour, minutes=minute)


def _at(day: date, since_midnight: timedelta, now: Now) -> datetime:
    hours, rest = divmod(since_midnight, timedelta(hours=1))
    return now.start(day, hours, rest // timedelta(minutes=1))
