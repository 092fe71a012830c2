"""Events of channels, as they come, to what the host observes: in any order and any number of times.

Only what concerns the record of a channel; questions to Parley are read in `requests`.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.chat import Channel, Deleted, Event, Gone, Host
from adapters.slack.directory import Directory
from adapters.slack.reader import is_talk
from adapters.slack.wire.client import Slack
from adapters.text.coerce import identifier, mapping, name

log = logging.getLogger(__name__)

RENAMED = {"channel_rename", "group_rename"}
LEFT = {"channel_left", "group_left", "channel_deleted", "group_deleted"}


@dataclass(frozen=True, slots=True)
class Ingestion:
    """Hands what happens in channels to the host, of each channel in the order in which it came."""

    slack: Slack
    host: Host
    directory: Directory
    _known: set[str] = field(default_factory=set)
    _turns: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def take(self, event: Mapping[str, Any]) -> None:
        """Observe what the event says of a channel, if anything."""
        async with self._turns[identifier(event.get("channel"))]:
            for record in await self._read(event):
                await self.host.observe(record)

    async def _read(self, event: Mapping[str, Any]) -> tuple[Event, ...]:
        kind = event.get("type")
        if kind == "message":
            return await self._message(event)
        if kind in LEFT or (kind == "member_left_channel" and event.get("user") == self.slack.me):
            return self._gone(identifier(event.get("channel")))
        if kind in RENAMED:
            return await self._renamed(mapping(event.get("channel")))
        if kind == "channel_id_changed":
            return self._gone(identifier(event.get("old_channel_id")))
        if kind == "user_change":
            self.directory.forget(identifier(mapping(event.get("user")).get("id")))
        return ()

    async def _message(self, event: Mapping[str, Any]) -> tuple[Event, ...]:
        channel = identifier(event.get("channel"))
        if not channel or event.get("channel_type") == "im":
            return ()  # what people say to Parley alone isn't a channel's record
        if deleted := deleted_id(event, self.slack):
            return (Deleted(self.slack.place(channel), (deleted,)),)
        message = await self.directory.message(channel, event) if is_talk(event, self.slack) else None
        if message is None:
            return ()
        return (*await self.introduced(channel), message)

    async def introduced(self, channel: str) -> tuple[Channel, ...]:
        """Return the channel itself, the first time that an event names it."""
        if channel in self._known:
            return ()
        self._known.add(channel)
        return (await self.directory.channel(channel),)

    async def _renamed(self, item: Mapping[str, Any]) -> tuple[Event, ...]:
        channel, called = identifier(item.get("id")), name(item.get("name"))
        if not channel:
            return ()
        self.directory.forget(channel)
        info = await self.directory.channel(channel)
        return (replace(info, name=called or info.name),)

    def _gone(self, channel: str) -> tuple[Event, ...]:
        self.directory.forget(channel)
        self._known.discard(channel)
        return (Gone(self.slack.place(channel)),) if channel else ()


def deleted_id(event: Mapping[str, Any], slack: Slack) -> str:
    """Return the timestamp of the message that this event deletes or takes out of people's talk, or "" for any other.

    Slack deletes the root of a thread by changing it into a tombstone; an edit can turn a message into a question to
    Parley.
    """
    if event.get("subtype") == "message_deleted":
        return identifier(event.get("deleted_ts"))
    inner = mapping(event.get("message"))
    if event.get("subtype") == "message_changed" and (is_tombstone(inner) or not is_talk(inner, slack)):
        return identifier(inner.get("ts"))
    return ""


def is_tombstone(item: Mapping[str, Any]) -> bool:
    """Return whether this is what stands in place of a thread's deleted root."""
    return item.get("subtype") == "tombstone"
