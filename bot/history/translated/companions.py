"""Keeps which channels translate themselves, and which post of Parley's stands beside which message: ids, no text.

A row is one message whose translation was begun; those with the same `anchor` share one post. `stale` says that the
post no longer says what its messages say, `gone` that a message was erased: its words are to leave the post.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from adapters.chat import Message, Place, Window
from bot.history.ingestion import channel_key, known_channel
from bot.history.rows import clean, microseconds, moment

SET = """INSERT INTO interpreted (channel, targets, readers, by, at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (channel) DO UPDATE
    SET targets = excluded.targets, readers = excluded.readers, by = excluded.by, at = excluded.at"""
UNSET = "DELETE FROM interpreted WHERE channel = ?"
SETTING = "SELECT targets, readers, by, at FROM interpreted WHERE channel = ?"
SPARE = "INSERT OR IGNORE INTO spared (person, workspace) VALUES (?, ?)"
UNSPARE = "DELETE FROM spared WHERE person = ? AND workspace = ?"
SPARED = """SELECT EXISTS (SELECT 1 FROM spared WHERE person = ?1 AND workspace IN ('', ?2))
    OR EXISTS (SELECT 1 FROM forgotten WHERE author = ?1 AND workspace IN ('', ?2) AND until IS NULL)"""
OF = "channel = ? AND anchor = ?"
KNOWN = "SELECT anchor, edited_at FROM companion WHERE channel = ? AND id = ?"
CLAIM = """INSERT OR IGNORE INTO companion
    (channel, id, anchor, thread, author, targets, sent_at, edited_at, tried, post, stale, gone)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, '', 0, 0
    WHERE NOT EXISTS (SELECT 1 FROM tombstone WHERE channel = ?1 AND id = ?2)"""
READ = f"""SELECT id, sent_at, gone, thread, author, targets, tried, post FROM companion WHERE {OF}
    ORDER BY sent_at, id"""  # noqa: S608 - made of constants
STANDS = f"UPDATE companion SET post = ?, stale = 0 WHERE {OF}"  # noqa: S608 - made of constants
EDITED = "UPDATE companion SET edited_at = ?1, stale = 1 WHERE channel = ?2 AND id = ?3 AND edited_at < ?1"
DROP = f"DELETE FROM companion WHERE {OF}"  # noqa: S608 - made of constants
OPEN = """SELECT DISTINCT platform, workspace, channel.id, anchor FROM companion
    JOIN channel ON channel.key = companion.channel WHERE stale OR post = '' ORDER BY tried LIMIT 200"""
WITH_POST = """SELECT anchor FROM companion WHERE channel = ?1 AND (' ' || post || ' ') LIKE ('% ' || ?2 || ' %')
    LIMIT 1"""
IN_THREAD = """SELECT anchor FROM companion WHERE channel = ?1 AND ?2 IN (thread, id) AND post <> '' AND NOT gone
    ORDER BY sent_at DESC LIMIT 1"""
STALE = f"UPDATE companion SET stale = 1 WHERE {OF}"  # noqa: S608 - made of constants
EXPIRE = """DELETE FROM companion WHERE sent_at <
    ?1 - ifnull((SELECT days FROM standing WHERE standing.channel = companion.channel), ?2) * 86400000000"""


@dataclass(frozen=True, slots=True)
class Setting:
    """The decision about a channel: `targets` are codes; with `readers` each reader asks for their own language."""

    targets: tuple[str, ...]
    readers: bool
    by: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Original:
    """One message that a post translates."""

    id: str
    sent_at: datetime
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A post beside messages of one person in one place; `post` is "" while it isn't known to stand there."""

    place: Place
    anchor: str
    author: str
    targets: tuple[str, ...]
    tried: datetime
    post: str
    sources: tuple[Original, ...]

    @property
    def key(self) -> str:
        """Return what tells it from every other, the same at every try."""
        return f"beside/{self.place.channel}/{self.anchor}/{microseconds(self.tried)}"

    @property
    def standing(self) -> tuple[Original, ...]:
        """Return its messages that aren't gone."""
        return tuple(source for source in self.sources if not source.gone)

    @property
    def window(self) -> Window:
        """Return the window of its channel in which its messages were said."""
        first, last = self.sources[0], self.sources[-1]
        return Window(since=first.sent_at, until=last.sent_at, thread=self.place.thread)


@dataclass(frozen=True, slots=True)
class Known:
    """The record of a message that was seen before: whose post it has, and up to which edit it was followed."""

    anchor: str
    edited_at: datetime | None


def setting(db: Database, place: Place) -> Setting | None:
    """Return how the place's channel translates itself, None where it doesn't."""
    row = db.execute(SETTING, [known_channel(db, place)]).fetchone()
    return Setting(tuple(row[0].split()), bool(row[1]), row[2], moment(row[3])) if row else None


def put(db: Database, place: Place, given: Setting) -> None:
    """Have the place's channel translate itself."""
    row = [" ".join(map(clean, given.targets)), given.readers, clean(given.by), microseconds(given.since)]
    db.execute(SET, [channel_key(db, place), *row])


def drop(db: Database, place: Place) -> bool:
    """Have it no longer do so; whether it did. What stands there still follows edits and deletions."""
    return db.execute(UNSET, [channel_key(db, place)]).rowcount > 0


def spare(db: Database, person: str, workspace: str = "", *, spared: bool) -> None:
    """Leave the person's messages untranslated in that workspace, or translate them again."""
    db.execute(SPARE if spared else UNSPARE, [clean(person), clean(workspace)])


def is_spared(db: Database, person: str, workspace: str = "") -> bool:
    """Return whether the person's messages are not translated: they said so, or they are left out of everything."""
    return bool(db.execute(SPARED, [clean(person), clean(workspace)]).fetchone()[0])


def known(db: Database, place: Place, id_: str) -> Known | None:
    """Return what is known of the message, None for one that was never translated."""
    row = db.execute(KNOWN, [known_channel(db, place), clean(id_)]).fetchone()
    return Known(row[0], moment(row[1]) if row[1] else None) if row else None


def claim(db: Database, messages: Sequence[Message], targets: Sequence[str], at: datetime) -> Kept | None:
    """Return a new post beside these messages of one person and place, but for those that were deleted meanwhile.

    None where one of them has a post already.
    """
    first = messages[0]
    if any(known(db, message.place, message.id) for message in messages):
        return None
    begun = Kept(first.place, first.id, first.author.id, tuple(targets), at, "", ())
    for each in messages:
        _insert(db, begun, each)
    return read(db, first.place, first.id)


def extend(db: Database, kept: Kept, message: Message) -> None:
    """Let the post translate one more message of the same person."""
    _insert(db, kept, message)
    where = [channel_key(db, kept.place), clean(kept.anchor)]
    db.execute(STANDS, [kept.post, *where])
    db.execute(STALE, where)


def _insert(db: Database, kept: Kept, message: Message) -> None:
    """Note that the post translates the message, unless it was deleted."""
    edited = microseconds(message.edited_at) if message.edited_at else 0
    channel, thread = channel_key(db, kept.place), clean(kept.place.thread or "")
    ids = channel, clean(message.id), clean(kept.anchor), thread, clean(kept.author), " ".join(kept.targets)
    db.execute(CLAIM, [*ids, microseconds(message.sent_at), edited, microseconds(kept.tried)])


def read(db: Database, place: Place, anchor: str) -> Kept | None:
    """Return the post with that anchor in the place's channel."""
    rows = db.execute(READ, [known_channel(db, place), clean(anchor)]).fetchall()
    if not rows:
        return None
    *_, thread, author, targets, tried, post = rows[0]
    where = Place(place.platform, place.workspace, place.channel, thread or None)
    sources = tuple(Original(id_, moment(sent_at), bool(gone)) for id_, sent_at, gone, *_ in rows)
    return Kept(where, anchor, author, tuple(targets.split()), moment(tried), post, sources)


def read_of(db: Database, place: Place, id_: str) -> Kept | None:
    """Return the post that translates the message."""
    found = known(db, place, id_)
    return read(db, place, found.anchor) if found else None


def stands(db: Database, kept: Kept, post: str) -> None:
    """Note that it says what its messages say; the rows of those that are gone go."""
    where = [channel_key(db, kept.place), clean(kept.anchor)]
    for source in kept.sources:
        if source.gone:
            db.execute("DELETE FROM companion WHERE channel = ? AND id = ?", [where[0], clean(source.id)])
    db.execute(STANDS, [clean(post), *where])


def forget(db: Database, kept: Kept) -> None:
    """Forget a post that no longer stands there."""
    db.execute(DROP, [channel_key(db, kept.place), clean(kept.anchor)])


def edited(db: Database, message: Message) -> bool:
    """Note that the message was edited; False where that was known."""
    if message.edited_at is None:
        return False
    row = [microseconds(message.edited_at), channel_key(db, message.place), clean(message.id)]
    return db.execute(EDITED, row).rowcount > 0


def make_stale(db: Database, place: Place, anchor: str) -> None:
    """Have the post written anew."""
    db.execute(STALE, [channel_key(db, place), clean(anchor)])


def unfinished(db: Database) -> list[tuple[Place, str]]:
    """Return the posts, by place and anchor, that are not known to stand there or say something else by now."""
    return [(Place(platform, workspace, channel), anchor) for platform, workspace, channel, anchor in db.execute(OPEN)]


def anchor_of(db: Database, place: Place, post: str) -> str:
    """Return the anchor of the post that the service calls so, "" for none of Parley's translations."""
    row = db.execute(WITH_POST, [known_channel(db, place), clean(post)]).fetchone()
    return str(row[0]) if row else ""


def last_in(db: Database, place: Place) -> str:
    """Return the anchor of the newest post in the place's thread, "" where none stands there."""
    row = db.execute(IN_THREAD, [known_channel(db, place), clean(place.thread or "")]).fetchone()
    return str(row[0]) if row and place.thread else ""


def retain(db: Database, now: datetime, days: int) -> None:
    """Forget which posts stand beside messages that are older than their channel keeps."""
    db.execute(EXPIRE, [microseconds(now), days])
