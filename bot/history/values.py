"""Defines what the history takes and gives besides the vocabulary of the chat: values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from adapters.chat import Channel, Intent, Message, Place
from adapters.platform.actions import text_of
from adapters.text.counts import counted


@dataclass(frozen=True, slots=True)
class Scope:
    """The bounds of a read: these channels of one workspace. Every read takes one; omission never means "all".

    `bot.conversation.permissions` makes the scope of whoever asks from a chat: `live`, so that it sees only channels
    that are kept with consent, and conversations of a few people only from `here`, the channel that the asker stands
    in. `beside` are scopes of other workspaces that are read along.
    """

    platform: str
    workspace: str
    channels: tuple[str, ...]
    live: bool = False
    here: str = ""
    beside: tuple["Scope", ...] = ()

    @classmethod
    def of(cls, place: Place) -> Self:
        """Return the one channel that `place` lies in."""
        return cls(place.platform, place.workspace, (place.channel,))

    @property
    def workspaces(self) -> "tuple[Scope, ...]":
        """Return the same as one scope for each workspace."""
        return replace(self, beside=()), *self.beside

    def within(self, place: Place) -> "Scope":
        """Return the part of the scope that is the place's channel; it is empty where the scope doesn't hold that."""
        scope = next((each for each in self.workspaces if each.holds(place)), None)
        return replace(scope or self, channels=(place.channel,) if scope else (), beside=())

    def holds(self, place: Place) -> bool:
        """Return whether the place's channel is one of its own channels."""
        workspace = (place.platform, place.workspace) == (self.platform, self.workspace)
        return workspace and place.channel in self.channels


@dataclass(frozen=True, slots=True)
class Extent:
    """The number of messages in a window, and when the first and the last were sent; None without any."""

    messages: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that a search found. `score` is BM25's: greater is better, comparable within one search only."""

    message: Message
    score: float


@dataclass(frozen=True, slots=True)
class Added:
    """Holds what became of the records that were added.

    `unchanged` counts messages that were known already, are older than what is stored, or stay erased; `secrets` what
    was redacted in all of them.
    """

    channels: int = 0
    messages: int = 0
    edited: int = 0
    unchanged: int = 0
    secrets: int = 0

    def __add__(self, other: "Added") -> "Added":
        return Added(
            self.channels + other.channels,
            self.messages + other.messages,
            self.edited + other.edited,
            self.unchanged + other.unchanged,
            self.secrets + other.secrets,
        )


@dataclass(frozen=True, slots=True)
class ChannelStats:
    """Holds how much is stored of one channel; `first` and `last` are None while it is empty."""

    channel: Channel
    messages: int
    threads: int
    authors: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Stats:
    """The amount of what is stored. `threads` have at least one reply; `size` is bytes on disk, write-ahead log too."""

    channels: tuple[ChannelStats, ...]
    messages: int
    threads: int
    authors: int
    first: datetime | None
    last: datetime | None
    size: int


@dataclass(frozen=True, slots=True)
class Consent:
    """Holds the decision about a channel: kept since when, by whom (an id), for how many days (None: the default).

    `messages` are stored, from `first` to `last`; an import can have brought some while the channel is off.
    """

    kept: bool
    days: int | None
    by: str
    since: datetime | None
    messages: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Size:
    """The room that the history takes, its messages, and those of which no vector is kept yet."""

    bytes: int
    messages: int
    without_vector: int


@dataclass(frozen=True, slots=True)
class Cleared:
    """The result of an erasure: messages, what had been derived from them, and when."""

    messages: int
    derived: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Derived:
    """Something made from messages: what `kind` it is, the fingerprint of what it was made of, by which model.

    It takes the place of what that model had made of the same content, or one of those named by `instead`.
    """

    kind: str
    content: str
    model: str
    value: str
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what was found: by whose id, where, seen by all there or `private`, by which model.

    `sources` are the ids and texts of the messages that the answer rests on. What is `borrowed` was asked about
    somebody else's words, which have to be stored for the example to be.
    """

    token: str
    place: Place
    asker: str
    private: bool
    intent: Intent
    model: str
    found: Mapping[str, Any] = field(repr=False)
    sources: tuple[tuple[str, str], ...] = field(repr=False)
    at: datetime
    borrowed: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer that people judged: what was asked where, what was found by which model, and how many liked it."""

    place: Place
    intent: Intent
    model: str
    found: Mapping[str, Any]
    sources: tuple[str, ...]
    at: datetime
    up: int
    down: int

    @property
    def good(self) -> bool:
        """Return whether more people liked it than not."""
        return self.up > self.down

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads; nobody is named in it but in what was said."""
        where = {"platform": self.place.platform, "workspace": self.place.workspace, "channel": self.place.channel}
        asked = {"intent": self.intent.name, "argument": self.intent.argument, "asked": text_of(self.intent)}
        verdicts = {"verdict": "up" if self.good else "down", "up": self.up, "down": self.down}
        fields = {**self.found, "sources": list(self.sources), "model": self.model}
        return {**asked, **where, **verdicts, "at": self.at.isoformat(), "found": fields}


@dataclass(frozen=True, slots=True)
class Holdings:
    """Holds what is stored about one person, in counts. `stopped` says that nothing new of theirs is stored."""

    messages: int
    channels: int
    first: datetime | None
    last: datetime | None
    marks: int
    promises: int
    stopped: bool
    judged: int = 0
    digests: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of an erasure: whose messages, how many, how many vectors and other things made from them, and when.

    `for_good` says that nothing new of theirs is stored either.
    """

    author: str
    messages: int
    vectors: int
    at: datetime
    derived: int = 0
    for_good: bool = True

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        counts = {"messages": self.messages, "vectors": self.vectors, "derived": self.derived}
        return {"author": self.author, **counts, "at": self.at.isoformat()}

    def sentence(self) -> str:
        """Return it as a person reads it."""
        derived = f" and {counted(self.derived, 'thing')} made from them" if self.derived else ""
        return (
            f"Erased {counted(self.messages, 'message')} of {self.author}{derived} at {self.at:%Y-%m-%d %H:%M} UTC; "
            "they will not come back."
        )
