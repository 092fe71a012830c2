"""Keeps what comes round where, for whom and when, and which of it was posted: the only memory of schedules.

What is due is claimed by one row before anything is done, whoever asks first, in whatever process; the row is settled
when it stands where it belongs. A claim that was never settled can be taken over after `LEASE`, by which its holder has
finished or is dead. Holds times, numbers and ids, never a text.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlite_utils import Database

from adapters.chat import Place
from bot.history.ingestion import channel_key
from bot.history.rows import Row, clean, microseconds, moment, moment_or_none

What = Literal["report", "digest"]
LEASE = timedelta(minutes=15)
KEPT = timedelta(days=1_000)  # how long it is remembered that something was posted
SECOND = 1_000_000
EVERYTHING = ("*",)  # about all that the person may read when it comes

PLACE = "channel.platform, channel.workspace, channel.id"
READ = f"""SELECT {PLACE}, cron, timezone, span, since, owners, what, person, about
    FROM schedule JOIN channel ON channel.key = channel
    ORDER BY channel.key, what, person, owners, cron"""  # noqa: S608 - made of constants
PUT = """INSERT INTO schedule (channel, cron, timezone, span, since, owners, what, person, about)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (channel, what, person, cron, timezone, owners) DO UPDATE SET span = excluded.span"""
DROP = "DELETE FROM schedule WHERE channel = ? AND what = ? AND person = '' AND NOT owners"
DROP_OWN = """DELETE FROM schedule WHERE what = ? AND person = ?
    AND channel IN (SELECT key FROM channel WHERE platform = ? AND workspace = ?)"""
DROP_OWNERS = "DELETE FROM schedule WHERE channel = ? AND what = ? AND cron = ? AND timezone = ? AND owners"
CLAIM = "INSERT OR IGNORE INTO posting (channel, what, person, due, tried, held, holder) VALUES (?, ?, ?, ?, ?, ?, ?)"
ONE = "channel = ? AND what = ? AND person = ? AND due = ?"
TAKE = f"UPDATE posting SET held = ?, holder = ? WHERE {ONE} AND posted IS NULL AND abs(held - ?) >= ?"  # noqa: S608 - made of constants
HOLD = f"UPDATE posting SET held = ? WHERE {ONE} AND holder = ? AND posted IS NULL"  # noqa: S608 - made of constants
FREE = f"UPDATE posting SET held = 0 WHERE {ONE} AND holder = ? AND posted IS NULL"  # noqa: S608 - made of constants
SETTLE = f"UPDATE posting SET posted = ? WHERE {ONE} AND holder = ?"  # noqa: S608 - made of constants
TRIED = f"SELECT tried FROM posting WHERE {ONE}"  # noqa: S608 - made of constants
LAST = """SELECT max(due) FROM posting JOIN channel ON channel.key = posting.channel
    WHERE platform = ? AND workspace = ? AND channel.id = ? AND what = ? AND person = ? AND due < ?
    AND posted IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A report or digest that comes round: `cron` on the clocks of `timezone`, from `since` on.

    It was set in `place` and is posted there, or sent to `person` alone where there is one. It is about the `span`
    before each time, None for the time since the one before, and about that channel or those with the ids `about`.
    `owners` are written in the configuration, the others were set in a chat: one for each channel and each person.
    """

    place: Place
    cron: str
    timezone: str
    span: timedelta | None
    since: datetime
    owners: bool = False
    what: What = "report"
    person: str = ""
    about: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[Place, What, str, str]:
        """Return what tells it from the owner's others."""
        return self.place, self.what, self.cron, self.timezone


@dataclass(frozen=True, slots=True)
class Due:
    """A report or digest that `holder` may post: for which time, and since when that is tried, None for now."""

    place: Place
    due: datetime
    holder: str
    tried: datetime | None = None
    what: What = "report"
    person: str = ""


def read(db: Database) -> list[Schedule]:
    """Return every schedule there is."""
    return [_schedule(row) for row in db.execute(READ)]


def put(db: Database, schedule: Schedule) -> None:
    """Keep what was set in a chat, in place of what was set before for that channel or that person."""
    drop(db, schedule.what, schedule.place, schedule.person)
    db.execute(PUT, _row(channel_key(db, schedule.place), schedule))


def drop(db: Database, what: What, place: Place, person: str = "") -> bool:
    """Forget what was set in the channel, or by the person in that workspace; whether there was something."""
    if person:
        row = [what, *map(clean, (person, place.platform, place.workspace))]
        return db.execute(DROP_OWN, row).rowcount > 0
    return db.execute(DROP, [channel_key(db, place), what]).rowcount > 0


def adopt(db: Database, owners: Iterable[Schedule]) -> None:
    """Keep the owner's schedules, and those alone; one that was known before goes on from when it was first known."""
    wanted = {schedule.key: schedule for schedule in owners}
    for known in read(db):
        if known.owners and known.key not in wanted:
            db.execute(DROP_OWNERS, [channel_key(db, known.place), known.what, known.cron, known.timezone])
    for schedule in wanted.values():
        db.execute(PUT, _row(channel_key(db, schedule.place), schedule))


def claim(db: Database, schedule: Schedule, due: datetime, now: datetime, holder: str) -> Due | None:
    """Return what is due for the first who asks, for the next after a lease without an end, or None for all others."""
    wanted = Due(schedule.place, due, holder, None, schedule.what, schedule.person)
    one, time = _one(db, wanted), microseconds(now)
    db.execute("DELETE FROM posting WHERE due < ?", [microseconds(now - KEPT)])
    if db.execute(CLAIM, [*one, time, time, clean(holder)]).rowcount:
        return wanted
    # A claim from the future was made before the clock was set back.
    lease = int(LEASE.total_seconds()) * SECOND
    if not db.execute(TAKE, [time, clean(holder), *one, time, lease]).rowcount:
        return None
    tried = moment(db.execute(TRIED, one).fetchone()[0])
    return Due(schedule.place, due, holder, tried, schedule.what, schedule.person)


def hold(db: Database, due: Due, now: datetime) -> bool:
    """Hold the claim for another lease; False if somebody else has taken it over."""
    return bool(db.execute(HOLD, [microseconds(now), *_held(db, due)]).rowcount)


def free(db: Database, due: Due) -> None:
    """Let anybody try at once."""
    db.execute(FREE, _held(db, due))


def settle(db: Database, due: Due, now: datetime) -> None:
    """Note that it stands where it belongs."""
    db.execute(SETTLE, [microseconds(now), *_held(db, due)])


def last(db: Database, schedule: Schedule, before: datetime) -> datetime | None:
    """Return the time for which the last one before that was posted, by whatever schedule of that channel or person."""
    place = schedule.place
    identity = map(clean, (place.platform, place.workspace, place.channel, schedule.what, schedule.person))
    (found,) = db.execute(LAST, [*identity, microseconds(before)]).fetchone()
    return moment_or_none(found)


def _one(db: Database, due: Due) -> list[object]:
    return [channel_key(db, due.place), due.what, clean(due.person), microseconds(due.due)]


def _held(db: Database, due: Due) -> list[object]:
    return [*_one(db, due), clean(due.holder)]


def _row(channel: int, schedule: Schedule) -> list[object]:
    span = int(schedule.span.total_seconds()) if schedule.span else None
    when = [clean(schedule.cron), clean(schedule.timezone), span, microseconds(schedule.since), schedule.owners]
    return [channel, *when, schedule.what, clean(schedule.person), json.dumps(schedule.about)]


def _schedule(row: Row) -> Schedule:
    platform, workspace, channel, cron, timezone, span, since, owners, what, person, about = row
    length = None if span is None else timedelta(seconds=span)
    where = Place(platform, workspace, channel)
    parts = (cron, timezone, length, moment(since), bool(owners), what, person, tuple(json.loads(about)))
    return Schedule(where, *parts)
