"""Products of rounded rows with rounded weights, by the library whose kernels suit this CPU. Knows no layer.

oneDNN's suit CPUs that add products of bytes in 32 bits (VNNI). Elsewhere it makes do with a matrix product that was
measured 3 to 5 times slower for a few rows than FBGEMM's (AMD EPYC with AVX2, one core, 1 row of 512 with 2,048
outputs: 1,150 and 215 µs). With those units FBGEMM can still be the faster one for a few rows (Zen 4, 8 rows: 102 and
68 µs) and is the slower one for hundreds (256 rows: 1.9 and 2.7 ms); both give the same numbers there. Both libraries
come with PyTorch.
"""

import warnings
from functools import cache
from typing import Any

import torch
from torch import nn

from nlp.runtime.thread_pool import Lanes
from nlp.runtime.timing import best_in_turns

MIDDLE = 128  # what zero is rounded to
LEVELS = 127
CAREFUL_LEVELS = 63  # for weights where the CPU adds two products in 16 bits and would overflow
VNNI = ("avx512_vnni", "avx_vnni", "amx_int8")  # flags of CPUs that add in 32 bits
WIDTH, OUTPUTS, ROWS = 512, 2_048, 16  # of the product that is timed: a small decoder's
DEPRECATED = "torch.quantize_per_tensor"  # how PyTorch's warning about every quantised tensor begins


class OneDnn(nn.Module):
    """Weights as oneDNN packs them. It takes unsigned rows; signed ones fall to a kernel a thousand times slower."""

    def __init__(self, weight: torch.Tensor, scale: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("packed", torch.ops.onednn.qlinear_prepack(weight, None))
        self.register_buffer("scale", scale)
        self.register_buffer("shift", torch.zeros(len(scale), dtype=torch.long))

    @staticmethod
    def rounded(rows: torch.Tensor, step: torch.Tensor) -> torch.Tensor:
        """Return rows in their steps, shifted to 1..255 (uint8)."""
        signed = (rows * step.reciprocal()).round_().to(torch.int8)  # straight to uint8 would be four times slower
        return signed.view(torch.uint8).bitwise_xor_(MIDDLE)

    def forward(self, whole: torch.Tensor) -> torch.Tensor:
        """Return the product with rounded rows, float32 (rows, outputs), each row in its own steps."""
        return torch.ops.onednn.qlinear_pointwise.default(
            *(whole, 1.0, MIDDLE),
            *(self.packed, self.scale, self.shift, None),
            *(1.0, 0, torch.float32, "none", [], "none"),
        )

    def plain(self) -> torch.Tensor:
        """Return the rounded weights, int8 (outputs, inputs)."""
        weight: torch.Tensor = self.packed.to_dense().t()
        return weight


class Fbgemm(nn.Module):
    """Weights as FBGEMM packs them. Its product rounds the rows itself."""

    def __init__(self, weight: torch.Tensor, scale: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("scale", scale)
        self.size = weight.numel()  # bytes of what is packed, which is no tensor
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", DEPRECATED)
            zeros = torch.zeros(len(scale), dtype=torch.long)
            quantised = torch._make_per_channel_quantized_tensor(weight, scale, zeros, 0)  # noqa: SLF001 - from whole numbers
            self.packed: Any = torch.ops.quantized.linear_prepack(quantised, None)

    @staticmethod
    def rounded(rows: torch.Tensor, step: torch.Tensor) -> torch.Tensor:
        """Return rows in their steps, for `forward` to round (float32)."""
        return rows * step.reciprocal()

    def forward(self, whole: torch.Tensor) -> torch.Tensor:
        """Return the product with rows in their steps, float32 (rows, outputs)."""
        return torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(whole, 1.0, MIDDLE, self.packed)

    def plain(self) -> torch.Tensor:
        """Return the rounded weights, int8 (outputs, inputs)."""
        weight, _ = torch.ops.quantized.linear_unpack(self.packed)
        whole: torch.Tensor = weight.int_repr()
        return whole


def adds_in_32_bits() -> bool:
    """Return whether the CPU has units that add products of bytes without an overflow."""
    flags = torch.cpu.get_capabilities()
    return any(flags.get(flag) for flag in VNNI)


def weight_levels() -> int:
    """Return into how many steps weights are rounded on each side of zero."""
    return LEVELS if adds_in_32_bits() else CAREFUL_LEVELS


def library() -> type[OneDnn | Fbgemm]:
    """Return whose product is the faster one here for the hundreds of rows of an encoder's batch."""
    return Fbgemm if has_fbgemm() and not adds_in_32_bits() else OneDnn


def library_of_steps() -> type[OneDnn | Fbgemm]:
    """Return whose product is the faster one here for the few rows of a decoder's step. The first call times both."""
    return probed() if has_fbgemm() and adds_in_32_bits() else library()


def has_fbgemm() -> bool:
    """Return whether FBGEMM runs on this CPU."""
    suits = bool(torch.cpu.get_capabilities().get("avx2")) and "fbgemm" in torch.backends.quantized.supported_engines
    return suits and hasattr(torch.ops.quantized, "linear_with_input_q_dq_qweight_dq_output_fp32")


@cache
def probed() -> type[OneDnn | Fbgemm]:
    """Return whose product is faster for a few rows, timed on a thread that keeps to one core."""
    (found,) = Lanes(1).each(lambda works: works[0](), [[timed]])
    return found


@torch.inference_mode()
def timed() -> type[OneDnn | Fbgemm]:
    """Return whose product of ROWS rows takes less time on this thread."""
    weight, rows = torch.ones(OUTPUTS, WIDTH, dtype=torch.int8), torch.randn(ROWS, WIDTH)
    scale, step = torch.ones(OUTPUTS), torch.ones(ROWS, 1)
    one, other = OneDnn(weight, scale), Fbgemm(weight, scale)
    works = {"one": lambda: one(one.rounded(rows, step)), "other": lambda: other(other.rounded(rows, step))}
    took = best_in_turns(works)
    return Fbgemm if took["other"] < took["one"] else OneDnn
