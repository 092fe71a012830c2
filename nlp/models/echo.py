"""A family that needs no weights and no torch: it answers every task from the text alone, the same every time.

For tests of what surrounds a model, and for trying a configuration. It understands nothing.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from nlp.jobs import (
    Classify,
    Embed,
    Entail,
    Entailment,
    Generate,
    Generated,
    Job,
    Locate,
    Located,
    Prepared,
    Sentiment,
    Span,
    Summarize,
    Translate,
)
from nlp.scheduler.batching import Limits
from nlp.scheduler.family import Binding

DIMENSIONS = 16
LABELS = ("negative", "neutral", "positive")


class Echo:
    """Words stand for tokens; the answer is the text itself, cut where the job says so."""

    tasks: ClassVar[frozenset[str]] = frozenset(
        {"sentiment", "embed", "translate", "summarize", "answer", "generate", "entail"}
    )
    limits: ClassVar[Limits] = Limits()
    device = "cpu"
    dtype = "none"

    @classmethod
    def load(cls, binding: Binding, device: str) -> Self:
        """Return the family, which loads nothing."""
        del binding, device
        return cls()

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        """Count words."""
        return [Prepared(job, max(1, len(text_of(job).split())), type(job).__name__, text_of(job)) for job in jobs]

    def run(self, batch: Sequence[Prepared], cancelled: Callable[[int], bool]) -> list[Any]:
        """Answer each job by itself."""
        del cancelled
        return [answer(prepared.job) for prepared in batch]

    def memory(self) -> int:
        """Return 0: it holds no weights."""
        return 0


def text_of(job: Job) -> str:
    """Return what a job is about."""
    match job:
        case Locate():
            return f"{job.question} {job.context}"
        case Entail():
            return f"{job.premise} {job.hypothesis}"
        case Generate():
            return job.turns[-1].content
        case _:
            return job.text


def answer(job: Job) -> Any:
    """Return the result of one job, a pure function of it."""
    match job:
        case Classify(text):
            return classify(text)
        case Embed(text):
            return embed(text)
        case Translate(text, _, target):
            return Generated(f"[{target}] {text}", len(text.split()) + 1)
        case Summarize():
            return shorten(job.text, job.max_tokens)
        case Locate() | Entail():
            return locate(job) if isinstance(job, Locate) else entail(job)
        case Generate():
            reply = shorten(job.turns[-1].content, job.max_tokens)
            job.on_text(reply.text)
            return reply


def shorten(text: str, tokens: int) -> Generated:
    """Return the first words of a text."""
    words = text.split()
    return Generated(" ".join(words[:tokens]), min(tokens, len(words)), cut=len(words) > tokens)


def classify(text: str) -> Sentiment:
    """Return a label that depends on the text's bytes and on nothing it says."""
    weights = np.frombuffer(hashlib.sha256(text.encode()).digest()[:3], dtype=np.uint8) + 1.0
    scores = weights / weights.sum()
    return Sentiment(LABELS[int(scores.argmax())], dict(zip(LABELS, scores.tolist(), strict=True)))


def embed(text: str) -> NDArray[np.float32]:
    """Return a bag of hashed words, so that texts which share words are near each other.

    Shape (DIMENSIONS,), a unit row.
    """
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    for word in text.lower().split() or [""]:
        vector[hashlib.sha256(word.encode()).digest()[0] % DIMENSIONS] += 1
    return vector / np.float32(np.linalg.norm(vector))


def locate(job: Locate) -> Located:
    """Return the first words of the question that stand in the context, best first."""
    spans: list[Span] = []
    for word in job.question.split():
        start = job.context.lower().find(word.lower())
        if start >= 0:
            spans.append(
                Span(job.context[start : start + len(word)], start, start + len(word), 0.5 ** (len(spans) + 1))
            )
    return Located(tuple(spans[: job.best]), 1.0 - sum(span.score for span in spans))


def entail(job: Entail) -> Entailment:
    """Return that a hypothesis follows whose words all stand in the premise; else that nothing is known."""
    follows = set(job.hypothesis.lower().split()) <= set(job.premise.lower().split())
    return Entailment(1.0, 0.0, 0.0) if follows else Entailment(0.0, 1.0, 0.0)
