"""Finds what Parley was asked while the gateway was away: a new session tells nothing of what was said before it."""

import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import discord

from adapters.discord.reader import PAGE, page_before, shows_history
from adapters.discord.settings import DiscordSettings
from adapters.discord.wire.retry import LOST, patiently

log = logging.getLogger(__name__)

UNNOTICED = timedelta(minutes=2)  # for so long a connection may have been dead before anybody knew
MOST_READ = 500  # messages of a channel that are looked through
MOST_DIRECT = 500  # conversations with Parley that are looked into


@dataclass(slots=True)
class Absence:
    """Times without a connection. `hear` takes each message that was said in one, the oldest of a channel first.

    `_direct` are the conversations that events named in this run: Discord doesn't list those of a bot.
    """

    client: discord.Client
    settings: DiscordSettings
    hear: Callable[[discord.Message], Awaitable[None]]
    _since: datetime | None = None
    _direct: deque[int] = field(default_factory=lambda: deque(maxlen=MOST_DIRECT))

    def spoke(self, channel: int) -> None:
        """Somebody talks to Parley alone there."""
        if channel not in self._direct:
            self._direct.append(channel)

    def began(self, since: datetime | None = None) -> None:
        """The connection is gone, or was until this run; tries that fail don't begin another absence."""
        self._since = self._since or since or self.settings.clock.now() - UNNOTICED

    def caught_up(self) -> None:
        """Discord tells the rest by itself."""
        self._since = None

    async def ended(self, *, over: bool = True) -> None:
        """A new session stands: hear what was said since the last one; not `over` while another connection is away."""
        since, self._since = self._since, None if over else self._since
        if since is None:
            return
        async for room in self._rooms(discord.utils.time_snowflake(since)):
            try:
                messages = await self._said(room, since)
            except LOST as error:
                log.warning("channel %s could not be read after an absence: %s", room.id, type(error).__name__)
                continue
            for message in reversed(messages):
                await self.hear(message)

    async def _rooms(self, since: int) -> AsyncIterator[Any]:
        """Yield where something was said since that id, as far as Discord tells, and every conversation with Parley."""
        for room in self._shown():
            if (room.last_message_id or 0) > since:
                yield room
        for number in list(self._direct):
            try:
                yield await patiently(partial(self.client.fetch_channel, number), self.settings)
            except (*LOST, discord.InvalidData) as error:
                log.warning("a conversation could not be looked into: %s", type(error).__name__)

    def _shown(self) -> Iterator[Any]:
        for guild in list(self.client.guilds):
            for room in (*guild.channels, *guild.threads):
                holds = isinstance(room, discord.abc.Messageable)
                if holds and room.permissions_for(guild.me).view_channel and shows_history(room):
                    yield room

    async def _said(self, room: Any, since: datetime) -> list[discord.Message]:
        """Return what was said in the room since then, newest first."""
        messages: list[discord.Message] = []
        while len(messages) < MOST_READ:
            page = await page_before(room, messages[-1].id if messages else None, self.settings)
            later = [message for message in page if message.created_at >= since]
            messages += later
            if len(page) < PAGE or len(later) < len(page):
                break
        return messages
