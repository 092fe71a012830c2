"""Finds what Parley was asked while no socket was open: Slack sends an event again for five minutes at most.

A question that came by an event as well is the same promise, so nobody is answered twice.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NoReturn

from slack_sdk.errors import SlackApiError

from adapters.slack.reader import Raw, Reading, later
from adapters.slack.wire.client import FAILURES, Slack, reason
from adapters.text.coerce import identifier

log = logging.getLogger(__name__)

UNNOTICED = timedelta(minutes=1)  # for so long a connection may have been dead before anybody knew
MOST_READ = 500  # messages of a channel that are looked through
DIRECT = "im"
KINDS = f"public_channel,private_channel,mpim,{DIRECT}"


@dataclass(slots=True)
class Absence:
    """Times without a socket. `hear` takes each message that was said in one, the oldest of a channel first."""

    slack: Slack
    reading: Reading
    hear: Callable[[Mapping[str, Any]], Awaitable[None]]
    _since: datetime | None = None
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    def began(self) -> None:
        """The last socket is gone; tries that fail don't begin another absence."""
        self._since = self._since or self.slack.clock.now() - UNNOTICED

    def ended(self) -> None:
        """A socket is open again, after an absence or after one of several was cut."""
        if self._since is not None:
            self._over.set()

    async def run(self) -> NoReturn:
        """Look into every place after each absence, until cancelled."""
        while True:
            await self._over.wait()
            self._over.clear()
            since, self._since = self._since, None
            if since is not None:
                await self._look(f"{since.timestamp():.6f}")

    async def _look(self, since: str) -> None:
        try:
            async for item in self.reading.rooms(KINDS):
                await self._heard(item, since)
        except FAILURES as error:
            log.warning("nobody could be asked what was said in an absence: %s", _what(error))

    async def _heard(self, room: Mapping[str, Any], since: str) -> None:
        """Hear what was said in one place since then."""
        channel, kind = identifier(room.get("id")), DIRECT if room.get("is_im") is True else "channel"
        try:
            said = await self._said(channel, since)
        except FAILURES as error:
            log.warning("channel %s could not be read after an absence: %s", channel, _what(error))
            return
        for item in sorted(said, key=lambda each: identifier(each.get("ts"))):
            await self.hear({**item, "type": "message", "channel": channel, "channel_type": kind})

    async def _said(self, channel: str, since: str) -> list[Raw]:
        """Return what was said there since then, in threads of the days before as well."""
        found: list[Raw] = []
        low = f"{float(since) - self.slack.settings.lookback:.6f}"
        async for page in self.reading.pages(channel, low, ""):
            found += [
                each async for each in self.reading.with_replies(channel, page, since) if later(each.get("ts"), since)
            ]
            if len(found) >= MOST_READ:
                break
        return found


def _what(error: Exception) -> str:
    return reason(error) if isinstance(error, SlackApiError) else type(error).__name__
