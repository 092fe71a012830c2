"""Asks Discord, and never remembers, what an asker may read and administer, and which roles they have.

A missing answer counts as a refusal; of roles it is an error, because a rule may deny as well as allow.
"""

import logging
from dataclasses import dataclass, replace

import discord

from adapters.chat import ChannelKind, Place
from adapters.discord.messages import channel_of
from adapters.discord.reader import NO_CONTENT
from adapters.payloads.discord import DIRECT

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DiscordAccess:
    """One person's rights, wherever Parley is; elsewhere only `here`, which Discord said they see when they asked."""

    client: discord.Client
    user: int
    here: Place | None = None
    content: bool = True  # whether Discord tells what people write

    async def can_read(self, place: Place) -> bool:
        """Return whether the asker sees the channel and its past.

        A private thread takes being in it or managing threads.
        """
        if place.platform != "discord":
            return False
        if place.workspace == DIRECT or self.client.get_guild(_number(place.workspace)) is None:
            return replace(place, thread=None) == self.here
        channel, member = await self._there(place)
        if channel is None or member is None:
            return False
        rights = channel.permissions_for(member)
        seen = rights.view_channel and rights.read_message_history
        if isinstance(channel, discord.Thread) and channel.is_private() and not rights.manage_threads:
            return seen and await self._is_in(channel)
        return seen

    async def is_admin(self, place: Place) -> bool:
        """Return whether the asker manages the server or the channel; nobody does in direct messages."""
        channel, member = await self._there(place)
        if channel is None or member is None:
            return False
        rights = channel.permissions_for(member)
        return rights.view_channel and (rights.manage_channels or rights.manage_guild or rights.administrator)

    async def roles(self, place: Place) -> frozenset[str]:
        """Return the ids of the asker's roles in the server of that place.

        Raises LookupError where they are unknown.
        """
        _, member = await self._there(place)
        if member is None:
            raise LookupError("not a member of that server, as far as I know")
        return frozenset(str(role.id) for role in member.roles if not role.is_default())

    async def kind(self, place: Place) -> ChannelKind:
        """Return what the channel is. Raises LookupError where it is unknown."""
        if place.platform == "discord" and place.workspace == DIRECT:
            return "direct"
        guild = self.client.get_guild(_number(place.workspace)) if place.platform == "discord" else None
        channel = guild.get_channel_or_thread(_number(place.channel)) if guild else None
        if channel is None:
            raise LookupError("not a channel of that server, as far as I know")
        return channel_of(channel).kind

    async def is_here(self, place: Place) -> bool:
        """Return whether Parley sees the channel and may write in it. Raises LookupError where that is unknown."""
        guild = self.client.get_guild(_number(place.workspace)) if place.platform == "discord" else None
        channel = guild.get_channel_or_thread(_number(place.channel)) if guild else None
        if guild is None or channel is None:
            raise LookupError("not a channel of that server, as far as I know")
        rights = channel.permissions_for(guild.me)
        return rights.view_channel and rights.send_messages

    async def unheard(self, place: Place) -> tuple[str, ...]:
        """Return why Parley isn't told what people write in that channel; nothing where it is."""
        return () if self.content or place.workspace == DIRECT else NO_CONTENT

    async def unbridgeable(self, place: Place) -> tuple[str, ...]:
        """Return why Parley may not speak there under people's names. Raises LookupError where that is unknown."""
        guild = self.client.get_guild(_number(place.workspace)) if place.platform == "discord" else None
        channel = guild.get_channel(_number(place.channel)) if guild else None
        if guild is None:
            raise LookupError("not a server of mine")
        if not isinstance(channel, discord.TextChannel):
            return "I bridge text channels, not forums, voice channels and private threads.", "Ask in a text channel."
        rights = channel.permissions_for(guild.me)
        if rights.manage_webhooks and rights.create_public_threads and rights.send_messages_in_threads:
            return ()
        return (
            "I may not speak under people's names here, for which I use a webhook and threads.",
            "Give me Manage Webhooks, Create Public Threads and Send Messages in Threads in this channel.",
        )

    async def _there(
        self, place: Place
    ) -> tuple[discord.abc.GuildChannel | discord.Thread | None, discord.Member | None]:
        """Return the channel, and the asker as a member of its server as Discord knows them now."""
        guild = self.client.get_guild(_number(place.workspace)) if place.platform == "discord" else None
        channel = guild.get_channel_or_thread(_number(place.channel)) if guild else None
        if guild is None or channel is None:
            return None, None
        try:
            return channel, await guild.fetch_member(self.user)
        except (discord.HTTPException, discord.RateLimited, OSError) as error:
            log.info("membership could not be asked: %s", type(error).__name__)
            return channel, None

    async def _is_in(self, thread: discord.Thread) -> bool:
        try:
            await thread.fetch_member(self.user)
        except (discord.HTTPException, discord.RateLimited, OSError):
            return False
        return True


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() else 0
