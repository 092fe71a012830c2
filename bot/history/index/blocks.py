"""Codes of vectors, one bit a dimension, in blocks of neighbouring messages: a search reads a sixteenth of the bytes.

A block holds the codes of all vectors that a model made of SIZE consecutive messages: on which side of the block's
centre each number lies, since many models' vectors point into one half of the space. It is made of the rows of
`vector`, and triggers delete it as soon as one of its messages or vectors is added, changed or erased; until it is
sealed again, a search reads those vectors themselves. So it never holds what isn't there any more.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from bot.history.derived.vectors import STORED
from bot.history.rows import clean

SIZE = 4_096  # keys of messages in a block; the triggers of the schema divide by it

ROWS = """SELECT message.key, message.channel, message.sent_at, vector.value
    FROM vector JOIN message ON message.key = vector.message
    WHERE vector.model = ? AND vector.message >= ? AND vector.message < ? ORDER BY vector.message"""
SEAL = """INSERT OR REPLACE INTO vector_block (key, model, messages, channels, times, codes, centre)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
READ = "SELECT key, messages, channels, times, codes, centre FROM vector_block WHERE model = ? ORDER BY key"
ONE = "SELECT messages, channels, times, codes, centre FROM vector_block WHERE model = ?"
KEPT = "SELECT key, model FROM vector_block"
IS_THERE = "SELECT 1 FROM sqlite_master WHERE name = 'vector_block'"
SEALED = "SELECT key FROM vector_block WHERE model = ?"
NEWEST = "SELECT ifnull(max(key), 0) FROM message"
OFFSETS, CHANNELS, TIMES, WORDS = np.dtype("<u2"), np.dtype("<u4"), np.dtype("<i8"), np.dtype("<u8")
CENTRE = np.dtype("<f4")

Codes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class VectorBlock:
    """n messages by their keys, with their channels, their times, and their codes, shape (n, 64-bit words).

    `centre` is the mean of the vectors, and `spread` how far their numbers lie from it on average.
    """

    messages: NDArray[np.int64]
    channels: NDArray[np.uint32]
    times: NDArray[np.int64]
    codes: Codes
    centre: NDArray[np.float32]
    spread: float


def codes_of(vectors: NDArray[np.floating] | NDArray[np.integer]) -> Codes:
    """Return as bits which numbers of the vectors are positive. Shapes (n, dimensions) and (n, 64-bit words)."""
    bits = np.packbits(vectors > 0, axis=1)
    padded = np.zeros((len(bits), -(-bits.shape[1] // WORDS.itemsize) * WORDS.itemsize), dtype=np.uint8)
    padded[:, : bits.shape[1]] = bits
    return padded.view(WORDS)


def seal(db: Database, model: str, key: int) -> None:
    """Make the block with this key anew of what is stored of its messages."""
    db.execute(SEAL, [key, clean(model), *_columns(db.conn, model, key)])


def wrong(connection: sqlite3.Connection) -> int:
    """Return how many blocks hold something else than what their messages' vectors make."""
    if not connection.execute(IS_THERE).fetchone():  # a history that an older version wrote
        return 0
    count = 0
    for key, model in connection.execute(KEPT).fetchall():
        stored = connection.execute(f"{ONE} AND key = ?", [model, key]).fetchone()
        count += tuple(stored) != _columns(connection, model, key)
    return count


def _columns(connection: sqlite3.Connection, model: str, key: int) -> tuple[bytes, ...]:
    """Return what the block with this key holds."""
    rows = connection.execute(ROWS, [clean(model), key * SIZE, (key + 1) * SIZE]).fetchall()
    messages = np.array([row[0] - key * SIZE for row in rows], OFFSETS)
    channels, times = np.array([row[1] for row in rows], CHANNELS), np.array([row[2] for row in rows], TIMES)
    vectors = matrix([row[3] for row in rows]).astype(np.float32)
    centre = vectors.mean(axis=0) if rows else np.zeros(0, np.float32)
    spread = np.abs(vectors - centre).mean() if rows else 0.0
    ends = np.append(centre, spread).astype(CENTRE)
    return tuple(each.tobytes() for each in (messages, channels, times, codes_of(vectors - centre), ends))


def matrix(values: Sequence[bytes]) -> NDArray[np.float16]:
    """Return stored vectors of one model as rows."""
    return np.frombuffer(b"".join(values), STORED).reshape(len(values), -1 if values else 0)


def read(db: Database, model: str) -> Iterator[VectorBlock]:
    """Yield the sealed blocks of the model that hold any message, one at a time."""
    for key, messages, channels, times, codes, centre in db.execute(READ, [clean(model)]):
        offsets, numbers = np.frombuffer(messages, OFFSETS), np.frombuffer(centre, CENTRE)
        if len(offsets):
            yield VectorBlock(
                offsets.astype(np.int64) + key * SIZE,
                np.frombuffer(channels, CHANNELS),
                np.frombuffer(times, TIMES),
                np.frombuffer(codes, WORDS).reshape(len(offsets), -1),
                numbers[:-1],
                float(numbers[-1]),
            )


def unsealed(db: Database, model: str) -> list[int]:
    """Return the keys of the blocks that aren't sealed, the newest first; the one that still grows is the first."""
    (newest,) = db.execute(NEWEST).fetchone()
    sealed = {key for (key,) in db.execute(SEALED, [clean(model)])}
    return [key for key in range(newest // SIZE, -1, -1) if key not in sealed]


def is_full(db: Database, key: int) -> bool:
    """Return whether no message will be added to the block."""
    (newest,) = db.execute(NEWEST).fetchone()
    return bool(newest // SIZE > key)


def stretches(keys: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield from which message's key up to which other's the blocks reach, as few stretches without a gap."""
    begun = stop = -1
    for key in sorted(keys):
        if key != stop:
            if stop > begun:
                yield begun * SIZE, stop * SIZE
            begun = key
        stop = key + 1
    if stop > begun:
        yield begun * SIZE, stop * SIZE
