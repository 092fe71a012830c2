"""Deleting messages and forgetting people, so that neither a late event nor a new import brings them back.

What stays is a tombstone: the platform's ids and a time, no text and no name. Rows, search index and vectors go in
one transaction; `purge` then takes the remains out of the files themselves.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlite_utils import Database

from adapters.chat import Place
from bot.history.ingestion import channel_key
from bot.history.rows import clean, microseconds
from bot.history.values import Receipt

BURY = "INSERT OR IGNORE INTO tombstone (channel, id, at) VALUES (?, ?, ?)"
BURY_ALL = "INSERT OR IGNORE INTO tombstone (channel, id, at) SELECT channel, id, ? FROM message WHERE author = ?"
FORGET = "INSERT OR IGNORE INTO forgotten (author, at) VALUES (?, ?)"
DELETE = "DELETE FROM message WHERE channel = ? AND id = ?"
DELETE_ALL = "DELETE FROM message WHERE author = ?"
COUNT_VECTORS = "SELECT count(*) FROM vector JOIN message ON message.key = vector.message WHERE message.author = ?"


def delete(db: Database, place: Place, ids: Sequence[str], at: datetime) -> int:
    """Erase these messages, known or not; how many were there."""
    channel, time = channel_key(db, place), microseconds(at)
    cleaned = [clean(id_) for id_ in ids]
    db.conn.executemany(BURY, [(channel, id_, time) for id_ in cleaned])
    return max(db.conn.executemany(DELETE, [(channel, id_) for id_ in cleaned]).rowcount, 0)


def forget(db: Database, author: str, at: datetime) -> Receipt:
    """Erase all that the person with this id wrote, in every workspace, and where they have read to."""
    author, time = clean(author), microseconds(at)
    (held,) = db.execute(COUNT_VECTORS, [author]).fetchone()
    db.execute(FORGET, [author, time])
    db.execute(BURY_ALL, [time, author])
    gone = db.execute(DELETE_ALL, [author]).rowcount
    db.execute("DELETE FROM seen WHERE person = ?", [author])
    return Receipt(author, gone, held, at)


def purge(db: Database) -> None:
    """Rewrite the search index, which until then keeps the words of erased messages, and empty the write-ahead log.

    Takes a time proportional to the index (docs/history.md has figures).
    """
    db.table("message").optimize()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
