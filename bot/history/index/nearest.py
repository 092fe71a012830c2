"""Finds the messages whose vectors are nearest to a question's: by comparing all of few, and the codes of many first.

The channels and the time are filtered before anything is ranked. Memory doesn't grow with the history: blocks are read
one after another, and only as many vectors as are compared exactly.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from adapters.chat import Window
from bot.history.index import blocks
from bot.history.index.blocks import Codes, VectorBlock, codes_of, matrix
from bot.history.rows import clean, microseconds
from bot.history.selection import channel_keys, select, start
from bot.history.values import Scope

FEW = 20_000  # messages whose vectors are all compared
COMPARED = 1_500  # vectors that are compared exactly among those that the codes find
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
class Query:
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


def nearest(db: Database, scope: Scope, asked: Query, limit: int) -> list[int]:
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
    for first, stop in blocks.stretches(blocks.unsealed(db, model)):
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


def by_codes(db: Database, channels: Sequence[int], asked: Query) -> Keys:
    """Return the keys of the messages in sealed blocks whose codes fit the question's vector best."""
    rounded = Rounded.of(asked.vector)
    keys: list[Keys] = [np.zeros(0, dtype=np.int64)]
    cosines: list[Floats] = [np.zeros(0)]
    for block in blocks.read(db, asked.model):
        inside = _inside(block, np.array(channels), asked)
        keys.append(block.messages[inside])
        cosines.append(rounded.cosines(block.codes[inside], block))
    chosen = lowest(-np.concatenate(cosines), COMPARED)
    return np.concatenate(keys)[chosen]


@dataclass(frozen=True, slots=True)
class Rounded:
    """A question's vector, and its numbers rounded to four binary digits: a code for each digit, in steps of `step`."""

    vector: Floats
    digits: Codes
    step: float

    @classmethod
    def of(cls, vector: Floats) -> Self:
        """Return the vector with its digits in two's complement."""
        step = max(float(np.sqrt(np.mean(np.square(vector)))), 1e-9) * WIDEST / LARGEST
        numbers = np.clip(np.round(np.asarray(vector) / step), -LARGEST - 1, LARGEST).astype(np.int64)
        return cls(np.asarray(vector), codes_of(np.stack([(numbers >> place) & 1 for place in range(4)])), step)

    def cosines(self, codes: Codes, block: VectorBlock) -> Floats:
        """Return about how near the vectors with these codes are, which lie around the block's centre."""
        signs = 2 * self.step * self.sums(codes) - float(self.vector.sum())
        near: Floats = float(self.vector @ block.centre) + block.spread * signs
        return near

    def sums(self, codes: Codes) -> Floats:
        """Return the sum of the rounded numbers at the places where a code has a bit, for each code."""
        bits = np.bitwise_count(codes[:, None, :] & self.digits).reshape(len(codes), -1).astype(np.float32)
        sums: Floats = bits @ np.repeat(WORTH, self.digits.shape[1]).astype(np.float32)
        return sums


def _inside(block: VectorBlock, channels: NDArray[np.int64], asked: Query) -> NDArray[np.bool_]:
    """Return which messages of the block stand in these channels and in this time."""
    inside: NDArray[np.bool_] = np.isin(block.channels, channels)
    if (since := asked.since) is not None:
        inside &= block.times >= microseconds(since)
    if (until := asked.window.until) is not None:
        inside &= block.times < microseconds(until)
    return inside
