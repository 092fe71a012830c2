"""What the owner decides about Slack, and the clock, given from outside so that a test can hold both."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

SLACK = "https://slack.com/api/"


@dataclass(frozen=True, slots=True)
class Clock:
    """The time, and how to let it pass: `now` is aware and in UTC, `elapsed` and `sleep` are in seconds."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    elapsed: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """Where Slack is, who Parley is there, and how fast it goes.

    `mode` "socket" needs `app_token`, "http" needs `signing_secret` and listens on `host`:`port``path`; port 0 takes a
    free one. `page_size` is messages a page of history (15 to 999). `pace` is seconds between two messages to one
    channel. `lookback` is how many seconds before a gap are read again for edits and late replies; `reconcile` how many
    seconds pass between two looks for gaps. `zone` is for people whose own time zone Slack doesn't tell.
    """

    bot_token: str = field(repr=False)
    app_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    mode: Literal["socket", "http"] = "socket"
    base_url: str = SLACK
    host: str = "127.0.0.1"
    port: int = 3000
    path: str = "/slack/events"
    sockets: int = 2
    heartbeat: float = 10.0
    page_size: int = 200
    pace: float = 1.0
    lookback: float = 2 * 86_400.0
    reconcile: float = 900.0
    patience: int = 20
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    clock: Clock = field(default_factory=Clock)
