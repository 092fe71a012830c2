"""Adds a saved LoRA adapter to the weights of its base model, so that running it costs nothing extra.

Reads the two files that peft writes (`adapter_config.json`, `adapter_model.safetensors`) for plain LoRA on linear
layers; anything else a configuration may ask for is refused. peft itself is needed for training alone.
"""

import json
import re
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from nlp.errors import ModelRefused

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
PREFIX, DOWN, UP = "base_model.model.", ".lora_A.weight", ".lora_B.weight"
NUMBER = re.compile(r"\.layers?\.(\d{1,4})\.")
UNSUPPORTED = ("use_dora", "use_rslora", "fan_in_fan_out", "rank_pattern", "alpha_pattern", "modules_to_save")


def read_config(folder: Path) -> dict[str, Any]:
    """Return the adapter's configuration. Raises ModelRefused if it is missing, damaged or not plain LoRA."""
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        plain = config["peft_type"] == "LORA" and config["r"] > 0 and config["lora_alpha"] > 0
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise refused(folder, f"has no readable {CONFIG}") from error
    if not plain or any(config.get(name) for name in UNSUPPORTED) or config.get("bias", "none") != "none":
        raise refused(folder, "is not a plain LoRA adapter")
    return config


def merge(weights: MutableMapping[str, torch.Tensor], folder: Path) -> None:
    """Add every update `up @ down * alpha / r` to the weight of its layer, computed in float32 and rounded once.

    `weights` are the model's, by name; those that change are replaced. Raises ModelRefused if the files are damaged or
    don't fit the model.
    """
    config = read_config(folder)
    tensors = read_tensors(folder)
    layers = {name.removesuffix(DOWN) for name in tensors if name.endswith(DOWN)}
    if {layer + end for layer in layers for end in (DOWN, UP)} != set(tensors):
        raise refused(folder, "holds other tensors than pairs of LoRA matrices")
    for layer in sorted(layers):
        delta = tensors[layer + UP].float() @ tensors[layer + DOWN].float()
        name = layer.removeprefix(PREFIX)
        weights[f"{name}.weight"] = added(weights, name, delta * (config["lora_alpha"] / config["r"]), folder)


def added(weights: Mapping[str, torch.Tensor], layer: str, delta: torch.Tensor, folder: Path) -> torch.Tensor:
    """Return one linear layer's weight with `delta` added to it, in the weight's dtype."""
    weight = weights.get(f"{layer}.weight")
    if weight is None:
        raise refused(folder, f"was made for another model (it has no layer {layer})")
    if weight.shape != delta.shape:
        raise refused(folder, f"was made for a model of another size (layer {layer})")
    return (weight.detach().float() + delta.to(weight.device)).to(weight.dtype)


def numbers(folder: Path | None) -> frozenset[int]:
    """Return which layers of an encoder the adapter changes, by their numbers; none without an adapter."""
    if folder is None:
        return frozenset()
    return frozenset(int(found[1]) for name in read_tensors(folder) if (found := NUMBER.search(name)))


@torch.no_grad()
def merge_into(model: torch.nn.Module, folder: Path) -> None:
    """Add every update to the model's own weights. Raises ModelRefused; the model is then not to be used."""
    own = dict(model.named_parameters())
    weights: dict[str, torch.Tensor] = dict(own)
    merge(weights, folder)
    for name, weight in weights.items():
        if weight is not own[name]:
            own[name].copy_(weight)


def read_tensors(folder: Path) -> dict[str, torch.Tensor]:
    """Return the adapter's matrices by name."""
    try:
        tensors = load_file(folder / WEIGHTS)
    except (SafetensorError, OSError) as error:
        raise refused(folder, f"has no readable {WEIGHTS}") from error
    check_finite(folder, tensors)
    return tensors


def check_finite(folder: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """Refuse matrices that hold infinity or NaN. Raises ModelRefused."""
    broken = next((name for name, tensor in tensors.items() if not tensor.isfinite().all()), None)
    if broken:
        raise refused(folder, f"has weights that aren't finite numbers ({broken})")


def refused(folder: Path, why: str) -> ModelRefused:
    """Return an error for adapter files that won't do."""
    return ModelRefused(
        "sentiment", f"The adapter {folder.name} {why}, so sentiment is off.", "Train or copy it again."
    )
