"""A scope and a window as the WHERE of a query. The one place that decides which messages a read may see.

`since` is inclusive, `until` exclusive. `unread` needs to know who reads and is resolved before a window comes here.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from adapters.chat import Window
from bot.history.rows import clean, id_list, microseconds
from bot.history.values import Scope

KEYS = """SELECT key FROM channel WHERE platform = ? AND workspace = ? AND id IN (SELECT value FROM json_each(?))
    AND (NOT ? OR (EXISTS (SELECT 1 FROM standing WHERE standing.channel = channel.key AND kept)
    AND (kind NOT IN ('direct', 'group') OR id = ?))) ORDER BY key"""
MOST_ROWS = 2**62  # what SQLite can count
NEWEST_FIRST = "message.sent_at DESC, message.id DESC, message.channel DESC"
OLDEST_FIRST = "message.sent_at, message.id, message.channel"


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions on table message with their values, and how many of the newest rows remain (-1: all)."""

    where: str
    values: tuple[Any, ...]
    last: int = -1


def channel_keys(db: Database, scope: Scope) -> list[int]:
    """Return the keys of the channels that the scope holds, in one or several workspaces."""
    return [key for each in scope.workspaces for (key,) in db.execute(KEYS, _bounds(each))]


def _bounds(scope: Scope) -> tuple[Any, ...]:
    return clean(scope.platform), clean(scope.workspace), id_list(scope.channels), scope.live, clean(scope.here)


def select_in(db: Database, scope: Scope, window: Window, now: datetime) -> "Selection":
    """Return the messages of `window` in the channels of the scope."""
    return select(channel_keys(db, scope), window, now)


def select(channels: Sequence[int], window: Window, now: datetime) -> Selection:
    """Return the messages of `window` in the channels with these keys; no keys select nothing."""
    terms: list[tuple[str, tuple[Any, ...]]] = [
        (f"message.channel IN ({', '.join('?' * len(channels))})", (*channels,))
    ]
    since = start(window, now)
    if since is not None:
        terms.append(("message.sent_at >= ?", (microseconds(since),)))
    if window.until is not None:
        terms.append(("message.sent_at < ?", (microseconds(window.until),)))
    if window.thread is not None:
        thread = clean(window.thread)
        terms.append(("(message.id = ? OR message.thread = ?)", (thread, thread)))
    where = " AND ".join(term for term, _ in terms)
    return Selection(where, tuple(value for _, values in terms for value in values), _limit(window))


def start(window: Window, now: datetime) -> datetime | None:
    """Return the window's beginning: the later of `since` and `within` before now, or None for the first message."""
    starts = [window.since] if window.since is not None else []
    if window.within is not None:
        with suppress(OverflowError):  # longer than the calendar: no limit
            starts.append(now - window.within)
    return max(starts, default=None)


def _limit(window: Window) -> int:
    return -1 if window.last is None else min(max(window.last, 0), MOST_ROWS)
