"""Which arithmetic this CPU is fastest at: its flags say what it has, a short probe says what that is worth.

An encoder's batch has hundreds of tokens and is bound by arithmetic, a decoder's step has a few rows and is bound by
reading the weights, so that each is probed by itself. The probe runs on one thread, because on a busy machine the
barrier between two threads costs a time slice and would hide everything else. It runs once in a process for each kind
of work, when the first model of that kind loads and before it works.
"""

import threading
from collections.abc import Callable
from enum import Enum
from functools import cache

import torch
from torch import nn

from nlp.runtime.quantize import Int8Linear, can_round
from nlp.runtime.timing import best_of

WIDTH, WIDER = 768, 3_072  # the wide product of a base model
WORTH = {"bfloat16": 1.2, "int8": 1.2}  # how much faster than float32 each must be before its rounding is worth it
BF16_FLAGS = ("amx_bf16", "avx512_bf16", "bf16")
PROBING = threading.Lock()


class Work(Enum):
    """What a family does most; the value is how many rows one product of it has."""

    BATCH = 256  # an encoder reads many tokens together
    STEP = 32  # a decoder writes one token of each row


def faster(work: Work) -> tuple[str, ...]:
    """What is clearly faster than float32 at the work, the fastest first. The first call takes half a second."""
    with PROBING:
        return probe(work)


@cache
def probe(work: Work) -> tuple[str, ...]:
    """Time a linear layer in each arithmetic on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        took = {name: seconds(layer, work) for name, layer in layers().items()}
        good = [name for name, worth in WORTH.items() if name in took and took["float32"] > worth * took[name]]
        return tuple(sorted(good, key=took.__getitem__))
    finally:
        torch.set_num_threads(threads)


def layers() -> dict[str, Callable[[torch.Tensor], object]]:
    """A layer in each arithmetic that this CPU has units for, from float32 rows."""
    flags = torch.cpu.get_capabilities()
    made: dict[str, Callable[[torch.Tensor], object]] = {"float32": nn.Linear(WIDTH, WIDER)}
    if any(flags.get(flag) for flag in BF16_FLAGS):
        half = nn.Linear(WIDTH, WIDER).bfloat16()
        made["bfloat16"] = lambda rows: half(rows.bfloat16())
    if can_round():
        made["int8"] = Int8Linear(nn.Linear(WIDTH, WIDER))
    return made


def seconds(layer: Callable[[torch.Tensor], object], work: Work) -> float:
    """The time of the work's rows through a layer."""
    rows = torch.randn(work.value, WIDTH)
    with torch.inference_mode():
        return best_of(lambda: layer(rows))
