"""Which message answers a question: a fused lexical and dense ranking over candidates, and how sure it is.

Pure: messages and vectors in, candidates out. A message is scored by its own words and meaning, those of the messages
it follows and is followed by (an answer often comes after the message that sounds like the question), whether it asks
itself, whether the question names its author, and its length. `ranking.json` holds the weights, and where they are
from; `benchmarks/fit_retrieval.py` makes it.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message
from bot.conversation.threads import Indices, is_question, neighbours
from nlp.text.lexical import content_stems, coverage, document_counts, rarity, stem, stems, words

Floats = NDArray[np.floating]

FEATURES = ("words", "meaning", "words_around", "meaning_around", "asks", "answers", "named", "length")
EVIDENCE = ("score", "margin", "cover")  # what confidence is made of
LONG = 20  # words; a longer message tells no more by its length
SAME = 0.34  # of a question's words, at most so many are its own where it asks what is asked; from the fitted half
SHORTEST_NAME = 3  # letters


@dataclass(frozen=True, slots=True)
class Parameters:
    """The fitted weights, the confidence below which nothing counts as found, and their provenance."""

    ranking: Mapping[str, float]
    confidence: Mapping[str, float]
    constant: float
    threshold: float
    provenance: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message that may answer; `context` is the question right before it, `reply` what followed if it asks one."""

    message: Message
    score: float
    context: Message | None = None
    reply: Message | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best candidates first, and the probability that the first one answers."""

    candidates: tuple[Candidate, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Material:
    """n messages, oldest first, with their vectors, shape (n, dimensions), unit rows or zeros."""

    messages: Sequence[Message]
    vectors: Floats


@cache
def shipped() -> Parameters:
    """The parameters that come with Parley."""
    return Parameters(**json.loads(Path(__file__).with_name("ranking.json").read_text(encoding="utf-8")))


def rank(question: str, vector: Floats, material: Material, parameters: Parameters, best: int = 3) -> Ranking:
    """The `best` candidates among the material for the question with this vector."""
    if not material.messages:
        return Ranking((), 0.0)
    measured = measure(question, vector, material)
    scores = measured.features @ weights(parameters.ranking, FEATURES)
    order = np.argsort(-scores, kind="stable")
    evidence = measured.evidence(scores, order)
    logit = evidence @ weights(parameters.confidence, EVIDENCE) + parameters.constant
    order = answered(question, material.messages, measured, order)
    found = tuple(_candidate(material.messages, measured, scores, int(index)) for index in order[:best])
    return Ranking(found, 1 / (1 + math.exp(-float(logit))))


def weights(named: Mapping[str, float], names: Sequence[str]) -> Floats:
    """The weights in the order of `names`."""
    return np.array([named[name] for name in names])


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of each message for one question; `features` has a column for each name of FEATURES."""

    features: Floats
    before: Indices
    after: Indices
    documents: Sequence[set[str]]
    rarities: Mapping[str, float]

    def evidence(self, scores: Floats, order: Indices) -> Floats:
        """The EVIDENCE for the first of the order: its score, its lead, and the question's words in and around it."""
        first = int(order[0])
        margin = scores[first] - scores[order[1]] if len(order) > 1 else 0.0
        near = [index for index in (self.before[first], first, self.after[first]) if index >= 0]
        return np.array(
            [scores[first], margin, coverage(self.rarities, set().union(*(self.documents[index] for index in near)))]
        )


def measure(question: str, vector: Floats, material: Material) -> Measured:
    """The features of every message for the question."""
    messages = material.messages
    documents = [stems(f"{message.author.name} {message.text}") for message in messages]
    asked = content_stems(question) or stems(question)
    rarities = rarity(asked, document_counts(documents), len(documents))
    before, after = neighbours(messages)
    lexical = np.array([coverage(rarities, document) for document in documents])
    dense = material.vectors @ vector
    asks = np.array([is_question(message.text) for message in messages], dtype=float)
    columns = {
        "words": lexical,
        "meaning": dense,
        "words_around": np.maximum(pick(lexical, before), pick(lexical, after)),
        "meaning_around": blend(material.vectors, before, after) @ vector,
        "asks": asks,
        "answers": pick(asks * dense, before),
        "named": named(question, messages),
        "length": np.log1p([min(LONG, len(words(message.text))) for message in messages]),
    }
    return Measured(np.stack([columns[name] for name in FEATURES], axis=1), before, after, documents, rarities)


def pick(values: Floats, places: Indices) -> Floats:
    """The values at these places, 0 where the place is -1."""
    return np.where(places >= 0, values[places], 0)


def blend(vectors: Floats, before: Indices, after: Indices) -> Floats:
    """Each row with its neighbours' rows, brought to unit length."""
    padded = np.vstack([vectors, np.zeros((1, vectors.shape[1]), dtype=vectors.dtype)])  # -1 picks the zeros
    summed: Floats = vectors + padded[before] + padded[after]
    lengths: Floats = np.linalg.norm(summed, axis=1, keepdims=True)
    return summed / np.maximum(lengths, 1e-9)


def named(question: str, messages: Sequence[Message]) -> Floats:
    """1 for each message whose author the question names, by any part of the name."""
    asked = {stem(word) for word in words(question)}
    authors = {message.author.name for message in messages}
    meant = {
        name for name in authors if any(len(part) >= SHORTEST_NAME and stem(part) in asked for part in words(name))
    }
    return np.array([message.author.name in meant for message in messages], dtype=float)


def answered(question: str, messages: Sequence[Message], measured: Measured, order: Indices) -> Indices:
    """The order with what was replied before the message that came first, where that only asks the same."""
    first = int(order[0])
    reply = int(measured.after[first])
    if reply < 0 or not is_question(messages[first].text) or is_question(messages[reply].text):
        return order
    if messages[reply].author.id == messages[first].author.id:
        return order
    own = content_stems(messages[first].text)
    if len(own - content_stems(question)) > SAME * len(own):
        return order
    return np.concatenate([[reply], order[order != reply]])


def _candidate(messages: Sequence[Message], measured: Measured, scores: Floats, index: int) -> Candidate:
    earlier = int(measured.before[index])
    context = messages[earlier] if earlier >= 0 and is_question(messages[earlier].text) else None
    later = int(measured.after[index])
    replied = later >= 0 and is_question(messages[index].text) and messages[later].author != messages[index].author
    return Candidate(messages[index], float(scores[index]), context, messages[later] if replied else None)
