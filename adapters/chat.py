"""The vocabulary that every chat service is translated into, and the two protocols of the edge.

Pure values: they know no platform, no model and no database. Times are aware and in UTC, collections are tuples,
texts are plain (mentions are names, markup is gone).
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Literal, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

ChannelKind = Literal["public", "private", "group", "direct"]
NO_OPTIONS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Place:
    """A place where something is said: the stable key of everything that is stored.

    `thread` is the id of the thread's first message in the channel; that first message itself has none.
    """

    platform: str
    workspace: str
    channel: str
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as its platform describes it; `place.thread` is always None."""

    place: Place
    name: str
    kind: ChannelKind = "public"
    workspace_name: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A person who speaks or asks: the platform's id, and the name that people see."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """An emoji (by name or as itself) under a message, and how many people put it there; never who."""

    emoji: str
    count: int


@dataclass(frozen=True, slots=True)
class Carried:
    """Words of another message or file that stand in a message: whose, of which message, and when those were said.

    What the platform doesn't say is "" or None. `channel` is "" also where ids are unique on the whole platform.
    """

    author: str = ""
    id: str = ""
    channel: str = ""
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One utterance.

    `id` is unique within its channel and sorts no order; `sent_at` does. `notice` marks what the platform wrote
    itself ("Ana joined the channel"): it is stored and counted, and is never material for a model. `carried` are the
    words of others in `text`, and `alone` is the text without them. `written` is what the author wrote themselves, as
    Markdown with its emphasis and code, where a live service tells it; it is never stored.
    """

    id: str
    place: Place
    author: Person
    text: str
    sent_at: datetime
    edited_at: datetime | None = None
    from_bot: bool = False
    notice: bool = False
    permalink: str | None = None
    reply_to: str | None = None
    reactions: tuple[Reaction, ...] = ()
    carried: tuple[Carried, ...] = ()
    alone: str = ""
    written: str = field(default="", compare=False)
    picture: str = field(default="", compare=False)
    files: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Window:
    """The messages that are meant; several limits hold together, none at all means everything.

    `within` is a duration up to now; whoever reads the window turns it into `since`. `unread` is resolved against
    the time the asker was last here.
    """

    last: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    within: timedelta | None = None
    thread: str | None = None
    unread: bool = False


EVERYTHING = Window()


@dataclass(frozen=True, slots=True)
class Intent:
    """The wish of a person: a name of the intents' table, its argument, the window and named options."""

    name: str
    argument: str = ""
    window: Window = EVERYTHING
    options: Mapping[str, str] = field(default_factory=lambda: NO_OPTIONS)


UNREAD = Intent("typed")  # of a request whose words the assistant has not read yet


@dataclass(frozen=True, slots=True)
class Typed:
    """The words that somebody typed, for the assistant to read: free text, or what stands after a command's name.

    `options` are those that the platform asks for one by one; the words are then the command's argument alone. Without
    them the words are a line that may hold options too.
    """

    words: str
    command: str = ""
    options: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a long job: a stage in words, and how much of it is done where that is known."""

    stage: str
    done: int = 0
    total: int | None = None

    @property
    def words(self) -> str:
        """Return the step in English: "reading messages 3 of 9"."""
        if self.total:
            return f"{self.stage} {self.done} of {self.total}"
        return f"{self.stage} {self.done}" if self.done else self.stage


OnProgress = Callable[[Progress], None]
OnText = Callable[[str], None]
Fetch = Callable[[Window], AsyncIterator[Message]]


async def fetch_nothing(_: Window) -> AsyncIterator[Message]:
    """Yield the reader of a place whose messages are all in the store already."""
    nothing: tuple[Message, ...] = ()
    for message in nothing:
        yield message


def nothing_elsewhere(_: Place) -> Fetch:
    """Return a reader that yields nothing: that of a host which reads no platform."""
    return fetch_nothing


def ignore(_: object, /) -> None:
    """Take no notice: the listener of a caller that shows nothing on the way."""


class Access(Protocol):
    """The platform's word on the asker, asked now and never remembered. A missing answer counts as False."""

    async def can_read(self, place: Place) -> bool:
        """Return whether the asker may read that channel at this moment."""
        ...

    async def is_admin(self, place: Place) -> bool:
        """Return whether the asker administers that channel or its workspace, by the platform's own roles."""
        ...


@runtime_checkable
class WithRoles(Protocol):
    """An access that also knows what the asker is: ids of roles on Discord, of user groups on Slack."""

    async def roles(self, place: Place) -> frozenset[str]:
        """Return the asker's roles where that place lies."""
        ...


@runtime_checkable
class WithKind(Protocol):
    """An access that also knows what a place is, so that a conversation between a few people is never kept."""

    async def kind(self, place: Place) -> ChannelKind:
        """Return what that channel is at this moment."""
        ...


@runtime_checkable
class WithPresence(Protocol):
    """An access that also knows where Parley itself is, so that nothing is kept behind people's backs."""

    async def is_here(self, place: Place) -> bool:
        """Return whether Parley is in that channel at this moment and may write there."""
        ...


@runtime_checkable
class WithHearing(Protocol):
    """An access that also knows whether Parley gets what people say, so that nobody is promised an empty record."""

    async def unheard(self, place: Place) -> tuple[str, ...]:
        """Return why Parley doesn't get what people say there, as a sentence and what to do; nothing where it does."""
        ...


@runtime_checkable
class WithBridges(Protocol):
    """An access that also knows whether Parley may say there what people said elsewhere, under their names."""

    async def unbridgeable(self, place: Place) -> tuple[str, ...]:
        """Return why Parley may not, as a sentence and what to do; nothing where it may. Raises what the call does."""
        ...


@dataclass(frozen=True, slots=True)
class HereOnly:
    """The access of somebody of whom only the place they stand in is known."""

    place: Place

    async def can_read(self, place: Place) -> bool:
        """Return whether it is the asker's own place."""
        return replace(place, thread=None) == replace(self.place, thread=None)

    async def is_admin(self, place: Place) -> bool:
        """Return False: nobody administers anything until the platform says so."""
        del place
        return False


@dataclass(frozen=True, slots=True)
class Request:
    """All that the assistant needs to serve somebody.

    `typed` is what they typed, if they did: the assistant makes the intent of it, and until then that is UNREAD.
    `replied_to` is the text of the message that they typed it under, or the reply that says why it can't be read: a
    command that works on a text and is given none takes that.
    `place` is where the asker stands and where the answer goes; `message` is what they said, where they said
    something. `fetch` reads from the platform and is called only for the part of a window that the store lacks.
    `access` answers what the asker may read and administer; None stands for `HereOnly`. `public` says that everyone in
    the place will see the answer, so that it may rest on that place alone. `locale` is the language that the asker has
    set on the platform, a BCP 47 tag, "" where it doesn't tell; `zone` is the asker's time zone, None where it doesn't
    tell. `text` gets the answer piece by piece while it is written; the reply has the last word. `elsewhere` returns
    what `fetch` is, for another channel of the same platform.
    """

    intent: Intent
    place: Place
    asker: Person
    message: Message | None = None
    fetch: Fetch = fetch_nothing
    progress: OnProgress = ignore
    access: Access | None = None
    public: bool = False
    locale: str = ""
    zone: ZoneInfo | None = None
    text: OnText = ignore
    typed: Typed | None = None
    replied_to: "str | Reply | None" = None
    elsewhere: Callable[[Place], Fetch] = nothing_elsewhere


@dataclass(frozen=True, slots=True)
class Source:
    """A message that proves what a reply says. `channel` names where it was said, in a reply about several channels."""

    id: str
    author: str
    sent_at: datetime
    text: str
    permalink: str | None = None
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over the same points, in a unit that the title names: what a chat service can draw itself.

    Each series has a name and one value for each label.
    """

    title: str
    labels: tuple[str, ...]
    series: tuple[tuple[str, tuple[float, ...]], ...]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a reply; `description` is its text for people who can't see it.

    `chart` is the same as far as lines can say it; a service that draws charts itself shows it and no file.
    """

    name: str
    content: bytes
    media_type: str
    description: str
    chart: Chart | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """A button under a reply: pressing it sends `intent` back, from the same place."""

    label: str
    intent: Intent


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer of the assistant.

    `text` is standard Markdown; `sources` prove it; `notes` say what was covered, cut or left out. `private` asks
    the platform to show it to the asker alone, unless they asked in the open; `personal` to do so even then, because it
    speaks of the asker. `understood` is what was answered, where the request doesn't say that by itself because it was
    typed or goes on from another: to ask the same again, as for everyone, is to ask that. `refusal` says that it tells
    why there is no answer, so that nobody passes it on. `cited` says that the text names each source where it rests on
    it, so that no list below repeats them.
    """

    text: str
    sources: tuple[Source, ...] = ()
    notes: tuple[str, ...] = ()
    private: bool = True
    files: tuple[Attachment, ...] = ()
    actions: tuple[Action, ...] = ()
    personal: bool = False
    understood: Intent | None = None
    refusal: bool = False
    cited: bool = False

    @property
    def listed(self) -> tuple[Source, ...]:
        """Return the sources that stand in a list below the text."""
        return () if self.cited else self.sources


SILENCE = Reply("")  # nothing to say: an adapter shows nothing, or as little as its service lets it


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command. `kind` is what it takes; `window` is a natural-language span of time or messages.

    `first` are the values that are offered before any other.
    """

    name: str
    summary: str
    kind: Literal["text", "language", "window", "channel"] = "text"
    required: bool = False
    first: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """Words that a service offers to somebody who doesn't know how to begin.

    `title` stands on the button, with {} for the name of a channel; `words` are what pressing it says.
    """

    title: str
    words: str


@dataclass(frozen=True, slots=True)
class Entrances:
    """The places where a service offers a command besides by its name.

    `slash` is the slash command that it has for itself where not every command has one. `menu` says what a message's
    menu does with it: works on the message's text, summarises from the message on, or asks a question about it.
    `section` is the heading of its reply on a page that shows how Parley stands; that reply is about a channel that the
    person has chosen, or not, or needs one, by `of_channel`.
    """

    slash: str = ""
    menu: Literal["", "text", "window", "question"] = ""
    prompt: Prompt | None = None
    section: str = ""
    of_channel: Literal["no", "also", "only"] = "no"


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table that makes slash commands, help and docs: all that is known of an intent without running it.

    `argument` names the free text it takes, "" for none; `aliases` are other names people type. What isn't `typed` is
    only pressed: it has no slash command and no line in the help. `limited` says that rates and turns hold for it,
    because a model does the work; `judged` that people may say whether its answer was good; `repeatable` that asking
    again may find something else; `always` that no rule of the owner's takes it from anybody; `everywhere` that it can
    be asked of every channel that the asker may read.
    """

    name: str
    summary: str
    argument: str = ""
    options: tuple[Option, ...] = field(default=())
    aliases: tuple[str, ...] = field(default=())
    typed: bool = True
    limited: bool = True
    judged: bool = False
    repeatable: bool = False
    always: bool = False
    everywhere: bool = False
    entrances: Entrances = field(default_factory=Entrances)

    def takes(self, kind: str) -> bool:
        """Return whether one of its options is of that kind."""
        return any(option.kind == kind for option in self.options)

    @property
    def usage(self) -> str:
        """Return what may stand after its name: `[last 50 | since 2h | …] [text]`."""
        hints = {"window": "last 50 | since 2h | today | this week | unread", "language": "{} LANGUAGE"}
        options = [f"[{hints.get(option.kind, '{}').format(option.name)}]" for option in self.options]
        return " ".join((*options, *((f"[{self.argument}]",) if self.argument else ())))


def offered(commands: Sequence[Command], menu: str) -> Command | None:
    """Return the command that a message's menu offers for that; None where there is none."""
    return next((command for command in commands if command.entrances.menu == menu), None)


@dataclass(frozen=True, slots=True)
class Deleted:
    """Messages that were deleted where they were said; `place` is their channel."""

    place: Place
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gone:
    """A channel or thread that was deleted, or that Parley was removed from."""

    place: Place


@dataclass(frozen=True, slots=True)
class Present:
    """All messages that stand in a channel or thread between two moments, without them.

    What else is stored of that time was deleted while nobody listened.
    """

    place: Place
    since: datetime
    until: datetime
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Threads:
    """All threads of a channel: what was said in others is gone with them."""

    place: Place
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Removed:
    """A workspace that took Parley away: all that is kept of it goes. `place` has no channel."""

    place: Place


Event = Message | Channel | Deleted | Gone | Present | Threads | Removed


@dataclass(frozen=True, slots=True)
class Pending:
    """A request that was accepted and, as far as is known, never answered: who asked where, and when."""

    key: str
    place: Place
    asker: Person
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """The decisions about a channel, and how far its adapter has read it.

    `kept` says that its messages are stored; `follow` that a thread with Parley goes on without a mention. `mark` is
    the adapter's own note, "" at first.
    """

    kept: bool = False
    follow: bool = False
    mark: str = ""


class Host(Protocol):
    """The calls that an adapter may make to the assistant. Every call may come twice and in any order."""

    async def handle(self, request: Request) -> Reply:
        """Return exactly one reply, whatever happens; only cancellation passes through."""
        ...

    async def asks(self, typed: Typed) -> bool:
        """Return whether the words ask Parley for anything, as far as anybody can tell."""
        ...

    async def observe(self, event: Event) -> None:
        """Take note of what happened in a channel: stored, edited or erased as consent says."""
        ...

    async def standing(self, place: Place) -> Standing:
        """Return what is decided about this channel now."""
        ...

    async def mark(self, place: Place, mark: str) -> None:
        """Remember how far the channel has been read, for `standing` to give back, across restarts."""
        ...

    async def marked(self, platform: str) -> tuple[Place, ...]:
        """Return the channels that `mark` was called for and that are not gone since."""
        ...

    async def threads(self, place: Place, since: datetime, until: datetime) -> Mapping[str, int]:
        """Return how many replies are stored of the channel's threads between the two, by the thread.

        A thread without replies has no entry.
        """
        ...

    async def claim(self, pending: Pending) -> bool:
        """Return True to the first who claims this key, across restarts; the work is theirs until `settle`."""
        ...

    async def settle(self, key: str) -> None:
        """Note that the work behind the key has been answered."""
        ...

    async def unsettled(self, platform: str) -> tuple[Pending, ...]:
        """Return what an earlier run claimed and never settled, oldest first."""
        ...

    async def install(self, place: Place, token: str) -> None:
        """Keep the token with which the place's workspace has installed Parley, until it is removed."""
        ...

    async def installations(self, platform: str) -> Mapping[str, str]:
        """Return the token of each workspace that has installed Parley."""
        ...


@dataclass(frozen=True, slots=True)
class Posting:
    """A message that Parley posts unasked, for everyone in the place or for one person of its workspace, once.

    `key` tells it from every other. `line` stands in it word for word and in no other. `tried` is since when it may
    stand there already, because an earlier try broke off; None for the first. `person` is the id of who gets it in a
    direct message, "" for everyone.
    """

    key: str
    line: str
    place: Place
    reply: Reply
    tried: datetime | None = None
    person: str = ""


@dataclass(frozen=True, slots=True)
class Companion:
    """A message of Parley's that stands beside somebody's: in its thread, or as a reply to it that pings nobody.

    `about` is that message, or the first of several; `key` tells the companion from every other. `post` is what the
    service calls what stands there already, "" for nothing; `tried` says that an earlier try may have said it.
    """

    key: str
    about: Message
    reply: Reply
    post: str = ""
    tried: bool = False


@runtime_checkable
class WithCompanions(Protocol):
    """An adapter that can keep messages of Parley's beside those of people."""

    async def accompany(self, companion: Companion) -> str:
        """Say it, or in place of what stands there, and return what the service calls it.

        What an earlier try said isn't said again. Raises Unreachable; Unwelcome also where the message is gone.
        """
        ...

    async def withdraw(self, companion: Companion) -> None:
        """Take back what stands there, if anything does. Raises Unreachable, and Elsewhere for another workspace."""
        ...

    def reader_of(self, place: Place) -> Fetch:
        """Return a reader of what is said in that channel. Raises Unreachable, and Elsewhere for another workspace."""
        ...


@dataclass(frozen=True, slots=True)
class Relayed:
    """A message of another channel as it stands in `place`: under its author's name and with their picture.

    `about` is their message there, `key` tells this one from every other. `post` is what the service calls what stands
    here already, "" for nothing; `tried` is since when an earlier try may have said it, None for the first, and
    `others` are what the service calls what has been said here for other messages since then.
    """

    key: str
    place: Place
    about: Message
    reply: Reply
    post: str = ""
    tried: datetime | None = None
    others: frozenset[str] = frozenset()


@runtime_checkable
class WithRelays(Protocol):
    """An adapter that can say what people said in another channel, under their names."""

    async def relay(self, relayed: Relayed) -> str:
        """Say it, or in place of what stands there, and return what the service calls it.

        What an earlier try said isn't said again. Raises Unreachable; Unwelcome also where the post or its thread is
        gone.
        """
        ...

    async def unrelay(self, relayed: Relayed) -> None:
        """Take back what stands there, if anything does. Raises Unreachable, Unwelcome and Elsewhere."""
        ...


class Adapter(Protocol):
    """A live chat service: reads people, hands over requests, shows replies. Holds no logic of an intent."""

    name: ClassVar[str]

    def access_for(self, person: str, place: Place) -> Access:
        """Return the service's word on the person with that id, who asks nothing now, in the place's workspace.

        Raises Unreachable, and Elsewhere where it isn't in that workspace.
        """
        ...

    async def post(self, posting: Posting) -> None:
        """Say it where it belongs; what stands there already isn't said again. Raises Unreachable and Unwelcome."""
        ...

    async def run(self, host: Host, commands: tuple[Command, ...]) -> None:
        """Serve until cancelled or the service says goodbye; every request gets exactly one reply."""
        ...


@dataclass(frozen=True, slots=True)
class Refusal:
    """An entry of an export that was left out, and why, in words for the person who imports it.

    `count` is how many went for that reason, where not each is named.
    """

    entry: str
    reason: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Remark:
    """A note for the person who imports, about an export of which nothing was left out."""

    sentence: str


Imported = Channel | Message | Refusal | Remark


class Importer(Protocol):
    """An export format: a stream of channels, messages and refusals. Never raises for what the export holds."""

    name: ClassVar[str]

    def recognises(self, path: Path) -> bool:
        """Return whether `path` looks like this format, decided from names and the first bytes alone."""
        ...

    def read(self, path: Path) -> Iterator[Imported]:
        """Yield a channel before its messages. An export that can't be opened at all is one refusal."""
        ...
