"""Removes what is left of erased and edited texts: words in pages of the index, rows in the write-ahead log.

A mark in the file's header, set in the transaction that erases, says that there are some; it outlives a crash.
"""

from sqlite_utils import Database

from bot.history.failures import explained
from bot.history.schema import REMAINS


def mark(db: Database) -> None:
    """Note, in the current transaction, that there are remains."""
    db.execute(REMAINS)


def marked(db: Database) -> bool:
    """Return whether there are remains."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return bool(version)


def purge(db: Database) -> None:
    """Rewrite the index without them and empty the write-ahead log, in a time proportional to the index."""
    with explained():
        with db.atomic():
            db.execute("PRAGMA user_version = 0")
            db.table("message").optimize()
        busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:  # another process still reads from the log
            mark(db)
