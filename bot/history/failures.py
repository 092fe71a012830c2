"""Explains SQLite's failures: each of its codes as an error, with a sentence and what to do. Knows no table."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bot.errors import HistoryBusy, HistoryDamaged, HistoryFull, HistoryUnavailable

Failure = tuple[type[HistoryUnavailable], str, str]  # the class, what happened, what to do
LOCKED: Failure = HistoryBusy, "The history is in use by another process.", "Try again when it has finished."
FOREIGN: Failure = (
    HistoryUnavailable,
    "The history's file is not a database, or its first page is damaged, and it was left alone.",
    "Choose another file with --db, or restore a backup of this one.",
)
CHECK = "Run `parley history check`: it names what is damaged, and --repair mends the indexes."
DAMAGED: Failure = HistoryDamaged, "The history's file is damaged.", CHECK
UNREACHABLE: Failure = (
    HistoryUnavailable,
    "The history's file can't be opened or written.",
    "Make it yours to write, or choose another with --db.",
)
FULL: Failure = HistoryFull, "The disk is full, so nothing more was stored.", "Free some space and try again."
FAILING: Failure = HistoryUnavailable, "The disk of the history's file fails.", f"Look at the disk. {CHECK}"
SAID: Mapping[int, Failure] = {  # by the extended code, else by its lowest byte
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_NOTADB: FOREIGN,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_FORMAT: DAMAGED,
    sqlite3.SQLITE_IOERR_SHORT_READ: DAMAGED,
    sqlite3.SQLITE_CANTOPEN: UNREACHABLE,
    sqlite3.SQLITE_READONLY: UNREACHABLE,
    sqlite3.SQLITE_PERM: UNREACHABLE,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR_WRITE: FULL,
    sqlite3.SQLITE_IOERR_SHMSIZE: FULL,
    sqlite3.SQLITE_IOERR: FAILING,
}
BASE = 0xFF  # of an extended code


@contextmanager
def explained() -> Iterator[None]:
    """Say SQLite's failures in words that may be shown to a person; mistakes of ours stay what they are."""
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.IntegrityError):
        raise
    except sqlite3.DatabaseError as error:
        raise said(error) from error
    except UnicodeDecodeError as error:  # a name in the schema whose bytes aren't text
        raise HistoryDamaged(*DAMAGED[1:]) from error


def said(error: sqlite3.DatabaseError) -> HistoryUnavailable:
    """Return the failure as its class, with a sentence and what to do."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # Python's own: a text of the file isn't UTF-8
        return HistoryDamaged(*DAMAGED[1:])
    unknown = HistoryUnavailable, f"The history failed: {error}.", "Run `parley check`; if it happens again, report it."
    kind, sentence, remedy = SAID.get(code) or SAID.get(code & BASE) or unknown
    return kind(sentence, remedy)
