"""Holds what the owner decides about Slack."""

from dataclasses import field
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from adapters.platform.settings import STRICT, PlatformSettings

SLACK = "https://slack.com/api/"


@dataclass(frozen=True, slots=True, config=STRICT)
class SlackSettings(PlatformSettings):
    """Holds where Slack is, who Parley is there, and how fast it goes.

    `mode` "socket" needs `app_token`, "http" needs `signing_secret` and listens on `host`:`port``path`; port 0 takes a
    free one. With `client_id` and `client_secret` workspaces install Parley themselves over HTTP: those whose ids stand
    in `workspaces`, any where that is empty; `bot_token` stays empty then. `page_size` is messages a page of history
    (15 to 999), `patience` how often a failed call is tried again. The rest is in seconds: `pace` between two messages
    to one channel, `heartbeat` between two signs of life of a socket, `lookback` how far before a gap is read again
    for edits and late replies, `reconcile` between two looks for unfinished gaps.
    """

    bot_token: str = field(default="", repr=False)
    app_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    workspaces: tuple[str, ...] = ()
    mode: Literal["socket", "http"] = "socket"
    base_url: str = SLACK
    host: str = "127.0.0.1"
    port: int = 3000
    path: str = "/slack/events"
    sockets: Annotated[int, Field(ge=1, le=10)] = 2
    heartbeat: float = 10.0
    page_size: Annotated[int, Field(ge=15, le=999)] = 200
    pace: float = 1.0
    lookback: float = 2 * 86_400.0
    reconcile: float = 900.0
    patience: int = 20
