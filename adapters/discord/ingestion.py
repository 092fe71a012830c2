"""Events of servers, as they come, to what the host observes: in any order and any number of times.

Only what concerns the record of a channel. Direct messages aren't a record, what is said to Parley is none (`requests`
reads it), and what Parley itself says is none: it repeats what may be erased elsewhere.
"""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import discord

from adapters.chat import Channel, Deleted, Gone, Host, Message, Place
from adapters.discord.messages import NAME, channel_of, is_relayed, is_request, message_of, own_ids, place_of
from adapters.discord.settings import DiscordSettings

log = logging.getLogger(__name__)

MOST_HEARD = 1_000


@dataclass(frozen=True, slots=True)
class Ingestion:
    """Hands what happens in channels to the host.

    `heard` are the ids of the newest messages that came as events of this session: they stand there, whatever a page
    says that was read a moment before. `_known` are the channels that the host heard of in this run.
    """

    client: discord.Client
    host: Host
    settings: DiscordSettings
    heard: deque[int] = field(default_factory=lambda: deque(maxlen=MOST_HEARD))
    _known: set[Place] = field(default_factory=set)
    _turns: defaultdict[int, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def message(self, message: discord.Message) -> None:
        """Take a message that was said or edited."""
        self.heard.append(message.id)
        await self.record(message)

    async def record(self, message: discord.Message) -> None:
        """Record a message as it stands there; nothing without the message content intent."""
        own = own_ids(self.client, message.guild)
        if message.guild is None or not self.settings.message_content:
            return
        if message.author.id in own or is_relayed(self.client, message):
            return
        if is_request(message, own):
            if message.edited_at is not None:  # it may be in the record as it was before
                await self.deleted(message.guild.id, message.channel.id, [message.id])
            return
        async with self._turns[message.channel.id]:  # in the order in which they came
            await self.introduce(message.channel)
            await self.host.observe(await self._attributed(message))

    async def _attributed(self, message: discord.Message) -> Message:
        """Return the message with the author of the words that it passes on, which Discord doesn't send along.

        Without those words where that can't be found out: they may be of somebody who wants to be left out. What
        another server published is the word of that server.
        """
        found = message_of(message)
        if not found.carried or message.flags.is_crossposted:
            return found
        author = await self._author(message.reference) if message.reference else ""
        if not author:
            return replace(found, text=found.alone, carried=(), alone="")
        return replace(found, carried=tuple(replace(each, author=author) for each in found.carried))

    async def _author(self, reference: discord.MessageReference) -> str:
        """Return who wrote the message that is meant, or "" where it is gone or isn't for Parley to read."""
        try:
            channel: Any = self.client.get_channel(reference.channel_id)
            channel = channel or await self.client.fetch_channel(reference.channel_id)
            original: discord.Message = await channel.fetch_message(reference.message_id)
        except (discord.HTTPException, discord.InvalidData, OSError, AttributeError) as error:
            log.info("a forwarded message could not be looked up: %s", type(error).__name__)
            return ""
        return str(original.author.id)

    async def introduce(self, channel: Any) -> None:
        """Tell of the channel itself, the first time that an event names it; of none where Parley isn't a member."""
        guild = getattr(channel, "guild", None)
        if guild is None or self.client.get_guild(guild.id) is None:
            return
        place = replace(place_of(channel), thread=None)
        if place not in self._known:
            self._known.add(place)
            await self.host.observe(channel_of(channel))

    async def changed(self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel) -> None:
        """Note a channel's new name or readers; one that Parley no longer sees is gone."""
        if _seen(before) and not _seen(after):
            await self.gone(after)
        elif replace(place_of(after), thread=None) in self._known:
            channel: Channel = channel_of(after)
            await self.host.observe(channel)

    async def deleted(self, guild: int | None, channel: int, ids: Iterable[int]) -> None:
        """Record that messages are gone."""
        if guild is not None:
            place = replace(await self._place(guild, channel), thread=None)
            await self.host.observe(Deleted(place, tuple(map(str, sorted(ids)))))

    async def _place(self, guild: int, channel: int) -> Place:
        """Return where that channel or thread is; a thread that the library has forgotten is asked for."""
        cached: Any = self.client.get_channel(channel)
        try:
            return place_of(cached or await self.client.fetch_channel(channel))
        except (discord.HTTPException, discord.InvalidData, OSError) as error:
            log.info("a channel could not be looked up: %s", type(error).__name__)
            return Place(NAME, str(guild), str(channel))

    async def gone(self, channel: discord.abc.GuildChannel | discord.Thread) -> None:
        """Record that a channel or thread was deleted, or that Parley may no longer read it."""
        await self.lost(place_of(channel))

    async def lost(self, place: Place) -> None:
        """Erase what stood in a channel or thread that is gone."""
        self._known.discard(place)
        await self.host.observe(Gone(place))

    async def thread_deleted(self, event: discord.RawThreadDeleteEvent) -> None:
        """Record that a thread was deleted, of which the library may know only the ids."""
        channel, thread = str(event.parent_id), str(event.thread_id)
        if event.thread_type is discord.ChannelType.private_thread:
            await self.lost(Place(NAME, str(event.guild_id), thread))
            return
        await self.lost(Place(NAME, str(event.guild_id), channel, thread))
        if isinstance(self.client.get_channel(event.parent_id), discord.ForumChannel):
            await self.deleted(event.guild_id, event.parent_id, [event.thread_id])  # the post that opened it

    async def left(self, guild: discord.Guild) -> None:
        """Record that Parley was removed from the server: all its channels are gone."""
        for channel in (*guild.channels, *(thread for thread in guild.threads if thread.is_private())):
            await self.gone(channel)


def _seen(channel: discord.abc.GuildChannel) -> bool:
    return channel.permissions_for(channel.guild.me).view_channel
