"""Estimates how much a message is worth telling to somebody who was not there, as a probability.

Told by what it does (asks, answers, thanks), its words, and its place in the reply graph: whether others answered it,
whether somebody was thankful, how long the discussion is. `worth.json` holds the weights, and where they are from;
`benchmarks/fit_worth.py` makes it. Reactions and labels, which the fitted logs lack, count by hand in
`bot/summaries/points.py`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.discussions.channel import LONGEST, acts, content
from bot.discussions.graph import ReplyGraph
from nlp.text.lexical import fold

Floats = NDArray[np.float64]

ACTS = ("question mark", "ends asking", "opens asking", "greets", "agrees", "goes on", "thanks", "laughs", "links")
THANKS, LAUGHS = ACTS.index("thanks"), ACTS.index("laughs")
FEATURES = (
    *ACTS,
    "length",
    "few words",
    "content",
    "rarity",
    "begins",
    "begins asking",
    "answers a question",
    "answers another person",
    "answered",
    "open question",
    "thanked",
    "discussion",
    "people",
    "alone",
    "late",
    "by who began",
    "begins an answer to it",
    "command",
    "order to a bot",
    "shares words",
)
MANY = 12  # content words; beyond it more say no more
COMMAND = re.compile(
    r"\b(?:sudo|apt|apt-get|git|pip|npm|cd|ls|ssh|make|systemctl|docker)\b|(?<!\w)--?\w|[\w.]/[\w./]|\w\(\)"
)


@dataclass(frozen=True, slots=True)
class Worth:
    """The fitted weights by feature, the constant, and where they are from."""

    weights: Mapping[str, float]
    constant: float
    provenance: Mapping[str, Any]

    def of(self, graph: ReplyGraph) -> Floats:
        """Return the worth of every message, between 0 and 1. Shape (n,)."""
        logits = measure(graph) @ np.array([self.weights[name] for name in FEATURES]) + self.constant
        return np.asarray(1 / (1 + np.exp(-logits)))


@cache
def shipped() -> Worth:
    """Return the weights that come with Parley."""
    return Worth(**json.loads(Path(__file__).with_name("worth.json").read_text(encoding="utf-8")))


def measure(graph: ReplyGraph) -> Floats:
    """Return the features of every message, shape (n, features)."""
    if not len(graph.messages):
        return np.zeros((0, len(FEATURES)))
    texts = [fold(message.text[:LONGEST]) for message in graph.messages]
    own = np.array([acts(text) for text in texts], dtype=np.float64)
    words = [content(text) for text in texts]
    return np.column_stack([own, _said(texts, words), _placed(graph, own, words)])


def _said(texts: Sequence[str], words: Sequence[frozenset[str]]) -> Floats:
    """Return how much each text holds: content words, and how rare they are."""
    counts: dict[str, int] = {}
    for each in words:
        for word in each:
            counts[word] = counts.get(word, 0) + 1
    total = len(texts)
    rare = [np.mean([np.log(total / counts[word]) for word in sorted(each)]) / 4 if each else 0 for each in words]
    return np.column_stack([[np.log1p(min(len(each), MANY)) / 2 for each in words], rare])


def _placed(graph: ReplyGraph, own: Floats, words: Sequence[frozenset[str]]) -> Floats:
    """Return what the reply graph says of each message."""
    authors = [message.author.id for message in graph.messages]
    rows = np.zeros((len(authors), len(FEATURES) - own.shape[1] - 2))
    for places in graph.discussions():
        root, people = places[0], len({authors[place] for place in places})
        for number, place in enumerate(places):
            before = graph.question_of(place)
            others = [each for each in graph.answers(place) if authors[each] != authors[place]]
            asks, asked = own[place, 0], before >= 0 and own[before, 0]
            text = graph.messages[place].text[:LONGEST]
            rows[place] = (
                before < 0,
                before < 0 and asks,
                asked and not asks,
                before >= 0 and authors[before] != authors[place],
                np.log1p(len(others)),
                asks and not others,
                any(own[each, THANKS] for each in others),
                np.log1p(len(places)) / 3,
                np.log1p(people) / 2,
                len(places) == 1,
                number / len(places),
                authors[place] == authors[root],
                before == root and authors[place] != authors[root],
                COMMAND.search(text) is not None,
                text.lstrip().startswith("!"),
                before >= 0 and len(words[place] & words[before]) > 0,
            )
    return rows
