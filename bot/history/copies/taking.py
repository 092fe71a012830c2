"""Takes the records of an export into a history, in any order and any number of times: nothing is there twice.

What says that something is left out holds in both: erased messages, forgotten people, channels that were turned off
later than they were turned on here. A line that can't be taken is refused by its number, and the others go in.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import singledispatch
from itertools import islice
from typing import IO

from pydantic import ValidationError
from sqlite_utils import Database

from adapters.chat import Channel
from adapters.chat import Message as Said
from bot.errors import UsageError
from bot.history import consent, erasure, preferences
from bot.history.bridged import bridges
from bot.history.copies import records
from bot.history.copies.records import FORMAT, KINDS, Record
from bot.history.database import writing
from bot.history.derived import moods
from bot.history.derived.derivation import LINK
from bot.history.ingestion import BATCH, Keys, add_batch, channel_key
from bot.history.purge import mark
from bot.history.rows import clean, microseconds
from bot.history.translated import companions
from bot.history.values import Added

HEAD_BYTES = 4096
HEAD = re.compile(rb'\{"record":\s?"history"|\{"platform":[^\n]{0,4000}"sent_at":')
LONGEST = 16 << 20  # bytes of a line
NEWER = "This export was written by a newer Parley than this one.", "Upgrade Parley and import it again."

_UNTIL = "SELECT until FROM forgotten WHERE author = ?1 AND workspace = ?2"
BURY = f"""INSERT OR IGNORE INTO tombstone (channel, id, at) SELECT channel, id, ?3 FROM message
    WHERE author = ?1 AND {erasure.HERE} AND sent_at < ({_UNTIL})"""  # noqa: S608 - made of constants
DROP = f"DELETE FROM message WHERE author = ?1 AND {erasure.HERE} AND sent_at < ({_UNTIL})"  # noqa: S608 - as above
FORGOTTEN = "SELECT 1 FROM forgotten WHERE author = ? AND workspace IN ('', ?)"
TURNED = "SELECT kept, at FROM standing WHERE channel = ?"
DECIDE = """INSERT INTO standing (channel, kept, follow, days, mark, by, at, apps) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (channel) DO UPDATE SET kept = excluded.kept, follow = excluded.follow, days = excluded.days,
    mark = coalesce(nullif(mark, ''), excluded.mark), by = excluded.by, at = excluded.at, apps = excluded.apps"""
SEE = """INSERT INTO seen (channel, person, thread, at) VALUES (?, ?, ?, ?)
    ON CONFLICT (person, channel, thread) DO UPDATE SET at = max(at, excluded.at)"""
PREFER = "INSERT OR IGNORE INTO preference (person, workspace, language) VALUES (?, ?, ?)"
TERM = """INSERT OR IGNORE INTO term (platform, workspace, folded, target, term, translation, by, at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
SCHEDULE = """INSERT OR IGNORE INTO schedule (channel, what, person, about, cron, timezone, span, since, owners)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 WHERE ?9 OR NOT EXISTS (SELECT 1 FROM schedule
    WHERE channel = ?1 AND what = ?2 AND person = ?3 AND NOT owners)"""
POST = """INSERT OR IGNORE INTO posting (channel, what, person, due, tried, held, holder, posted)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
PROMISE = """INSERT OR IGNORE INTO promise (key, platform, workspace, channel, thread, asker, asker_name, at, settled)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
INTERPRET = "INSERT OR IGNORE INTO interpreted (channel, targets, readers, by, at) VALUES (?, ?, ?, ?, ?)"
BESIDE = """INSERT OR IGNORE INTO companion
    (channel, id, anchor, thread, author, targets, sent_at, edited_at, tried, post, stale, gone)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
NEWEST_TOPIC = "SELECT ifnull(max(key), 0) FROM topic_mood"
OVERLAPPING = "SELECT 1 FROM topic_mood WHERE channel = ? AND model = ? AND start < ? AND stop > ? AND key <= ?"
SOURCE = "SELECT key FROM message WHERE channel = ? AND id = ?"
KNOWN = "SELECT 1 FROM derived WHERE channel = ? AND kind = 'feedback' AND content = ? AND model = ?"
JUDGED = "INSERT INTO derived (channel, kind, content, model, value, at) VALUES (?, 'feedback', ?, ?, ?, ?)"
VERDICT = "INSERT OR IGNORE INTO verdict (derived, person, good, at) VALUES (?, ?, ?, ?)"


@dataclass(slots=True)
class Taken:
    """The state of an import: the history, the channels met so far, and what was there before."""

    db: Database
    keys: Keys
    topics_before: int  # the newest figure of a topic that was here before

    def key(self, record: records.OfChannel) -> int:
        """Return the key of the record's channel, known or not."""
        return channel_key(self.db, record.place)


@dataclass(frozen=True, slots=True)
class CopyFlaw:
    """A line that was refused, and why."""

    number: int
    reason: str


def is_export(head: bytes) -> bool:
    """Return whether a file that begins so is an export of Parley's, of this or an earlier version."""
    return HEAD.match(head) is not None


def read(stream: IO[bytes]) -> Iterator[Record | CopyFlaw]:
    """Yield each line as a record, or why it is none. Raises UsageError for an export of a newer Parley."""
    number = 0
    while line := stream.readline(LONGEST):
        number += 1
        if len(line) == LONGEST and not line.endswith(b"\n"):
            yield CopyFlaw(number, "is longer than any record")
            return
        found = _record(line) if line.strip() else None
        if isinstance(found, records.Head) and found.format > FORMAT:
            raise UsageError(*NEWER)
        if found is not None:
            yield CopyFlaw(number, found) if isinstance(found, str) else found


def _record(line: bytes) -> Record | str:
    try:
        values = json.loads(line)
        if not isinstance(values, dict):
            return "isn't a record"
        name = values.get("record", "message")
        kind = KINDS.get(name) if isinstance(name, str) else None
        return kind.model_validate(values) if kind else "is a kind of record that I don't know"
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        return f"has something else in {where} than belongs there"
    except (ValueError, RecursionError, OverflowError):
        return "isn't JSON, or was cut short"


def take(db: Database, lines: Iterable[Record], on_count: Callable[[int], None]) -> Added:
    """Take the records, a transaction a batch; `on_count` gets after each the number taken so far."""
    (newest,) = db.execute(NEWEST_TOPIC).fetchone()
    taken, total, count = Taken(db, {}, newest), Added(), 0
    rest = iter(lines)
    while batch := list(islice(rest, BATCH)):
        with writing(db):
            total += _batch(taken, batch)
        count += len(batch)
        on_count(count)
    return total


def _batch(taken: Taken, batch: Iterable[Record]) -> Added:
    """Take records in their order; neighbouring messages go in at once."""
    total, waiting = Added(), list[Channel | Said]()
    for record in batch:
        if isinstance(record, records.Message | records.Room):
            waiting.append(record.known())
            continue
        total += add_batch(taken.db, waiting, taken.keys)
        waiting = []
        _take(record, taken)
    return total + add_batch(taken.db, waiting, taken.keys)


@singledispatch
def _take(record: Record, taken: Taken) -> None:
    """Take one record, if it isn't here yet. The head says nothing that isn't known when it is read."""


@_take.register
def _(record: records.Forgotten, taken: Taken) -> None:
    person, at = (clean(record.author), clean(record.workspace)), microseconds(record.at)
    until = microseconds(record.until) if record.until else None
    known = taken.db.execute(_UNTIL, person).fetchone()
    if known is not None and (known[0] is None or (until is not None and until <= known[0])):
        return
    if until is None:
        erasure.forget(taken.db, record.author, record.at, workspace=record.workspace)
        return
    taken.db.execute(erasure.WITHOUT_AUTHOR, person)
    taken.db.execute(erasure.FORGET, [*person, at, until])
    taken.db.execute(BURY, [*person, at])
    taken.db.execute(DROP, person)
    mark(taken.db)


@_take.register
def _(record: records.Tombstone, taken: Taken) -> None:
    key, id_ = taken.key(record), clean(record.id)
    if taken.db.execute(erasure.BURY, [key, id_, microseconds(record.at)]).rowcount:
        erasure.take_out(taken.db, record.place, [id_])
        taken.db.execute(erasure.DELETE, [key, id_])
        mark(taken.db)


@_take.register
def _(record: records.Decided, taken: Taken) -> None:
    key, at = taken.key(record), microseconds(record.at)
    kept, turned = taken.db.execute(TURNED, [key]).fetchone() or (0, 0)
    if at < turned:
        return
    if kept and not record.kept:
        consent.turn_off(taken.db, record.place, record.by, record.at)
    kept = record.kept and not consent.is_direct(taken.db, record.place)  # nobody turns on what a few people say
    row = (
        kept,
        record.follow,
        record.days,
        clean(record.mark),
        _known(record.by, record.workspace, taken),
        at,
        record.apps,
    )
    taken.db.execute(DECIDE, [key, *row])


@_take.register
def _(record: records.Seen, taken: Taken) -> None:
    taken.db.execute(SEE, [taken.key(record), clean(record.person), clean(record.thread), microseconds(record.at)])


@_take.register
def _(record: records.Preference, taken: Taken) -> None:
    taken.db.execute(PREFER, [clean(record.person), clean(record.workspace), clean(record.language)])


@_take.register
def _(record: records.Term, taken: Taken) -> None:
    words = (preferences.folded(record.term), clean(record.target), clean(record.term), clean(record.translation))
    place = clean(record.platform), clean(record.workspace)
    taken.db.execute(TERM, [*place, *words, _known(record.by, record.workspace, taken), microseconds(record.at)])


@_take.register
def _(record: records.Schedule, taken: Taken) -> None:
    who = (record.what, clean(record.person), clean(json.dumps(record.about)))
    line = (clean(record.cron), clean(record.timezone), record.span, microseconds(record.since), record.owners)
    taken.db.execute(SCHEDULE, [taken.key(record), *who, *line])


@_take.register
def _(record: records.Posting, taken: Taken) -> None:
    times = [microseconds(each) for each in (record.due, record.tried, record.held)]
    posted = microseconds(record.posted) if record.posted else None
    who = (record.what, clean(record.person))
    taken.db.execute(POST, [taken.key(record), *who, *times, clean(record.holder), posted])


@_take.register
def _(record: records.Interpreted, taken: Taken) -> None:
    by = _known(record.by, record.workspace, taken)
    taken.db.execute(INTERPRET, [taken.key(record), record.targets, record.readers, by, microseconds(record.at)])


@_take.register
def _(record: records.Spared, taken: Taken) -> None:
    companions.spare(taken.db, record.person, record.workspace, spared=True)


@_take.register
def _(record: records.Unbridged, taken: Taken) -> None:
    bridges.leave_out(taken.db, record.person, record.workspace, left=True)


@_take.register
def _(record: records.Companion, taken: Taken) -> None:
    ids = map(clean, (record.id, record.anchor, record.thread, record.author, record.targets))
    times = microseconds(record.sent_at), record.edited_at, microseconds(record.tried)
    taken.db.execute(BESIDE, [taken.key(record), *ids, *times, clean(record.post), record.stale, record.gone])


@_take.register
def _(record: records.Promise, taken: Taken) -> None:
    place = record.platform, record.workspace, record.channel, record.thread
    texts = (clean(each) for each in (record.key, *place, record.asker, record.asker_name))
    taken.db.execute(PROMISE, [*texts, microseconds(record.at), record.settled])


@_take.register
def _(record: records.Mood, taken: Taken) -> None:
    key = taken.key(record)
    (newest,) = taken.db.execute(moods.NEWEST, [key]).fetchone()
    taken.db.execute(moods.KEEP, [key, clean(record.model), newest, *_figure(record)])


@_take.register
def _(record: records.TopicMood, taken: Taken) -> None:
    key, model, figure = taken.key(record), clean(record.model), _figure(record)
    if not taken.db.execute(OVERLAPPING, [key, model, figure[1], figure[0], taken.topics_before]).fetchone():
        taken.db.execute(moods.KEEP_TOPIC, [key, model, record.centre, *figure])


@_take.register
def _(record: records.Feedback, taken: Taken) -> None:
    """Take a judged answer, unless it is here or one of its messages isn't."""
    key, content, model = taken.key(record), clean(record.content), clean(record.model)
    rests = [taken.db.execute(SOURCE, [key, clean(id_)]).fetchone() for id_ in record.rests_on]
    if None in rests or taken.db.execute(KNOWN, [key, content, model]).fetchone():
        return
    row = [key, content, model, clean(record.value.model_dump_json()), microseconds(record.at)]
    made = taken.db.execute(JUDGED, row).lastrowid
    taken.db.conn.executemany(LINK, [(made, message) for (message,) in rests])
    verdicts = [(made, clean(each.person), each.good, microseconds(each.at)) for each in record.verdicts]
    taken.db.conn.executemany(VERDICT, verdicts)


def _known(person: str, workspace: str, taken: Taken) -> str:
    """Return the person's id, "" for one who is forgotten there."""
    return "" if taken.db.execute(FORGOTTEN, [clean(person), clean(workspace)]).fetchone() else clean(person)


def _figure(record: records.Figure) -> list[float]:
    counts = (record.effective, record.positive, record.neutral, record.negative, record.blur)
    return [microseconds(record.start), microseconds(record.stop), record.messages, record.people, *counts]
