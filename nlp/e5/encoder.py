"""Builds the encoder of a packed E5 file, with an adapter where there is one; models of one file share what is equal.

The rows of words, the tokenizer (50 MB) and every layer that an adapter leaves alone lie in memory once, however many
loaded models use them, and leave it with the last one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch import Tensor

from nlp.e5.format import BadFile, PackedFile, read
from nlp.e5.rows import PackedRows, matrix
from nlp.e5.tokenization import XlmrTokenizer
from nlp.hub import lora
from nlp.hub.checkpoint import find_folder, refused, unavailable
from nlp.inference.bert import Bert, EncoderConfig, parts
from nlp.inference.encoder import EncoderLayer
from nlp.runtime.device import choose_device, choose_dtype, settle_threads
from nlp.runtime.quantize import can_round, quantized
from nlp.scheduler.family import EXACT, Binding

FILE = "e5-small-q4.bin"
LAYER = {
    "attention.self.query": "q", "attention.self.key": "k", "attention.self.value": "v",
    "attention.output.dense": "ao", "intermediate.dense": "fi", "output.dense": "fo",
}  # fmt: skip
NORMS = {"attention.output.LayerNorm": "aln", "output.LayerNorm": "oln"}
SHARED: WeakValueDictionary[tuple[object, ...], Any] = WeakValueDictionary()  # parts of loaded models, by file


def packed_file(binding: Binding) -> Path:
    """Return where the binding's packed file would lie. Raises ModelUnavailable for a folder that isn't there."""
    return find_folder(binding) / str(binding.options.get("file", FILE))


@dataclass(frozen=True, slots=True)
class Sharing:
    """Says under what key the parts of a file are shared, but for the layers in `own`; without a key none is."""

    key: tuple[object, ...] = ()
    own: frozenset[int] = frozenset()

    def part(self, name: object, make: Callable[[], Any]) -> Any:
        """Return the part that a loaded model has already, else a new one."""
        if not self.key or name in self.own:
            return make()
        found = SHARED.get((*self.key, name))
        if found is None:
            found = SHARED[*self.key, name] = make()
        return found


ALONE = Sharing()


def load(binding: Binding, device: str, adapter: Path | None = None) -> tuple[Bert, XlmrTokenizer]:
    """Return the encoder on its device, with the adapter of another folder added, and its tokenizer.

    It computes in float32, or in what its owner asks for; then it shares nothing. Raises ModelUnavailable or
    ModelRefused.
    """
    path = packed_file(binding)
    if not path.is_file():
        raise unavailable(binding, f"There is no file {path.name} in {binding.model}", "Install the starter extra.")
    settle_threads()
    place = choose_device(device)
    exact = binding.arithmetics == (EXACT,)
    sharing = Sharing((path, path.stat().st_mtime_ns, str(place)), lora.numbers(adapter)) if exact else ALONE
    try:
        file = read(path)
        model = build(file, sharing, place)
    except BadFile as error:
        raise refused(binding, f"has a file that {error}", "Install it again.") from error
    except (LookupError, RuntimeError, ValueError) as error:
        raise refused(binding, "has weights that don't fit its sizes", "Install it again.") from error
    if adapter:
        lora.merge_into(model, adapter)
    tokenizer = sharing.part("tokenizer", lambda: XlmrTokenizer(file.pieces, file.sizes.positions))
    return settled(model, binding, place), tokenizer


def settled(model: Bert, binding: Binding, place: torch.device) -> Bert:
    """Return the encoder on its device, in the binding's dtype. Raises ModelRefused for one that it can't have."""
    if binding.dtype != "int8":
        return model.to(place, choose_dtype(binding.dtype, place, kept=True))
    if place.type != "cpu" or not can_round():
        raise refused(binding, f"can't run in int8 on {place}", "Set its dtype to auto.")
    return quantized(model)


def build(file: PackedFile, sharing: Sharing = ALONE, place: torch.device | str = "cpu") -> Bert:
    """Return the encoder: rows of words packed, layers in float32. Raises LookupError, ValueError or RuntimeError."""
    sizes = file.sizes
    config = EncoderConfig(sizes.width, sizes.layers, sizes.heads, sizes.positions, sizes.epsilon)
    weights = {
        "embeddings.position_embeddings.weight": plain(file, "emb.pos").view(-1, sizes.width),
        "embeddings.token_type_embeddings.weight": plain(file, "emb.type").view(-1, sizes.width),
        **normed(file, "embeddings.LayerNorm", "emb.ln"),
    }
    words = sharing.part("words", lambda: PackedRows(file.packed["emb.word"], sizes.words).to(place))
    layers = [sharing.part(n, partial(layer, file, n, config, place)) for n in range(sizes.layers)]
    return Bert(config, weights, words, layers).eval().requires_grad_(requires_grad=False).to(place)


def layer(file: PackedFile, number: int, config: EncoderConfig, place: torch.device | str) -> EncoderLayer:
    """Return one layer with the file's weights on its device."""
    name = f"encoder.layer.{number}"
    weights: dict[str, Tensor] = {}
    for ours, theirs in LAYER.items():
        bias = plain(file, f"l{number}.{theirs}.b")
        weights[f"{name}.{ours}.bias"] = bias
        weights[f"{name}.{ours}.weight"] = matrix(file.packed[f"l{number}.{theirs}.w"], len(bias))
    for ours, theirs in NORMS.items():
        weights |= normed(file, f"{name}.{ours}", f"l{number}.{theirs}")
    return EncoderLayer(parts(weights, name, config)).to(place)


def normed(file: PackedFile, ours: str, theirs: str) -> dict[str, Tensor]:
    """Return a layer norm's two tensors under this project's names."""
    return {f"{ours}.weight": plain(file, f"{theirs}.w"), f"{ours}.bias": plain(file, f"{theirs}.b")}


def plain(file: PackedFile, name: str) -> Tensor:
    """Return a float32 tensor of the file, copied."""
    return torch.from_numpy(file.floats[name].copy())
