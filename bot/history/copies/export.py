"""Writes a history as records, in the order in which another one takes them: who is left out comes before messages."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlite_utils import Database

from bot.history.copies.records import FORMAT
from bot.history.rows import MESSAGE, document, message_from, moment

FIGURE = "start, stop, messages, people, effective, positive, neutral, negative, blur"
RESTS_ON = """(SELECT json_group_array(message.id) FROM derived_from
    JOIN message ON message.key = derived_from.message WHERE derived = derived.key)"""
VERDICTS = """(SELECT json_group_array(json_array(person, good, verdict.at)) FROM verdict
    WHERE verdict.derived = derived.key)"""
BEFORE = {  # what is known before the first message is taken: columns, and the order of rows
    "forgotten": ("author, workspace, at, until", "author, workspace"),
    "channel": ("platform, workspace, id AS channel, name, kind, workspace_name", "key"),
    "standing": ("kept, follow, days, mark, by, at, apps", ""),
    "tombstone": ("tombstone.id, at", "tombstone.id"),
}
AFTER = {
    "seen": ("person, thread, at", "person, thread"),
    "preference": ("person, workspace, language", "person, workspace"),
    "schedule": ("what, person, about, cron, timezone, span, since, owners", "what, person, cron, timezone, owners"),
    "posting": ("what, person, due, tried, held, holder, posted", "what, person, due"),
    "term": ("platform, workspace, target, term, translation, by, at", "platform, workspace, folded, target"),
    "interpreted": ("targets, readers, by, at", ""),
    "spared": ("person, workspace", "person, workspace"),
    "unbridged": ("person, workspace", "person, workspace"),
    "companion": (
        "companion.id, anchor, thread, author, targets, sent_at, edited_at, tried, post, stale, gone",
        "companion.id",
    ),
    "promise": ("platform, workspace, channel, key, thread, asker, asker_name, at, settled", "key"),
    "mood": (f"model, {FIGURE}", "model, start"),
    "topic_mood": (f"model, {FIGURE}, centre", "topic_mood.key"),
    "feedback": (f"content, model, value, at, {RESTS_ON} AS rests_on, {VERDICTS} AS verdicts", "derived.key"),
}
FREE = {
    "forgotten",
    "channel",
    "preference",
    "promise",
    "term",
    "spared",
    "unbridged",
}  # records that belong to no row of a channel's
TABLES = {"feedback": "derived"}  # where that is called otherwise than the record
CARRIED = """(SELECT json_group_array(json_array(carried.author, carried.id, carried.channel, alone)) FROM carried
    WHERE carried.message = message.key)"""
MESSAGES = f"""SELECT {MESSAGE}, {CARRIED} FROM message JOIN channel ON channel.key = message.channel
    ORDER BY message.channel, message.sent_at, message.id"""  # noqa: S608 - made of constants
TIMES = {"at", "sent_at", "until", "since", "due", "tried", "held", "posted", "start", "stop"}


def documents(db: Database) -> Iterator[dict[str, Any]]:
    """Yield every record as plain JSON types, all of one moment."""
    with _one_moment(db):
        yield {"record": "history", "format": FORMAT}
        yield from erasures(db)
        for *row, carried in db.execute(MESSAGES):
            yield {**document(message_from(row)), **_carried(json.loads(carried)), "record": "message"}
        for record, (columns, order) in AFTER.items():
            yield from _told(db, record, columns, order)


def erasures(db: Database) -> Iterator[dict[str, Any]]:
    """Yield the records that say what is left out: people, channels with their decisions, and messages."""
    for record, (columns, order) in BEFORE.items():
        yield from _told(db, record, columns, order)


def _carried(rows: list[tuple[str, str, str, str]]) -> dict[str, Any]:
    """Return whose words a message passes on, and what it says without them; nothing for one that passes none on."""
    if not rows:
        return {}
    passed_on = [{"author": author, "id": id_, "channel": channel} for author, id_, channel, _ in rows]
    return {"carried": passed_on, "alone": rows[0][3]}


@contextmanager
def _one_moment(db: Database) -> Iterator[None]:
    """Read as if nothing changed meanwhile, whatever another process writes."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("ROLLBACK")


def _told(db: Database, record: str, columns: str, order: str) -> Iterator[dict[str, Any]]:
    cursor = db.execute(_select(TABLES.get(record, record), columns, order, free=record in FREE))
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield {"record": record, **{name: _plain(name, value) for name, value in zip(names, row, strict=True)}}


def _select(table: str, columns: str, order: str, *, free: bool) -> str:
    if free:
        return f"SELECT {columns} FROM {table} ORDER BY {order}"  # noqa: S608 - made of constants
    some = "WHERE derived.kind = 'feedback'" if table == "derived" else ""
    return f"""SELECT channel.platform, channel.workspace, channel.id AS channel, {columns}
        FROM {table} JOIN channel ON channel.key = {table}.channel {some}
        ORDER BY {", ".join(filter(None, (f"{table}.channel", order)))}"""  # noqa: S608 - made of constants


def _plain(name: str, value: Any) -> Any:
    """Return a column's value as JSON has it."""
    if name == "verdicts":
        judged = json.loads(value)
        return [{"person": person, "good": good, "at": moment(at).isoformat()} for person, good, at in judged]
    if name in {"value", "rests_on", "about"}:
        return json.loads(value)
    if name in TIMES and value is not None:
        return moment(value).isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
