"""When the negative share of a channel changed: ruptures finds the places, the bootstrap keeps those that are sure.

Works on messages in their order and not on the calendar, so that a silent month is no change by itself. Both sides of a
change are large enough to be shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, log

import numpy as np
from numpy.typing import NDArray

from bot.mood.quantification import Correction, Estimate, estimate

MIN_AUTHORS, MIN_MESSAGES = 5, 20
BLOCKS = 240  # what ruptures looks at: its time grows with the square
NEGATIVE = 2
PENALTY = 2.0  # times log(n) times the variance: BIC's price of a change and its place


@dataclass(frozen=True, slots=True)
class Shift:
    """The first message after a change, by its number, and the shares on both sides."""

    first: int
    before: Estimate
    after: Estimate


def enough(voices: NDArray[np.int32]) -> bool:
    """Whether messages by these people may be spoken of without pointing at anybody."""
    return len(voices) >= MIN_MESSAGES and len(np.unique(voices)) >= MIN_AUTHORS


def shifts(labels: NDArray[np.int8], voices: NDArray[np.int32], correction: Correction) -> list[Shift]:
    """The sure changes among n messages, oldest first."""
    bounds = _large([0, *places(labels == NEGATIVE), len(labels)], voices)
    while True:
        parts = [estimate(labels[a:b], voices[a:b], correction) for a, b in pairwise(bounds)]
        unsure = [n for n, (before, after) in enumerate(pairwise(parts), 1) if not before.differs(after)]
        if not unsure:
            return [Shift(bounds[n], parts[n - 1], parts[n]) for n in range(1, len(parts))]
        bounds.pop(min(unsure, key=lambda n: abs(parts[n].negative - parts[n - 1].negative)))


def places(negative: NDArray[np.bool_]) -> list[int]:
    """Where the mean of a sequence of n truths seems to change."""
    size = max(1, ceil(len(negative) / BLOCKS))
    blocks = (
        np.add.reduceat(negative.astype(float), range(0, len(negative), size)) / size if len(negative) else negative
    )
    least, spread = max(2, ceil(MIN_MESSAGES / size)), float(np.var(blocks)) if len(blocks) else 0.0
    if len(blocks) < 2 * least or spread == 0:
        return []
    from ruptures import Pelt  # noqa: PLC0415 - a second, and memory that a model may need meanwhile

    found = Pelt(model="l2", min_size=least, jump=1).fit(blocks).predict(pen=PENALTY * log(len(blocks)) * spread)
    ends = [0, *(end * size for end in found[:-1]), len(negative)]
    return [_sharpened(negative, ends[n - 1 : n + 2], size) for n in range(1, len(ends) - 1)]


def _sharpened(negative: NDArray[np.bool_], ends: Sequence[int], size: int) -> int:
    """The message, at most a block away, that parts what lies around it best by least squares."""
    start, middle, end = ends
    sums = np.concatenate([[0], np.cumsum(negative[start:end])])
    cuts = np.arange(max(middle - size, start + 1), min(middle + size, end - 1) + 1)
    left, total = sums[cuts - start], sums[-1]
    explained = left**2 / (cuts - start) + (total - left) ** 2 / (end - cuts)
    return int(cuts[np.argmax(explained)])


def _large(bounds: Sequence[int], voices: NDArray[np.int32]) -> list[int]:
    """The bounds without those that would cut off too few people or messages."""
    kept = [bounds[0]]
    for bound in bounds[1:-1]:
        if enough(voices[kept[-1] : bound]):
            kept.append(bound)
    while len(kept) > 1 and not enough(voices[kept[-1] :]):
        kept.pop()
    return [*kept, bounds[-1]]
