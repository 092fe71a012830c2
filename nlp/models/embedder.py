"""Sentence embedders: an encoder, pooling over its tokens, the model's own linear layers, and a vector of length one.

What follows the encoder stands in the model's folder and is read by `nlp.inference.sentence_modules`. Texts longer than
the model's window are cut to it, as sentence-transformers does. It brings no gate, so that it computes in float32:
vectors are stored and compared for months and must not depend on the machine that made them.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self, cast

import torch
from torch import Tensor

from nlp.hub.checkpoint import find_folder
from nlp.inference.pooling import pooled
from nlp.inference.sentence_modules import PLAIN, Recipe, read_recipe
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

    def __init__(self, model: Any, tokenizer: Any, window: int, recipe: Recipe = PLAIN) -> None:
        self.model = model
        self._tokenizer = tokenizer
        self._window = window
        self._recipe = recipe
        self._layers = torch.nn.Sequential(*recipe.layers).to(model.device)

    @classmethod
    def load(cls, binding: Binding, device: str) -> Self:
        """Load an encoder. Raises ModelUnavailable or ModelRefused."""
        folder = find_folder(binding)
        recipe = read_recipe(folder, binding)
        model, tokenizer = load_encoder(binding, device)
        return cls(model, tokenizer, min(trained_window(folder), token_limit(model, tokenizer)), recipe)

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        """Tokenise behind the model's prompt, cutting at its window."""
        texts = [self._prompted(job) for job in jobs if isinstance(job, Embed)]
        rows = self._tokenizer(texts, truncation=True, max_length=self._window)["input_ids"]
        return [Prepared(job, len(row), None, row) for job, row in zip(jobs, rows, strict=True)]

    @torch.inference_mode()
    def run(self, batch: Sequence[Prepared], cancelled: Callable[[int], bool]) -> list[Any]:
        """Return one float32 vector per job, shape (dimensions,)."""
        del cancelled
        rows = pad([job.inputs for job in batch], self._tokenizer.pad_token_id or 0, self.model.device)
        states = self.model(**rows).last_hidden_state
        vectors = self._layers(pooled(states, rows["attention_mask"], self._recipe.modes))
        return list(self._centred(torch.nn.functional.normalize(vectors, dim=1), batch).cpu().numpy())

    def _centred(self, rows: Tensor, batch: Sequence[Prepared]) -> Tensor:
        """Return the unit rows without what all texts of their kind have in common, where that is known."""
        centres = self._recipe.centres
        if centres is None:
            return rows
        kinds = [int(cast("Embed", prepared.job).query) for prepared in batch]
        return torch.nn.functional.normalize(rows - centres[kinds].to(rows.device), dim=1)

    def _prompted(self, job: Embed) -> str:
        text = job.behind(self._recipe.query_prompt, self._recipe.document_prompt)
        return text.lower() if self._recipe.lowercase else text


def trained_window(folder: Path) -> int:
    """Return how many tokens sentence-transformers gives the model, without a limit where the folder names none."""
    file = folder / "sentence_bert_config.json"
    length = json.loads(file.read_text(encoding="utf-8")).get("max_seq_length") if file.is_file() else None
    return length if isinstance(length, int) else 1 << 30
