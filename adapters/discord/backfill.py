"""Fills the record with what events didn't bring: all of a channel at first, and every gap after an absence.

Resumable: after each page the channel's mark says what is still to be read, so that a stop at any moment costs one page
again. A channel's public threads are read with it, after it: their messages' ids rise with time like its own, so that
one mark serves them all. Observing twice does no harm, missing does: the mark moves only after the page.
"""

import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import discord

from adapters.backfill import Backfill
from adapters.chat import Place
from adapters.discord.ingestion import Ingestion
from adapters.discord.messages import place_of
from adapters.discord.patience import LOST
from adapters.discord.reading import PAGE, page_before
from adapters.discord.settings import DiscordSettings
from adapters.marks import BEGINNING, Gap, Mark

log = logging.getLogger(__name__)

WAIT = 3_600.0  # seconds between two looks for channels that were left unfinished


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordBackfill(Backfill[Any]):
    """Reads the kept channels that Parley sees, one at a time."""

    client: discord.Client
    ingestion: Ingestion
    settings: DiscordSettings
    every: float = WAIT

    async def look(self, *, everywhere: bool) -> None:
        """Fill every channel that Parley may read; without message contents there is nothing to read."""
        if not self.settings.message_content:
            return
        for channel in self._channels():
            try:
                await self.fill(channel, again=everywhere)
            except LOST as error:
                log.warning("channel %s could not be read: %s", channel.id, type(error).__name__)

    def _channels(self) -> Iterator[Any]:
        """Every channel of every server that holds messages or threads which Parley may read, private threads too."""
        for guild in list(self.client.guilds):
            for channel in (*guild.channels, *(thread for thread in guild.threads if thread.is_private())):
                rights = channel.permissions_for(guild.me)
                if _holds_messages(channel) and rights.view_channel and rights.read_message_history:
                    yield channel

    def place(self, room: Any) -> Place:
        """The channel's key."""
        return place_of(room)

    async def introduce(self, room: Any) -> None:
        """Have the host observe the channel itself."""
        await self.ingestion.introduce(room)

    def until_now(self, mark: Mark) -> Mark:
        """The mark with the time up to now to be read, and what was edited shortly before."""
        now = self.settings.clock.now()
        if not mark.done:
            return mark.until(_id_at(now), BEGINNING)
        back = discord.utils.snowflake_time(int(mark.done)) - timedelta(seconds=self.settings.lookback)
        return mark.until(_id_at(now), _id_at(back))

    async def close(self, room: Any, mark: Mark) -> Mark:
        """Read the newest gap, place by place and page by page; the mark without it."""
        gap, place = mark.gaps[-1], place_of(room)
        first, before = _position(gap)
        for each in await self._rooms(room, int(gap.low)):
            if each.id < first:
                continue
            async for page in self._pages(each, before if each.id == first else None, int(gap.low)):
                await self._observe(page, int(gap.since))
                await self.host.mark(place, mark.read_to(f"{each.id}/{page[-1].id}").text())
        closed = mark.without_newest()
        await self.host.mark(place, closed.text())
        return closed

    async def _rooms(self, channel: Any, low: int) -> Sequence[Any]:
        """The channel if it holds messages, then its public threads that may hold some after `low`, oldest first."""
        if isinstance(channel, discord.Thread):
            return [channel]
        threads = {thread.id: thread for thread in getattr(channel, "threads", ()) if not thread.is_private()}
        if isinstance(channel, discord.TextChannel | discord.ForumChannel):
            threads |= {thread.id: thread async for thread in channel.archived_threads(limit=None)}
        later = (thread for _, thread in sorted(threads.items()) if (thread.last_message_id or low) >= low)
        return [*([channel] if isinstance(channel, discord.abc.Messageable) else []), *later]

    async def _pages(self, room: Any, before: int | None, low: int) -> AsyncIterator[list[discord.Message]]:
        """What was said in the room after `low`, newest first."""
        while True:
            page = await page_before(room, before, self.settings)
            later = [message for message in page if message.id > low]
            if later:
                yield later
            if len(page) < PAGE or len(later) < len(page):
                return
            before = page[-1].id

    async def _observe(self, page: Sequence[discord.Message], since: int) -> None:
        """Take note of what was said after `since`, or edited after it."""
        edge = discord.utils.snowflake_time(since)
        for message in page:
            if message.id > since or (message.edited_at is not None and message.edited_at >= edge):
                await self.ingestion.message(message)
        log.info("channel %s: %d messages read back", page[0].channel.id, len(page))


def _position(gap: Gap) -> tuple[int, int | None]:
    """The room to go on in and the message to go on before: 0 and None for a gap of which nothing was read."""
    room, _, before = gap.high.partition("/")
    return (int(room), int(before)) if before else (0, None)


def _id_at(at: datetime) -> str:
    return str(max(discord.utils.time_snowflake(at), 0))


def _holds_messages(channel: Any) -> bool:
    return isinstance(channel, discord.abc.Messageable | discord.ForumChannel)
