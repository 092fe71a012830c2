"""Import what DiscordChatExporter writes as JSON: a file for a channel or thread, a folder or a zip of such files.

Everything in it is untrusted: what isn't as it should be is refused by name and the rest goes in. Counts as a message:
everything that a person or a bot posted, and as a notice what Discord wrote by itself. Knows no database.

A public thread becomes a thread of the channel it hangs from, which the format calls its category. A private thread
stays a channel of its own: not everybody who reads the channel may read it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from adapters.chat import Imported, Message, Refusal
from adapters.imports import json_stream
from adapters.imports.archive import Archive, ArchiveUnreadable, glance, open_archive
from adapters.imports.discord_items import ExportedChannel, read_message, read_person, read_room, snowflake
from adapters.imports.entry import EntryRefused, shown
from adapters.imports.json_stream import Flaw, UnreadableItem
from adapters.imports.people import People
from adapters.text.coerce import mapping, mappings
from adapters.text.coerce import name as as_name
from adapters.text.markup import Names

FILES_GLANCED_AT = 20
HEAD_BYTES = 4096
HEAD = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{.*"guild"\s*:\s*\{', re.DOTALL)
MEDIA_FOLDER = re.compile(r"_Files/", re.IGNORECASE)  # where the exporter puts what messages link to
LATER_PART = re.compile(r"\[part \d+\]\.json$", re.IGNORECASE)  # of a channel that the exporter has cut into files
ASSET = re.compile(r"-[0-9A-F]{4,8}\.json$", re.IGNORECASE)  # how it calls it elsewhere
FEWEST_EMPTY = 3  # messages without anything, of which it isn't clear that the exporter may not read what people write
MOST_HELD = 10_000
MOST_NAMES = 300_000
NO_CONTENT = (
    "of people's messages have nothing in them: the bot that made this export lacks the Message Content intent. Switch "
    "it on in Discord's developer portal (Bot, Privileged Gateway Intents), export again and import that"
)


class DiscordExport:
    """Reads the JSON of DiscordChatExporter."""

    name: ClassVar[str] = "discord"

    def recognises(self, path: Path) -> bool:
        """Return whether one of the first files begins as the exporter's do."""
        names = [name for name in glance(path) if name.endswith(".json")][:FILES_GLANCED_AT]
        try:
            with open_archive(path) as archive:
                return any(_begins_well(archive, name) for name in names)
        except ArchiveUnreadable:
            return False

    def read(self, path: Path) -> Iterator[Imported]:
        """Yield channels, each before its messages, and refusals."""
        try:
            with open_archive(path) as archive:
                yield from archive.refusals
                yield from _files(archive)
        except ArchiveUnreadable as error:
            yield Refusal(shown(path.name), str(error))


def _begins_well(archive: Archive, name: str) -> bool:
    try:
        with archive.open(name, ahead=True) as stream:
            head = stream.read(HEAD_BYTES)
    except EntryRefused:
        return False
    return HEAD.match(head) is not None


def _files(archive: Archive) -> Iterator[Imported]:
    """Yield what every export in the archive holds; what the exporter downloaded beside them is passed over."""
    names = [name for name in archive.names if name.endswith(".json") and not MEDIA_FOLDER.search(name)]
    names = [name for name in names if not ASSET.search(name) or _begins_well(archive, name)]
    rooms: dict[str, ExportedChannel] = {}
    for name in names:
        room = _room_of(archive, name)
        if isinstance(room, Refusal):
            yield room
        else:
            rooms[name] = room
    known = _names(archive, rooms)
    for name, room in rooms.items():
        yield room.channel
        yield from _messages(archive, name, room, known)


def _room_of(archive: Archive, name: str) -> ExportedChannel | Refusal:
    try:
        with archive.open(name, ahead=True) as stream:
            room = read_room(json_stream.members(stream, ("guild", "channel"), also=("dateRange",)))
    except (EntryRefused, UnreadableItem) as error:
        return Refusal(name, str(error))
    if isinstance(room, str):
        return Refusal(name, room)
    return replace(room, title="") if LATER_PART.search(name) else room


def _names(archive: Archive, rooms: Mapping[str, ExportedChannel]) -> Names:
    """Return what ids are called: channels by the files' heads, people and roles by whatever message knows them."""
    channels = {room.linked: room.title or room.channel.name for room in rooms.values()}
    channels |= {room.channel.place.channel: room.channel.name for room in rooms.values()}
    met: dict[str, dict[str, str]] = {}

    def meet(kind: str) -> Mapping[str, str]:
        if not met:
            met.update(_met(archive, rooms))
        return met[kind]

    return Names(People({}, lambda: meet("users")), channels, People({}, lambda: meet("roles")))


def _met(archive: Archive, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the people and roles that messages name as authors and as mentioned."""
    users: dict[str, str] = {}
    roles: dict[str, str] = {}
    for name in names:
        with suppress(EntryRefused, UnreadableItem), archive.open(name, ahead=True) as stream:
            for _, item in json_stream.objects(stream, "messages"):
                for person in _people_in(item) if isinstance(item, dict) else ():
                    if len(users) < MOST_NAMES:
                        users.setdefault(snowflake(person.get("id")), read_person(person).name)
                    for role in mappings(person.get("roles")):
                        if len(roles) < MOST_NAMES:
                            roles.setdefault(snowflake(role.get("id")), as_name(role.get("name")))
    return {"users": users, "roles": roles}


def _people_in(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield mapping(item.get("author"))
    yield from mappings(item.get("mentions"))


def _messages(archive: Archive, name: str, room: ExportedChannel, names: Names) -> Iterator[Imported]:
    """Yield a file's messages, unless all that people wrote is empty: then why."""
    held: list[Message] | None = []  # by people, with nothing in them; None as soon as one has something
    empty, first = 0, True
    try:
        with archive.open(name) as stream:
            for index, item in json_stream.objects(stream, "messages"):
                read = item.reason if isinstance(item, Flaw) else read_message(item, room, names, first=first)
                if isinstance(read, str):
                    yield Refusal(name, f"message [{index}] {read}")
                    continue
                first = False
                if held is None or read.from_bot or read.notice:
                    yield read
                elif read.text:
                    yield from (*held, read)
                    held = None
                else:
                    empty += 1
                    held += [read] if len(held) < MOST_HELD else []
    except (EntryRefused, UnreadableItem) as error:
        yield Refusal(name, str(error))
    if held and empty >= FEWEST_EMPTY:
        yield Refusal(name, f"all {empty:,} {NO_CONTENT}", empty)
    else:
        yield from held or ()
