"""Keeps the figures of how a channel sounds: one for each cell, taken once, so that asking again adds nothing.

A figure is counts over as many people and messages as may be spoken of, blurred before it comes here, and names nobody.
It is taken anew only when as many messages by as many people have come to its time since, by an import.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from bot.history.derived.scores import COUNTED
from bot.history.derived.vectors import STORED
from bot.history.rows import clean
from bot.history.selection import Selection

HEARD = f"""SELECT message.sent_at, message.author FROM message JOIN channel ON channel.key = message.channel
    WHERE {COUNTED} AND"""  # noqa: S608 - made of constants
COLUMNS = "start, stop, messages, people, effective, positive, neutral, negative, blur"
NEWEST = "SELECT ifnull(max(key), 0) FROM message WHERE channel = ?"
KEEP = f"INSERT INTO mood (channel, model, newest, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
KEEP += " ON CONFLICT (channel, model, start) DO NOTHING"
READ = f"SELECT {COLUMNS}, key FROM mood WHERE channel = ? AND model = ? ORDER BY start"  # noqa: S608 - constants
TOLD = "SELECT DISTINCT start, stop FROM mood WHERE channel = ? ORDER BY start"
GROWN = f"""SELECT mood.key FROM mood JOIN message ON message.channel = mood.channel AND message.key > mood.newest
    AND message.sent_at >= mood.start AND message.sent_at < mood.stop JOIN channel ON channel.key = message.channel
    WHERE mood.channel = ? AND mood.model = ? AND {COUNTED}
    GROUP BY mood.key HAVING count(*) >= ? AND count(DISTINCT message.author) >= ?"""  # noqa: S608 - constants
DROP = "DELETE FROM mood WHERE key = ?"
KEEP_TOPIC = f"""INSERT INTO topic_mood (channel, model, centre, {COLUMNS})
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""  # noqa: S608 - constants
READ_TOPICS = f"SELECT {COLUMNS}, centre FROM topic_mood WHERE channel = ? AND model = ? ORDER BY key"  # noqa: S608
OVERLAPPING = "SELECT 1 FROM topic_mood WHERE channel = ? AND model = ? AND start < ? AND stop > ? LIMIT 1"
CLEAR = ("DELETE FROM mood WHERE channel = ?", "DELETE FROM topic_mood WHERE channel = ?")
EMPTY = """NOT EXISTS (SELECT 1 FROM message WHERE message.channel = {0}.channel AND message.sent_at >= {0}.start
    AND message.sent_at < {0}.stop)"""
DROP_EMPTY = tuple(f"DELETE FROM {each} WHERE {EMPTY.format(each)}" for each in ("mood", "topic_mood"))  # noqa: S608


@dataclass(frozen=True, slots=True)
class MoodFigure:
    """Blurred counts in the order of LABELS, of the messages from `start` to before `stop`, in microseconds.

    `effective` is how many independent messages they are worth: one person's resemble each other. `blur` is the
    standard deviation of what was added to each count, in messages.
    """

    start: int
    stop: int
    messages: int
    people: int
    effective: float
    counts: tuple[float, float, float]
    blur: float


@dataclass(frozen=True, slots=True)
class TopicFigure:
    """The figure of what was about one subject, and the middle of its vectors, by which it is known again."""

    figure: MoodFigure
    centre: NDArray[np.float32]


def heard(db: Database, selection: Selection) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return when people wrote, oldest first, and who, as numbers that mean nothing elsewhere."""
    people: dict[str, int] = {}
    sql = f"{HEARD} {selection.where} ORDER BY message.sent_at, message.id"
    rows = [(at, people.setdefault(author, len(people))) for at, author in db.execute(sql, [*selection.values])]
    at, voices = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    return at, voices.astype(np.int32)


def told(db: Database, channel: int) -> list[tuple[int, int]]:
    """Return the bounds of every cell that was ever told of, by any model."""
    return [(start, stop) for start, stop in db.execute(TOLD, [channel])]


def read(db: Database, channel: int, model: str, least: tuple[int, int]) -> list[MoodFigure]:
    """Return the figures of `model`, oldest first, without those that new messages make due again."""
    old = {key for (key,) in db.execute(GROWN, [channel, clean(model), *least])}
    rows = db.execute(READ, [channel, clean(model)]).fetchall()
    return [_figure(row) for row in rows if row[-1] not in old]


def keep(db: Database, channel: int, model: str, figures: Iterable[MoodFigure], least: tuple[int, int]) -> None:
    """Store figures; where there is one already that isn't to be taken anew, that one stays."""
    db.conn.executemany(DROP, db.execute(GROWN, [channel, clean(model), *least]).fetchall())
    (newest,) = db.execute(NEWEST, [channel]).fetchone()
    db.conn.executemany(KEEP, ((channel, clean(model), newest, *_row(each)) for each in figures))


def read_topics(db: Database, channel: int, model: str) -> list[TopicFigure]:
    """Return the figures of topics, as they were taken."""
    rows = db.execute(READ_TOPICS, [channel, clean(model)])
    return [TopicFigure(_figure(row), np.frombuffer(row[-1], STORED).astype(np.float32)) for row in rows]


def keep_topics(db: Database, channel: int, model: str, topics: Sequence[TopicFigure]) -> bool:
    """Store the topics of one time; False, and nothing, where some of that time has figures already."""
    span = (min(each.figure.start for each in topics), max(each.figure.stop for each in topics))
    if db.execute(OVERLAPPING, [channel, clean(model), span[1], span[0]]).fetchone():
        return False
    rows = (
        (channel, clean(model), np.asarray(each.centre).astype(STORED).tobytes(), *_row(each.figure)) for each in topics
    )
    db.conn.executemany(KEEP_TOPIC, rows)
    return True


def clear(db: Database, channel: int) -> None:
    """Drop all figures of the channel."""
    for statement in CLEAR:
        db.execute(statement, [channel])


def drop_empty(db: Database) -> None:
    """Drop the figures of times of which no message is left."""
    for statement in DROP_EMPTY:
        db.execute(statement)


def _figure(row: Sequence[float]) -> MoodFigure:
    start, stop, messages, people, effective, positive, neutral, negative, blur = row[:9]
    counts = (positive, neutral, negative)
    return MoodFigure(int(start), int(stop), int(messages), int(people), effective, counts, blur)


def _row(figure: MoodFigure) -> tuple[float, ...]:
    return (figure.start, figure.stop, figure.messages, figure.people, figure.effective, *figure.counts, figure.blur)
