"""Tells how probable it is that the first candidate answers, and from where on that counts as found (`FOUND`). Pure.

`confidence.json` holds the weights for each family of embedders, apart from those of the ranking, and where they are
from; `benchmarks/fit_confidence.py` makes it.
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
from bot.discussions.graph import Indices
from bot.retrieval.features import FEATURES, Measured
from bot.retrieval.repeats import AskedBefore
from nlp.spans.answers import Spoken, answer_span
from nlp.text.lexical import coverage, stems
from nlp.text.questions import AnswerKind, asked_for

Floats = NDArray[np.floating]

EVIDENCE = (
    "score",  # of the candidate by the ranking, or of the message that asks the same
    "margin",  # before the next one
    "meaning",  # the cosine
    "around",  # the share of the question's words in it, in what it answers and in its answer
    "said",  # the share of the question's words that name nobody in the channel, in its text
    "replied",  # the cosine of what answers a message that asks the same, with the question
    "reply_held",  # the share of the question's words that it holds
    "typed",  # 1 where it names what is asked for (a time for "when"), -1 where it doesn't
    "repeated",  # it answers a message that asks the same
    "linked",  # how sure the reply graph is of that
    "spoken_to",  # it speaks to the asker by name
    "open",  # somebody asked the same, and nobody answered
)
OF_REPEATED = (
    "linked",
    "spoken_to",
    "replied",
    "reply_held",
    "typed",
    "meaning",
    "around",
)  # what tells how sure such an answer is
PLAIN = ("score", "margin", "meaning", "around", "said", "typed", "open")
NAMED = frozenset(
    {AnswerKind.TIME, AnswerKind.NUMBER, AnswerKind.DURATION}
)  # kinds whose answers are surely recognised
FOUND = 0.4  # the confidence from which an answer counts as found
SURE = 0.6  # and from which the reply doesn't hedge


@dataclass(frozen=True, slots=True)
class Regression:
    """The weights of some of the evidence, and the constant, of a logistic regression, and the most that it claims.

    Of answers that it is surest of a quarter are wrong all the same, whatever the evidence.
    """

    evidence: Mapping[str, float]
    constant: float
    most: float = 1.0

    def probability(self, evidence: Floats) -> float:
        """Return how probable it is that an answer with this evidence is right."""
        weights = np.array([self.evidence.get(name, 0.0) for name in EVIDENCE])
        return min(self.most, 1 / (1 + math.exp(-float(evidence @ weights) - self.constant)))


@dataclass(frozen=True, slots=True)
class ConfidenceWeights:
    """The weights for an answer that was found by itself, and for what answers a message that asks the same."""

    plain: Regression
    repeated: Regression

    def probability(self, evidence: Floats) -> float:
        """Return how probable it is that an answer with this evidence is right."""
        chosen = self.repeated if evidence[EVIDENCE.index("repeated")] else self.plain
        return chosen.probability(evidence)


@cache
def shipped(family: str) -> ConfidenceWeights:
    """Return the weights that come with Parley, fitted on the vectors of this family of embedders."""
    document: dict[str, Any] = json.loads(Path(__file__).with_name("confidence.json").read_text(encoding="utf-8"))
    return ConfidenceWeights(**{name: Regression(**fitted) for name, fitted in document["embedders"][family].items()})


@dataclass(frozen=True, slots=True)
class Evidence:
    """Reads what speaks for the first of some messages as the answer to a question."""

    question: str
    messages: Sequence[Message]
    measured: Measured
    scores: Floats

    def of(self, order: Indices, answered: AskedBefore | None, *, is_open: bool) -> Floats:
        """Return the EVIDENCE for the first of the order, which answers the message that asks the same, if any."""
        first = int(order[0])
        best = answered.place if answered else first
        rival = self.scores[order[1]] if len(order) > 1 else self.scores[best]
        graph, author = self.measured.graph, self.messages[best].author.id
        around = [place for place in (best, *graph.answers(best)[:1], graph.question_of(best)) if place >= 0]
        plain = self._names_nobody()
        values = {
            "score": self.scores[best],
            "margin": self.scores[best] - rival,
            "meaning": self.measured.features[best, FEATURES.index("meaning")],
            "around": self._held(*around),
            "said": self._said(plain, best),
            "replied": self.measured.features[first, FEATURES.index("meaning")] if answered else 0.0,
            "reply_held": self._held(first) if answered else 0.0,
            "typed": self._typed(first),
            "repeated": answered is not None,
            "linked": graph.sure[first] if answered and graph.question_of(first) >= 0 else 0.0,
            "spoken_to": answered is not None and bool(graph.spoken_to) and graph.spoken_to[first] == author,
            "open": is_open,
        }
        return np.array([float(values[name]) for name in EVIDENCE])

    def _held(self, *places: int) -> float:
        """Return the share of the question's weight that the messages at these places hold together."""
        return self._said(self.measured.rarities, *places)

    def _names_nobody(self) -> dict[str, float]:
        """Return the weights of the question's words that are nobody's name in the channel."""
        names = {stem for name in {message.author.name for message in self.messages} for stem in stems(name)}
        return {word: weight for word, weight in self.measured.rarities.items() if word not in names}

    def _said(self, weights: Mapping[str, float], *places: int) -> float:
        return coverage(weights, set().union(*(self.measured.documents[place] for place in places)))

    def _typed(self, place: int) -> float:
        message, kind = self.messages[place], asked_for(self.question)
        span = answer_span(self.question, Spoken(message.text, message.author.name))
        if span and span.trusted:
            return 1.0
        return -1.0 if kind in NAMED else 0.0
