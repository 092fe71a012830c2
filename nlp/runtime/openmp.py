"""Keeps a thread to its cores, and gives its OpenMP helpers back while it has nothing to compute.

Knows libgomp and the MKL that torch brings; elsewhere nothing happens.

Each thread that computes gets helpers of its own. As soon as there are more of them than processors, libgomp no longer
spins between two steps but sleeps at once, and every small step pays for the waking: with the helpers of the thread
that loaded the model still there, int8 roberta-base answered 6.2 windows a second instead of 10 on 2 cores.

OpenMP counts cores for each thread. So does MKL until anybody calls `torch.set_num_threads`: from then on its products
share out all cores in every thread, and two threads that should keep to one each wait for each other.
"""

import ctypes
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

from threadpoolctl import ThreadpoolController, threadpool_limits

SOFT = 1  # omp_pause_soft: what was set stays set


def keep_to(cores: int, torch: ModuleType) -> None:
    """Keep what torch computes on the calling thread to so many cores."""
    torch.get_num_threads()  # sets the thread up as all others, once; the limit has to come after it
    threadpool_limits(cores, user_api="openmp")
    if limit := mkl_limit(Path(torch.__path__[0]) / "lib" / "libtorch_cpu.so"):
        limit(cores)


@cache
def mkl_limit(library: Path) -> Callable[[int], int] | None:
    """Return MKL's way to limit the calling thread, None where torch brings no MKL."""
    return getattr(ctypes.CDLL(str(library)), "MKL_Set_Num_Threads_Local", None) if library.is_file() else None


def release_helpers() -> None:
    """End the calling thread's helpers; the next parallel step makes new ones in less than a tenth of a millisecond."""
    for pause in pauses(torch_is_loaded="torch" in sys.modules):
        pause(SOFT)


@cache
def pauses(*, torch_is_loaded: bool) -> tuple[Callable[[int], int], ...]:
    """Return `omp_pause_resource_all` (OpenMP 5.0) of every libgomp that is loaded."""
    if not torch_is_loaded:
        return ()
    loaded = ThreadpoolController().select(internal_api="openmp").lib_controllers
    libraries = [ctypes.CDLL(each.filepath) for each in loaded if each.prefix == "libgomp"]
    return tuple(each.omp_pause_resource_all for each in libraries if hasattr(each, "omp_pause_resource_all"))
