"""The tables of the history, and the migrations that bring a file of any earlier release up to them.

Doesn't know how a file is opened, nor what a message is used for.
"""

from sqlite_utils import Database, Migrations

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
# Which channels translate themselves, whose messages are spared, and which post stands beside which message: no text.
COMPANIONS = (
    """CREATE TABLE interpreted (
        channel INTEGER PRIMARY KEY REFERENCES channel ON DELETE CASCADE,
        targets TEXT NOT NULL,
        readers INTEGER NOT NULL,
        by TEXT NOT NULL,
        at INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE spared (
        person TEXT NOT NULL,
        workspace TEXT NOT NULL,
        PRIMARY KEY (person, workspace)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE companion (
        channel INTEGER NOT NULL REFERENCES channel ON DELETE CASCADE,
        id TEXT NOT NULL,
        anchor TEXT NOT NULL,
        thread TEXT NOT NULL,
        author TEXT NOT NULL,
        targets TEXT NOT NULL,
        sent_at INTEGER NOT NULL,
        edited_at INTEGER NOT NULL,
        tried INTEGER NOT NULL,
        post TEXT NOT NULL,
        stale INTEGER NOT NULL,
        gone INTEGER NOT NULL,
        PRIMARY KEY (channel, id)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX companion_by_anchor ON companion (channel, anchor)",
    "CREATE INDEX companion_open ON companion (tried) WHERE stale OR post = ''",
    """CREATE TRIGGER companion_of_erased AFTER INSERT ON tombstone
        BEGIN UPDATE companion SET gone = 1, stale = 1 WHERE channel = new.channel AND id = new.id; END""",
)
# Which two channels are bridged, whose messages aren't carried, and which post stands for which message: no text.
# `code` is a hash, "" once the other side has confirmed; `tell` is the channel that doesn't know of a change yet.
BRIDGES = (
    """CREATE TABLE bridge (
        key INTEGER PRIMARY KEY,
        channel INTEGER NOT NULL UNIQUE REFERENCES channel ON DELETE CASCADE,
        language TEXT NOT NULL,
        by TEXT NOT NULL,
        by_name TEXT NOT NULL,
        kind TEXT NOT NULL,
        code TEXT NOT NULL,
        at INTEGER NOT NULL,
        other INTEGER UNIQUE REFERENCES channel ON DELETE CASCADE,
        other_language TEXT NOT NULL DEFAULT '',
        other_by TEXT NOT NULL DEFAULT '',
        other_by_name TEXT NOT NULL DEFAULT '',
        ended INTEGER NOT NULL DEFAULT 0,
        tell INTEGER
    ) STRICT""",
    """CREATE TABLE unbridged (
        person TEXT NOT NULL,
        workspace TEXT NOT NULL,
        PRIMARY KEY (person, workspace)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE relayed (
        channel INTEGER NOT NULL REFERENCES channel ON DELETE CASCADE,
        id TEXT NOT NULL,
        thread TEXT NOT NULL,
        author TEXT NOT NULL,
        sent_at INTEGER NOT NULL,
        edited_at INTEGER NOT NULL,
        target INTEGER NOT NULL REFERENCES channel ON DELETE CASCADE,
        tried INTEGER NOT NULL,
        post TEXT NOT NULL,
        stale INTEGER NOT NULL,
        gone INTEGER NOT NULL,
        PRIMARY KEY (channel, id)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX relayed_open ON relayed (sent_at) WHERE stale OR gone",
    "CREATE INDEX relayed_by_target ON relayed (target, post)",
    "CREATE INDEX relayed_by_author ON relayed (author)",
    """CREATE TRIGGER relayed_of_erased AFTER INSERT ON tombstone
        BEGIN UPDATE relayed SET gone = 1 WHERE channel = new.channel AND id = new.id; END""",
)
# Notices of Discord were stored with all that they said: a thread's first one held the words that it was opened on.
BARE_NOTICES = """UPDATE message SET text = '' WHERE notice AND text NOT GLOB '[[]*]'
    AND channel IN (SELECT key FROM channel WHERE platform = 'discord')"""


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


@migrations()
def create_companions(db: Database) -> None:
    """Lay the tables of channels that translate themselves."""
    for statement in COMPANIONS:
        db.execute(statement)


@migrations()
def create_bridges(db: Database) -> None:
    """Lay the tables of bridges between two channels."""
    for statement in BRIDGES:
        db.execute(statement)
