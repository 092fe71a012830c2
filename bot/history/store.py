"""The history itself: one object that adds, reads and erases. Plain and synchronous; it belongs to one thread.

Its state depends on what was added, edited, deleted and forgotten, and not on the order or on how often.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from adapters.chat import (
    EVERYTHING,
    Channel,
    Deleted,
    Event,
    Gone,
    Message,
    Place,
    Present,
    Removed,
    Threads,
    Window,
    ignore,
)
from bot.errors import HistoryUnavailable
from bot.history import consent, erasure, feedback, ingestion, purge, reconciliation, rows, search, stats
from bot.history.bridged import bridges
from bot.history.copies import export, taking
from bot.history.copies.records import Record
from bot.history.database import BUSY_SECONDS, connect, diagnosed, reading, writing
from bot.history.derived import derivation, moods, scores, vectors
from bot.history.derived.vectors import VectorCounts
from bot.history.failures import explained
from bot.history.index import blocks
from bot.history.selection import NEWEST_FIRST, OLDEST_FIRST, Selection, channel_keys, select
from bot.history.values import Added, Cleared, Derived, Exchange, Hit, Judged, Receipt, Scope, Size, Stats

MESSAGES = f"SELECT {rows.MESSAGE} FROM message JOIN channel ON channel.key = message.channel"  # noqa: S608 - constants
CHANNELS = f"SELECT {rows.CHANNEL} FROM channel"  # noqa: S608 - made of constants
COUNT = "SELECT count(*) FROM (SELECT 1 FROM message WHERE"
MARK_SEEN = """INSERT INTO seen (person, channel, thread, at) VALUES (?, ?, ?, ?)
    ON CONFLICT (person, channel, thread) DO UPDATE SET at = max(at, excluded.at)"""
SEEN = """SELECT at FROM seen JOIN channel ON channel.key = seen.channel
    WHERE person = ? AND platform = ? AND workspace = ? AND channel.id = ? AND thread = ?"""

P = ParamSpec("P")
T = TypeVar("T")


class NeedsWriting(Exception):
    """Work that was given the reader wants to write; nothing was changed."""


class History:
    """Messages in one SQLite file. Every method may raise HistoryUnavailable, whose sentence is fit to show."""

    def __init__(self, db: Database, path: Path | None, *, only_reads: bool = False) -> None:
        self._db = db
        self._path = path
        self._only_reads = only_reads

    @classmethod
    def open(cls, path: Path | None, *, busy_seconds: float = BUSY_SECONDS) -> Self:
        """Open or create the file at `path`, None for one in memory; wait `busy_seconds` for other processes."""
        return cls(connect(path, busy_seconds), path)

    def reader(self) -> Self:
        """Return a second door to the file, for the calling thread: it reads what is committed and waits for nobody."""
        assert self._path is not None
        return type(self)(reading(self._path), self._path, only_reads=True)

    def close(self) -> None:
        """Close the file. Remains of erased texts leave it now, or at a later closing if another process is busy."""
        try:
            if not self._only_reads:
                self._purge()
        finally:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # The doors to what the modules beside this one keep

    def write(self, change: Callable[Concatenate[Database, P], T], *given: P.args, **named: P.kwargs) -> T:
        """Return what `change` returns, such as `schedules.put`; it is done whole or not at all."""
        with self._writing():
            return change(self._db, *given, **named)

    def read(self, question: Callable[Concatenate[Database, P], T], *given: P.args, **named: P.kwargs) -> T:
        """Return what `question` returns, such as `schedules.read`, which changes nothing."""
        with self._reading():
            return question(self._db, *given, **named)

    # Writing

    def add(self, records: Iterable[Channel | Message], on_count: Callable[[int], None] = ignore) -> Added:
        """Store a stream of any length; `on_count` gets after each batch the number of records taken.

        This is the owner's door, for imports: it asks for nobody's consent but honours who opted out.
        """
        if self._only_reads:
            raise NeedsWriting
        with diagnosed(self._db):
            return ingestion.add(self._db, records, on_count)

    def take(self, records: Iterable[Record], on_count: Callable[[int], None] = ignore) -> Added:
        """Take the records of another history's export; what is left out in either is left out here."""
        if self._only_reads:
            raise NeedsWriting
        with diagnosed(self._db):
            return taking.take(self._db, records, on_count)

    def observe(self, event: Event, now: datetime, days: int = consent.DAYS) -> None:
        """Take note of what came in live: stored, edited or erased as the channel's consent says."""
        with self._writing():
            if isinstance(event, Removed):
                erasure.leave(self._db, event.place)
            elif isinstance(event, Deleted | Gone | Present | Threads):
                self._erase(event, now)
            elif isinstance(event, Channel) or consent.admits(self._db, event, now, days):
                ingestion.add_batch(self._db, [event], {})
            if isinstance(event, Channel) and consent.keeps_few(self._db, event.place):
                consent.turn_off(self._db, event.place, "", now)
        if isinstance(event, Gone | Removed):
            self._purge()

    def _erase(self, event: Deleted | Gone | Present | Threads, now: datetime) -> None:
        """Erase what that says isn't there any more, in the current transaction."""
        if isinstance(event, Deleted):
            erasure.delete(self._db, event.place, event.ids, now)
        elif isinstance(event, Present):
            reconciliation.messages_left(self._db, event, now)
        elif isinstance(event, Threads):
            reconciliation.threads_left(self._db, event, now)
        elif event.place.thread is not None:
            reconciliation.thread_gone(self._db, event.place, now)
        else:
            consent.turn_off(self._db, event.place, "", now)
            bridges.end(self._db, event.place)

    def turn_on(self, place: Place, by: str, now: datetime, days: int | None = None) -> bool:
        """Keep the channel from now on; False, and nothing is decided, for a conversation between a few people."""
        with self._writing():
            if consent.is_direct(self._db, place):
                return False
            consent.turn_on(self._db, place, by, now, days)
        return True

    def turn_off(self, place: Place, by: str, now: datetime) -> Cleared:
        """Stop keeping the channel, and erase what is stored of it."""
        with self._writing():
            cleared = consent.turn_off(self._db, place, by, now)
        self._purge()
        return cleared

    def retain(self, now: datetime, days: int = consent.DAYS) -> Cleared:
        """Erase what is older than its channel keeps, and take the remains out of the file."""
        with self._writing():
            cleared = consent.retain(self._db, now, days)
        self._purge()
        return cleared

    def delete(self, place: Place, ids: Sequence[str]) -> int:
        """Erase messages of the place's channel for good, known yet or not; return how many were there."""
        with self._writing():
            return erasure.delete(self._db, place, ids, datetime.now(UTC))

    def forget(self, author: str, until: datetime | None = None, workspace: str = "") -> Receipt:
        """Erase all that the person with this platform id wrote, in one workspace or in all, now and in any import.

        With `until`, what they send from then on is stored again.
        """
        with self._writing():
            receipt = erasure.forget(self._db, author, datetime.now(UTC), until, workspace)
        self._purge()
        return receipt

    def keep_derived(self, place: Place, made: Derived, sources: Sequence[Message]) -> bool:
        """Keep what was made from `sources`, messages of the place's channel; False if one has changed or gone."""
        with self._writing():
            return derivation.keep(self._db, place, made, sources, datetime.now(UTC))

    def judge(self, scope: Scope, exchange: Exchange | str, person: str, *, good: bool) -> bool:
        """Keep what `person` thinks of an answer, given whole or by its token; False if that can't be kept."""
        with self._writing():
            return feedback.judge(self._db, self._keys(scope), exchange, person, datetime.now(UTC), good=good)

    def keep_moods(
        self, scope: Scope, model: str, figures: Sequence[moods.MoodFigure], least: tuple[int, int]
    ) -> list[moods.MoodFigure]:
        """Keep the figures of a channel's mood, and return all that hold now: an older figure stays."""
        with self._writing():
            for channel in self._keys(scope):
                moods.keep(self._db, channel, model, figures, least)
        return self.mood_figures(scope, model, least)

    def keep_topic_moods(self, scope: Scope, model: str, topics: Sequence[moods.TopicFigure]) -> None:
        """Keep the figures of the topics of one time, unless some of that time has figures already."""
        with self._writing():
            for channel in self._keys(scope):
                moods.keep_topics(self._db, channel, model, topics)

    def mark_seen(self, person: str, place: Place, at: datetime) -> None:
        """Note that `person` has read the place up to `at`; an earlier mark never replaces a later one."""
        with self._writing():
            channel = ingestion.channel_key(self._db, place)
            mark = (rows.clean(person), channel, rows.clean(place.thread or ""), rows.microseconds(at))
            self._db.execute(MARK_SEEN, mark)

    # Reading

    def seen(self, person: str, place: Place) -> datetime | None:
        """Return up to when `person` has read the place, if it is known."""
        texts = (person, place.platform, place.workspace, place.channel, place.thread or "")
        times = self._rows(SEEN, [rows.clean(text) for text in texts])
        return rows.moment(times[0][0]) if times else None

    def channels(self, name: str | None = None, workspace: str | None = None) -> list[Channel]:
        """Return the channels called `name` (or with that id), in the workspaces called `workspace` (or with that id).

        The owner's view: no scope. Case and a leading # don't matter; names are not unique, so there may be several.
        """
        channels = [rows.channel_from(row) for row in self._rows(f"{CHANNELS} ORDER BY workspace_name, name, key", ())]
        return [
            channel
            for channel in channels
            if _called(name, channel.name, channel.place.channel)
            and _called(workspace, channel.workspace_name, channel.place.workspace)
        ]

    def channel(self, place: Place) -> Channel | None:
        """Return the channel that the place lies in."""
        identity = [rows.clean(text) for text in (place.platform, place.workspace, place.channel)]
        channels = self._rows(f"{CHANNELS} WHERE platform = ? AND workspace = ? AND id = ?", identity)
        return rows.channel_from(channels[0]) if channels else None

    def window(self, scope: Scope, window: Window, now: datetime) -> list[Message]:
        """Return the messages of the window, oldest first; where `last` cuts, the newest stay."""
        selection = self._select(scope, window, now)
        order = OLDEST_FIRST if selection.last < 0 else NEWEST_FIRST
        messages = self._messages(selection, order)
        return messages if selection.last < 0 else messages[::-1]

    def count(self, scope: Scope, window: Window, now: datetime) -> int:
        """Return how many messages the window holds."""
        selection = self._select(scope, window, now)
        sql = f"{COUNT} {selection.where} LIMIT ?)"
        return int(self._rows(sql, [*selection.values, selection.last])[0][0])

    def message(self, scope: Scope, id_: str) -> Message | None:
        """Return the message with this id, if the scope holds it."""
        selection = self._select(scope, EVERYTHING, rows.EPOCH)
        sql = f"{MESSAGES} WHERE {selection.where} AND message.id = ?"
        messages = self._rows(sql, [*selection.values, rows.clean(id_)])
        with self._reading():
            return rows.message_from(messages[0]) if messages else None

    def search(
        self, scope: Scope, query: str, limit: int = 20, window: Window = EVERYTHING, now: datetime = rows.EPOCH
    ) -> list[Hit]:
        """Return the messages of the window that fit `query` best, best first.

        Any text is a query; `now` serves `within`.
        """
        with self._reading():
            return search.search(self._db, query, self._select(scope, window, now), limit)

    def vectors(self, scope: Scope, ids: Sequence[str], model: str) -> dict[tuple[str, str], NDArray[np.float32]]:
        """Return the vectors of `model` that are kept for these messages, keyed by (channel, id)."""
        with self._reading():
            return vectors.read(self._db, self._keys(scope), ids, model)

    def messages_by_key(self, keys: Sequence[int]) -> tuple[Message, ...]:
        """Return the messages of any channel with these keys; for what Parley does by itself."""
        with self._reading():
            return vectors.by_key(self._db, keys)

    def vector_counts(self, model: str) -> VectorCounts:
        """Return how many messages have a vector of `model`, how many only one of another, and how many none."""
        with self._reading():
            return vectors.counts(self._db, model, blocks.stretches(blocks.unsealed(self._db, model)))

    def unscored(
        self, scope: Scope, window: Window, now: datetime, *models: str, after: int, limit: int
    ) -> list[scores.Unscored]:
        """Return the next texts by people, in order of their keys, beyond `after`, that none of `models` has judged."""
        with self._reading():
            return scores.unscored(self._db, self._select(scope, window, now), models, after=after, limit=limit)

    def scored(self, scope: Scope, window: Window, now: datetime, *models: str) -> scores.Scored:
        """Return how the window sounds to any of `models`, message by message, without anybody's id."""
        with self._reading():
            return scores.read(self._db, self._select(scope, window, now), models)

    def heard(self, scope: Scope) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return when people wrote in the channel, oldest first, in microseconds, and who, numbered as they come."""
        with self._reading():
            return moods.heard(self._db, self._select(scope, EVERYTHING, rows.EPOCH))

    def told(self, scope: Scope) -> list[tuple[int, int]]:
        """Return the bounds of every cell that was ever told of, by any model."""
        with self._reading():
            return [each for channel in self._keys(scope) for each in moods.told(self._db, channel)]

    def mood_figures(self, scope: Scope, model: str, least: tuple[int, int]) -> list[moods.MoodFigure]:
        """Return the channel's figures of mood, without those to take anew: `least` messages by people came since."""
        with self._reading():
            return [each for channel in self._keys(scope) for each in moods.read(self._db, channel, model, least)]

    def topic_figures(self, scope: Scope, model: str) -> list[moods.TopicFigure]:
        """Return the figures of how topics sound."""
        with self._reading():
            return [each for channel in self._keys(scope) for each in moods.read_topics(self._db, channel, model)]

    def derived(self, scope: Scope, kind: str, content: str, *models: str) -> str | None:
        """Return what is kept under these names by one of `models`, if the scope holds it."""
        with self._reading():
            return derivation.read(self._db, self._keys(scope), kind, content, models)

    def stats(self) -> Stats:
        """Return how much is stored, in all and per channel: the owner's view."""
        with self._reading():
            return stats.measure(self._db, self._path)

    def size(self) -> Size:
        """Return how large the history is."""
        with self._reading():
            return stats.size(self._db, self._path)

    def check_writable(self) -> None:
        """Take the write lock and give it back. Raises HistoryUnavailable."""
        with self._writing():
            pass

    def export(self) -> Iterator[dict[str, Any]]:
        """Yield every record that `take` takes, as plain JSON types: the owner's view."""
        with self._reading():
            yield from export.documents(self._db)

    def erasures(self) -> list[dict[str, Any]]:
        """Return the records of what is left out: people, messages, and channels with what was decided."""
        with self._reading():
            return list(export.erasures(self._db))

    def judged(self) -> Iterator[Judged]:
        """Yield every answer that people judged, oldest first: the owner's view."""
        with self._reading():
            yield from feedback.read(self._db)

    # Under both

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if self._only_reads:
            raise NeedsWriting
        with diagnosed(self._db), writing(self._db):
            yield

    def _reading(self) -> AbstractContextManager[None]:
        return diagnosed(self._db)

    def _purge(self) -> None:
        """Take remains out of the file, unless another process holds it: then they stay marked."""
        with suppress(HistoryUnavailable), explained():
            if purge.marked(self._db):
                purge.purge(self._db)

    def _rows(self, sql: str, values: Sequence[Any]) -> list[rows.Row]:
        with self._reading():
            return list(self._db.execute(sql, values))

    def _keys(self, scope: Scope) -> list[int]:
        with self._reading():
            return channel_keys(self._db, scope)

    def _select(self, scope: Scope, window: Window, now: datetime) -> Selection:
        return select(self._keys(scope), window, now)

    def _messages(self, selection: Selection, order: str) -> list[Message]:
        sql = f"{MESSAGES} WHERE {selection.where} ORDER BY {order} LIMIT ?"
        with self._reading():
            return rows.messages_from(self._db.execute(sql, [*selection.values, selection.last]))


def _called(wanted: str | None, name: str, id_: str) -> bool:
    """Return whether what a person typed means the thing with this name and id."""
    if wanted is None:
        return True
    return wanted == id_ or wanted.strip().removeprefix("#").casefold() == name.removeprefix("#").casefold()
