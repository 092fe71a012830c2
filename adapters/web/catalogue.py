"""Defines what the web asks for besides answers: messages by pages, imports, and how Parley stands. Values only.

The adapter knows no store and no model; whoever builds it hands over a `Catalogue`. Every call says who looks, and
returns nothing of a channel that they may not read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from adapters.chat import Access, Channel, Message, Person, Place


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person in front of a page, and what they may read and decide. `owner` says that they own the machine."""

    person: Person
    access: Access = field(repr=False)
    owner: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A channel, how many messages are stored of it and when they were sent, and whether it is kept with consent."""

    channel: Channel
    messages: int
    first: datetime | None
    last: datetime | None
    kept: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """Describes a channel: messages in each of equal parts of its time, its threads, and shares of languages."""

    bars: tuple[int, ...]
    first: datetime | None
    last: datetime | None
    threads: int
    languages: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Begun:
    """A message that begins something, the first replies to it, and how many there are."""

    first: Message
    replies: tuple[Message, ...] = ()
    count: int = 0

    @property
    def left(self) -> int:
        """Return how many replies aren't shown."""
        return max(self.count - len(self.replies), 0)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a channel, oldest first. `earlier` and `later` name the pages beside it, "" where there is none."""

    begun: tuple[Begun, ...]
    earlier: str = ""
    later: str = ""


@dataclass(frozen=True, slots=True)
class Turned:
    """A message in another language, or why it stayed as it is."""

    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Brought:
    """The result of an import: what it was in a sentence, and what was left out and why."""

    sentence: str
    complaints: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class Catalogue(Protocol):
    """All that the pages show besides replies. Every call may raise an error whose words may be shown."""

    async def channels(self, who: Visitor) -> Sequence[Listed]:
        """Return the channels that the visitor may read."""
        ...

    async def channel(self, who: Visitor, place: Place) -> Listed | None:
        """Return one channel, None where the visitor may not read it or it isn't there."""
        ...

    async def profile(self, who: Visitor, place: Place) -> Profile:
        """Return what a channel looks like."""
        ...

    async def page(self, who: Visitor, place: Place, side: Literal["", "before", "after", "around"], at: str) -> Page:
        """Return a page of a channel: the newest, that on one side of the mark `at`, or that around a message."""
        ...

    async def thread(self, who: Visitor, place: Place, id_: str) -> Begun | None:
        """Return a message with all its replies."""
        ...

    async def found(self, who: Visitor, place: Place, words: str) -> Sequence[Message]:
        """Return messages that hold what was typed, the newest first."""
        ...

    async def turned(self, who: Visitor, place: Place, ids: Sequence[str], to: str) -> Mapping[str, Turned]:
        """Return messages of a channel in another language, by their ids."""
        ...

    async def bring_in(self, path: Path, on_count: Callable[[int], None]) -> Brought:
        """Import an export; `on_count` gets the number of messages so far, on another thread."""
        ...

    def targets(self) -> Sequence[tuple[str, str]]:
        """Return the languages into which some model translates: code and name."""
        ...

    def readable_error(self, error: Exception) -> tuple[str, str] | None:
        """Return the sentence and the remedy of an error that was foreseen, None for any other."""
        ...
