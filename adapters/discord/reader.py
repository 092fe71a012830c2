"""Reads channels back from Discord, a hundred messages a call, newest first.

Knows no store. A channel that Discord won't show raises Unreadable, in words for the person who asked.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import discord

from adapters.chat import Fetch, Message, Place, Window
from adapters.discord.messages import is_relayed, is_request, message_of, own_ids
from adapters.discord.settings import DiscordSettings
from adapters.discord.wire.retry import patiently
from adapters.errors import Unreadable

PAGE = 100
MOST_FETCHED = 10_000
NO_CONTENT = (
    "I can't read what people write here: my message content intent is off.",
    "My owner can turn it on in the Developer Portal, under Bot, and set PARLEY_DISCORD__MESSAGE_CONTENT=true.",
)
NOT_HERE = (
    "I can't read this channel.",
    "Add me to the server, or let me see the channel and its message history, then ask again.",
)


def once_in(place: Place) -> str:
    """Return the key under which people of a channel get the notice once that Parley can't read it."""
    return f"no-content:{place.workspace}:{place.channel}"


async def page_before(channel: Any, before: int | None, settings: DiscordSettings) -> list[discord.Message]:
    """Return at most a page of messages before that id, newest first; the newest of all without one."""

    async def read() -> list[discord.Message]:
        mark = discord.Object(before) if before is not None else None
        return [message async for message in channel.history(limit=PAGE, before=mark)]

    return await patiently(read, settings)


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads for one client."""

    client: discord.Client
    settings: DiscordSettings

    def fetch(self, channel: discord.abc.Messageable | None, known: Sequence[Message] = ()) -> Fetch:
        """Return a reader of windows of that channel. Where it can't be read, `known` messages stand for it, if any."""

        async def read(window: Window) -> AsyncIterator[Message]:
            try:
                async for message in self._window(channel, window):
                    yield message
            except Unreadable:
                if not known:
                    raise
                for message in known:
                    yield message

        return read

    async def _window(self, channel: discord.abc.Messageable | None, window: Window) -> AsyncIterator[Message]:
        direct = isinstance(channel, discord.DMChannel)
        if not self.settings.message_content and not direct:
            raise Unreadable(*NO_CONTENT)
        rooms = self._rooms(channel, window)
        if not rooms:
            raise Unreadable(*NOT_HERE)
        if not all(map(shows_history, rooms)):  # Discord answers such a reader with an empty page
            raise Unreadable(*NOT_HERE)
        try:
            for room in rooms:
                async for message in self._messages(room, window):
                    yield message
        except (discord.Forbidden, discord.NotFound):
            raise Unreadable(*NOT_HERE) from None

    def _rooms(self, channel: Any, window: Window) -> Sequence[Any]:
        """Return the thread that the window names, where it can be found, or the channel.

        The channel comes with what a thread hangs from.
        """
        guild = getattr(channel, "guild", None)
        if channel is None or guild is None:
            return [channel] if channel is not None else []
        if window.thread is not None:
            return [channel if str(channel.id) == window.thread else guild.get_thread(int(window.thread)) or channel]
        parent = channel.parent if isinstance(channel, discord.Thread) and not channel.is_private() else None
        return [channel, parent] if isinstance(parent, discord.abc.Messageable) else [channel]

    async def _messages(self, room: Any, window: Window) -> AsyncIterator[Message]:
        """Yield what was said among people: neither what Parley said nor what it was asked counts."""
        left, own = window.last or MOST_FETCHED, own_ids(self.client, getattr(room, "guild", None))
        before = discord.utils.time_snowflake(window.until, high=True) + 1 if window.until else None
        for _ in range(MOST_FETCHED // PAGE):
            page = await page_before(room, before, self.settings)
            for message in page:
                if left <= 0 or (window.since is not None and message.created_at < window.since):
                    return
                said_by_me = message.author.id in own or is_relayed(self.client, message)
                if not said_by_me and not is_request(message, own):
                    yield message_of(message)
                    left -= 1
            if len(page) < PAGE:
                return
            before = page[-1].id


def shows_history(room: Any) -> bool:
    """Return whether Parley may read what was said there before."""
    if isinstance(room, discord.Thread):
        room = room.parent
    return not isinstance(room, discord.abc.GuildChannel) or room.permissions_for(room.guild.me).read_message_history
