"""Vectors of messages, kept beside them so that each text is embedded once per model.

They are stored in half precision: unit vectors lose less than 0.001 of a cosine and half of their bytes.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from adapters.chat import Message
from bot.history.rows import MESSAGE, clean, id_list, message_from

STORED = np.dtype("<f2")

# The text is compared as well: a vector that comes too late for an edit or a deletion finds no row.
KEEP = """INSERT INTO vector (message, model, value)
    SELECT message.key, ?, ? FROM message JOIN channel ON channel.key = message.channel
    WHERE channel.platform = ? AND channel.workspace = ? AND channel.id = ? AND message.id = ? AND message.text = ?
    ON CONFLICT (message, model) DO NOTHING"""
READ = """SELECT channel.id, message.id, vector.value
    FROM message JOIN channel ON channel.key = message.channel JOIN vector ON vector.message = message.key
    WHERE vector.model = ? AND message.id IN (SELECT value FROM json_each(?)) AND message.channel IN"""

# Outdated is what has a vector of another model and none of this one.
OTHERS = """FROM vector JOIN message ON message.key = vector.message WHERE vector.model <> ?1
    AND NOT EXISTS (SELECT 1 FROM vector AS new WHERE new.message = vector.message AND new.model = ?1)"""
COUNT = f"SELECT (SELECT count(*) FROM vector WHERE model = ?1), (SELECT count(DISTINCT vector.message) {OTHERS})"  # noqa: S608
BY_KEY = f"""SELECT {MESSAGE} FROM message JOIN channel ON channel.key = message.channel
    WHERE message.key IN (SELECT value FROM json_each(?)) ORDER BY message.key"""  # noqa: S608 - made of constants
DROP = "DELETE FROM vector WHERE model <> ? AND message IN (SELECT value FROM json_each(?))"
# Messages of people that hold anything, and of apps where those are read like people's, without a vector of the model.
LACKING = """FROM message WHERE message.key >= ?1 AND message.key < ?2 AND NOT notice AND trim(text) <> ''
    AND (NOT from_bot OR channel IN (SELECT channel FROM standing WHERE apps))
    AND NOT EXISTS (SELECT 1 FROM vector WHERE vector.message = message.key AND vector.model = ?3)"""


@dataclass(frozen=True, slots=True)
class VectorCounts:
    """The messages that have a vector of the bound model, those that have only one of another, and those with none."""

    current: int
    outdated: int
    missing: int = 0


def keep(db: Database, model: str, rows: Iterable[tuple[Message, NDArray[np.float32]]]) -> None:
    """Store the vectors of `model`, for messages whose text is still the one that was embedded."""
    db.conn.executemany(KEEP, (_row(model, message, vector) for message, vector in rows))


def read(
    db: Database, channels: Sequence[int], ids: Sequence[str], model: str
) -> dict[tuple[str, str], NDArray[np.float32]]:
    """Return what is stored, keyed by (channel, id)."""
    places = f"({', '.join('?' * len(channels))})"
    rows = db.execute(f"{READ} {places}", [clean(model), id_list(ids), *channels])
    return {(channel, id_): np.frombuffer(value, STORED).astype(np.float32) for channel, id_, value in rows}


def lacking(db: Database, model: str, first: int, stop: int) -> list[int]:
    """Return which messages with keys from `first` up to `stop` are to get a vector of the model, the newest first."""
    rows = db.execute(f"SELECT key {LACKING} ORDER BY sent_at DESC, key DESC", [first, stop, clean(model)])
    return [key for (key,) in rows]


def by_key(db: Database, keys: Sequence[int]) -> tuple[Message, ...]:
    """Return the messages with these keys that are still there."""
    return tuple(message_from(row) for row in db.execute(BY_KEY, [json.dumps(keys)]))


def renew(db: Database, model: str, keys: Sequence[int], rows: Iterable[tuple[Message, NDArray[np.float32]]]) -> None:
    """Store the vectors of `model`, and delete those that other models made of the messages with these keys."""
    keep(db, model, rows)
    db.conn.execute(DROP, [clean(model), json.dumps(keys)])


def counts(db: Database, model: str, stretches: Iterable[tuple[int, int]]) -> VectorCounts:
    """Return how far the vectors are those of `model`; what lacks one has a key in one of the stretches."""
    current, outdated = db.execute(COUNT, [clean(model)]).fetchone()
    left = sum(db.execute(f"SELECT count(*) {LACKING}", [*each, clean(model)]).fetchone()[0] for each in stretches)
    return VectorCounts(current, outdated, max(left - outdated, 0))


def _row(model: str, message: Message, vector: NDArray[np.float32]) -> tuple[object, ...]:
    place = message.place
    ids = (clean(each) for each in (place.platform, place.workspace, place.channel, message.id, message.text))
    return (clean(model), np.asarray(vector).astype(STORED).tobytes(), *ids)
