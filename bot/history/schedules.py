"""Keeps which channels get a report when, and which of those reports was posted: the only memory of schedules.

A report that is due is claimed by one row before anything is done, whoever asks first, in whatever process; the row is
settled when the report stands in the channel. A claim that was never settled can be taken over after `LEASE`, by
which its holder has finished or is dead. Holds times and numbers, never a text.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from adapters.chat import Place
from bot.history.ingestion import channel_key
from bot.history.rows import Row, clean, microseconds, moment, moment_or_none

LEASE = timedelta(minutes=15)
KEPT = timedelta(days=1_000)  # how long it is remembered that a report was posted
SECOND = 1_000_000

PLACE = "channel.platform, channel.workspace, channel.id"
READ = f"""SELECT {PLACE}, cron, timezone, span, since, owners FROM schedule JOIN channel ON channel.key = channel
    ORDER BY channel.key, owners, cron"""  # noqa: S608 - made of constants
PUT = """INSERT INTO schedule (channel, cron, timezone, span, since, owners) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (channel, cron, timezone, owners) DO UPDATE SET span = excluded.span"""
DROP = "DELETE FROM schedule WHERE channel = ? AND NOT owners"
DROP_OWNERS = "DELETE FROM schedule WHERE channel = ? AND cron = ? AND timezone = ? AND owners"
CLAIM = "INSERT OR IGNORE INTO posting (channel, due, tried, held, holder) VALUES (?, ?, ?, ?, ?)"
TAKE = """UPDATE posting SET held = ?, holder = ? WHERE channel = ? AND due = ? AND posted IS NULL
    AND abs(held - ?) >= ?"""
HOLD = "UPDATE posting SET held = ? WHERE channel = ? AND due = ? AND holder = ? AND posted IS NULL"
FREE = "UPDATE posting SET held = 0 WHERE channel = ? AND due = ? AND holder = ? AND posted IS NULL"
SETTLE = "UPDATE posting SET posted = ? WHERE channel = ? AND due = ? AND holder = ?"
TRIED = "SELECT tried FROM posting WHERE channel = ? AND due = ?"
LAST = """SELECT max(due) FROM posting JOIN channel ON channel.key = posting.channel
    WHERE platform = ? AND workspace = ? AND channel.id = ? AND due < ? AND posted IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A report that comes round in a channel: `cron` on the clocks of `timezone`, from `since` on.

    It is about the `span` before each time; None for the time since the one before. `owners` are written in the
    configuration, the others were set in the channel, which has at most one of those.
    """

    place: Place
    cron: str
    timezone: str
    span: timedelta | None
    since: datetime
    owners: bool = False

    @property
    def key(self) -> tuple[Place, str, str]:
        """Return what tells it from the owner's others."""
        return self.place, self.cron, self.timezone


@dataclass(frozen=True, slots=True)
class Due:
    """A report that `holder` may post: where, for which time, and since when that is tried, None for now."""

    place: Place
    due: datetime
    holder: str
    tried: datetime | None = None


def read(db: Database) -> list[Schedule]:
    """Return every schedule there is."""
    return [_schedule(row) for row in db.execute(READ)]


def put(db: Database, schedule: Schedule) -> None:
    """Keep what was set in the channel, in place of what was set before."""
    channel = channel_key(db, schedule.place)
    db.execute(DROP, [channel])
    db.execute(PUT, _row(channel, schedule))


def drop(db: Database, place: Place) -> bool:
    """Forget what was set in the channel; whether there was something."""
    return db.execute(DROP, [channel_key(db, place)]).rowcount > 0


def adopt(db: Database, owners: Iterable[Schedule]) -> None:
    """Keep the owner's schedules, and those alone; one that was known before goes on from when it was first known."""
    wanted = {schedule.key: schedule for schedule in owners}
    for known in read(db):
        if known.owners and known.key not in wanted:
            db.execute(DROP_OWNERS, [channel_key(db, known.place), known.cron, known.timezone])
    for schedule in wanted.values():
        db.execute(PUT, _row(channel_key(db, schedule.place), schedule))


def claim(db: Database, place: Place, due: datetime, now: datetime, holder: str) -> Due | None:
    """Return the report for the first who asks, for the next after a lease without an end, or None for all others."""
    channel, at, time = channel_key(db, place), microseconds(due), microseconds(now)
    db.execute("DELETE FROM posting WHERE due < ?", [microseconds(now - KEPT)])
    if db.execute(CLAIM, [channel, at, time, time, clean(holder)]).rowcount:
        return Due(place, due, holder)
    # A claim from the future was made before the clock was set back.
    lease = int(LEASE.total_seconds()) * SECOND
    if not db.execute(TAKE, [time, clean(holder), channel, at, time, lease]).rowcount:
        return None
    return Due(place, due, holder, moment(db.execute(TRIED, [channel, at]).fetchone()[0]))


def hold(db: Database, due: Due, now: datetime) -> bool:
    """Hold the claim for another lease; False if somebody else has taken it over."""
    return bool(db.execute(HOLD, [microseconds(now), *_held(db, due)]).rowcount)


def free(db: Database, due: Due) -> None:
    """Let anybody try at once."""
    db.execute(FREE, _held(db, due))


def settle(db: Database, due: Due, now: datetime) -> None:
    """Note that the report stands in the channel."""
    db.execute(SETTLE, [microseconds(now), *_held(db, due)])


def last(db: Database, place: Place, before: datetime) -> datetime | None:
    """Return the time for which the channel's last report before that one was posted."""
    identity = [clean(place.platform), clean(place.workspace), clean(place.channel)]
    (found,) = db.execute(LAST, [*identity, microseconds(before)]).fetchone()
    return moment_or_none(found)


def _held(db: Database, due: Due) -> list[object]:
    return [channel_key(db, due.place), microseconds(due.due), clean(due.holder)]


def _row(channel: int, schedule: Schedule) -> list[object]:
    span = int(schedule.span.total_seconds()) if schedule.span else None
    times = (span, microseconds(schedule.since), schedule.owners)
    return [channel, clean(schedule.cron), clean(schedule.timezone), *times]


def _schedule(row: Row) -> Schedule:
    platform, workspace, channel, cron, timezone, span, since, owners = row
    length = None if span is None else timedelta(seconds=span)
    return Schedule(Place(platform, workspace, channel), cron, timezone, length, moment(since), bool(owners))
