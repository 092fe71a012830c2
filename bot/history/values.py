"""What the history takes and gives besides the vocabulary of the chat: values only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from adapters.chat import Channel, Message, Place


@dataclass(frozen=True, slots=True)
class Scope:
    """What a read may see: these channels of one workspace. Every read takes one; there is no "all" by omission.

    `bot.permissions` makes the scope of whoever asks from a chat: `live`, so that it sees only channels that are kept
    with consent, and conversations of a few people only from `here`, the channel that the asker stands in.
    """

    platform: str
    workspace: str
    channels: tuple[str, ...]
    live: bool = False
    here: str = ""

    @classmethod
    def of(cls, place: Place) -> Self:
        """The one channel that `place` lies in."""
        return cls(place.platform, place.workspace, (place.channel,))


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that a search found. `score` is BM25's: greater is better, comparable within one search only."""

    message: Message
    score: float


@dataclass(frozen=True, slots=True)
class Added:
    """What became of the records that were added.

    `unchanged` counts messages that were known already, are older than what is stored, or stay erased.
    """

    channels: int = 0
    messages: int = 0
    edited: int = 0
    unchanged: int = 0

    def __add__(self, other: "Added") -> "Added":
        return Added(
            self.channels + other.channels,
            self.messages + other.messages,
            self.edited + other.edited,
            self.unchanged + other.unchanged,
        )


@dataclass(frozen=True, slots=True)
class ChannelStats:
    """How much is stored of one channel; `first` and `last` are None while it is empty."""

    channel: Channel
    messages: int
    threads: int
    authors: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Stats:
    """How much is stored. `threads` are those with at least one reply; `size` is bytes on disk, write-ahead log too."""

    channels: tuple[ChannelStats, ...]
    messages: int
    threads: int
    authors: int
    first: datetime | None
    last: datetime | None
    size: int


@dataclass(frozen=True, slots=True)
class Consent:
    """What is decided about a channel: kept since when, by whom (an id), for how many days (None: the default).

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
class Cleared:
    """What went at once: messages, what had been derived from them, and when."""

    messages: int
    derived: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Derived:
    """Something made from messages: what `kind` it is, the fingerprint of what it was made of, by which model."""

    kind: str
    content: str
    model: str
    value: str


@dataclass(frozen=True, slots=True)
class Holdings:
    """What is stored about one person, in counts. `stopped` says that nothing new of theirs is stored."""

    messages: int
    channels: int
    first: datetime | None
    last: datetime | None
    marks: int
    promises: int
    stopped: bool


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
        """As a program reads it."""
        counts = {"messages": self.messages, "vectors": self.vectors, "derived": self.derived}
        return {"author": self.author, **counts, "at": self.at.isoformat()}

    def sentence(self) -> str:
        """As a person reads it."""
        noun = "message" if self.messages == 1 else "messages"
        made = f" and {self.derived} things made from them" if self.derived else ""
        return (
            f"Erased {self.messages} {noun} of {self.author}{made} at {self.at:%Y-%m-%d %H:%M} UTC; "
            "they will not come back."
        )
