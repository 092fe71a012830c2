"""Turns a loaded float32 model into one that computes in another arithmetic on a CPU."""

from typing import Any

import torch
from torch import nn

from nlp.inference.encoder import EncoderLayer
from nlp.runtime.half import MIXED, Bfloat16Linear, InBfloat16, can_pack
from nlp.runtime.quantize import linears, quantized


def in_arithmetic(model: Any, name: str) -> Any:
    """Return the model in bfloat16, int8 or MIXED, changed in place."""
    if name == MIXED:
        return mixed(model)
    return in_int8(model) if name == "int8" else packed(model.to(getattr(torch, name)))


def in_int8(model: Any) -> Any:
    """Return the model in int8, changed in place; a decoder beside an encoder takes few rows at a time."""
    if not getattr(getattr(model, "config", None), "is_encoder_decoder", False):
        return quantized(model)
    return quantized(model, {model.get_output_embeddings(), *model.get_decoder().modules()})


def mixed(model: nn.Module) -> nn.Module:
    """Return the model in MIXED."""
    places = [(parent, key) for parent in model.modules() for key in encoder_layers(parent)]
    layers = [parent._modules[key] for parent, key in places]  # noqa: SLF001 - a ModuleList has no other name for it
    for parent, key in places:
        setattr(parent, key, nn.Identity())
    in_int8(model)
    for (parent, key), layer in zip(places, layers, strict=True):
        setattr(parent, key, InBfloat16(packed(layer.to(torch.bfloat16))))
    return model


def encoder_layers(parent: nn.Module) -> list[str]:
    """Return the names of a module's children that are encoder layers."""
    return [name for name, child in parent.named_children() if isinstance(child, EncoderLayer)]


def packed(model: nn.Module) -> nn.Module:
    """Return the model with the weights of its bfloat16 encoder layers packed, changed in place.

    Other layers stay as they are: decoders take theirs apart and put them together anew.
    """
    for layer in model.modules():
        if isinstance(layer, EncoderLayer) and can_pack():
            for parent, name, linear in list(linears(layer)):
                if linear.weight.dtype == torch.bfloat16 and linear.weight.device.type == "cpu":
                    setattr(parent, name, Bfloat16Linear(linear))
    return model
