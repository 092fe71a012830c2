"""What is erased is erased everywhere: in every table that is made from messages, in one transaction, in any order."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.chat import EVERYTHING, Channel, Deleted, Gone, Intent, Message, Pending, Person, Place, Present
from bot.glossary import Terms
from bot.history import Derived, Exchange, History, Scope, erasure, pending, preferences
from bot.history.derived import vectors
from bot.history.derived.derivation import fingerprint

NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
NOW = NOON + timedelta(days=1)
GENERAL, RANDOM = Place("slack", "T1", "C1"), Place("slack", "T1", "C2")
ANA, BO = Person("U1", "Ana"), Person("U2", "Bo")
SCOPE = Scope.of(GENERAL)

# Tables that no message reaches, and why that is right.
WITHOUT_MESSAGES = {
    "channel": "names of channels",
    "tombstone": "ids and times of what was erased",
    "forgotten": "ids of people and times",
    "seen": "ids of people and times; goes with the channel and with the person",
    "promise": "who waits for an answer where; goes with the person and after a week",
    "preference": "ids of people and the language that they chose; goes with the person",
    "term": "words of a workspace's glossary, and the id of who put them there, which goes with the person",
    "installation": "tokens of workspaces that installed Parley; go with the workspace",
    "standing": "what was decided about a channel",
    "schedule": "when a channel gets a report",
    "posting": "times of reports that were posted",
    "mood": "what was told of many messages by many people at once, blurred; goes with the channel and with its time",
    "topic_mood": "the same of what was about one subject, with the middle of at least twenty vectors by five people",
    "interpreted": "into which languages a channel is translated, and the id of who decided, until that is erased",
    "spared": "ids of people whose messages are not translated: a wish for less, which stays",
    "companion": "ids of messages and of their translations' posts; an erasure marks them, so that the posts go too",
    "bridge": "which channels are bridged, and the ids and names of who decided, until those are erased",
    "unbridged": "ids of people whose messages are not carried: a wish for less, which stays",
    "relayed": "ids of messages and of their posts on the other side; an erasure marks them, so that the posts go too",
    "_sqlite_migrations": "names of migrations",
}


def said(number: int, text: str = "hello", *, author: Person = ANA, place: Place = GENERAL) -> Message:
    return Message(str(number), place, author, text, NOON + timedelta(minutes=number))


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History.open(tmp_path / "history.db") as opened:
        yield opened


def made(history: History, kind: str, *sources: Message) -> bool:
    content = fingerprint([source.text for source in sources])
    return history.keep_derived(sources[0].place, Derived(kind, content, "m", "of it"), sources)


def exchange(*sources: Message, asker: str = "U4", **more: object) -> Exchange:
    """An answer that rests on these messages, as somebody may judge it."""
    rests = tuple((source.id, source.text) for source in sources)
    given = {"token": f"about {rests}", "private": False, "intent": Intent("ask", "what?"), "model": "m"} | more
    return Exchange(place=GENERAL, asker=asker, found={}, sources=rests, at=NOW, **given)  # type: ignore[arg-type]


def left(history: History) -> int:
    return int(history._db.execute("SELECT count(*) FROM derived").fetchone()[0])


# Every table


def tables(db: sqlite3.Connection) -> list[str]:
    ours = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'message_fts%'"
    return [name for (name,) in db.execute(ours)]


def reached_by_deletion(db: sqlite3.Connection, table: str) -> bool:
    """Whether rows of the table go with the messages that they were made from, or with what was made from them."""
    if table == "message":
        return True
    if any(reached_by_deletion(db, each) for each in goes_with(db, table)):
        return True
    triggers = db.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    return any(f"DELETE FROM {table} WHERE key = old." in sql and "AFTER DELETE" in sql for (sql,) in triggers)


def goes_with(db: sqlite3.Connection, table: str) -> set[str]:
    """The tables whose rows take rows of this one with them; a channel is more than the messages in it."""
    keys = db.execute(f"PRAGMA foreign_key_list({table})").fetchall()
    return {key[2] for key in keys if key[6] == "CASCADE"} - {table, "channel"}


def reached_by_edit(db: sqlite3.Connection, table: str) -> bool:
    if any(reached_by_edit(db, each) for each in goes_with(db, table) - {"message"}):
        return True
    triggers = db.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    return any("UPDATE OF text ON message" in sql and f"DELETE FROM {table} " in sql for (sql,) in triggers)


def strays(db: sqlite3.Connection) -> set[str]:
    """Tables that hold something made from messages and would keep it."""
    holding = set(tables(db)) - set(WITHOUT_MESSAGES)
    kept = {table for table in holding if not reached_by_deletion(db, table)}
    links = {"message", "derived_from"}  # the text itself, and pairs of keys
    return kept | {table for table in holding - links if not reached_by_edit(db, table)}


def test_no_table_keeps_what_was_made_from_an_erased_or_edited_message(history: History):
    assert {"message", "vector", "derived", "derived_from", "score", "verdict"} <= set(tables(history._db.conn))
    assert strays(history._db.conn) == set()


@pytest.mark.parametrize(
    "columns",
    [
        "message INTEGER, text TEXT",
        "message INTEGER REFERENCES message, text TEXT",
        "message INTEGER REFERENCES message ON DELETE CASCADE, text TEXT",
    ],
)
def test_a_new_table_that_would_keep_something_is_found(history: History, columns: str):
    history._db.execute(f"CREATE TABLE summary ({columns})")
    assert strays(history._db.conn) == {"summary"}


KINDS = ("summary", "translation", "score", "report")


@pytest.mark.parametrize("erase", ["edit", "delete", "forget", "off", "gone", "vanished", "age"])
def test_erasing_one_source_erases_everything_that_was_made_from_it(history: History, erase: str):
    first, second, other = said(1, "one", author=BO), said(2, "two"), said(3, "three", place=RANDOM)
    history.add([first, second, other])
    history.turn_on(GENERAL, "U9", NOON, days=30)
    history.write(vectors.keep, "m", [(first, np.ones(4, np.float32))])
    assert all(made(history, kind, first, second) for kind in KINDS)
    assert made(history, "summary", other)
    assert history.judge(SCOPE, exchange(first, second), "U3", good=True)
    steps = {
        "edit": lambda: history.observe(replace(first, text="other", edited_at=NOW), NOW),
        "delete": lambda: history.observe(Deleted(GENERAL, ("1",)), NOW),
        "forget": lambda: history.forget("U2"),
        "off": lambda: history.turn_off(GENERAL, "U9", NOW),
        "gone": lambda: history.observe(Gone(GENERAL), NOW),
        "vanished": lambda: history.observe(Present(GENERAL, NOON, NOW, ("2",)), NOW),
        "age": lambda: history.retain(NOON + timedelta(days=31)),
    }
    steps[erase]()
    assert left(history) == 1
    assert history.vectors(SCOPE, ["1"], "m") == {}
    assert history.search(SCOPE, "one") == []


def test_nothing_is_kept_that_was_made_from_a_text_which_has_changed_or_gone_meanwhile(history: History):
    history.add([replace(said(1, "new"), edited_at=NOW), said(2)])
    history.delete(GENERAL, ["2"])
    assert not made(history, "summary", said(1, "old"))
    assert not made(history, "summary", said(2))
    assert not history.keep_derived(GENERAL, Derived("summary", "", "m", "of nothing"), [])
    assert left(history) == 0


def test_what_was_made_again_replaces_what_was_there(history: History):
    history.add([said(1)])
    for value in ("first", "second"):
        history.keep_derived(GENERAL, Derived("summary", "key", "m", value), [said(1)])
    assert history.derived(SCOPE, "summary", "key", "m") == "second"
    assert history.derived(SCOPE, "summary", "key", "other model") is None


def test_a_fingerprint_tells_parts_apart_and_says_nothing_of_them():
    assert fingerprint(["ab", "c"]) != fingerprint(["a", "bc"])
    assert fingerprint(["ab"]) == fingerprint(["ab"])
    assert "ab" not in fingerprint(["ab", "a\ud800"])


# People


def test_forgetting_again_and_again_costs_no_rewriting_of_the_file(history: History):
    history.add([said(1), said(2, author=BO)])
    history.forget("U1", until=NOW)
    statements: list[str] = []
    history._db.conn.set_trace_callback(statements.append)
    for _ in range(5):
        assert history.forget("U1", until=NOW).messages == 0
    history._db.conn.set_trace_callback(None)
    assert not any("optimize" in each or "checkpoint" in each for each in statements)


def test_nothing_names_who_was_forgotten_but_the_mark_that_keeps_them_out(history: History):
    person = "U-forgotten"
    me = Person(person, "Ana")
    history.add([said(1, author=me), said(2, author=BO)])
    history.turn_on(GENERAL, person, NOON)
    history.mark_seen(person, GENERAL, NOON)
    history.write(pending.claim, Pending("key", GENERAL, me, NOON))
    history.write(preferences.set_language, person, "pt")
    for asker, rater in ((person, "U5"), ("U5", person)):
        assert history.judge(SCOPE, exchange(said(2, author=BO), asker=asker, token=asker), rater, good=True)
    history.write(preferences.put_terms, GENERAL, Terms(keep=("Kelpbase",)), person, NOW)
    assert {"message", "seen", "promise", "preference", "standing", "term"} <= naming(history, person)
    assert history.read(erasure.holdings, person).judged == 2
    history.forget(person)
    assert naming(history, person) == {"forgotten"}
    assert history.read(erasure.holdings, person).judged == 0


def naming(history: History, person: str) -> set[str]:
    """The tables in which the id stands."""
    columns = "SELECT name, (SELECT group_concat(name) FROM pragma_table_info(tables.name)) FROM sqlite_master tables"
    return {
        table
        for table, names in history._db.execute(f"{columns} WHERE type = 'table' AND name NOT LIKE 'message_fts%'")
        for name in names.split(",")
        if history._db.execute(f'SELECT 1 FROM "{table}" WHERE instr("{name}", ?)', [person]).fetchone()
    }


def test_who_is_forgotten_until_now_may_be_heard_again_and_the_past_stays_gone(history: History):
    history.add([said(1), said(2, author=BO)])
    receipt = history.forget("U1", until=NOW)
    late = replace(said(3, "after"), sent_at=NOW + timedelta(minutes=1))
    history.add([said(1), said(4, "from back then"), late])
    assert (receipt.messages, receipt.for_good) == (1, False)
    assert [message.text for message in history.window(SCOPE, EVERYTHING, NOW)] == ["hello", "after"]


def test_who_opts_out_is_heard_no_more_until_they_opt_in_and_what_they_said_between_stays_out(history: History):
    history.forget("U1")
    history.forget("U1", until=NOW)  # forgetting again does not bring anybody back
    assert history.read(erasure.holdings, "U1").stopped
    assert history.write(erasure.welcome, "U1", NOW)
    assert not history.write(erasure.welcome, "U1", NOW)
    history.add([said(1, "while out"), replace(said(2, "back"), sent_at=NOW)])
    assert [message.text for message in history.window(SCOPE, EVERYTHING, NOW)] == ["back"]


def test_what_is_stored_about_a_person_is_told_in_counts(history: History):
    history.add([said(1), said(2, place=RANDOM), said(3, author=BO)])
    history.mark_seen("U1", GENERAL, NOON)
    found = history.read(erasure.holdings, "U1")
    assert (found.messages, found.channels, found.marks, found.promises, found.stopped) == (2, 2, 1, 0, False)
    assert (found.first, found.last) == (said(1).sent_at, said(2).sent_at)
    assert history.read(erasure.holdings, "U7").messages == 0


# Any order

NUMBERS = st.integers(0, 3)
LIVE = st.builds(
    lambda number, edit, text: replace(
        said(number, text, author=(ANA, BO)[number % 2]), edited_at=NOON + timedelta(minutes=edit) if edit else None
    ),
    NUMBERS,
    st.integers(0, 3),
    st.sampled_from(["alpha", "beta", "gamma", ""]),
)
STEPS = st.lists(
    st.one_of(
        LIVE.map(lambda message: ("live", message)),
        LIVE.map(lambda message: ("import", message)),
        NUMBERS.map(lambda number: ("delete", str(number))),
        st.sampled_from([("opt out", "U1"), ("opt out", "U2"), ("forget until", "U1"), ("forget until", "U2")]),
        st.just(("derive", "")),
        st.sampled_from([("judge", "U1"), ("judge", "U2")]),
    ),
    max_size=9,
)


def replay(steps: list[tuple[str, object]]) -> list[dict[str, object]]:
    with History.open(None) as history:
        history.add([Channel(GENERAL, "general")])
        history.turn_on(GENERAL, "U9", NOON)
        for kind, what in steps:
            step(history, kind, what)
        known = {message.id for message in history.window(SCOPE, EVERYTHING, NOW)}
        links = "SELECT message.id FROM derived_from JOIN message ON message.key = derived_from.message"
        assert {id_ for (id_,) in history._db.execute(links)} <= known
        assert not any(
            found.judged for person in ("U1", "U2") if (found := history.read(erasure.holdings, person)).stopped
        )
        assert {id_ for each in history.judged() for id_ in each.sources} <= known
        return [row for row in history.export() if row["record"] == "message"]


def step(history: History, kind: str, what: object) -> None:
    if kind == "live":
        history.observe(what, NOW)
    elif kind == "import":
        history.add([what])
    elif kind == "delete":
        history.observe(Deleted(GENERAL, (what,)), NOW)
    elif kind == "derive":
        for message in history.window(SCOPE, EVERYTHING, NOW):
            assert made(history, "summary", message)
    elif kind == "judge":
        for message in history.window(SCOPE, EVERYTHING, NOW):
            history.judge(SCOPE, exchange(message, asker=what), "U3", good=True)
    else:
        history.forget(what, until=None if kind == "opt out" else NOW)


@settings(max_examples=80, deadline=None)
@given(st.data(), STEPS)
def test_live_events_imports_deletions_and_opt_outs_end_in_the_same_state_in_any_order_and_number(
    data: st.DataObject, steps: list
):
    again = data.draw(st.lists(st.sampled_from(steps), max_size=4)) if steps else []
    shuffled = data.draw(st.permutations([*steps, *again]))
    assert replay(shuffled) == replay(steps)
