"""Fills the record with what events didn't bring: all of a channel at first, and every gap after an absence.

Resumable: after each page the channel's mark says what is still to be read, so that a stop at any moment costs one page
again. Observing twice does no harm, missing does: the mark moves only after the page.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from slack_sdk.errors import SlackApiError

from adapters.chat import Host, Place
from adapters.marks import BEGINNING, Mark, read_mark
from adapters.slack.client import Slack, reason, refusal
from adapters.slack.directory import Directory
from adapters.slack.ingestion import Ingestion
from adapters.slack.reading import Raw, Reading, later
from adapters.untrusted import identifier, mapping, mappings

log = logging.getLogger(__name__)

TYPES = "public_channel,private_channel,mpim"


@dataclass(frozen=True, slots=True)
class Backfill:
    """Reads the kept channels that Parley is in, one at a time."""

    slack: Slack
    host: Host
    directory: Directory
    reading: Reading
    ingestion: Ingestion
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)
    _missed: asyncio.Event = field(default_factory=asyncio.Event)

    def missed(self) -> None:
        """Events may have been missed: look into every channel, soon."""
        self._missed.set()
        self._wanted.set()

    def glance(self) -> None:
        """Look soon for channels that were never read."""
        self._wanted.set()

    async def consider(self, place: Place) -> None:
        """Look into a channel soon that is kept now and was never read."""
        standing = await self.host.standing(replace(place, thread=None))
        if standing.kept and not standing.mark:
            self.glance()

    async def run(self) -> None:
        """Look at the start, whenever asked, and every `reconcile` seconds for what was left unfinished.

        Raises ServiceStopped for a refused token.
        """
        self._missed.set()
        while True:
            everywhere = self._missed.is_set()
            self._wanted.clear()
            self._missed.clear()
            await self._look(everywhere=everywhere)
            with suppress(TimeoutError):
                async with asyncio.timeout(self.slack.settings.reconcile):
                    await self._wanted.wait()

    async def _look(self, *, everywhere: bool) -> None:
        try:
            async for item in self._mine():
                await self._fill_safely(item, everywhere=everywhere)
        except SlackApiError as error:
            if stopped := refusal(error, "bot token"):
                raise stopped from None
            log.warning("the channels could not be listed: %s", reason(error))

    async def _mine(self) -> AsyncIterator[Mapping[str, Any]]:
        cursor = ""
        while True:
            answer: Any = await self.slack.client.users_conversations(
                types=TYPES, exclude_archived=True, limit=200, cursor=cursor or None
            )
            for item in mappings(answer.get("channels")):
                yield item
            cursor = str(mapping(answer.get("response_metadata")).get("next_cursor") or "")
            if not cursor:
                return

    async def _fill_safely(self, item: Mapping[str, Any], *, everywhere: bool) -> None:
        channel = identifier(item.get("id"))
        try:
            await self.fill(channel, again=everywhere)
        except SlackApiError as error:
            if stopped := refusal(error, "bot token"):
                raise stopped from None
            log.warning("channel %s could not be read: %s", channel, reason(error))

    async def fill(self, channel: str, *, again: bool = True) -> None:
        """Read what the record lacks of one channel, if it is kept; `again` adds the time since the last read."""
        place = self.slack.place(channel)
        standing = await self.host.standing(place)
        mark = read_mark(standing.mark)
        if not standing.kept or (mark.done and not mark.gaps and not again):
            return
        for found in await self.ingestion.introduced(channel):
            await self.host.observe(found)
        if again or not mark.done:
            mark = self._until_now(mark)
            await self.host.mark(place, mark.text())
        while mark.gaps:
            mark = await self._close(channel, mark)

    def _until_now(self, mark: Mark) -> Mark:
        """The mark with the time up to now to be read, and what was edited and said in threads shortly before."""
        low = max(float(mark.done) - self.slack.settings.lookback, 0) if mark.done else 0
        return mark.until(f"{self.slack.settings.clock.now().timestamp():.6f}", f"{low:.6f}" if low else BEGINNING)

    async def _close(self, channel: str, mark: Mark) -> Mark:
        """Read the newest gap, page by page; the mark without it."""
        gap = mark.gaps[-1]
        place = self.slack.place(channel)
        async for page in self.reading.pages(channel, gap.low, gap.high, inclusive=True):
            count = await self._observe(channel, page, gap.since)
            if page:
                await self.host.mark(place, mark.read_to(identifier(page[-1].get("ts")) or gap.low).text())
            log.info("channel %s: %d messages read back", channel, count)
        closed = mark.without_newest()
        await self.host.mark(place, closed.text())
        return closed

    async def _observe(self, channel: str, page: list[Raw], since: str) -> int:
        count = 0
        async for item in self.reading.with_replies(channel, page, since):
            edited = mapping(item.get("edited")).get("ts")
            if not later(item.get("ts"), since) and not (edited and later(edited, since)):
                continue
            message = await self.directory.message(channel, item)
            if message is not None:
                count += 1
                await self.host.observe(message)
        return count
