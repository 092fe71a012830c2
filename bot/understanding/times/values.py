"""The present, for somebody in a zone, and a span of time that words name. Pure values."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Now:
    """The present, for somebody in a zone."""

    at: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """Return the day there."""
        return self.at.astimezone(self.zone).date()

    def start(self, day: date, hour: int = 0, minute: int = 0) -> datetime:
        """Return that time of a day there, whose hour may be one of the day after, in UTC."""
        later, hour = divmod(hour, 24)
        return datetime.combine(day + timedelta(days=later), time(hour, minute), self.zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """A time that words name, None as its end for a moment.

    `firm` says that a question which holds it speaks of when something was said, not of what it is about. `every` is
    how often the same words come true: of a range, another one of it may be meant.
    """

    start: datetime
    end: datetime | None
    firm: bool = False
    every: str = ""
