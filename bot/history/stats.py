"""Counts how much is stored, in all and per channel."""

from pathlib import Path

from sqlite_utils import Database

from bot.history.rows import CHANNEL, Row, channel_from, moment_or_none
from bot.history.values import ChannelStats, Size, Stats

PER_CHANNEL = f"""SELECT {CHANNEL}, count(message.key), count(DISTINCT message.thread), count(DISTINCT message.author),
    min(message.sent_at), max(message.sent_at)
    FROM channel LEFT JOIN message ON message.channel = channel.key
    GROUP BY channel.key ORDER BY channel.workspace_name, channel.name, channel.key"""  # noqa: S608 - made of constants
COUNTS = "SELECT (SELECT count(*) FROM message), (SELECT count(DISTINCT message) FROM vector)"
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
