"""Fits bot/retrieval/confidence.py: `python benchmarks/fit_confidence.py FriendsQA/dev.json irc/train.zip`.

A logistic regression over the evidence for the first candidate, none of whose weights has the wrong sign, under a
ceiling that is the share of right ones among the surest, for every packaged embedder, with the ranking as it is
shipped. Questions of FriendsQA (the half that the ranking was fitted on) are put to the dialogue that holds their
answer, to the same without the messages that answer, and to another. Questions of annotated IRC logs are asked again
where they stand, answered or not; where their answers, or they themselves, are taken out; in other words; elsewhere.
"""

import asyncio
import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from fit_retrieval import EMBEDDERS
from numpy.typing import NDArray
from scipy.optimize import minimize

from adapters.chat import Message
from bot.discussions.graph import ReplyGraph
from bot.evaluation.asked_again import read_questions
from bot.evaluation.dialogues import Dialogue, LabelledQuestion
from bot.retrieval import ranking
from bot.retrieval.confidence import EVIDENCE, FOUND, OF_REPEATED, PLAIN
from bot.retrieval.features import Material
from bot.retrieval.ranking import consider
from nlp.core import Core
from nlp.scheduler.family import Binding
from nlp.text.lexical import FUNCTION_WORDS

TARGET = Path(__file__).parent.parent / "bot" / "retrieval" / "confidence.json"
EVERY = 18  # logs, one is learnt from
PLAIN_SHARES = {"silenced": 0.1, "again": 0.5, "taken out": 0.5, "other words": 0.5}  # how much a case of a kind counts
REPEATED_SHARES = {"silenced": 0.2}
AGAINST = {"open"}  # evidence that never speaks for an answer
FOLDS, TOGETHER = 5, 40  # parts that the most that may be claimed is measured over, and neighbours that stay in one
SUREST = 1 / 12
BESIDE = 60  # messages before and after the annotated ones that belong to a log's channel
DROPPED = 0.3  # of a question's words where it is asked in other words
IGNORED = FUNCTION_WORDS["en"]


@dataclass(frozen=True)
class Case:
    """A question for a channel, the ids of the messages that answer it there, and the kind of case."""

    question: str
    messages: Sequence[Message]
    right: AbstractSet[str]
    kind: str


def main(friendsqa: Path, irc: Path) -> None:
    """Fit and write."""
    cases = [*of_dialogues(fitted_half(friendsqa)), *of_logs(read_questions(irc)[::EVERY])]
    document = {
        "command": "python benchmarks/fit_confidence.py FriendsQA/dev.json irc/train.zip",
        "data": "FriendsQA dev, emorynlp/FriendsQA 9ce6c98, Apache-2.0: the half that the ranking was fitted"
        " on; Ubuntu IRC, "
        "jkkummerfeld/irc-disentanglement 82ed04f, CC BY 4.0: every eighteenth log of the training part",
        "embedders": {family: asyncio.run(fitted(each, cases)) for family, each in EMBEDDERS.items()},
    }
    TARGET.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def fitted_half(path: Path) -> list[Dialogue]:
    """The dialogues that the ranking was fitted on."""
    titles = set(ranking.shipped().provenance["fitted_on"])
    return [dialogue for dialogue in read_questions(path) if dialogue.title in titles]


def of_dialogues(dialogues: Sequence[Dialogue]) -> Iterator[Case]:
    """Every question, put to its own dialogue, with its answers and without, and to another."""
    for number, dialogue in enumerate(dialogues):
        other = dialogues[(number + len(dialogues) // 2) % len(dialogues)]
        for question in dialogue.questions:
            right = {answer.message for answer in question.answers}
            yield Case(question.text, dialogue.messages, right, "said")
            yield Case(question.text, without(dialogue.messages, right), set(), "silenced")
            yield Case(question.text, other.messages, set(), "elsewhere")


def without(messages: Sequence[Message], ids: AbstractSet[str]) -> list[Message]:
    """The other messages."""
    return [message for message in messages if message.id not in ids]


def of_logs(logs: Sequence[Dialogue]) -> Iterator[Case]:
    """Every question of the logs, asked again in the ways that this module's docstring says."""
    draw = random.Random(0)
    channels = [annotated(log) for log in logs]
    for number, (log, channel) in enumerate(zip(logs, channels, strict=True)):
        other = channels[(number + len(logs) // 2) % len(logs)]
        for question in log.questions:
            right = {answer.message for answer in question.answers}
            own = {message.id for message in channel if message.text == question.text}
            yield Case(question.text, other, set(), "again elsewhere")
            yield Case(question.text, channel, right, "again" if right else "again, open")
            if right:
                other_words, silenced = reworded(question, draw), without(channel, right)
                yield Case(question.text, silenced, set(), "again, silenced")
                yield Case(question.text, without(channel, own), right, "taken out")
                yield Case(other_words, channel, right, "other words")
                yield Case(other_words, silenced, set(), "other words, silenced")


def annotated(log: Dialogue) -> list[Message]:
    """The part of a log that is annotated, with what stands beside it."""
    places = {message.id: place for place, message in enumerate(log.messages)}
    texts = {question.text for question in log.questions}
    inside = [places[answer.message] for question in log.questions for answer in question.answers]
    inside += [place for place, message in enumerate(log.messages) if message.text in texts]
    return list(log.messages[max(min(inside) - BESIDE, 0) : max(inside) + BESIDE]) if inside else list(log.messages)


def reworded(question: LabelledQuestion, draw: random.Random) -> str:
    """The question without some of its words."""
    kept = [word for word in question.text.split() if word.lower() in IGNORED or draw.random() > DROPPED]
    return " ".join(kept or question.text.split()).rstrip("?") + "?"


async def fitted(binding: Binding, cases: Sequence[Case]) -> dict[str, Any]:
    """The weights for an embedder."""
    vectors, questions = await embedded(binding, cases)
    evidence, right, kinds = evident(cases, vectors, questions, ranking.shipped(binding.family))
    repeated = evidence[:, EVIDENCE.index("repeated")] > 0
    sure = np.zeros(len(right))
    found = {}
    for name, rows, names, shares in (
        ("plain", ~repeated, PLAIN, PLAIN_SHARES),
        ("repeated", repeated, OF_REPEATED, REPEATED_SHARES),
    ):
        given = evidence[rows][:, [EVIDENCE.index(each) for each in names]]
        counted = np.array([share(kind, shares) for kind, own in zip(kinds, rows, strict=True) if own])
        weights, constant = regression(given, right[rows], counted, names)
        sure[rows] = 1 / (1 + np.exp(-(given @ weights + constant)))
        rounded = dict(zip(names, weights.round(3).tolist(), strict=True))
        found[name] = {"evidence": rounded, "constant": round(float(constant), 3)}
        if name == "plain":
            found[name]["most"] = ceiling(given, right[rows], counted, names)
    tell(sure, right, kinds)
    return found


def regression(
    given: NDArray[np.float64], right: NDArray[np.bool_], counted: NDArray[np.float64], names: Sequence[str]
) -> tuple[NDArray[np.float64], float]:
    """The weights, none of them of the wrong sign, and the constant under which the cases are the most probable."""
    scale = given.std(axis=0) + 1e-9
    rows = np.column_stack([given / scale, np.ones(len(given))])

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        sure = 1 / (1 + np.exp(-(rows @ weights)))
        worth = np.where(right, np.log(sure + 1e-12), np.log(1 - sure + 1e-12)) @ counted
        decay = weights[:-1]
        slope = rows.T @ ((sure - right) * counted) + np.append(decay, 0)
        return -worth + decay @ decay / 2, slope

    bounds = [(None, 0) if name in AGAINST else (0, None) for name in names]
    weights = minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)]).x
    return weights[:-1] / scale, float(weights[-1])


def ceiling(
    given: NDArray[np.float64], right: NDArray[np.bool_], counted: NDArray[np.float64], names: Sequence[str]
) -> float:
    """The share of right answers among those that a fit to other cases is surest of, a twelfth of all."""
    fold = np.arange(len(right)) // TOGETHER % FOLDS
    sure = np.zeros(len(right))
    for each in range(FOLDS):
        weights, constant = regression(given[fold != each], right[fold != each], counted[fold != each], names)
        sure[fold == each] = given[fold == each] @ weights + constant
    order = np.argsort(-sure)
    surest = order[np.cumsum(counted[order]) <= SUREST * counted.sum()]
    return round(float(np.average(right[surest], weights=counted[surest])), 2)


def share(kind: str, shares: Mapping[str, float]) -> float:
    """How much a case of the kind counts."""
    return next((counts for part, counts in shares.items() if part in kind), 1.0)


async def embedded(binding: Binding, cases: Sequence[Case]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The vectors of every text of a message, and of every question."""
    texts = sorted({message.text for case in cases for message in case.messages})
    asked = sorted({case.question for case in cases})
    async with Core([binding]) as core:
        said = dict(zip(texts, await core.embed(texts), strict=True))
        return said, dict(zip(asked, await core.embed(asked, query=True), strict=True))


def evident(
    cases: Sequence[Case], vectors: Mapping[str, Any], questions: Mapping[str, Any], parameters: ranking.Parameters
) -> tuple[NDArray[np.float64], NDArray[np.bool_], list[str]]:
    """The evidence for the first candidate of each case, whether it is right, and the kinds."""
    rows, right, kinds = [], [], []
    graphs: dict[int, ReplyGraph] = {}
    for case in cases:
        if id(case.messages) not in graphs:
            graphs[id(case.messages)] = ReplyGraph.of(case.messages)
        known = np.stack([vectors[message.text] for message in case.messages])
        material = Material(case.messages, known, graph=graphs[id(case.messages)])
        considered = consider(case.question, questions[case.question], material, parameters)
        if considered is None:
            continue
        rows.append(considered.evidence)
        right.append(case.messages[int(considered.order[0])].id in case.right)
        kinds.append(case.kind)
    return np.stack(rows), np.array(right), kinds


def tell(sure: NDArray[np.float64], right: NDArray[np.bool_], kinds: Sequence[str]) -> None:
    """Print what the fit says of each kind of case."""
    for kind in dict.fromkeys(kinds):
        own = np.array([each == kind for each in kinds])
        print(
            f"{kind:22} {own.sum():5} right {right[own].mean():.3f} confidence {sure[own].mean():.3f} found"
            f" {(sure[own] >= FOUND).mean():.3f}"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
