"""Extractive question answering (BERT, RoBERTa, MiniLM, ...): the spans of a context that answer a question.

A context longer than the window is read in overlapping windows, and a span that lies in two of them counts once, with
its better score. Scores are a softmax over every span of the context and "no answer", whose score is the least that
any window gives its first token, as in SQuAD 2. Candidates that overlap a better one are left out. Options:

window          tokens of question and context read at once, 384 unless the model reads less
stride          tokens that neighbouring windows share, 128
longest         tokens of an answer at most, 30
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from transformers import AutoModelForQuestionAnswering

from nlp.errors import JobTooLong
from nlp.hub.checkpoint import options_of
from nlp.inference.gates import Gate
from nlp.inference.loading import load_model, load_tokenizer
from nlp.inference.probe import Work
from nlp.inference.tokens import pad, token_limit
from nlp.jobs import Job, Locate, Located, Prepared, Span
from nlp.runtime.device import OnDevice
from nlp.runtime.thread_pool import lanes_of
from nlp.scheduler.batching import Limits, padded
from nlp.scheduler.family import Binding

TOKENS_AT_ONCE = 3072  # of windows that run together: 8 full ones; more was no faster on a CPU
LEAST = 2  # windows that are worth a thread of their own
CANDIDATES = 20  # spans looked at for every one that is wanted, since the best ones overlap each other
NEVER = float("-inf")
MOST_MOVED = 0.05  # how far another arithmetic may move the probability of an answer's first or last token
SAMPLE = (
    ("When is the release?", "Ana: the tests are green, so the release is on Friday at noon unless somebody objects."),
    ("Who takes the on-call shift?", "I can't this week. Joao said he takes on-call until Monday, then Mei."),
    ("What broke the build?", "lunch anyone? The new place on the corner is open."),
)


@dataclass(frozen=True, slots=True)
class SpanOptions:
    """The options of a binding; the module says what each means."""

    window: int = 384
    stride: int = 128
    longest: int = 30


@dataclass(frozen=True, slots=True)
class ContextWindow:
    """A part of a context, after the question. Its context tokens are `ids[first:last]`, from the `at`-th on."""

    ids: Sequence[int]
    types: Sequence[int] | None
    first: int
    last: int
    at: int


@dataclass(frozen=True, slots=True)
class SpanReading:
    """A tokenised job: its windows, and the characters of each token of the whole context."""

    windows: tuple[ContextWindow, ...]
    offsets: Sequence[tuple[int, int]]


class SpanQa(OnDevice):
    """A loaded span model."""

    tasks: ClassVar[frozenset[str]] = frozenset({"answer"})
    limits: ClassVar[Limits] = Limits(cpu_tokens=2_048)

    def __init__(self, model: Any, tokenizer: Any, options: SpanOptions) -> None:
        self.model = model
        self._tokenizer = tokenizer
        self._options = options
        self._limit = min(options.window, token_limit(model, tokenizer))
        self._lanes = lanes_of(model)
        self._knows_types = getattr(model.config, "type_vocab_size", 0) > 1

    @classmethod
    def load(cls, binding: Binding, device: str) -> Self:
        """Load by AutoModelForQuestionAnswering. Raises ModelUnavailable or ModelRefused."""
        options = options_of(SpanOptions, binding, "span models")
        tokenizer = load_tokenizer(binding)
        gate = Gate(lambda model: cls(model, tokenizer, options).edges(), MOST_MOVED, Work.BATCH)
        return cls(load_model(AutoModelForQuestionAnswering, binding, device, gate), tokenizer, options)

    # On the tokenising thread.

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        """Tokenise into windows. A question that fills half of one leaves no room for a context and is refused."""
        return [self._prepare(job) for job in jobs if isinstance(job, Locate)]

    def _prepare(self, job: Locate) -> Prepared | Exception:
        question = job.question.strip()
        asked = len(self._tokenizer(question, add_special_tokens=False)["input_ids"])
        if asked > self._limit // 2:
            return JobTooLong(f"The question has {asked} tokens, too many for this model.", "Ask a shorter question.")
        reading = self._read(question, job.context)
        return Prepared(job, max(1, sum(len(window.ids) for window in reading.windows)), None, reading)

    def _read(self, question: str, context: str) -> SpanReading:
        stride = min(self._options.stride, self._limit // 4)
        encoding = self._tokenizer(
            question,
            context,
            truncation="only_second",
            max_length=self._limit,
            stride=stride,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        windows: list[ContextWindow] = []
        offsets: list[tuple[int, int]] = []
        for i, ids in enumerate(encoding["input_ids"]):
            places = [place for place, part in enumerate(encoding.sequence_ids(i)) if part == 1]
            if not places:
                continue
            first, last = places[0], places[-1] + 1
            at = len(offsets) - stride if windows else 0
            types = encoding["token_type_ids"][i] if self._knows_types and "token_type_ids" in encoding else None
            windows.append(ContextWindow(ids, types, first, last, at))
            offsets[at:] = encoding["offset_mapping"][i][first:last]
        return SpanReading(tuple(windows), offsets)

    # On the worker thread.

    @torch.inference_mode()
    def run(self, batch: Sequence[Prepared], cancelled: Callable[[int], bool]) -> list[Any]:
        """Return one Located per job."""
        del cancelled
        readings: list[SpanReading] = [job.inputs for job in batch]
        scored = iter(self._lanes.share(self._score, [each for reading in readings for each in reading.windows], LEAST))
        results: list[Located] = []
        for job, reading in zip(batch, readings, strict=True):
            assert isinstance(job.job, Locate)
            results.append(self._locate(job.job, reading, [next(scored) for _ in reading.windows]))
        return results

    @torch.inference_mode()
    def _score(self, windows: Sequence[ContextWindow]) -> list[torch.Tensor]:
        """Return float32 scores of each window's tokens as an answer's first and last one, (2, tokens) on the CPU."""
        scores: dict[int, torch.Tensor] = {}
        for group in groups([len(window.ids) for window in windows]):
            together = self._forward([windows[i] for i in group])
            scores.update((i, together[place, :, : len(windows[i].ids)]) for place, i in enumerate(group))
        return [scores[i] for i in range(len(windows))]

    def _forward(self, windows: Sequence[ContextWindow]) -> torch.Tensor:
        """Return scores of windows together, (windows, 2, padded tokens)."""
        rows = pad([window.ids for window in windows], self._tokenizer.pad_token_id or 0, self.model.device)
        types = [window.types for window in windows if window.types is not None]
        if types:
            rows["token_type_ids"] = pad(types, 0, self.model.device)["input_ids"]
        output = self.model(**rows)
        return torch.stack([output.start_logits, output.end_logits], 1).float().cpu()

    def _locate(self, job: Locate, reading: SpanReading, scores: Sequence[torch.Tensor]) -> Located:
        """Return the best spans of one context, and how likely it holds none."""
        if not reading.windows:
            return Located((), 1.0)
        table = torch.full((len(reading.offsets), self._options.longest), NEVER)
        for window, score in zip(reading.windows, scores, strict=True):
            part = table[window.at : window.at + window.last - window.first]
            torch.maximum(part, spans(score[:, window.first : window.last], self._options.longest), out=part)
        nothing = min(float(score[:, 0].sum()) for score in scores)
        chances = torch.cat([table.flatten(), torch.tensor([nothing])]).softmax(0)
        return Located(tuple(self._best(job, reading, chances[:-1])), float(chances[-1]))

    def _best(self, job: Locate, reading: SpanReading, chances: torch.Tensor) -> list[Span]:
        """Return the likeliest spans that don't overlap, at most as many as the job wants."""
        wanted = min(len(chances), job.best * CANDIDATES)
        candidates: list[Span] = []
        for chance, cell in zip(*(part.tolist() for part in chances.topk(wanted)), strict=True):
            first, more = divmod(cell, self._options.longest)
            if chance <= 0 or len(candidates) == job.best:
                break
            start, end = trimmed(job.context, reading.offsets[first][0], reading.offsets[first + more][1])
            if start < end and all(end <= other.start or start >= other.end for other in candidates):
                candidates.append(Span(job.context[start:end], start, end, chance))
        return candidates

    @torch.inference_mode()
    def edges(self) -> torch.Tensor:
        """Return how likely each token of SAMPLE is an answer's first or last one, flat float32, for the gate."""
        windows = [window for pair in SAMPLE for window in self._read(*pair).windows]
        return torch.cat([score.softmax(1).flatten() for score in self._score(windows)])


def groups(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield indices of windows that run together: neighbours in length, small with their padding."""
    group: list[int] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if group and padded(lengths[i]) * (len(group) + 1) > TOKENS_AT_ONCE:
            yield group
            group = []
        group.append(i)
    if group:
        yield group


def spans(scores: torch.Tensor, longest: int) -> torch.Tensor:
    """Return the score of every span: row i, column k is that of tokens i to i + k.

    From (2, tokens) to (tokens, longest).
    """
    ends = torch.nn.functional.pad(scores[1], (0, longest - 1), value=NEVER)
    return scores[0].unsqueeze(1) + ends.unfold(0, longest, 1)


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the same span without white space at its ends."""
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())
