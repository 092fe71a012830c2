"""Defines the records of an export: one line of JSON each, checked as it is read, since a file may come from anywhere.

Whatever was said, decided or promised is a record; what a model can make again (vectors, scores, summaries) isn't.
"""

from collections.abc import Mapping
from datetime import UTC
from types import MappingProxyType
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from apscheduler.triggers.cron import CronTrigger
from pydantic import (
    AfterValidator,
    AwareDatetime,
    Base64Bytes,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    model_validator,
)

from adapters.chat import Carried, Channel, ChannelKind, Person, Place, Reaction
from adapters.chat import Message as Said
from bot.history.preferences import LONGEST
from bot.history.schedules import What

FORMAT = 1
LANGUAGE = r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}"
Whole = Annotated[int, Field(ge=-(2**63), lt=2**63)]  # what SQLite holds as a number
Days = Annotated[int, Field(ge=1, le=36_500)]
Flag = Annotated[int, Field(ge=0, le=1)]
Time = Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))]


def _halves(value: bytes) -> bytes:
    """Return bytes that are numbers of half precision. Raises ValueError for others."""
    if not value or len(value) % 2:
        raise ValueError("isn't a vector")
    return value


Vector = Annotated[Base64Bytes, AfterValidator(_halves)]


class Record(BaseModel):
    """One line. A setting that isn't known is an error, as it would be lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Head(Record):
    """The first line: which program wrote the others, and in which form."""

    record: Literal["history"] = "history"
    format: Whole = FORMAT


class Forgotten(Record):
    """A person of whom nothing is stored that was sent before `until`, None for ever; in one workspace, or in all."""

    record: Literal["forgotten"] = "forgotten"
    author: str
    workspace: str = ""
    at: Time
    until: Time | None = None


class OfChannel(Record):
    """A record that belongs to a channel."""

    platform: str
    workspace: str
    channel: str

    @property
    def place(self) -> Place:
        """Return the channel's place."""
        return Place(self.platform, self.workspace, self.channel)


class Room(OfChannel):
    """A channel and what it is called."""

    record: Literal["channel"] = "channel"
    name: str
    kind: ChannelKind
    workspace_name: str

    def known(self) -> Channel:
        """Return the same in the vocabulary of the edge."""
        return Channel(self.place, self.name, self.kind, self.workspace_name)


class Decided(OfChannel):
    """The decision about a channel: whether it is kept, for how long, by whom and when it was made."""

    record: Literal["standing"] = "standing"
    kept: Flag
    follow: Flag
    days: Days | None
    mark: str
    by: str
    at: Time
    apps: Flag = 0


class Tombstone(OfChannel):
    """A message that was erased and stays so."""

    record: Literal["tombstone"] = "tombstone"
    id: str
    at: Time


class Author(Record):
    """A person's id and name."""

    id: str
    name: str


class PassedOn(Record):
    """Words of somebody else's in a message: whose, and of which message."""

    author: str = ""
    id: str = ""
    channel: str = ""


class Message(OfChannel):
    """A message that somebody wrote; files of Parley 0.2 have these records alone."""

    record: Literal["message"] = "message"
    thread: str | None
    id: str
    author: Author
    text: str
    sent_at: Time
    edited_at: Time | None = None
    from_bot: bool = False
    notice: bool = False
    permalink: str | None = None
    reply_to: str | None = None
    reactions: dict[str, Whole] = Field(default_factory=dict)
    carried: tuple[PassedOn, ...] = ()
    alone: str = ""

    def known(self) -> Said:
        """Return the same in the vocabulary of the edge."""
        return Said(
            self.id,
            Place(self.platform, self.workspace, self.channel, self.thread),
            Person(self.author.id, self.author.name),
            self.text,
            self.sent_at,
            self.edited_at,
            self.from_bot,
            self.notice,
            self.permalink,
            self.reply_to,
            tuple(Reaction(emoji, count) for emoji, count in self.reactions.items()),
            tuple(Carried(each.author, each.id, each.channel) for each in self.carried),
            self.alone,
        )


class Seen(OfChannel):
    """The time up to which a person has read a channel or thread."""

    record: Literal["seen"] = "seen"
    person: str
    thread: str
    at: Time


class Preference(Record):
    """The language that a person chose, in one workspace or in all."""

    record: Literal["preference"] = "preference"
    person: str
    workspace: str = ""
    language: Annotated[str, Field(pattern=rf"\A{LANGUAGE}\z")]


class Term(Record):
    """A word of a workspace's glossary."""

    record: Literal["term"] = "term"
    platform: str
    workspace: str
    target: Annotated[str, Field(pattern=rf"\A({LANGUAGE})?\z")]
    term: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    translation: Annotated[str, Field(max_length=LONGEST)]
    by: str
    at: Time


class Interpreted(OfChannel):
    """The decision that a channel translates itself, into which languages."""

    record: Literal["interpreted"] = "interpreted"
    targets: Annotated[str, Field(pattern=r"\A([A-Za-z-]{2,12}( |\z))*\z")]
    readers: Flag
    by: str
    at: Time


class Spared(Record):
    """A person whose messages are not translated, in one workspace or in all."""

    record: Literal["spared"] = "spared"
    person: str
    workspace: str = ""


class Unbridged(Record):
    """A person whose messages are not carried over bridges, in one workspace or in all."""

    record: Literal["unbridged"] = "unbridged"
    person: str
    workspace: str = ""


class Companion(OfChannel):
    """A message that has a translation beside it, and what the service calls that."""

    record: Literal["companion"] = "companion"
    id: str
    anchor: str
    thread: str
    author: str
    targets: str
    sent_at: Time
    edited_at: Whole
    tried: Time
    post: str
    stale: Flag
    gone: Flag


class OfWhatComesRound(OfChannel):
    """A record of a report or digest; exports of before know reports alone, for everyone in their channel."""

    what: What = "report"
    person: str = ""


class Schedule(OfWhatComesRound):
    """A report or digest that comes round."""

    record: Literal["schedule"] = "schedule"
    about: tuple[str, ...] = ()
    cron: str
    timezone: str
    span: Whole | None
    since: Time
    owners: Flag

    @model_validator(mode="after")
    def readable(self) -> "Schedule":
        """Return the record, whose times the scheduler can read. Raises ValueError."""
        if self.timezone not in available_timezones():
            raise ValueError("isn't a time zone")
        CronTrigger.from_crontab(self.cron, ZoneInfo(self.timezone))
        return self


class Posting(OfWhatComesRound):
    """A report or digest that was posted, or begun."""

    record: Literal["posting"] = "posting"
    due: Time
    tried: Time
    held: Time
    holder: str
    posted: Time | None


class Promise(OfChannel):
    """A request that was accepted, and whether it has been answered."""

    record: Literal["promise"] = "promise"
    key: str
    thread: str
    asker: str
    asker_name: str
    at: Time
    settled: Flag


class Figure(OfChannel):
    """Blurred counts of how many people's messages sound."""

    model: str
    start: Time
    stop: Time
    messages: Whole
    people: Whole
    effective: FiniteFloat
    positive: FiniteFloat
    neutral: FiniteFloat
    negative: FiniteFloat
    blur: FiniteFloat


class Mood(Figure):
    """A figure that was shown of a channel's mood: the same is shown again, so that no second blur tells more."""

    record: Literal["mood"] = "mood"


class TopicMood(Figure):
    """A figure that was shown of a topic's mood, with the middle of the topic's vectors."""

    record: Literal["topic_mood"] = "topic_mood"
    centre: Vector


class Verdict(Record):
    """One person's view of an answer; the person is a hash."""

    person: str
    good: Flag
    at: Time


class Example(BaseModel):
    """A judged answer, as far as the history reads it."""

    model_config = ConfigDict(frozen=True)

    intent: str
    found: Any
    sources: list[str]
    asker: str
    private: bool


class Feedback(OfChannel):
    """An answer that was judged, the messages that it rests on, and the verdicts."""

    record: Literal["feedback"] = "feedback"
    content: str
    model: str
    value: Example
    at: Time
    rests_on: tuple[str, ...]
    verdicts: Annotated[tuple[Verdict, ...], Field(min_length=1)]


KINDS: Mapping[str, type[Record]] = MappingProxyType(
    {
        kind.model_fields["record"].default: kind
        for kind in (
            Head, Forgotten, Room, Decided, Tombstone, Message, Seen, Preference, Term, Schedule, Posting, Promise,
            Mood, TopicMood, Feedback, Interpreted, Spared, Unbridged, Companion,
        )
    }
)  # fmt: skip
