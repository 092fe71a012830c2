"""The client: what Discord tells, handed to the part that serves it. Holds no logic of an intent.

discord.py calls the `on_…` methods, each in a task of its own; an error in one of them is logged by its kind and ends
nothing.
"""

import asyncio
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import discord
from discord import app_commands

from adapters.chat import Command, Host, Reply, Typed, ignore
from adapters.discord.absence import UNNOTICED, Absence
from adapters.discord.asks import Ask
from adapters.discord.backfill import DiscordBackfill
from adapters.discord.commands import build_tree, sync
from adapters.discord.ingestion import Ingestion
from adapters.discord.messages import is_request, own_ids, place_of
from adapters.discord.reactions import Reactions
from adapters.discord.reader import Reading
from adapters.discord.recovery import Recovery
from adapters.discord.requests import Reader, place_in
from adapters.discord.service import Service
from adapters.discord.settings import DiscordSettings
from adapters.discord.surfaces.components import Components
from adapters.discord.surfaces.relays import Relays
from adapters.discord.words import WORDS
from adapters.errors import report
from adapters.platform.cursor import read_mark
from adapters.platform.replies import AWAY, unexpected
from adapters.platform.signals import OnSignal, tracing
from adapters.text.counts import counted

log = logging.getLogger(__name__)

RATE_LIMIT = 60.0  # seconds that a call may wait for its turn
BETWEEN_IDENTIFIES = 5.0  # seconds, Discord's own limit
ANSWERED = timedelta(hours=1)  # how old a question may be that is still answered: later, "today" is another day
UNKNOWN = Reply("I don't know that command any more.", notes=("Type / to see the commands that I know.",))


class Client(discord.Client):
    """Parley on Discord, between its login and its end. `ready` gets one line when requests are being served."""

    def __init__(
        self,
        host: Host,
        commands: Sequence[Command],
        settings: DiscordSettings,
        ready: Callable[[str], None],
        notice: OnSignal = ignore,
        **more: Any,
    ) -> None:
        super().__init__(
            **more,
            intents=intents(settings),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=RATE_LIMIT,
            guild_ready_timeout=settings.settling,
            http_trace=tracing("discord", notice),
        )
        self.settings, self.host, self._say_ready = settings, host, ready
        self.reader = Reader(commands, settings)
        self.service = Service(
            client=self,
            host=host,
            commands=commands,
            settings=settings,
            words=WORDS,
            reading=Reading(self, settings),
        )
        self.recovery = Recovery(client=self, host=host, settings=settings, unsent=self.service.unsent)
        self.components = Components(self.reader, self.service)
        self.reactions = Reactions(self, self.reader, self.service)
        self.ingestion = Ingestion(self, host, settings)
        self.relays = Relays(self, settings)
        self.backfill = DiscordBackfill(host=host, client=self, ingestion=self.ingestion, settings=settings)
        self.absence = Absence(self, settings, self._missed)
        self._was_ready = False
        self._joined: set[int] = set()  # where Parley was spoken to in this run
        self._out: set[int] = set()  # servers that are in an outage
        self.tree = build_tree(self, commands, self.on_command, self.components.menu)
        self.tree.error(self.on_tree_error)

    # The connection

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Keep the pace that Discord asks of new sessions."""
        del shard_id
        if not initial:
            await self.settings.clock.sleep(BETWEEN_IDENTIFIES)

    async def setup_hook(self) -> None:
        """Sync the commands and apologise to whom an earlier run left waiting, before the gateway."""
        try:
            await sync(self.tree)
        except Exception as error:  # noqa: BLE001 - without new commands everything else still works
            report(log, "the commands could not be synced", error)
        try:
            await self.recovery.apologise()
        except Exception as error:  # noqa: BLE001 - who asks now is answered all the same
            report(log, "the answers that are owed could not be looked up", error)

    async def close(self) -> None:
        """End the connection and the work behind it."""
        await self.service.stop()
        await super().close()

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Hand an event on, until the client is closed: discord.py's wait for its servers goes on after that."""
        if not self.is_closed():
            super().dispatch(event, *args, **kwargs)

    async def on_connect(self) -> None:
        """Trust no event of a session before: what was deleted between the two, nobody told."""
        self.ingestion.heard.clear()

    async def on_ready(self) -> None:
        """Catch up on what happened before this new session."""
        if not self._was_ready:
            self._was_ready = True
            await self._look_back()
        self.backfill.missed()
        self._say_ready(f"discord ready: {self.user}, {counted(len(self.guilds), 'server')}")
        await self.absence.ended()

    async def _look_back(self) -> None:
        """Take the time since an earlier run was last known to listen for an absence; nothing where there was none."""
        marks = [read_mark((await self.host.standing(place)).mark) for place in await self.host.marked("discord")]
        ids = [int(mark.done) for mark in marks if mark.done.isdecimal()]
        if ids:
            last = discord.utils.snowflake_time(max(ids))
            self.absence.began(max(last - UNNOTICED, self.settings.clock.now() - ANSWERED))

    async def on_resumed(self) -> None:
        """The session goes on, and Discord tells what was missed."""
        self.absence.caught_up()

    async def on_disconnect(self) -> None:
        """A connection ended, or could not be had."""
        self.absence.began()

    async def _missed(self, message: discord.Message) -> None:
        """Serve messages to Parley from while it was cut off, unless it has them already; old ones get an apology."""
        if not await self.is_for_parley(message):
            return
        if self.settings.clock.now() - message.created_at < ANSWERED:
            self.dispatch("message", message)
        else:
            await self.service.serve(replace(self.reader.said(message, own_ids(self, message.guild)), meant=AWAY))

    # Messages

    async def on_message(self, message: discord.Message) -> None:
        """Record a message, and answer it if it is for Parley."""
        if not await self.is_for_parley(message):
            await self.ingestion.message(message)
        else:
            self._joined.add(message.channel.id)
            if message.guild is None:
                self.absence.spoke(message.channel.id)
            await self._serve(self.reader.said(message, own_ids(self, message.guild)), message.channel)
        await self.backfill.consider(place_of(message.channel))

    async def is_for_parley(self, message: discord.Message) -> bool:
        """Return whether a person speaks to Parley. Bots are never answered, or two of them would talk for ever."""
        if message.author.bot or self.user is None or message.is_system():
            return False
        if message.guild is None:
            return True
        return is_request(message, own_ids(self, message.guild)) or await self._follows(message)

    async def _serve(self, ask: Ask, channel: Any) -> None:
        """Answer, and have the host know of the channel meanwhile, so that the answer can name it."""
        await asyncio.gather(self.ingestion.introduce(channel), self.service.serve(ask))

    async def _follows(self, message: discord.Message) -> bool:
        """Return whether it stands in a thread that Parley is in and may follow, and is meant for nobody else."""
        thread = message.channel
        if not isinstance(thread, discord.Thread) or message.mentions or not message.content:
            return False
        joined = thread.me is not None or thread.id in self._joined
        if not joined or not (await self.host.standing(place_of(thread))).follow:
            return False
        return await self.host.asks(Typed(message.content))

    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        """Take note that somebody edited a message."""
        await self.ingestion.message(event.message)

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """Take note that a message is gone."""
        await self.ingestion.deleted(event.guild_id, event.channel_id, [event.message_id])

    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """Take note that many messages are gone at once."""
        await self.ingestion.deleted(event.guild_id, event.channel_id, event.message_ids)

    # Commands, menus and buttons

    async def on_command(self, interaction: discord.Interaction, command: Command, given: Mapping[str, str]) -> None:
        """Serve a slash command."""
        await self._serve(self.reader.slash(interaction, command, given), interaction.channel)
        await self.backfill.consider(place_in(interaction))

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Serve a button or a form."""
        await self.components.take(interaction)
        if interaction.type is discord.InteractionType.component:
            await self.backfill.consider(place_in(interaction))

    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        """Take note of an emoji under a message."""
        await self.reactions.serve(event)

    async def on_raw_reaction_remove(self, event: discord.RawReactionActionEvent) -> None:
        """Take note that somebody took an emoji back."""
        await self.reactions.serve(event)

    # Channels and servers

    async def on_guild_channel_update(self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel) -> None:
        """Take note of a channel's other name or other readers."""
        await self.ingestion.changed(before, after)

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Take note that a channel is gone."""
        await self.ingestion.gone(channel)

    async def on_thread_remove(self, thread: discord.Thread) -> None:
        """Take note that a thread is gone for Parley; a public one is still there."""
        if thread.is_private():
            await self.ingestion.gone(thread)

    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        """Take note that a thread is gone."""
        await self.ingestion.thread_deleted(event)

    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        """Take note that a role may see other channels."""
        if before.permissions != after.permissions and after in after.guild.me.roles:
            await self.backfill.let_go()

    async def on_member_update(self, before: discord.Member, after: discord.Member) -> None:
        """Take note that somebody has other roles."""
        if self.user is not None and after.id == self.user.id and before.roles != after.roles:
            await self.backfill.let_go()

    async def on_guild_unavailable(self, guild: discord.Guild) -> None:
        """Take note of a server that can't be reached for Discord's own reasons."""
        self._out.add(guild.id)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Take note of a server that is there; where it was out, what happened in it meanwhile was missed."""
        if guild.id in self._out:
            self._out.discard(guild.id)
            self.backfill.missed()

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Take note that Parley was removed from a server, or that the server is gone."""
        await self.ingestion.left(guild)

    # Failures

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log that an event's handler failed."""
        del args, kwargs
        report(log, event_method, sys.exception())

    async def on_tree_error(self, interaction: discord.Interaction, error: app_commands.AppCommandError) -> None:
        """Answer an app command that failed, or one that Discord still offers and Parley no longer has."""
        if isinstance(error, app_commands.CommandNotFound):
            await self.service.serve(self.reader.chosen(interaction, UNKNOWN))
            return
        report(log, "app command", error.__cause__ or error)
        if not interaction.response.is_done():
            await self.service.serve(self.reader.chosen(interaction, unexpected()))


def intents(settings: DiscordSettings) -> discord.Intents:
    """Return what Parley asks Discord to tell it; `expressions` are the servers' own emoji, which are drawn again."""
    return discord.Intents(
        guilds=True, expressions=True, messages=True, reactions=True, message_content=settings.message_content
    )
