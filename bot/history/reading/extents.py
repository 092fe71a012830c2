"""Counts what is stored of each channel and when: from the index by time, so that a million messages go fast."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from adapters.chat import EVERYTHING, Channel
from bot.history.rows import CHANNEL, EPOCH, channel_from, moment, moment_or_none
from bot.history.selection import channel_keys, select_in
from bot.history.values import Scope

COUNTS = f"""SELECT {CHANNEL}, (SELECT count(*) FROM message WHERE message.channel = channel.key),
    (SELECT min(sent_at) FROM message WHERE message.channel = channel.key),
    (SELECT max(sent_at) FROM message WHERE message.channel = channel.key),
    EXISTS (SELECT 1 FROM standing WHERE standing.channel = channel.key AND kept)
    FROM channel WHERE channel.key IN (SELECT value FROM json_each(?))
    ORDER BY channel.workspace_name, channel.name, channel.key"""  # noqa: S608 - made of constants
THREADS = "SELECT count(DISTINCT message.thread) FROM message WHERE message.thread IS NOT NULL AND"
BINS = "SELECT (message.sent_at - ?) / ? AS bin, count(*) FROM message WHERE"
SPOKEN = "SELECT message.text FROM message WHERE NOT notice AND NOT from_bot AND"


@dataclass(frozen=True, slots=True)
class CountedChannel:
    """A channel, how many messages are stored of it and when they were sent, and whether it is kept with consent."""

    channel: Channel
    messages: int
    first: datetime | None
    last: datetime | None
    kept: bool


def counts(db: Database, scope: Scope) -> list[CountedChannel]:
    """Return each channel of the scope, by workspace and name."""
    keys = str(channel_keys(db, scope))
    return [
        CountedChannel(channel_from(row[:6]), row[6], moment_or_none(row[7]), moment_or_none(row[8]), bool(row[9]))
        for row in db.execute(COUNTS, [keys])
    ]


def threads(db: Database, scope: Scope) -> int:
    """Return how many threads have a reply."""
    selection = select_in(db, scope, EVERYTHING, EPOCH)
    return int(db.execute(f"{THREADS} {selection.where}", selection.values).fetchone()[0])


def time_line(db: Database, scope: Scope, bars: int) -> tuple[Sequence[int], datetime | None, datetime | None]:
    """Return how many messages were sent in each of `bars` equal parts of the time, and when that begins and ends."""
    selection = select_in(db, scope, EVERYTHING, EPOCH)
    extent = f"SELECT min(message.sent_at), max(message.sent_at) FROM message WHERE {selection.where}"  # noqa: S608
    first, last = db.execute(extent, selection.values).fetchone()
    if first is None:
        return (), None, None
    width = max((last - first) // bars + 1, 1)
    counted = dict(db.execute(f"{BINS} {selection.where} GROUP BY bin", [first, width, *selection.values]).fetchall())
    return tuple(counted.get(each, 0) for each in range(bars)), moment(first), moment(last)


def spoken(db: Database, scope: Scope, most: int) -> list[str]:
    """Return the newest texts by people."""
    selection = select_in(db, scope, EVERYTHING, EPOCH)
    sql = f"{SPOKEN} {selection.where} ORDER BY message.sent_at DESC LIMIT ?"
    return [text for (text,) in db.execute(sql, [*selection.values, most])]
