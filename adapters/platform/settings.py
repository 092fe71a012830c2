"""Holds what an owner may decide about any platform; each has its own settings on top, in its own package."""

from dataclasses import field
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, ConfigDict, PlainValidator
from pydantic.dataclasses import dataclass

from adapters.clock import Clock, clock_from

# A misspelt setting is an error, and no error quotes a value: it may be a secret.
STRICT = ConfigDict(extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True)


def _clock(value: Any) -> Clock:
    """Return the clock, or one that starts at the moment given in words. Raises ValueError."""
    if isinstance(value, Clock):
        return value
    try:
        return clock_from(datetime.fromisoformat(str(value)).astimezone(UTC))
    except ValueError:
        raise ValueError("it isn't a moment such as 2026-05-20T12:00:00Z") from None


def _zone(value: Any) -> Any:
    return ZoneInfo(value) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class PlatformSettings:
    """The clock, and the time zone of people whose own isn't known. Secrets of a subclass are fields without a repr.

    `show_after` is seconds of work before its stage is shown, `show_every` between two changes of what is shown.
    """

    show_after: float = 1.5
    show_every: float = 1.0
    zone: Annotated[ZoneInfo, BeforeValidator(_zone)] = field(default_factory=lambda: ZoneInfo("UTC"))
    clock: Annotated[Clock, PlainValidator(_clock)] = field(default_factory=Clock)
