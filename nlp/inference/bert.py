"""BERT's encoder straight from its files: the packaged embedder, and the classifiers that are trained upon it.

The same results as transformers' BertModel and BertTokenizer, without importing that library, which takes 2.5 seconds
and 140 MB at every start for what no encoder needs that only runs: losses, tensors over many machines, tracing. What
isn't plainly a BERT of theirs doesn't fit here and is transformers' business.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tokenizers
import torch
from safetensors import safe_open
from torch import Tensor, nn

from nlp.hub import lora
from nlp.hub.checkpoint import check_folder, read_config, refused
from nlp.hub.pins import WEIGHTS
from nlp.hub.tokenizer_bounds import check_tokenizer
from nlp.inference.encoder import EncoderLayer, LayerParts, gelu
from nlp.runtime.device import choose_device, choose_dtype, settle_threads
from nlp.scheduler.family import Binding

TOKENIZER, TOKENIZER_CONFIG = "tokenizer.json", "tokenizer_config.json"
AS_SAVED = ("TokenizersBackend", "PreTrainedTokenizerFast")  # classes that take the file's word for everything
ITS_OWN = ("BertTokenizer", "BertTokenizerFast")  # classes whose configuration may differ from the file
WORDS = "embeddings.word_embeddings.weight"
UNLIMITED = 10**9


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """The numbers of an encoder, by transformers' names."""

    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    max_position_embeddings: int
    layer_norm_eps: float


@dataclass(frozen=True, slots=True)
class States:
    """Holds what the encoder says of every token: (rows, tokens, hidden_size), in the weights' dtype."""

    last_hidden_state: Tensor


class Bert(nn.Module):
    """A loaded encoder. Called as transformers' is: `input_ids` and `attention_mask`, both (rows, tokens).

    `words` looks rows up where they aren't a plain matrix among the weights; `layers` are ready-made ones.
    """

    def __init__(
        self,
        config: EncoderConfig,
        weights: Mapping[str, Tensor],
        words: nn.Module | None = None,
        layers: Sequence[nn.Module] = (),
    ) -> None:
        super().__init__()
        self.config = config
        self.words = words or nn.Embedding.from_pretrained(weights[WORDS])
        places, segments = (weights[f"embeddings.{name}_embeddings.weight"] for name in ("position", "token_type"))
        self.register_buffer("places", places + segments[0])
        self.norm = norm(weights, "embeddings.LayerNorm", config)
        names = [f"encoder.layer.{n}" for n in range(config.num_hidden_layers)]
        self.layers = nn.ModuleList(layers or [EncoderLayer(parts(weights, name, config)) for name in names])

    @property
    def device(self) -> torch.device:
        """Return where it runs."""
        return self.places.device

    @property
    def dtype(self) -> torch.dtype:
        """Return what it computes in."""
        return self.places.dtype

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> States:
        """Return the states of every text, each one segment; `attention_mask` names the tokens that count."""
        return States(self.through(self.layers, self.embedded(input_ids), attention_mask))

    def embedded(self, input_ids: Tensor) -> Tensor:
        """Return what the first layer reads."""
        states: Tensor = self.norm(self.words(input_ids).to(self.dtype).add_(self.places[: input_ids.shape[1]]))
        return states

    @staticmethod
    def through(layers: Iterable[nn.Module], states: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the states behind these layers."""
        mask = None if bool(attention_mask.all()) else attention_mask.bool()[:, None, None, :]
        for layer in layers:
            states = layer(states, mask)
        return states


class Tokenizer:
    """Texts to rows of token ids. Called as transformers' tokenizers are; keeps no state between calls."""

    pad_token_id = 0  # what rows are filled up with; nobody attends to it

    def __init__(self, folder: Path) -> None:
        longest = read(folder / TOKENIZER_CONFIG).get("model_max_length", UNLIMITED)
        self.model_max_length = int(min(longest, UNLIMITED))
        self._inner = tokenizers.Tokenizer.from_file(str(folder / TOKENIZER))
        self._inner.no_padding()
        self._inner.no_truncation()
        self._end = self._inner.encode("").ids[-1:]

    def __call__(self, texts: Sequence[str], *, truncation: bool, max_length: int) -> dict[str, list[list[int]]]:
        """Return `input_ids`, cut to `max_length` tokens with the special ones."""
        rows = [each.ids for each in self._inner.encode_batch_fast(list(texts))]
        if truncation:
            kept = max_length - len(self._end)
            rows = [row if len(row) <= max_length else [*row[:kept], *self._end] for row in rows]
        return {"input_ids": rows}


def fits(folder: Path, binding: Binding) -> bool:
    """Return whether the folder holds a BERT that is run here as transformers would run it."""
    config = read_config(folder, binding)
    plain = (config.get("hidden_act"), config.get("position_embedding_type") or "absolute") == ("gelu", "absolute")
    encodes = config.get("model_type") == "bert" and not config.get("is_decoder") and plain
    whole = all((folder / name).is_file() for name in (WEIGHTS, TOKENIZER, TOKENIZER_CONFIG))
    return encodes and whole and binding.dtype != "int8" and tokenizes_as_saved(folder)


def tokenizes_as_saved(folder: Path) -> bool:
    """Return whether transformers would change nothing about tokenizer.json."""
    options, saved = read(folder / TOKENIZER_CONFIG), read(folder / TOKENIZER)
    kind, normalizer = options.get("tokenizer_class"), saved.get("normalizer") or {}
    wanted = {
        "lowercase": options.get("do_lower_case", True),
        "strip_accents": options.get("strip_accents"),
        "handle_chinese_chars": options.get("tokenize_chinese_chars", True),
    }
    same = {name: normalizer.get(name) for name in wanted} == wanted and normalizer.get("type") == "BertNormalizer"
    return kind in AS_SAVED or (kind in ITS_OWN and same)


def read(file: Path) -> dict[str, Any]:
    """Return a JSON object; {} where there is none to read."""
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return fields if isinstance(fields, dict) else {}


def load(folder: Path, binding: Binding, device: str, adapter: Path | None = None) -> Bert:
    """Return the encoder on its device, in its dtype, with the adapter of another folder added to its layers.

    Raises ModelRefused if the files can't be trusted, or don't fit each other.
    """
    check_folder(folder, binding)
    check_tokenizer(folder, binding)
    settle_threads()
    place = choose_device(device)
    written = read_config(folder, binding)
    try:
        config = EncoderConfig(**{name: written[name] for name in EncoderConfig.__slots__})
        weights = tensors(folder / WEIGHTS)
        if adapter is not None:
            lora.merge(weights, adapter)
        # Opened anew, so that what was merged doesn't keep the whole file: of this one only words that occur are read.
        weights |= tensors(folder / WEIGHTS, ending=WORDS)
        model = Bert(config, weights)
    except (LookupError, RuntimeError, TypeError) as error:
        raise refused(binding, f"does not load as a {binding.family}", "Bind another model or family.") from error
    return model.eval().requires_grad_(requires_grad=False).to(place, choose_dtype(binding.dtype, place, kept=True))


def tensors(file: Path, ending: str = "") -> dict[str, Tensor]:
    """Return a file's tensors by the encoder's own names, those with such an ending, in float32.

    They are mapped rather than read where they are float32 already.
    """
    with safe_open(file, framework="pt") as opened:
        names = [name for name in opened.keys() if name.endswith(ending)]  # noqa: SIM118 - it isn't a dict
        return {name.removeprefix("bert."): opened.get_tensor(name).float() for name in names}


def parts(weights: Mapping[str, Tensor], layer: str, config: EncoderConfig) -> LayerParts:
    """Return the modules of one layer."""
    return LayerParts(
        query=linear(weights, f"{layer}.attention.self.query"),
        key=linear(weights, f"{layer}.attention.self.key"),
        value=linear(weights, f"{layer}.attention.self.value"),
        out=linear(weights, f"{layer}.attention.output.dense"),
        inner_norm=norm(weights, f"{layer}.attention.output.LayerNorm", config),
        up=linear(weights, f"{layer}.intermediate.dense"),
        activation=gelu,
        down=linear(weights, f"{layer}.output.dense"),
        norm=norm(weights, f"{layer}.output.LayerNorm", config),
        heads=config.num_attention_heads,
    )


def linear(weights: Mapping[str, Tensor], name: str) -> nn.Linear:
    """Return a linear layer of the file's weight, with the bias copied: it alone would keep the whole file mapped."""
    layer = nn.Linear(1, 1)
    layer.weight = nn.Parameter(weights[f"{name}.weight"], requires_grad=False)
    layer.bias = nn.Parameter(weights[f"{name}.bias"].clone(), requires_grad=False)
    layer.out_features, layer.in_features = layer.weight.shape
    return layer


def norm(weights: Mapping[str, Tensor], name: str, config: EncoderConfig) -> nn.LayerNorm:
    """Return a layer norm of the file's weights, copied."""
    layer = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
    layer.load_state_dict({part: weights[f"{name}.{part}"] for part in ("weight", "bias")})
    return layer
