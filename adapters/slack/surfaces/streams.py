"""A message that grows while it is written, as Slack's streaming methods make it. Knows no reply.

Slack closes a stream after some minutes, and whenever somebody presses the stop button that it draws beside it; what
stands in the message then stays, and the message can be rewritten like any other.
https://docs.slack.dev/reference/methods/chat.startStream
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from adapters.slack.asks import Target
from adapters.slack.surfaces.escape import as_markdown
from adapters.slack.surfaces.outgoing import SKEW, Outgoing, is_later, key_of
from adapters.slack.wire.client import Slack, reason
from adapters.text.coerce import string

log = logging.getLogger(__name__)

Chunk = dict[str, Any]
TASK = "work"
MOST_TITLE = 120


def text_chunk(tamed: str) -> Chunk:
    """Return a chunk with more of the text."""
    return {"type": "markdown_text", "text": as_markdown(tamed)}


def task_chunk(words: str, status: str = "in_progress") -> Chunk:
    """Return what is being done, on a card that the next one of these rewrites."""
    return {"type": "task_update", "id": TASK, "title": words[:MOST_TITLE], "status": status}


@dataclass(slots=True)
class SlackStream:
    """One message that is streamed into a thread. `ts` is the message's, once there is one.

    `lost` is a stream that Slack closed by itself.
    """

    slack: Slack
    outgoing: Outgoing
    target: Target
    ts: str = ""
    closed: bool = False
    lost: bool = False

    @property
    def usable(self) -> bool:
        """Return whether more can be added: Slack streams into threads only."""
        return bool(self.target.thread) and not self.closed

    async def add(self, *chunks: Chunk) -> bool:
        """Return whether the chunks are shown; False once the stream is closed, or where there are no streams."""
        if not self.usable:
            return False
        try:
            await self.outgoing.in_turn(self.target.channel, lambda: self._send(list(chunks)))
        except SlackApiError as error:
            log.info("a stream ended: %s", reason(error))
            await self._stop()  # whatever ended it, a message that still streams can't be rewritten
        return not self.closed

    async def _send(self, chunks: list[Chunk]) -> None:
        client, channel = self.slack.client, self.target.channel
        if self.ts:
            await client.chat_appendStream(channel=channel, ts=self.ts, chunks=chunks)
            return
        began = self.slack.clock.now().timestamp() - SKEW
        try:
            answer: Any = await client.chat_startStream(
                channel=channel, thread_ts=str(self.target.thread), chunks=chunks, **self._recipient()
            )
            self.ts = str(answer["ts"])
        except (aiohttp.ClientError, OSError):
            message = await self.outgoing.find(channel, self.target.thread, lambda each: _is_stream(each, began))
            if message is None:
                raise
            self.ts = message  # Slack took the call, and nobody heard of it

    def _recipient(self) -> dict[str, str]:
        """Return for whom it is written: Slack needs that in a channel and refuses it in a direct message."""
        if self.target.channel.startswith("D"):
            return {}
        return {"recipient_team_id": self.slack.team, "recipient_user_id": self.target.user}

    async def stop(self) -> None:
        """Close the stream, if one is open."""
        if self.ts and not self.closed:
            await self._stop()

    async def _stop(self) -> None:
        self.closed = True
        if not self.ts:
            return
        try:
            await self.slack.client.chat_stopStream(channel=self.target.channel, ts=self.ts)
        except SlackApiError as error:
            self.lost = True
            log.info("a stream had ended before: %s", reason(error))


def _is_stream(message: Mapping[str, Any], began: float) -> bool:
    """Return whether a message of Parley's was streamed since then: whatever else it says has a key."""
    return not key_of(message) and is_later(string(message.get("ts")), began)
