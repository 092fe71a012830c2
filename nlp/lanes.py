"""Threads that each compute on one core, for models whose operations are too small to share among cores.

PyTorch splits every operation over all cores and waits for the slowest. For a model of a few million weights that
costs more than it gains, and on a busy machine each wait lasts until the neighbour's time slice ends: a sentence of
30 ms was measured at 1,250 ms. Here the rows of a batch are split instead, and no core waits before the end.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import torch
from threadpoolctl import threadpool_limits

MOST = 4  # beyond it the threads wait for the interpreter's lock rather than compute
LEAST_ROWS = 8  # rows that are worth a thread of their own

Row = TypeVar("Row")
Result = TypeVar("Result")


class Lanes:
    """A few threads with PyTorch's own threading off. Lives as long as its model."""

    def __init__(self, count: int) -> None:
        self.count = max(1, min(count, MOST))
        self._pool = ThreadPoolExecutor(self.count, "lane", initializer=alone)

    def run(self, work: Callable[[Sequence[Row]], Sequence[Result]], rows: Sequence[Row]) -> list[Result]:
        """`work` over all rows, a part of them on each thread; results in the rows' order."""
        parts = min(self.count, max(1, len(rows) // LEAST_ROWS))
        shares = [self._pool.submit(work, rows[i::parts]) for i in range(parts)]
        results: list[Any] = [None] * len(rows)
        for i, share in enumerate(shares):
            results[i::parts] = share.result()
        return results


def alone() -> None:
    """Keep what this thread computes on one core."""
    torch.get_num_threads()  # sets the thread up as all others, once; the limit has to come after it
    threadpool_limits(1, user_api="openmp")
