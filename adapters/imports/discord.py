"""Import what DiscordChatExporter writes as JSON: a file for a channel or thread, a folder or a zip of such files.

Everything in it is untrusted: what isn't as it should be is refused by name and the rest goes in. Counts as a message:
everything that a person or a bot posted, and as a notice what Discord wrote by itself. Knows no database.

A public thread becomes a thread of the channel it hangs from, which the format calls its category. A private thread
stays a channel of its own: not everybody who reads the channel may read it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from adapters.chat import Channel, ChannelKind, Imported, Message, Person, Place, Reaction, Refusal
from adapters.imports import json_stream
from adapters.imports.archive import Archive, ArchiveUnreadable, glance, open_archive
from adapters.imports.entry import EntryRefused, shown
from adapters.imports.json_stream import Flaw, Unreadable
from adapters.payloads.discord import Written, permalink, plain_text
from adapters.text.coerce import mapping, mappings, string
from adapters.text.coerce import name as as_name

KINDS: Mapping[str, ChannelKind] = {
    "DirectTextChat": "direct",
    "DirectGroupTextChat": "group",
    "GuildPrivateThread": "private",
}
HANGING = ("GuildPublicThread", "GuildNewsThread")
# What people and bots post. The exporter knows no names for slash commands (20) and context menu commands (23).
POSTED = {"Default", "Reply", "ChatInputCommand", "ContextMenuCommand", "20", "23"}
FILES_GLANCED_AT = 20
HEAD_BYTES = 4096
HEAD = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{.*"guild"\s*:\s*\{', re.DOTALL)
MOST_COUNT = 1_000_000_000


class DiscordExport:
    """Reads the JSON of DiscordChatExporter."""

    name: ClassVar[str] = "discord"

    def recognises(self, path: Path) -> bool:
        """Whether one of the first files begins as the exporter's do."""
        names = [name for name in glance(path) if name.endswith(".json")][:FILES_GLANCED_AT]
        try:
            with open_archive(path) as archive:
                return any(_begins_well(archive, name) for name in names)
        except ArchiveUnreadable:
            return False

    def read(self, path: Path) -> Iterator[Imported]:
        """Channels, each before its messages, and refusals."""
        try:
            with open_archive(path) as archive:
                yield from archive.refusals
                for name in archive.names:
                    if name.endswith(".json"):
                        yield from _file(archive, name)
        except ArchiveUnreadable as error:
            yield Refusal(shown(path.name), str(error))


def _begins_well(archive: Archive, name: str) -> bool:
    try:
        with archive.open(name) as stream:
            head = stream.read(HEAD_BYTES)
    except EntryRefused:
        return False
    return HEAD.match(head) is not None


@dataclass(frozen=True, slots=True)
class _Room:
    """Where a file's messages stand: the channel as it is stored, the id that links name, the thread it is."""

    channel: Channel
    linked: str
    thread: str | None


def _file(archive: Archive, name: str) -> Iterator[Imported]:
    try:
        with archive.open(name) as stream:
            room = _room(json_stream.members(stream, ("guild", "channel")))
        if isinstance(room, str):
            yield Refusal(name, room)
            return
        yield room.channel
        with archive.open(name) as stream:
            for index, item in json_stream.items(stream, "messages"):
                read = f"{item.reason}" if isinstance(item, Flaw) else read_message(item, room)
                yield read if isinstance(read, Message) else Refusal(name, f"message [{index}] {read}")
    except (EntryRefused, Unreadable) as error:
        yield Refusal(name, str(error))


def _room(head: Mapping[str, Any]) -> _Room | str:
    """The channel that a file is about, or why it can't be known."""
    guild, channel = mapping(head.get("guild")), mapping(head.get("channel"))
    workspace, own, kind = _id(guild.get("id")), _id(channel.get("id")), string(channel.get("type"))
    if not workspace or not own:
        return "names no guild or no channel"
    hangs = kind in HANGING and bool(_id(channel.get("categoryId")))
    identifier = _id(channel.get("categoryId")) if hangs else own
    name = as_name(channel.get("category" if hangs else "name")) or identifier
    place = Place("discord", workspace, identifier)
    return _Room(
        Channel(place, name, KINDS.get(kind, "public"), as_name(guild.get("name"))), own, own if hangs else None
    )


def read_message(item: Any, room: _Room) -> Message | str:
    """The message, or why there is none, going on from "the message …"."""
    message = mapping(item)
    identifier, sent_at = _id(message.get("id")), _moment(message.get("timestamp"))
    author = mapping(message.get("author"))
    if not message:
        return "isn't a JSON object"
    if not identifier:
        return "has no id"
    if sent_at is None:
        return "has no timestamp that can be read"
    if not _id(author.get("id")):
        return "has no author"
    place, forwarded = room.channel.place, mapping(message.get("forwardedMessage"))
    # A forum's post and its thread share an id: it is the thread's first message and stands in none.
    thread = room.thread if room.thread != identifier else None
    return Message(
        id=identifier,
        place=Place(place.platform, place.workspace, place.channel, thread) if thread else place,
        author=_person(author),
        text=plain_text(_written(message), _written(forwarded) if forwarded else None),
        sent_at=sent_at,
        edited_at=_moment(message.get("timestampEdited")),
        from_bot=author.get("isBot") is True,
        notice=(string(message.get("type")) or "Default") not in POSTED,
        permalink=permalink(place.workspace, room.linked, identifier),
        reply_to=_id(mapping(message.get("reference")).get("messageId")) or None,
        reactions=_reactions(message.get("reactions")),
    )


def _person(author: Mapping[str, Any]) -> Person:
    identifier = _id(author.get("id"))
    names = (as_name(author.get(key)) for key in ("nickname", "name"))
    return Person(identifier, next(filter(None, names), identifier))


def _written(message: Mapping[str, Any]) -> Written:
    return Written(
        content=string(message.get("content")),
        embeds=tuple(mappings(message.get("embeds"))),
        files=[as_name(file.get("fileName")) for file in mappings(message.get("attachments"))],
        stickers=[as_name(sticker.get("name")) for sticker in mappings(message.get("stickers"))],
    )


def _reactions(value: Any) -> tuple[Reaction, ...]:
    """Reactions by their emoji's name, or the emoji itself where it is one of Unicode's."""
    found = []
    for reaction in mappings(value):
        emoji, count = as_name(mapping(reaction.get("emoji")).get("name")), reaction.get("count")
        if emoji and isinstance(count, int) and 0 < count <= MOST_COUNT:
            found.append(Reaction(emoji, int(count)))
    return tuple(found)


def _moment(value: Any) -> datetime | None:
    """A time in ISO 8601 with its offset, in UTC; None for anything else."""
    try:
        read = datetime.fromisoformat(string(value))
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _id(value: Any) -> str:
    """A snowflake, which is a number in a string; "" for anything else."""
    text = value if isinstance(value, str) else ""
    return text if text.isascii() and text.isdecimal() and len(text) <= 20 else ""  # noqa: PLR2004 - 64 bits
