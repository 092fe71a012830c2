"""Threads with Parley that go on without a mention, where the channel's setting says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.errors import SlackApiError

from adapters.chat import Host, Typed
from adapters.slack.asks import Ask
from adapters.slack.reader import Reading, by_person
from adapters.slack.requests import Reader, thread_of
from adapters.slack.wire.client import Slack
from adapters.text.coerce import identifier

MOST_REMEMBERED = 10_000
MOST_READ = 200  # messages of a thread that are searched for Parley


@dataclass(frozen=True, slots=True)
class Following:
    """Knows which threads Parley takes part in."""

    slack: Slack
    host: Host
    reader: Reader
    reading: Reading
    _threads: dict[tuple[str, str], bool] = field(default_factory=dict)

    def joined(self, ask: Ask) -> None:
        """Note that Parley takes part in the thread of this answer."""
        if ask.target.public and ask.target.thread:
            self._remember(ask.target.channel, ask.target.thread, joined=True)

    async def ask(self, event: Mapping[str, Any]) -> Ask | None:
        """Return the message as a question to Parley, if its thread goes on without a mention."""
        if event.get("type") != "message" or event.get("channel_type") == "im" or not by_person(event):
            return None
        channel, root = identifier(event.get("channel")), thread_of(event)
        if not (channel and root) or self.reader.mentions_me(event):
            return None
        if not (await self.host.standing(self.slack.place(channel))).follow:
            return None
        if not await self._joined(channel, root) or not await self.host.asks(Typed(self.reader.words(event))):
            return None
        return self.reader.said(event, public=True)

    async def _joined(self, channel: str, root: str) -> bool:
        if (channel, root) not in self._threads:
            self._remember(channel, root, joined=await self._find(channel, root))
        return self._threads[channel, root]

    def _remember(self, channel: str, root: str, *, joined: bool) -> None:
        if len(self._threads) >= MOST_REMEMBERED:
            self._threads.clear()
        self._threads[channel, root] = joined

    async def _find(self, channel: str, root: str) -> bool:
        seen = 0
        try:
            async for message in self.reading.replies(channel, root):
                seen += 1
                if message.get("user") == self.slack.me:
                    return True
                if seen >= MOST_READ:
                    return False
        except SlackApiError:
            return False
        return False
