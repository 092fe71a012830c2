"""Turns the pages of a channel by key: messages that begin something, each with its thread, wherever the reader stands.

A page costs the same at any depth, since it begins at a message and not at a number.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from adapters.chat import EVERYTHING, Message, Place
from bot.history.rows import EPOCH, MESSAGE, Row, clean, id_list, message_from, messages_from, microseconds
from bot.history.selection import select_in
from bot.history.values import Scope

FROM = "FROM message JOIN channel ON channel.key = message.channel"
BEGINS = """(message.thread IS NULL OR NOT EXISTS
    (SELECT 1 FROM message AS first WHERE first.channel = message.channel AND first.id = message.thread))"""
REPLIES = f"""SELECT * FROM (SELECT {MESSAGE},
    row_number() OVER (PARTITION BY message.channel, message.thread ORDER BY message.sent_at, message.id) AS place,
    count(*) OVER (PARTITION BY message.channel, message.thread) AS replies {FROM}
    WHERE message.thread IN (SELECT value FROM json_each(?)) AND """  # noqa: S608 - made of constants
SHOWN = ") WHERE place <= ? ORDER BY sent_at, id"
MOST_REPLIES, MOST_OF_ONE = 12, 1000  # replies shown under a message, and under the one that the reader looks at


@dataclass(frozen=True, slots=True)
class PageMark:
    """A message's place in its channel's order: the moment it was sent in microseconds, then its id."""

    at: int
    id: str

    @classmethod
    def of(cls, message: Message) -> "PageMark":
        """Return the place of a message."""
        return cls(microseconds(message.sent_at), message.id)


@dataclass(frozen=True, slots=True)
class Begun:
    """A message that begins something, the first replies to it, and how many there are."""

    first: Message
    replies: tuple[Message, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page, oldest first, and whether there is more on either side."""

    begun: tuple[Begun, ...]
    earlier: bool
    later: bool


def newest(db: Database, scope: Scope, size: int) -> Leaf:
    """Return the last page."""
    return before(db, scope, PageMark(2**62, ""), size)


def before(db: Database, scope: Scope, mark: PageMark, size: int) -> Leaf:
    """Return the page that ends before the mark."""
    rows = _rows(db, scope, "<", mark, size + 1)
    later = bool(_rows(db, scope, ">=", mark, 1))
    return Leaf(_with_replies(db, scope, rows[:size][::-1]), len(rows) > size, later)


def after(db: Database, scope: Scope, mark: PageMark, size: int) -> Leaf:
    """Return the page that begins after the mark."""
    rows = _rows(db, scope, ">", mark, size + 1)
    earlier = bool(_rows(db, scope, "<=", mark, 1))
    return Leaf(_with_replies(db, scope, rows[:size]), earlier, len(rows) > size)


def around(db: Database, scope: Scope, id_: str, size: int) -> Leaf | None:
    """Return the page with that message in its middle, its thread in whole; None where the scope doesn't hold it."""
    message = _message(db, scope, id_)
    if message is None:
        return None
    first = _message(db, scope, message.place.thread) if message.place.thread else None
    mark = PageMark.of(first or message)
    up, down = _rows(db, scope, "<=", mark, size // 2 + 1), _rows(db, scope, ">", mark, size // 2 + 1)
    firsts = [*up[: size // 2][::-1], *down[: size // 2]]
    whole = (first or message).id
    return Leaf(_with_replies(db, scope, firsts, whole), len(up) > size // 2, len(down) > size // 2)


def thread(db: Database, scope: Scope, id_: str) -> Begun | None:
    """Return a message with all replies to it, as far as MOST_OF_ONE; None where the scope doesn't hold it."""
    message = _message(db, scope, id_)
    return _with_replies(db, scope, [message], id_)[0] if message else None


def messages(db: Database, scope: Scope, ids: Sequence[str]) -> list[Message]:
    """Return the messages with these ids that the scope holds."""
    selection = select_in(db, scope, EVERYTHING, EPOCH)
    sql = f"SELECT {MESSAGE} {FROM} WHERE {selection.where} AND message.id IN (SELECT value FROM json_each(?))"  # noqa: S608
    return messages_from(db.execute(sql, [*selection.values, id_list(ids)]))


def _message(db: Database, scope: Scope, id_: str) -> Message | None:
    return next(iter(messages(db, scope, [id_])), None)


def _rows(db: Database, scope: Scope, side: str, mark: PageMark, limit: int) -> list[Message]:
    """Return the nearest messages on one side of the mark, the nearest first."""
    selection = select_in(db, scope, EVERYTHING, EPOCH)
    order = "message.sent_at DESC, message.id DESC" if "<" in side else "message.sent_at, message.id"
    sql = f"""SELECT {MESSAGE} {FROM} WHERE {selection.where} AND {BEGINS}
        AND (message.sent_at, message.id) {side} (?, ?) ORDER BY {order} LIMIT ?"""
    return messages_from(db.execute(sql, [*selection.values, mark.at, clean(mark.id), limit]))


def _with_replies(db: Database, scope: Scope, firsts: Sequence[Message], whole: str = "") -> tuple[Begun, ...]:
    """Return the messages with what was replied; to `whole` all of it."""
    selection = select_in(db, scope, EVERYTHING, EPOCH)
    replies: dict[tuple[Place, str], list[Row]] = {}
    for some, most in ((firsts, MOST_REPLIES), ([each for each in firsts if each.id == whole], MOST_OF_ONE)):
        wanted = [id_list(each.id for each in some), *selection.values, most]
        found: dict[tuple[Place, str], list[Row]] = {}
        for row in db.execute(f"{REPLIES}{selection.where}{SHOWN}", wanted) if some else ():
            found.setdefault((Place(*row[:3]), row[3]), []).append(row)
        replies |= found
    return tuple(_begun(each, replies.get((each.place, each.id), [])) for each in firsts)


def _begun(first: Message, rows: Sequence[Row]) -> Begun:
    return Begun(first, tuple(message_from(row[:-2]) for row in rows), rows[0][-1] if rows else 0)
