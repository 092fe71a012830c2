"""Keeps what was made from messages beside them: summaries of blocks, translations, scores, feedback, reports.

A row knows every message that it came from. It goes in the same transaction when one of them is edited or erased, and
is seen by nobody who may not read the channel that all of them lie in.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlite_utils import Database

from adapters.chat import Message, Place
from bot.history.ingestion import known_channel
from bot.history.rows import clean, id_list, microseconds
from bot.history.values import Derived

SOURCE = "SELECT key FROM message WHERE channel = ? AND id = ? AND text = ?"
ANY = "model IN (SELECT value FROM json_each(?))"
DROP = f"DELETE FROM derived WHERE channel = ? AND kind = ? AND content = ? AND {ANY}"  # noqa: S608 - of constants
KEEP = "INSERT INTO derived (channel, kind, content, model, value, at) VALUES (?, ?, ?, ?, ?, ?)"
LINK = "INSERT OR IGNORE INTO derived_from (derived, message) VALUES (?, ?)"
READ = f"SELECT value FROM derived WHERE kind = ? AND content = ? AND {ANY} AND channel IN"  # noqa: S608 - as above


def fingerprint(parts: Iterable[str]) -> str:
    """Return a key for content: equal for equal parts, and nothing of them can be read from it."""
    digest = hashlib.sha256()
    for part in parts:
        data = clean(part).encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def keep(db: Database, place: Place, made: Derived, sources: Sequence[Message], at: datetime) -> bool:
    """Store what was made; False, and nothing stored, if a source is gone or reads differently now."""
    channel = known_channel(db, place)
    if channel is None:
        return False
    kind, content, model, value = (clean(each) for each in (made.kind, made.content, made.model, made.value))
    keys = [source(db, channel, message.id, message.text) for message in sources]
    if not keys or None in keys:
        return False
    db.execute(DROP, [channel, kind, content, id_list((model, *made.instead))])
    link(db, db.execute(KEEP, [channel, kind, content, model, value, microseconds(at)]).lastrowid, keys)
    return True


def link(db: Database, derived: int | None, messages: Iterable[int | None]) -> None:
    """Note that the row was made from these messages, so that it goes with any of them."""
    db.conn.executemany(LINK, [(derived, message) for message in messages])


def read(db: Database, channels: Sequence[int], kind: str, content: str, models: Sequence[str]) -> str | None:
    """Return what is kept under these names, by one of `models`, in one of the channels."""
    places = f"({', '.join('?' * len(channels))})"
    row = db.execute(f"{READ} {places}", [clean(kind), clean(content), id_list(models), *channels]).fetchone()
    return row[0] if row else None


def source(db: Database, channel: int, id_: str, text: str) -> int | None:
    """Return the key of a message that still reads so, or None for one that has changed or gone."""
    row = db.execute(SOURCE, [channel, clean(id_), clean(text)]).fetchone()
    return row[0] if row else None
