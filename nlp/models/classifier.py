"""Encoder classifiers (BERT, RoBERTa, DistilBERT, XLM-R, ...) with any number of labels.

A text longer than the model is read in overlapping windows, whose probabilities are averaged by their tokens. Its
labels become moods by `nlp.inference.labels`.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import torch
from transformers import AutoModelForSequenceClassification

from nlp.hub.checkpoint import refused
from nlp.inference.gates import Gate
from nlp.inference.labels import moods, named
from nlp.inference.loading import load_model, load_tokenizer
from nlp.inference.probe import Work
from nlp.inference.tokens import pad, token_limit
from nlp.jobs import Classify, Job, Prepared
from nlp.runtime.device import OnDevice
from nlp.runtime.thread_pool import lanes_of
from nlp.scheduler.batching import Limits
from nlp.scheduler.family import Binding

STRIDE = 64  # tokens that neighbouring windows share
ROWS_AT_ONCE = 64  # windows of one very long text that run together
MOST_MOVED = 0.05  # how far another arithmetic may move a probability
SAMPLE = (
    "Works on my machine, shipping it now.",
    "The build has been broken since yesterday and nobody looks at it.",
    "Thanks a lot, this is exactly what I needed!",
    "Meeting moved to 15:30, same room.",
    "I am really disappointed by how this release went. We were told that the tests had passed.",
    "ok",
    "Can somebody review my pull request before lunch? It only touches the importer.",
    "Great, another outage. Just what we wanted on a Friday evening.",
)


class Classifier(OnDevice):
    """A loaded classifier. A job's inputs are its windows: token rows of the model's length at most."""

    tasks: ClassVar[frozenset[str]] = frozenset({"sentiment"})
    limits: ClassVar[Limits] = Limits(cpu_tokens=2_048)

    def __init__(self, model: Any, tokenizer: Any, labels: Sequence[str]) -> None:
        self.model = model
        self._tokenizer = tokenizer
        self._labels = tuple(labels)
        self._limit = token_limit(model, tokenizer)
        self._lanes = lanes_of(model)

    @classmethod
    def load(cls, binding: Binding, device: str) -> Self:
        """Load by AutoModelForSequenceClassification. Raises ModelUnavailable or ModelRefused."""
        tokenizer = load_tokenizer(binding)
        gate = Gate(lambda model: cls(model, tokenizer, ()).probabilities(SAMPLE), MOST_MOVED, Work.BATCH)
        model = load_model(AutoModelForSequenceClassification, binding, device, gate)
        if model.config.num_labels < 2:  # noqa: PLR2004 - one output is a number, not a choice
            raise refused(binding, "gives a number instead of labels", "Choose a model with labels.")
        return cls(model, tokenizer, moods(model.config.id2label, binding))

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        """Tokenise into windows."""
        texts = [job.text for job in jobs if isinstance(job, Classify)]
        return [
            Prepared(job, sum(map(len, rows)), None, rows) for job, rows in zip(jobs, self._windows(texts), strict=True)
        ]

    @torch.inference_mode()
    def run(self, batch: Sequence[Prepared], cancelled: Callable[[int], bool]) -> list[Any]:
        """Return one Sentiment per job."""
        del cancelled
        scores = self._score([job.inputs for job in batch]).tolist()
        return [named(row, self._labels) for row in scores]

    @torch.inference_mode()
    def probabilities(self, texts: Sequence[str]) -> torch.Tensor:
        """Return probabilities, float32 (texts, labels), whose rows sum to 1."""
        return self._score(self._windows(texts))

    def _windows(self, texts: Sequence[str]) -> list[list[list[int]]]:
        encoding = self._tokenizer(
            list(texts), truncation=True, max_length=self._limit, stride=self._stride, return_overflowing_tokens=True
        )
        windows: list[list[list[int]]] = [[] for _ in texts]
        for text, row in zip(encoding["overflow_to_sample_mapping"], encoding["input_ids"], strict=True):
            windows[text].append(row)
        return windows

    @property
    def _stride(self) -> int:
        return min(STRIDE, self._limit // 4)

    def _score(self, texts: Sequence[Sequence[Sequence[int]]]) -> torch.Tensor:
        """Return probabilities of texts given as windows: (texts, labels) on the CPU."""
        rows = [row for windows in texts for row in windows]
        scores = torch.stack(self._lanes.share(self._forward, rows, most=ROWS_AT_ONCE))
        if len(rows) == len(texts):
            return scores
        weights = torch.tensor([float(len(row)) for row in rows])
        owner = torch.tensor([i for i, windows in enumerate(texts) for _ in windows])
        sums = torch.zeros(len(texts), scores.shape[1]).index_add_(0, owner, scores * weights.unsqueeze(1))
        return sums / sums.sum(1, keepdim=True)

    @torch.inference_mode()
    def _forward(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        logits = self.model(**pad(rows, self._tokenizer.pad_token_id or 0, self.model.device)).logits.float().cpu()
        if self.model.config.problem_type == "multi_label_classification":
            return torch.nn.functional.normalize(logits.sigmoid(), p=1, dim=1)
        return logits.softmax(1)
