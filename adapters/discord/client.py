"""The client: what Discord tells, handed on. Holds no logic of an intent.

discord.py calls the `on_…` methods; an error in one of them is logged by its kind and ends nothing.
"""

import logging
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import discord

from adapters.chat import Command, Host
from adapters.discord.commands import build_tree
from adapters.discord.gateway import guard
from adapters.discord.requests import of_command, of_message, target_of
from adapters.discord.service import Service
from adapters.discord.settings import DiscordSettings

log = logging.getLogger(__name__)

RATE_LIMIT = 60.0  # seconds that a call may wait for its turn
BETWEEN_IDENTIFIES = 5.0  # seconds, Discord's own limit


class Client(discord.Client):
    """Parley on Discord, between its login and its end. `ready` hears one line when requests are being served."""

    def __init__(
        self, host: Host, commands: Sequence[Command], settings: DiscordSettings, ready: Callable[[str], None]
    ) -> None:
        super().__init__(
            intents=intents(settings),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=RATE_LIMIT,
            guild_ready_timeout=settings.settling,
        )
        self._connection.parsers = guard(self._connection.parsers)
        self.settings, self.commands, self._say_ready = settings, commands, ready
        self.service = Service(host, commands, settings)
        self.tree = build_tree(self, commands, self.on_command)
        self.tree.error(self.on_tree_error)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Keep the pace that Discord asks of new sessions."""
        del shard_id
        if not initial:
            await self.settings.clock.sleep(BETWEEN_IDENTIFIES)

    async def setup_hook(self) -> None:
        """After the login, before the gateway."""
        await self.tree.sync()

    async def on_ready(self) -> None:
        """A new session stands."""
        self._say_ready(f"discord ready: {self.user}, {len(self.guilds)} servers")

    async def on_message(self, message: discord.Message) -> None:
        """Somebody said something."""
        if self.is_for_parley(message):
            await self.service.serve(of_message(message, self.own_ids(message), self.commands, self.settings))

    def is_for_parley(self, message: discord.Message) -> bool:
        """Whether a person speaks to Parley. Bots are never answered, or two of them would talk for ever."""
        if message.author.bot or self.user is None or message.is_system():
            return False
        if message.guild is None:
            return True
        target = target_of(message)
        answered = target is not None and target.author.id == self.user.id
        mentioned = {each.id for each in (*message.mentions, *message.role_mentions)}
        return answered or not mentioned.isdisjoint(self.own_ids(message))

    def own_ids(self, message: discord.Message) -> frozenset[int]:
        """The ids that mean Parley in this message: its user, and the role that Discord made for it in the server."""
        role = message.guild.self_role if message.guild else None
        return frozenset(each.id for each in (self.user, role) if each is not None)

    async def on_command(self, interaction: discord.Interaction, command: Command, given: Mapping[str, str]) -> None:
        """Somebody used a slash command."""
        await self.service.serve(of_command(interaction, command, given, self.settings))

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """An event's handler failed: the owner hears where, and nobody's words are logged."""
        del args, kwargs
        report(event_method, sys.exception())

    async def on_tree_error(self, interaction: discord.Interaction, error: Exception) -> None:
        """An app command's handler failed."""
        del interaction
        report("app command", error.__cause__ or error)


def intents(settings: DiscordSettings) -> discord.Intents:
    """What Parley asks Discord to tell it."""
    return discord.Intents(guilds=True, messages=True, reactions=True, message_content=settings.message_content)


def report(what: str, error: BaseException | None) -> None:
    """Log the frames without the message: an exception's words may quote what somebody wrote."""
    frames = "".join(traceback.format_tb(error.__traceback__ if error else None))
    log.error("%s failed: %s\n%s", what, type(error).__name__, frames)
