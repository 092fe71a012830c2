"""Says from when to when the negative share was what: no finding reaches into a time whose cells are withheld."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from adapters.text import dates
from bot.history.rows import moment
from bot.mood.change_points import Shift
from bot.mood.figures import Told, shown
from bot.mood.quantification import Estimate, said

DAY = timedelta(days=1)
AS_FAR = ", as far as it may be shown"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the negative share: its time, and the share on both sides.

    `until` is the end of what is known of the share after it, where cells behind that are withheld; `broken` says that
    cells in between are.
    """

    at: datetime
    before: Estimate
    after: Estimate
    until: datetime | None = None
    broken: bool = False

    def said(self, this_year: int) -> str:
        """Return the share after it and the time of which that is known."""
        first, known = dates.day(self.at, this_year), AS_FAR if self.broken else ""
        if self.until is None:
            return f"{said(self.after)} from {first} on{known}"
        last = dates.day(self.until - DAY, this_year)
        return f"{said(self.after)} {f'on {first}' if first == last else f'from {first} to {last}'}{known}"


def changes(told: Sequence[Told], turns: Sequence[Shift], zone: ZoneInfo) -> Iterator[Change]:
    """Yield the changes among the cells, each with the time of which the share after it is known."""
    spans = [span for span, _ in shown(told)]
    ends = [*(each.first for each in turns), len(spans)][1:]
    for turn, end in zip(turns, ends, strict=True):
        first, last = spans[turn.first], spans[end - 1]
        behind = next((each for each in told if each.span.start >= last.stop), None)
        until = moment(last.stop).astimezone(zone) if behind and behind.counts is None else None
        broken = any(each.counts is None for each in told if first.start < each.span.start < last.start)
        yield Change(moment(first.start).astimezone(zone), turn.before, turn.after, until, broken)
