"""Import a Slack export: a zip or a folder of `users.json`, `channels.json` and a day file per channel and day.

Everything in it is untrusted: what isn't as it should be is refused by name and the rest goes in. Counts as a message:
everything that a person or a bot posted, and as a notice what Slack wrote by itself ("joined the channel", a deleted
root of a thread). Knows no database.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from adapters.chat import Channel, ChannelKind, Imported, Message, Place, Refusal, Remark
from adapters.imports import json_stream
from adapters.imports.archive import Archive, ArchiveUnreadable, glance, open_archive
from adapters.imports.entry import EntryRefused, folder_of, shown
from adapters.imports.json_stream import Flaw, UnreadableItem
from adapters.imports.people import People
from adapters.imports.slack_tables import KNOWN, MOST_PEOPLE, Tables, composed, read_tables
from adapters.imports.zip_names import spellings
from adapters.payloads.slack import Scene, profile_name, read_message
from adapters.text.coerce import identifier
from adapters.text.counts import counted
from adapters.text.markup import Names, clean_name

DAY_FILE = re.compile(r"(?:^|/)[^/]+/\d{4}-\d\d-\d\d\.json$")
UPLOAD = re.compile(r"(?:^|/)(?:__uploads/|[^/]+/attachments/)")  # where programs put the files of messages
TEAM_FOLDER = re.compile(r"teams/[^/]+/")  # of an Enterprise Grid's workspaces
TEAM_AT_END = re.compile(r"(?:(?<=/)|^)teams/[^/]+/$")
TEAMS_TABLE = re.compile(r"[^/]+/teams/[^/]+/[^/]+")
MOST_TOP_FOLDERS = 2
ENTRIES_ASKED_FOR_A_TEAM = 20
EXPORT_NAME = re.compile(r"^(.*?)(?<![ _-])[ _-]+slack[ _-]+export\b.*$", re.IGNORECASE)


class SlackExport:
    """Reads the export that a workspace's owner downloads."""

    name: ClassVar[str] = "slack"

    def recognises(self, path: Path) -> bool:
        """Return whether the names of a Slack export are in it."""
        names = [name for name in glance(path) if name.count("/") <= MOST_TOP_FOLDERS + 1]
        return _root(names) is not None or any(map(DAY_FILE.search, names))

    def read(self, path: Path) -> Iterator[Imported]:
        """Yield channels, each before its messages, and refusals."""
        try:
            with open_archive(path) as archive:
                yield from archive.refusals
                yield from _read(archive, path)
        except ArchiveUnreadable as error:
            yield Refusal(shown(path.name), str(error))


@dataclass(frozen=True, slots=True)
class _Workspace:
    """A workspace's folder in an export: its tables, and the day files of each of its folders."""

    root: str
    tables: Tables
    days: dict[str, list[str]]


def _read(archive: Archive, path: Path) -> Iterator[Imported]:
    top = TEAM_AT_END.sub("", _root(archive.names) or "")
    teams = sorted({top + match[0] for name in archive.names if (match := TEAM_FOLDER.match(name.removeprefix(top)))})
    refusals: list[Refusal] = []
    everybody = read_tables(archive, top, refusals)
    spaces = [_Workspace(top, everybody, _days(archive.names, top, teams))]
    spaces += [_Workspace(team, read_tables(archive, team, refusals), _days(archive.names, team, [])) for team in teams]
    yield from refusals
    for space in spaces:
        yield from _workspace(archive, space, everybody, path)


def _workspace(archive: Archive, space: _Workspace, everybody: Tables, path: Path) -> Iterator[Imported]:
    """Yield the channels and messages of a workspace; people are also known by the tables of the whole organisation."""
    own, days = space.tables, space.days
    every_day = [day for files in days.values() for day in files]
    known = {**everybody.people, **own.people}
    people = People(known, lambda: _people_met(archive, every_day, known))
    name = _base(space.root.rstrip("/")) if TEAM_FOLDER.search(space.root) else _workspace_name(path)
    team = own.team() or _team_of_messages(archive, every_day) or _slug(name)
    place = Place("slack", team, "")
    listed = [_Listed(row.channel(place, people, name), row.folder()) for row in own.channels.values()]
    names = Names(people, {entry.channel.place.channel: entry.channel.name for entry in listed})
    nameless: set[str] = set()
    bots = frozenset(own.bots | everybody.bots)
    for entry in (*listed, *_unlisted(days, listed, place)):
        yield entry.channel
        scene = Scene(entry.channel.place, names, bots, unfolded=True)
        for day in days.pop(entry.found_in(days), ()):
            for item in _messages(archive, day, scene):
                if isinstance(item, Message) and item.author.name == item.author.id and len(nameless) < MOST_PEOPLE:
                    nameless.add(item.author.id)
                yield item
    if nameless:
        yield Remark(_without_names(nameless))


def _without_names(people: Collection[str]) -> str:
    who = counted(len(people), "person has", "people have")
    return f"{who} no name in this export (users.json and org_users.json don't list them), so their ids stand instead."


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _root(names: Iterable[str]) -> str | None:
    """Return the folder around everything, with its slash: the shallowest file that every export has tells."""
    known = [name for name in names if _base(name) in KNOWN and _lies_high(name)]
    if not known:
        return None
    folder = folder_of(min(known, key=lambda name: (name.count("/"), name)))
    return f"{folder}/" if folder else ""


def _lies_high(name: str) -> bool:
    """Return whether a table lies where an export has its own, and not deep in something else."""
    return name.count("/") <= MOST_TOP_FOLDERS or TEAMS_TABLE.fullmatch(name) is not None


def _days(names: Iterable[str], root: str, others: Iterable[str]) -> dict[str, list[str]]:
    """Return the day files of each channel's folder, oldest first, without those in folders of `others`."""
    apart = tuple(others)
    days: dict[str, list[str]] = {}
    for name in sorted(names):
        if name.startswith(root) and DAY_FILE.search(name) and not (name.startswith(apart) or UPLOAD.search(name)):
            days.setdefault(composed(_base(folder_of(name))), []).append(name)
    return days


@dataclass(frozen=True, slots=True)
class _Listed:
    """A channel as the export's tables list it, and the folder that holds its day files."""

    channel: Channel
    folder: str

    def found_in(self, days: Mapping[str, list[str]]) -> str:
        """Return the folder of these that is the channel's: most programs call it by the name, some by the id."""
        if self.folder in days:
            return self.folder
        usual = [self.channel.place.channel]
        if not self.folder.isascii():
            usual += map(composed, spellings(self.folder))
        return next((folder for folder in usual if folder in days), self.folder)


def _items(archive: Archive, name: str, *, ahead: bool = False) -> Iterator[tuple[int, dict[str, Any]] | Refusal]:
    """Yield the numbered objects of a file's list.

    Yields a refusal for each that can't be read, and where reading ends early.
    """
    try:
        with archive.open(name, ahead=ahead) as stream:
            for index, item in json_stream.objects(stream):
                yield Refusal(name, f"item [{index}] {item.reason}") if isinstance(item, Flaw) else (index, item)
    except (EntryRefused, UnreadableItem) as error:
        yield Refusal(name, str(error))


def _read_ahead(archive: Archive, days: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the messages of these days, for a first look that refuses nothing."""
    for day in days:
        for item in _items(archive, day, ahead=True):
            if not isinstance(item, Refusal):
                yield item[1]


def _people_met(archive: Archive, days: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """Return the names that messages give their own authors: people of connected workspaces stand in no table."""
    met: dict[str, str] = {}
    for message in _read_ahead(archive, days):
        person = identifier(message.get("user"))
        if person and person not in known and person not in met and len(met) < MOST_PEOPLE:
            name = profile_name(message.get("user_profile"))
            if name:
                met[person] = name
    return met


def _team_of_messages(archive: Archive, days: Sequence[str]) -> str:
    """Return the workspace that the first messages name."""
    items = _read_ahead(archive, days[:ENTRIES_ASKED_FOR_A_TEAM])
    return next(filter(None, (identifier(message.get("team")) for message in items)), "")


def _slug(name: str) -> str:
    """Return a workspace id from the export's name, without the dates that the next export won't share."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "slack"


def _workspace_name(path: Path) -> str:
    stem = path.stem if path.suffix.lower() == ".zip" else path.resolve().name
    match = EXPORT_NAME.match(stem)
    return clean_name(match[1] if match else stem)


def _unlisted(days: Mapping[str, list[str]], listed: Iterable[_Listed], place: Place) -> list[_Listed]:
    """Return folders of messages that no table lists: the folder's name is all that is known of them."""
    known = {entry.found_in(days) for entry in listed}
    return [
        _Listed(Channel(Place(place.platform, place.workspace, folder), clean_name(folder), _kind(folder)), folder)
        for folder in days
        if folder not in known
    ]


def _kind(folder: str) -> ChannelKind:
    """Return what an unlisted folder holds; a direct message's is called by its id, a group's begins with mpdm."""
    if re.fullmatch(r"D[A-Z0-9]{7,}", folder):
        return "direct"
    return "group" if folder.startswith("mpdm-") else "public"


def _messages(archive: Archive, name: str, scene: Scene) -> Iterator[Imported]:
    for read in _items(archive, name):
        if isinstance(read, Refusal):
            yield read
            continue
        index, item = read
        message = read_message(item, scene)
        yield message if not isinstance(message, str) else Refusal(name, f"message [{index}] {message}")
