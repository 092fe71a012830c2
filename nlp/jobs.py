"""Frozen inputs and results of the core, and the report of one batch. Values only; no torch, no scheduling."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Priority(IntEnum):
    """The order of jobs between batches: what a person waits for, then what stands back for others, then bulk."""

    INTERACTIVE = 0
    BACKGROUND = 1
    BULK = 2


@dataclass(frozen=True, slots=True)
class Classify:
    """Say how `text` sounds."""

    text: str


@dataclass(frozen=True, slots=True)
class Embed:
    """Turn `text` into a unit vector. A `query` looks for other texts, which some models make in another way."""

    text: str
    query: bool = False

    def behind(self, query_prompt: str, document_prompt: str) -> str:
        """Return the text behind what its model was trained to read before texts of its kind."""
        return (query_prompt if self.query else document_prompt) + self.text


@dataclass(frozen=True, slots=True)
class Translate:
    """Put `text` (one segment, plain) from `source` into `target`; both are ISO 639-1 codes."""

    text: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Summarize:
    """Shorten `text`; `max_tokens` bounds the result. `instruction` is for models that follow one."""

    text: str
    max_tokens: int = 128
    min_tokens: int = 0
    instruction: str = ""


@dataclass(frozen=True, slots=True)
class Locate:
    """Find the span of `context` that answers `question`; `best` is how many candidates to return."""

    question: str
    context: str
    best: int = 1


@dataclass(frozen=True, slots=True)
class Entail:
    """Say whether `hypothesis` follows from `premise`."""

    premise: str
    hypothesis: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation with a generative model: role is system, user or assistant."""

    role: str
    content: str


def ignore(_: object, /) -> None:
    """Take no notice: the listener of a caller that shows nothing on the way."""


@dataclass(frozen=True, slots=True)
class Generate:
    """Continue a conversation through the model's chat template. Greedy unless the profile says otherwise.

    `on_text` gets each new piece of text as it is written, on the model's own thread.
    """

    turns: tuple[Turn, ...]
    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    on_text: Callable[[str], None] = field(default=ignore, compare=False, repr=False)


Job = Classify | Embed | Translate | Summarize | Locate | Entail | Generate


@dataclass(frozen=True, slots=True)
class Sentiment:
    """The likeliest label and the probability of each; the scores sum to 1."""

    label: str
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Generated:
    """Text that a model wrote. `cut` tells that it ended at the token limit rather than by itself.

    `scores` are the log probabilities of its tokens, empty from a model that doesn't say them.
    """

    text: str
    tokens: int
    cut: bool = False
    scores: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A candidate answer: `context[start:end] == text`; `score` is a probability over spans and no answer."""

    text: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Located:
    """The best spans first (possibly none), and the probability that the context holds no answer."""

    spans: tuple[Span, ...]
    no_answer: float


@dataclass(frozen=True, slots=True)
class Entailment:
    """The likelihoods that the hypothesis follows, is left open, or is denied; the three sum to 1."""

    entailment: float
    neutral: float
    contradiction: float

    @property
    def follows(self) -> bool:
        """Return whether "it follows" is the likeliest of the three."""
        return self.entailment > max(self.neutral, self.contradiction)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A job that is ready for the device.

    `length` is its padded cost in tokens; only jobs with equal `options` may share a batch; `inputs` is whatever
    the family's tokeniser made and is opaque to the batcher. `unknown` counts the tokens that stand for what the
    vocabulary lacks.
    """

    job: Job
    length: int
    options: Hashable
    inputs: Any
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class BatchReport:
    """The cost of a batch. `tokens` are real, `padded` includes padding; `waited` (oldest job) and `ran` are in s."""

    model: str
    priority: Priority
    size: int
    tokens: int
    padded: int
    waited: float
    ran: float
