"""Answers that somebody judged, with what was asked and what was found: examples to measure with, on this machine only.

An example lies in `derived`, so that it goes with any message that it rests on. Who asked and who judged is kept as a
hash that is another one under every answer: enough to change one's mind and to be forgotten, too little to read.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from adapters.chat import Place
from adapters.platform.actions import intent_of, text_of
from bot.history.derived.derivation import fingerprint, link, source
from bot.history.ingestion import channel_key
from bot.history.rows import clean, microseconds, moment
from bot.history.values import Exchange, Judged
from bot.redaction import redact

PLACE = """SELECT channel.platform, channel.workspace, channel.id FROM derived
    JOIN channel ON channel.key = derived.channel WHERE derived.kind = 'feedback' AND content = ?"""
KNOWN = "SELECT key, channel, value FROM derived WHERE kind = 'feedback' AND content = ?"
ALL = """SELECT derived.key, content, value FROM derived JOIN channel ON channel.key = derived.channel
    WHERE derived.kind = 'feedback' AND ?1 IN ('', workspace)"""
KEEP = "INSERT INTO derived (channel, kind, content, model, value, at) VALUES (?, 'feedback', ?, ?, ?, ?)"
DROP = "DELETE FROM derived WHERE key = ?"
SAID = "SELECT key FROM message WHERE channel = ? AND text = ?"
JUDGE = """INSERT INTO verdict (derived, person, good, at) VALUES (?, ?, ?, ?)
    ON CONFLICT (derived, person) DO UPDATE SET good = excluded.good, at = excluded.at WHERE good <> excluded.good"""
WITHDRAW = "DELETE FROM verdict WHERE derived = ? AND person = ? AND good = ?"
FORGET = "DELETE FROM verdict WHERE derived = ? AND person = ?"
LEFT_OUT = "SELECT 1 FROM forgotten WHERE author = ? AND workspace IN ('', ?) AND (until IS NULL OR until > ?)"
READ = """SELECT channel.platform, channel.workspace, channel.id, derived.model, derived.value, derived.at,
    sum(verdict.good), count(*) - sum(verdict.good)
    FROM derived JOIN channel ON channel.key = derived.channel JOIN verdict ON verdict.derived = derived.key
    WHERE derived.kind = 'feedback' GROUP BY derived.key ORDER BY derived.at, derived.key"""


def place_of(db: Database, token: str) -> Place | None:
    """Return the channel of the judged answer with this token."""
    row = db.execute(PLACE, [clean(token)]).fetchone()
    return Place(*row) if row else None


def judge(
    db: Database, channels: Sequence[int], exchange: Exchange | str, person: str, at: datetime, *, good: bool
) -> bool:
    """Keep what `person` thinks of an answer in one of `channels`; a second verdict replaces the first.

    The answer is given whole, or by its token where it has been judged before. False, and nothing kept, for one that
    isn't known, isn't theirs to judge, or rests on what has changed or gone meanwhile.
    """
    token, place = (exchange, place_of(db, exchange)) if isinstance(exchange, str) else (exchange.token, exchange.place)
    row = db.execute(KNOWN, [clean(token)]).fetchone()
    if place is None or is_left_out(db, person, at, place):
        return False
    if row is not None:
        key, channel, value = row
        example = json.loads(value)
        known = channel in channels and (not example["private"] or example["asker"] == _hash(token, person))
    else:
        key = None if isinstance(exchange, str) else _keep(db, channels, exchange, person, at)
        known = key is not None
    if known:
        db.execute(JUDGE, [key, _hash(token, person), good, microseconds(at)])
    return known


def withdraw(db: Database, token: str, person: str, *, good: bool) -> None:
    """Take back this verdict of `person`, if it is the one that stands."""
    for key, _, _ in db.execute(KNOWN, [clean(token)]).fetchall():
        db.execute(WITHDRAW, [key, _hash(token, person), good])


def forget(db: Database, person: str, workspace: str = "") -> int:
    """Erase what the person asked or thought, in one workspace or in all; how many examples and verdicts it was."""
    gone = 0
    for key, token, value in db.execute(ALL, [workspace]).fetchall():
        mine = _hash(token, person)
        gone += db.execute(DROP, [key]).rowcount if json.loads(value)["asker"] == mine else 0
        gone += db.execute(FORGET, [key, mine]).rowcount
    return gone


def count(db: Database, person: str, workspace: str = "") -> int:
    """Return how many judged answers the person asked for or judged, in one workspace or in all."""
    rows = db.execute(ALL, [workspace])
    hashes = [(key, _hash(token, person), json.loads(value)["asker"]) for key, token, value in rows]
    judged = "SELECT 1 FROM verdict WHERE derived = ? AND person = ?"
    return sum(mine == asker or bool(db.execute(judged, [key, mine]).fetchone()) for key, mine, asker in hashes)


def read(db: Database) -> Iterator[Judged]:
    """Yield every judged answer, oldest first, without anybody's id: the owner's view."""
    for *place, model, value, at, up, down in db.execute(READ):
        example = json.loads(value)
        intent = intent_of(example["intent"])
        if intent is not None:
            yield Judged(
                Place(*place), intent, model, example["found"], tuple(example["sources"]), moment(at), up, down
            )


def is_left_out(db: Database, person: str, at: datetime, place: Place) -> bool:
    """Return whether nothing of this person is stored there now."""
    return db.execute(LEFT_OUT, [clean(person), clean(place.workspace), microseconds(at)]).fetchone() is not None


def _keep(db: Database, channels: Sequence[int], exchange: Exchange, person: str, at: datetime) -> int | None:
    """Store the example; the key of its row, None where there may or can be none."""
    channel = channel_key(db, exchange.place)
    argument = redact(clean(exchange.intent.argument)).strip()
    sources = [source(db, channel, id_, text) for id_, text in exchange.sources]
    keys = [key for (key,) in db.execute(SAID, [channel, argument])] if argument else []
    theirs = not exchange.private or exchange.asker == person
    gone = None in sources or (exchange.borrowed and not keys)
    if channel not in channels or not theirs or gone or is_left_out(db, exchange.asker, exchange.at, exchange.place):
        return None
    example = {
        "intent": text_of(
            replace(exchange.intent, argument=argument, options=_redacted(dict(exchange.intent.options)))
        ),
        "found": _redacted(exchange.found),
        "sources": [id_ for id_, _ in exchange.sources],
        "asker": _hash(exchange.token, exchange.asker),
        "private": exchange.private,
    }
    value = clean(json.dumps(example, ensure_ascii=False))
    row = [channel, clean(exchange.token), clean(exchange.model), value, microseconds(at)]
    key = db.execute(KEEP, row).lastrowid
    link(db, key, {*sources, *keys})
    return key


def _hash(token: str, person: str) -> str:
    """Return the person as this answer knows them, and no other."""
    return fingerprint([token, person])


def _redacted(value: Any) -> Any:
    """Return plain JSON without the secrets that stand in its texts."""
    if isinstance(value, str):
        return redact(clean(value))
    if isinstance(value, dict):
        return {key: _redacted(each) for key, each in value.items()}
    return [_redacted(each) for each in value] if isinstance(value, list | tuple) else value
