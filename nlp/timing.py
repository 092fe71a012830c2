"""How long a small piece of work takes at its best, for the probes that choose a dtype."""

import time
from collections.abc import Callable

RUNS = 10


def best_of(work: Callable[[], object], runs: int = RUNS) -> float:
    """Seconds of the fastest of several runs: neighbours on the machine can only slow a run down."""
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best
