"""Discord: mentions, app commands, context menus, reactions, threads and buttons, through one adapter.

The only place that knows discord.py. `docs/discord.md` is the owner's guide.
"""

from adapters.discord.app import DiscordAdapter
from adapters.discord.settings import DiscordSettings

__all__ = ["DiscordAdapter", "DiscordSettings"]
