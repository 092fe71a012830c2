"""Days, weeks, months and moments by the words that name them: "yesterday evening", "le 3 mai", "am 5.3.", "Q2 2025".

A table of patterns, each with the reader of what it finds; the longest that fits counts. The past is preferred: a
weekday is the latest one before today, a date without a year the latest that has begun. What can't be, such as
31 November, is no span. Days are those of the person's own zone, also where a clock changes. Pure.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.understanding import time_words as words

MONTHS_IN_YEAR, DAYS_IN_WEEK = 12, 7
FIRST_YEAR = 1990  # of four digits that are a year
YEARS_BACK = 8  # in which the latest 29 February lies
EVENING = (18, 30)
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Now:
    """The present, for somebody in a zone."""

    at: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The day there."""
        return self.at.astimezone(self.zone).date()

    def start(self, day: date, hour: int = 0, minute: int = 0) -> datetime:
        """That time of a day there, whose hour may be one of the day after, in UTC."""
        later, hour = divmod(hour, 24)
        return datetime.combine(day + timedelta(days=later), time(hour, minute), self.zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """A time that words name, None as its end for a moment.

    `firm` says that a question which holds it speaks of when something was said, not of what it is about. `every` is
    how often the same words come true: of a range, another one of it may be meant.
    """

    start: datetime
    end: datetime | None
    firm: bool = False
    every: str = ""


Found = re.Match[str]
Reader = Callable[[Found, Now], Span | None]


def span_at(plain: str, start: int, now: Now, *, led: bool = False) -> tuple[Span, int] | None:
    """Return the longest span that folded text names at that place, and where it ends.

    `led` says that a preposition stands before it, so that words with other meanings name a time.
    """
    longest: tuple[Span, int] | None = None
    for pattern, read, needs in TABLE:
        found = pattern.match(plain, start) if led or not needs else None
        if found is None or (longest is not None and found.end() <= longest[1]):
            continue
        try:
            span = read(found, now)
        except (ValueError, OverflowError):  # a day that the calendar lacks
            span = None
        if span is not None:
            longest = span, found.end()
    return longest


def shifted(span: Span, count: int, now: Now) -> Span | None:
    """Return the span so many of its own periods later; None for one that comes once or where there is no such day."""
    try:
        start = _moved(span.start, span.every, count, now)
        end = None if span.end is None else _moved(span.end, span.every, count, now)
    except (ValueError, OverflowError):
        return None
    return replace(span, start=start, end=end) if span.every else None


def _moved(at: datetime, every: str, count: int, now: Now) -> datetime:
    here = at.astimezone(now.zone)
    day = here.date()
    if every == "week":
        day += timedelta(days=DAYS_IN_WEEK * count)
    elif every == "year":
        day = day.replace(year=day.year + count)
    elif every == "month":
        day = _month_later(day.replace(day=1), count).replace(day=day.day)
    return now.start(day, here.hour, here.minute)


def days(first: date, count: int, now: Now, **more: object) -> Span:
    """Return the span of so many whole days."""
    return Span(now.start(first), now.start(first + timedelta(days=count)), **more)  # type: ignore[arg-type]


# Readers of what a pattern found: None, or ValueError for a day that the calendar lacks, where it isn't meant.


def _iso(found: Found, now: Now) -> Span:
    day = date.fromisoformat(found["day"].replace("/", "-"))
    if not found["clock"]:
        return days(day, 1, now)
    said = datetime.fromisoformat(f"{day.isoformat()}T{found['clock']}".upper())
    return Span((said if said.tzinfo else said.replace(tzinfo=now.zone)).astimezone(UTC), None)


def _iso_month(found: Found, now: Now) -> Span:
    first = date(int(found["year"]), int(found["month"]), 1)
    return days(first, (_month_later(first, 1) - first).days, now)


def _numeric(found: Found, now: Now) -> Span | None:
    first, second, year = int(found["first"]), int(found["second"]), found["year"]
    day, month = (second, first) if second > MONTHS_IN_YEAR >= first else (first, second)
    return _on(day, month, _year(year), now, found)


def _day_of_month(found: Found, now: Now) -> Span | None:
    number, name = found["number"], found["month"]
    return _on(int(number) if number else 1, words.ANY_MONTH[name], _year(found["year"]), now, found)


def _on(day: int, month: int, year: int | None, now: Now, found: Found) -> Span | None:
    """That date, the latest one up to today where no year is named."""
    if year is not None:
        return _of_day(date(year, month, day), now, found)
    for back in range(YEARS_BACK + 1):
        try:
            at = date(now.today.year - back, month, day)
        except ValueError:
            continue
        if at <= now.today:
            return _of_day(at, now, found, every="year")
    return None


def _year(text: str | None) -> int | None:
    return None if text is None else int(text) if len(text) > 2 else 2000 + int(text)  # noqa: PLR2004


def _of_day(day: date, now: Now, found: Found, *, every: str = "", firm: bool = False) -> Span:
    """The whole day, a part of it, or a time of it."""
    groups = found.groupdict()
    if clock := _clock(groups):
        return Span(now.start(day, *clock), None, firm, every)
    first, last = _hours(groups.get("part"))
    return Span(now.start(day, first), now.start(day, last), firm, every)


def _hours(part: str | None) -> tuple[int, int]:
    return next((hours for names, hours in words.PARTS.items() if part and re.fullmatch(names, part)), (0, 24))


def _clock(groups: dict[str, str | None]) -> tuple[int, int] | None:
    """The hour and minute that were found. Raises ValueError for 25:00 or 14 pm."""
    for suffix in ("", "2"):
        hour, minute, half = (groups.get(f"{name}{suffix}") for name in ("hour", "minute", "half"))
        if hour is None:
            continue
        at = int(hour)
        if half:
            if not 1 <= at <= 12:  # noqa: PLR2004 - a clock with two halves
                raise ValueError
            at = at % 12 + 12 * half.startswith("p")
        time(at, int(minute or 0))
        return at, int(minute or 0)
    return None


def _moment_of_today(found: Found, now: Now) -> Span | None:
    """A time of today, or of yesterday where it is still to come."""
    named = found.groupdict().get("named")
    clock = ((0, 0) if named in words.MIDNIGHT else (12, 0)) if named else _clock(found.groupdict())
    if clock is None:
        return None
    at = now.start(now.today, *clock)
    at = at if at <= now.at else now.start(now.today - timedelta(days=1), *clock)
    return Span(at, None, firm=True)


def _day_alone(found: Found, now: Now) -> Span | None:
    """The latest day of that number, in this month or the latest one that has it."""
    number, first = int(found["number"]), now.today.replace(day=1)
    for back in range(3):
        month = _month_later(first, -back)
        if number <= (_month_later(month, 1) - month).days and month.replace(day=number) <= now.today:
            return _of_day(month.replace(day=number), now, found, every="month")
    return None


def _weekday(found: Found, now: Now) -> Span:
    """The latest one before today; of this week where that is said."""
    number = {**words.SHORT_WEEKDAYS, **words.WEEKDAYS}[found["weekday"]]
    back = (now.today.weekday() - number - 1) % DAYS_IN_WEEK + 1
    if found["this"] and number <= now.today.weekday():
        back = now.today.weekday() - number
    return _of_day(now.today - timedelta(days=back), now, found, every="week")


def _day_word(found: Found, now: Now) -> Span | None:
    """A day by its distance from today, or a part of one."""
    word = found["day"]
    groups = found.groupdict()
    if word == "hier" and not groups.get("part") and re.search(words.GERMAN, found.string):
        return None  # "here"
    back = next(number for names, number in words.DAYS_AGO.items() if re.fullmatch(names, word))
    return _of_day(now.today - timedelta(days=back), now, found, firm=True)


def _this_part(found: Found, now: Now) -> Span:
    return _of_day(now.today, now, found, firm=True)


def _tonight(_: Found, now: Now) -> Span:
    return Span(now.start(now.today, EVENING[0]), now.start(now.today, EVENING[1]), firm=True)


def _last_night(_: Found, now: Now) -> Span:
    before = now.today - timedelta(days=1)
    return Span(now.start(before, EVENING[0]), now.start(before, EVENING[1]), firm=True)


def _ago(found: Found, now: Now) -> Span | None:
    """The day so long ago, or the moment where it is less than a day."""
    amount, unit = amount_of(found), unit_of(found["unit"])
    if unit in {"month", "year"} and amount == int(amount):
        months = int(amount) * (12 if unit == "year" else 1)
        first = _month_later(now.today.replace(day=1), -months)
        length = (_month_later(first, 1) - first).days
        return days(first.replace(day=min(now.today.day, length)), 1, now)
    span = length_of(found)
    if span is None:
        return None
    if span < timedelta(days=1):
        return Span(now.at - span, None, firm=True)
    return days(now.today - timedelta(days=span.days), 1, now)


def _period(found: Found, now: Now) -> Span | None:
    """This or the last week, month … of the calendar, or a part of one."""
    groups = found.groupdict()
    back = 2 if groups.get("before") else 1 if groups.get("last") or groups.get("after") else 0
    span = _calendar(_period_name(found["period"]), now, back)
    return _edge(span, groups.get("edge"), now) if span else None


def _this_period(found: Found, now: Now) -> Span | None:
    """The week, month … that is going on, or the last weekend."""
    span = _calendar(_period_name(found["period"]), now, 0)
    return replace(span, firm=False) if span else None


def _month(found: Found, now: Now) -> Span | None:
    """A month by its name, the latest that has begun, or the one before that where "last" is said of this one."""
    groups, number, today = found.groupdict(), words.ANY_MONTH[found["month"]], now.today
    year = _year(groups.get("year")) or today.year - (number > today.month)
    if groups.get("last") and (year, number) == (today.year, today.month):
        year -= 1
    first = date(year, number, 1)
    every = "" if groups.get("year") else "year"
    return _edge(days(first, (_month_later(first, 1) - first).days, now, every=every), groups.get("edge"), now)


def _quarter(found: Found, now: Now) -> Span:
    """A quarter by its number, the latest that has begun."""
    said = found["quarter"] or found["named"]
    number = int(said) if said.isdigit() else words.QUARTERS[said]
    first = date(_year(found["year"]) or now.today.year, 3 * number - 2, 1)
    if not found["year"] and first > now.today:
        first = first.replace(year=first.year - 1)
    return days(first, (_month_later(first, 3) - first).days, now)


def _whole_year(found: Found, now: Now) -> Span | None:
    year = int(found["year"])
    if not FIRST_YEAR <= year <= now.today.year:
        return None
    return days(date(year, 1, 1), (date(year + 1, 1, 1) - date(year, 1, 1)).days, now)


def _edge(span: Span, edge: str | None, now: Now) -> Span:
    """The start, the middle or the end of a span of whole days."""
    if not edge or span.end is None:
        return span
    first, last = next(part for names, part in words.EDGES.items() if re.fullmatch(names, edge))
    begins, length = span.start.astimezone(now.zone).date(), round((span.end - span.start) / timedelta(days=1))
    ends = begins + timedelta(days=max(round(length * last), 1))
    return replace(span, start=now.start(begins + timedelta(days=round(length * first))), end=now.start(ends))


def _period_name(word: str) -> str:
    return next(name for name, names in words.PERIODS.items() if re.fullmatch(names, word))


def _calendar(period: str, now: Now, back: int) -> Span | None:
    """A week, month, quarter, year or weekend of the calendar, so many before this one."""
    today = now.today
    monday = today - timedelta(days=today.weekday())
    if period == "weekend":
        return _weekend(today, back, now)
    if period in {"week", "business week"}:
        return days(monday - timedelta(days=7 * back), 7 if period == "week" else 5, now, firm=True)
    if period == "fortnight":
        until = now.at - timedelta(days=14 * max(back - 1, 0))
        return Span(until - timedelta(days=14), until, firm=True)
    months = {"month": 1, "quarter": 3, "year": 12}[period]
    first = today.replace(day=1, month=(today.month - 1) // months * months + 1)
    first = _month_later(first, -months * back)
    return days(first, (_month_later(first, months) - first).days, now, firm=True)


def _weekend(today: date, back: int, now: Now) -> Span:
    """The weekend that is going on or was the last one; "last" on a weekday is that one, too."""
    off = today.weekday() >= SATURDAY
    saturday = today - timedelta(days=today.weekday()) + timedelta(days=SATURDAY if off else SATURDAY - DAYS_IN_WEEK)
    return days(saturday - timedelta(days=DAYS_IN_WEEK * (back if off else max(back - 1, 0))), 2, now, firm=True)


def _month_later(first: date, count: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + count, 12)
    return date(year, month + 1, 1)


def length_of(found: Found) -> timedelta | None:
    """Return the amount of a unit that was found, None where it is more than a hundred years."""
    unit, amount = LENGTHS[unit_of(found["unit"])], amount_of(found)
    return unit * amount if amount <= LONGEST / unit else None


def amount_of(found: Found) -> float:
    """Return the number that was found, 1 where none was."""
    word = found.groupdict().get("amount") or "1"
    named = words.NUMBERS.get(" ".join(word.split()))
    return int(word) if named is None else named


def unit_of(word: str) -> str:
    """Return which unit a word names."""
    short = {"m": "minute", "h": "hour", "d": "day", "w": "week"}.get(word)
    return short or next(name for name, names in words.UNITS.items() if re.fullmatch(names, word))


LONGEST = timedelta(days=36_500)
LENGTHS = {
    "minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1),
    "fortnight": timedelta(weeks=2), "month": timedelta(days=30), "year": timedelta(days=365),
}  # fmt: skip

_MONTH, _ANY_MONTH = words.any_of(words.MONTHS), words.any_of(words.ANY_MONTH)
_CLEAR_MONTH = words.any_of(set(words.MONTHS) - words.UNCLEAR)
_DAYS, _SHORT_DAYS = words.any_of(words.WEEKDAYS), words.any_of(words.SHORT_WEEKDAYS)
_CLOCK = (
    r"(?:(?P<hour>\d{1,2})(?::(?P<minute>\d\d)(?!\d)\s?(?P<half>[ap]m)?)"
    r"|(?P<hour2>\d{1,2})\s?(?:(?P<half2>[ap]m)|h(?P<minute2>\d\d)?|uhr|heures?|horas|o'clock))\b"
)
_AT = rf"(?:,?\s+(?:(?:at|um|as|a las?|a|gegen|vers|pelas)\s+)?{_CLOCK})"
_JOIN = r"\s+(?:(?:in the|at|a|de|da|do|por la|pela|por|en la|dans l'|au|le|am|em|na|a la)\s+)?(?:l')?"
_PART = rf"(?:{_JOIN}(?P<part>{'|'.join(words.PARTS)})\b)"
_OF_DAY = rf"(?:{_PART}|{_AT})?"
_THE = rf"(?:{words.THE}\s*)?"
_THIS_OR_LAST = rf"(?:(?P<this>{words.THIS})\s+|(?P<last>{words.LAST})\s+)?"
_AFTER = rf"(?:\s+(?P<after>{words.AFTER})\b)?"
_OF_YEAR = r"(?:,?\s+(?:(?:de|of|del|von|do)\s+)?(?P<year>\d{4})(?!\d))?"
_EDGE = rf"(?:(?P<edge>{'|'.join(words.EDGES)})[\s-]+(?:(?:of|in|de|do|del|d[aeo]|von|du|des|der)\s+)?)"
_ORDINAL = rf"{words.ORDINAL}(?!\w)"


def _reading(read: Reader, *patterns: str, needs: bool = False) -> tuple[tuple[re.Pattern[str], Reader, bool], ...]:
    return tuple((re.compile(pattern), read, needs) for pattern in patterns)


_PERIOD = rf"(?P<period>{words.PERIOD})\b"
_OWN = r"(?:'s\b)?"
_ALONE = r"(?<!\d\s)(?<!\d\.\s)(?<!\d\sde\s)(?<!\d(?:st|nd|rd|th)\s)"  # a month behind no number
_NO_DAY = r"(?!'|\.?\s\d\d?(?!\d))"

TABLE = (
    *_reading(
        _iso,
        r"(?P<day>\d{4}([-/])\d\d\2\d\d)(?:[t ](?P<clock>\d\d:\d\d(?::\d\d)?(?:z|[+-]\d\d:?\d\d)?))?(?![\d-])",
    ),
    *_reading(_iso_month, r"(?P<year>\d{4})-(?P<month>\d\d)(?![\d-])"),
    *_reading(
        _numeric,
        rf"(?P<first>\d{{1,2}})\.(?P<second>\d{{1,2}})\.(?P<year>\d{{4}}|\d\d)?(?![\d.]){_OF_DAY}",
        rf"(?P<first>\d{{1,2}})/(?P<second>\d{{1,2}})/(?P<year>\d{{4}}|\d\d)(?![\d/]){_OF_DAY}",
        rf"(?P<first>\d{{1,2}})/(?P<second>\d\d)(?P<year>(?!))?(?![\d/]){_OF_DAY}",
    ),
    *_reading(
        _numeric,
        rf"(?P<first>\d{{1,2}})[/.](?P<second>\d{{1,2}})(?P<year>(?!))?(?![\d/]|\.\d){_OF_DAY}",
        needs=True,
    ),
    *_reading(
        _day_of_month,
        rf"{_THE}(?:(?P<number>\d{{1,2}})(?:{_ORDINAL})?|(?:{words.FIRST_DAY}))\s*(?:(?:of|de|d'|do|del)\s*)?"
        rf"\b(?P<month>{_ANY_MONTH})\b\.?{_OF_YEAR}{_OF_DAY}",
        rf"(?P<month>{_ANY_MONTH})\.?\s+(?:the\s+)?(?P<number>\d{{1,2}})(?:{_ORDINAL})?(?![\d:]){_OF_YEAR}{_OF_DAY}",
    ),
    *_reading(
        _month,
        rf"{_ALONE}{_THE}(?:{_EDGE}{_THE}|{_THIS_OR_LAST})(?P<month>{_CLEAR_MONTH})\b{_AFTER}{_OF_YEAR}{_NO_DAY}",
        rf"{_THE}(?:(?P<this>{words.THIS})|(?P<last>{words.LAST}))\s+(?P<month>{_MONTH})\b{_NO_DAY}",
        rf"{_ALONE}{_EDGE}{_THE}(?P<month>{_MONTH})\b{_OF_YEAR}{_NO_DAY}",
        rf"{_ALONE}(?P<month>{_MONTH})\s+(?:(?:de|of|del)\s+)?(?P<year>\d{{4}})\b",
    ),
    *_reading(_month, rf"{_ALONE}{_THE}(?P<month>{_MONTH})\b{_AFTER}{_NO_DAY}", needs=True),
    *_reading(
        _weekday,
        rf"{_THE}{_THIS_OR_LAST}(?P<weekday>{_DAYS})\b(?!'){_AFTER}{_OF_DAY}",
        rf"{_THE}(?:(?P<this>{words.THIS})|(?P<last>{words.LAST}))\s+(?P<weekday>{_SHORT_DAYS})\b\.?{_OF_DAY}",
        rf"{_THE}(?P<this>(?!))?(?P<weekday>{_SHORT_DAYS})\b\s+(?P<after>{words.AFTER})\b{_OF_DAY}",
    ),
    *_reading(_weekday, rf"{_THE}{_THIS_OR_LAST}(?P<weekday>{_SHORT_DAYS})\b\.?(?!'){_AFTER}{_OF_DAY}", needs=True),
    *_reading(_day_word, rf"{_THE}(?:d')?(?P<day>{'|'.join(words.DAYS_AGO)})\b{_OWN}{_OF_DAY}"),
    *_reading(_this_part, rf"(?:{words.THIS}){_PART}{_OWN}", r"(?:heute|hoje|hoy)\s+(?P<part>fruh|morgen)\b"),
    *_reading(_tonight, r"(?:tonight|this evening|heute nacht|ce soir|esta noche|esta noite)\b"),
    *_reading(
        _last_night,
        r"(?:last night|anoche|(?:in der )?letzten? nacht|la nuit derniere|(?:a )?noite passada)\b",
    ),
    *_reading(
        _ago,
        rf"{words.AMOUNT}\s+{words.UNIT}\s+(?:ago|atras)\b",
        rf"(?:ha|hace|vor|il y a)\s+{words.AMOUNT}\s+{words.UNIT}",
    ),
    *_reading(
        _period,
        rf"{_THE}(?P<period>{words.PERIODS['weekend']}|{words.PERIODS['business week']})\b{_OWN}",
        rf"{_THE}(?:{_EDGE}{_THE})?(?:(?P<this>{words.THIS})|(?P<last>{words.LAST}))\s+{_PERIOD}{_OWN}"
        r"(?P<before>\s+before last)?",
        rf"{_THE}(?:{_EDGE}{_THE})?{_PERIOD}\s+(?P<after>{words.AFTER})\b",
        rf"{_THE}{_PERIOD}\s+(?P<before>before last|retrasad[oa])\b",
        rf"{_THE}(?P<before>vorletzte[nrsm]?|penultim[oa]|avant-derniere?)\s+{_PERIOD}",
        rf"{_THE}{_EDGE}{_THE}{_PERIOD}",
        rf"{_PERIOD}[\s-]to[\s-]date\b",
    ),
    *_reading(_this_period, rf"{words.THE}\s*(?!an\b){_PERIOD}{_OWN}(?!\s\d)"),
    *_reading(_this_period, rf"(?!an\b){_PERIOD}(?!\s\d)", needs=True),
    *_reading(
        _quarter,
        rf"{_THE}q(?P<quarter>[1-4])\b(?P<named>(?!))?{_OF_YEAR}",
        rf"{_THE}(?:(?P<quarter>[1-4])(?:{_ORDINAL})?|(?P<named>{'|'.join(words.QUARTERS)}))\s+"
        rf"(?:quarter|trimestre|quartal)\b{_OF_YEAR}",
    ),
    *_reading(
        _moment_of_today,
        rf"(?:(?:at|um|as|a las?|les?)\s+)?{_CLOCK}",
        r"(?P<named>noon|midday|midnight|meio-?\s?dia|mediodia|mittag|midi|meia-?\s?noite|medianoche|mitternacht"
        r"|minuit)\b",
        needs=True,
    ),
    *_reading(_day_alone, rf"(?:{words.THE}\s+)?dia\s+(?P<number>\d{{1,2}})(?![\w:/.-]\w|\w){_OF_DAY}"),
    *_reading(
        _day_alone,
        rf"{words.THE}\s+(?P<number>\d{{1,2}})(?:{_ORDINAL})?(?![\w:/.-]\w|\w|\s?%){_OF_DAY}",
        rf"(?P<number>\d{{1,2}}){_ORDINAL}(?![:/-]\w){_OF_DAY}",
        needs=True,
    ),
    *_reading(_whole_year, r"(?:(?:the )?(?:year|ano|jahr|annee)\s+)?(?P<year>\d{4})\b(?![-/:.]\d)", needs=True),
)
