"""A linear layer that knows the int8 scales its weights were trained for, and computes in int8 on a CPU that can.

The published weights are int8 and come with a scale for each layer's input, so int8 arithmetic here is what the model
was tuned for. The scales are fixed: a row's result doesn't depend on the rows that share its batch.
"""

import warnings
from typing import Any

import torch
from torch import Tensor, nn

ZERO_POINT = 128
INT8_FEATURES = ("avx512_vnni", "avx_vnni", "amx_int8")
ENGINE = "fbgemm"


def int8_is_exact() -> bool:
    """Return whether this CPU adds int8 products in 32 bits (VNNI).

    Older ones saturate 16, which the models don't survive.
    """
    ask = getattr(torch.cpu, "get_capabilities", None)  # newer than the oldest torch that Parley runs with
    features: dict[str, Any] = ask() if ask else {}
    return ENGINE in torch.backends.quantized.supported_engines and any(features.get(name) for name in INT8_FEATURES)


class Linear(nn.Linear):
    """`nn.Linear` with an optional ReLU, and the scales of its int8 form: 0 where they aren't known.

    `input_scale` is one number, `weight_scale` one for each output: real value = int8 x scale. An input that comes
    out of a ReLU (`after_relu`) has no sign, so it gets steps half as large over the same range.
    """

    def __init__(self, inputs: int, outputs: int, *, relu: bool = False, after_relu: bool = False) -> None:
        super().__init__(inputs, outputs)
        self.relu = relu
        self.zero_point = 0 if after_relu else ZERO_POINT
        self.packed: Any = None
        self.step = 0.0
        self.register_buffer("input_scale", torch.zeros(1))
        self.register_buffer("weight_scale", torch.zeros(outputs))

    def reset_parameters(self) -> None:
        """Leave the weights empty: a file brings them."""

    def scaled(self) -> bool:
        """Return whether the scales are known."""
        return bool((self.input_scale > 0).all() and (self.weight_scale > 0).all())

    def pack(self) -> None:
        """Compute in int8 from now on, on the CPU and in inference. The float weights go: save a model before."""
        self.step = float(self.input_scale) * (1.0 if self.zero_point else 0.5)
        self.packed = pack(self.weight.detach(), self.weight_scale, self.bias.detach())
        for name in ("weight", "bias"):
            setattr(self, name, nn.Parameter(torch.empty(0), requires_grad=False))

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., outputs) for (..., inputs)."""
        if self.packed is None:
            y = super().forward(x)
            return y.relu() if self.relu else y
        operators = torch.ops.quantized
        if self.relu:
            multiply = operators.linear_with_input_q_dq_qweight_dq_relu_output_fp32
        else:
            multiply = operators.linear_with_input_q_dq_qweight_dq_output_fp32
        return multiply(x, self.step, self.zero_point, self.packed)


def pack(weight: Tensor, scale: Tensor, bias: Tensor) -> Any:
    """Lay (outputs, inputs) weights out for int8, exactly where they are multiples of `scale`."""
    zeros = torch.zeros(len(scale), dtype=torch.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # quantised tensors are deprecated; the operators are not
        values = torch.quantize_per_channel(weight, scale.double(), zeros, 0, torch.qint8)
    before = torch.backends.quantized.engine
    torch.backends.quantized.engine = ENGINE
    try:
        return torch.ops.quantized.linear_prepack(values, bias)
    finally:
        torch.backends.quantized.engine = before
