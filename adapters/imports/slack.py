"""Import a Slack export: a zip or a folder of `users.json`, `channels.json` and a day file per channel and day.

Everything in it is untrusted: what isn't as it should be is refused by name and the rest goes in. Counts as a message:
everything that a person or a bot posted, and as a notice what Slack wrote by itself ("joined the channel", a deleted
root of a thread). Knows no database.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from adapters.chat import Channel, ChannelKind, Imported, Place, Refusal
from adapters.imports import json_stream
from adapters.imports.archive import Archive, ArchiveUnreadable, glance, open_archive
from adapters.imports.entry import EntryRefused, folder_of, shown
from adapters.imports.json_stream import Flaw, Unreadable
from adapters.payloads.slack import Scene, person_name, read_message
from adapters.text.coerce import identifier, string
from adapters.text.coerce import name as as_name
from adapters.text.markup import Names, clean_name

TABLES: Mapping[str, ChannelKind] = {
    "channels.json": "public",
    "groups.json": "private",
    "mpims.json": "group",
    "dms.json": "direct",
}
KNOWN = {"users.json", *TABLES}
DAY_FILE = re.compile(r"(?:^|/)[^/]+/\d{4}-\d\d-\d\d\.json$")
MOST_TOP_FOLDERS = 2
ENTRIES_ASKED_FOR_A_TEAM = 20
EXPORT_NAME = re.compile(r"^(.*?)[ _-]+slack[ _-]+export\b.*$", re.IGNORECASE)


class SlackExport:
    """Reads the export that a workspace's owner downloads."""

    name: ClassVar[str] = "slack"

    def recognises(self, path: Path) -> bool:
        """Whether the names of a Slack export are in it."""
        names = [name for name in glance(path) if name.count("/") <= MOST_TOP_FOLDERS + 1]
        return _root(names) is not None or any(map(DAY_FILE.search, names))

    def read(self, path: Path) -> Iterator[Imported]:
        """Channels, each before its messages, and refusals."""
        try:
            with open_archive(path) as archive:
                yield from archive.refusals
                yield from _read(archive, path)
        except ArchiveUnreadable as error:
            yield Refusal(shown(path.name), str(error))


@dataclass(frozen=True, slots=True)
class _Listed:
    """A channel as the export's tables list it, and the folder that holds its day files."""

    channel: Channel
    folder: str

    def found_in(self, days: Mapping[str, list[str]]) -> str:
        """The folder of these that is the channel's: most programs call it by the name, some by the id."""
        return self.folder if self.folder in days else self.channel.place.channel


def _read(archive: Archive, path: Path) -> Iterator[Imported]:
    root = _root(archive.names) or ""
    refusals: list[Refusal] = []
    users = list(_table(archive, f"{root}users.json", refusals))
    rows = {table: list(_table(archive, root + table, refusals)) for table in TABLES}
    yield from refusals
    people = {string(user.get("id")): person_name(user) for user in users}
    bots = frozenset(string(user.get("id")) for user in users if user.get("is_bot") is True)
    days = _days(archive.names, root)
    workspace = _team(users) or _team_of_messages(archive, days) or _slug(path)
    listed = list(_channels(rows, people, Place("slack", workspace, ""), _workspace_name(path)))
    names = Names(people, {entry.channel.place.channel: entry.channel.name for entry in listed})
    for entry in (*listed, *_unlisted(days, listed, Place("slack", workspace, ""))):
        yield entry.channel
        scene = Scene(entry.channel.place, names, bots)
        for day in days.pop(entry.found_in(days), ()):
            yield from _messages(archive, day, scene)


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _root(names: Iterable[str]) -> str | None:
    """The folder around everything, with its slash: the shallowest file that every export has tells."""
    known = [name for name in names if _base(name) in KNOWN and name.count("/") <= MOST_TOP_FOLDERS]
    if not known:
        return None
    folder = folder_of(min(known, key=lambda name: (name.count("/"), name)))
    return f"{folder}/" if folder else ""


def _days(names: Iterable[str], root: str) -> dict[str, list[str]]:
    """The day files of each channel's folder, oldest first."""
    days: dict[str, list[str]] = {}
    for name in sorted(names):
        if name.startswith(root) and DAY_FILE.search(name):
            days.setdefault(_composed(_base(folder_of(name))), []).append(name)
    return days


def _composed(folder: str) -> str:
    """A folder's name as channels.json writes it: macOS takes letters and their accents apart."""
    return unicodedata.normalize("NFC", folder)


def _items(archive: Archive, name: str) -> Iterator[tuple[int, Any] | Refusal]:
    """The numbered items of a file's list; a refusal for each that can't be read, and where reading ends early."""
    try:
        with archive.open(name) as stream:
            for index, item in json_stream.items(stream):
                if isinstance(item, Flaw):
                    yield Refusal(name, f"item [{index}] {item.reason}")
                elif not isinstance(item, dict):
                    yield Refusal(name, f"item [{index}] isn't a JSON object")
                else:
                    yield index, item
    except (EntryRefused, Unreadable) as error:
        yield Refusal(name, str(error))


def _table(archive: Archive, name: str, refusals: list[Refusal]) -> Iterator[dict[str, Any]]:
    """The rows of users.json and its like that have an id. An export without the file has none."""
    if name not in archive.names:
        return
    for found in _items(archive, name):
        if isinstance(found, Refusal):
            refusals.append(found)
        elif not identifier(found[1].get("id")):
            refusals.append(Refusal(name, f"item [{found[0]}] has no id"))
        else:
            yield found[1]


def _team(users: Iterable[Mapping[str, Any]]) -> str:
    """The workspace most people belong to: guests from connected workspaces bring their own."""
    teams = Counter(filter(None, (identifier(user.get("team_id")) for user in users)))
    return teams.most_common(1)[0][0] if teams else ""


def _team_of_messages(archive: Archive, days: Mapping[str, list[str]]) -> str:
    """The workspace that the first messages name."""
    first = [day for files in days.values() for day in files][:ENTRIES_ASKED_FOR_A_TEAM]
    found = (item for day in first for item in _items(archive, day) if not isinstance(item, Refusal))
    return next(filter(None, (identifier(message.get("team")) for _, message in found)), "")


def _slug(path: Path) -> str:
    """A workspace id from the export's file name, without the dates that the next export won't share."""
    return re.sub(r"[^a-z0-9]+", "-", _workspace_name(path).lower()).strip("-") or "slack"


def _workspace_name(path: Path) -> str:
    stem = path.stem if path.suffix.lower() == ".zip" else path.resolve().name
    match = EXPORT_NAME.match(stem)
    return clean_name(match[1] if match else stem)


def _channels(
    rows: Mapping[str, list[dict[str, Any]]], people: Mapping[str, str], place: Place, workspace_name: str
) -> Iterator[_Listed]:
    """Every channel that the tables list, once. A direct message is called after its members and lies under its id."""
    seen: set[str] = set()
    for table, kind in TABLES.items():
        for row in rows[table]:
            own, name = identifier(row.get("id")), as_name(row.get("name"))
            if own in seen:
                continue
            seen.add(own)
            shown = name if name and kind in ("public", "private") else _members(row, people) or name or own
            here = Place(place.platform, place.workspace, own)
            yield _Listed(Channel(here, shown, kind, workspace_name), _composed(name) or own)


def _members(row: Mapping[str, Any], people: Mapping[str, str]) -> str:
    members = row.get("members")
    ids = [string(member) for member in members] if isinstance(members, list) else []
    return ", ".join(people.get(member, member) for member in ids if member)


def _unlisted(days: Mapping[str, list[str]], listed: Iterable[_Listed], place: Place) -> list[_Listed]:
    """Folders of messages that no table lists: the folder's name is all that is known of them."""
    known = {entry.found_in(days) for entry in listed}
    return [
        _Listed(Channel(Place(place.platform, place.workspace, folder), clean_name(folder), _kind(folder)), folder)
        for folder in days
        if folder not in known
    ]


def _kind(folder: str) -> ChannelKind:
    """What an unlisted folder holds; a direct message's is called by its id, a group's begins with mpdm."""
    if re.fullmatch(r"D[A-Z0-9]{7,}", folder):
        return "direct"
    return "group" if folder.startswith("mpdm-") else "public"


def _messages(archive: Archive, name: str, scene: Scene) -> Iterator[Imported]:
    for found in _items(archive, name):
        if isinstance(found, Refusal):
            yield found
            continue
        index, item = found
        message = read_message(item, scene)
        yield message if not isinstance(message, str) else Refusal(name, f"message [{index}] {message}")
