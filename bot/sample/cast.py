"""Reads from workspace.toml who is in the sample workspace and which channels it has."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class CastMember:
    """Somebody who writes; `client` is "app" where their messages carry rich text blocks, else "plain"."""

    key: str
    id: str
    real_name: str
    title: str
    tz: str
    client: str
    display_name: str = ""

    @property
    def shown_as(self) -> str:
        """Return the name that others see."""
        return self.display_name or self.key


@dataclass(frozen=True, slots=True)
class Bot:
    """A program that posts."""

    key: str
    id: str
    real_name: str


@dataclass(frozen=True, slots=True)
class CastChannel:
    """A channel: its name, what it is for, and its members' keys."""

    key: str
    id: str
    topic: str
    purpose: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Workspace:
    """The whole cast, keyed by the names that the transcripts use."""

    team: str
    domain: str
    people: dict[str, CastMember]
    bots: dict[str, Bot]
    rooms: dict[str, CastChannel]

    @property
    def user_ids(self) -> dict[str, str]:
        """Return a person's id for their key."""
        return {key: person.id for key, person in self.people.items()}

    @property
    def room_ids(self) -> dict[str, str]:
        """Return a channel's id for its name."""
        return {key: room.id for key, room in self.rooms.items()}


def load() -> Workspace:
    """Return the workspace as workspace.toml describes it."""
    workspace = tomllib.loads((HERE / "workspace.toml").read_text(encoding="utf-8"))
    people = {row["key"]: CastMember(**row) for row in workspace["people"]}
    bots = {row["key"]: Bot(**row) for row in workspace["bots"]}
    rooms = {row["key"]: CastChannel(**{**row, "members": tuple(row["members"])}) for row in workspace["channels"]}
    return Workspace(workspace["team"], workspace["domain"], people, bots, rooms)


def transcript(room: CastChannel) -> list[str]:
    """Return the lines of a channel's transcript."""
    return (HERE / f"{room.key}.txt").read_text(encoding="utf-8").splitlines()
