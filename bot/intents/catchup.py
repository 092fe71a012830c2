"""Finds what is new since somebody was last here: messages to them, their threads, then the rest summed up.

Somebody was here when they wrote last, or caught up last. Only the channel they stand in is read, unless they ask of
every channel that they may read: then each is told by itself.
"""

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from adapters.chat import EVERYTHING, Command, Entrances, Message, Option, Place, Prompt, Reply, Request, Window
from adapters.text.counts import counted
from adapters.text.links import literal
from bot.conversation.context import Conversation, Covers, is_material, read
from bot.conversation.permissions import OWNER, granted
from bot.conversation.quoting import shortened, signature, source_document, source_of
from bot.errors import NOT_NOW
from bot.history import History, Scope, consent
from bot.intents.summarize import summed_up
from bot.services import Services
from bot.summaries import news
from bot.summaries.overview import Overview, overview
from bot.summaries.summary import Summary

COMMAND = Command(
    "catchup",
    "Tell you what you missed here: who spoke to you, your threads, then the rest.",
    options=(Option("window", "since when, such as yesterday; else since you were last here", "window"),),
    aliases=("missed", "catch-up"),
    judged=True,
    everywhere=True,
    entrances=Entrances("catchup", prompt=Prompt("Catch me up on {}", "catchup")),
)
UNKNOWN = timedelta(days=7)  # looked back for somebody who has never been here
LEAVE = timedelta(days=30)  # in which a channel has news for somebody who asks of all
LOOKED_BACK = 2_000  # messages among which one's own last one is looked for
MOST_MENTIONS, MOST_THREADS = 10, 10
OWN_ONLY = "Nothing is new here but what you wrote yourself, or what holds no words."
EXCERPT = 200  # characters of a message that is listed
JUST_AFTER = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Thread:
    """New replies, oldest first, in a thread that the asker takes part in."""

    id: str
    replies: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Holds what is new, each message in one place only; `covers` counts all of it."""

    mentions: tuple[Message, ...]
    threads: tuple[Thread, ...]
    rest: Summary
    covers: Covers
    notes: tuple[str, ...]
    zone: ZoneInfo

    def reply(self) -> Reply:
        """Return the reply for the asker alone: bullets under a heading for each part there is."""
        shown = (*self.mentions, *(thread.replies[-1] for thread in self.threads))
        rest = [f"**{self._heading()}**\n\n{news.told(self.rest)}"] if self.rest.items else []
        text = "\n\n".join([*self._parts(), *rest])
        sources = (*map(source_of, shown), *(self.rest.reply().sources if rest else ()))
        text = text or OWN_ONLY
        return Reply(text, sources, (f"Covers {self.covers.sentence()}.", *self.notes), personal=True)

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        return {
            "mentions": [source_document(message) for message in self.mentions],
            "threads": [{"thread": each.id, "sources": [one.id for one in each.replies]} for each in self.threads],
            **self.rest.document(),
            "covers": self.covers.document(),
            "notes": list(self.notes),
        }

    def _parts(self) -> Iterator[str]:
        if self.mentions:
            yield "\n".join(["**To you**", "", *map(self._bullet, self.mentions)])
        if self.threads:
            yield "\n".join(["**Your threads**", "", *map(self._thread, self.threads)])

    def _heading(self) -> str:
        return "The rest" if self.mentions or self.threads else "What you missed"

    def _thread(self, thread: Thread) -> str:
        new = len(thread.replies)
        return f"{self._bullet(thread.replies[-1])} ({counted(new, 'new reply', 'new replies')})"

    def _bullet(self, message: Message) -> str:
        excerpt = literal(" ".join(shortened(message.text, EXCERPT).split()))
        return f"- {excerpt} — {signature(message, self.zone, self.covers.this_year)}"


async def run(request: Request, services: Services) -> CatchUp:
    """Return what is new to the asker, who has been here from now on. Raises NothingFound where nothing is."""
    window, notes = await _window(request, services)
    conversation = await read(replace(request, intent=replace(request.intent, window=window)), services)
    others = [message for message in conversation.material if message.author.id != request.asker.id]
    mine = await services.history.run(lambda store: _mine(store, conversation, request.asker.id, services.now()))
    mentions, threads = await asyncio.to_thread(_told_first, others, request, mine)
    shown_ids = {message.id for message in (*mentions, *(reply for thread in threads for reply in thread.replies))}
    rest = replace(conversation, messages=tuple(message for message in others if message.id not in shown_ids))
    summary = await summed_up(rest, request, services)
    await _mark(conversation, request, services)
    left = len(mentions) - MOST_MENTIONS
    more = [f"{counted(left, 'more message speaks', 'more messages speak')} to you."] if left > 0 else []
    return CatchUp(
        tuple(mentions[-MOST_MENTIONS:]),
        threads[-MOST_THREADS:],
        summary,
        conversation.covers,
        (*notes, *more, *conversation.notes),
        services.zone,
    )


async def run_everywhere(request: Request, services: Services) -> Overview:
    """Return what is new to the asker in every channel that they may read, each by itself. Raises as `run` does."""
    named = request.intent.window not in {EVERYTHING, Window(unread=True)}
    return await overview(run, request, services, request.intent.window if named else Window(within=LEAVE))


async def _window(request: Request, services: Services) -> tuple[Window, tuple[str, ...]]:
    """Return the window that was named; else since the asker was here, as far as that is known."""
    if request.intent.window not in {EVERYTHING, Window(unread=True)}:
        return request.intent.window, ()
    scope, now = await granted(request), services.now()
    since = await services.history.run(lambda store: _last_here(store, request, scope, now))
    if since is None:
        return Window(within=UNKNOWN), (
            f"I don't know when you were last here, so this is the last {UNKNOWN.days} days.",
        )
    return Window(since=since + JUST_AFTER), ()


def _last_here(history: History, request: Request, scope: Scope, now: datetime) -> datetime | None:
    """Return when the asker caught up or wrote last, leaving out what they ask with."""
    place = replace(request.place, thread=None)
    asking = request.message.id if request.message else None
    written = [
        message.sent_at
        for message in history.window(scope, Window(last=LOOKED_BACK), now)
        if message.author.id == request.asker.id and message.id != asking
    ]
    return max([*written, *filter(None, [history.seen(request.asker.id, place)])], default=None)


@dataclass(frozen=True, slots=True)
class _Mine:
    """The ids of the asker's messages in the threads of the window, and of those threads."""

    messages: frozenset[str]
    threads: frozenset[str]


def _mine(history: History, conversation: Conversation, asker: str, now: datetime) -> _Mine:
    threads = {message.place.thread for message in conversation.material if message.place.thread}
    written = [
        (thread, message.id)
        for thread in sorted(threads)
        for message in history.window(conversation.scope, Window(thread=thread), now)
        if message.author.id == asker and is_material(message)
    ]
    return _Mine(frozenset(id_ for _, id_ in written), frozenset(thread for thread, _ in written))


def _told_first(others: Sequence[Message], request: Request, mine: _Mine) -> tuple[list[Message], tuple[Thread, ...]]:
    """Return the messages that speak to the asker, and the threads of theirs with something else that is new."""
    mentions = [message for message in others if _speaks_to(message, request, mine)]
    named = {message.id for message in mentions}
    return mentions, _threads([message for message in others if message.id not in named], mine)


def _speaks_to(message: Message, request: Request, mine: _Mine) -> bool:
    """Return whether it names the asker or answers one of their messages."""
    name = re.escape(request.asker.name.removeprefix("@"))
    named = bool(name) and re.search(rf"@{name}(?!\w)", message.text, re.IGNORECASE) is not None
    return named or message.reply_to in mine.messages


def _threads(messages: Sequence[Message], mine: _Mine) -> tuple[Thread, ...]:
    """Return the threads of the asker with something new, the one with the newest reply last."""
    replies: dict[str, list[Message]] = {}
    for message in messages:
        if message.place.thread in mine.threads and message.place.thread:
            replies.setdefault(message.place.thread, []).append(message)
    threads = [Thread(id_, tuple(each)) for id_, each in replies.items()]
    return tuple(sorted(threads, key=lambda thread: thread.replies[-1].sent_at))


async def _mark(conversation: Conversation, request: Request, services: Services) -> None:
    """Remember that the asker has read up to here, in channels that are kept and no others."""
    place: Place = replace(request.place, thread=None)
    at = max(message.sent_at for message in conversation.messages).astimezone(UTC)

    def mark(store: History) -> None:
        if request.access is OWNER or store.read(consent.standing, place).kept:
            store.mark_seen(request.asker.id, place, at)

    with suppress(*NOT_NOW):  # the same is shown again the next time
        await services.history.run(mark)
