"""The time, given from outside so that a test can hold it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """The time, and how to let it pass: `now` is aware and in UTC, `elapsed` and `sleep` are in seconds."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    elapsed: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


def clock_from(moment: datetime) -> Clock:
    """Return a clock that shows `moment` now and goes on from there, for tests from outside."""
    ahead = moment - datetime.now(UTC)
    return Clock(now=lambda: datetime.now(UTC) + ahead)
