"""Sends many texts as lists, one request for each, and in halves where a server refuses a list.

A server takes only so many texts at a time, and refuses a whole list for one text of it. The halves find out which.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from nlp.errors import CoreError
from nlp.remote.refusals import Unacceptable
from nlp.remote.server import Server
from nlp.scheduler.batching import Limits

LIMITS = Limits(seconds=0.25, bulk_seconds=0.25, alone_seconds=1.0, rows=256, ragged=True, workers=2)
Row = TypeVar("Row")


def ask_in_lists(
    server: Server,
    rows: Sequence[Row],
    ask: Callable[[Sequence[Row]], Awaitable[Sequence[Any]]],
    most: int,
    left: Callable[[int], bool],
) -> list[Any]:
    """Return what `ask` brings for each row, or its error; lists have `most` rows and wait at the same time."""
    starts = range(0, len(rows), most)
    parts = [rows[start : start + most] for start in starts]
    answers = server.gather(
        [partial(in_halves, part, ask) for part in parts],
        lambda i: all(left(starts[i] + place) for place in range(len(parts[i]))),
    )
    made: list[Any] = []
    for part, answer in zip(parts, answers, strict=True):
        made += [answer] * len(part) if isinstance(answer, CoreError) else answer
    return made


async def in_halves(rows: Sequence[Row], ask: Callable[[Sequence[Row]], Awaitable[Sequence[Any]]]) -> list[Any]:
    """Return what a request brings for each row; a refused list is asked in halves, a refused row is its error."""
    try:
        return list(await ask(rows))
    except Unacceptable as refusal:
        if len(rows) == 1:
            return [refusal.error]
    middle = len(rows) // 2
    return [*await in_halves(rows[:middle], ask), *await in_halves(rows[middle:], ask)]
