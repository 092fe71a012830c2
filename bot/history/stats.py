"""Counts how much is stored: in all, per channel, and in the window of a request."""

from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from adapters.chat import Channel, Window
from bot.history.rows import CHANNEL, Row, channel_from, clean, moment_or_none
from bot.history.selection import select_in
from bot.history.values import ChannelStats, Extent, Scope, Size, Stats

PER_CHANNEL = f"""SELECT {CHANNEL}, count(message.key), count(DISTINCT message.thread), count(DISTINCT message.author),
    min(message.sent_at), max(message.sent_at)
    FROM channel LEFT JOIN message ON message.channel = channel.key
    GROUP BY channel.key ORDER BY channel.workspace_name, channel.name, channel.key"""  # noqa: S608 - made of constants
COUNTS = "SELECT (SELECT count(*) FROM message), (SELECT count(DISTINCT message) FROM vector)"
KEPT = f"""SELECT {CHANNEL} FROM channel JOIN standing ON standing.channel = channel.key
    WHERE kept AND kind NOT IN ('direct', 'group') AND platform = ? AND (workspace = ? OR ? IS NULL)
    ORDER BY channel.key"""  # noqa: S608 - made of constants
EXTENT = "SELECT count(*), min(message.sent_at), max(message.sent_at) FROM message WHERE"
ACTIVITY = f"""SELECT {CHANNEL}, count(*) AS said FROM message JOIN channel ON channel.key = message.channel
    WHERE NOT notice AND NOT from_bot AND"""  # noqa: S608 - made of constants
AUTHORS = """SELECT count(*) FROM (SELECT DISTINCT channel.platform, channel.workspace, message.author
    FROM message JOIN channel ON channel.key = message.channel)"""


def measure(db: Database, path: Path | None) -> Stats:
    """Count everything; reads every message's row."""
    channels = tuple(_channel_stats(row) for row in db.execute(PER_CHANNEL))
    (authors,) = db.execute(AUTHORS).fetchone()
    return Stats(
        channels=channels,
        messages=sum(each.messages for each in channels),
        threads=sum(each.threads for each in channels),
        authors=authors,
        first=min((each.first for each in channels if each.first), default=None),
        last=max((each.last for each in channels if each.last), default=None),
        size=_size(db) if path is None else _file_sizes(path),
    )


def size(db: Database, path: Path | None) -> Size:
    """Return how large the history is, without looking at texts."""
    (messages, vectors), *_ = db.execute(COUNTS)
    return Size(_size(db) if path is None else _file_sizes(path), messages, messages - vectors)


def kept(db: Database, platform: str, workspace: str | None) -> list[Channel]:
    """Return the channels of a workspace (None: of any) that are kept, without conversations between a few people."""
    values = (clean(platform), workspace and clean(workspace), workspace)
    return [channel_from(row) for row in db.execute(KEPT, values)]


def extent(db: Database, scope: Scope, window: Window, now: datetime) -> Extent:
    """Return how many messages the window holds, and of which time."""
    selection = select_in(db, scope, window, now)
    messages, first, last = db.execute(f"{EXTENT} {selection.where}", selection.values).fetchone()
    return Extent(messages, moment_or_none(first), moment_or_none(last))


def activity(db: Database, scope: Scope, window: Window, now: datetime) -> list[tuple[Channel, int]]:
    """Return the channels in which people wrote within the window, and how often: the busiest first."""
    selection = select_in(db, scope, window, now)
    sql = f"{ACTIVITY} {selection.where} GROUP BY channel.key ORDER BY said DESC, channel.key"
    return [(channel_from(row[:-1]), row[-1]) for row in db.execute(sql, selection.values)]


def _channel_stats(row: Row) -> ChannelStats:
    messages, threads, authors, first, last = row[6:]
    return ChannelStats(channel_from(row[:6]), messages, threads, authors, moment_or_none(first), moment_or_none(last))


def _size(db: Database) -> int:
    ((pages,), (page,)) = (db.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size"))
    return int(pages) * int(page)


def _file_sizes(path: Path) -> int:
    """Return the database and the log beside it; the shared-memory index is not data."""
    files = (path, path.with_name(f"{path.name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
