"""Finds the message that answers a question: a fused lexical and dense ranking over candidates, and how sure it is.

Pure: messages and vectors in, candidates out. What was answered to a message that asks the same comes first, and of
statements about one thing the newest. `ranking.json` holds the weights of `bot.retrieval.features` for each family of
embedders, and where they are from; `benchmarks/fit_retrieval.py` makes it.
"""

import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message
from bot.discussions.graph import Indices
from bot.retrieval import confidence
from bot.retrieval.confidence import EVIDENCE, ConfidenceWeights, Evidence
from bot.retrieval.features import FEATURES, Material, Measured, measure
from bot.retrieval.repeats import AskedBefore, asked_before
from nlp.text.lexical import content_stems
from nlp.text.polarity import Stand, asks_for_person, stand
from nlp.text.questions import asked_for, is_question
from nlp.text.succession import succeeds
from nlp.text.values import lacks_value

Floats = NDArray[np.floating]

USUAL = "embedder"  # the family whose parameters serve for those that nothing was fitted on
NEAR = 50  # the best messages, which are held against what the question takes for granted
DENIED = 0.9  # of the threshold, the most that a message that denies it of somebody is sure to tell who
RELATED = 0.2  # the cosine from which a reply that shares no word with the question may speak of it
DOUBTED = 0.45  # the most that one is sure to tell when, where or what
COST = {Stand.WITH: 0.0, Stand.NOBODY: 1.0, Stand.AGAINST: 2.0}  # of the score


@dataclass(frozen=True, slots=True)
class Parameters:
    """The fitted weights of the features and of the evidence, and the provenance of the former.

    `alike` is the cosine from which a message is about what is asked, whatever its words.
    """

    ranking: Mapping[str, float]
    confidence: ConfidenceWeights
    alike: float
    provenance: Mapping[str, Any]

    @property
    def weights(self) -> Floats:
        """Return the weights in the order of the features."""
        return np.array([self.ranking[name] for name in FEATURES])


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
    """The best candidates first, and the probability that the first one answers.

    `open` is a message that asks the same and that nobody has answered.
    """

    candidates: tuple[Candidate, ...]
    confidence: float
    open: Message | None = None


@dataclass(frozen=True, slots=True)
class Considered:
    """The messages in the order in which they may answer, and the evidence for the first.

    `order` are places, without those of messages that only ask the same. `answered` is such a message whose answer
    comes first, `open` the place of one that nobody answered, -1 for none.
    """

    measured: Measured
    scores: Floats
    order: Indices
    evidence: Floats
    against: AbstractSet[int]
    course: tuple[Message, ...] = ()
    answered: AskedBefore | None = None
    open: int = -1

    def known(self, name: str) -> float:
        """Return one piece of the evidence."""
        return float(self.evidence[EVIDENCE.index(name)])


@cache
def shipped(family: str = USUAL) -> Parameters:
    """Return the parameters that come with Parley, fitted on the vectors of this family or else of the usual one."""
    read = json.loads(Path(__file__).with_name("ranking.json").read_text(encoding="utf-8"))
    known = family if family in read["embedders"] else USUAL
    fitted = read["embedders"][known]
    origin = {name: read[name] for name in ("command", "data", "fitted_on")}
    return Parameters(
        fitted["ranking"], confidence.shipped(known), fitted["alike"], {**origin, "embedder": fitted["model"]}
    )


def rank(question: str, vector: Floats, material: Material, parameters: Parameters, best: int = 3) -> Ranking:
    """Return the `best` candidates among the material for the question with this vector."""
    considered = consider(question, vector, material, parameters)
    if considered is None:
        return Ranking((), 0.0)
    sure = parameters.confidence.probability(considered.evidence)
    first, *others = (_candidate(considered, material.messages, int(index)) for index in considered.order[:best])
    first = replace(first, earlier=considered.course[:-1])
    if lacks_value(question, first.message.text) and not (first.reply and not lacks_value(question, first.reply.text)):
        sure = min(sure, DOUBTED)
    sure = min(sure, _most(question, considered))
    if first.against:
        sure = min(sure, confidence.FOUND * DENIED if asks_for_person(question) else DOUBTED)
    unanswered = material.messages[considered.open] if considered.open >= 0 else None
    return Ranking((first, *others), sure, unanswered)


def consider(question: str, vector: Floats, material: Material, parameters: Parameters) -> Considered | None:
    """Return the messages of the material in order, None where there are none but the question itself."""
    if len(material.messages) == len(material.silent):
        return None
    messages, measured = material.messages, measure(question, vector, material)
    scores = measured.features @ parameters.weights
    against = _weigh_stands(question, messages, measured, scores, parameters.alike)
    order = np.argsort(-scores, kind="stable")
    order = order[[messages[index].id not in material.silent for index in order]]
    of_people = asked_for(question) is None or bool(measured.features[:, FEATURES.index("named")].any())
    asked = asked_before(question, order[:NEAR].tolist(), measured.graph, of_people=of_people)
    repeats = [each.place for each in asked]
    leads = bool(asked) and asked[0].place == order[0]
    answered = next((each for each in asked if each.answer >= 0), None) if leads else None
    order = order[~np.isin(order, repeats)]
    if not len(order):
        return None
    if answered:
        order = np.concatenate([[answered.answer], order[order != answered.answer]])
    near = [messages[index] for index in order[:NEAR] if index not in against]
    course = succession(question, messages[order[0]], near)
    order, rivals = _newest_first(messages, order, course)
    open_ = asked[0].place if leads and answered is None else -1
    evidence = Evidence(question, messages, measured, scores).of(rivals, answered, is_open=open_ >= 0)
    return Considered(measured, scores, order, evidence, against, course, answered, open_)


def _most(question: str, considered: Considered) -> float:
    """Return the most that may be claimed: little for one word in common, or for what merely came next."""
    typed = considered.known("typed") > 0
    if considered.answered is None:
        one_word = asked_for(question) is not None and len(content_stems(question)) <= 1
        return confidence.FOUND * DENIED if one_word and not typed else 1.0
    linked = considered.known("linked") == 1 or considered.known("spoken_to") > 0
    if linked or typed or considered.known("reply_held") > 0:
        return 1.0
    return DOUBTED if considered.known("replied") >= RELATED else confidence.FOUND * DENIED


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


def _candidate(considered: Considered, messages: Sequence[Message], index: int) -> Candidate:
    message, graph = messages[index], considered.measured.graph
    earlier, later = graph.question_of(index), graph.answer_to(index) if is_question(message.text) else -1
    if considered.answered and considered.answered.answer == index:
        earlier = considered.answered.place
    leads = earlier >= 0 and (is_question(messages[earlier].text) or _is_apps_root(messages[earlier], message))
    return Candidate(
        message,
        float(considered.scores[index]),
        messages[earlier] if leads or (considered.answered and considered.answered.place == earlier) else None,
        messages[later] if later >= 0 else None,
        index in considered.against,
    )


def _is_apps_root(root: Message, reply: Message) -> bool:
    """Return whether the reply stands in the thread under a message of an app."""
    return root.from_bot and root.id == reply.place.thread
