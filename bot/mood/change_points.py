"""Finds when a channel's negative share changed: neighbouring cells are joined until all that are left surely differ.

Works on cells in their order, of which every one is large enough to be shown; a silent month isn't a change by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isqrt

from bot.mood.quantification import Correction, Counts, Estimate, estimate


@dataclass(frozen=True, slots=True)
class Shift:
    """The first cell after a change, by its number, and the shares on both sides."""

    first: int
    before: Estimate
    after: Estimate


@dataclass(frozen=True, slots=True)
class _Part:
    """Cells that follow each other, from number `first` on, taken as one."""

    first: int
    counts: Counts
    shares: Estimate


def shifts(cells: Sequence[Counts], correction: Correction) -> list[Shift]:
    """Return the sure changes between cells, oldest first.

    The most alike of the pairs that may be one are joined first.

    Where many are compared a change must be the surer: as if there were the square root of their number, because those
    that are alike are joined before.
    """
    among = max(1, isqrt(len(cells) - 1)) if cells else 1
    parts = [_Part(number, each, estimate(each, correction)) for number, each in enumerate(cells)]
    losses = [_lost(*pair, among) for pair in pairwise(parts)]
    while (least := min(losses, default=inf)) < inf:
        place = losses.index(least)
        counts = parts[place].counts + parts[place + 1].counts
        parts[place : place + 2] = [_Part(parts[place].first, counts, estimate(counts, correction))]
        near = slice(max(place - 1, 0), place + 2)
        losses[near] = [_lost(*pair, among) for pair in pairwise(parts[near])]
    return [Shift(two.first, one.shares, two.shares) for one, two in pairwise(parts)]


def _lost(one: _Part, two: _Part, among: int) -> float:
    """Return what is lost by taking two as one, in squares (Ward 1963); no end where they surely differ."""
    if two.shares.differs(one.shares, among):
        return inf
    weight = one.counts.messages * two.counts.messages / (one.counts.messages + two.counts.messages)
    return weight * (one.counts.negative - two.counts.negative) ** 2
