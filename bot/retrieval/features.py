"""Measures what speaks for each message as the answer to a question: the features of the ranking.

A message is scored by its own words and meaning, those of the messages it follows and is followed by (an answer often
comes after the message that sounds like the question), whether it asks itself, whether the question names its author,
and its length. Pure: messages and vectors in, numbers out.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message, Place
from bot.discussions.graph import RECENT, Indices, ReplyGraph
from nlp.text.abbreviations import Abbreviation, abbreviations
from nlp.text.lexical import content_stems, coverage, document_counts, rarity, stem, stems, words
from nlp.text.questions import is_question

Floats = NDArray[np.floating]

FEATURES = ("words", "meaning", "words_around", "words_added", "meaning_around", "asks", "answers", "named", "length")
LONG = 20  # words; beyond it length adds nothing
SHORTEST_NAME = 3  # letters
ROWS = 1_000  # of vectors that are added up at a time
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Material:
    """n messages, oldest first, with their vectors, shape (n, dimensions), unit rows or zeros.

    `silent` are ids of messages that others follow and that answer nothing themselves. `graph` is of a
    conversation that holds these messages, where it is known.
    """

    messages: Sequence[Message]
    vectors: Floats
    silent: AbstractSet[str] = frozenset()
    graph: ReplyGraph | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """Holds what is known of each message for one question.

    `features` has a column for each name of FEATURES; `documents` are the question's words in each message.
    """

    features: Floats
    graph: ReplyGraph
    documents: Sequence[AbstractSet[str]]
    rarities: Mapping[str, float]


def measure(question: str, vector: Floats, material: Material) -> Measured:
    """Return the features of every message for the question."""
    messages = material.messages
    asked = content_stems(question) or stems(question)
    known = abbreviations(question, [message.text for message in messages])
    documents = [_held(message, known, asked) for message in messages]
    rarities = rarity(asked, document_counts(documents), len(documents))
    graph = material.graph.among(messages) if material.graph else graph_of(messages)
    before, after = graph.neighbours()
    lexical = np.array([coverage(rarities, document) for document in documents])
    dense = material.vectors @ vector
    asks = np.array([is_question(message.text) for message in messages], dtype=float)
    columns = {
        "words": lexical,
        "meaning": dense,
        "words_around": np.maximum(pick(lexical, before), pick(lexical, after)),
        "words_added": np.maximum(
            added(rarities, documents, lexical, before), added(rarities, documents, lexical, after)
        ),
        "meaning_around": meaning_around(material.vectors, dense, before, after),
        "asks": asks,
        "answers": pick(asks * dense, before),
        "named": named(question, messages),
        "length": np.log1p([min(LONG, len(words(message.text))) for message in messages]),
    }
    return Measured(np.stack([columns[name] for name in FEATURES], axis=1), graph, documents, rarities)


def _held(message: Message, known: Sequence[Abbreviation], asked: AbstractSet[str]) -> AbstractSet[str]:
    """Return which of the question's words a message holds; its other words would take more memory than its text."""
    held = stems(f"{message.author.name} {message.text}")
    for each in known:
        held = each.completed(message.text, held)
    return held & asked or NONE


def graph_of(messages: Sequence[Message]) -> ReplyGraph:
    """Return who answers whom among the messages of one channel or several: each answers within its own."""
    channels: dict[Place, list[int]] = {}
    for place, message in enumerate(messages):
        channels.setdefault(replace(message.place, thread=None), []).append(place)
    if len(channels) <= 1:
        return ReplyGraph.of(messages, RECENT)
    before, sure = np.full(len(messages), -1, dtype=np.intp), np.zeros(len(messages), dtype=np.float32)
    spoken_to: list[str | None] = [None] * len(messages)
    for inside in map(np.array, channels.values()):
        graph = ReplyGraph.of([messages[place] for place in inside], RECENT)
        before[inside] = np.where(graph.before >= 0, inside[graph.before], -1)
        sure[inside] = graph.sure
        for place, person in zip(inside.tolist(), graph.spoken_to, strict=True):
            spoken_to[place] = person
    return ReplyGraph(messages, before, sure, spoken_to)


def pick(values: Floats, places: Indices) -> Floats:
    """Return the values at these places, 0 where the place is -1."""
    return np.where(places >= 0, values[places], 0)


def added(weights: Mapping[str, float], documents: Sequence[AbstractSet[str]], own: Floats, places: Indices) -> Floats:
    """Return the share of the question's words that each message lacks and the one at its place holds."""
    together = [
        coverage(weights, document | documents[place]) if place >= 0 and documents[place] else share
        for document, place, share in zip(documents, places.tolist(), own.tolist(), strict=True)
    ]
    return np.array(together) - own


def meaning_around(vectors: Floats, dense: Floats, before: Indices, after: Indices) -> Floats:
    """Return how near the question each row comes with its neighbours' rows, from how near each comes alone."""
    lengths = np.concatenate(
        [
            np.linalg.norm(vectors[part] + _rows(vectors, before[part]) + _rows(vectors, after[part]), axis=1)
            for part in (slice(start, start + ROWS) for start in range(0, len(vectors), ROWS))
        ]
    )
    together: Floats = dense + pick(dense, before) + pick(dense, after)
    around: Floats = together / np.maximum(lengths, 1e-9)
    return around


def _rows(vectors: Floats, places: Indices) -> Floats:
    """Return the rows at these places, zeros where the place is -1."""
    rows: Floats = np.where(places[:, None] >= 0, vectors[places], np.float32(0))
    return rows


def named(question: str, messages: Sequence[Message]) -> Floats:
    """Return 1 for each message whose author the question names, by any part of the name."""
    asked = {stem(word) for word in words(question)}
    authors = {message.author.name for message in messages}
    meant = {
        name for name in authors if any(len(part) >= SHORTEST_NAME and stem(part) in asked for part in words(name))
    }
    return np.array([message.author.name in meant for message in messages], dtype=float)
