"""Erases what a platform no longer has: a thread that was deleted, and messages whose deletion nobody told of.

Tombstones stay, as after a deletion that the platform reported. Knows no consent and asks for none: less is stored
afterwards, never more.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from adapters.chat import Place, Present, Threads
from bot.history.erasure import take_out
from bot.history.ingestion import channel_key, known_channel
from bot.history.purge import mark
from bot.history.rows import clean, id_list, microseconds

IN_THREAD = "channel = ? AND thread = ?"
IN_OTHER_THREADS = "channel = ? AND thread IS NOT NULL AND thread NOT IN (SELECT value FROM json_each(?))"
VANISHED = "channel = ? AND thread IS ? AND sent_at > ? AND sent_at < ? AND id NOT IN (SELECT value FROM json_each(?))"
UNREAD = "DELETE FROM seen WHERE channel = ? AND thread = ?"
MARKED = """SELECT platform, workspace, id FROM channel JOIN standing ON standing.channel = channel.key
    WHERE platform = ? AND mark <> '' ORDER BY key"""
REPLIES = """SELECT thread, count(*) FROM message WHERE channel = ? AND thread IS NOT NULL
    AND sent_at > ? AND sent_at < ? GROUP BY thread"""


def replies(db: Database, place: Place, since: datetime, until: datetime) -> dict[str, int]:
    """Return how many replies are stored of the channel's threads between the two, by the thread."""
    channel = known_channel(db, place)  # nothing is written: this is a read
    return dict(db.execute(REPLIES, [channel, microseconds(since), microseconds(until)]).fetchall())


def thread_gone(db: Database, place: Place, at: datetime) -> int:
    """Erase what was said in the place's thread; how many messages were there."""
    where = [channel_key(db, place), clean(place.thread or "")]
    db.execute(UNREAD, where)
    return _erase(db, place, IN_THREAD, where, at)


def threads_left(db: Database, event: Threads, at: datetime) -> int:
    """Erase what was said in threads of the channel that no longer exist; return how many messages that was."""
    where = [channel_key(db, event.place), id_list(event.ids)]
    return _erase(db, event.place, IN_OTHER_THREADS, where, at)


def messages_left(db: Database, event: Present, at: datetime) -> int:
    """Erase the messages of that time in that place which no longer stand there; how many there were."""
    thread = event.place.thread
    span = (microseconds(event.since), microseconds(event.until), id_list(event.ids))
    where = [channel_key(db, event.place), clean(thread) if thread else None, *span]
    return _erase(db, event.place, VANISHED, where, at)


def marked(db: Database, platform: str) -> tuple[Place, ...]:
    """Return the channels of a platform that its adapter has a note about."""
    return tuple(Place(*row) for row in db.execute(MARKED, [clean(platform)]))


def _erase(db: Database, place: Place, where: str, values: Sequence[Any], at: datetime) -> int:
    ids = [id_ for (id_,) in db.execute(f"SELECT id FROM message WHERE {where}", values)]  # noqa: S608 - constants
    take_out(db, place, ids)
    bury = f"INSERT OR IGNORE INTO tombstone (channel, id, at) SELECT channel, id, ? FROM message WHERE {where}"  # noqa: S608 - constants
    db.execute(bury, [microseconds(at), *values])
    gone = db.execute(f"DELETE FROM message WHERE {where}", values).rowcount  # noqa: S608 - made of constants
    if gone:
        mark(db)
    return gone
