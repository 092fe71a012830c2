"""Sentence embedders: an encoder, mean pooling over its tokens, and a vector of length one.

Texts longer than the model's window are cut to it, as sentence-transformers does. Only mean pooling is known, which
is what the sentence-transformers models of the MiniLM, MPNet and E5 lines use. It brings no gate for int8: vectors
are stored and compared for months, so they must not depend on the machine that made them.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import torch

from nlp.hub.checkpoint import find_folder, refused
from nlp.inference.pooling import mean_of_tokens
from nlp.inference.text_encoder import load_encoder
from nlp.inference.tokens import pad, token_limit
from nlp.jobs import Embed, Job, Prepared
from nlp.runtime.device import OnDevice
from nlp.scheduler.batching import Limits
from nlp.scheduler.family import Binding


class Embedder(OnDevice):
    """A loaded encoder that turns texts into unit vectors."""

    tasks: ClassVar[frozenset[str]] = frozenset({"embed"})
    limits: ClassVar[Limits] = Limits(cpu_tokens=2_048)

    def __init__(self, model: Any, tokenizer: Any, window: int) -> None:
        self.model = model
        self._tokenizer = tokenizer
        self._window = window

    @classmethod
    def load(cls, binding: Binding, device: str) -> Self:
        """Load an encoder. Raises ModelUnavailable or ModelRefused."""
        folder = find_folder(binding)
        check_pooling(folder, binding)
        model, tokenizer = load_encoder(binding, device)
        return cls(model, tokenizer, min(trained_window(folder), token_limit(model, tokenizer)))

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        """Tokenise, cutting at the model's window."""
        texts = [job.text for job in jobs if isinstance(job, Embed)]
        rows = self._tokenizer(texts, truncation=True, max_length=self._window)["input_ids"]
        return [Prepared(job, len(row), None, row) for job, row in zip(jobs, rows, strict=True)]

    @torch.inference_mode()
    def run(self, batch: Sequence[Prepared], cancelled: Callable[[int], bool]) -> list[Any]:
        """One float32 vector per job, shape (dimensions,)."""
        del cancelled
        rows = pad([job.inputs for job in batch], self._tokenizer.pad_token_id or 0, self.model.device)
        means = mean_of_tokens(self.model(**rows).last_hidden_state, rows["attention_mask"])
        return list(torch.nn.functional.normalize(means, dim=1).cpu().numpy())


def check_pooling(folder: Path, binding: Binding) -> None:
    """Refuse a sentence-transformers model that pools otherwise than by the mean."""
    file = folder / "1_Pooling" / "config.json"
    if file.is_file() and not json.loads(file.read_text(encoding="utf-8")).get("pooling_mode_mean_tokens", True):
        raise refused(binding, "does not pool by the mean", "Choose an embedder with mean pooling.")


def trained_window(folder: Path) -> int:
    """How many tokens sentence-transformers gives the model, without a limit where the folder names none."""
    file = folder / "sentence_bert_config.json"
    length = json.loads(file.read_text(encoding="utf-8")).get("max_seq_length") if file.is_file() else None
    return length if isinstance(length, int) else 1 << 30
