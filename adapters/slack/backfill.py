"""Fills the record with what events didn't bring: all of a channel at first, and every gap after an absence.

Resumable: after each page the channel's mark says what is still to be read, so that a stop at any moment costs one page
again. Observing twice does no harm, missing does: the mark moves only after the page. The host gets all that stands
in the gap and shortly before it, so that what was deleted meanwhile is found.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from slack_sdk.errors import SlackApiError

from adapters.chat import Deleted, Place, Present
from adapters.payloads.slack import EPOCH, moment
from adapters.platform.backfill import Backfill
from adapters.platform.cursor import BEGINNING, Gap, Mark
from adapters.slack.directory import Directory
from adapters.slack.ingestion import Ingestion, is_tombstone
from adapters.slack.reader import Raw, Reading, is_talk, later
from adapters.slack.wire.client import FAILURES, Slack, reason, refusal
from adapters.text.coerce import identifier, mapping

log = logging.getLogger(__name__)

TYPES = "public_channel,private_channel,mpim"
SETTLED = timedelta(minutes=1)  # how old a message must be before its absence from Slack's history means something


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackBackfill(Backfill[str]):
    """Reads the kept channels that Parley is in, one at a time."""

    slack: Slack
    directory: Directory
    reading: Reading
    ingestion: Ingestion

    async def look(self, *, everywhere: bool) -> None:
        """Fill every channel that Parley is a member of. Raises ServiceStopped for a refused token."""
        try:
            async for item in self.reading.rooms(TYPES):
                await self._fill_safely(identifier(item.get("id")), everywhere=everywhere)
        except SlackApiError as error:
            if stopped := refusal(error, "bot token"):
                raise stopped from None
            log.warning("the channels could not be listed: %s", reason(error))
        except FAILURES as error:
            log.warning("the channels could not be listed: %s", type(error).__name__)

    async def _fill_safely(self, channel: str, *, everywhere: bool) -> None:
        try:
            await self.fill(channel, again=everywhere)
        except SlackApiError as error:
            if stopped := refusal(error, "bot token"):
                raise stopped from None
            log.warning("channel %s could not be read: %s", channel, reason(error))
        except FAILURES as error:
            log.warning("channel %s could not be read: %s", channel, type(error).__name__)

    def place(self, room: str) -> Place:
        """Return the channel's key."""
        return self.slack.place(room)

    async def introduce(self, room: str) -> None:
        """Have the host observe the channel itself."""
        for event in await self.ingestion.introduced(room):
            await self.host.observe(event)

    def until_now(self, mark: Mark) -> Mark:
        """Return the mark with the time up to now to be read, and edits and threads of shortly before."""
        low = self._before(mark.done) if mark.done else BEGINNING
        return mark.until(f"{self.slack.clock.now().timestamp():.6f}", low)

    def _before(self, ts: str) -> str:
        """Return the moment before that one from which on an edit or a deletion may have been missed."""
        low = float(ts) - self.slack.settings.lookback
        return f"{low:.6f}" if low > 0 else BEGINNING

    async def close(self, room: str, mark: Mark) -> Mark:
        """Read the newest gap, page by page; the mark without it."""
        stretch = await self._stretch(room, mark)
        gap, top = mark.gaps[-1], mark.gaps[-1].high
        async for page in self.reading.pages(room, gap.low, gap.high, inclusive=True):
            count = await self._observe(room, page, stretch)
            bottom = identifier(page[-1].get("ts")) if page else ""
            if bottom:
                await self._present(stretch, self.slack.place(room), bottom, top, page)
                await self.host.mark(self.slack.place(room), mark.read_to(bottom).text())
                top = bottom
            log.info("channel %s: %d messages read back", room, count)
        await self._present(stretch, self.slack.place(room), gap.low, top, ())
        for root in stretch.threads.copy():  # what is left of them began before the gap
            await self._thread(room, root, stretch)
        closed = mark.without_newest()
        await self.host.mark(self.slack.place(room), closed.text())
        return closed

    async def _stretch(self, channel: str, mark: Mark) -> "Stretch":
        """Return the newest gap, and what is compared of it.

        Of a channel that is read for the first time only the last part is compared: what an import brought in may be
        older than what the workspace's plan still shows.
        """
        gap = mark.gaps[-1]
        low = gap.low if gap.since != BEGINNING else self._before(mark.done)
        since = moment(low) or EPOCH
        until = min(moment(gap.high) or EPOCH, self.slack.clock.now() - SETTLED)
        return Stretch(gap, since, until, dict(await self.host.threads(self.slack.place(channel), since, until)))

    async def _present(self, stretch: "Stretch", place: Place, low: str, high: str, shown: Iterable[Raw]) -> None:
        """Have the host observe all that stands between the two, as far as it is compared."""
        since, until = max(moment(low) or EPOCH, stretch.since), min(moment(high) or EPOCH, stretch.until)
        if since < until:
            ids = tuple(identifier(item.get("ts")) for item in shown if not is_tombstone(item))
            await self.host.observe(Present(place, since, until, ids))

    async def _observe(self, channel: str, page: Sequence[Raw], stretch: "Stretch") -> int:
        """Take note of a page, and of its threads that hold something new or lack something; how much was new."""
        count = 0
        for item in page:
            root, said = identifier(item.get("ts")), item.get("reply_count") or 0
            count += await self._take(channel, item, stretch.gap.since)
            news = said and later(item.get("latest_reply", stretch.gap.since), stretch.gap.since)
            if news or stretch.threads.get(root, said) != said:
                count += await self._thread(channel, root, stretch)
            stretch.threads.pop(root, None)
        return count

    async def _thread(self, channel: str, root: str, stretch: "Stretch") -> int:
        """Take note of a thread's replies; how many were new."""
        kept = root in stretch.threads
        oldest = stretch.gap.low if kept else stretch.gap.since
        replies = [reply async for reply in self.reading.replies(channel, root, oldest) if reply.get("ts") != root]
        count = sum([await self._take(channel, reply, stretch.gap.since) for reply in replies])
        if kept:
            await self._present(stretch, self.slack.place(channel, root), stretch.gap.low, stretch.gap.high, replies)
        return count

    async def _take(self, channel: str, item: Raw, since: str) -> bool:
        """Return whether the message was said or edited after `since`, and observed."""
        edited = mapping(item.get("edited")).get("ts")
        other = not is_talk(item, self.slack)
        if is_tombstone(item) or (other and edited):  # it may be in the record as it was before
            ts = identifier(item.get("ts"))
            await self.host.observe(Deleted(self.slack.place(channel), (ts,)))
        if is_tombstone(item) or other:
            return False
        if not later(item.get("ts"), since) and not (edited and later(edited, since)):
            return False
        message = await self.directory.message(channel, item)
        if message is not None:
            await self.host.observe(message)
        return message is not None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A gap that is being read; what is compared of it lies between `since` and `until`.

    `threads` has the number of replies that the record holds of that time, by the thread's root; those that were looked
    at are taken out.
    """

    gap: Gap
    since: datetime
    until: datetime
    threads: dict[str, int]
