"""Measures whether a summary holds what a colleague who comes back must know, against facts that people wrote down.

The labelled file has a conversation a line: `{"title", "messages": [{"author", "text", "sent_at"}], "facts": [{"fact",
"messages": [numbers]}]}`. A fact is held where a message that holds it is quoted, or where its words stand in the
summary; a point hits where it quotes a message of a fact. Naive summaries quote whole messages, as many words of them.
"""

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Channel, Intent, Message, Person, Place, Request
from adapters.files import read_text
from bot.conversation.permissions import OWNER
from bot.errors import UsageError
from bot.evaluation.ask import ASKER
from bot.evaluation.dialogues import PLATFORM, WORKSPACE
from bot.evaluation.report import EvaluationReport, Figure, Table, interval
from bot.intents import summarize
from bot.services import Services
from nlp.text.extractive import concepts
from nlp.text.lexical import stems

DRAWS = 20  # random summaries a conversation, averaged
HELD = 0.7  # of a fact's words in the text of a summary, from which it holds the fact
WORD = re.compile(r"\S*\w\S*")  # dashes and bullets are none
LONGEST_FACTOR = 3  # the longest messages are also shown at so many times the words


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a colleague must know, and the places of the messages that hold it."""

    text: str
    messages: frozenset[int]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A conversation in a channel of its own, and its facts."""

    title: str
    messages: tuple[Message, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Quoted:
    """A point of a summary: its text, and the places of the messages that it quotes."""

    text: str
    messages: frozenset[int]


def read_facts(path: Path) -> list[Labelled]:
    """Return the conversations of a file. Raises UsageError for a file of another form."""
    try:
        found = [_labelled(json.loads(line)) for line in read_text(path).splitlines() if line.strip()]
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError):
        found = []
    if not found:
        raise UsageError(f"{path} holds no conversations with facts.", "`parley docs quality` shows the form.")
    return found


def _labelled(entry: dict[str, Any]) -> Labelled:
    place = Place(PLATFORM, WORKSPACE, entry["title"])
    messages = tuple(
        Message(
            str(number),
            place,
            Person(each["author"], each["author"]),
            each["text"],
            datetime.fromtimestamp(each["sent_at"], UTC),
        )
        for number, each in enumerate(entry["messages"])
    )
    facts = tuple(Fact(each["fact"], frozenset(each["messages"])) for each in entry["facts"])
    return Labelled(entry["title"], messages, facts)


async def evaluate(
    conversations: Sequence[Labelled],
    services: Services,
    *,
    data: str,
    on_done: Callable[[int], None] = lambda _: None,
) -> EvaluationReport:
    """Sum up every conversation and compare."""
    scores: dict[str, list[NDArray[np.float64]]] = {}
    for number, each in enumerate(conversations, 1):
        points, length = await summed_up(each, services)
        scores.setdefault("summary", []).append(scored(each, points, length))
        for name, texts in rivals(each, length).items():
            drawn = [scored(each, rival, count(rival)) for rival in texts]
            scores.setdefault(name, []).append(np.mean(drawn, axis=0))
        on_done(number)
    rows = {name: np.stack(each) for name, each in scores.items()}
    core = services.core
    model = core.model_name("summarize") if core.bound("summarize") else f"{core.model_name('embed')} (extractive)"
    return EvaluationReport("keyfacts", model, data, len(conversations), figures(rows), (table(rows),))


async def summed_up(each: Labelled, services: Services) -> tuple[list[Quoted], int]:
    """Return the points that the intent makes, by the path of every request, and the words of the reply."""
    place = each.messages[0].place
    await services.history.run(lambda history: history.add([Channel(place, place.channel), *each.messages]))
    result = await summarize.run(Request(Intent("summarize"), place, ASKER, access=OWNER), services)
    points = [Quoted(item.text, frozenset(int(one.id) for one in item.sources)) for item in result.items]
    return points, len(WORD.findall(result.reply().text))


def rivals(each: Labelled, length: int) -> dict[str, list[list[Quoted]]]:
    """Return the naive summaries of at most `length` words."""
    whole = [Quoted(message.text, frozenset([place])) for place, message in enumerate(each.messages) if message.text]
    longest = sorted(whole, key=lambda point: -len(point.text.split()))
    draws = (random.Random(seed).sample(whole, len(whole)) for seed in range(DRAWS))  # noqa: S311 - no secret
    return {
        "first": [cut(whole, length)],
        "last": [cut(whole[::-1], length)],
        "random": [cut(draw, length) for draw in draws],
        "longest": [cut(longest, length)],
        f"longest, {LONGEST_FACTOR} times the words": [cut(longest, LONGEST_FACTOR * length)],
    }


def cut(points: Iterable[Quoted], length: int) -> list[Quoted]:
    """Return the first points as long as they have at most `length` words together."""
    return list(_while_short(points, length))


def _while_short(points: Iterable[Quoted], left: int) -> Iterator[Quoted]:
    for point in points:
        left -= len(point.text.split())
        if left < 0:
            return
        yield point


def count(points: Sequence[Quoted]) -> int:
    """Return the words of the points."""
    return sum(len(point.text.split()) for point in points)


def scored(each: Labelled, points: Sequence[Quoted], length: int) -> NDArray[np.float64]:
    """Return the facts held by message, those held by message or words, all facts, points that hit, points, words."""
    quoted = frozenset().union(*(point.messages for point in points))
    held = stems(" ".join(point.text for point in points))
    by_message = [bool(fact.messages & quoted) for fact in each.facts]
    by_words = [len(concepts(fact.text) & held) >= HELD * max(len(concepts(fact.text)), 1) for fact in each.facts]
    labelled = frozenset().union(*(fact.messages for fact in each.facts))
    return np.array(
        [
            sum(by_message),
            sum(one or other for one, other in zip(by_message, by_words, strict=True)),
            len(each.facts),
            sum(bool(point.messages & labelled) for point in points),
            len(points),
            length,
        ],
        dtype=np.float64,
    )


def shares(totals: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return recall by message, recall by message or words, and precision, of summed scores."""
    by_message, held, facts, hits, points, _ = totals
    return by_message / facts, held / facts, hits / max(points, 1)


def figures(rows: dict[str, NDArray[np.float64]]) -> tuple[Figure, ...]:
    """Return the summary's shares with their intervals over conversations."""
    own = rows["summary"]
    names = ("fact recall by message", "fact recall by message or words", "precision of points")

    def share(place: int) -> Callable[[NDArray[np.intp]], float]:
        return lambda chosen: shares(own[chosen].sum(axis=0))[place]

    return tuple(interval(name, share(place), len(own)) for place, name in enumerate(names))


def table(rows: dict[str, NDArray[np.float64]]) -> Table:
    """Return all systems."""
    columns = ("system", "recall by message", "or words", "precision", "points", "words")
    found = tuple(
        (name, *shares(each.sum(axis=0)), float(each[:, 4].mean()), float(each[:, 5].mean()))
        for name, each in rows.items()
    )
    return Table("beside whole messages of at most the same length", columns, found)
