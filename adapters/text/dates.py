"""Times as people read them: one way to write a date, by CLDR's patterns (Babel). Knows no time zone.

Pattern letters: https://cldr.unicode.org/translation/date-time/date-time-patterns
"""

from datetime import datetime

from babel.dates import format_datetime

DAY, SHORT_DAY = "d MMMM", "d MMM"
DATE, SHORT_DATE = "d MMMM y", "d MMM y"
CLOCK = "HH:mm"
MONTH = "MMM"


def written(at: datetime, pattern: str, locale: str = "en") -> str:
    """Return `at` by a CLDR pattern, with the names of months and days of `locale`."""
    return format_datetime(at, pattern, locale=locale)


def day(at: datetime, this_year: int, locale: str = "en") -> str:
    """Return "3 May", and "3 May 2025" where that isn't in `this_year`."""
    return written(at, DAY if at.year == this_year else DATE, locale)


def moment(at: datetime, this_year: int, locale: str = "en") -> str:
    """Return "3 May 09:12", and "3 May 2025 09:12" where that isn't in `this_year`."""
    return written(at, f"{SHORT_DAY if at.year == this_year else SHORT_DATE} {CLOCK}", locale)


def full(at: datetime, locale: str = "en") -> str:
    """Return "Monday 4 May 2026, 09:00"."""
    return written(at, f"EEEE {DATE}, {CLOCK}", locale)
