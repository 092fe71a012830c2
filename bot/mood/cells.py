"""The times for which a channel's mood is shown: whole days, weeks, months, quarters or years, the same whoever asks.

Any two answers differ by whole cells or by nothing, so that no message's label is their difference. A cell that was
told once keeps its bounds for good, and the calendar goes on around it. Knows no label and no person.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from bot.history.rows import microseconds, moment

MIN_AUTHORS, MIN_MESSAGES = 5, 20
Times = NDArray[np.int64]  # microseconds since 1970
Voices = NDArray[np.int32]  # people, numbered


@dataclass(frozen=True, slots=True, order=True)
class CellSpan:
    """From `start` to before `stop`, in microseconds since 1970."""

    start: int
    stop: int

    def slice(self, at: Times) -> slice:
        """Return which of the sorted times lie in it."""
        first, last = np.searchsorted(at, [self.start, self.stop]).tolist()
        return slice(first, last)


def enough(voices: Voices) -> bool:
    """Return whether messages by these people may be spoken of without pointing at anybody."""
    return len(voices) >= MIN_MESSAGES and len(np.unique(voices)) >= MIN_AUTHORS


def cells(at: Times, voices: Voices, told: Sequence[CellSpan], now: datetime, zone: ZoneInfo) -> list[CellSpan]:
    """Return the channel's full cells, oldest first: those shown before, and between and after them the calendar's."""
    if not len(at):
        return []
    first, today = (each.astimezone(zone).date() for each in (moment(int(at[0])), now))
    bounds = _usual(at, voices, first, today, zone)
    begin, end = bounds[0], microseconds(now)
    later = [each for each in told if each.stop > begin]
    edges = [begin, *(edge for each in sorted(later) for edge in (each.start, each.stop)), bounds[-1]]
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        inside = [bound for bound in bounds if start < bound < stop]
        later += [CellSpan(a, b) for a, b in pairwise([start, *inside, stop]) if a < b]
    return sorted(cell for cell in later if cell.stop <= end and cell.start <= at[-1])


def asked(full: Sequence[CellSpan], since: int | None, until: int | None) -> list[CellSpan]:
    """Return the cells that lie in a time or reach into it; where none does, the last one before its end."""
    before = [cell for cell in full if until is None or cell.start < until]
    inside = [cell for cell in before if since is None or cell.stop > since]
    return inside or before[-1:]


def _usual(at: Times, voices: Voices, first: date, today: date, zone: ZoneInfo) -> list[int]:
    """Return the bounds of the smallest units of which the usual one holds enough; days where that is so of none."""
    lattices = [_lattice(unit, first, today, zone) for unit in UNITS]
    return next((bounds for bounds in lattices if _holds(at, voices, bounds)), lattices[0])


def _holds(at: Times, voices: Voices, bounds: Sequence[int]) -> bool:
    """Return whether the usual full cell in which anybody wrote holds enough."""
    parts = [voices[CellSpan(*each).slice(at)] for each in pairwise(bounds[:-1])]  # the last one isn't full
    sizes = [(len(part), len(np.unique(part))) for part in parts if len(part)]
    if not sizes:
        return False
    messages, people = np.median(np.array(sizes), axis=0)
    return bool(messages >= MIN_MESSAGES and people >= MIN_AUTHORS)


def _lattice(unit: Callable[[date], date], first: date, today: date, zone: ZoneInfo) -> list[int]:
    """Return the bounds of the unit's cells from that of the first day to the end of today's."""
    return [microseconds(datetime.combine(day, time(), zone)) for day in _starts(unit, first, today)]


def _starts(unit: Callable[[date], date], first: date, today: date) -> Iterator[date]:
    """Yield the first days of the unit, from the one that `first` lies in to the one after today's."""
    day = unit(first)
    while day <= today:
        yield day
        day = unit(day + LONGEST[unit])
    yield day


def _day(day: date) -> date:
    return day


def _week(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _month(day: date) -> date:
    return day.replace(day=1)


def _quarter(day: date) -> date:
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def _year(day: date) -> date:
    return day.replace(month=1, day=1)


UNITS: tuple[Callable[[date], date], ...] = (
    _day,
    _week,
    _month,
    _quarter,
    _year,
)  # each gives the first day of the one that a day lies in
LONGEST = dict(zip(UNITS, map(timedelta, (1, 7, 31, 92, 366)), strict=True))  # a step that lands in the next one
