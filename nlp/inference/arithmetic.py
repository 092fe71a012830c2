"""Turns a loaded float32 model into one that computes in another arithmetic on a CPU."""

from typing import Any

import torch
from torch import nn

from nlp.inference.encoder import EncoderLayer
from nlp.runtime.half import Bfloat16Linear, can_pack
from nlp.runtime.quantize import linears, quantized


def in_arithmetic(model: Any, name: str) -> Any:
    """Return the model in bfloat16 or int8, changed in place."""
    return quantized(model) if name == "int8" else packed(model.to(getattr(torch, name)))


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
