"""The tables of a Slack export: who is there, and which channels.

Of each row only what an import needs is kept, and of no table more than a bound: a small zip can hold millions of rows.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from adapters.chat import Channel, ChannelKind, Place, Refusal
from adapters.imports import json_stream
from adapters.imports.archive import Archive
from adapters.imports.entry import EntryRefused
from adapters.imports.json_stream import Flaw, UnreadableItem
from adapters.payloads.slack import person_name
from adapters.text.coerce import identifier, string
from adapters.text.coerce import name as as_name

# An Enterprise Grid writes its people into org_users.json; a workspace's own list has the last word.
PEOPLE = ("org_users.json", "users.json")
CHANNELS: Mapping[str, ChannelKind] = {
    "channels.json": "public",
    "groups.json": "private",
    "mpims.json": "group",
    "dms.json": "direct",
}
KNOWN = {*PEOPLE, *CHANNELS}
MOST_PEOPLE = 300_000
MOST_CHANNELS = 300_000
MOST_MEMBERS = 100  # of a direct message that are looked at for its name


@dataclass(frozen=True, slots=True)
class TableRow:
    """A channel as a table has it."""

    own: str
    name: str
    kind: ChannelKind
    members: tuple[str, ...] = ()

    def channel(self, workspace: Place, people: Mapping[str, str], workspace_name: str) -> Channel:
        """Return the channel; a direct message is called after its members."""
        called = ", ".join(people.get(member, member) for member in self.members)
        place = Place(workspace.platform, workspace.workspace, self.own)
        return Channel(place, as_name(called) or self.name or self.own, self.kind, workspace_name)

    def folder(self) -> str:
        """Return what the folder of its day files is called; a direct message lies under its id."""
        return composed(self.name) or self.own


@dataclass(slots=True)
class Tables:
    """The tables of a workspace: names of people, which of them are bots, and the channels by their ids."""

    people: dict[str, str] = field(default_factory=dict)
    bots: set[str] = field(default_factory=set)
    teams: Counter[str] = field(default_factory=Counter)
    channels: dict[str, TableRow] = field(default_factory=dict)

    def team(self) -> str:
        """Return the workspace most people belong to, or "": guests from connected workspaces bring their own."""
        return self.teams.most_common(1)[0][0] if self.teams else ""

    def add_person(self, row: Mapping[str, Any]) -> bool:
        """Take a row of a table of people; False if there are too many."""
        own = identifier(row.get("id"))
        if own not in self.people and len(self.people) >= MOST_PEOPLE:
            return False
        self.people[own] = person_name(row)
        self.teams.update(filter(None, [identifier(row.get("team_id"))]))
        if row.get("is_bot") is True:
            self.bots.add(own)
        return True

    def add_channel(self, row: Mapping[str, Any], kind: ChannelKind) -> bool:
        """Take a row of a table of channels, the first of each id; False if there are too many."""
        own, name = identifier(row.get("id")), as_name(row.get("name"))
        if own not in self.channels and len(self.channels) >= MOST_CHANNELS:
            return False
        few = kind in {"group", "direct"} or not name
        self.channels.setdefault(own, TableRow(own, name, kind, _members(row) if few else ()))
        return True


def composed(folder: str) -> str:
    """Return a folder's name as channels.json writes it: macOS takes letters and their accents apart."""
    return unicodedata.normalize("NFC", folder)


def read_tables(archive: Archive, root: str, refusals: list[Refusal]) -> Tables:
    """Return the tables in the folder `root`; what can't be read of them is added to `refusals`."""
    tables = Tables()
    for table in PEOPLE:
        _take(_rows(archive, root + table, refusals), tables.add_person, root + table, refusals)
    for table, kind in CHANNELS.items():
        _take(_rows(archive, root + table, refusals), _adder(tables, kind), root + table, refusals)
    return tables


def _adder(tables: Tables, kind: ChannelKind) -> Callable[[Mapping[str, Any]], bool]:
    return lambda row: tables.add_channel(row, kind)


def _take(
    rows: Iterator[Mapping[str, Any]], add: Callable[[Mapping[str, Any]], bool], name: str, refusals: list[Refusal]
) -> None:
    for row in rows:
        if not add(row):
            refusals.append(Refusal(name, f"lists more than {MOST_PEOPLE:,} rows; the rest is left out"))
            return


def _rows(archive: Archive, name: str, refusals: list[Refusal]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table that have an id.

    An export without the file has none, and neither has one that is null.
    """
    if name not in archive.names or (not name.endswith("users.json") and _is_null(archive, name)):
        return
    refused = 0
    for row in _found(archive, name):
        if not isinstance(row, Refusal):
            yield row
            continue
        refused += 1
        if refused > json_stream.MOST_FLAWS:
            refusals.append(
                Refusal(name, f"has more than {json_stream.MOST_FLAWS} unusable rows; the rest is left out")
            )
            return
        refusals.append(row)


def _found(archive: Archive, name: str) -> Iterator[dict[str, Any] | Refusal]:
    try:
        with archive.open(name) as stream:
            for index, item in json_stream.objects(stream):
                if isinstance(item, Flaw):
                    yield Refusal(name, f"item [{index}] {item.reason}")
                elif identifier(item.get("id")):
                    yield item
                else:
                    yield Refusal(name, f"item [{index}] has no id")
    except (EntryRefused, UnreadableItem) as error:
        yield Refusal(name, str(error))


def _is_null(archive: Archive, name: str) -> bool:
    try:
        with archive.open(name, ahead=True) as stream:
            return json_stream.is_null(stream)
    except EntryRefused:
        return False  # what is wrong is said when the rows are read


def _members(row: Mapping[str, Any]) -> tuple[str, ...]:
    members = row.get("members")
    listed = islice(members, MOST_MEMBERS) if isinstance(members, list) else ()
    return tuple(filter(None, map(string, listed)))
