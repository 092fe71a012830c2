"""Brings the record up to what events didn't bring: all of a channel at first, and every gap after an absence.

After an absence the time shortly before it is read too: what was edited then is recorded anew, and what the record has
of that time, but Discord no longer, was deleted and is erased. So are threads and channels that no longer exist.

Resumable: after each page the channel's mark says what is still to be read, so that a stop at any moment costs one page
again. A channel's public threads are read with it, after it: their messages' ids rise with time like its own, so that
one mark serves them all. Observing twice does no harm, missing does: the mark moves only after the page.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import discord

from adapters.chat import Place, Present, Threads
from adapters.discord.ingestion import Ingestion
from adapters.discord.messages import NAME, place_of
from adapters.discord.reader import PAGE, page_before
from adapters.discord.settings import DiscordSettings
from adapters.discord.wire.retry import LOST, PASSING, patiently
from adapters.platform.backfill import Backfill
from adapters.platform.cursor import BEGINNING, Gap, Mark

log = logging.getLogger(__name__)

WAIT = 3_600.0  # seconds between two looks for channels that were left unfinished
SOON = 120.0  # seconds until the next look where a channel could not be read


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """All messages of a channel or thread between two ids, without these, newest first."""

    messages: Sequence[discord.Message]
    after: int
    before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordBackfill(Backfill[Any]):
    """Reads the kept channels that Parley sees, one at a time."""

    client: discord.Client
    ingestion: Ingestion
    settings: DiscordSettings
    every: float = WAIT

    async def look(self, *, everywhere: bool) -> None:
        """Let go of what no longer exists and fill every channel that Parley may read, unless it gets no contents."""
        if everywhere:
            await self.let_go()
        if not self.settings.message_content:
            return
        for channel in self._channels():
            try:
                await self.fill(channel, again=everywhere)
            except LOST as error:
                log.warning("channel %s could not be read: %s", channel.id, type(error).__name__)
                asyncio.get_running_loop().call_later(SOON, self.glance)

    def _channels(self) -> Iterator[Any]:
        """Yield every channel that holds messages or threads which Parley may read, private threads too."""
        for guild in list(self.client.guilds):
            for channel in (*guild.channels, *(thread for thread in guild.threads if thread.is_private())):
                rights = channel.permissions_for(guild.me)
                if _holds_messages(channel) and rights.view_channel and rights.read_message_history:
                    yield channel

    async def let_go(self) -> None:
        """Erase what the record has of channels that no longer exist, or that Parley may no longer see."""
        for place in await self.host.marked(NAME):
            if await self._is_lost(place):
                log.info("channel %s no longer exists", place.channel)
                await self.ingestion.lost(place)

    async def _is_lost(self, place: Place) -> bool:
        guild = self.client.get_guild(int(place.workspace))
        if guild is not None and guild.unavailable:
            return False
        channel = guild.get_channel_or_thread(int(place.channel)) if guild else None
        if guild is not None and channel is not None:
            return not channel.permissions_for(guild.me).view_channel
        try:  # threads that are archived are not known without asking
            await patiently(lambda: self.client.fetch_channel(int(place.channel)), self.settings)
        except (discord.NotFound, discord.Forbidden):
            return True
        except (*LOST, discord.InvalidData) as error:
            log.warning("channel %s could not be looked up: %s", place.channel, type(error).__name__)
        return False

    def place(self, room: Any) -> Place:
        """Return the channel's key."""
        return place_of(room)

    async def introduce(self, room: Any) -> None:
        """Have the host observe the channel itself."""
        await self.ingestion.introduce(room)

    def until_now(self, mark: Mark) -> Mark:
        """Return the mark with the time up to now to be read, and what was edited shortly before."""
        now = str(self._now())
        if not mark.done:
            return mark.until(now, BEGINNING)
        back = discord.utils.snowflake_time(int(mark.done)) - timedelta(seconds=self.settings.lookback)
        return mark.until(now, str(max(discord.utils.time_snowflake(back), 0)))

    async def close(self, room: Any, mark: Mark) -> Mark:
        """Read the newest gap, place by place and page by page; the mark without it."""
        gap, place = mark.gaps[-1], place_of(room)
        first, before = _position(gap)
        for each in await self._rooms(room, gap):
            if each.id < first:
                continue
            async for page in self._pages(each, before if each.id == first else None, int(gap.low)):
                await self._observe(each, page, gap)
                if page.messages:
                    await self.host.mark(place, mark.read_to(f"{each.id}/{page.messages[-1].id}").text())
        closed = mark.without_newest()
        await self.host.mark(place, closed.text())
        return closed

    async def _rooms(self, channel: Any, gap: Gap) -> Sequence[Any]:
        """Return the channel if it holds messages, then its public threads that may hold some gap, oldest first."""
        if isinstance(channel, discord.Thread):
            return [channel]
        threads = _public_threads(channel)
        if isinstance(channel, discord.TextChannel | discord.ForumChannel):
            archived = await self._archived(channel)
            threads |= archived or {}
            if archived is not None:
                await self._compare_threads(channel, threads | _public_threads(channel), gap)
        low = int(gap.low)
        later = (thread for _, thread in sorted(threads.items()) if (thread.last_message_id or low) >= low)
        return [*([channel] if isinstance(channel, discord.abc.Messageable) else []), *later]

    async def _archived(self, channel: Any) -> dict[int, discord.Thread] | None:
        """Return the channel's archived public threads, or None where Discord won't list them."""

        async def read() -> dict[int, discord.Thread]:
            return {thread.id: thread async for thread in channel.archived_threads(limit=None)}

        try:
            return await patiently(read, self.settings, again=(*PASSING, discord.NotFound))
        except (discord.NotFound, discord.Forbidden) as error:
            log.warning("archived threads of channel %s are not listed: %s", channel.id, error.code)
            return None

    async def _compare_threads(self, channel: Any, threads: Iterable[int], gap: Gap) -> None:
        """Tell which threads there are, and so which no longer exist; in a forum their first posts go with them."""
        if not _was_read(gap):
            return
        place = place_of(channel)
        await self.host.observe(Threads(place, tuple(map(str, threads))))
        if isinstance(channel, discord.ForumChannel):
            await self.host.observe(self._present(place, threads, int(gap.low), self._now()))

    async def _pages(self, room: Any, before: int | None, low: int) -> AsyncIterator[HistoryPage]:
        """Yield what was said in the room after `low`, newest first."""
        upper = before or self._now()
        while True:
            page = await page_before(room, before, self.settings)
            later = [message for message in page if message.id > low]
            over = len(page) < PAGE or len(later) < len(page)
            yield HistoryPage(later, low if over else later[-1].id, upper)
            if over:
                return
            before = upper = later[-1].id

    async def _observe(self, room: Any, page: HistoryPage, gap: Gap) -> None:
        """Take note of what was said since the last reading, or edited after it, and of what no longer exists."""
        since = int(gap.since)
        edge = discord.utils.snowflake_time(since)
        new = (each for each in page.messages if each.id > since or (each.edited_at and each.edited_at >= edge))
        await asyncio.gather(*map(self.ingestion.record, new))  # one after the other, a busy loop makes it minutes
        if _was_read(gap):
            ids = (message.id for message in page.messages)
            await self.host.observe(self._present(place_of(room), ids, page.after, page.before))
        log.info("channel %s: %d messages read back", room.id, len(page.messages))

    def _present(self, place: Place, ids: Iterable[int], after: int, before: int) -> Present:
        """Return what stands there between two ids, with what events named since it was read."""
        since, until = discord.utils.snowflake_time(after), discord.utils.snowflake_time(before)
        return Present(place, since, until, tuple(map(str, sorted({*ids, *self.ingestion.heard}))))

    def _now(self) -> int:
        return max(discord.utils.time_snowflake(self.settings.clock.now()), 0)


def _public_threads(channel: Any) -> dict[int, discord.Thread]:
    """Return the public threads of a channel that are open, by their id."""
    return {thread.id: thread for thread in getattr(channel, "threads", ()) if not thread.is_private()}


def _was_read(gap: Gap) -> bool:
    """Return whether the channel had been read before the gap, so that the record can be compared with it."""
    return gap.since != BEGINNING


def _position(gap: Gap) -> tuple[int, int | None]:
    """Return the room to go on in and the message to go on before: 0 and None for a gap of which nothing was read."""
    room, _, before = gap.high.partition("/")
    return (int(room), int(before)) if before else (0, None)


def _holds_messages(channel: Any) -> bool:
    return isinstance(channel, discord.abc.Messageable | discord.ForumChannel)
