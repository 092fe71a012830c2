"""Holds what is decided about a channel: whether it is kept, for how long, and how far its adapter has read it.

A channel is off until it is turned on. Off erases what is stored of it, whoever brought it in; tombstones stay. Owners'
imports don't come this way: they go to `History.add`, and live requests don't see them until the channel is on.
"""

from datetime import datetime, timedelta

from sqlite_utils import Database

from adapters.chat import Message, Place, Standing
from bot.history.bridged import relayed
from bot.history.derived import moods
from bot.history.ingestion import channel_key
from bot.history.purge import mark
from bot.history.rows import clean, microseconds, moment, moment_or_none
from bot.history.translated import companions
from bot.history.values import Cleared, Consent

DAYS = 90  # how long messages are kept where nobody decided otherwise
DIRECT = ("direct", "group")

OF = "JOIN channel ON channel.key = standing.channel WHERE platform = ? AND workspace = ? AND id = ?"
STANDING = f"SELECT kept, follow, mark FROM standing {OF}"  # noqa: S608 - made of constants
APPS = f"SELECT apps FROM standing {OF}"  # noqa: S608 - made of constants
CONSENT = f"SELECT kept, days, by, at FROM standing {OF}"  # noqa: S608 - made of constants
HELD = """SELECT count(*), min(sent_at), max(sent_at) FROM message JOIN channel ON channel.key = message.channel
    WHERE platform = ? AND workspace = ? AND channel.id = ?"""
TURN = """INSERT INTO standing (channel, kept, days, by, at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (channel) DO UPDATE
    SET kept = excluded.kept, days = excluded.days, by = excluded.by, at = excluded.at"""
SET_MARK = (
    """INSERT INTO standing (channel, mark) VALUES (?, ?) ON CONFLICT (channel) DO UPDATE SET mark = excluded.mark"""
)
SET_FOLLOW = """INSERT INTO standing (channel, follow) VALUES (?, ?)
    ON CONFLICT (channel) DO UPDATE SET follow = excluded.follow"""
SET_APPS = (
    """INSERT INTO standing (channel, apps) VALUES (?, ?) ON CONFLICT (channel) DO UPDATE SET apps = excluded.apps"""
)
SET_DAYS = (
    """INSERT INTO standing (channel, days) VALUES (?, ?) ON CONFLICT (channel) DO UPDATE SET days = excluded.days"""
)
KNOWN = "SELECT 1 FROM message WHERE channel = ? AND id = ?"
KIND = "SELECT kind FROM channel WHERE key = ?"
COUNT_DERIVED = """SELECT (SELECT count(*) FROM derived WHERE channel = ?1)
    + (SELECT count(*) FROM vector JOIN message ON message.key = vector.message WHERE message.channel = ?1)"""
CLEAR = (
    "DELETE FROM message WHERE channel = ?",
    "DELETE FROM derived WHERE channel = ?",  # what rests on no message, such as a judged answer about a typed text
    "DELETE FROM seen WHERE channel = ?",
    "DELETE FROM schedule WHERE channel = ? AND NOT owners AND (person = '' OR about = '[]')",
    "DELETE FROM interpreted WHERE channel = ?",
    "DELETE FROM companion WHERE channel = ?",
)
EXPIRED = """SELECT message.key FROM message JOIN standing ON standing.channel = message.channel
    WHERE (standing.kept OR standing.days IS NOT NULL)
    AND message.sent_at < ? - ifnull(standing.days, ?) * 86400000000"""
EXPIRE = f"DELETE FROM message WHERE key IN ({EXPIRED})"  # noqa: S608 - made of constants
EXPIRE_DERIVED = """DELETE FROM derived WHERE key IN (SELECT derived.key FROM derived
    LEFT JOIN standing ON standing.channel = derived.channel
    WHERE derived.at < ? - ifnull(standing.days, ?) * 86400000000
    AND NOT EXISTS (SELECT 1 FROM derived_from WHERE derived = derived.key))"""


def standing(db: Database, place: Place) -> Standing:
    """Return what an adapter needs to know of the place's channel."""
    row = db.execute(STANDING, _identity(place)).fetchone()
    return Standing(bool(row[0]), bool(row[1]), row[2]) if row else Standing()


def consent(db: Database, place: Place) -> Consent:
    """Return what people may know of it."""
    kept, days, by, at = db.execute(CONSENT, _identity(place)).fetchone() or (0, None, "", 0)
    messages, first, last = db.execute(HELD, _identity(place)).fetchone()
    since = moment(at) if kept else None
    return Consent(bool(kept), days, by, since, messages, moment_or_none(first), moment_or_none(last))


def turn_on(db: Database, place: Place, by: str, at: datetime, days: int | None) -> None:
    """Keep the channel's messages from now on, for `days` (None: the default)."""
    db.execute(TURN, [channel_key(db, place), 1, days, clean(by), microseconds(at)])


def turn_off(db: Database, place: Place, by: str, at: datetime) -> Cleared:
    """Stop keeping the channel, and erase what there is."""
    channel = channel_key(db, place)
    (derived,) = db.execute(COUNT_DERIVED, [channel]).fetchone()
    gone, *_ = [db.execute(statement, [channel]).rowcount for statement in CLEAR]
    moods.clear(db, channel)
    db.execute(TURN, [channel, 0, None, clean(by), microseconds(at)])
    db.execute(SET_MARK, [channel, ""])
    mark(db)
    return Cleared(gone, derived, at)


def set_mark(db: Database, place: Place, note: str) -> None:
    """Keep the adapter's own note about the channel."""
    db.execute(SET_MARK, [channel_key(db, place), clean(note)])


def set_follow(db: Database, place: Place, *, follow: bool) -> None:
    """Set whether a thread with Parley goes on without a mention."""
    db.execute(SET_FOLLOW, [channel_key(db, place), follow])


def hears_apps(db: Database, place: Place) -> bool:
    """Return whether what apps wrote in the place's channel is material like what people wrote."""
    row = db.execute(APPS, _identity(place)).fetchone()
    return bool(row and row[0])


def set_apps(db: Database, place: Place, *, apps: bool) -> None:
    """Set whether what apps wrote is material from now on."""
    db.execute(SET_APPS, [channel_key(db, place), apps])
    db.execute("DELETE FROM vector_block")  # which is to hold what apps wrote from now on, or no longer has to


def set_days(db: Database, place: Place, days: int | None) -> None:
    """Set how long the channel's messages are kept."""
    db.execute(SET_DAYS, [channel_key(db, place), days])


def admits(db: Database, message: Message, now: datetime, days: int) -> bool:
    """Return whether a message that came in live may be stored: the channel is on, and it isn't too old to be kept.

    Where the channel is off, a message that an import brought follows its edits, and nothing new is stored.
    """
    channel = channel_key(db, message.place)
    kept, own, *_ = db.execute(CONSENT, _identity(message.place)).fetchone() or (0, None)
    if not kept or is_direct(db, message.place):
        return bool(db.execute(KNOWN, [channel, clean(message.id)]).fetchone())
    return message.sent_at >= now - timedelta(days=days if own is None else own)


def keeps_few(db: Database, place: Place) -> bool:
    """Return whether a conversation between a few people is kept, turned on before it was known to be one."""
    return standing(db, place).kept and is_direct(db, place)


def is_direct(db: Database, place: Place) -> bool:
    """Return whether the place is a conversation between a few people, as far as is known."""
    (kind,) = db.execute(KIND, [channel_key(db, place)]).fetchone()
    return kind in DIRECT


def retain(db: Database, now: datetime, days: int) -> Cleared:
    """Erase what is older than its channel keeps; `days` where the channel says nothing."""
    limits = [microseconds(now), days]
    gone, made = (db.execute(statement, limits).rowcount for statement in (EXPIRE, EXPIRE_DERIVED))
    moods.drop_empty(db)
    companions.retain(db, now, days)
    relayed.retain(db, now, days)
    if gone or made:
        mark(db)
    return Cleared(gone, made, now)


def _identity(place: Place) -> list[str]:
    return [clean(place.platform), clean(place.workspace), clean(place.channel)]
