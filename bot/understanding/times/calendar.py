"""Days, weeks, months and moments of the calendar: what is found of them in words, as spans of time.

Readers of what the patterns of `bot.understanding.times.spans` find, in the zone of who says it. The past is preferred:
a weekday is the latest one before today, a date without a year the latest that has begun. What can't be, such as
31 November, isn't a span. Pure.
"""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from bot.understanding.times import words
from bot.understanding.times.lengths import Found, amount_of, length_of, unit_of
from bot.understanding.times.values import Now, TimeSpan

MONTHS_IN_YEAR, DAYS_IN_WEEK = 12, 7
FIRST_YEAR = 1990  # of four digits that are a year
YEARS_BACK = 8  # in which the latest 29 February lies
EVENING = (18, 30)
SATURDAY = 5


def days(first: date, count: int, now: Now, **more: object) -> TimeSpan:
    """Return the span of so many whole days."""
    return TimeSpan(now.start(first), now.start(first + timedelta(days=count)), **more)  # type: ignore[arg-type]


# Readers of what a pattern found: None, or ValueError for a day that the calendar lacks, where it isn't meant.


def iso_day(found: Found, now: Now) -> TimeSpan:
    """Return the day, or the moment, that ISO 8601 writes."""
    day = date.fromisoformat(found["day"].replace("/", "-"))
    if not found["clock"]:
        return days(day, 1, now)
    moment = datetime.fromisoformat(f"{day.isoformat()}T{found['clock']}".upper())
    return TimeSpan((moment if moment.tzinfo else moment.replace(tzinfo=now.zone)).astimezone(UTC), None)


def iso_month(found: Found, now: Now) -> TimeSpan:
    """Return the month of `2026-10`."""
    first = date(int(found["year"]), int(found["month"]), 1)
    return days(first, (month_later(first, 1) - first).days, now)


def numeric_date(found: Found, now: Now) -> TimeSpan | None:
    """Return the day of `5.3.` or `05/03/2026`: day before month, unless only the other way round is a date."""
    first, second, year = int(found["first"]), int(found["second"]), found["year"]
    day, month = (second, first) if second > MONTHS_IN_YEAR >= first else (first, second)
    return _on(day, month, _year(year), now, found)


def day_of_month(found: Found, now: Now) -> TimeSpan | None:
    """Return the day of "3 May 2025" or "first of May"."""
    number, name = found["number"], found["month"]
    return _on(int(number) if number else 1, words.ANY_MONTH[name], _year(found["year"]), now, found)


def _on(day: int, month: int, year: int | None, now: Now, found: Found) -> TimeSpan | None:
    """Return that date, the latest one up to today where no year is named."""
    if year is not None:
        return of_day(date(year, month, day), now, found)
    for back in range(YEARS_BACK + 1):
        try:
            at = date(now.today.year - back, month, day)
        except ValueError:
            continue
        if at <= now.today:
            return of_day(at, now, found, every="year")
    return None


def _year(text: str | None) -> int | None:
    return None if text is None else int(text) if len(text) > 2 else 2000 + int(text)  # noqa: PLR2004


def of_day(day: date, now: Now, found: Found, *, every: str = "", firm: bool = False) -> TimeSpan:
    """Return the whole day, a part of it, or a time of it."""
    groups = found.groupdict()
    if clock := _clock(groups):
        return TimeSpan(now.start(day, *clock), None, firm, every)
    first, last = _hours(groups.get("part"))
    return TimeSpan(now.start(day, first), now.start(day, last), firm, every)


def _hours(part: str | None) -> tuple[int, int]:
    return next((hours for names, hours in words.PARTS.items() if part and re.fullmatch(names, part)), (0, 24))


def _clock(groups: dict[str, str | None]) -> tuple[int, int] | None:
    """Return the hour and minute that were found. Raises ValueError for 25:00 or 14 pm."""
    for suffix in ("", "2", "3"):
        hour, minute, half = (groups.get(f"{name}{suffix}") for name in ("hour", "minute", "half"))
        if hour is None:
            continue
        at = int(hour)
        if half:
            if not 1 <= at <= 12:  # noqa: PLR2004 - a clock with two halves
                raise ValueError
            at = at % 12 + 12 * half.startswith(("p", "t", "n"))  # pm, tarde, noche
        elif at < 12 <= _hours(groups.get("part"))[0] < 24 + at:  # noqa: PLR2004 - "this evening at 8"
            at += 12
        time(at, int(minute or 0))
        return at, int(minute or 0)
    return None


def moment_of_today(found: Found, now: Now) -> TimeSpan | None:
    """Return a time of today, or of yesterday where it is still to come."""
    named = found.groupdict().get("named")
    clock = ((0, 0) if named in words.MIDNIGHT else (12, 0)) if named else _clock(found.groupdict())
    if clock is None:
        return None
    at = now.start(now.today, *clock)
    at = at if at <= now.at else now.start(now.today - timedelta(days=1), *clock)
    return TimeSpan(at, None, firm=True)


def day_alone(found: Found, now: Now) -> TimeSpan | None:
    """Return the latest day of that number, in this month or the latest one that has it."""
    number, first = int(found["number"]), now.today.replace(day=1)
    for back in range(3):
        month = month_later(first, -back)
        if number <= (month_later(month, 1) - month).days and month.replace(day=number) <= now.today:
            return of_day(month.replace(day=number), now, found, every="month")
    return None


def weekday(found: Found, now: Now) -> TimeSpan:
    """Return the latest one before today; of this week where that is said."""
    number = {**words.SHORT_WEEKDAYS, **words.WEEKDAYS}[found["weekday"]]
    back = (now.today.weekday() - number - 1) % DAYS_IN_WEEK + 1
    if found.groupdict().get("this") and number <= now.today.weekday():
        back = now.today.weekday() - number
    return of_day(now.today - timedelta(days=back), now, found, every="week")


def day_word(found: Found, now: Now) -> TimeSpan | None:
    """Return a day by its distance from today, or a part of one."""
    word = found["day"]
    groups = found.groupdict()
    if word == "hier" and not groups.get("part") and re.search(words.GERMAN, found.string):
        return None  # "here"
    back = next(number for names, number in words.DAYS_AGO.items() if re.fullmatch(names, word))
    return of_day(now.today - timedelta(days=back), now, found, firm=True)


def this_part(found: Found, now: Now) -> TimeSpan:
    """Return the part of today."""
    return of_day(now.today, now, found, firm=True)


def tonight(_: Found, now: Now) -> TimeSpan:
    """Return the evening of today."""
    return TimeSpan(now.start(now.today, EVENING[0]), now.start(now.today, EVENING[1]), firm=True)


def last_night(_: Found, now: Now) -> TimeSpan:
    """Return the night before today."""
    before = now.today - timedelta(days=1)
    return TimeSpan(now.start(before, EVENING[0]), now.start(before, EVENING[1]), firm=True)


def ago(found: Found, now: Now) -> TimeSpan | None:
    """Return the day so long ago, or the moment where it is less than a day."""
    amount, unit = amount_of(found), unit_of(found["unit"])
    if unit in {"month", "year"} and amount == int(amount):
        months = int(amount) * (12 if unit == "year" else 1)
        first = month_later(now.today.replace(day=1), -months)
        length = (month_later(first, 1) - first).days
        return days(first.replace(day=min(now.today.day, length)), 1, now)
    span = length_of(found)
    if span is None:
        return None
    if span < timedelta(days=1):
        return TimeSpan(now.at - span, None, firm=True)
    return days(now.today - timedelta(days=span.days), 1, now)


def at_present(_: Found, now: Now) -> TimeSpan:
    """Return this moment."""
    return TimeSpan(now.at, None, firm=True)


def week_of_year(found: Found, now: Now) -> TimeSpan | None:
    """Return the week of that number by ISO 8601, the latest that has begun."""
    for year in (now.today.year, now.today.year - 1):
        monday = date.fromisocalendar(year, int(found["number"]), 1)
        if monday <= now.today:
            return days(monday, DAYS_IN_WEEK, now, firm=True)
    return None


def week_of_month(found: Found, now: Now) -> TimeSpan | None:
    """Return the first, second … or last seven days of a month, or the rest of it from its fifth week on."""
    groups = found.groupdict()
    whole = _month_said(groups, now) if groups["that"] else month(found, now)
    if whole is None or whole.end is None:
        return None
    nth = next(number for names, number in words.NTH.items() if re.fullmatch(names, groups["nth"] or ""))
    first, last = (each.astimezone(now.zone).date() for each in (whole.start, whole.end))
    begins = last - timedelta(days=DAYS_IN_WEEK) if nth < 0 else first + timedelta(days=DAYS_IN_WEEK * (nth - 1))
    ends = min(begins + timedelta(days=DAYS_IN_WEEK), last)
    return TimeSpan(now.start(begins), now.start(ends)) if begins < ends and now.start(begins) <= now.at else None


def _month_said(groups: dict[str, str | None], now: Now) -> TimeSpan | None:
    return _calendar("month", now, 1 if groups.get("last") or groups.get("after") else 0)


def named_period(found: Found, now: Now) -> TimeSpan | None:
    """Return this or the last week, month … of the calendar, or a part of one."""
    groups = found.groupdict()
    back = 2 if groups.get("before") else 1 if groups.get("last") or groups.get("after") else 0
    span = _calendar(_period_name(found["period"]), now, back)
    return _edge(span, groups.get("edge"), now) if span else None


def this_period(found: Found, now: Now) -> TimeSpan | None:
    """Return the week, month … that is going on, or the last weekend."""
    span = _calendar(_period_name(found["period"]), now, 0)
    return replace(span, firm=False) if span else None


def month(found: Found, now: Now) -> TimeSpan | None:
    """Return a month by its name: the latest that has begun, or with "last" the one before it."""
    groups, number, today = found.groupdict(), words.ANY_MONTH[found["month"]], now.today
    year = _year(groups.get("year")) or today.year - (number > today.month)
    if groups.get("last") and (year, number) == (today.year, today.month):
        year -= 1
    first = date(year, number, 1)
    every = "" if groups.get("year") else "year"
    return _edge(days(first, (month_later(first, 1) - first).days, now, every=every), groups.get("edge"), now)


def quarter(found: Found, now: Now) -> TimeSpan:
    """Return a quarter by its number, the latest that has begun."""
    name = found["quarter"] or found["named"]
    number = int(name) if name.isdigit() else words.QUARTERS[name]
    first = date(_year(found["year"]) or now.today.year, 3 * number - 2, 1)
    if not found["year"] and first > now.today:
        first = first.replace(year=first.year - 1)
    return days(first, (month_later(first, 3) - first).days, now)


def whole_year(found: Found, now: Now) -> TimeSpan | None:
    """Return the year of four digits; None for one to come."""
    year = int(found["year"])
    if not FIRST_YEAR <= year <= now.today.year:
        return None
    return days(date(year, 1, 1), (date(year + 1, 1, 1) - date(year, 1, 1)).days, now)


def _edge(span: TimeSpan, edge: str | None, now: Now) -> TimeSpan:
    """Return the start, the middle or the end of a span of whole days."""
    if not edge or span.end is None:
        return span
    first, last = next(part for names, part in words.EDGES.items() if re.fullmatch(names, edge))
    begins, length = span.start.astimezone(now.zone).date(), round((span.end - span.start) / timedelta(days=1))
    ends = begins + timedelta(days=max(round(length * last), 1))
    return replace(span, start=now.start(begins + timedelta(days=round(length * first))), end=now.start(ends))


def _period_name(word: str) -> str:
    return next(name for name, names in words.PERIODS.items() if re.fullmatch(names, word))


def _calendar(period: str, now: Now, back: int) -> TimeSpan | None:
    """Return a week, month, quarter, year or weekend of the calendar, so many before this one."""
    today = now.today
    monday = today - timedelta(days=today.weekday())
    if period == "weekend":
        return _weekend(today, back, now)
    if period in {"week", "business week"}:
        return days(monday - timedelta(days=7 * back), 7 if period == "week" else 5, now, firm=True)
    if period == "fortnight":
        until = now.at - timedelta(days=14 * max(back - 1, 0))
        return TimeSpan(until - timedelta(days=14), until, firm=True)
    months = {"month": 1, "quarter": 3, "year": 12}[period]
    first = today.replace(day=1, month=(today.month - 1) // months * months + 1)
    first = month_later(first, -months * back)
    return days(first, (month_later(first, months) - first).days, now, firm=True)


def _weekend(today: date, back: int, now: Now) -> TimeSpan:
    """Return the weekend that is going on or was the last one; "last" on a weekday is that one, too."""
    off = today.weekday() >= SATURDAY
    saturday = today - timedelta(days=today.weekday()) + timedelta(days=SATURDAY if off else SATURDAY - DAYS_IN_WEEK)
    return days(saturday - timedelta(days=DAYS_IN_WEEK * (back if off else max(back - 1, 0))), 2, now, firm=True)


def month_later(first: date, count: int) -> date:
    """Return the first day of the month that comes so many later."""
    year, month = divmod(first.year * 12 + first.month - 1 + count, 12)
    return date(year, month + 1, 1)
