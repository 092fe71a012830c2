"""A summary in the conversation's own words: the sentences that stand for the rest, each with its message.

Extractive: `nlp/extractive.py` chooses, this reads, prepares and says what was left out. Nothing is claimed that
nobody wrote.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Command, Message, Option, Progress, Reply, Request
from bot.conversation import Conversation, Covers, read
from bot.intents import Services
from bot.quoting import sentences, shortened, signature, source_of
from bot.turns import is_question, neighbours
from bot.vectors import message_vectors
from nlp.cues import Kind, kind_of
from nlp.extractive import Passages, choose, concepts, shortlist

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

PREFERENCE: dict[Kind | None, float] = {"open question": 2.5, "decision": 2.0, "finding": 2.0, None: 1.0}
LEAST_CONCEPTS, LONGEST = 4, 60  # a sentence with fewer concepts is chatter, one with more words no point
REPLY, REACTION = 0.2, 0.1  # what each of the first ENOUGH replies and reactions adds to a message's factor
ENOUGH = 5


@dataclass(frozen=True, slots=True)
class Point:
    """A sentence of the summary, the message it stands in, and what it does there if that is known."""

    text: str
    message: Message
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """Points in the order of time, and what they cover; `seconds` is how long it took."""

    points: tuple[Point, ...]
    covers: Covers
    notes: tuple[str, ...]
    model: str
    seconds: float
    zone: ZoneInfo

    def reply(self) -> Reply:
        """A bullet a point, with who said it and when."""
        text = "\n".join(map(self._bullet, self.points)) or "There is nothing to sum up here."
        sources = tuple(source_of(point.message) for point in self.points)
        return Reply(text, sources=sources, notes=(f"Covers {self.covers.sentence()}.", *self.notes))

    def document(self) -> dict[str, Any]:
        """As a program reads it."""
        return {
            "summary": [
                {"text": point.text, "sources": [point.message.id], "kind": point.kind} for point in self.points
            ],
            "covers": self.covers.document(),
            "notes": list(self.notes),
            "model": self.model,
            "seconds": round(self.seconds, 3),
        }

    def _bullet(self, point: Point) -> str:
        label = f"**{point.kind.capitalize()}:** " if point.kind else ""
        return f"- {label}{shortened(point.text)} — {signature(point.message, self.zone, self.covers.this_year)}"


async def run(request: Request, services: Services) -> Summary:
    """Sum up the window. Raises NothingFound where no person wrote anything in it, ModelUnavailable."""
    started = time.perf_counter()
    conversation = await read(request, services)
    messages = await asyncio.to_thread(comparable, conversation.material)

    def tell(done: int, total: int) -> None:
        request.progress(Progress("reading messages", done, total))

    vectors = await message_vectors(messages, conversation.scope, services, on_done=tell)
    points = await asyncio.to_thread(extract, messages, vectors)
    covers = conversation.covers
    return Summary(
        points,
        replace(covers, left_out=covers.messages - len(messages)),
        _notes(conversation, len(messages), points),
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
    """The points of the messages with these vectors, shape (n, dimensions), in the order of time."""
    found = _sayings(messages)
    if not found:
        return ()
    unanswered, factors = _unanswered(messages), _factors(messages)
    points = [
        Point(text, messages[index], "open question" if index in unanswered and is_question(text) else kind_of(text))
        for index, text in found
    ]
    passages = Passages(
        [point.text for point in points],
        vectors[[index for index, _ in found]],
        [point.message.author.id for point in points],
        np.array([PREFERENCE[point.kind] * factors[index] for point, (index, _) in zip(points, found, strict=True)]),
    )
    most = min(max(len(messages) // MESSAGES_A_POINT, FEWEST), MOST)
    return tuple(points[index] for index in sorted(choose(passages, most, MOST_WORDS)))


def _sayings(messages: Sequence[Message]) -> list[tuple[int, str]]:
    """The sentences that say something, each with the place of its message; where none does, all, cut to fit."""
    found = [(index, sentence) for index, message in enumerate(messages) for sentence in sentences(message.text)]
    telling = [(index, text) for index, text in found if len(concepts(text)) >= LEAST_CONCEPTS]
    short = [(index, text) for index, text in telling if len(text.split()) <= LONGEST]
    return short or [(index, " ".join(text.split()[:LONGEST])) for index, text in telling or found]


def _factors(messages: Sequence[Message]) -> list[float]:
    """How much more each message counts for the replies and reactions it got."""
    replies = Counter(message.place.thread or message.reply_to for message in messages)
    reactions = [sum(reaction.count for reaction in message.reactions) for message in messages]
    return [
        (1 + REPLY * min(replies[message.id], ENOUGH)) * (1 + REACTION * min(count, ENOUGH))
        for message, count in zip(messages, reactions, strict=True)
    ]


def _unanswered(messages: Sequence[Message]) -> set[int]:
    """The places of the messages right after which nobody else speaks."""
    _, after = neighbours(messages)
    return {
        place
        for place, next_ in enumerate(after)
        if next_ < 0 or messages[next_].author.id == messages[place].author.id
    }


def _notes(conversation: Conversation, compared: int, points: Sequence[Point]) -> tuple[str, ...]:
    messages = conversation.material
    said = []
    if len(messages) > READ:
        said.append(f"Only the newest {READ:,} messages were read.")
    if len(messages) > compared:
        said.append(f"{compared:,} messages were compared: the newest {ALWAYS} and those that say most.")
    if len(messages) == 1:
        said.append("There is only one message.")
    if not points:
        said.append("The messages hold no sentence, only emoji, links or code.")
    return tuple(said)
