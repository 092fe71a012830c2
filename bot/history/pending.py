"""Keeps the promises of an answer: a row is written before the work and settled after the reply.

So no message is answered twice, and nobody is forgotten when the process dies in between. Holds ids and times, never
a text.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlite_utils import Database

from adapters.chat import Pending, Person, Place
from bot.history.rows import Row, clean, microseconds, moment

KEPT = timedelta(days=7)  # platforms repeat an event within hours; a settled promise older than this is dropped
CLAIM = """INSERT OR IGNORE INTO promise (key, platform, workspace, channel, thread, asker, asker_name, at, settled)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)"""
UNSETTLED = """SELECT key, platform, workspace, channel, thread, asker, asker_name, at FROM promise
    WHERE platform = ? AND NOT settled ORDER BY at, key"""


def claim(db: Database, pending: Pending) -> bool:
    """Return whether this key is claimed for the first time; it is claimed afterwards in any case."""
    place, asker = pending.place, pending.asker
    texts = (pending.key, place.platform, place.workspace, place.channel, place.thread or "", asker.id, asker.name)
    row: Sequence[str | int] = (*(clean(text) for text in texts), microseconds(pending.at))
    db.execute("DELETE FROM promise WHERE settled AND at < ?", (microseconds(pending.at - KEPT),))
    return db.execute(CLAIM, row).rowcount == 1


def settle(db: Database, key: str) -> None:
    """Note that the promise was kept."""
    db.execute("UPDATE promise SET settled = 1 WHERE key = ?", (clean(key),))


def unsettled(db: Database, platform: str) -> tuple[Pending, ...]:
    """Return the promises of a platform that were never kept, oldest first."""
    return tuple(_pending(row) for row in db.execute(UNSETTLED, (platform,)))


def _pending(row: Row) -> Pending:
    key, platform, workspace, channel, thread, asker, name, at = row
    return Pending(key, Place(platform, workspace, channel, thread or None), Person(asker, name), moment(at))
