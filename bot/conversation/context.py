"""The conversation that a request is about: its messages, and an honest account of what they cover.

Reads the place the asker stands in and no other, where `bot.conversation.permissions` lets them. Intents build on
`material`; how they cut it further they say by replacing `left_out`.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from adapters.chat import EVERYTHING, Channel, Fetch, Message, Place, Request, Window
from adapters.text import dates
from adapters.text.counts import counted
from bot.conversation.permissions import Owner, granted
from bot.conversation.threads import put_to_parley
from bot.discussions.graph import ReplyGraph
from bot.errors import NothingFound
from bot.history import History, Scope, consent
from bot.history.selection import start
from bot.services import Services

OWNERS_REMEDY = "Name a longer time, or import an export of the channel with `parley import PATH`."
HEARD_BY = "an administrator of the channel includes them with `/settings apps on`"
MOST_ROOTS = 100  # threads whose beginning is looked up
JUST_AFTER = timedelta(microseconds=1)  # `since` is inclusive, and what was read up to has been read


@dataclass(frozen=True, slots=True)
class Covers:
    """The messages that an answer rests on, in counts.

    `messages` are all in the window; `left_out` of them no model has seen (notices, bots, what was cut). `authors` are
    people. `from_` and `to` are in the reader's zone; times of another year than `this_year` are written with it.
    `channels` is how many were searched, 0 where one was named.
    """

    messages: int
    authors: int
    from_: datetime
    to: datetime
    left_out: int
    channel: str
    this_year: int = 0
    channels: int = 0

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads, in UTC."""
        return {
            "messages": self.messages,
            "authors": self.authors,
            "from": self.from_.astimezone(UTC).isoformat(),
            "to": self.to.astimezone(UTC).isoformat(),
            "left_out": self.left_out,
            **({"channels": self.channels} if self.channels else {}),
        }

    @property
    def within_a_day(self) -> bool:
        """Return whether all was said on one day, as the reader's zone has it."""
        return self.from_.date() == self.to.date()

    def sentence(self) -> str:
        """Return it as a person reads it: "180 of 180 messages, 14 people, 3 May 09:12 to 5 May 17:40"."""
        messages, people = counted(self.messages, "message"), counted(self.authors, "person", "people")
        if self.channels:
            messages += f" in {counted(self.channels, 'channel')}"
        span = f"{dates.moment(self.from_, self.this_year)} to {dates.moment(self.to, self.this_year)}"
        return f"{self.messages - self.left_out:,} of {messages}, {people}, {span}"


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages of one channel, oldest first, what they cover, and the scope that the asker may read.

    `apps` says that what apps wrote is material in this channel. `roots` are the messages of apps under which people
    talk in a thread, by the thread. `names` are what the channels are called, where the messages are of several.
    `remark` says why it isn't all that was asked for, "" where it is. `graph` says who answers whom where somebody has
    looked already.
    """

    messages: tuple[Message, ...]
    covers: Covers
    scope: Scope
    apps: bool = False
    roots: Mapping[str, Message] = field(default_factory=dict)
    names: Mapping[Place, str] = field(default_factory=dict)
    remark: str = ""
    graph: ReplyGraph | None = None

    @property
    def material(self) -> tuple[Message, ...]:
        """Return what people wrote, and apps where they count: the part that models may see."""
        return tuple(message for message in self.messages if self.admits(message))

    def admits(self, message: Message) -> bool:
        """Return whether the message is material."""
        return is_material(message, apps=self.apps)

    def scope_at(self, place: Place) -> Scope:
        """Return the scope of the place's channel, where the messages are of several."""
        return self.scope.within(place) if self.names else self.scope

    @property
    def notes(self) -> tuple[str, ...]:
        """Return the remark, and the note that messages of apps were left out, and how to include them."""
        remarks = (self.remark,) if self.remark else ()
        left = sum(not self.admits(each) and is_material(each, apps=True) for each in self.messages)
        left -= sum(self.roots.get(each.id) == each for each in self.messages)
        if left <= 0:
            return remarks
        subject = counted(left, "message of an app was", "messages of apps were")
        return (*remarks, f"{subject} left out; {HEARD_BY}.")


def is_material(message: Message, *, apps: bool = False) -> bool:
    """Return whether a person wrote it, or an app where `apps` count, rather than the platform."""
    return not message.notice and (apps or not message.from_bot)


async def read(request: Request, services: Services) -> Conversation:
    """Return the messages of the request's window in its place.

    The platform supplies them where the store knows nothing of the place.

    Raises NothingFound where no person wrote anything in the window.
    """
    now, wanted = services.now(), request.intent.window
    scope = await granted(request)
    stored = await services.history.run(lambda history: _stored(history, request, scope, now))
    live = scope.channels and not stored.known
    messages = await _fetched(request.fetch, stored.window) if live else stored.messages
    conversation = await asyncio.to_thread(_conversation, messages, stored, request, services, scope)
    if not any(map(conversation.admits, conversation.messages)):
        remedy = OWNERS_REMEDY if isinstance(request.access, Owner) else ""
        read_to = stored.window.since if wanted.unread else None
        raise _nothing(stored.channel, wanted, " ".join([remedy, *conversation.notes]).strip(), read_to=read_to)
    return conversation


def _conversation(
    messages: tuple[Message, ...], stored: "_Stored", request: Request, services: Services, scope: Scope
) -> Conversation:
    """Return the messages without those that were put to Parley."""
    asked, graph = put_to_parley(request, messages, follows=stored.follows)
    kept = tuple(message for message in messages if message.id not in asked)
    roots = {**stored.roots, **roots_of(kept)}
    covers = covers_of(kept, stored.channel, services.zone, services.now(), apps=stored.apps)
    return Conversation(kept, covers, scope, stored.apps, roots, graph=graph)


def limited_to(
    conversation: Conversation, messages: tuple[Message, ...], services: Services, remark: str
) -> Conversation:
    """Return the conversation with these of its messages alone, and the remark that says why."""
    covers = covers_of(messages, conversation.covers.channel, services.zone, services.now(), apps=conversation.apps)
    return replace(conversation, messages=messages, covers=covers, remark=remark)


def roots_of(messages: Iterable[Message]) -> dict[str, Message]:
    """Return the messages of apps under which others hang."""
    messages = tuple(messages)
    threads = {message.place.thread for message in messages if is_material(message)}
    return {each.id: each for each in messages if each.from_bot and not each.notice and each.id in threads}


@dataclass(frozen=True, slots=True)
class _Stored:
    """Holds what the store has: the window it looked for, and whether it knows any message of the channel at all.

    `roots` are messages of apps before the window under which its threads hang; `apps` and `follows` are settings.
    """

    channel: str
    window: Window
    known: bool
    messages: tuple[Message, ...]
    roots: Mapping[str, Message]
    apps: bool
    follows: bool


def _stored(history: History, request: Request, scope: Scope, now: datetime) -> _Stored:
    window = resolved(history, request, now)
    known = history.count(scope, Window(last=1), now) > 0
    unnamed = request.place.channel if isinstance(request.access, Owner) else "this conversation"
    label = label_of(history.channel(request.place) if scope.channels else None) or unnamed
    messages = tuple(history.window(scope, window, now))
    follows = history.read(consent.standing, replace(request.place, thread=None)).follow
    return _Stored(
        label,
        window,
        known,
        messages,
        _earlier(history, scope, messages),
        history.read(consent.hears_apps, request.place),
        follows,
    )


def _earlier(history: History, scope: Scope, messages: tuple[Message, ...]) -> dict[str, Message]:
    """Return the messages of apps that stand before the window and under which the newest of its threads hang."""
    inside = {message.id for message in messages}
    threads = dict.fromkeys(
        each.place.thread for each in reversed(messages) if each.place.thread not in {None, *inside}
    )
    roots = (history.message(scope, thread) for thread in list(threads)[:MOST_ROOTS] if thread)
    return {each.id: each for each in roots if each and each.from_bot and not each.notice}


def resolved(history: History, request: Request, now: datetime) -> Window:
    """Return the window with `within` and `unread` as `since`. A person who was never here has read nothing."""
    window = request.intent.window
    since = start(window, now)
    if window.unread and (seen := history.seen(request.asker.id, replace(request.place, thread=window.thread))):
        since = max(since or seen, seen + JUST_AFTER)
    return replace(window, since=since, within=None, unread=False)


async def _fetched(fetch: Fetch, window: Window) -> tuple[Message, ...]:
    """Return the window from the platform, oldest first, each message once. Nothing of it is stored."""
    fetched = {message.id: message async for message in fetch(window)}
    messages = sorted(fetched.values(), key=lambda message: (message.sent_at, message.id))
    return tuple(messages if window.last is None else messages[max(len(messages) - window.last, 0) :])


def covers_of(messages: tuple[Message, ...], channel: str, zone: ZoneInfo, now: datetime, *, apps: bool) -> Covers:
    """Return what the messages of a window cover, oldest first."""
    material = [message for message in messages if is_material(message, apps=apps)]
    times = [message.sent_at for message in (messages[:1] + messages[-1:])] or [now]
    return Covers(
        messages=len(messages),
        authors=len({message.author.id for message in material if not message.from_bot}),
        from_=times[0].astimezone(zone),
        to=times[-1].astimezone(zone),
        left_out=len(messages) - len(material),
        channel=channel,
        this_year=now.astimezone(zone).year,
    )


def label_of(channel: Channel | None) -> str:
    """Return the channel as people write it, "" for one that has no name or isn't known."""
    if channel is None or not channel.name:
        return ""
    return channel.name if channel.kind in {"group", "direct"} else f"#{channel.name.removeprefix('#')}"


def _nothing(channel: str, window: Window, remedy: str, read_to: datetime | None) -> NothingFound:
    if read_to is not None:
        return NothingFound(f"There is nothing new in {channel} since you were last here.")
    if window == EVERYTHING:
        return NothingFound(f"No messages of {channel} are known yet.", remedy)
    return NothingFound(f"Nobody wrote in {channel} in that time.", remedy or "Name a longer time.")
