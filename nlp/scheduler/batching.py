"""Decides how waiting jobs become a batch: which ones go together, how far they are padded, how many fit.

Pure functions and one running average; no threads. What it decides follows measurements: texts in arrival order pad
chat to four times its tokens, sorted within 1,024 waiting jobs they pad to 1.05 times; and the size of a batch is a
time, because a budget of 1,024 tokens is a second on one core and a millisecond on a large GPU.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from nlp.jobs import Prepared, Priority

FIRST_BUDGET = 256  # tokens of a first batch, before anything was measured
LEAST_BUDGET = 128  # tokens; below it a batch is mostly the fixed cost of calling the model
FREE_SHARE = 8  # the part of a budget that is filled whatever it pads
SMOOTHING = 0.5  # weight of the newest batch in the running average


@dataclass(frozen=True, slots=True)
class Limits:
    """The size that a family wants its batches to have.

    `seconds` is the time an interactive batch may take and `bulk_seconds` that of a bulk one, which somebody
    interactive may have to wait for; `alone_seconds` is that of a bulk one while nobody has asked for a while, since
    larger batches are faster. `rows` and `tokens` cap a batch whatever the device's speed; `cpu_tokens` caps it on a
    CPU, where an encoder's batches of more tokens aren't faster and hold 15 kB a token. `padding` is how many times its
    own tokens a batch may cost; families whose work is not in the input set it high. `ragged` families group a batch by
    length themselves, so that a row costs its own tokens whatever its neighbours' are. `workers` is how many batches
    run at the same time: 1 where a device computes, more where another machine does and this one only waits.
    """

    seconds: float = 0.12
    bulk_seconds: float = 0.06
    alone_seconds: float = 0.25
    rows: int = 256
    tokens: int = 65_536
    cpu_tokens: int = 65_536
    padding: float = 1.08
    ragged: bool = False
    workers: int = 1

    def wished(self, priority: Priority, *, alone: bool) -> float:
        """Return the time that a batch may take; `alone` tells that nobody interactive has asked for a while."""
        if priority is Priority.INTERACTIVE:
            return self.seconds
        return max(self.bulk_seconds, self.alone_seconds) if alone else self.bulk_seconds


def padded(length: int) -> int:
    """Return the length a batch is padded to: the next multiple of 1, 2, 4 or 8, coarser as texts get longer.

    Few distinct shapes keep the allocator's memory from creeping; a multiple of 8 for short chat texts would cost
    a sixth of the work.
    """
    step = min(8, max(1, (1 << (length - 1).bit_length()) >> 4)) if length > 1 else 1
    return -(-length // step) * step


def cost(lengths: Sequence[int], limits: Limits) -> int:
    """Return padded tokens of a batch with these lengths."""
    return sum(map(padded, lengths)) if limits.ragged else padded(max(lengths)) * len(lengths)


def choose(waiting: Sequence[Prepared], budget: int, limits: Limits) -> list[int]:
    """Return indices of the next batch, shortest job first: the oldest job and its nearest neighbours in length.

    `waiting` is in order of arrival and not empty. The batch shares the oldest job's options, and its cost stays
    within `budget` tokens unless the oldest alone exceeds it. Since the oldest is always taken, nobody starves.
    """
    oldest = waiting[0]
    alike = [i for i, job in enumerate(waiting) if job.options == oldest.options]
    alike.sort(key=lambda i: waiting[i].length)
    low, high = widen([waiting[i].length for i in alike], alike.index(0), budget, limits)
    return alike[low:high]


def widen(lengths: Sequence[int], start: int, budget: int, limits: Limits) -> tuple[int, int]:
    """Return the slice of sorted lengths around `start` that makes a batch.

    An eighth of the budget is filled freely, since a small batch is mostly fixed cost; beyond it a neighbour joins
    only while padding keeps to the limits.
    """
    low, high = start, start + 1
    own = padded(lengths[start])  # tokens if nobody were padded to another's length
    while high - low < limits.rows:
        best = None
        for at in (low - 1, high):
            if 0 <= at < len(lengths):
                alone = own + padded(lengths[at])
                spent = alone if limits.ragged else padded(max(lengths[at], lengths[high - 1])) * (high - low + 1)
                fits = spent <= budget // FREE_SHARE or spent <= min(budget, limits.padding * alone)
                gap = abs(lengths[at] - lengths[start])
                if fits and (best is None or gap < abs(lengths[best] - lengths[start])):
                    best = at
        if best is None:
            break
        own += padded(lengths[best])
        low, high = min(low, best), max(high, best + 1)
    return low, high


class Budget:
    """The padded tokens of a batch that takes the wished time, learnt from how long batches took.

    Kept per `options` and wished time, because jobs differ in cost. A batch much smaller than its budget says nothing
    about the budget (a model's fixed cost would make it look slow), so only nearly full and late ones teach, each by
    a factor of two at most. Asked by one thread at a time.
    """

    def __init__(self, limits: Limits, device: str = "") -> None:
        self._cap = min(limits.tokens, limits.cpu_tokens) if device == "cpu" else limits.tokens
        self._tokens: dict[tuple[Hashable, float], float] = {}

    def tokens(self, options: Hashable, wished: float) -> int:
        """Return how many padded tokens the next batch may have that should take `wished` seconds."""
        return min(self._cap, int(self._tokens.get((options, wished), FIRST_BUDGET)))

    def learn(self, options: Hashable, wished: float, tokens: int, seconds: float) -> None:
        """Take in that a batch of `tokens` padded tokens ran for `seconds`."""
        budget = self._tokens.get((options, wished), float(FIRST_BUDGET))
        if 2 * tokens < budget and seconds <= wished:
            return
        better = min(2 * max(budget, tokens), max(budget / 2, tokens * wished / max(seconds, 1e-6)))
        self._tokens[options, wished] = max(LEAST_BUDGET, budget + SMOOTHING * (better - budget))

    def shrink(self, tokens: int) -> None:
        """Remember that a batch of `tokens` padded tokens did not fit into memory."""
        self._cap = max(1, tokens // 2)
