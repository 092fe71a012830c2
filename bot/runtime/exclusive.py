"""Holds a history for one process alone: the one that serves it, or that puts another file in its place."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from bot.errors import UsageError

LOCK = ".lock"  # behind the history's own name


@contextmanager
def only_one(database: Path, remedy: str = "Stop that one, or give this one a history of its own.") -> Iterator[None]:
    """Hold the history's promises and limits alone. Raises UsageError where another process serves it already."""
    database.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(database.with_name(database.name + LOCK), timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise UsageError(f"Another Parley serves {database} already.", remedy) from None
    try:
        yield
    finally:
        lock.release()
