"""Deleting messages and forgetting people, so that neither a late event nor a new import brings them back.

A tombstone stays: the platform's ids and a time, no text and no name. Rows, search index and vectors go in
one transaction; `bot.history.purge` then takes what is left out of the file itself.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlite_utils import Database

from adapters import realm
from adapters.chat import Place
from bot.history import feedback
from bot.history.ingestion import channel_key
from bot.history.purge import mark
from bot.history.rows import clean, microseconds, moment_or_none
from bot.history.values import Holdings, Receipt

# What is asked of a person holds for the channels of one workspace, or for all where that is "".
HERE = "channel IN (SELECT key FROM channel WHERE ?2 IN ('', workspace))"
BURY = "INSERT OR IGNORE INTO tombstone (channel, id, at) VALUES (?, ?, ?)"
BURY_ALL = f"""INSERT OR IGNORE INTO tombstone (channel, id, at)
    SELECT channel, id, ?3 FROM message WHERE author = ?1 AND {HERE}"""  # noqa: S608 - made of constants
FORGET = """INSERT INTO forgotten (author, workspace, at, until) VALUES (?, ?, ?, ?)
    ON CONFLICT (author, workspace) DO UPDATE SET
    until = CASE WHEN until IS NULL OR excluded.until IS NULL THEN NULL ELSE max(until, excluded.until) END"""
WELCOME = "UPDATE forgotten SET until = ? WHERE author = ? AND workspace IN ('', ?) AND until IS NULL"
# Of messages that hold the words of others: back to what they say without them.
_WITHOUT = f"""UPDATE message SET text = (SELECT alone FROM carried WHERE carried.message = message.key LIMIT 1)
    WHERE {HERE} AND key IN"""  # noqa: S608 - made of constants
WITHOUT_IDS = f"{_WITHOUT} (SELECT message FROM carried WHERE id = ?1 AND channel IN ('', ?3))"  # noqa: S608 - as above
WITHOUT_AUTHOR = f"""{_WITHOUT} (SELECT message FROM carried WHERE author = ?1
    UNION SELECT carried.message FROM message AS original JOIN channel ON channel.key = original.channel
    JOIN carried ON carried.id = original.id AND carried.channel IN ('', channel.id)
    WHERE original.author = ?1 AND ?2 IN ('', channel.workspace))"""  # noqa: S608 - made of constants
DELETE = "DELETE FROM message WHERE channel = ? AND id = ?"
DELETE_ALL = f"DELETE FROM message WHERE author = ?1 AND {HERE}"  # noqa: S608 - made of constants
COUNT_VECTORS = f"""SELECT count(*) FROM vector JOIN message ON message.key = vector.message
    WHERE message.author = ?1 AND {HERE}"""  # noqa: S608 - made of constants
COUNT_DERIVED = f"""SELECT count(DISTINCT derived_from.derived) FROM derived_from
    JOIN message ON message.key = derived_from.message WHERE message.author = ?1 AND {HERE}"""  # noqa: S608 - constants
HELD = f"""SELECT count(*), count(DISTINCT channel), min(sent_at), max(sent_at) FROM message
    WHERE author = ?1 AND {HERE}"""  # noqa: S608 - made of constants
MARKS = f"SELECT count(*) FROM seen WHERE person = ?1 AND {HERE}"  # noqa: S608 - made of constants
PROMISES = "SELECT count(*) FROM promise WHERE asker = ?1 AND ?2 IN ('', workspace)"
DIGESTS = f"SELECT count(*) FROM schedule WHERE person = ?1 AND {HERE}"  # noqa: S608 - made of constants
STOPPED = "SELECT count(*) FROM forgotten WHERE author = ?1 AND workspace IN ('', ?2) AND until IS NULL"
TRACES = (
    f"DELETE FROM seen WHERE person = ?1 AND {HERE}",  # noqa: S608 - made of constants
    "DELETE FROM promise WHERE asker = ?1 AND ?2 IN ('', workspace)",
    "DELETE FROM preference WHERE person = ?1 AND (workspace = '' OR ?2 IN ('', workspace))",
    f"DELETE FROM schedule WHERE person = ?1 AND {HERE}",  # noqa: S608 - made of constants
    f"DELETE FROM posting WHERE person = ?1 AND {HERE}",  # noqa: S608 - made of constants
    f"UPDATE standing SET by = '' WHERE by = ?1 AND {HERE}",  # noqa: S608 - made of constants
    "UPDATE term SET by = '' WHERE by = ?1 AND ?2 IN ('', workspace)",
    f"""DELETE FROM derived WHERE kind = 'correction' AND json_extract(value, '$.by') = ?1
        AND {HERE}""",  # noqa: S608 - made of constants
    f"UPDATE interpreted SET by = '' WHERE by = ?1 AND {HERE}",  # noqa: S608 - made of constants
    f"UPDATE companion SET gone = 1, stale = 1 WHERE author = ?1 AND {HERE}",  # noqa: S608 - made of constants
    f"UPDATE relayed SET gone = 1 WHERE author = ?1 AND {HERE}",  # noqa: S608 - made of constants
    f"UPDATE bridge SET by = '', by_name = '' WHERE by = ?1 AND {HERE}",  # noqa: S608 - made of constants
    f"""UPDATE bridge SET other_by = '', other_by_name = ''
        WHERE other_by = ?1 AND {HERE.replace("channel", "other", 1)}""",  # noqa: S608 - made of constants
)


OF_WORKSPACE = tuple(
    f"DELETE FROM {table} WHERE platform = ? AND workspace = ?"  # noqa: S608 - names of ours
    for table in ("channel", "promise", "term", "installation")
)


def delete(db: Database, place: Place, ids: Sequence[str], at: datetime) -> int:
    """Erase these messages, known or not; how many were there."""
    channel, time = channel_key(db, place), microseconds(at)
    cleaned = [clean(id_) for id_ in ids]
    db.conn.executemany(BURY, [(channel, id_, time) for id_ in cleaned])
    take_out(db, place, cleaned)
    gone = db.conn.executemany(DELETE, [(channel, id_) for id_ in cleaned]).rowcount
    mark(db)
    return max(gone, 0)  # -1 for no ids at all


def take_out(db: Database, place: Place, ids: Sequence[str]) -> None:
    """Take the words of these messages of the place's channel out of others that pass them on."""
    where = clean(realm(place)), clean(place.channel)
    db.conn.executemany(WITHOUT_IDS, [(id_, *where) for id_ in ids])


def forget(db: Database, author: str, at: datetime, until: datetime | None = None, workspace: str = "") -> Receipt:
    """Erase all that the person with this id wrote, what they have read and were promised: in one workspace or in all.

    What they send from `until` on is stored again; None for never. A person who is never stored again stays so.
    """
    person, time = (clean(author), clean(workspace)), microseconds(at)
    held, derived = (db.execute(count, person).fetchone()[0] for count in (COUNT_VECTORS, COUNT_DERIVED))
    derived += feedback.forget(db, *person)
    db.execute(FORGET, [*person, time, microseconds(until) if until else None])
    passed_on = db.execute(WITHOUT_AUTHOR, person).rowcount
    db.execute(BURY_ALL, [*person, time])
    gone = db.execute(DELETE_ALL, person).rowcount
    traces = sum(db.execute(statement, person).rowcount for statement in TRACES)
    if gone or passed_on or derived or traces:  # else nothing has to leave the file, however often somebody asks
        mark(db)
    return Receipt(author, gone, held, at, derived, until is None)


def leave(db: Database, place: Place) -> None:
    """Erase all that is kept of the place's workspace, but who wanted to be left out there."""
    workspace = clean(place.platform), clean(place.workspace)
    for statement in OF_WORKSPACE:
        db.execute(statement, workspace)
    db.execute("DELETE FROM preference WHERE workspace = ?", [workspace[1]])
    mark(db)


def welcome(db: Database, author: str, since: datetime, workspace: str = "") -> bool:
    """Store again what the person sends from `since` on; whether they had been left out."""
    return db.execute(WELCOME, [microseconds(since), clean(author), clean(workspace)]).rowcount > 0


def holdings(db: Database, author: str, workspace: str = "") -> Holdings:
    """Return what is stored about the person with this id, in one workspace or in all, in counts."""
    person = clean(author), clean(workspace)
    messages, channels, first, last = db.execute(HELD, person).fetchone()
    counts = (MARKS, PROMISES, STOPPED, DIGESTS)
    marks, promises, stopped, digests = (db.execute(count, person).fetchone()[0] for count in counts)
    times = moment_or_none(first), moment_or_none(last)
    return Holdings(messages, channels, *times, marks, promises, bool(stopped), feedback.count(db, *person), digests)
