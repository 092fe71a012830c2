"""Windows in words: "last 50", "since 2h", "from 12 to 15 March", "over the weekend", "el martes pasado".

Counts, spans up to now, and days from one to another, of what `bot.understanding.times.spans` reads in English,
Portuguese, Spanish, German and French. Pure and total: words that mean no window come back as they were, and
`unknown_time` names those among them that speak of a time. Knows no store; a time is aware and in UTC.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from adapters.chat import EVERYTHING, Window
from bot.understanding.times import words
from bot.understanding.times.hours import hour_of_a_day, hours_of_a_day
from bot.understanding.times.lengths import Found, amount_of, length_of
from bot.understanding.times.spans import shifted, span_at
from bot.understanding.times.values import Now, TimeSpan
from bot.understanding.times.words import fold

MOST = 10**9
LONGEST = 600  # characters in which a window is looked for
SHOWN = 6  # words of a time that isn't known

Reading = tuple[Window, int, int]  # and where its words begin and end


def duration(text: str) -> timedelta | None:
    """Return the length of `2h`, `90 minutes` or `drei Tage`, or None for anything else or over a hundred years."""
    match = DURATION.fullmatch(fold(text.strip()[:LONGEST]))
    return length_of(match) if match else None


def moment(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the time that `text` names (a date, a weekday, "yesterday afternoon"), or None. The past is preferred.

    Words that name no clock time mean the start of their day, week or month, in `zone`.
    """
    ago, plain = duration(text), fold(text.strip()[:LONGEST])
    if ago is not None:
        return now - ago
    opening = ON.match(plain)
    span = span_at(plain, opening.end() if opening else 0, Now(now, zone), led=True)
    return span[0].start if span and span[1] == len(plain) else None


def window(text: str, now: datetime, zone: ZoneInfo, *, firm: bool = False) -> tuple[Window, str]:
    """Return the window that `text` speaks of, and the text without those words.

    With `firm` a mere date or weekday, as in "is the party on Friday?", is none: it may be what the text is about.
    """
    here, plain = Now(now, zone), _shown(text[:LONGEST])
    if (within := duration(text)) is not None:
        return Window(within=within), ""
    if not firm and FUTURE.search(plain):
        return EVERYTHING, text.strip()  # nobody has said anything then
    for read in (_hours, _since, _between, _bounded, _counted, lambda plain, now: _named(plain, now, firm=firm)):
        if range_ := read(plain, here):
            meant, start, end = range_
            return meant, _join(text[:start], text[end:])
    whole = None if firm else _whole(plain.strip(), here)
    return (whole, "") if whole else (EVERYTHING, text.strip())


def _whole(plain: str, now: Now) -> Window | None:
    """Return the window of words that are nothing but a time: there "2025" is a year."""
    found = span_at(plain, 0, now, led=True)
    if found is None or found[1] != len(plain) or found[0].start > now.at:
        return None
    span = found[0]
    return Window(since=span.start, until=span.end if span.end and span.end <= now.at else None)


def unknown_time(text: str, *, loosely: bool = False) -> str:
    """Return the words of `text` that speak of a time which nobody could read, "" where none do.

    `loosely` says that the words hold nothing but an order, so that "after lunch" speaks of one, too.
    """
    plain = _shown(text[:LONGEST])
    matches = filter(None, (pattern.search(plain) for pattern in (*TIMES, *LOOSE_TIMES * loosely)))
    start = min((each.start() for each in matches), default=len(text))
    return " ".join(text[start:].split()[:SHOWN]).strip(" .,;:!?")


def _shown(text: str) -> str:
    """Return the folded text, with what a summary is to be about blanked: a day in there is no window."""
    return ABOUT.sub(lambda found: "_" * len(found[0]), fold(text))


# Each finds the first window of its kind.


def _hours(plain: str, now: Now) -> Reading | None:
    """From one hour of a day to another."""
    found = hours_of_a_day(plain, now)
    return (found[0], _opening(plain, found[1]), found[2]) if found else None


def _since(plain: str, now: Now) -> Reading | None:
    """Since a time or for a length of it, or since one time until another."""
    for opening in SINCE.finditer(plain):
        if hour := hour_of_a_day(plain, opening, now):
            return Window(since=hour[0]), _opening(plain, hour[1]), hour[2]
        ago, within = span_at(plain, opening.end(), now, led=True), DURATION.match(plain, opening.end())
        length = length_of(within) if within else None
        hourly = SINCE_HOUR.match(plain, opening.start()) is not None
        if within and length is not None and (ago is None or (ago[1] <= within.end() and not hourly)):
            return Window(since=now.at - length), opening.start(), within.end()
        if ago:
            span, end = ago
            limits, end = _joined(plain, span, end, now, TO) or (Window(since=span.start), end)
            return limits, opening.start(), end
    return None


def _between(plain: str, now: Now) -> Reading | None:
    """From one day to another."""
    for opening in FROM.finditer(plain):
        if span := _range_at(plain, opening.end(), now, TO):
            return span[0], opening.start(), span[1]
    for start in STARTS.finditer(plain):
        if span := _range_at(plain, start.end(), now, DASH):
            return span[0], _opening(plain, start.end()), span[1]
    return None


def _bounded(plain: str, now: Now) -> Reading | None:
    """After, until or before a time."""
    for pattern, limits in OPENINGS:
        for opening in pattern.finditer(plain):
            if span := span_at(plain, opening.end(), now, led=True):
                return limits(span[0]), opening.start(), span[1]
    return None


def _range_at(plain: str, start: int, now: Now, joins: re.Pattern[str]) -> tuple[Window, int] | None:
    """Return the window from one time to another, whose words begin there."""
    if found := _days_of_month(plain, start, now, joins) or _month_and_days(plain, start, now, joins):
        return found
    first = span_at(plain, start, now, led=joins is TO or bool(LED.match(plain, start)))
    return _joined(plain, *first, now, joins) if first else None


def _days_of_month(plain: str, start: int, now: Now, joins: re.Pattern[str]) -> tuple[Window, int] | None:
    """Days whose first borrows the month of the last: "12 to 15 March"."""
    day = DAY_FIRST.match(plain, start)
    joint = joins.match(plain, day.end()) if day else None
    last = span_at(plain, joint.end(), now, led=True) if joint else None
    if day is None or last is None or last[0].every == "week" or last[0].end is None:
        return None
    first = _borrowed(int(day["day"]), last[0], now)
    limits = _ordered(first, last[0], now) if first else None
    return (limits, last[1]) if limits else None


def _borrowed(day: int, last: TimeSpan, now: Now) -> TimeSpan | None:
    """Return the day of that number in the month of the last one, or None where that lies after it or there is none."""
    try:
        start = now.start(last.start.astimezone(now.zone).date().replace(day=day))
    except ValueError:
        return None
    return replace(last, start=start, end=None) if start <= last.start else None


def _month_and_days(plain: str, start: int, now: Now, joins: re.Pattern[str]) -> tuple[Window, int] | None:
    """Days whose last borrows the month of the first: "March 12 to 15"."""
    first_day = MONTH_FIRST.match(plain, start)
    joint = joins.match(plain, first_day.end()) if first_day else None
    last_day = DAY_LAST.match(plain, joint.end()) if joint else None
    if first_day is None or last_day is None:
        return None
    month, year = first_day["month"], last_day["year"] or ""
    first, last = (span_at(f"{month} {day['day']}{year}", 0, now) for day in (first_day, last_day))
    limits = _ordered(first[0], last[0], now) if first and last else None
    return (limits, last_day.end()) if limits else None


def _joined(plain: str, first: TimeSpan, end: int, now: Now, joins: re.Pattern[str]) -> tuple[Window, int] | None:
    """Return the window from a span that ends there to the one that is joined to it."""
    joint = joins.match(plain, end)
    last = span_at(plain, joint.end(), now, led=True) if joint else None
    limits = _ordered(first, last[0], now) if last else None
    return (limits, last[1]) if last and limits else None


def _ordered(first: TimeSpan, last: TimeSpan, now: Now) -> Window | None:
    """Return the window from the start of one to the end of the other, of whatever week or year puts them in order."""
    later, earlier = shifted(last, 1, now), shifted(first, -1, now)
    if last.start < first.start and later and (later.start <= now.at or last.every == "year"):
        last = later
    elif last.start < first.start and earlier:
        first = earlier
    end = last.end or last.start
    return Window(since=first.start, until=end) if end > first.start else None


def _counted(plain: str, now: Now) -> Reading | None:
    """So many messages, what is unread, or a length of time up to now."""
    del now
    for pattern, read in COUNTED:
        for match in pattern.finditer(plain):
            if (limits := read(match)) is not None:
                return limits, match.start(), match.end()
    return None


def _named(plain: str, now: Now, *, firm: bool) -> Reading | None:
    """Return a day, week, month … by its name; with one that follows at once, both."""
    for start in STARTS.finditer(plain):
        opening = ON.match(plain, start.end())
        dates = span_at(plain, opening.end(), now, led=True) if opening else None
        dates = dates or span_at(plain, start.end(), now)
        if dates is None or (firm and not dates[0].firm):
            continue
        span, end = dates
        limits, end = _joined(plain, span, end, now, AND) or (Window(since=span.start, until=span.end), end)
        if limits.until and limits.until > now.at:
            limits = replace(limits, until=None)
        return limits, _opening(plain, start.end()), end
    every = ALL.search(plain)
    return (EVERYTHING, every.start(), every.end()) if every else None


def _opening(plain: str, start: int) -> int:
    """Return where the preposition and the article before that place begin."""
    before = BEFORE_IT.search(plain, max(start - LONGEST_OPENING, 0), start)
    return before.start() if before else start


def _unread(_: Found) -> Window:
    return Window(unread=True)


def _count(found: Found) -> Window:
    return Window(last=min(int(amount_of(found)), MOST))


def _spanned(found: Found) -> Window | None:
    length = length_of(found)
    return Window(within=length) if length is not None else None


def _join(before: str, after: str) -> str:
    return " ".join(f"{before} {after}".split(" ")).strip(" ,;:").strip()


Reader = Callable[[Found], Window | None]


def _compiled(read: Reader, *patterns: str) -> Iterator[tuple[re.Pattern[str], Reader]]:
    return ((re.compile(pattern), read) for pattern in patterns)


LONGEST_OPENING = 20  # characters of a preposition and an article
SINCE, FROM, TO, DASH = (re.compile(each) for each in (words.SINCE, words.FROM, words.TO, words.DASH))
LED = re.compile(rf"\d|(?:{words.any_of(words.CLEAR_SHORT_MONTHS)})\b")  # what begins a range without a preposition
AND = re.compile(rf"\s{{1,8}}(?:and|und|et|e|y)\s+(?:{words.ON})?")
OPENINGS: tuple[tuple[re.Pattern[str], Callable[[TimeSpan], Window]], ...] = (
    (re.compile(words.AFTERWARDS), lambda span: Window(since=span.end or span.start)),
    (re.compile(words.UNTIL), lambda span: Window(until=span.end or span.start)),
    (re.compile(words.BEFORE), lambda span: Window(until=span.start)),
)
SINCE_HOUR = re.compile(words.SINCE_HOUR)
DURATION, ALL, ON = re.compile(words.DURATION), re.compile(words.ALL), re.compile(words.ON)
STARTS = re.compile(r"(?<![\w'.:/-])(?=\w)")
BEFORE_IT = re.compile(rf"(?:{words.ON})?(?:\b{words.THE}\s+)?$")
ABOUT = re.compile(words.ABOUT)
DAY_FIRST = re.compile(rf"(?:{words.THE}\s+)?(?P<day>\d{{1,2}})(?:{words.ORDINAL}(?!\w))?(?![\d/:]|\.\d)")
MONTH_FIRST = re.compile(rf"(?P<month>{words.any_of(words.ANY_MONTH)})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)")
DAY_LAST = re.compile(r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?![\w:/]|\.\d|\s+(?:of|de)\b)(?P<year>,?\s+\d{4})?")
COUNTED = (*_compiled(_unread, words.UNREAD), *_compiled(_spanned, *words.SPANS), *_compiled(_count, *words.COUNTS))
TIMES, LOOSE_TIMES = (tuple(map(re.compile, each)) for each in (words.TIMES, words.LOOSE_TIMES))
FUTURE = re.compile(words.FUTURE)
