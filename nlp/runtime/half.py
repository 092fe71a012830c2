"""Linear layers in bfloat16 for CPUs, over weights that oneDNN has packed once, and modules in it among others.

PyTorch's own layer hands the weights over as they lie, and oneDNN brings them into order anew in every call: for a
single text of 14 tokens through a layer of roberta-base that was measured to take a third of the time.
"""

from functools import cache
from typing import Any

import torch
from torch import nn

MIXED = "int8+bfloat16"  # an encoder's layers in bfloat16, all others in int8


class Bfloat16Linear(nn.Module):
    """A linear layer whose product runs in bfloat16. Same inputs and outputs as the bfloat16 layer it replaces."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.register_buffer("weight", torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), None))  # noqa: SLF001 - torch's only name of it
        self.register_buffer("bias", None if linear.bias is None else linear.bias.detach())

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Return (..., out_features) for (..., in_features)."""
        return torch.ops.mkldnn._linear_pointwise(states, self.weight, self.bias, "none", [], "")  # noqa: SLF001 - as above


class InBfloat16(nn.Module):
    """A module that computes in bfloat16 in a model whose other parts compute in float32 or int8.

    Floating tensors come in and go out in the dtype of the first one.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, states: torch.Tensor, *others: Any, **named: Any) -> torch.Tensor:
        """Return what the module does, in the states' dtype."""
        others = tuple(map(half, others))
        named = {name: half(other) for name, other in named.items()}
        done: torch.Tensor = self.module(half(states), *others, **named)
        return done.to(states.dtype)


def half(value: Any) -> Any:
    """Return a floating tensor in bfloat16 and anything else as it is."""
    return value.to(torch.bfloat16) if isinstance(value, torch.Tensor) and value.is_floating_point() else value


def has_bfloat16(model: nn.Module) -> bool:
    """Return whether a module computes in bfloat16 among others."""
    return any(isinstance(module, InBfloat16) for module in model.modules())


@cache
def can_pack() -> bool:
    """Return whether this build of torch has the packed product and oneDNN this CPU's units for it.

    Tried on one weight, because oneDNN alone knows which units it takes: AVX512 with its byte and word instructions or
    AVX-NE-CONVERT. Elsewhere PyTorch computes bfloat16 by its own layers, slower than float32.
    """
    if not torch.backends.mkldnn.is_available() or not hasattr(torch.ops.mkldnn, "_reorder_linear_weight"):
        return False
    try:
        torch.ops.mkldnn._reorder_linear_weight(torch.zeros(1, 1, dtype=torch.bfloat16), None)  # noqa: SLF001 - as above
    except RuntimeError:
        return False
    return True
