"""What the owner decides about Discord, and the clock, given from outside so that a test can hold both."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from adapters.clock import Clock

API = "https://discord.com/api/v10"
GATEWAY = "wss://gateway.discord.gg/"


@dataclass(frozen=True, slots=True)
class DiscordSettings:
    """Where Discord is, who Parley is there, and what it may see.

    `message_content` says that the application has the privileged message content intent: without it Parley sees only
    direct messages, mentions of it, replies to it and what a context menu hands it. `patience` is how many times a
    call is tried again after a server error or a broken connection. The rest is in seconds: `show_after` before work
    shows its stage and `show_every` between its changes, `settling` without another server before a new session is
    ready, `lookback` how far before a gap is read again for edits and deletions. `zone` is the time zone in which
    people's "today" is read, which Discord doesn't tell.
    """

    token: str = field(default="", repr=False)
    message_content: bool = True
    base_url: str = API
    gateway: str = GATEWAY
    patience: int = 5
    show_after: float = 1.5
    show_every: float = 1.0
    settling: float = 2.0
    lookback: float = 2 * 86_400.0
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    clock: Clock = field(default_factory=Clock)
