"""Which arithmetic this CPU is fast at: its flags say what it has, a short probe says what that is worth.

The probe runs on one thread, because on a busy machine the barrier between two threads costs a time slice and would
hide everything else. It runs once in a process, when the first model loads and before any model works.
"""

import threading
from dataclasses import dataclass
from functools import cache

import torch
from torch import nn

from nlp.runtime.quantize import Int8Linear, can_round
from nlp.runtime.timing import best_of

TOKENS, WIDTH = 128, 768  # a batch of chat through one layer of a base model
WORTH_BF16 = 1.2  # how much faster than float32 each must be before its rounding is worth it
WORTH_INT8 = 1.5
BF16_FLAGS = ("amx_bf16", "avx512_bf16", "bf16")
PROBING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """What is clearly faster than float32 here."""

    bfloat16: bool
    int8: bool


def fast_arithmetic() -> Arithmetic:
    """What this CPU is fast at. The first call takes half a second."""
    with PROBING:
        return probe()


@cache
def probe() -> Arithmetic:
    """Time a linear layer in each arithmetic on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        exact = seconds(nn.Linear(WIDTH, WIDTH), torch.float32)
        flags = torch.cpu.get_capabilities()
        has_bf16 = any(flags.get(flag) for flag in BF16_FLAGS)
        bf16 = has_bf16 and exact > WORTH_BF16 * seconds(nn.Linear(WIDTH, WIDTH).bfloat16(), torch.bfloat16)
        whole = can_round() and exact > WORTH_INT8 * seconds(Int8Linear(nn.Linear(WIDTH, WIDTH)), torch.float32)
        return Arithmetic(bf16, whole)
    finally:
        torch.set_num_threads(threads)


def seconds(layer: nn.Module, dtype: torch.dtype) -> float:
    """The time of a batch through a layer."""
    rows = torch.randn(TOKENS, WIDTH, dtype=dtype)
    with torch.inference_mode():
        return best_of(lambda: layer(rows))
