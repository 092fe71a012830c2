"""Whose jobs stand back for others': a request that shares the models politely says so for everything done in it.

A batch that runs can't be interrupted, so politeness is to have few jobs under way, in the lane that goes last, and to
put none into it while others are being served. Knows no queue and no person; who is polite, and when, its caller says.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

FEW = 8  # jobs under way of a request that stands back


class Courtesy(Protocol):
    """How a request behaves towards others at this moment."""

    def due(self) -> bool:
        """Whether it should stand back now."""
        ...

    async def wait(self) -> None:
        """Return once the next job may start."""
        ...


NOW: ContextVar[Courtesy | None] = ContextVar("courtesy", default=None)


def due() -> Courtesy | None:
    """The courtesy that is due from whatever asks, None where it goes like everybody."""
    courtesy = NOW.get()
    return courtesy if courtesy is not None and courtesy.due() else None


@contextmanager
def polite(courtesy: Courtesy) -> Iterator[None]:
    """Everything asked of the core in here is asked with this courtesy."""
    before = NOW.set(courtesy)
    try:
        yield
    finally:
        NOW.reset(before)
