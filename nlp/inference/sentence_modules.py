"""Runs a sentence-transformers folder after its encoder: pooling, linear layers, lengths of one, and prompts.

`modules.json` lists the steps; each has a folder with a `config.json`, in the form of version 6 (`"pooling_mode":
"cls"`) or the older one (`"pooling_mode_cls_token": true`). A folder without `modules.json` is a plain encoder, whose
tokens are averaged, as that library does. What isn't known here is refused: a vector that was made otherwise than in
training compares wrongly and nobody notices.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from nlp.hub.checkpoint import check_weights, refused
from nlp.hub.pins import WEIGHTS
from nlp.inference.pooling import POOLINGS
from nlp.scheduler.family import Binding

MODULES, CONFIG, WHOLE = "modules.json", "config.json", "config_sentence_transformers.json"
ENCODER = "sentence_bert_config.json"
OLD_MODES = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}  # in the order in which that library puts them side by side
ACTIVATIONS: Mapping[str, type[nn.Module]] = {
    "Identity": nn.Identity, "Tanh": nn.Tanh, "ReLU": nn.ReLU, "GELU": nn.GELU, "Sigmoid": nn.Sigmoid, "SiLU": nn.SiLU,
}  # fmt: skip
TEXT_KEY = "sentence_embedding"
AS_DOCUMENT, AS_QUERY = ("document", "passage", "corpus"), ("query",)
REMEDY = "Choose an embedder of an encoder, pooling, dense layers and normalisation."


class Normalize(nn.Module):
    """Vectors of length one."""

    def forward(self, rows: Tensor) -> Tensor:
        """Return the same directions: (n, width)."""
        return nn.functional.normalize(rows, dim=1)


class Dense(nn.Module):
    """A linear layer with its activation, and what it adds of its own input."""

    def __init__(self, weights: Mapping[str, Tensor], activation: nn.Module, *, residual: bool) -> None:
        super().__init__()
        self.register_buffer("weight", weights["linear.weight"].float())
        self.register_buffer("bias", weights["linear.bias"].float() if "linear.bias" in weights else None)
        self.register_buffer("shortcut", weights["residual.weight"].float() if "residual.weight" in weights else None)
        self._activation = activation
        self._residual = residual

    def forward(self, rows: Tensor) -> Tensor:
        """Return float32 rows: (n, width in) to (n, width out)."""
        projected = self._activation(nn.functional.linear(rows, self.weight, self.bias))
        if not self._residual:
            return projected
        return projected + (rows if self.shortcut is None else nn.functional.linear(rows, self.shortcut))


@dataclass(frozen=True, slots=True)
class Recipe:
    """Holds what follows the encoder: `modes` of pooling side by side, then `layers`; what stands before a text.

    `centres` are the mean vector of documents and that of queries, where the model's vectors share much.
    """

    modes: Sequence[str] = ("mean",)
    layers: Sequence[nn.Module] = ()
    document_prompt: str = ""
    query_prompt: str = ""
    lowercase: bool = False
    centres: Tensor | None = None


PLAIN = Recipe()


def read_recipe(folder: Path, binding: Binding) -> Recipe:
    """Return what the folder says. Raises ModelRefused for what isn't known, damaged, or leads out of the folder."""
    modes: Sequence[str] = ("mean",)
    layers: list[nn.Module] = []
    includes_prompt = True
    for place, (kind, path) in enumerate(steps(folder, binding)):
        if kind == "Transformer" and place == 0:
            check_encoder(path, folder, binding)
        elif kind == "Pooling" and place == 1:
            config = read_object(path / CONFIG, binding)
            modes, includes_prompt = modes_of(config, binding), config.get("include_prompt", True)
        elif kind == "Dense" and place > 1:
            layers.append(read_dense(path, binding))
        elif kind == "Normalize" and place > 1:
            layers.append(Normalize())
        elif kind != "Dropout":  # which does nothing outside training
            raise refused(binding, f"has a step {kind!r} that Parley doesn't know there", REMEDY)
    document, query = prompts_of(folder, binding)
    if (document or query) and not includes_prompt:
        raise refused(binding, "leaves its prompt out of the pooling, which Parley doesn't know", REMEDY)
    lowercase = bool(read_object(folder / ENCODER, binding).get("do_lower_case"))
    return Recipe(modes, layers, document, query, lowercase)


def steps(folder: Path, binding: Binding) -> list[tuple[str, Path]]:
    """Return the kind and the folder of each step, in order."""
    file = folder / MODULES
    if not file.exists():
        alone = folder / "1_Pooling"
        return [("Transformer", folder), ("Pooling", alone)] if alone.is_dir() else []
    listed = read_json(file, binding)
    try:
        modules = [(str(row["type"]).rpartition(".")[2], str(row["path"])) for row in listed]
    except (TypeError, LookupError) as error:
        raise damaged(binding, MODULES) from error
    if any(path and (Path(path).name != path or path == "..") for _, path in modules):
        raise refused(binding, f"has a {MODULES} that leads out of it", "Pull it again.")
    if [kind for kind, _ in modules[:2]] != ["Transformer", "Pooling"]:
        raise refused(
            binding, f"begins with {modules[0][0] if modules else 'nothing'} instead of encoder and pooling", REMEDY
        )
    return [(kind, folder / path) for kind, path in modules]


def check_encoder(path: Path, folder: Path, binding: Binding) -> None:
    """Refuse an encoder that lies elsewhere or gives something else than its last states."""
    if path != folder:
        raise refused(binding, f"keeps its encoder in {path.name}", "Bind that folder, or choose another embedder.")
    config = read_object(folder / ENCODER, binding)
    text = config.get("modality_config", {}).get("text", {}) if isinstance(config.get("modality_config"), dict) else {}
    wanted = config.get("transformer_task", "feature-extraction"), text.get("method_output_name", "last_hidden_state")
    if wanted != ("feature-extraction", "last_hidden_state"):
        raise refused(binding, "takes something else from its encoder than the last states", REMEDY)


def modes_of(config: Mapping[str, Any], binding: Binding) -> tuple[str, ...]:
    """Return the ways of pooling that a configuration names, in either form."""
    named = config.get("pooling_mode")
    if named is None:
        old = tuple(mode for key, mode in OLD_MODES.items() if config.get(key))
        stated = any(key in config for key in OLD_MODES)
        named = old or ("mean" if not stated or config.get("pooling_mode_mean_tokens", True) else "none")
    modes = tuple(map(str, named)) if isinstance(named, list | tuple) else (str(named),)
    unknown = [mode for mode in modes if mode not in POOLINGS]
    if unknown or not modes:
        raise refused(binding, f"pools by {', '.join(unknown) or 'nothing'}, which Parley doesn't know", REMEDY)
    return modes


def read_dense(path: Path, binding: Binding) -> Dense:
    """Return a linear layer from its folder."""
    config = read_object(path / CONFIG, binding)
    activation = str(config.get("activation_function", "torch.nn.modules.activation.Tanh"))
    known = ACTIVATIONS.get(activation.rpartition(".")[2]) if activation.startswith("torch.nn.") else None
    if known is None:
        raise refused(binding, f"has a dense layer with an activation that Parley doesn't know ({activation})", REMEDY)
    if {config.get("module_input_name", TEXT_KEY), config.get("module_output_name") or TEXT_KEY} != {TEXT_KEY}:
        raise refused(binding, "has a dense layer over tokens", REMEDY)
    if not (path / WEIGHTS).is_file():
        raise refused(binding, f"lacks {path.name}/{WEIGHTS}", "Choose a revision with safetensors weights.")
    check_weights(path / WEIGHTS, binding)
    try:
        weights = load_file(path / WEIGHTS)
        shape = tuple(weights["linear.weight"].shape)
    except (SafetensorError, OSError, LookupError) as error:
        raise damaged(binding, f"{path.name}/{WEIGHTS}") from error
    if shape != (config.get("out_features"), config.get("in_features")):
        raise refused(binding, f"has a dense layer whose weights don't fit its {CONFIG}", "Pull it again.")
    return Dense(weights, known(), residual=bool(config.get("use_residual")))


def prompts_of(folder: Path, binding: Binding) -> tuple[str, str]:
    """Return what stands before a document and before a query, "" for nothing.

    Where the model has a prompt of its own for each, that; else its default prompt for both.
    """
    config = read_object(folder / WHOLE, binding)
    prompts = config.get("prompts") or {}
    if not isinstance(prompts, dict) or not all(isinstance(each, str | None) for each in prompts.values()):
        raise damaged(binding, WHOLE)
    usual = prompts.get(config.get("default_prompt_name") or "") or ""
    document, query = (
        next((prompts[name] for name in names if prompts.get(name)), usual) for names in (AS_DOCUMENT, AS_QUERY)
    )
    return document, query


def read_object(file: Path, binding: Binding) -> dict[str, Any]:
    """Return a JSON object, {} where there is no such file."""
    if not file.exists():
        return {}
    settings = read_json(file, binding)
    if not isinstance(settings, dict):
        raise damaged(binding, file.name)
    return settings


def read_json(file: Path, binding: Binding) -> Any:
    """Return what a JSON file holds."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise damaged(binding, file.name) from error


def damaged(binding: Binding, name: str) -> Exception:
    """Return an error for a file that can't be read as what it is."""
    return refused(binding, f"has a damaged {name}", "Pull it again.")
