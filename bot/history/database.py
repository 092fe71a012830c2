"""Opens a file of the history for its owner alone, refuses other programs' files, and looks for damage.

The only place that knows files and pragmas. It doesn't know what a message is used for.
"""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from bot.errors import HistoryDamaged, HistoryUnavailable
from bot.history.failures import DAMAGED, FOREIGN, explained
from bot.history.schema import migrations

APPLICATION_ID = 0x5061726C  # "Parl" in the file's header tells our database from any other program's
MAGIC, HEADER, PAGES_AT, ID_AT = b"SQLite format 3\0", 100, slice(28, 32), slice(68, 72)  # of the file's first bytes
SIDES = ("-wal", "-shm", "-journal")  # what SQLite puts beside a file
BEWILDERED = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError)  # by damaged values
ODD = (  # rows that hold what is never stored: JSON that is none, times beyond the calendar, labels of no name
    "SELECT 1 FROM message WHERE reactions IS NOT NULL AND NOT json_valid(reactions)",
    "SELECT 1 FROM message WHERE abs(sent_at) > 253402300799999999 OR abs(ifnull(edited_at, 0)) > 253402300799999999",
    "SELECT 1 FROM score WHERE label NOT IN ('positive', 'neutral', 'negative', 'foreign', 'wordless')",
    "SELECT 1 FROM vector WHERE length(value) % 2",
    """SELECT 1 FROM vector_block WHERE length(channels) <> 2 * length(messages)
    OR length(times) <> 4 * length(messages) OR length(messages) AND length(codes) % (4 * length(messages))""",
)
NULL = re.compile(r"NULL value in (\w+)\.(\w+)")  # as SQLite reports it
MOST = 100  # findings that SQLite is asked for
BUSY_SECONDS = 5.0


def connect(path: Path | None, busy_seconds: float = BUSY_SECONDS) -> Database:
    """Open the file at `path` (None: in memory), create it if it isn't there, and bring its tables up to date.

    Raises HistoryUnavailable, and then leaves the file as it was.
    """
    if path is not None:
        _create_private(path)
    with explained():
        connection = sqlite3.connect(path or ":memory:", timeout=busy_seconds)
        try:
            return _prepare(connection, path)
        except BEWILDERED as error:
            connection.close()
            raise HistoryDamaged(*DAMAGED[1:]) from error
        except BaseException:
            connection.close()
            raise


def reading(path: Path, busy_seconds: float = BUSY_SECONDS) -> Database:
    """Open the file a second time, after `connect`, for reads alone: they see what is committed and wait for nobody."""
    with explained():
        connection = sqlite3.connect(path, timeout=busy_seconds)
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        return Database(connection)


def looked_at(path: Path) -> sqlite3.Connection:
    """Return the file as it is, for a check: nothing is brought up to date.

    Raises HistoryUnavailable for no history.
    """
    _refuse_by_header(path)
    return sqlite3.connect(path, timeout=BUSY_SECONDS)


@contextmanager
def diagnosed(db: Database) -> Iterator[None]:
    """Explain failures as `explained` does; what makes no sense is damage where SQLite finds damage as well."""
    try:
        with explained():
            yield
    except BEWILDERED as error:
        if _sound(db):
            raise
        raise HistoryDamaged(*DAMAGED[1:]) from error


def flaws(connection: sqlite3.Connection, check: str = "integrity_check") -> list[str]:
    """Return what SQLite finds wrong with the file, at most MOST lines.

    A NULL that it reports is looked for: up to 3.40 it takes a column for another one where the key isn't first.
    """
    found = [str(line).partition("\n")[0] for (line,) in connection.execute(f"PRAGMA {check}({MOST})")]
    return [line for line in found if line != "ok" and not _is_imagined(connection, line)]


def _is_imagined(connection: sqlite3.Connection, line: str) -> bool:
    """Return whether the line reports a NULL where there is none."""
    told = NULL.fullmatch(line)
    if told is None:
        return False
    return not connection.execute(f"SELECT 1 FROM {told[1]} WHERE {told[2]} IS NULL").fetchone()  # noqa: S608 - words


def _sound(db: Database) -> bool:
    """Return whether SQLite finds the pages sound, and the values of messages are such as are stored."""
    try:
        return not flaws(db.conn, "quick_check") and not any(db.execute(statement).fetchone() for statement in ODD)
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return False


@contextmanager
def writing(db: Database) -> Iterator[None]:
    """Open a transaction that takes the write lock first: one that begins by reading could not wait for a writer."""
    with explained(), db.atomic():
        db.execute("DELETE FROM seen WHERE 0")
        yield


def _create_private(path: Path) -> None:
    """Make sure the file exists, one that is new for its owner alone, and is none of another program."""
    if path.exists() and not path.is_file():
        raise HistoryUnavailable(f"The history {path} isn't a plain file.", "Choose another with --db.")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        _refuse_by_header(path)
    except OSError as error:
        raise HistoryUnavailable(
            f"The history {path} can't be opened: {error.strerror}.",
            "Choose another file with --db, or make that one yours to read and write.",
        ) from error


def _refuse_by_header(path: Path) -> None:
    """Refuse a file whose first bytes aren't a history's, so that SQLite doesn't so much as open it.

    A database whose log lies beside it may have its newest first page there, and one of a single page holds no
    table: another process may be making a history of it at this moment. Both are left to `refuse_strangers`.
    """
    with path.open("rb") as stream:
        header = stream.read(HEADER)
    if not header:
        return
    if not header.startswith(MAGIC):
        raise HistoryUnavailable(*FOREIGN[1:])
    if header[ID_AT] == APPLICATION_ID.to_bytes(4, "big") or int.from_bytes(header[PAGES_AT], "big") <= 1:
        return
    file = path.resolve()
    if not file.with_name(f"{file.name}-wal").exists():
        raise _of_another_program(path)


def _of_another_program(path: Path | None) -> HistoryUnavailable:
    return HistoryUnavailable(
        f"{path} is the database of another program and was left alone.", "Choose another file with --db."
    )


def _keep_private(path: Path) -> None:
    """Let nobody but the owner read the file and those that SQLite puts beside it."""
    for file in (path, *(path.with_name(path.name + side) for side in SIDES)):
        if os.name == "posix" and file.exists() and file.stat().st_mode & 0o077:
            file.chmod(0o600)


def _prepare(connection: sqlite3.Connection, path: Path | None) -> Database:
    refuse_strangers(connection, path)  # before anything is written
    if path is not None:
        _keep_private(path.resolve())
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")  # safe under WAL: a power cut loses only the last batch
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA temp_store = MEMORY")  # no text in temporary files
    db = Database(connection)
    if migrations.pending(db):
        _migrate(db)
    return db


def refuse_strangers(connection: sqlite3.Connection, path: Path | None) -> None:
    """Raise HistoryUnavailable for another program's database, and for one that a newer Parley wrote."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if tables and application != APPLICATION_ID:
        raise _of_another_program(path)
    db = Database(connection)
    known = {migration.name for migration in migrations._migrations}  # noqa: SLF001 - there is no public list
    if not {migration.name for migration in migrations.applied(db)} <= known:
        raise HistoryUnavailable(
            f"The history {path} was written by a newer Parley than this one.",
            "Upgrade Parley, or choose another file with --db.",
        )


def _migrate(db: Database) -> None:
    """Apply what is pending, the write lock first, so that two processes that open at once don't both do it."""
    with db.atomic():
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        migrations.apply(db)
