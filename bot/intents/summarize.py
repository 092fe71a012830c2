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
from bot.errors import NothingFound
from bot.history import History
from bot.intents import Services
from bot.points import Point, points
from bot.quoting import shortened, signature, source_of
from bot.reversals import reversals
from bot.vectors import message_vectors
from bot.wishes import wishes
from nlp.cues import Kind, reverses
from nlp.errors import UnsupportedPair
from nlp.extractive import Passages, choose, shortlist
from nlp.lexical import content_stems, stems
from nlp.translation import translate

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

ABOUT = 0.4  # the cosine with a focus from which a message is about it
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
    """The summary of a conversation that has been read. Raises NothingFound for a focus, ModelUnavailable."""
    started = time.perf_counter()
    wanted = wishes(request.intent.argument)
    messages = await asyncio.to_thread(comparable, conversation.material)

    def tell(done: int, total: int) -> None:
        request.progress(Progress("reading messages", done, total))

    vectors = await message_vectors(messages, conversation.scope, services, on_done=tell)
    if wanted.focus:
        messages, vectors = await _focused(messages, vectors, wanted.focus, conversation.covers.channel, services)
    request.progress(Progress("choosing what matters"))
    chosen = await asyncio.to_thread(extract, messages, vectors, wanted.points)
    items, said = await _in_language(await _items(chosen, conversation, services), wanted.language, services)
    covers = conversation.covers
    return Summary(
        items,
        replace(covers, left_out=covers.messages - len(messages)),
        (*_notes(conversation, None if wanted.focus else len(messages), items), *said),
        f"{services.core.model_name('embed')} (extractive)",
        time.perf_counter() - started,
        services.zone,
    )


async def _focused(
    messages: tuple[Message, ...], vectors: NDArray[np.float32], focus: str, channel: str, services: Services
) -> tuple[tuple[Message, ...], NDArray[np.float32]]:
    """The messages about the focus by word or by meaning, with the rest of their threads, and their vectors."""
    (wanted,) = await services.core.embed([focus])
    near = vectors @ wanted if vectors.shape[1] == len(wanted) else np.zeros(len(messages))
    asked = content_stems(focus)
    about = [bool(asked & stems(each.text)) or near[place] >= ABOUT for place, each in enumerate(messages)]
    threads = {each.place.thread or each.id for each, fits in zip(messages, about, strict=True) if fits}
    kept = [place for place, each in enumerate(messages) if about[place] or each.place.thread in threads]
    if not kept:
        raise NothingFound(
            f"Nothing in {channel} is about “{focus}” in that time.", "Name it otherwise, or a longer time."
        )
    return tuple(messages[place] for place in kept), vectors[kept]


async def _in_language(
    items: tuple[Item, ...], target: str | None, services: Services
) -> tuple[tuple[Item, ...], tuple[str, ...]]:
    """The items in the language, as far as bound models translate them, and what has to be said about that."""
    if target is None:
        return items, ()
    made = await translate(services.core, [item.point.text for item in items], target)
    done = [each for each in made if not isinstance(each, UnsupportedPair)]
    left = f"{len(made) - len(done)} points are as they were written: no model translates them."
    translated = [
        item if isinstance(each, UnsupportedPair) else replace(item, point=replace(item.point, text=each.text))
        for item, each in zip(items, made, strict=True)
    ]
    warnings = dict.fromkeys(warning for each in done for warning in each.warnings)
    return tuple(translated), (*warnings, *([left] if len(done) < len(made) else []))


def comparable(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages worth comparing by meaning: all, or of a long window those that say most, and the newest."""
    newest = messages[-READ:]
    if len(newest) <= COMPARED:
        return tuple(newest)
    earlier = newest[:-ALWAYS]
    kept = shortlist([message.text for message in earlier], COMPARED - ALWAYS)
    return (*(earlier[index] for index in kept), *newest[-ALWAYS:])


def extract(messages: Sequence[Message], vectors: NDArray[np.float32], wanted: int | None = None) -> tuple[Point, ...]:
    """The points of the messages with these vectors, shape (n, dimensions), section by section in the order of time.

    `wanted` is how many at most; without it the length of the conversation decides.
    """
    found = points(messages)
    most = wanted or min(max(len(messages) // MESSAGES_A_POINT, FEWEST), MOST)
    rows = {message.id: row for message, row in zip(messages, vectors, strict=True)}
    chosen = [each for kind, part in SHARES.items() for each in _best(found, kind, ceil(part * most), rows)]
    if wanted:
        chosen = sorted(chosen, key=lambda point: -point.prior)[:wanted]
    rest = max(most - len(chosen), 0 if wanted else 1)
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


def _notes(conversation: Conversation, compared: int | None, items: Sequence[Item]) -> tuple[str, ...]:
    messages = conversation.material
    said = []
    if len(messages) > READ:
        said.append(f"Only the newest {READ:,} messages were read.")
    if compared is not None and len(messages) > compared:
        said.append(f"{compared:,} messages were compared: the newest {ALWAYS} and those that say most.")
    if len(messages) == 1:
        said.append("There is only one message.")
    if not items:
        said.append("The messages hold no sentence, only emoji, links or code.")
    return tuple(said)
