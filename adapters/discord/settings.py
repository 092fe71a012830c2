"""Holds what the owner decides about Discord."""

from dataclasses import field

from pydantic.dataclasses import dataclass

from adapters.platform.settings import STRICT, PlatformSettings

API = "https://discord.com/api/v10"
GATEWAY = "wss://gateway.discord.gg/"


@dataclass(frozen=True, slots=True, config=STRICT)
class DiscordSettings(PlatformSettings):
    """Holds where Discord is, who Parley is there, and what it may see.

    `message_content` says that the application has the privileged message content intent: without it Parley sees only
    direct messages, mentions of it, replies to it and what a context menu hands it. `patience` is how many times a
    call is tried again after a server error or a broken connection. The rest is in seconds: `settling` without another
    server before a new session is ready, `lookback` how far before a gap is read again for edits and deletions.
    """

    token: str = field(default="", repr=False)
    message_content: bool = True
    base_url: str = API
    gateway: str = GATEWAY
    patience: int = 5
    settling: float = 2.0
    lookback: float = 2 * 86_400.0
