"""The tables of the history, how a file of them is opened, and what is said when that fails.

The only place that knows files, pragmas and migrations. It doesn't know what a message is used for.
"""

import os
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database, Migrations

from bot.errors import HistoryBusy, HistoryDamaged, HistoryFull, HistoryUnavailable

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
REMAINS = "PRAGMA user_version = 1"  # the mark of `bot.history.purge`
migrations = Migrations("history")

TABLES = (
    """CREATE TABLE channel (
        key INTEGER PRIMARY KEY,
        platform TEXT NOT NULL,
        workspace TEXT NOT NULL,
        id TEXT NOT NULL,
        name TEXT NOT NULL DEFAULT '',
        kind TEXT NOT NULL DEFAULT 'public',
        workspace_name TEXT NOT NULL DEFAULT '',
        UNIQUE (platform, workspace, id)
    ) STRICT""",
    """CREATE TABLE message (
        key INTEGER PRIMARY KEY,
        channel INTEGER NOT NULL REFERENCES channel ON DELETE CASCADE,
        id TEXT NOT NULL,
        thread TEXT,
        author TEXT NOT NULL,
        author_name TEXT NOT NULL,
        text TEXT NOT NULL,
        sent_at INTEGER NOT NULL,
        edited_at INTEGER,
        from_bot INTEGER NOT NULL,
        notice INTEGER NOT NULL,
        permalink TEXT,
        reply_to TEXT,
        reactions TEXT,
        UNIQUE (channel, id)
    ) STRICT""",
    "CREATE INDEX message_by_time ON message (channel, sent_at)",
    "CREATE INDEX message_by_thread ON message (channel, thread) WHERE thread IS NOT NULL",
    """CREATE TABLE vector (
        message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
        model TEXT NOT NULL,
        value BLOB NOT NULL,
        UNIQUE (message, model)
    ) STRICT""",
    """CREATE TRIGGER vector_of_edited AFTER UPDATE OF text ON message WHEN old.text <> new.text
        BEGIN DELETE FROM vector WHERE message = old.key; END""",
    """CREATE TABLE tombstone (
        channel INTEGER NOT NULL REFERENCES channel ON DELETE CASCADE,
        id TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (channel, id)
    ) STRICT, WITHOUT ROWID""",
    "CREATE TABLE forgotten (author TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    """CREATE TABLE seen (
        person TEXT NOT NULL,
        channel INTEGER NOT NULL REFERENCES channel ON DELETE CASCADE,
        thread TEXT NOT NULL DEFAULT '',
        at INTEGER NOT NULL,
        PRIMARY KEY (person, channel, thread)
    ) STRICT, WITHOUT ROWID""",
)

# New messages enter the index a batch at a time (bot/history/ingestion.py): with a trigger that inserts, FTS5 writes a
# segment for every row, and adding takes two and a half times as long. So a row can be edited before it is indexed;
# the _docsize table tells.
INDEX_TRIGGERS = (
    """CREATE TRIGGER index_of_edited AFTER UPDATE OF text ON message
        WHEN old.text <> new.text AND EXISTS (SELECT 1 FROM message_fts_docsize WHERE id = old.key)
        BEGIN
            INSERT INTO message_fts (message_fts, rowid, text) VALUES ('delete', old.key, old.text);
            INSERT INTO message_fts (rowid, text) VALUES (new.key, new.text);
        END""",
    """CREATE TRIGGER index_of_deleted AFTER DELETE ON message
        BEGIN INSERT INTO message_fts (message_fts, rowid, text) VALUES ('delete', old.key, old.text); END""",
)

# Summaries, translations, scores, feedback and reports live here or reference `message` themselves (`vector` does);
# tests/test_erasure.py fails for a table that holds text and does neither.
DERIVED = (
    """CREATE TABLE derived (
        key INTEGER PRIMARY KEY,
        channel INTEGER NOT NULL REFERENCES channel ON DELETE CASCADE,
        kind TEXT NOT NULL,
        content TEXT NOT NULL,
        model TEXT NOT NULL,
        value TEXT NOT NULL,
        at INTEGER NOT NULL,
        UNIQUE (channel, kind, content, model)
    ) STRICT""",
    """CREATE TABLE derived_from (
        derived INTEGER NOT NULL REFERENCES derived ON DELETE CASCADE,
        message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
        PRIMARY KEY (derived, message)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX derived_by_message ON derived_from (message)",
    """CREATE TRIGGER derived_of_deleted AFTER DELETE ON derived_from
        BEGIN DELETE FROM derived WHERE key = old.derived; END""",
    """CREATE TRIGGER derived_of_edited AFTER UPDATE OF text ON message WHEN old.text <> new.text
        BEGIN DELETE FROM derived WHERE key IN (SELECT derived FROM derived_from WHERE message = old.key); END""",
)

# A score holds no author and no text: only the message it belongs to, and what a model and version made of it.
SCORES = (
    """CREATE TABLE score (
        message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
        model TEXT NOT NULL,
        label TEXT NOT NULL,
        PRIMARY KEY (message, model)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TRIGGER score_of_edited AFTER UPDATE OF text ON message WHEN old.text <> new.text
        BEGIN DELETE FROM score WHERE message = old.key; END""",
)

# `person` is a hash that is another one under every answer. An answer that nobody judges any more goes.
VERDICTS = (
    """CREATE TABLE verdict (
        derived INTEGER NOT NULL REFERENCES derived ON DELETE CASCADE,
        person TEXT NOT NULL,
        good INTEGER NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (derived, person)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TRIGGER verdict_of_nobody AFTER DELETE ON verdict
        WHEN NOT EXISTS (SELECT 1 FROM verdict WHERE derived = old.derived)
        BEGIN DELETE FROM derived WHERE key = old.derived; END""",
)

# A posting is one report of one time: claimed before the work, settled when it stands in the channel.
SCHEDULES = (
    """CREATE TABLE schedule (
        channel INTEGER NOT NULL REFERENCES channel ON DELETE CASCADE,
        cron TEXT NOT NULL,
        timezone TEXT NOT NULL,
        span INTEGER,
        since INTEGER NOT NULL,
        owners INTEGER NOT NULL,
        PRIMARY KEY (channel, cron, timezone, owners)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE posting (
        channel INTEGER NOT NULL REFERENCES channel ON DELETE CASCADE,
        due INTEGER NOT NULL,
        tried INTEGER NOT NULL,
        held INTEGER NOT NULL,
        holder TEXT NOT NULL,
        posted INTEGER,
        PRIMARY KEY (channel, due)
    ) STRICT, WITHOUT ROWID""",
)

# What comes round: `what` it is, for everyone in the channel or for one `person`, `about` the channel or others.
ROUNDS = (
    "ALTER TABLE schedule RENAME TO old_schedule",
    "ALTER TABLE posting RENAME TO old_posting",
    """CREATE TABLE schedule (
        channel INTEGER NOT NULL REFERENCES channel ON DELETE CASCADE,
        what TEXT NOT NULL,
        person TEXT NOT NULL,
        about TEXT NOT NULL,
        cron TEXT NOT NULL,
        timezone TEXT NOT NULL,
        span INTEGER,
        since INTEGER NOT NULL,
        owners INTEGER NOT NULL,
        PRIMARY KEY (channel, what, person, cron, timezone, owners)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE posting (
        channel INTEGER NOT NULL REFERENCES channel ON DELETE CASCADE,
        what TEXT NOT NULL,
        person TEXT NOT NULL,
        due INTEGER NOT NULL,
        tried INTEGER NOT NULL,
        held INTEGER NOT NULL,
        holder TEXT NOT NULL,
        posted INTEGER,
        PRIMARY KEY (channel, what, person, due)
    ) STRICT, WITHOUT ROWID""",
    """INSERT INTO schedule SELECT channel, 'report', '', '[]', cron, timezone, span, since, owners
        FROM old_schedule""",
    "INSERT INTO posting SELECT channel, 'report', '', due, tried, held, holder, posted FROM old_posting",
    "DROP TABLE old_schedule",
    "DROP TABLE old_posting",
)

# The figures of a channel's mood, in blurred counts over many people: no text, no person, no single message.
MOODS = (
    """CREATE TABLE mood (
        key INTEGER PRIMARY KEY,
        channel INTEGER NOT NULL REFERENCES channel ON DELETE CASCADE,
        model TEXT NOT NULL,
        newest INTEGER NOT NULL,
        start INTEGER NOT NULL,
        stop INTEGER NOT NULL,
        messages INTEGER NOT NULL,
        people INTEGER NOT NULL,
        effective REAL NOT NULL,
        positive REAL NOT NULL,
        neutral REAL NOT NULL,
        negative REAL NOT NULL,
        blur REAL NOT NULL,
        UNIQUE (channel, model, start)
    ) STRICT""",
    """CREATE TABLE topic_mood (
        key INTEGER PRIMARY KEY,
        channel INTEGER NOT NULL REFERENCES channel ON DELETE CASCADE,
        model TEXT NOT NULL,
        centre BLOB NOT NULL,
        start INTEGER NOT NULL,
        stop INTEGER NOT NULL,
        messages INTEGER NOT NULL,
        people INTEGER NOT NULL,
        effective REAL NOT NULL,
        positive REAL NOT NULL,
        neutral REAL NOT NULL,
        negative REAL NOT NULL,
        blur REAL NOT NULL
    ) STRICT""",
    "CREATE INDEX topic_mood_by_channel ON topic_mood (channel, model, start)",
)

# Words of other messages that stand in messages: whose and of which, so that an erasure finds them. `alone` is the
# message's text without them.
CARRIED = (
    """CREATE TABLE carried (
        message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
        author TEXT NOT NULL,
        channel TEXT NOT NULL,
        id TEXT NOT NULL,
        alone TEXT NOT NULL,
        PRIMARY KEY (message, author, channel, id)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX carried_by_author ON carried (author)",
    "CREATE INDEX carried_by_id ON carried (id)",
    """CREATE TRIGGER carried_of_edited AFTER UPDATE OF text ON message WHEN old.text <> new.text
        BEGIN DELETE FROM carried WHERE message = old.key; END""",
)
# Made of `vector` (bot/history/index/blocks.py): a block goes with every change of what it was made of.
BLOCKS = (
    """CREATE TABLE vector_block (
        key INTEGER NOT NULL,
        model TEXT NOT NULL,
        messages BLOB NOT NULL,
        channels BLOB NOT NULL,
        times BLOB NOT NULL,
        codes BLOB NOT NULL,
        centre BLOB NOT NULL,
        PRIMARY KEY (key, model)
    ) STRICT""",
    """CREATE TRIGGER block_of_added AFTER INSERT ON vector
        BEGIN DELETE FROM vector_block WHERE key = new.message / 4096 AND model = new.model; END""",
    """CREATE TRIGGER block_of_removed AFTER DELETE ON vector
        BEGIN DELETE FROM vector_block WHERE key = old.message / 4096 AND model = old.model; END""",
    """CREATE TRIGGER block_of_deleted AFTER DELETE ON message
        BEGIN DELETE FROM vector_block WHERE key = old.key / 4096; END""",
    """CREATE TRIGGER block_of_edited AFTER UPDATE OF text ON message WHEN old.text <> new.text
        BEGIN DELETE FROM vector_block WHERE key = old.key / 4096; END""",
    """CREATE TRIGGER block_of_moved AFTER UPDATE OF sent_at ON message WHEN old.sent_at <> new.sent_at
        BEGIN DELETE FROM vector_block WHERE key = old.key / 4096; END""",
)

# The words are a workspace's own, put there by somebody who administers a channel: no message's.
TERMS = """CREATE TABLE term (
    platform TEXT NOT NULL,
    workspace TEXT NOT NULL,
    folded TEXT NOT NULL,
    target TEXT NOT NULL,
    term TEXT NOT NULL,
    translation TEXT NOT NULL,
    by TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (platform, workspace, folded, target)
) STRICT, WITHOUT ROWID"""
BY_WORKSPACE = (
    "ALTER TABLE forgotten RENAME TO forgotten_before",
    """CREATE TABLE forgotten (
        author TEXT NOT NULL,
        workspace TEXT NOT NULL,
        at INTEGER NOT NULL,
        until INTEGER,
        PRIMARY KEY (author, workspace)
    ) STRICT, WITHOUT ROWID""",
    "INSERT INTO forgotten SELECT author, '', at, until FROM forgotten_before",
    "DROP TABLE forgotten_before",
    "ALTER TABLE preference RENAME TO preference_before",
    """CREATE TABLE preference (
        person TEXT NOT NULL,
        workspace TEXT NOT NULL,
        language TEXT NOT NULL,
        PRIMARY KEY (person, workspace)
    ) STRICT, WITHOUT ROWID""",
    "INSERT INTO preference SELECT person, '', language FROM preference_before",
    "DROP TABLE preference_before",
)
# Notices of Discord were stored with all that they said: a thread's first one held the words that it was opened on.
BARE_NOTICES = """UPDATE message SET text = '' WHERE notice AND text NOT GLOB '[[]*]'
    AND channel IN (SELECT key FROM channel WHERE platform = 'discord')"""

Failure = tuple[type[HistoryUnavailable], str, str]  # the class, what happened, what to do
LOCKED: Failure = HistoryBusy, "The history is in use by another process.", "Try again when it has finished."
FOREIGN: Failure = (
    HistoryUnavailable,
    "The history's file is not a database, or its first page is damaged, and it was left alone.",
    "Choose another file with --db, or restore a backup of this one.",
)
CHECK = "Run `parley history check`: it names what is damaged, and --repair mends the indexes."
DAMAGED: Failure = HistoryDamaged, "The history's file is damaged.", CHECK
UNREACHABLE: Failure = (
    HistoryUnavailable,
    "The history's file can't be opened or written.",
    "Make it yours to write, or choose another with --db.",
)
FULL: Failure = HistoryFull, "The disk is full, so nothing more was stored.", "Free some space and try again."
FAILING: Failure = HistoryUnavailable, "The disk of the history's file fails.", f"Look at the disk. {CHECK}"
SAID: Mapping[int, Failure] = {  # by the extended code, else by its lowest byte
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_NOTADB: FOREIGN,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_FORMAT: DAMAGED,
    sqlite3.SQLITE_IOERR_SHORT_READ: DAMAGED,
    sqlite3.SQLITE_CANTOPEN: UNREACHABLE,
    sqlite3.SQLITE_READONLY: UNREACHABLE,
    sqlite3.SQLITE_PERM: UNREACHABLE,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR_WRITE: FULL,
    sqlite3.SQLITE_IOERR_SHMSIZE: FULL,
    sqlite3.SQLITE_IOERR: FAILING,
}
BASE = 0xFF  # of an extended code


@migrations()
def create_history(db: Database) -> None:
    """Lay the first tables. The full-text index holds no copy of the text: it points at message.text."""
    for statement in TABLES:
        db.execute(statement)
    db.table("message").enable_fts(["text"], tokenize="unicode61 remove_diacritics 2")
    for statement in INDEX_TRIGGERS:
        db.execute(statement)


@migrations()
def create_ledger(db: Database) -> None:
    """Lay the table of promised answers."""
    db.execute("""CREATE TABLE promise (
        key TEXT PRIMARY KEY,
        platform TEXT NOT NULL,
        workspace TEXT NOT NULL,
        channel TEXT NOT NULL,
        thread TEXT NOT NULL,
        asker TEXT NOT NULL,
        asker_name TEXT NOT NULL,
        at INTEGER NOT NULL,
        settled INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""")
    db.execute("CREATE INDEX promise_unsettled ON promise (platform, at) WHERE NOT settled")


@migrations()
def create_standing(db: Database) -> None:
    """Lay the table of what is decided about a channel, and let a forgotten person come back from a time on."""
    db.execute("""CREATE TABLE standing (
        channel INTEGER PRIMARY KEY REFERENCES channel ON DELETE CASCADE,
        kept INTEGER NOT NULL DEFAULT 0,
        follow INTEGER NOT NULL DEFAULT 0,
        days INTEGER,
        mark TEXT NOT NULL DEFAULT '',
        by TEXT NOT NULL DEFAULT '',
        at INTEGER NOT NULL DEFAULT 0
    ) STRICT""")
    db.execute("ALTER TABLE forgotten ADD COLUMN until INTEGER")  # what was sent from then on is kept again


@migrations()
def create_derived(db: Database) -> None:
    """Lay the one place for what is made from messages: it goes when any of its sources is edited or goes."""
    for statement in DERIVED:
        db.execute(statement)


@migrations()
def create_scores(db: Database) -> None:
    """Lay the table of how messages sound."""
    for statement in SCORES:
        db.execute(statement)


@migrations()
def create_verdicts(db: Database) -> None:
    """Lay the table of what people think of answers; the answers lie in `derived`."""
    for statement in VERDICTS:
        db.execute(statement)


@migrations()
def create_schedules(db: Database) -> None:
    """Lay the tables of reports that come round, and of which of them were posted."""
    for statement in SCHEDULES:
        db.execute(statement)


@migrations()
def create_preferences(db: Database) -> None:
    """Lay the table of what people have chosen for themselves."""
    db.execute("CREATE TABLE preference (person TEXT PRIMARY KEY, language TEXT NOT NULL) STRICT")


@migrations()
def create_apps(db: Database) -> None:
    """Let a channel say that what apps write there is read like what people write."""
    db.execute("ALTER TABLE standing ADD COLUMN apps INTEGER NOT NULL DEFAULT 0")


@migrations()
def create_moods(db: Database) -> None:
    """Lay the tables of the figures of a channel's mood."""
    for statement in MOODS:
        db.execute(statement)


@migrations()
def forget_unnamed_arithmetic(db: Database) -> None:
    """Forget vectors and scores that don't say in which arithmetic they were computed; they come anew when needed."""
    for table in ("vector", "score"):
        db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours


@migrations()
def create_carried(db: Database) -> None:
    """Lay the table of others' words in messages."""
    for statement in CARRIED:
        db.execute(statement)


@migrations()
def take_words_out_of_notices(db: Database) -> None:
    """Empty the notices of Discord that older versions stored whole, and note that their words are still in pages."""
    if db.execute(BARE_NOTICES).rowcount > 0:
        db.execute(REMAINS)


@migrations()
def create_terms(db: Database) -> None:
    """Lay the table of the workspaces' glossaries."""
    db.execute(TERMS)


@migrations()
def tell_workspaces_apart(db: Database) -> None:
    """Let who is forgotten, and which language somebody chose, hold for one workspace; "" means every one."""
    for statement in BY_WORKSPACE:
        db.execute(statement)


@migrations()
def create_installations(db: Database) -> None:
    """Lay the table of the tokens of workspaces that installed Parley themselves. No export has them."""
    db.execute("""CREATE TABLE installation (
        platform TEXT NOT NULL,
        workspace TEXT NOT NULL,
        token TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (platform, workspace)
    ) STRICT, WITHOUT ROWID""")


@migrations()
def create_blocks(db: Database) -> None:
    """Lay the table of the codes of vectors; it fills as vectors are made."""
    for statement in BLOCKS:
        db.execute(statement)


@migrations()
def let_digests_come_round(db: Database) -> None:
    """Let schedules and postings say what comes round, for whom and about which channels."""
    for statement in ROUNDS:
        db.execute(statement)


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


@contextmanager
def explained() -> Iterator[None]:
    """Say SQLite's failures in words that may be shown to a person; mistakes of ours stay what they are."""
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.IntegrityError):
        raise
    except sqlite3.DatabaseError as error:
        raise said(error) from error
    except UnicodeDecodeError as error:  # a name in the schema whose bytes aren't text
        raise HistoryDamaged(*DAMAGED[1:]) from error


def said(error: sqlite3.DatabaseError) -> HistoryUnavailable:
    """Return the failure as its class, with a sentence and what to do."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # Python's own: a text of the file isn't UTF-8
        return HistoryDamaged(*DAMAGED[1:])
    unknown = HistoryUnavailable, f"The history failed: {error}.", "Run `parley check`; if it happens again, report it."
    kind, sentence, remedy = SAID.get(code) or SAID.get(code & BASE) or unknown
    return kind(sentence, remedy)


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
