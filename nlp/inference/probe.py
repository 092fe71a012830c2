"""Finds the arithmetic in which this CPU is fastest: its flags say what it has, a short probe what that is worth.

An encoder's batch has hundreds of tokens and is bound by arithmetic, a decoder's step has a few rows and is bound by
reading the weights, so that each is probed by itself; so is a step's attention, which has none. The probe runs on one
thread, because on a busy machine the barrier between two threads costs a time slice and would hide everything else. It
runs once in a process for each kind of work, when the first model of that kind loads and before it works.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache

import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from nlp.inference.arithmetic import in_arithmetic
from nlp.inference.encoder import EncoderLayer, LayerParts, gelu
from nlp.runtime.quantize import can_round
from nlp.runtime.thread_pool import Lanes
from nlp.runtime.timing import best_in_turns

WIDTH, INNER, HEADS = 768, 3_072, 12  # of a base model
TEXTS, TOKENS = 8, 48  # of an encoder's batch
ROWS = 32  # of a decoder's step
WORTH = 1.2  # how many times as fast as float32 another must be before its rounding is worth it
BF16_FLAGS = ("amx_bf16", "avx512_bf16", "bf16")
PROBING = threading.Lock()


class Work(Enum):
    """The work that a family does most."""

    BATCH = "an encoder's batch"
    STEP = "a decoder's step"
    ATTENTION = "a step's attention"


@dataclass(frozen=True, slots=True)
class Probed:
    """Holds what a probe of some work found: how many times as fast as float32 each arithmetic is that the CPU has."""

    work: Work
    speeds: Mapping[str, float]

    @property
    def faster(self) -> tuple[str, ...]:
        """Return what is clearly faster than float32, the fastest first."""
        good = [name for name, speed in self.speeds.items() if speed > WORTH]
        return tuple(sorted(good, key=self.speeds.__getitem__, reverse=True))

    def __str__(self) -> str:
        measured = ", ".join(f"{name} {speed:.1f} times float32" for name, speed in self.speeds.items())
        return f"{self.work.value}: {measured or 'no units but for float32'}"


def faster(work: Work) -> tuple[str, ...]:
    """Return what is clearly faster than float32 at the work, the fastest first. The first call takes a second."""
    return probed(work).faster


def reason(work: Work) -> str:
    """Return the reason, for a person, why a default computes as it does."""
    return str(probed(work))


def probed(work: Work) -> Probed:
    """Return what the process found once for the work."""
    with PROBING:
        return probe(work)


@cache
def probe(work: Work) -> Probed:
    """Time a piece of the work in each arithmetic on a thread that keeps to one core.

    `torch.set_num_threads` would do for this thread, and leave MKL's products on all cores in those of every lane.
    """
    (found,) = Lanes(1).each(lambda works: timed(works[0]), [[work]])
    return found


@torch.inference_mode()
def timed(work: Work) -> Probed:
    """Time a piece of the work in each arithmetic on this thread."""
    took = best_in_turns({name: piece(work, name) for name in ("float32", *arithmetics(work))})
    return Probed(work, {name: took["float32"] / took[name] for name in arithmetics(work)})


def arithmetics(work: Work) -> tuple[str, ...]:
    """Return in what this CPU can do the work besides float32."""
    flags = torch.cpu.get_capabilities()
    bfloat16 = ("bfloat16",) if any(flags.get(flag) for flag in BF16_FLAGS) else ()
    return (*bfloat16, *(("int8",) if can_round() and work is not Work.ATTENTION else ()))


def piece(work: Work, name: str) -> Callable[[], object]:
    """Return a piece of the work in an arithmetic."""
    if work is Work.ATTENTION:
        return attention(getattr(torch, name))
    layer = encoder_layer() if work is Work.BATCH else nn.Sequential(nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH))
    states = torch.randn(TEXTS, TOKENS, WIDTH) if work is Work.BATCH else torch.randn(ROWS, WIDTH)
    if name != "float32":
        layer = in_arithmetic(layer, name)
    states = states.to(torch.bfloat16) if name == "bfloat16" else states
    return lambda: layer(states)


def attention(dtype: torch.dtype) -> Callable[[], object]:
    """Return the attention of a few rows' newest token to the tokens before it."""
    query, keys, values = (torch.randn(ROWS, HEADS, tokens, WIDTH // HEADS).to(dtype) for tokens in (1, TOKENS, TOKENS))
    return lambda: scaled_dot_product_attention(query, keys, values)


def encoder_layer() -> nn.Module:
    """Return a layer of a base model."""
    query, key, value, out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
    inner, last = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
    up, down = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
    return EncoderLayer(LayerParts(query, key, value, out, inner, up, gelu, down, last, HEADS))
