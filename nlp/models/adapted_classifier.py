"""Classifiers made of a shared encoder, a LoRA adapter of a few megabytes and a linear head over the mean token.

`parley train` writes their folders; the adapter's own configuration names the encoder it belongs to. Texts pass
through `nlp.text.normalize` first, as they did in training. Knows nothing of languages: its card says which it reads.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Self

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from nlp.e5 import encoder as e5
from nlp.errors import ModelRefused
from nlp.hub import lora
from nlp.hub.checkpoint import find_folder
from nlp.hub.model_card import Card, read_card
from nlp.inference.labels import MOODS
from nlp.inference.pooling import mean_of_tokens
from nlp.inference.text_encoder import load_encoder
from nlp.inference.tokens import pad
from nlp.jobs import Classify, Job, Prepared, Sentiment
from nlp.runtime.device import OnDevice
from nlp.scheduler.batching import Limits
from nlp.scheduler.family import Binding
from nlp.text.normalize import normalize

HEAD = "head.safetensors"  # `weight` (labels, width) and `bias` (labels), float32

WORK = "work.safetensors"  # a head for talk at work; `near_weight`, `near_bias` say how near a text is to that
NEAR = 0.6  # below which the first head judges alone


def read_head(folder: Path, labels: int) -> Mapping[str, torch.Tensor]:
    """Return the head's `weight` and `bias`. Raises ModelRefused if they are missing or don't fit the labels."""
    try:
        head = load_file(folder / HEAD)
        fits = head["weight"].shape[0] == head["bias"].shape[0] == labels
    except (SafetensorError, OSError, LookupError) as error:
        raise lora.refused(folder, f"has no readable {HEAD}") from error
    if not fits:
        raise lora.refused(folder, "has a head that does not fit its labels")
    lora.check_finite(folder, head)
    return head


def read_work(folder: Path, labels: int) -> Mapping[str, torch.Tensor]:
    """Return the second head of a folder that has one, else nothing.

    Raises ModelRefused if it is damaged or doesn't fit.
    """
    if not (folder / WORK).exists():
        return {}
    try:
        head = load_file(folder / WORK)
        width = head["weight"].shape[1]
        shapes = {"weight": (labels, width), "bias": (labels,), "near_weight": (1, width), "near_bias": (1,)}
        fits = all(tuple(head[name].shape) == shape for name, shape in shapes.items())
    except (SafetensorError, OSError, LookupError) as error:
        raise lora.refused(folder, f"has no readable {WORK}") from error
    if not fits:
        raise lora.refused(folder, f"has a {WORK} that does not fit its labels")
    lora.check_finite(folder, head)
    return head


class AdaptedClassifier(OnDevice):
    """A loaded encoder with its adapter merged in, the head, and maybe a second one for talk at work.

    There "kill the process" is neutral and "no more crashes" is good news; how much of a text's judgement is the second
    head's, says how near the text is to such talk.
    """

    tasks: ClassVar[frozenset[str]] = frozenset({"sentiment"})
    limits: ClassVar[Limits] = Limits(cpu_tokens=2_048)

    def __init__(
        self,
        encoder: Any,
        tokenizer: Any,
        head: Mapping[str, torch.Tensor],
        card: Card,
        work: Mapping[str, torch.Tensor] = MappingProxyType({}),
    ) -> None:
        self.model = encoder
        self._tokenizer = tokenizer
        self._head, self._work = (
            {name: tensor.float().to(encoder.device) for name, tensor in each.items()} for each in (head, work)
        )
        self._card = card

    @classmethod
    def load(cls, binding: Binding, device: Any) -> Self:
        """Load the encoder and merge the adapter. Raises ModelUnavailable or ModelRefused."""
        folder = find_folder(binding)
        card = read_card(folder)
        if not set(card.labels) <= set(MOODS):
            raise lora.refused(folder, f"has other labels than {', '.join(MOODS)}")
        head = read_head(folder, len(card.labels))
        base = base_of(folder, card, binding)
        load = e5.load if e5.packed_file(base).is_file() else load_encoder
        encoder, tokenizer = load(base, device, folder)
        if head["weight"].shape[1] != encoder.config.hidden_size:
            raise lora.refused(folder, "has a head for an encoder of another size")
        return cls(encoder, tokenizer, head, card, read_work(folder, len(card.labels)))

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        """Normalise and tokenise, cutting after the card's `max_tokens`, or where the encoder ends."""
        texts = [normalize(job.text) for job in jobs if isinstance(job, Classify)]
        longest = min(self._card.max_tokens, self._tokenizer.model_max_length)
        rows = self._tokenizer(texts, truncation=True, max_length=longest)["input_ids"]
        return [Prepared(job, len(row), None, row) for job, row in zip(jobs, rows, strict=True)]

    @torch.inference_mode()
    def run(self, batch: Sequence[Prepared], cancelled: Callable[[int], bool]) -> list[Any]:
        """Return one Sentiment a job."""
        del cancelled
        rows = pad([job.inputs for job in batch], self._tokenizer.pad_token_id or 0, self.model.device)
        pooled = mean_of_tokens(self.model(**rows).last_hidden_state, rows["attention_mask"])
        logits = pooled @ self._head["weight"].T + self._head["bias"]
        scores = (logits / self._card.temperature).softmax(dim=1)
        if self._work:
            scores = self._with_work(scores, pooled)
        return [self._judge(row) for row in scores.tolist()]

    def _with_work(self, scores: torch.Tensor, pooled: torch.Tensor) -> torch.Tensor:
        """Return the scores, shape (n, labels), of both heads, by how near each text is to talk at work."""
        near = (pooled @ self._work["near_weight"].T + self._work["near_bias"]).sigmoid()
        near = near * (near > NEAR)
        return (1 - near) * scores + near * (pooled @ self._work["weight"].T + self._work["bias"]).softmax(dim=1)

    def _judge(self, scores: Sequence[float]) -> Sentiment:
        """Return the likeliest label, and every label's probability."""
        by_label = dict(zip(self._card.labels, scores, strict=True))
        return Sentiment(max(by_label, key=by_label.__getitem__), by_label)

    def memory(self) -> int:
        """Return bytes of its weights."""
        return super().memory() + sum(tensor.nbytes for tensor in (*self._head.values(), *self._work.values()))


def base_of(folder: Path, card: Card, binding: Binding) -> Binding:
    """Return the encoder that the adapter was trained on, to be loaded only if its weights are the very same."""
    base = lora.read_config(folder).get("base_model_name_or_path")
    if not isinstance(base, str) or not base:
        raise ModelRefused(binding.task, f"{binding.name} does not name its base model.", "Train it again.")
    return replace(binding, model=base, revision="", sha256=card.base_sha256, options={})
