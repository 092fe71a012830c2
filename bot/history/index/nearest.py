"""Finds the messages whose vectors are nearest to a question's: by comparing all of few, and the codes of many first.

The channels and the time are filtered before anything is ranked. Memory doesn't grow with the history: blocks are read
one after another, and only as many vectors as are compared exactly.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from adapters.chat import Window
from bot.history.index import blocks
from bot.history.index.blocks import SIZE, Block, Codes, codes_of, matrix
from bot.history.rows import clean, microseconds
from bot.history.selection import channel_keys, select, start
from bot.history.values import Scope

FEW = 20_000  # messages whose vectors are all compared
COMPARED = 3_000  # vectors that are compared exactly among those that the codes find
WORTH = (1, 2, 4, -8)  # of the binary digits of a question's numbers
LARGEST, WIDEST = 7, 3.0  # the largest rounded number, and the standard deviations that it stands for
AT_ONCE = 4_096  # vectors that are read at a time

COUNT = "SELECT count(*) FROM (SELECT 1 FROM message WHERE"
ALL = """SELECT vector.message, vector.value FROM message CROSS JOIN vector ON vector.message = message.key
    WHERE vector.model = ? AND"""
SOME = """SELECT vector.message, vector.value FROM vector CROSS JOIN message ON message.key = vector.message
    WHERE vector.model = ? AND vector.message IN (SELECT value FROM json_each(?)) AND"""
STRETCH = """SELECT vector.message, vector.value FROM vector CROSS JOIN message ON message.key = vector.message
    WHERE vector.model = ? AND vector.message >= ? AND vector.message < ? AND"""

Floats = NDArray[np.floating]
Keys = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Question:
    """A question's words, its vector by the model whose vectors are compared, and the time that it is about."""

    text: str
    model: str
    vector: Floats
    window: Window
    now: datetime

    @property
    def since(self) -> datetime | None:
        """Return when the window begins."""
        return start(self.window, self.now)


def nearest(db: Database, scope: Scope, asked: Question, limit: int) -> list[int]:
    """Return the keys of the messages whose vectors are nearest, the nearest first."""
    channels, model = channel_keys(db, scope), clean(asked.model)
    selection = select(channels, asked.window, asked.now)
    (count,) = db.execute(f"{COUNT} {selection.where} LIMIT ?)", [*selection.values, FEW + 1]).fetchone()
    best = Best(asked.vector, limit)
    if count <= FEW:
        best.take(db.execute(f"{ALL} {selection.where}", [model, *selection.values]))
        return best.keys
    found = by_codes(db, channels, asked)
    best.take(db.execute(f"{SOME} {selection.where}", [model, json.dumps(found.tolist()), *selection.values]))
    for first, stop in _stretches(blocks.unsealed(db, model)):
        best.take(db.execute(f"{STRETCH} {selection.where}", [model, first, stop, *selection.values]))
    return best.keys


class Best:
    """The nearest of all vectors that were shown so far."""

    def __init__(self, vector: Floats, limit: int) -> None:
        self._vector, self._limit = np.asarray(vector, dtype=np.float32), limit
        self._keys, self._cosines = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)

    @property
    def keys(self) -> list[int]:
        """Return the keys of the messages, the nearest first."""
        return [int(key) for key in self._keys[np.argsort(-self._cosines, kind="stable")]]

    def take(self, rows: sqlite3.Cursor) -> None:
        """Compare the vectors of rows of a key and a vector each."""
        while some := rows.fetchmany(AT_ONCE):
            cosines = matrix([value for _, value in some]).astype(np.float32) @ self._vector
            keys = np.concatenate([self._keys, np.array([key for key, _ in some], dtype=np.int64)])
            cosines = np.concatenate([self._cosines, cosines])
            chosen = lowest(-cosines, self._limit)
            self._keys, self._cosines = keys[chosen], cosines[chosen]


def lowest(values: Floats | Keys, limit: int) -> NDArray[np.intp]:
    """Return the places of the lowest values, in no order."""
    return np.argpartition(values, limit)[:limit] if len(values) > limit else np.arange(len(values))


def by_codes(db: Database, channels: Sequence[int], asked: Question) -> Keys:
    """Return the keys of the messages in sealed blocks whose codes fit the question's vector best."""
    digits = digits_of(asked.vector)
    keys, distances = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for _, block in blocks.read(db, asked.model):
        inside = _inside(block, np.array(channels), asked)
        keys.append(block.messages[inside])
        distances.append(-fit(block.codes[inside], digits))
    chosen = lowest(np.concatenate(distances), COMPARED)
    return np.concatenate(keys)[chosen]


def digits_of(vector: Floats) -> Codes:
    """Return the vector's numbers rounded to four binary digits in two's complement: a code for each digit."""
    scaled = np.asarray(vector) * (LARGEST / WIDEST) / max(float(np.sqrt(np.mean(np.square(vector)))), 1e-9)
    rounded = np.clip(np.round(scaled), -LARGEST - 1, LARGEST).astype(np.int64)
    return codes_of(np.stack([(rounded >> place) & 1 for place in range(len(WORTH))]))


def fit(codes: Codes, digits: Codes) -> NDArray[np.int64]:
    """Return the sum of the rounded numbers where a code has a bit, for each code: a dot product up to rounding."""
    total = np.zeros(len(codes), dtype=np.int64)
    for worth, digit in zip(WORTH, digits, strict=True):
        total += worth * np.bitwise_count(codes & digit).sum(axis=1, dtype=np.int64)
    return total


def _inside(block: Block, channels: NDArray[np.int64], asked: Question) -> NDArray[np.bool_]:
    """Return which messages of the block stand in these channels and in this time."""
    inside: NDArray[np.bool_] = np.isin(block.channels, channels)
    if (since := asked.since) is not None:
        inside &= block.times >= microseconds(since)
    if (until := asked.window.until) is not None:
        inside &= block.times < microseconds(until)
    return inside


def _stretches(keys: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the messages' keys of blocks, the newest first, as few stretches without a gap."""
    begun = stop = -1
    for key in sorted(keys):
        if key != stop:
            if stop > begun:
                yield begun * SIZE, stop * SIZE
            begun = key
        stop = key + 1
    if stop > begun:
        yield begun * SIZE, stop * SIZE
