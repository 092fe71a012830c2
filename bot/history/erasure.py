"""Deleting messages and forgetting people, so that neither a late event nor a new import brings them back.

A tombstone stays: the platform's ids and a time, no text and no name. Rows, search index and vectors go in
one transaction; `bot.history.purge` then takes what is left out of the file itself.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlite_utils import Database

from adapters.chat import Place
from bot.history import feedback
from bot.history.ingestion import channel_key
from bot.history.purge import mark
from bot.history.rows import clean, microseconds, moment_or_none
from bot.history.values import Holdings, Receipt

BURY = "INSERT OR IGNORE INTO tombstone (channel, id, at) VALUES (?, ?, ?)"
BURY_ALL = "INSERT OR IGNORE INTO tombstone (channel, id, at) SELECT channel, id, ? FROM message WHERE author = ?"
FORGET = """INSERT INTO forgotten (author, at, until) VALUES (?, ?, ?) ON CONFLICT (author) DO UPDATE SET
    until = CASE WHEN until IS NULL OR excluded.until IS NULL THEN NULL ELSE max(until, excluded.until) END"""
WELCOME = "UPDATE forgotten SET until = ? WHERE author = ? AND until IS NULL"
# Of messages that hold the words of others: back to what they say without them.
_WITHOUT = "UPDATE message SET text = (SELECT alone FROM carried WHERE carried.message = message.key LIMIT 1)"
WITHOUT_IDS = f"{_WITHOUT} WHERE key IN (SELECT message FROM carried WHERE id = ? AND channel IN ('', ?))"  # noqa: S608 - constants
WITHOUT_AUTHOR = f"""{_WITHOUT} WHERE key IN (SELECT message FROM carried WHERE author = ?1
    UNION SELECT carried.message FROM message AS original JOIN channel ON channel.key = original.channel
    JOIN carried ON carried.id = original.id AND carried.channel IN ('', channel.id) WHERE original.author = ?1)"""  # noqa: S608 - made of constants
DELETE = "DELETE FROM message WHERE channel = ? AND id = ?"
DELETE_ALL = "DELETE FROM message WHERE author = ?"
COUNT_VECTORS = "SELECT count(*) FROM vector JOIN message ON message.key = vector.message WHERE message.author = ?"
COUNT_DERIVED = """SELECT count(DISTINCT derived_from.derived) FROM derived_from
    JOIN message ON message.key = derived_from.message WHERE message.author = ?"""
HELD = "SELECT count(*), count(DISTINCT channel), min(sent_at), max(sent_at) FROM message WHERE author = ?"
MARKS = "SELECT count(*) FROM seen WHERE person = ?"
PROMISES = "SELECT count(*) FROM promise WHERE asker = ?"
STOPPED = "SELECT count(*) FROM forgotten WHERE author = ? AND until IS NULL"
TRACES = (
    "DELETE FROM seen WHERE person = ?",
    "DELETE FROM promise WHERE asker = ?",
    "DELETE FROM preference WHERE person = ?",
    "UPDATE standing SET by = '' WHERE by = ?",
)


def delete(db: Database, place: Place, ids: Sequence[str], at: datetime) -> int:
    """Erase these messages, known or not; how many were there."""
    channel, time = channel_key(db, place), microseconds(at)
    cleaned = [clean(id_) for id_ in ids]
    db.conn.executemany(BURY, [(channel, id_, time) for id_ in cleaned])
    take_out(db, place.channel, cleaned)
    gone = db.conn.executemany(DELETE, [(channel, id_) for id_ in cleaned]).rowcount
    mark(db)
    return max(gone, 0)  # -1 for no ids at all


def take_out(db: Database, channel: str, ids: Sequence[str]) -> None:
    """Take the words of these messages of a channel out of others that pass them on."""
    db.conn.executemany(WITHOUT_IDS, [(id_, clean(channel)) for id_ in ids])


def forget(db: Database, author: str, at: datetime, until: datetime | None = None) -> Receipt:
    """Erase all that the person with this id wrote, in every workspace, what they have read and were promised.

    What they send from `until` on is stored again; None for never. A person who is never stored again stays so.
    """
    author, time = clean(author), microseconds(at)
    held, derived = (db.execute(count, [author]).fetchone()[0] for count in (COUNT_VECTORS, COUNT_DERIVED))
    derived += feedback.forget(db, author)
    db.execute(FORGET, [author, time, microseconds(until) if until else None])
    passed_on = db.execute(WITHOUT_AUTHOR, [author]).rowcount
    db.execute(BURY_ALL, [time, author])
    gone = db.execute(DELETE_ALL, [author]).rowcount
    traces = sum(db.execute(statement, [author]).rowcount for statement in TRACES)
    if gone or passed_on or derived or traces:  # else nothing has to leave the file, however often somebody asks
        mark(db)
    return Receipt(author, gone, held, at, derived, until is None)


def welcome(db: Database, author: str, since: datetime) -> bool:
    """Store again what the person sends from `since` on; whether they had been left out."""
    return db.execute(WELCOME, [microseconds(since), clean(author)]).rowcount == 1


def holdings(db: Database, author: str) -> Holdings:
    """Return what is stored about the person with this id, in counts."""
    author = clean(author)
    messages, channels, first, last = db.execute(HELD, [author]).fetchone()
    marks, promises, stopped = (db.execute(count, [author]).fetchone()[0] for count in (MARKS, PROMISES, STOPPED))
    times = moment_or_none(first), moment_or_none(last)
    return Holdings(messages, channels, *times, marks, promises, bool(stopped), feedback.count(db, author))
