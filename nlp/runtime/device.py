"""Decides where a model runs and in which numbers: the device, the dtype, and how many threads the machine grants.

The dtype is never the one a checkpoint happens to be saved in: float16 on a CPU was measured 3 to 10 times slower
than float32. What "auto" means is one policy for all families:

- A family that brings no gate (`nlp.inference.gates`) computes in float32 on every machine. Its results are stored
  or compared for long (vectors, labels with a measured confusion), and two machines that share a history must agree.
- On a CPU a family with a gate computes in what `nlp.inference.probe` finds fastest at its work, bfloat16 and int8
  alike, if the model passes the gate in it; else in float32.
- On a GPU a family with a gate computes in bfloat16, in float16 on older ones.

An owner's own choice is taken as it is. What is stored names every arithmetic but float32 in its key.
"""

import os
from pathlib import Path
from typing import Any

import torch

from nlp.errors import ModelRefused
from nlp.runtime import free_memory as ram
from nlp.runtime.allocator import keep_memory
from nlp.runtime.half import MIXED, has_bfloat16
from nlp.runtime.int8_products import Fbgemm
from nlp.runtime.quantize import is_quantized

FLOATS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
FAST_BF16 = (8, 0)  # CUDA capability from which bfloat16 runs on tensor cores
CGROUP = Path("/sys/fs/cgroup/cpu.max")


def choose_device(wanted: str = "auto") -> torch.device:
    """Return the device to run on: `auto` is the first GPU, else the CPU.

    Raises ModelRefused for one that isn't there.
    """
    if wanted == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise ModelRefused("models", f"{wanted!r} is not a device.", "Use auto, cpu or cuda:0.") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ModelRefused("models", "No CUDA device can be used here.", "Set the device to auto or cpu.")
    return device


def choose_dtype(wanted: str, device: torch.device, *, kept: bool) -> torch.dtype:
    """Return the dtype to load weights in; `kept` says that the results are stored or compared for long.

    What becomes int8, or passes its gate in another arithmetic, is loaded in float32 and changed afterwards.
    """
    if wanted not in ("auto", "int8"):
        if wanted not in FLOATS:
            raise ModelRefused("models", f"{wanted!r} is not a dtype.", f"Use auto, {', '.join(FLOATS)} or int8.")
        return FLOATS[wanted]
    if device.type == "cpu" or wanted == "int8" or kept:
        return torch.float32
    return torch.bfloat16 if torch.cuda.get_device_capability(device) >= FAST_BF16 else torch.float16


def free_memory(wanted: str) -> int:
    """Return bytes that models may still take on a device."""
    device = choose_device(wanted)
    return int(torch.cuda.mem_get_info(device)[0]) if device.type == "cuda" else ram.free_memory()


def granted_threads() -> int:
    """Return how many CPUs this process may use at once, by its affinity mask and the cgroup's quota."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = CGROUP.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return count
    return count if quota == "max" else max(1, min(count, int(quota) // int(period)))


def settle_threads() -> None:
    """Give torch as many threads as the machine grants, unless the environment says otherwise, and keep its memory."""
    if "OMP_NUM_THREADS" not in os.environ and torch.get_num_threads() != granted_threads():
        torch.set_num_threads(granted_threads())
    keep_memory()


class OnDevice:
    """Says where a family's PyTorch model runs, what in, and how large it is."""

    model: Any

    @property
    def device(self) -> str:
        """Return where it runs."""
        return str(self.model.device)

    @property
    def dtype(self) -> str:
        """Return what its products are computed in."""
        if is_quantized(self.model):
            return MIXED if has_bfloat16(self.model) else "int8"
        return str(self.model.dtype).removeprefix("torch.")

    @property
    def reason(self) -> str:
        """Return why a default chose this arithmetic, "" where none was chosen."""
        return str(getattr(self.model, "reason", ""))

    def memory(self) -> int:
        """Return bytes of its weights."""
        return weights_size(self.model)


def weights_size(model: Any) -> int:
    """Return bytes of a model's parameters and buffers, and of what FBGEMM packed."""
    tensors: list[torch.Tensor] = [*model.parameters(), *model.buffers()]
    packed = sum(module.size for module in model.modules() if isinstance(module, Fbgemm))
    return packed + sum(tensor.numel() * tensor.element_size() for tensor in tensors)
