"""Vectors of messages, kept beside them so that each text is embedded once per model.

They are stored in half precision: unit vectors lose less than 0.001 of a cosine and half of their bytes.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from adapters.chat import Message
from bot.history.rows import clean, id_list

STORED = np.dtype("<f2")

# The text is compared as well: a vector that comes too late for an edit or a deletion finds no row.
KEEP = """INSERT INTO vector (message, model, value)
    SELECT message.key, ?, ? FROM message JOIN channel ON channel.key = message.channel
    WHERE channel.platform = ? AND channel.workspace = ? AND channel.id = ? AND message.id = ? AND message.text = ?
    ON CONFLICT (message, model) DO NOTHING"""
READ = """SELECT channel.id, message.id, vector.value
    FROM message JOIN channel ON channel.key = message.channel JOIN vector ON vector.message = message.key
    WHERE vector.model = ? AND message.id IN (SELECT value FROM json_each(?)) AND message.channel IN"""


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


def _row(model: str, message: Message, vector: NDArray[np.float32]) -> tuple[object, ...]:
    place = message.place
    ids = (clean(each) for each in (place.platform, place.workspace, place.channel, message.id, message.text))
    return (clean(model), np.asarray(vector).astype(STORED).tobytes(), *ids)
