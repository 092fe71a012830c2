"""Natural language inference (BERT, RoBERTa, DeBERTa, ... with two or three labels): whether a sentence follows.

A premise longer than the model is read in overlapping windows, of which the one that says most for the sentence counts.
Labels are recognised by their names; a model whose labels are called otherwise names them in the option `labels`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from transformers import AutoModelForSequenceClassification

from nlp.errors import JobTooLong
from nlp.inference.gates import Gate
from nlp.inference.loading import load_model, load_tokenizer
from nlp.inference.probe import Work
from nlp.inference.roles import ROLES, roles_of
from nlp.inference.tokens import pad, token_limit
from nlp.jobs import Entail, Entailment, Job, Prepared
from nlp.runtime.device import OnDevice
from nlp.runtime.thread_pool import lanes_of
from nlp.scheduler.batching import Limits
from nlp.scheduler.family import Binding

STRIDE = 64  # tokens that neighbouring windows share
ROWS_AT_ONCE = 64  # windows of one very long premise that run together
MOST_MOVED = 0.05  # how far another arithmetic may move a probability
SAMPLE = (
    ("Ana: the tests are green, so the release is on Friday at noon.", "The release is on Friday."),
    ("Bo: the cause was an expired certificate, it is renewed now.", "The certificate had expired."),
    ("I can't take the shift this week.", "They take the shift."),
    ("lunch anyone?", "The build is broken."),
)


@dataclass(frozen=True, slots=True)
class PremiseWindow:
    """Tokens of a part of the premise and the whole hypothesis; `types` where the model tells the two apart."""

    ids: Sequence[int]
    types: Sequence[int] | None


class Entailer(OnDevice):
    """A loaded model. A job's inputs are its windows."""

    tasks: ClassVar[frozenset[str]] = frozenset({"entail"})
    limits: ClassVar[Limits] = Limits(cpu_tokens=2_048)

    def __init__(self, model: Any, tokenizer: Any, roles: Sequence[str]) -> None:
        self.model = model
        self._tokenizer = tokenizer
        self._limit = token_limit(model, tokenizer)
        self._lanes = lanes_of(model)
        self._table = torch.tensor([[float(role == wanted) for wanted in ROLES] for role in roles])

    @classmethod
    def load(cls, binding: Binding, device: str) -> Self:
        """Load by AutoModelForSequenceClassification. Raises ModelUnavailable or ModelRefused."""
        tokenizer = load_tokenizer(binding)
        gate = Gate(
            lambda model: cls(model, tokenizer, ROLES[: model.config.num_labels]).probabilities(),
            MOST_MOVED,
            Work.BATCH,
        )
        model = load_model(AutoModelForSequenceClassification, binding, device, gate)
        return cls(model, tokenizer, roles_of(model.config.id2label, binding))

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        """Tokenise into windows; a hypothesis that fills half of one leaves no room for a premise and is refused."""
        return [self._prepare(job) for job in jobs if isinstance(job, Entail)]

    def _prepare(self, job: Entail) -> Prepared | Exception:
        length = len(self._tokenizer(job.hypothesis, add_special_tokens=False)["input_ids"])
        if length > self._limit // 2:
            return JobTooLong(f"The sentence has {length} tokens, too many for this model.", "Check a shorter one.")
        windows = self._windows(job.premise, job.hypothesis)
        return Prepared(job, sum(len(window.ids) for window in windows), None, windows)

    def _windows(self, premise: str, hypothesis: str) -> list[PremiseWindow]:
        encoding = self._tokenizer(
            premise,
            hypothesis,
            truncation="only_first",
            max_length=self._limit,
            stride=min(STRIDE, self._limit // 8),
            return_overflowing_tokens=True,
        )
        types = encoding.get("token_type_ids") if getattr(self.model.config, "type_vocab_size", 0) > 1 else None
        return [PremiseWindow(ids, types[i] if types else None) for i, ids in enumerate(encoding["input_ids"])]

    @torch.inference_mode()
    def run(self, batch: Sequence[Prepared], cancelled: Callable[[int], bool]) -> list[Any]:
        """Return one Entailment per job."""
        del cancelled
        scores = iter(self._score([window for job in batch for window in job.inputs]))
        return [best([next(scores) for _ in job.inputs]) for job in batch]

    @torch.inference_mode()
    def probabilities(self) -> torch.Tensor:
        """Return how SAMPLE is judged, float32 (pairs, 3): what another arithmetic must not move."""
        return self._score([self._windows(*pair)[0] for pair in SAMPLE])

    def _score(self, windows: Sequence[PremiseWindow]) -> torch.Tensor:
        """Return probabilities in the order of ROLES, float32 (windows, 3) on the CPU."""
        return torch.stack(self._lanes.share(self._forward, windows, most=ROWS_AT_ONCE))

    @torch.inference_mode()
    def _forward(self, windows: Sequence[PremiseWindow]) -> torch.Tensor:
        rows = pad([window.ids for window in windows], self._tokenizer.pad_token_id or 0, self.model.device)
        types = [window.types for window in windows if window.types is not None]
        if types:
            rows["token_type_ids"] = pad(types, 0, self.model.device)["input_ids"]
        return self.model(**rows).logits.float().cpu().softmax(1) @ self._table


def best(windows: Sequence[torch.Tensor]) -> Entailment:
    """Return what the window says that entails the most."""
    return Entailment(*max((window.tolist() for window in windows), key=lambda scores: scores[0]))
