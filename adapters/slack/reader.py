"""Reads channels back from Slack: one message, a window of messages, or pages of history from the newest down.

Knows no store. A channel that Slack won't show raises Unreadable, in words for the person who asked.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slack_sdk.errors import SlackApiError

from adapters.chat import Fetch, Message, Place, Window
from adapters.errors import Unreadable
from adapters.payloads.slack import EPOCH, moment
from adapters.platform.cursor import BEGINNING
from adapters.slack.directory import Directory
from adapters.slack.wire.client import Slack, reason
from adapters.text.coerce import identifier, mapping, mappings, string

Raw = Mapping[str, Any]

MOST_FETCHED = 10_000
SAID = {"", "file_share", "thread_broadcast", "me_message"}
HIDDEN = {"not_in_channel", "channel_not_found", "is_archived"}


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads for one workspace."""

    slack: Slack
    directory: Directory

    async def pages(
        self, channel: str, oldest: str, latest: str, *, inclusive: bool = False, metadata: bool = False
    ) -> AsyncIterator[list[Raw]]:
        """Yield the channel's messages between the two timestamps, newest first, page by page.

        Replies are not among them.
        """
        cursor = ""
        while True:
            answer: Any = await self.slack.client.conversations_history(
                channel=channel,
                oldest=oldest,
                latest=latest,
                inclusive=inclusive,
                limit=self.slack.settings.page_size,
                cursor=cursor or None,
                include_all_metadata=metadata,
            )
            yield list(mappings(answer.get("messages")))
            cursor = _next(answer)
            if not cursor:
                return

    async def rooms(self, kinds: str) -> AsyncIterator[Raw]:
        """Yield the channels of these kinds that Parley is a member of."""
        cursor = ""
        while True:
            answer: Any = await self.slack.client.users_conversations(
                types=kinds, exclude_archived=True, limit=200, cursor=cursor or None
            )
            self.slack.clock.hear(answer.headers)
            for item in mappings(answer.get("channels")):
                yield item
            cursor = _next(answer)
            if not cursor:
                return

    async def replies(
        self, channel: str, root: str, oldest: str = BEGINNING, *, metadata: bool = False
    ) -> AsyncIterator[Raw]:
        """Yield a thread's messages after `oldest`, its root first; none of a thread that is gone."""
        cursor = ""
        while True:
            try:
                answer: Any = await self.slack.client.conversations_replies(
                    channel=channel,
                    ts=root,
                    oldest=oldest,
                    limit=self.slack.settings.page_size,
                    cursor=cursor or None,
                    include_all_metadata=metadata,
                )
            except SlackApiError as error:
                if reason(error) != "thread_not_found":
                    raise
                return
            for item in mappings(answer.get("messages")):
                yield item
            cursor = _next(answer)
            if not cursor:
                return

    async def one(self, channel: str, ts: str) -> Raw | None:
        """Return the raw message of that timestamp, in a thread or not, or None where there is none."""
        answer: Any = await self.slack.client.conversations_history(
            channel=channel, oldest=ts, latest=ts, inclusive=True, limit=1
        )
        if item := _with(answer, ts):
            return item
        try:
            answer = await self.slack.client.conversations_replies(
                channel=channel, ts=ts, oldest=ts, latest=ts, inclusive=True, limit=15
            )
        except SlackApiError as error:
            if reason(error) == "thread_not_found":
                return None
            raise
        return _with(answer, ts)

    def fetch(self, place: Place) -> Fetch:
        """Return a reader of windows of that place, for what the store lacks."""

        async def read(window: Window) -> AsyncIterator[Message]:
            try:
                async for message in self._window(place.channel, window):
                    yield message
            except SlackApiError as error:
                if reason(error) == "missing_scope":
                    raise Unreadable(
                        "Slack doesn't let me read channels of this kind.",
                        "The person who installed me can run `parley slack check` to see which permission is missing.",
                    ) from None
                if reason(error) not in HIDDEN:
                    raise
                raise Unreadable(
                    "I can't read this channel.", "Add me to it: type /invite and my name there, then ask again."
                ) from None

        return read

    async def _window(self, channel: str, window: Window) -> AsyncIterator[Message]:
        left = window.last or MOST_FETCHED
        async for page in self._raw_pages(channel, window):
            async for item in self.with_replies(channel, page):
                message = await self.directory.message(channel, item) if is_talk(item, self.slack) else None
                if message is not None and _inside(message, window):
                    left -= 1
                    yield message
            if left <= 0:
                return

    async def with_replies(self, channel: str, items: Sequence[Raw], since: str = BEGINNING) -> AsyncIterator[Raw]:
        """Yield the messages, each followed by its thread's replies after `since`, which a page of history lacks."""
        for item in items:
            yield item
            root = identifier(item.get("ts"))
            if not item.get("reply_count") or not later(item.get("latest_reply", since), since):
                continue
            async for reply in self.replies(channel, root, since):
                if reply.get("ts") != root:
                    yield reply

    async def _raw_pages(self, channel: str, window: Window) -> AsyncIterator[Sequence[Raw]]:
        if window.thread is not None:
            yield [{**item, "reply_count": 0} async for item in self.replies(channel, window.thread)]
            return
        async for page in self.pages(channel, _ts(window.since) or BEGINNING, _ts(window.until), inclusive=True):
            yield page


def by_person(item: Raw) -> bool:
    """Return whether a person wrote it: bots are never answered, or two of them would talk for ever."""
    return bool(identifier(item.get("user"))) and not item.get("bot_id") and string(item.get("subtype")) in SAID


def mentions(item: Raw, user: str) -> bool:
    """Return whether a raw message or message event names that user."""
    text = string(item.get("text"))
    return f"<@{user}>" in text or f"<@{user}|" in text


def is_talk(item: Raw, slack: Slack) -> bool:
    """Return whether it is neither said to Parley, by a mention, nor by Parley, which repeats what others said."""
    mine = item.get("user") == slack.me or (bool(slack.bot) and item.get("bot_id") == slack.bot)
    return not mine and not (by_person(item) and mentions(item, slack.me))


def _inside(message: Message, window: Window) -> bool:
    after = window.since is None or message.sent_at >= window.since
    return after and (window.until is None or message.sent_at <= window.until)


def _ts(at: datetime | None) -> str:
    return f"{at.timestamp():.6f}" if at else ""


def _next(answer: Any) -> str:
    return str(mapping(answer.get("response_metadata")).get("next_cursor") or "")


def _with(answer: Any, ts: str) -> Raw | None:
    return next((item for item in mappings(answer.get("messages")) if item.get("ts") == ts), None)


def later(ts: Any, than: str) -> bool:
    """Return whether a timestamp of Slack is after another, or may be; "" and what isn't one count as the beginning."""
    return (moment(identifier(ts)) or EPOCH) >= (moment(than) or EPOCH)
