"""Finds people by a part of their name: who wrote messages, and how many are stored. For the owner alone."""

from dataclasses import dataclass

from sqlite_utils import Database

from adapters.chat import Person, Place
from bot.history.rows import clean

FOUND = """SELECT platform, workspace, author, max(author_name), count(*) AS said
    FROM message JOIN channel ON channel.key = message.channel
    WHERE NOT from_bot AND NOT notice AND (author = ?1 OR instr(lower(author_name), lower(?1)))
    GROUP BY platform, workspace, author ORDER BY said DESC, author LIMIT ?2"""


@dataclass(frozen=True, slots=True)
class Author:
    """A person of one workspace, and how many of their messages are stored."""

    person: Person
    place: Place
    messages: int


def find(db: Database, typed: str, limit: int) -> list[Author]:
    """Return people whose name holds what was typed, or whose id it is: those who wrote most first."""
    rows = db.execute(FOUND, [clean(typed), limit])
    return [
        Author(Person(id_, name), Place(platform, workspace, ""), count)
        for platform, workspace, id_, name, count in rows
    ]
