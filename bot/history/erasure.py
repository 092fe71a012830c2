"""Deleting messages and forgetting people, so that neither a late event nor a new import brings them back.

What stays is a tombstone: the platform's ids and a time, no text and no name. Rows, search index and vectors go in
one transaction; `bot.history.remains` then takes what is left out of the file itself.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlite_utils import Database

from adapters.chat import Place
from bot.history.ingestion import channel_key
from bot.history.remains import mark
from bot.history.rows import clean, microseconds
from bot.history.values import Receipt

BURY = "INSERT OR IGNORE INTO tombstone (channel, id, at) VALUES (?, ?, ?)"
BURY_ALL = "INSERT OR IGNORE INTO tombstone (channel, id, at) SELECT channel, id, ? FROM message WHERE author = ?"
FORGET = "INSERT OR IGNORE INTO forgotten (author, at) VALUES (?, ?)"
DELETE = "DELETE FROM message WHERE channel = ? AND id = ?"
DELETE_ALL = "DELETE FROM message WHERE author = ?"
COUNT_VECTORS = "SELECT count(*) FROM vector JOIN message ON message.key = vector.message WHERE message.author = ?"
TRACES = ("DELETE FROM seen WHERE person = ?", "DELETE FROM promise WHERE asker = ?")


def delete(db: Database, place: Place, ids: Sequence[str], at: datetime) -> int:
    """Erase these messages, known or not; how many were there."""
    channel, time = channel_key(db, place), microseconds(at)
    cleaned = [clean(id_) for id_ in ids]
    db.conn.executemany(BURY, [(channel, id_, time) for id_ in cleaned])
    gone = db.conn.executemany(DELETE, [(channel, id_) for id_ in cleaned]).rowcount
    mark(db)
    return max(gone, 0)  # -1 for no ids at all


def forget(db: Database, author: str, at: datetime) -> Receipt:
    """Erase all that the person with this id wrote, in every workspace, what they have read and were promised."""
    author, time = clean(author), microseconds(at)
    (held,) = db.execute(COUNT_VECTORS, [author]).fetchone()
    db.execute(FORGET, [author, time])
    db.execute(BURY_ALL, [time, author])
    gone = db.execute(DELETE_ALL, [author]).rowcount
    for statement in TRACES:
        db.execute(statement, [author])
    mark(db)
    return Receipt(author, gone, held, at)
