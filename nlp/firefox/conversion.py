"""Builds a Firefox model from a Marian model file: its sizes from the training options, its weights by their names.

Says what it refuses and why: another architecture, options that aren't known, tensors that are missing or of another
shape, a vocabulary of another size.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nlp.firefox.format import BadFile, ModelFile, Stored
from nlp.firefox.modeling import Student, StudentSizes
from nlp.firefox.tokenization import UNKNOWN, Pieces

REQUIRED: Mapping[str, tuple[Any, ...]] = {
    "type": ("transformer",),
    "transformer-preprocess": ("",),
    "transformer-postprocess": ("dan", "an"),
    "transformer-postprocess-emb": ("d", ""),
    "transformer-postprocess-top": ("",),
    "transformer-decoder-autoreg": ("rnn",),
    "dec-cell": ("ssru",),
    "dec-cell-base-depth": (2,),
    "dec-cell-high-depth": (1,),
    "transformer-ffn-activation": ("relu",),
    "transformer-ffn-depth": (2,),
    "transformer-no-projection": (False,),
    "transformer-pool": (False,),
    "transformer-tied-layers": ([],),
    "transformer-train-position-embeddings": (False,),
    "lemma-dim-emb": (0,),
    "ulr": (False,),
    "right-left": (False,),
    "output-omit-bias": (False,),
}
LARGEST_SIZE = 1 << 20
DEEPEST = 64
SIDES = 2
NEVER = -1e9  # the logit of the unknown piece, which isn't a word to write


@dataclass(frozen=True, slots=True)
class Tensors:
    """The tensors of a file, taken by name with the shape they must have."""

    stored: Mapping[str, Stored]

    def take(self, name: str, *shape: int) -> Stored:
        """Return the tensor `name`. Raises BadFile where it is missing or of another shape."""
        if name not in self.stored:
            raise BadFile(f"its tensor {name} is missing")
        tensor = self.stored[name]
        if tensor.values.shape != shape:
            raise BadFile(f"its tensor {name} has the shape {tensor.values.shape} where {shape} is needed")
        return tensor

    def row(self, name: str, size: int) -> NDArray[np.float32]:
        """Return a vector, stored as one row."""
        return self.take(name, 1, size).floats()[0]

    def input_scale(self, name: str) -> float:
        """Return the size of one int8 step of the input of weights `name`, 0.0 where the file doesn't say."""
        stored_scale = self.stored.get(name + "_QuantMultA")
        multiplier = 0.0 if stored_scale is None else float(stored_scale.floats().flat[0])
        return 1 / multiplier if multiplier > 0 else 0.0


def build(file: ModelFile, pieces: Pieces) -> Student:
    """Return a model with the file's weights, on the CPU in float32.

    Raises BadFile, also for another model's tokenizer.
    """
    config = read_config(file)
    pairs = ((pieces.source, config.source_vocab_size or config.vocab_size), (pieces.target, config.vocab_size))
    for side, needed in pairs:
        if side.get_piece_size() != needed:
            raise BadFile(f"its vocabulary has {needed} entries and the .spm file {side.get_piece_size()}")
    model = Student(config)
    weights = dict(read_weights(Tensors(file.tensors), config))
    model.load_state_dict(weights, strict=True, assign=True)  # what was made empty is never touched
    model.output.weight = model.shared.weight
    return model.eval()


def read_config(file: ModelFile) -> StudentSizes:
    """Return the sizes of a model, from its training options. Raises BadFile for what the architecture doesn't have."""
    options = file.options
    for name, known in REQUIRED.items():
        if name in options and options[name] not in known:
            raise BadFile(f"it was trained with {name}: {options[name]!r}, which isn't supported")
    if "dec-cell" not in options or "transformer-decoder-autoreg" not in options:
        raise BadFile("its decoder isn't an SSRU")
    vocabularies = options.get("dim-vocabs")
    if not (isinstance(vocabularies, list) and len(vocabularies) == SIDES):
        raise BadFile(f"it has the vocabularies {vocabularies!r} where two are needed")
    source, target = (size(value, "dim-vocabs", LARGEST_SIZE) for value in vocabularies)
    shared = bool(options.get("tied-embeddings-all"))
    if shared and source != target:
        raise BadFile(f"its sides share embeddings and differ in size: {source} and {target}")
    if not shared and not options.get("tied-embeddings"):
        raise BadFile("its output layer isn't tied to its embeddings")
    d_model = size(options.get("dim-emb"), "dim-emb", LARGEST_SIZE)
    heads = size(options.get("transformer-heads"), "transformer-heads", d_model)
    if d_model % (2 * heads):
        raise BadFile(f"its size {d_model} can't be shared among {heads} heads")
    return StudentSizes(
        vocab_size=target,
        source_vocab_size=0 if shared else source,
        d_model=d_model,
        ffn_dim=size(options.get("transformer-dim-ffn"), "transformer-dim-ffn", LARGEST_SIZE),
        encoder_layers=size(options.get("enc-depth"), "enc-depth", DEEPEST),
        decoder_layers=size(options.get("dec-depth"), "dec-depth", DEEPEST),
        attention_heads=heads,
    )


def size(value: object, name: str, limit: int) -> int:
    """Return a positive whole number of the training options."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= limit:
        raise BadFile(f"its {name} is {value!r}")
    return value


def read_weights(tensors: Tensors, config: StudentSizes) -> Iterable[tuple[str, Tensor]]:
    """Yield the state of the model, by the names of its modules."""
    d, vocabulary = config.d_model, config.vocab_size
    shared = "Wemb" if not config.source_vocab_size else "decoder_Wemb"
    table = tensors.take(shared, vocabulary, d)
    yield "shared.weight", torch.from_numpy(table.floats())
    if config.source_vocab_size:
        yield "source.weight", torch.from_numpy(tensors.take("encoder_Wemb", config.source_vocab_size, d).floats())
    bias = tensors.row("decoder_ff_logit_out_b", vocabulary).copy()
    bias[UNKNOWN] = NEVER
    yield from linear("output", [Part(table, bias, tensors.input_scale(shared))])
    layers = range(1, config.decoder_layers + 1)
    pairs = [f"decoder_l{i}_context_{part}" for i in layers for part in "kv"]
    yield from linear("memory", [attention_part(tensors, name, d) for name in pairs])
    for i in range(config.encoder_layers):
        yield from encoder_layer(tensors, f"encoder_l{i + 1}", f"encoder.{i}", config)
    for i in range(config.decoder_layers):
        yield from decoder_layer(tensors, f"decoder_l{i + 1}", f"decoder.{i}", config)


def encoder_layer(tensors: Tensors, old: str, new: str, config: StudentSizes) -> Iterable[tuple[str, Tensor]]:
    """Yield an encoder layer's weights."""
    parts = [attention_part(tensors, f"{old}_self_{part}", config.d_model) for part in "qkv"]
    yield from linear(f"{new}.query_key_value", parts)
    yield from attention_output(tensors, f"{old}_self", new, config)
    yield from feed_forward(tensors, f"{old}_ffn", f"{new}.feed_forward", config)


def decoder_layer(tensors: Tensors, old: str, new: str, config: StudentSizes) -> Iterable[tuple[str, Tensor]]:
    """Yield a decoder layer's weights. The cell's first half is the new value, the second the forget gate."""
    d = config.d_model
    no_bias = np.zeros(d, dtype=np.float32)
    value, gate = f"{old}_rnn_W", f"{old}_rnn_Wf"
    parts = [part(tensors, value, d, d, no_bias), part(tensors, gate, d, d, tensors.row(f"{old}_rnn_bf", d))]
    yield from linear(f"{new}.cell", parts)
    yield from norm(tensors, f"{old}_rnn_ffn", f"{new}.cell_norm", d)
    yield from linear(f"{new}.query", [attention_part(tensors, f"{old}_context_q", d)])
    yield from attention_output(tensors, f"{old}_context", new, config)
    yield from feed_forward(tensors, f"{old}_ffn", f"{new}.feed_forward", config)


def attention_output(tensors: Tensors, old: str, new: str, config: StudentSizes) -> Iterable[tuple[str, Tensor]]:
    """Yield the output of an attention block, and the norm after it."""
    yield from linear(f"{new}.output", [attention_part(tensors, f"{old}_o", config.d_model)])
    yield from norm(tensors, f"{old}_Wo", f"{new}.norm", config.d_model)


def feed_forward(tensors: Tensors, old: str, new: str, config: StudentSizes) -> Iterable[tuple[str, Tensor]]:
    """Yield a feed-forward block and the norm after it."""
    d, wide = config.d_model, config.ffn_dim
    yield from linear(f"{new}.wide", [part(tensors, f"{old}_W1", d, wide, tensors.row(f"{old}_b1", wide))])
    yield from linear(f"{new}.narrow", [part(tensors, f"{old}_W2", wide, d, tensors.row(f"{old}_b2", d))])
    yield from norm(tensors, f"{old}_ffn", f"{new}.norm", d)


def norm(tensors: Tensors, old: str, new: str, d: int) -> Iterable[tuple[str, Tensor]]:
    """Yield a layer norm's scale and bias."""
    yield f"{new}.weight", torch.from_numpy(tensors.row(f"{old}_ln_scale", d).copy())
    yield f"{new}.bias", torch.from_numpy(tensors.row(f"{old}_ln_bias", d).copy())


@dataclass(frozen=True, slots=True)
class Part:
    """Some outputs of a linear layer: (outputs, inputs) weights, their bias, and the scale of their input."""

    weight: Stored
    bias: NDArray[np.float32]
    input_scale: float

    def weight_scale(self) -> float:
        """Return the size of one int8 step, 0.0 for float weights."""
        return 1 / self.weight.multiplier if self.weight.values.dtype == np.int8 else 0.0


def part(tensors: Tensors, name: str, inputs: int, outputs: int, bias: NDArray[np.float32]) -> Part:
    """Return a weight matrix. The file says (inputs, outputs) and lays int8 values out the other way round."""
    stored = tensors.take(name, inputs, outputs)
    values = stored.values
    values = values.reshape(outputs, inputs) if values.dtype == np.int8 else values.T
    return Part(Stored(values, stored.multiplier), bias, tensors.input_scale(name))


def attention_part(tensors: Tensors, name: str, d: int) -> Part:
    """Return one of an attention block's four matrices: `name` ends in q, k, v or o."""
    block, letter = name[:-1], name[-1]
    return part(tensors, f"{block}W{letter}", d, d, tensors.row(f"{block}b{letter}", d))


def linear(new: str, parts: list[Part]) -> Iterable[tuple[str, Tensor]]:
    """Yield one linear layer out of parts that share their input, one below the other."""
    weight = np.concatenate([part.weight.floats() for part in parts])
    scales = [np.full(len(part.bias), part.weight_scale(), dtype=np.float32) for part in parts]
    alike = len({part.input_scale for part in parts}) == 1
    yield f"{new}.weight", torch.from_numpy(weight)
    yield f"{new}.bias", torch.from_numpy(np.concatenate([part.bias for part in parts]))
    yield f"{new}.weight_scale", torch.from_numpy(np.concatenate(scales))
    yield f"{new}.input_scale", torch.tensor([parts[0].input_scale if alike else 0.0])
