"""Checks whether the history's file is what was written: pages, links, index and texts; and mends what it can.

Opens the file without changing it, so that a damaged one can be looked at. Indexes can be made anew from the rows; rows
that are damaged can't, and only a backup brings them back.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.text.counts import counted
from bot.history.database import BEWILDERED, flaws, looked_at, refuse_strangers
from bot.history.failures import explained
from bot.history.index import blocks

INDEX_CHECK = "INSERT INTO message_fts (message_fts, rank) VALUES ('integrity-check', 1)"
LOST = """SELECT (SELECT count(*) FROM message) - (SELECT count(*) FROM message_fts_docsize)"""
UNREADABLE = ("author", "author_name", "text", "id")
WAITING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
REPAIRS = (
    "REINDEX",
    "INSERT INTO message_fts (message_fts) VALUES ('rebuild')",
    "DELETE FROM vector_block",  # which are made anew of the vectors
)


@dataclass(frozen=True, slots=True)
class Soundness:
    """Holds what is wrong with the file, nothing where it is sound, and how many messages could be counted."""

    findings: tuple[str, ...]
    messages: int | None

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        return {"sound": not self.findings, "findings": list(self.findings), "messages": self.messages}

    def sentences(self) -> list[str]:
        """Return it as a person reads it."""
        if not self.findings:
            messages = counted(self.messages or 0, "message")
            return [f"The history is sound: {messages}, their index and all links between tables."]
        advice = "Indexes are made anew by `parley history check --repair`; only a backup brings rows back."
        return [f"Damaged: {each}." for each in self.findings] + [advice]


def check(path: Path, *, repair: bool = False) -> Soundness:
    """Look at the whole file; with `repair`, make its indexes anew before. Raises HistoryUnavailable for no history."""
    with explained(), closing(looked_at(path)) as connection:
        _refuse(connection, path)
        if repair:
            _repair(connection)
        findings = tuple(dict.fromkeys(_findings(connection)))
        try:
            (messages,) = connection.execute("SELECT count(*) FROM message").fetchone()
        except (sqlite3.DatabaseError, *BEWILDERED):
            messages = None
        return Soundness(findings, messages)


def _refuse(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse what isn't a history; a file whose tables can't be read may be one."""
    try:
        refuse_strangers(connection, path)
    except (sqlite3.DatabaseError, *BEWILDERED) as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in WAITING:
            raise


def _repair(connection: sqlite3.Connection) -> None:
    for statement in REPAIRS:
        try:
            connection.execute(statement)
            connection.commit()
        except sqlite3.DatabaseError:  # the check that follows says what is left
            connection.rollback()


def _findings(connection: sqlite3.Connection) -> Iterator[str]:
    for look in (_pages, _links, _index, _blocks, _texts):
        try:
            yield from look(connection)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in WAITING:
                raise
            yield f"{look.__doc__} can't be read"
        except (sqlite3.DatabaseError, *BEWILDERED):
            yield f"{look.__doc__} can't be read"


def _pages(connection: sqlite3.Connection) -> Iterator[str]:
    """Pages of the file"""  # noqa: D415 - the beginning of a finding
    yield from flaws(connection)


def _links(connection: sqlite3.Connection) -> Iterator[str]:
    """Links between tables"""  # noqa: D415 - the beginning of a finding
    for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield f"rows of {table} belong to rows of {parent} that are not there"


def _index(connection: sqlite3.Connection) -> Iterator[str]:
    """The full-text index"""  # noqa: D415 - the beginning of a finding
    try:
        connection.execute(INDEX_CHECK)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise
        yield "the full-text index doesn't hold the words of the messages"
    finally:
        connection.rollback()
    (lost,) = connection.execute(LOST).fetchone()
    if lost:
        yield f"the full-text index and the messages differ by {abs(lost)}"


def _blocks(connection: sqlite3.Connection) -> Iterator[str]:
    """Codes of vectors"""  # noqa: D415 - the beginning of a finding
    if count := blocks.wrong(connection):
        yield f"{counted(count, 'block holds', 'blocks hold')} other codes than those of their vectors"


def _texts(connection: sqlite3.Connection) -> Iterator[str]:
    """Texts of messages"""  # noqa: D415 - the beginning of a finding
    connection.text_factory = bytes
    columns = ", ".join(UNREADABLE)
    wrong = sum(not all(map(_readable, row)) for row in connection.execute(f"SELECT {columns} FROM message"))  # noqa: S608
    (odd,) = connection.execute(
        "SELECT count(*) FROM message WHERE reactions IS NOT NULL AND NOT json_valid(reactions)"
    ).fetchone()
    if wrong or odd:
        yield f"{counted(wrong + odd, 'message holds', 'messages hold')} something other than text"


def _readable(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
