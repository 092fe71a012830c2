"""What the owner decides about Slack, and the clock, given from outside so that a test can hold both."""

from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

from adapters.clock import Clock

SLACK = "https://slack.com/api/"


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """Where Slack is, who Parley is there, and how fast it goes.

    `mode` "socket" needs `app_token`, "http" needs `signing_secret` and listens on `host`:`port``path`; port 0 takes a
    free one. `page_size` is messages a page of history (15 to 999), `patience` how often a failed call is tried again.
    The rest is in seconds: `pace` between two messages to one channel, `heartbeat` between two signs of life of a
    socket, `show_after` before work shows its stage and `show_every` between its changes, `lookback` how far before a
    gap is read again for edits and late replies, `reconcile` between two looks for unfinished gaps. `zone` is for
    people whose own time zone Slack doesn't tell.
    """

    bot_token: str = field(default="", repr=False)
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
    show_after: float = 1.5
    show_every: float = 1.0
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        if not 15 <= self.page_size <= 999:  # noqa: PLR2004 - Slack's own bounds
            raise ValueError(f"page_size is between 15 and 999, not {self.page_size}")
        if not 1 <= self.sockets <= 10:  # noqa: PLR2004 - as above
            raise ValueError(f"sockets is between 1 and 10, not {self.sockets}")
