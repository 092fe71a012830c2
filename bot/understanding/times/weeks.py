"""A weekday of a week that is named beside it: "Monday last week", "Freitag vor zwei Wochen", "last week on Tuesday".

Pure.
"""

from datetime import timedelta

from bot.understanding.times import words
from bot.understanding.times.calendar import DAYS_IN_WEEK, of_day
from bot.understanding.times.lengths import Found
from bot.understanding.times.values import Now, TimeSpan


def day_of_week(found: Found, now: Now) -> TimeSpan | None:
    """Return that day of that week, or None where it is still to come."""
    number = {**words.SHORT_WEEKDAYS, **words.WEEKDAYS}[found["weekday"]]
    monday = now.today - timedelta(days=now.today.weekday() + DAYS_IN_WEEK * weeks_back(found.groupdict()))
    day = monday + timedelta(days=number)
    return of_day(day, now, found) if day <= now.today else None


def weeks_back(groups: dict[str, str | None]) -> int:
    """Return how many weeks before this one the words name."""
    if amount := groups.get("amount") or groups.get("amount2"):
        return int(words.NUMBERS.get(amount) or amount)
    if any(groups.get(name) for name in ("before", "before2", "before3")):
        return 2
    return int(bool(groups.get("last") or groups.get("after")))
