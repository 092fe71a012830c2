"""A summary in the conversation's own words: the sentences that stand for the rest, each with its message.

Extractive: `nlp/extractive.py` chooses, this reads, prepares and says what was left out. Nothing is claimed that
nobody wrote.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Command, Message, Option, Progress, Reply, Request, Window
from bot.conversation import Conversation, Covers, read
from bot.history import History
from bot.intents import Services
from bot.points import Point, points
from bot.quoting import shortened, signature, source_of
from bot.reversals import reversals
from bot.vectors import message_vectors
from nlp.cues import Kind, reverses
from nlp.extractive import Passages, choose, shortlist

COMMAND = Command(
    "summarize",
    "Sum up this channel or thread, with links to what was said.",
    options=(Option("window", "which messages, such as 2 days or last 100", "window"),),
    aliases=("summary", "tldr"),
)
READ = 20_000  # messages looked at, the newest
COMPARED = 2_000  # of them compared by meaning, about ten seconds of work the first time
ALWAYS = 200  # the newest messages, compared whatever they say
FEWEST, MOST, MOST_WORDS = 3, 10, 150  # points of a summary, and all their words together
MESSAGES_A_POINT = 5

REST = "What happened"
SECTIONS: dict[Kind | None, str] = {
    "decision": "Decisions",
    "action": "Who does what",
    "open question": "Open questions",
    "cause": REST,
    "fix": REST,
    None: REST,
}
NAMED = frozenset({"cause", "fix"})  # kinds that a bullet names, since their section does not
SHARES: dict[Kind, float] = {"decision": 0.4, "action": 0.2, "open question": 0.3, "cause": 0.2, "fix": 0.2}


@dataclass(frozen=True, slots=True)
class Item:
    """A point of the summary; for a decision, the message that reversed it."""

    point: Point
    reversed_by: Message | None = None

    @property
    def section(self) -> str:
        """The heading it stands under."""
        return SECTIONS[self.point.kind]

    @property
    def reverses(self) -> bool:
        """Whether it is a decision that takes back another."""
        return self.point.kind == "decision" and reverses(self.point.message.text)

    @property
    def sources(self) -> tuple[Message, ...]:
        """The messages that prove it."""
        return (self.point.message, *([self.reversed_by] if self.reversed_by else []))

    def document(self) -> dict[str, Any]:
        """As a program reads it."""
        told = {"text": self.point.text, "sources": [each.id for each in self.sources], "kind": self.point.kind}
        if self.point.kind != "decision":
            return told
        by = self.reversed_by
        return told | {"reverses": self.reverses, "reversed": by.sent_at.isoformat() if by else None}


@dataclass(frozen=True, slots=True)
class Summary:
    """Items by section, in the order of time within one, and what they cover; `seconds` is how long it took."""

    items: tuple[Item, ...]
    covers: Covers
    notes: tuple[str, ...]
    model: str
    seconds: float
    zone: ZoneInfo

    def reply(self) -> Reply:
        """A bullet an item, with who said it and when, under the headings of the sections there are."""
        text = "\n".join(self._lines()) or "There is nothing to sum up here."
        sources = tuple(map(source_of, dict.fromkeys(each for item in self.items for each in item.sources)))
        return Reply(text, sources=sources, notes=(f"Covers {self.covers.sentence()}.", *self.notes))

    def document(self) -> dict[str, Any]:
        """As a program reads it."""
        return {
            "summary": [item.document() for item in self.items],
            "covers": self.covers.document(),
            "notes": list(self.notes),
            "model": self.model,
            "seconds": round(self.seconds, 3),
        }

    def _lines(self) -> Iterator[str]:
        headed = any(item.section != REST for item in self.items)
        for place, (section, items) in enumerate(groupby(self.items, lambda item: item.section)):
            if headed:
                yield from (["", f"**{section}**", ""] if place else [f"**{section}**", ""])
            yield from map(self._bullet, items)

    def _bullet(self, item: Item) -> str:
        kind = item.point.kind or ""
        named = kind not in NAMED or item.point.text.casefold().removeprefix("the ").startswith(kind)
        label = "" if named else f"**{kind.capitalize()}:** "
        said = signature(item.point.message, self.zone, self.covers.this_year)
        return f"- {label}{shortened(item.point.text)} — {said}{self._turn(item)}"

    def _turn(self, item: Item) -> str:
        """That the decision holds no more, or that it takes back another."""
        if (by := item.reversed_by) is not None:
            at = by.sent_at.astimezone(self.zone)
            when = f"{at.day} {at:%B}"
            return f" — *reversed on {f'[{when}]({by.permalink})' if by.permalink else when}*"
        return " — *reverses an earlier decision*" if item.reverses else ""


async def run(request: Request, services: Services) -> Summary:
    """Sum up the window. Raises NothingFound where no person wrote anything in it, ModelUnavailable."""
    return await summed_up(await read(request, services), request, services)


async def summed_up(conversation: Conversation, request: Request, services: Services) -> Summary:
    """The summary of a conversation that has been read. Raises ModelUnavailable."""
    started = time.perf_counter()
    messages = await asyncio.to_thread(comparable, conversation.material)

    def tell(done: int, total: int) -> None:
        request.progress(Progress("reading messages", done, total))

    vectors = await message_vectors(messages, conversation.scope, services, on_done=tell)
    items = await _items(await asyncio.to_thread(extract, messages, vectors), conversation, services)
    covers = conversation.covers
    return Summary(
        items,
        replace(covers, left_out=covers.messages - len(messages)),
        _notes(conversation, len(messages), items),
        f"{services.core.model_name('embed')} (extractive)",
        time.perf_counter() - started,
        services.zone,
    )


def comparable(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages worth comparing by meaning: all, or of a long window those that say most, and the newest."""
    newest = messages[-READ:]
    if len(newest) <= COMPARED:
        return tuple(newest)
    earlier = newest[:-ALWAYS]
    kept = shortlist([message.text for message in earlier], COMPARED - ALWAYS)
    return (*(earlier[index] for index in kept), *newest[-ALWAYS:])


def extract(messages: Sequence[Message], vectors: NDArray[np.float32]) -> tuple[Point, ...]:
    """The points of the messages with these vectors, shape (n, dimensions), section by section in the order of time."""
    found = points(messages)
    most = min(max(len(messages) // MESSAGES_A_POINT, FEWEST), MOST)
    rows = {message.id: row for message, row in zip(messages, vectors, strict=True)}
    chosen = [each for kind, part in SHARES.items() for each in _best(found, kind, ceil(part * most), rows)]
    rest = max(most - len(chosen), 1)
    return tuple(sorted([*chosen, *_best(found, None, rest, rows)], key=_order))


def _best(found: Sequence[Point], kind: Kind | None, most: int, rows: Mapping[str, NDArray[np.float32]]) -> list[Point]:
    """At most `most` points that do this, those that say the most."""
    candidates = [point for point in found if point.kind == kind]
    if not candidates:
        return []
    passages = Passages(
        [point.text for point in candidates],
        np.stack([rows[point.message.id] for point in candidates]),
        [point.message.author.id for point in candidates],
        np.array([point.prior for point in candidates]),
    )
    return [candidates[index] for index in choose(passages, most, MOST_WORDS)]


def _order(point: Point) -> tuple[int, datetime, int]:
    section = list(SECTIONS.values()).index(SECTIONS[point.kind])
    return section, point.message.sent_at, point.message.text.find(point.text)


async def _items(points: Sequence[Point], conversation: Conversation, services: Services) -> tuple[Item, ...]:
    """The points with what became of the decisions among them, in the window or later in their threads."""
    decisions = [point for point in points if point.kind == "decision"]
    now, scope = services.now(), conversation.scope

    def replies(history: History) -> list[Message]:
        threads = [point.message.place.thread or point.message.id for point in decisions]
        return [each for thread in threads for each in history.window(scope, Window(thread=thread), now)]

    later = sorted({*conversation.material, *await services.history.run(replies)}, key=lambda each: each.sent_at)
    reversed_by = reversals(decisions, later)
    return tuple(
        Item(point, reversed_by.get(point.message.id)) if point.kind == "decision" else Item(point) for point in points
    )


def _notes(conversation: Conversation, compared: int, items: Sequence[Item]) -> tuple[str, ...]:
    messages = conversation.material
    said = []
    if len(messages) > READ:
        said.append(f"Only the newest {READ:,} messages were read.")
    if len(messages) > compared:
        said.append(f"{compared:,} messages were compared: the newest {ALWAYS} and those that say most.")
    if len(messages) == 1:
        said.append("There is only one message.")
    if not items:
        said.append("The messages hold no sentence, only emoji, links or code.")
    return tuple(said)
