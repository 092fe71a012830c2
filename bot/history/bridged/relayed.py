"""Keeps which post in one channel of a bridge stands for which message of the other: ids and times, no text.

A row is a message that is to stand on the other side, written before anything is posted. `stale` says that the post
isn't known to say what the message says, `gone` that the message was erased, so that its post is to go, too.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from adapters.chat import Message, Place, Window
from bot.history.ingestion import channel_key, known_channel
from bot.history.rows import Row, clean, microseconds, moment

CLAIM = """INSERT OR IGNORE INTO relayed
    (channel, id, thread, author, sent_at, edited_at, target, tried, post, stale, gone)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, '', 1, 0
    WHERE NOT EXISTS (SELECT 1 FROM tombstone WHERE channel = ?1 AND id = ?2)"""
READ = """SELECT relayed.id, thread, author, sent_at, edited_at, tried, post, stale, gone,
    one.platform, one.workspace, one.id, two.platform, two.workspace, two.id FROM relayed
    JOIN channel AS one ON one.key = relayed.channel JOIN channel AS two ON two.key = target"""
POSTED = """SELECT id FROM relayed WHERE channel = ?1 AND target = ?2 AND post <> ''
    AND (post = ?3 OR (' ' || post || ' ') LIKE ('% ' || ?3 || ' %')) LIMIT 1"""
POST_OF = "SELECT post FROM relayed WHERE channel = ? AND target = ? AND id = ? AND NOT gone"
OTHERS = "SELECT post FROM relayed WHERE target = ? AND post <> '' AND tried >= ?"
TRIED = "UPDATE relayed SET tried = ? WHERE channel = ? AND id = ? AND tried = 0"
STANDS = "UPDATE relayed SET post = ?, stale = edited_at > ? WHERE channel = ? AND id = ?"
EDITED = "UPDATE relayed SET edited_at = ?1, stale = 1 WHERE channel = ?2 AND id = ?3 AND edited_at < ?1"
SETTLED = "UPDATE relayed SET stale = 0 WHERE channel = ? AND id = ?"
EXPIRE = """DELETE FROM relayed WHERE NOT gone AND sent_at <
    ?1 - ifnull((SELECT days FROM standing WHERE standing.channel = relayed.channel), ?2) * 86400000000"""
MOST = 200  # rows that are looked up at once


@dataclass(frozen=True, slots=True)
class CarriedMessage:
    """A message and its post: `target` is the channel of that, `post` is "" while it isn't known to stand there.

    `tried` is since when it may stand there, None where nothing was posted yet.
    """

    id: str
    place: Place
    author: str
    sent_at: datetime
    edited_at: int
    target: Place
    tried: datetime | None
    post: str
    stale: bool
    gone: bool

    @property
    def key(self) -> str:
        """Return what tells the post from every other, the same at every try."""
        return f"bridge/{self.place.workspace}/{self.place.channel}/{self.id}"

    @property
    def window(self) -> Window:
        """Return the window of its channel in which the message was said."""
        return Window(since=self.sent_at, until=self.sent_at, thread=self.place.thread)


def claim(db: Database, message: Message, target: Place) -> bool:
    """Note that the message is to stand in the target; False where that was noted or it is in a thread from before."""
    thread = message.place.thread or ""
    here, there = channel_key(db, message.place), channel_key(db, target)
    if thread and _across(db, here, there, thread) is None:
        return False
    ids = clean(message.id), clean(thread), clean(message.author.id)
    return db.execute(CLAIM, [here, *ids, microseconds(message.sent_at), edition(message), there]).rowcount > 0


def _across(db: Database, here: int | None, there: int | None, thread: str) -> str | None:
    """Return what the thread's first message is called on the other side, None where it isn't carried.

    "" where it doesn't stand there yet.
    """
    if row := db.execute(POST_OF, [here, there, clean(thread)]).fetchone():
        return str(row[0]).partition(" ")[0]
    row = db.execute(POSTED, [there, here, clean(thread)]).fetchone()
    return str(row[0]) if row else None


def read(db: Database, place: Place, id_: str) -> CarriedMessage | None:
    """Return what is known of a message of the place's channel, None for one that was never to be carried."""
    where = f"{READ} WHERE relayed.channel = ? AND relayed.id = ?"
    row = db.execute(where, [known_channel(db, place), clean(id_)]).fetchone()
    return _carried(row) if row else None


def beneath(db: Database, carried: CarriedMessage) -> str | None:
    """Return in which thread of the target the post belongs, None where that can't be told yet or any more."""
    here, there = known_channel(db, carried.place), known_channel(db, carried.target)
    return _across(db, here, there, carried.place.thread or "") or None


def others(db: Database, carried: CarriedMessage) -> frozenset[str]:
    """Return what stands in the target for other messages, as far as it was said since this one was first tried."""
    began = microseconds(carried.tried) if carried.tried else 0
    rows = db.execute(OTHERS, [known_channel(db, carried.target), began])
    return frozenset(id_ for (post,) in rows for id_ in post.split())


def edited(db: Database, message: Message) -> bool:
    """Note that the message was edited; False where that was known."""
    row = [edition(message), channel_key(db, message.place), clean(message.id)]
    return db.execute(EDITED, row).rowcount > 0


def tried(db: Database, carried: CarriedMessage, now: datetime) -> None:
    """Note that from now on the post may stand there."""
    db.execute(TRIED, [microseconds(now), *_where(db, carried)])


def stands(db: Database, carried: CarriedMessage, post: str, edition: int) -> None:
    """Note that the post says what the message said in that edition."""
    db.execute(STANDS, [clean(post), edition, *_where(db, carried)])


def settle(db: Database, carried: CarriedMessage) -> None:
    """Note that the post stays as it is."""
    db.execute(SETTLED, _where(db, carried))


def forget(db: Database, carried: CarriedMessage) -> None:
    """Forget a message that has no post, or no longer."""
    db.execute("DELETE FROM relayed WHERE channel = ? AND id = ?", _where(db, carried))


def unfinished(db: Database) -> list[CarriedMessage]:
    """Return the messages whose posts aren't known to be as they should, oldest first."""
    return [_carried(row) for row in db.execute(f"{READ} WHERE stale OR gone ORDER BY sent_at LIMIT {MOST}")]


def retain(db: Database, now: datetime, days: int) -> None:
    """Forget what stands for messages that are older than their channel keeps."""
    db.execute(EXPIRE, [microseconds(now), days])


def edition(message: Message) -> int:
    """Return when the message got the words that it has, 0 for those that it was sent with."""
    return microseconds(message.edited_at) if message.edited_at else 0


def _where(db: Database, carried: CarriedMessage) -> tuple[int, str]:
    return channel_key(db, carried.place), clean(carried.id)


def _carried(row: Row) -> CarriedMessage:
    id_, thread, author, sent_at, edited_at, tried_at, post, stale, gone, *ends = row
    platform, workspace, channel, *target = ends
    one, two = Place(platform, workspace, channel, thread or None), Place(*target)
    began = moment(tried_at) if tried_at else None
    return CarriedMessage(id_, one, author, moment(sent_at), edited_at, two, began, post, bool(stale), bool(gone))
