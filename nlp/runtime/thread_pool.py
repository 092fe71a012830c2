"""Threads that each compute on cores of their own, for operations that are too small to share among cores.

PyTorch splits every operation over all cores and waits for the slowest. For a model of a few million weights that
costs more than it gains, and on a busy machine each wait lasts until the neighbour's time slice ends: a sentence of
30 ms was measured at 1,250 ms. Here the rows of a batch are split instead, and no core waits before the end. In
bfloat16 that pays for large models too: two cores that share each product of a batch of chat took 1.3 to 1.4 times as
long as two that take half of the batch each.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import torch

from nlp.runtime.openmp import keep_to

MOST = 4  # beyond it the threads wait for the interpreter's lock rather than compute
LEAST_ROWS = 8  # rows that are worth a thread of their own

Row = TypeVar("Row")
Result = TypeVar("Result")


class Lanes:
    """A few threads that don't share PyTorch's own. Lives as long as its model.

    With `spread` they share out all of the `cores`, else each computes on one.
    """

    def __init__(self, cores: int, *, spread: bool = False) -> None:
        self.count = max(1, min(cores, MOST))
        each = cores // self.count if spread else 1
        self._pool = ThreadPoolExecutor(self.count, "lane", initializer=keep_to, initargs=(each, torch))

    def share(
        self,
        work: Callable[[Sequence[Row]], Iterable[Result]],
        rows: Sequence[Row],
        least: int = LEAST_ROWS,
        most: int | None = None,
    ) -> list[Result]:
        """Return the results of `work`, which gets at most `most` rows at once, over all rows, in their order.

        Each thread takes `least` of them or more; fewer than two threads' are computed here, by all cores together.
        """

        def part(taken: Sequence[Row]) -> list[Result]:
            step = most or max(len(taken), 1)
            return [result for start in range(0, len(taken), step) for result in work(taken[start : start + step])]

        return self.run(part, rows, least) if min(self.count, len(rows) // least) > 1 else part(rows)

    def run(
        self, work: Callable[[Sequence[Row]], Sequence[Result]], rows: Sequence[Row], least: int = LEAST_ROWS
    ) -> list[Result]:
        """Return the results of `work` over all rows, a part of them on each thread, in the rows' order."""
        parts = min(self.count, max(1, len(rows) // least))
        results: list[Any] = [None] * len(rows)
        for i, share in enumerate(self.each(work, [rows[i::parts] for i in range(parts)])):
            results[i::parts] = share
        return results

    def each(self, work: Callable[[Sequence[Row]], Result], parts: Sequence[Sequence[Row]]) -> list[Result]:
        """Return the results of `work` over each part, on a thread of its own."""
        return [share.result() for share in [self._pool.submit(work, part) for part in parts]]


def lanes_of(model: Any, *, spread: bool = True) -> Lanes:
    """Return the threads of a loaded model, which share out the cores or take one each; on a GPU there is one."""
    return Lanes(torch.get_num_threads() if model.device.type == "cpu" else 1, spread=spread)
