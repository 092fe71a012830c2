"""Medians of contenders that take turns, and what a run cost: padding, memory, share of the matrix rate."""

import gc
import platform
import resource
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import nn

from nlp.bench import BenchRow, Detail
from nlp.inference.probe import Work, probed
from nlp.jobs import BatchReport
from nlp.runtime.device import choose_device
from nlp.runtime.half import Bfloat16Linear
from nlp.runtime.openmp import release_helpers
from nlp.runtime.quantize import Int8Linear, is_quantized
from nlp.runtime.timing import best_of

Contender = Callable[[int], Awaitable[float]]
PROBE_ROWS, PROBE_WIDTH = 512, 1_024
FLAGS = ("avx2", "avx512_f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_bf16", "amx_int8", "bf16", "i8mm", "sve")


async def take_turns(contenders: Mapping[str, Contender], runs: int) -> dict[str, float]:
    """Return the median of what each contender reports (a rate or a time) over `runs` rounds in which all take part."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for contender in contenders.values():
        await contender(-1)
    for run in range(runs):
        for name, contender in contenders.items():
            gc.collect()
            release_helpers()  # a rival that ran on this thread would leave some, which slow down whoever comes next
            seconds[name].append(await contender(run))
    return {name: statistics.median(values) for name, values in seconds.items()}


def row(work: str, baseline: str, unit: str, values: tuple[float, float], runs: int) -> BenchRow:
    """Return a row from (ours, theirs); rates end in "/s", everything else is better when smaller."""
    ours, theirs = values
    better, worse = (ours, theirs) if unit.endswith("/s") else (theirs, ours)
    return BenchRow(work, baseline, round(ours, 3), round(theirs, 3), unit, round(better / worse, 3), runs)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of the values lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def detail(work: str, reports: Sequence[BatchReport], model: nn.Module, device: str) -> Detail:
    """Return what the batches of `reports` cost on `model`."""
    tokens, padded = sum(report.tokens for report in reports), sum(report.padded for report in reports)
    seconds = sum(report.ran for report in reports)
    rate = tokens / seconds
    share = rate * operations(model) / matmul_rate(model)
    dtype = "int8" if is_quantized(model) else str(next(model.parameters()).dtype).removeprefix("torch.")
    return Detail(work, dtype, round(rate), round(padded / tokens, 3), round(peak_mb(device)), round(share, 3))


def operations(model: nn.Module) -> int:
    """Return multiplications and additions of one token through the linear layers alone."""
    layers = (module for module in model.modules() if isinstance(module, nn.Linear | Int8Linear | Bfloat16Linear))
    return sum(2 * layer.in_features * layer.out_features for layer in layers)


def matmul_rate(model: nn.Module) -> float:
    """Return operations a second of one large linear layer in the model's arithmetic on its device."""
    place = next(model.parameters()).device
    layer: Any = nn.Linear(PROBE_WIDTH, PROBE_WIDTH, bias=False, device=place)
    rows = torch.randn(PROBE_ROWS, PROBE_WIDTH, device=place)
    if is_quantized(model):
        layer = Int8Linear(layer)
    else:
        layer, rows = layer.to(next(model.parameters()).dtype), rows.to(next(model.parameters()).dtype)

    def once() -> None:
        layer(rows)
        if place.type == "cuda":
            torch.cuda.synchronize()

    with torch.inference_mode():
        return 2 * PROBE_ROWS * PROBE_WIDTH**2 / best_of(once)


def peak_mb(device: str) -> float:
    """Return the most memory that this process held so far, in MB: on the GPU where it uses one, else resident."""
    if choose_device(device).type == "cuda":
        return torch.cuda.max_memory_allocated() / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


def device_name(device: str = "auto") -> str:
    """Return what the owner calls it: the GPU's name, or the CPU's with the threads it may use."""
    if choose_device(device).type == "cuda":
        return torch.cuda.get_device_name()
    return f"{cpu_name()}, {torch.get_num_threads()} threads"


def machine(device: str = "auto") -> dict[str, Any]:
    """Return what figures depend on besides the code: processor, flags, threads, findings of probes, versions."""
    flags = sorted(name for name, has in torch.cpu.get_capabilities().items() if has is True and name in FLAGS)
    probes = [str(probed(work)) for work in Work] if choose_device(device).type == "cpu" else []
    libraries = ("torch", "transformers", "ctranslate2", "numpy")
    installed = {name: version(name) for name in libraries if find_spec(name)}
    return {
        "processor": cpu_name(),
        "threads": torch.get_num_threads(),
        "flags": flags,
        "arithmetic": probes,
        "versions": {"python": platform.python_version(), **installed},
    }


def cpu_name() -> str:
    """Return the processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    def seconds(self) -> float:
        """Return how long ago that was."""
        return time.perf_counter() - self._start
