"""Times a small piece of work at its best, for the probes that choose a dtype."""

import time
from collections.abc import Callable, Mapping

SECONDS = 0.1
RUNS = 10


def best_of(work: Callable[[], object], seconds: float = SECONDS) -> float:
    """Return the seconds of the fastest run within a short while: neighbours can only slow a run down."""
    best, end = float("inf"), time.perf_counter() + seconds
    runs = 0
    while runs < RUNS or time.perf_counter() < end:
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
        runs += 1
    return best


def best_in_turns(works: Mapping[str, Callable[[], object]], rounds: int = RUNS) -> dict[str, float]:
    """Return processor seconds of this thread that each work takes at its best, in rounds in which all take part.

    What the machine's other programs take doesn't count, and what they push out of the caches hits all alike.
    """
    best = dict.fromkeys(works, float("inf"))
    for _ in range(rounds):
        for name, work in works.items():
            start = time.thread_time()
            work()
            best[name] = min(best[name], time.thread_time() - start)
    return best
