"""Finds the message that answers a question: a fused lexical and dense ranking over candidates, and how sure it is.

Pure: messages and vectors in, candidates out. A message is scored by its own words and meaning, those of the messages
it follows and is followed by (an answer often comes after the message that sounds like the question), whether it asks
itself, whether the question names its author, and its length. `ranking.json` holds the weights for each embedder, and
where they are from; `benchmarks/fit_retrieval.py` makes it.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message, Place
from bot.discussions.graph import RECENT, Indices, ReplyGraph
from nlp.text.abbreviations import Abbreviation, abbreviations
from nlp.text.lexical import content_stems, coverage, document_counts, rarity, stem, stems, words
from nlp.text.polarity import PEOPLE, Stand, asks_for_person, stand
from nlp.text.questions import is_question
from nlp.text.succession import succeeds
from nlp.text.values import lacks_value

Floats = NDArray[np.floating]

FEATURES = ("words", "meaning", "words_around", "meaning_around", "asks", "answers", "named", "length")
USUAL = "embedder"  # the family whose parameters serve for those that nothing was fitted on
EVIDENCE = ("score", "margin", "cover")  # what confidence is made of
LONG = 20  # words; beyond it length adds nothing
SAME = 0.34  # of a question's words, at most so many are its own where it asks what is asked; from the fitted half
SHORTEST_NAME = 3  # letters
ADDRESSED = re.compile(r"^\s*@[\w.-]+[,:]?\s+")
ASKING = PEOPLE | stems("know tell please help sabe saber sabem sabes weiss wissen sait savoir")
NEAR = 50  # the best messages, which are held against what the question takes for granted
DENIED = 0.9  # of the threshold, the most that a message that denies it of somebody is sure to tell who
DOUBTED = 0.45  # the most that one is sure to tell when, where or what
ROWS = 1_000  # of vectors that are added up at a time
NONE: frozenset[str] = frozenset()
COST = {Stand.WITH: 0.0, Stand.NOBODY: 1.0, Stand.AGAINST: 2.0}  # of the score


@dataclass(frozen=True, slots=True)
class Parameters:
    """The fitted weights, the confidence below which nothing counts as found, and their provenance.

    `alike` is the cosine from which a message is about what is asked, whatever its words.
    """

    ranking: Mapping[str, float]
    confidence: Mapping[str, float]
    constant: float
    threshold: float
    alike: float
    provenance: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message that may answer; `context` is the question right before it, `reply` what followed if it asks one.

    `against` says that it denies what the question takes for granted, or the other way round; `earlier` is what was
    said of the same thing before it, oldest first.
    """

    message: Message
    score: float
    context: Message | None = None
    reply: Message | None = None
    against: bool = False
    earlier: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best candidates first, and the probability that the first one answers."""

    candidates: tuple[Candidate, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Material:
    """n messages, oldest first, with their vectors, shape (n, dimensions), unit rows or zeros.

    `silent` are ids of messages that others follow and that answer nothing themselves.
    """

    messages: Sequence[Message]
    vectors: Floats
    silent: AbstractSet[str] = frozenset()


@cache
def shipped(family: str = USUAL) -> Parameters:
    """Return the parameters that come with Parley, fitted on the vectors of this family or else of the usual one."""
    read = json.loads(Path(__file__).with_name("ranking.json").read_text(encoding="utf-8"))
    fitted = dict(read["embedders"].get(family) or read["embedders"][USUAL])
    origin = {name: read[name] for name in ("command", "data", "fitted_on")}
    return Parameters(provenance={**origin, "embedder": fitted.pop("model")}, **fitted)


def rank(question: str, vector: Floats, material: Material, parameters: Parameters, best: int = 3) -> Ranking:
    """Return the `best` candidates among the material for the question with this vector."""
    if len(material.messages) == len(material.silent):
        return Ranking((), 0.0)
    messages, measured = material.messages, measure(question, vector, material)
    scores = measured.features @ weights(parameters.ranking, FEATURES)
    against = _weigh_stands(question, messages, measured, scores, parameters.alike)
    order = np.argsort(-scores, kind="stable")
    order = order[[messages[index].id not in material.silent for index in order]]
    unrepeated, replied = without_repeats(question, messages, measured, order)
    if not len(unrepeated):  # nothing but the question itself
        return Ranking((), 0.0)
    near = [messages[index] for index in unrepeated[:NEAR] if index not in against]
    course = succession(question, messages[unrepeated[0]], near)
    unrepeated, rivals = _newest_first(messages, unrepeated, course)
    evidence = measured.evidence(scores, order if replied else rivals)
    logit = evidence @ weights(parameters.confidence, EVIDENCE) + parameters.constant
    confidence = 1 / (1 + math.exp(-float(logit)))
    candidates = [
        _candidate(messages, measured, scores, int(index), against=int(index) in against) for index in unrepeated[:best]
    ]
    first = replace(candidates[0], earlier=course[:-1])
    if lacks_value(question, first.message.text) and not (first.reply and not lacks_value(question, first.reply.text)):
        confidence = min(confidence, DOUBTED)
    if first.against:
        confidence = min(confidence, parameters.threshold * DENIED if asks_for_person(question) else DOUBTED)
    return Ranking((first, *candidates[1:]), confidence)


def weights(named: Mapping[str, float], names: Sequence[str]) -> Floats:
    """Return the weights in the order of `names`."""
    return np.array([named[name] for name in names])


@dataclass(frozen=True, slots=True)
class Measured:
    """Holds what is known of each message for one question.

    `features` has a column for each name of FEATURES; `documents` are the question's words in each message.
    """

    features: Floats
    before: Indices
    after: Indices
    documents: Sequence[AbstractSet[str]]
    rarities: Mapping[str, float]

    def evidence(self, scores: Floats, order: Indices) -> Floats:
        """Return the EVIDENCE for the first of the order: score, lead, and the question's words in and around it."""
        first = int(order[0])
        margin = scores[first] - scores[order[1]] if len(order) > 1 else 0.0
        near = [index for index in (self.before[first], first, self.after[first]) if index >= 0]
        return np.array(
            [scores[first], margin, coverage(self.rarities, set().union(*(self.documents[index] for index in near)))]
        )


def measure(question: str, vector: Floats, material: Material) -> Measured:
    """Return the features of every message for the question."""
    messages = material.messages
    asked = content_stems(question) or stems(question)
    known = abbreviations(question, [message.text for message in messages])
    documents = [_held(message, known, asked) for message in messages]
    rarities = rarity(asked, document_counts(documents), len(documents))
    before, after = neighbours(messages)
    lexical = np.array([coverage(rarities, document) for document in documents])
    dense = material.vectors @ vector
    asks = np.array([is_question(message.text) for message in messages], dtype=float)
    columns = {
        "words": lexical,
        "meaning": dense,
        "words_around": np.maximum(pick(lexical, before), pick(lexical, after)),
        "meaning_around": meaning_around(material.vectors, dense, before, after),
        "asks": asks,
        "answers": pick(asks * dense, before),
        "named": named(question, messages),
        "length": np.log1p([min(LONG, len(words(message.text))) for message in messages]),
    }
    return Measured(np.stack([columns[name] for name in FEATURES], axis=1), before, after, documents, rarities)


def _held(message: Message, known: Sequence[Abbreviation], asked: AbstractSet[str]) -> AbstractSet[str]:
    """Return which of the question's words a message holds; its other words would take more memory than its text."""
    held = stems(f"{message.author.name} {message.text}")
    for each in known:
        held = each.completed(message.text, held)
    return held & asked or NONE


def neighbours(messages: Sequence[Message]) -> tuple[Indices, Indices]:
    """Return for each message the place of the one it answers and of its first answer, -1 for none: in its channel."""
    before, after = (np.full(len(messages), -1, dtype=np.intp) for _ in range(2))
    channels: dict[Place, list[int]] = {}
    for place, message in enumerate(messages):
        channels.setdefault(replace(message.place, thread=None), []).append(place)
    for inside in map(np.array, channels.values()):
        graph = ReplyGraph.of([messages[place] for place in inside], RECENT)
        for whole, part in zip((before, after), graph.neighbours(), strict=True):
            whole[inside] = np.where(part >= 0, inside[part], -1)
    return before, after


def pick(values: Floats, places: Indices) -> Floats:
    """Return the values at these places, 0 where the place is -1."""
    return np.where(places >= 0, values[places], 0)


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


def _weigh_stands(
    question: str, messages: Sequence[Message], measured: Measured, scores: Floats, near_enough: float
) -> set[int]:
    """Lower the scores of the best messages that deny what the question takes for granted; which of them do."""
    near = np.argsort(-scores, kind="stable")[:NEAR]
    alike = measured.features[:, FEATURES.index("meaning")] >= near_enough
    stands = {int(index): stand(question, messages[index].text, alike=bool(alike[index])) for index in near}
    for index, each in stands.items():
        scores[index] -= COST[each]
    return {index for index, each in stands.items() if each is Stand.AGAINST}


def without_repeats(
    question: str, messages: Sequence[Message], measured: Measured, order: Indices
) -> tuple[Indices, bool]:
    """Return the order without the messages that only ask the same, and whether a reply to them leads it.

    It does where one of them came first.
    """
    repeats = {int(index) for index in order[:NEAR] if is_repeat(question, messages[index].text)}
    unrepeated = order[[int(index) not in repeats for index in order]]
    last = at = int(order[0])
    while at in repeats:
        last, at = at, int(measured.after[at])
    if at == last or at < 0 or is_question(messages[at].text) or messages[at].author.id == messages[last].author.id:
        return unrepeated, False
    return np.concatenate([[at], unrepeated[unrepeated != at]]), True


def is_repeat(question: str, text: str) -> bool:
    """Return whether the text only asks what the question asks."""
    bare = ADDRESSED.sub("", text)
    own, asked = content_stems(bare) - ASKING, content_stems(question)
    same_words = words(bare) == words(question) and (is_question(question) or asks_for_person(question))
    if not own or not (same_words or is_question(bare)):
        return False
    return len(own - asked) <= SAME * len(own)


def succession(question: str, first: Message, others: Sequence[Message]) -> tuple[Message, ...]:
    """Return `first` and other statements about the same thing, oldest first, or nothing where there are none."""
    stated = (each for each in others if each.id != first.id and not is_question(each.text))
    successors = [] if is_question(first.text) else [each for each in stated if _succeed(question, first, each)]
    return tuple(sorted([first, *successors], key=_time)) if successors else ()


def _succeed(question: str, one: Message, other: Message) -> bool:
    earlier, later = sorted((one, other), key=_time)
    return succeeds(question, earlier.text, later.text, one_speaker=one.author.id == other.author.id)


def _time(message: Message) -> tuple[datetime, str]:
    return message.sent_at, message.id


def _newest_first(messages: Sequence[Message], order: Indices, course: Sequence[Message]) -> tuple[Indices, Indices]:
    """Return the order with the course's last message first, and the same without the others of the course."""
    if not course:
        return order, order
    first = next(index for index in order if messages[index] == course[-1])
    rest = order[order != first]
    rivals = [index for index in rest if messages[index] not in course]
    return np.concatenate([[first], rest]), np.array([first, *rivals], dtype=np.intp)


def _candidate(
    messages: Sequence[Message], measured: Measured, scores: Floats, index: int, *, against: bool
) -> Candidate:
    earlier = int(measured.before[index])
    leads = earlier >= 0 and (is_question(messages[earlier].text) or _is_apps_root(messages[earlier], messages[index]))
    context = messages[earlier] if leads else None
    later = int(measured.after[index])
    replied = later >= 0 and is_question(messages[index].text) and messages[later].author != messages[index].author
    return Candidate(messages[index], float(scores[index]), context, messages[later] if replied else None, against)


def _is_apps_root(root: Message, reply: Message) -> bool:
    """Return whether the reply stands in the thread under a message of an app."""
    return root.from_bot and root.id == reply.place.thread
