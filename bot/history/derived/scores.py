"""Keeps how messages sound beside them, so that each text is judged once per model and version.

A row points at its message and holds a label: no author, no text; the key of its model names the arithmetic. It goes
with the message, and when the text is edited. What is read for a report numbers the authors by their first appearance,
so that no id of a person leaves here. Conversations between a few people are never among what is to be judged, whoever
asks.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from bot.history.rows import Row, clean, id_list
from bot.history.selection import Selection

LABELS = ("positive", "neutral", "negative")
FOREIGN, WORDLESS = "foreign", "wordless"  # kept as well, so that they are not looked at again
NUMBERS = {label: number for number, label in enumerate((*LABELS, FOREIGN, WORDLESS))}

COUNTED = "channel.kind NOT IN ('direct', 'group') AND NOT message.from_bot AND NOT message.notice"
UNSCORED = f"""SELECT message.key, message.text FROM message JOIN channel ON channel.key = message.channel
    WHERE {COUNTED} AND message.key > ?
    AND NOT EXISTS (SELECT 1 FROM score WHERE score.message = message.key
        AND score.model IN (SELECT value FROM json_each(?))) AND"""  # noqa: S608
# The text is compared as well: a score that comes too late for an edit or a deletion finds no row.
KEEP = """INSERT INTO score (message, model, label) SELECT key, ?, ? FROM message WHERE key = ? AND text = ?
    ON CONFLICT (message, model) DO NOTHING"""
SCORED = f"""SELECT message.id, message.sent_at, score.label, message.author, message.reactions
    FROM message JOIN channel ON channel.key = message.channel JOIN score ON score.message = message.key
    WHERE {COUNTED} AND score.model = (SELECT MIN(other.model) FROM score AS other WHERE other.message = message.key
        AND other.model IN (SELECT value FROM json_each(?))) AND"""  # noqa: S608 - made of constants


@dataclass(frozen=True, slots=True)
class Unscored:
    """A text that has no score yet; `key` is the row's, and means nothing outside this file of the history."""

    key: int
    text: str


@dataclass(frozen=True, slots=True)
class Scored:
    """The scored messages of a window, oldest first, as columns of one length n.

    `at` are microseconds since 1970, `labels` index NUMBERS, `voices` number the people in the order in which they
    first speak here and mean nothing elsewhere. `reactions` counts the emoji under all of them.
    """

    ids: tuple[str, ...]
    at: NDArray[np.int64]
    labels: NDArray[np.int8]
    voices: NDArray[np.int32]
    reactions: Counter[str]

    def __len__(self) -> int:
        return len(self.ids)


def unscored(db: Database, selection: Selection, models: Sequence[str], *, after: int, limit: int) -> list[Unscored]:
    """Return the next texts that none of `models` has judged, of messages whose key is greater than `after`."""
    sql = f"{UNSCORED} {selection.where} ORDER BY message.key LIMIT ?"
    rows = db.execute(sql, [after, id_list(models), *selection.values, limit])
    return [Unscored(key, text) for key, text in rows]


def keep(db: Database, model: str, rows: Iterable[tuple[Unscored, str]]) -> None:
    """Store labels, for messages whose text is still the one that was judged."""
    db.conn.executemany(KEEP, ((clean(model), label, each.key, each.text) for each, label in rows))


def read(db: Database, selection: Selection, models: Sequence[str]) -> Scored:
    """Return the messages of the selection that one of `models` has scored, each once."""
    sql = f"{SCORED} {selection.where} ORDER BY message.sent_at, message.id"
    return _columns(db.execute(sql, [id_list(models), *selection.values]))


def _columns(rows: Iterator[Row]) -> Scored:
    ids: list[str] = []
    numbers: list[tuple[int, int, int]] = []
    people: dict[str, int] = {}
    reactions: Counter[str] = Counter()
    for id_, at, label, author, packed in rows:
        ids.append(id_)
        numbers.append((at, NUMBERS[label], people.setdefault(author, len(people))))
        if packed:
            reactions.update(_counts(packed))
    at, labels, voices = _transposed(numbers)
    return Scored(tuple(ids), at, labels.astype(np.int8), voices.astype(np.int32), reactions)


def _transposed(numbers: Sequence[tuple[int, int, int]]) -> NDArray[np.int64]:
    return np.array(numbers, dtype=np.int64).reshape(-1, 3).T


def _counts(packed: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for emoji, count in json.loads(packed):
        counts[emoji] += count
    return counts
