"""Defines what the web asks for besides answers: messages by pages, imports, and how Parley stands. Values only.

The adapter knows no store and no model; whoever builds it hands over a `Catalogue`. Every call says who looks, and
returns nothing of a channel that they may not read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from adapters.chat import Access, Channel, Intent, Message, Person, Place
from adapters.platform.findings import State


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
class ChannelProfile:
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


@dataclass(frozen=True, slots=True)
class MoodCell:
    """A day or a longer time of a report; shares are None where it is withheld."""

    label: str
    messages: int
    people: int
    shares: tuple[float, float, float] | None
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True, slots=True)
class MoodTopic:
    """A topic of a report: its share of the messages, the negative share within, and a sentence that names nobody."""

    name: str
    share: float
    negative: float | None
    quotation: str


@dataclass(frozen=True, slots=True)
class MoodReport:
    """The report of a channel's mood. `changes` are the cells, by number, with which the negative share changed."""

    channel: str
    finding: str
    unit: str
    cells: tuple[MoodCell, ...]
    changes: tuple[tuple[int, str], ...]
    topics: tuple[MoodTopic, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """Holds what comes round in a channel: a digest or a report, when, and when it comes next."""

    what: str
    channel: Channel
    when: str
    next: datetime | None


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody who wrote messages: who they are, in which workspace, and how many of their messages are stored."""

    person: Person
    place: Place
    messages: int


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A bound model: its task, name and family, whether it is loaded and where, its memory in bytes, and why so."""

    task: str
    model: str
    family: str
    loaded: bool
    device: str
    dtype: str
    memory: int
    reason: str
    failure: str
    jobs: int


@dataclass(frozen=True, slots=True)
class Load:
    """The work of one moment. Rates are of the last seconds: batches, jobs and tokens a second."""

    running: int
    waiting: int
    jobs: int
    batches: float
    texts: float
    tokens: float
    total: int


@dataclass(frozen=True, slots=True)
class Looked:
    """One finding of a look at everything that is configured."""

    what: str
    state: State
    detail: str


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """An answer that people judged."""

    intent: str
    asked: str
    channel: str
    model: str
    up: int
    down: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Tried:
    """Holds what a model made of a text: for which task, in how many seconds, and how many tokens it read or wrote."""

    task: str
    model: str
    text: str
    seconds: float
    tokens: int | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Meant:
    """Says what free text is taken for: an intent or None, how surely, and the details that were read from it."""

    intent: str | None
    confidence: float
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Dot:
    """A message on the map of a channel: where it stands, from 0 to 1, and the number of its topic."""

    message: Message
    x: float
    y: float
    topic: int


@dataclass(frozen=True, slots=True)
class TopicMap:
    """Messages by their meaning, on a plane; `topics` are names by number. `kept` is the share of variance it shows."""

    dots: tuple[Dot, ...]
    topics: tuple[str, ...]
    kept: float


class Catalogue(Protocol):
    """All that the pages show besides replies. Every call may raise an error whose words may be shown."""

    async def channels(self, who: Visitor) -> Sequence[Listed]:
        """Return the channels that the visitor may read."""
        ...

    async def channel(self, who: Visitor, place: Place) -> Listed | None:
        """Return one channel, None where the visitor may not read it or it isn't there."""
        ...

    async def profile(self, who: Visitor, place: Place) -> ChannelProfile:
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

    async def mood(self, who: Visitor, place: Place, intent: Intent, on_stage: Callable[[str], None]) -> MoodReport:
        """Return the report of a channel over the intent's window."""
        ...

    async def recurring(self, who: Visitor) -> Sequence[ScheduleRow]:
        """Return what comes round in the channels that the visitor may read."""
        ...

    async def people(self, who: Visitor, typed: str) -> Sequence[KnownPerson]:
        """Return people whose name or id holds what was typed; the owner alone gets any."""
        ...

    async def verdicts(self, who: Visitor) -> Sequence[JudgedAnswer]:
        """Return the answers that people judged; the owner alone gets any."""
        ...

    def models(self) -> Sequence[ModelRow]:
        """Return the bound models."""
        ...

    def load(self) -> Load:
        """Return the work of this moment."""
        ...

    async def look(self) -> Sequence[Looked]:
        """Look at everything that is configured, as `parley check` does; loads every model."""
        ...

    async def tried(self, text: str, question: str, to: str) -> Sequence[Tried]:
        """Return what each bound model makes of a text."""
        ...

    async def meant(self, text: str) -> Meant:
        """Return what free text is taken for."""
        ...

    async def table(self, cells: Sequence[Sequence[str]], to: str) -> Sequence[Sequence[Turned]]:
        """Return a table with every cell in another language."""
        ...

    async def topic_map(self, who: Visitor, place: Place) -> TopicMap:
        """Return a channel's newest messages on a map of what they are about."""
        ...
