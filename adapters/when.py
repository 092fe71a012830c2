"""Spans of time and counts of messages in words: "last 50", "since 2h", "this week", "desde ontem".

Durations and counts are read here, dates by dateparser. Pure and total: words that mean no window come back as they
were. Knows no store; a time is aware and in UTC.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateparser.date import DateDataParser

from adapters.chat import EVERYTHING, Window

LANGUAGES = ["en", "pt", "es", "de", "fr"]
UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
LONGEST = timedelta(days=36_500)
MOST = 10**9
EXACT = {"time", "part_of_day"}

_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10}
_AMOUNT = rf"(?P<amount>\d{{1,9}}|{'|'.join(_NUMBERS)})"
_UNIT = r"(?P<unit>minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|wks?|w)\b"
_DURATION = re.compile(rf"{_AMOUNT}\s*{_UNIT}", re.IGNORECASE)
_WINDOW = re.compile(
    r"\b(?:(?:the\s+)?last\s+(?P<last>\d{1,9})(?:\s+messages?)?(?!\s*(?:m|h|d|w|min|hour|day|week|hr))\b"
    rf"|(?:(?:in|over|during|for)\s+)?(?:the\s+)?(?:last|past)\s+(?:{_AMOUNT}\s*)?{_UNIT}"
    r"|(?P<day>today|yesterday)|(?P<week>this\s+week)|(?P<unread>unread|since\s+i\s+was\s+(?:last\s+)?here)"
    r"|(?P<all>everything|all\s+(?:messages|of\s+it)))",
    re.IGNORECASE,
)
_SINCE = re.compile(r"\b(?:since|desde|seit|depuis)\s+(?P<when>.+)$", re.IGNORECASE | re.DOTALL)


def duration(text: str) -> timedelta | None:
    """`2h`, `90 minutes`, `three days`; None for anything else, or for more than a hundred years."""
    found = _DURATION.fullmatch(text.strip())
    return _span(found) if found else None


def moment(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The time that `text` names (a date, a weekday, "yesterday afternoon"), or None. The past is preferred.

    Words that name no clock time mean the start of their day or month, in `zone`.
    """
    ago = duration(text)
    if ago is not None:
        return now - ago
    if text.strip().casefold() == "today":
        return _midnight(now, zone)
    settings: Any = {
        "RELATIVE_BASE": now.astimezone(zone).replace(tzinfo=None),
        "PREFER_DATES_FROM": "past",
        "RETURN_TIME_AS_PERIOD": True,
        "TIMEZONE": zone.key,
        "RETURN_AS_TIMEZONE_AWARE": True,
    }
    try:
        found = DateDataParser(languages=LANGUAGES, settings=settings).get_date_data(text.strip()[:80])
    except (ValueError, OverflowError, RecursionError):  # dateparser's own limits on odd input
        return None
    if found.date_obj is None:
        return None
    at = found.date_obj if found.period in EXACT else _midnight(found.date_obj, zone)
    return (at.astimezone(zone).replace(day=1) if found.period == "month" else at).astimezone(UTC)


def _midnight(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def window(text: str, now: datetime, zone: ZoneInfo) -> tuple[Window, str]:
    """The window that `text` speaks of, and the text without those words."""
    since = _SINCE.search(text)
    if since and (read := _longest_moment(since["when"], now, zone)):
        at, rest = read
        return Window(since=at), _join(text[: since.start()], rest)
    found = _WINDOW.search(text)
    if not found:
        return EVERYTHING, text.strip()
    return _window(found, now, zone), _join(text[: found.start()], text[found.end() :])


def _longest_moment(text: str, now: datetime, zone: ZoneInfo) -> tuple[datetime, str] | None:
    words = text.split()
    for size in range(min(len(words), 6), 0, -1):
        at = moment(" ".join(words[:size]).rstrip("?.!,"), now, zone)
        if at is not None:
            return at, " ".join(words[size:])
    return None


def _window(found: re.Match[str], now: datetime, zone: ZoneInfo) -> Window:
    if found["last"]:
        return Window(last=min(int(found["last"]), MOST))
    if found["unread"]:
        return Window(unread=True)
    if found["unit"]:
        return Window(within=_span(found))
    midnight = _midnight(now, zone)
    if found["week"]:
        return Window(since=_midnight(now - timedelta(days=now.astimezone(zone).weekday()), zone))
    if found["day"] and found["day"].casefold() == "yesterday":
        return Window(since=_midnight(now - timedelta(days=1), zone), until=midnight)
    return Window(since=midnight) if found["day"] else EVERYTHING


def _span(found: re.Match[str]) -> timedelta | None:
    words = (found["amount"] or "1").casefold()
    amount = _NUMBERS.get(words) or int(words)
    unit = UNITS[found["unit"][0].casefold()]
    return unit * amount if amount <= LONGEST / unit else None


def _join(before: str, after: str) -> str:
    return " ".join(f"{before} {after}".split(" ")).strip(" ,;:").strip()
