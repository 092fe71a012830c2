"""Adding channels and messages: a stream in, batched transactions, one statement that settles every conflict.

Of two versions of a message the later edited one is kept; where neither is later, the greater in the order of
VERSION, so that the result is the same whichever came first. Erased messages and forgotten people stay erased.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from sqlite_utils import Database

from adapters import realm
from adapters.chat import Channel, Message, Place
from bot.history.database import writing
from bot.history.purge import mark
from bot.history.rows import carried_rows, clean, message_row, microseconds
from bot.history.values import Added

BATCH = 2_000  # rows a transaction: large enough to be fast, small enough to hold and to let others write in between

COLUMNS = (
    "channel", "id", "thread", "author", "author_name", "text", "sent_at", "edited_at", "from_bot", "notice",
    "permalink", "reply_to", "reactions",
)  # fmt: skip
TEXT = COLUMNS.index("text") - 1  # in a row, which lacks the channel
VERSION = (
    "edited_at", "text", "reactions", "permalink", "author_name", "author", "thread", "reply_to", "sent_at",
    "from_bot", "notice",
)  # fmt: skip
MOST = 2**63 - 1
LEAST = -(2**63)  # SQLite orders numbers before text, so this comes before every value: NULL is the oldest


def _version(table: str) -> str:
    return ", ".join(f"ifnull({table}.{column}, {LEAST})" for column in VERSION)


ADD_MESSAGE = f"""INSERT INTO message ({", ".join(COLUMNS)})
    SELECT {", ".join(f"?{number}" for number, _ in enumerate(COLUMNS, 1))}
    WHERE NOT EXISTS (SELECT 1 FROM tombstone WHERE channel = ?1 AND id = ?2)
    AND NOT EXISTS (SELECT 1 FROM forgotten WHERE author = ?4 AND ?7 < ifnull(until, {MOST})
        AND workspace IN ('', (SELECT channel.workspace FROM channel WHERE key = ?1)))
    ON CONFLICT (channel, id) DO UPDATE SET {", ".join(f"{column} = excluded.{column}" for column in VERSION)}
    WHERE ({_version("excluded")}) > ({_version("message")})"""  # noqa: S608 - made of constants
ADD_CHANNEL = """INSERT INTO channel (platform, workspace, id, name, kind, workspace_name) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (platform, workspace, id) DO UPDATE SET name = excluded.name, kind = excluded.kind,
    workspace_name = coalesce(nullif(excluded.workspace_name, ''), workspace_name)"""
ADD_UNNAMED = "INSERT OR IGNORE INTO channel (platform, workspace, id) VALUES (?, ?, ?)"
CHANNEL_KEY = "SELECT key FROM channel WHERE platform = ? AND workspace = ? AND id = ?"
# Whether somebody's words may not be stored: their author is forgotten, or the message that held them is erased.
WITHHELD = f"""SELECT EXISTS (SELECT 1 FROM forgotten
    WHERE author = ?1 AND ?2 < ifnull(until, {MOST}) AND workspace IN ('', ?5))
    OR EXISTS (SELECT 1 FROM tombstone JOIN channel ON channel.key = tombstone.channel
    WHERE tombstone.id = ?3 AND ?4 IN ('', channel.id) AND ?5 IN ('', channel.workspace))"""  # noqa: S608 - made of constants
ADD_CARRIED = """INSERT OR REPLACE INTO carried (message, author, channel, id, alone)
    SELECT key, ?, ?, ?, ? FROM message WHERE channel = ? AND id = ? AND text = ?"""
INDEX_NEW = "INSERT INTO message_fts (rowid, text) SELECT key, text FROM message WHERE key > ?"
NEWEST_KEY = "SELECT ifnull(max(key), 0) FROM message"

Record = Channel | Message
Prepared = tuple[tuple[Any, ...], int]  # a row without its channel, and how many secrets its text had
Keys = dict[tuple[str, str, str], int]  # of the channels met so far


def add(db: Database, records: Iterable[Record], on_count: Callable[[int], None]) -> Added:
    """Store `records`, a transaction a batch; `on_count` gets after each the number taken so far."""
    keys: Keys = {}
    total, taken = Added(), 0
    for batch in _batches(records):
        prepared = [message_row(record) for record in batch if isinstance(record, Message)]  # before others must wait
        with writing(db):
            total += add_batch(db, batch, keys, prepared)
        taken += len(batch)
        on_count(taken)
    return total


def channel_key(db: Database, place: Place) -> int:
    """Return the key of the place's channel, which is created without a name if it isn't known yet."""
    db.execute(ADD_UNNAMED, _identity(place))
    (key,) = db.execute(CHANNEL_KEY, _identity(place)).fetchone()
    return int(key)


def known_channel(db: Database, place: Place) -> int | None:
    """Return the key of the place's channel, if it is known."""
    row = db.execute(CHANNEL_KEY, _identity(place)).fetchone()
    return int(row[0]) if row else None


def _identity(place: Place) -> list[str]:
    return [clean(place.platform), clean(place.workspace), clean(place.channel)]


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    rest = iter(records)
    while batch := list(islice(rest, BATCH)):
        yield batch


def add_batch(db: Database, batch: list[Record], keys: Keys, prepared: Sequence[Prepared] | None = None) -> Added:
    """Store the records in the current transaction; `keys` remembers channels from batch to batch.

    `prepared` are the rows of the messages, where they were made before it began.
    """
    channels = [record for record in batch if isinstance(record, Channel)]
    messages = [record for record in batch if isinstance(record, Message)]
    db.conn.executemany(ADD_CHANNEL, map(_channel_row, channels))
    before = _newest_key(db)
    rows = list(prepared) if prepared is not None else [message_row(message) for message in messages]
    for at, message in enumerate(messages):
        if message.carried and (kept := _without_withheld(db, message)) is not message:
            messages[at], rows[at] = kept, message_row(kept)
    of_channels = [_key(db, message.place, keys) for message in messages]
    values = [(key, *row) for key, (row, _) in zip(of_channels, rows, strict=True)]
    written = db.conn.executemany(ADD_MESSAGE, values).rowcount
    for key, message, (row, _) in zip(of_channels, messages, rows, strict=True):
        where = (key, row[0], row[TEXT])
        db.conn.executemany(ADD_CARRIED, [(*each, *where) for each in carried_rows(message)])
    db.execute(INDEX_NEW, [before])
    new = _newest_key(db) - before
    written = max(written, 0)  # -1 where there was no message at all
    if written > new:
        mark(db)
    return Added(len(channels), new, written - new, len(messages) - written, sum(secrets for _, secrets in rows))


def _without_withheld(db: Database, message: Message) -> Message:
    """Return the message without the words of others where some of those may not be stored."""
    for each in message.carried:
        said = microseconds(each.sent_at or message.sent_at)
        source = clean(each.author), said, clean(each.id), clean(each.channel), clean(realm(message.place))
        (withheld,) = db.execute(WITHHELD, source).fetchone()
        if withheld:
            return replace(message, text=message.alone, carried=(), alone="")
    return message


def _key(db: Database, place: Place, keys: Keys) -> int:
    identity = (place.platform, place.workspace, place.channel)
    if identity not in keys:
        keys[identity] = channel_key(db, place)
    return keys[identity]


def _newest_key(db: Database) -> int:
    """Return the largest key: new rows get the next ones, so its growth counts them."""
    (key,) = db.execute(NEWEST_KEY).fetchone()
    return int(key)


def _channel_row(channel: Channel) -> tuple[str, ...]:
    place = channel.place
    texts = (place.platform, place.workspace, place.channel, channel.name, channel.kind, channel.workspace_name)
    return tuple(clean(text) for text in texts)
