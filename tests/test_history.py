"""The history: adding, editing, erasing and reading messages, in real SQLite files."""

import json
import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.chat import EVERYTHING, Channel, Message, Pending, Person, Place, Reaction, Window
from bot.errors import HistoryBusy, HistoryDamaged, HistoryFull, HistoryUnavailable
from bot.history import History, Scope, pending, purge
from bot.history.derived import vectors

NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
GENERAL = Place("slack", "T1", "C1")
RANDOM = Place("slack", "T1", "C2")
SCOPE = Scope.of(GENERAL)
ANA = Person("U1", "Ana")
BO = Person("U2", "Bo")


def said(number: int, text: str = "hello", *, author: Person = ANA, place: Place = GENERAL) -> Message:
    """A message whose id and minute are `number`."""
    return Message(str(number), place, author, text, NOON + timedelta(minutes=number))


def texts(history: History, window: Window = EVERYTHING, scope: Scope = SCOPE) -> list[str]:
    return [message.text for message in history.window(scope, window, NOON + timedelta(hours=1))]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    with History.open(path) as opened:
        yield opened


def test_every_field_of_a_message_comes_back_as_it_went_in(history: History):
    whole = Message(
        "1700000000.000100",
        replace(GENERAL, thread="1699999999.000001"),
        Person("U7", "Žofie"),
        "naïve \x00 🙂 text",
        datetime(2026, 5, 3, 9, 12, 0, 123457, tzinfo=UTC),
        edited_at=datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        from_bot=True,
        notice=True,
        permalink="https://acme.example/p1",
        reply_to="1699999999.000001",
        reactions=(Reaction("+1", 3), Reaction("🎉", 1)),
    )
    history.add([whole])
    assert history.window(SCOPE, EVERYTHING, NOON) == [whole]
    assert history.message(SCOPE, whole.id) == whole


def test_importing_twice_adds_nothing(history: History):
    records = [Channel(GENERAL, "general"), said(1), said(2)]
    first = history.add(records)
    second = history.add(records)
    assert (first.messages, first.unchanged) == (2, 0)
    assert (second.messages, second.edited, second.unchanged) == (0, 0, 2)
    assert texts(history) == ["hello", "hello"]


def test_versions_of_a_message_in_one_batch_leave_one_text_in_the_index(history: History):
    versions = [
        replace(said(1, text), edited_at=NOON + timedelta(days=day)) for day, text in enumerate(("a", "b", "c"))
    ]
    history.add([versions[1], versions[2], versions[0]])
    history._db.execute(INDEX_FITS_TEXTS)
    assert [hit.message.text for hit in history.search(SCOPE, "a b c")] == ["c"]


def test_the_check_of_the_index_notices_a_wrong_entry(history: History):
    history.add([said(1, "right")])
    history._db.execute("INSERT INTO message_fts (message_fts, rowid, text) VALUES ('delete', 1, 'wrong')")
    with pytest.raises(sqlite3.DatabaseError):
        history._db.execute(INDEX_FITS_TEXTS)


def test_what_is_stored_is_there_after_opening_again(path: Path):
    with History.open(path) as history:
        history.add([said(1, "still here")])
    with History.open(path) as history:
        assert texts(history) == ["still here"]


def test_a_newer_edit_wins_whichever_comes_first(history: History):
    old = said(1, "first")
    new = replace(old, text="second", edited_at=NOON + timedelta(hours=1))
    newest = replace(old, text="a third", edited_at=NOON + timedelta(hours=2))
    history.add([new, old, newest, new])
    assert texts(history) == ["a third"]


def test_adding_counts_new_edited_and_unchanged_messages(history: History):
    history.add([said(1), said(2)])
    edited = replace(said(2), text="changed", edited_at=NOON + timedelta(hours=1))
    added = history.add([said(1), edited, said(3), said(4)])
    assert (added.messages, added.edited, added.unchanged) == (2, 1, 1)


def test_progress_is_told_after_every_batch(history: History):
    counts: list[int] = []
    history.add((said(number) for number in range(4_500)), counts.append)
    assert counts == [2_000, 4_000, 4_500]


def test_a_stream_is_taken_a_batch_at_a_time(history: History):
    taken, ahead = [0], []

    def records() -> Iterator[Message]:
        for number in range(6_000):
            ahead.append(number - taken[0])
            yield said(number)

    history.add(records(), lambda count: taken.__setitem__(0, count))
    assert max(ahead) < 2_000


def test_equal_ids_in_two_channels_and_workspaces_are_different_messages(history: History):
    elsewhere = Place("slack", "T2", "C1")
    history.add([said(1, "here"), said(1, "next door", place=RANDOM), said(1, "elsewhere", place=elsewhere)])
    assert texts(history) == ["here"]
    assert texts(history, scope=Scope.of(RANDOM)) == ["next door"]
    assert texts(history, scope=Scope.of(elsewhere)) == ["elsewhere"]


def test_a_scope_without_channels_sees_nothing(history: History):
    history.add([said(1)])
    nothing = Scope("slack", "T1", ())
    assert history.window(nothing, EVERYTHING, NOON) == []
    assert history.count(nothing, EVERYTHING, NOON) == 0
    assert history.message(nothing, "1") is None
    assert history.search(nothing, "hello") == []
    assert history.vectors(nothing, ["1"], "m") == {}


def test_last_keeps_the_newest_in_the_order_they_were_said(history: History):
    history.add([said(number, str(number)) for number in (3, 1, 5, 2, 4)])
    assert texts(history, Window(last=3)) == ["3", "4", "5"]
    assert history.count(SCOPE, Window(last=3), NOON) == 3
    assert texts(history, Window(last=0)) == []


def test_since_includes_its_instant_and_until_does_not(history: History):
    history.add([said(number, str(number)) for number in range(6)])
    window = Window(since=NOON + timedelta(minutes=2), until=NOON + timedelta(minutes=4))
    assert texts(history, window) == ["2", "3"]


def test_within_counts_back_from_now(history: History):
    history.add([said(10, "old"), said(50, "new")])
    assert texts(history, Window(within=timedelta(minutes=30))) == ["new"]


def test_a_thread_is_its_first_message_and_the_replies(history: History):
    reply = replace(said(2, "reply"), place=replace(GENERAL, thread="1"))
    history.add([said(1, "root"), reply, said(3, "other")])
    assert texts(history, Window(thread="1")) == ["root", "reply"]


def test_limits_of_a_window_hold_together(history: History):
    history.add([said(number, str(number)) for number in range(6)])
    assert texts(history, Window(last=2, until=NOON + timedelta(minutes=4))) == ["2", "3"]


def test_numbers_too_large_for_a_calendar_or_sqlite_are_no_limit(history: History):
    history.add([said(1)])
    assert texts(history, Window(last=10**30, within=timedelta.max)) == ["hello"]


def test_a_window_over_several_channels_is_in_order_of_time(history: History):
    history.add([said(2, "b"), said(1, "a", place=RANDOM), said(3, "c", place=RANDOM)])
    assert texts(history, scope=Scope("slack", "T1", ("C1", "C2"))) == ["a", "b", "c"]


def test_a_channel_is_found_by_name_whatever_its_case_or_hash(history: History):
    general = Channel(GENERAL, "General", "private", "Acme")
    history.add([general])
    assert history.channels("#gEnErAl") == [general]
    assert history.channels("C1") == [general]
    assert history.channels("elsewhere") == []


def test_equal_channel_names_are_told_apart_by_workspace_name_or_id(history: History):
    ours = Channel(GENERAL, "general", workspace_name="Acme")
    theirs = Channel(Place("slack", "T2", "C1"), "general", workspace_name="Other")
    history.add([ours, theirs])
    assert history.channels("general") == [ours, theirs]
    assert history.channels("general", "acme") == [ours]
    assert history.channels("general", "T2") == [theirs]


def test_a_renamed_channel_keeps_its_messages(history: History):
    history.add([Channel(GENERAL, "old", workspace_name="Acme"), said(1), Channel(GENERAL, "new")])
    assert history.channels() == [Channel(GENERAL, "new", workspace_name="Acme")]
    assert texts(history) == ["hello"]


def test_a_message_whose_channel_is_unknown_is_kept_under_its_id(history: History):
    history.add([said(1)])
    assert history.channels("C1") == [Channel(GENERAL, "")]


def test_export_gives_a_plain_document_of_each_message(history: History):
    history.add([replace(said(1), reactions=(Reaction("+1", 2),)), said(2)])
    documents = [row for row in history.export() if row["record"] == "message"]
    assert [document["id"] for document in documents] == ["1", "2"]
    assert json.loads(json.dumps(documents[0]))["reactions"] == {"+1": 2}


def test_stats_count_in_all_and_per_channel(history: History, path: Path):
    reply = replace(said(2, author=BO), place=replace(GENERAL, thread="1"))
    history.add([Channel(GENERAL, "general"), said(1), reply, said(3, author=BO, place=RANDOM)])
    stats = history.stats()
    assert (stats.messages, stats.threads, stats.authors) == (3, 1, 2)
    assert (stats.first, stats.last) == (NOON + timedelta(minutes=1), NOON + timedelta(minutes=3))
    assert stats.size >= path.stat().st_size > 0
    general = next(each for each in stats.channels if each.channel.name == "general")
    assert (general.messages, general.threads, general.authors) == (2, 1, 2)


def test_stats_of_an_empty_history_have_no_times(history: History):
    stats = history.stats()
    assert (stats.messages, stats.first, stats.last, stats.channels) == (0, None, None, ())


# Erasing


def test_a_deleted_message_does_not_come_back_with_a_late_import(history: History):
    history.add([said(1, "secret plan"), said(2)])
    assert history.delete(GENERAL, ["1"]) == 1
    added = history.add([said(1, "secret plan"), said(2)])
    assert added.unchanged == 2
    assert texts(history) == ["hello"]
    assert history.search(SCOPE, "secret") == []


def test_a_deletion_that_comes_before_its_message_holds(history: History):
    assert history.delete(GENERAL, ["1"]) == 0
    history.add([said(1)])
    assert texts(history) == []


def test_deleting_touches_only_the_channel_it_was_said_in(history: History):
    history.add([said(1), said(1, place=RANDOM)])
    history.delete(GENERAL, ["1"])
    assert texts(history, scope=Scope.of(RANDOM)) == ["hello"]


def test_forgetting_a_person_erases_all_they_wrote_and_gives_a_receipt(history: History):
    history.add([said(1), said(2, author=BO), said(3, place=RANDOM)])
    history.write(vectors.keep, "m", [(said(1), np.ones(4, np.float32))])
    receipt = history.forget("U1")
    assert (receipt.author, receipt.messages, receipt.vectors) == ("U1", 2, 1)
    assert texts(history) == ["hello"]
    assert texts(history, scope=Scope.of(RANDOM)) == []
    assert "2 messages of U1" in receipt.sentence()
    assert receipt.document()["messages"] == 2


def test_a_forgotten_person_stays_forgotten_in_a_new_import(history: History):
    history.add([said(1)])
    history.forget("U1")
    history.add([said(1), said(2), said(3, "mine", author=BO)])
    assert texts(history) == ["mine"]


def test_forgetting_erases_what_a_person_has_read_and_was_promised(history: History):
    history.mark_seen("U1", GENERAL, NOON)
    history.write(pending.claim, Pending("event", replace(GENERAL, platform="p"), ANA, NOON))
    history.forget("U1")
    assert history.seen("U1", GENERAL) is None
    assert history.read(pending.unsettled, "p") == ()


def test_tombstones_hold_ids_and_times_only(path: Path):
    with History.open(path) as history:
        history.add([said(1, "confidential")])
        history.delete(GENERAL, ["1"])
        history.forget("U9")
    with sqlite3.connect(path) as raw:
        tables = {table: raw.execute(f"SELECT * FROM {table}").fetchall() for table in ("tombstone", "forgotten")}
    raw.close()
    assert [row[:2] for row in tables["tombstone"]] == [(1, "1")]
    assert [row[0] for row in tables["forgotten"]] == ["U9"]


@pytest.mark.parametrize("erase", ["delete", "forget", "edit"])
def test_no_byte_of_an_erased_text_is_left_in_the_files(path: Path, erase: str):
    plain = [said(number, f"ordinary words number {number}") for number in range(50)]
    with History.open(path) as history:
        history.add([*plain, said(99, "xylophone quagmire", author=BO)])
        if erase == "delete":
            history.delete(GENERAL, ["99"])
        elif erase == "forget":
            history.forget("U2")
        else:
            history.add([replace(said(99, "changed", author=BO), edited_at=NOON + timedelta(hours=1))])
    left = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"ordinary words" in left
    assert b"ylophone" not in left
    assert b"uagmire" not in left


def test_a_secret_that_somebody_pasted_is_never_written(path: Path):
    token = "ghp_" + "a1B2" * 9
    with History.open(path) as history:
        history.add([said(1, f"it is {token}, keep it"), said(2)])
        history.add([replace(said(2, f"password: {token}"), edited_at=NOON + timedelta(hours=1))])
        assert texts(history) == ["it is [token removed], keep it", "password: [password removed]"]
        assert b"a1B2a1B2" not in b"".join(file.read_bytes() for file in path.parent.iterdir())


# Any order

INDEX_FITS_TEXTS = "INSERT INTO message_fts (message_fts, rank) VALUES ('integrity-check', 1)"

EVENTS = st.lists(
    st.one_of(
        st.builds(
            lambda number, edit, text: replace(
                said(number, text, author=(ANA, BO)[number % 2]),
                edited_at=NOON + timedelta(minutes=edit) if edit else None,
            ),
            st.integers(0, 3),
            st.integers(0, 3),
            st.sampled_from(["alpha", "beta", "gamma", ""]),
        ),
        st.integers(0, 3).map(lambda number: ("delete", str(number))),
        st.sampled_from([("forget", "U1"), ("forget", "U2"), ("forget", "U3")]),
    ),
    max_size=8,
)


def replay(events: list[Message | tuple[str, str]]) -> tuple[list[dict[str, object]], list[str]]:
    with History.open(None) as history:
        for kind, run in groupby(events, lambda event: "add" if isinstance(event, Message) else event[0]):
            if kind == "add":
                history.add(run)
                continue
            for _, id_ in run:
                history.delete(GENERAL, [id_]) if kind == "delete" else history.forget(id_)
        history._db.execute(INDEX_FITS_TEXTS)
        found = [hit.message.id for hit in history.search(SCOPE, "alpha beta gamma")]
        return [row for row in history.export() if row["record"] == "message"], sorted(found)


@settings(max_examples=60, deadline=None)
@given(st.data(), EVENTS)
def test_events_in_any_order_and_number_end_in_the_same_state(data: st.DataObject, events: list):
    again = data.draw(st.lists(st.sampled_from(events), max_size=4)) if events else []
    shuffled = data.draw(st.permutations([*events, *again]))
    assert replay(shuffled) == replay(events)


# Vectors


def test_a_vector_is_kept_beside_its_message_per_model(history: History):
    message = said(1)
    vector = np.random.default_rng(0).normal(size=384).astype(np.float32)
    vector /= np.linalg.norm(vector)
    history.add([message])
    history.write(vectors.keep, "small", [(message, vector)])
    kept = history.vectors(SCOPE, ["1", "2"], "small")
    assert list(kept) == [("C1", "1")]
    assert kept["C1", "1"].dtype == np.float32
    assert float(kept["C1", "1"] @ vector) == pytest.approx(1, abs=1e-3)
    assert history.vectors(SCOPE, ["1"], "large") == {}


def test_an_edit_of_the_text_drops_the_vectors_and_another_edit_does_not(history: History):
    history.add([said(1), said(2)])
    history.write(vectors.keep, "m", [(said(number), np.ones(4, np.float32)) for number in (1, 2)])
    later = NOON + timedelta(hours=1)
    history.add([replace(said(1, "changed"), edited_at=later), replace(said(2), edited_at=later)])
    assert list(history.vectors(SCOPE, ["1", "2"], "m")) == [("C1", "2")]


def test_a_vector_that_comes_too_late_for_an_edit_or_a_deletion_is_not_kept(history: History):
    history.add([replace(said(1, "changed"), edited_at=NOON), said(2)])
    history.delete(GENERAL, ["2"])
    history.write(vectors.keep, "m", [(said(number), np.ones(4, np.float32)) for number in (1, 2)])
    assert history.vectors(SCOPE, ["1", "2"], "m") == {}


# What people have read


def test_the_mark_of_what_was_read_only_moves_forward(history: History):
    assert history.seen("U1", GENERAL) is None
    history.mark_seen("U1", GENERAL, NOON)
    history.mark_seen("U1", GENERAL, NOON - timedelta(hours=1))
    assert history.seen("U1", GENERAL) == NOON
    assert history.seen("U2", GENERAL) is None
    assert history.seen("U1", replace(GENERAL, thread="1")) is None


# Files


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_only_the_owner_may_read_the_files(path: Path):
    path.touch(mode=0o644)
    with History.open(path) as history:
        history.add([said(1)])
        modes = {file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == {0o600}


def test_a_file_that_is_no_database_is_refused_and_left_as_it_was(path: Path):
    path.write_bytes(b"Dear diary, " * 500)
    with pytest.raises(HistoryUnavailable, match="not a database"):
        History.open(path)
    assert path.read_bytes() == b"Dear diary, " * 500


def test_the_database_of_another_program_is_refused_and_left_as_it_was(path: Path):
    raw = sqlite3.connect(path)
    raw.execute("CREATE TABLE message (id)")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(HistoryUnavailable, match="another program"):
        History.open(path)
    assert path.read_bytes() == before


def test_a_database_from_a_newer_parley_is_refused(path: Path):
    History.open(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('history', 'later', '')")
    raw.close()
    with pytest.raises(HistoryUnavailable, match="newer Parley") as refused:
        History.open(path)
    assert "Upgrade" in refused.value.remedy


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path):
    with pytest.raises(HistoryUnavailable, match="plain file"):
        History.open(tmp_path)


def test_a_locked_database_says_so(path: Path):
    with History.open(path, busy_seconds=0.05) as history:
        other = sqlite3.connect(path)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(HistoryBusy, match="in use by another process"):
            history.add([said(1)])
        other.close()
        assert history.add([said(1)]).messages == 1


def test_two_writers_at_once_wait_for_each_other(path: Path):
    def write(author: str) -> None:
        with History.open(path) as history:
            for number in range(40):
                history.add([said(number, author, place=replace(GENERAL, channel=author))])

    with ThreadPoolExecutor() as pool:
        list(pool.map(write, ["one", "two", "three"]))
    with History.open(path) as history:
        assert history.stats().messages == 120


def test_an_empty_database_that_another_process_only_began_becomes_a_history(path: Path):
    begun = sqlite3.connect(path)
    begun.execute("PRAGMA journal_mode = WAL")  # writes the first page, which names no program yet
    begun.close()
    with History.open(path) as history:
        assert history.add([said(1)]).messages == 1


def test_a_header_of_one_page_does_not_let_another_programs_table_in(path: Path):
    raw = sqlite3.connect(path)
    raw.execute("CREATE TABLE message (id)")
    raw.close()
    with path.open("r+b") as stream:
        stream.seek(28)
        stream.write((1).to_bytes(4, "big"))
    with pytest.raises(HistoryUnavailable):
        History.open(path)


def test_remains_that_a_busy_file_kept_leave_it_at_a_later_closing(path: Path):
    history = History.open(path, busy_seconds=0.05)
    history.add([said(1, "xylophone"), said(2)])
    history.delete(GENERAL, ["1"])
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    history.close()
    other.close()
    assert b"ylophone" in path.read_bytes()
    History.open(path).close()
    assert b"ylophone" not in path.read_bytes()


def test_remains_in_a_log_that_another_process_reads_stay_marked_until_it_has_finished(path: Path):
    history = History.open(path, busy_seconds=0.05)
    history.add([said(1, "xylophone", author=BO), said(2)])
    reader = sqlite3.connect(path)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM message").fetchone()
    history.forget("U2")
    assert purge.marked(history._db)
    reader.close()
    history.close()
    left = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"ylophone" not in left


def test_a_full_disk_says_so_and_leaves_whole_batches_only(history: History):
    pages = history._db.execute("PRAGMA page_count").fetchone()[0]
    history._db.execute(f"PRAGMA max_page_count = {pages + 200}").fetchall()
    with pytest.raises(HistoryFull, match="disk is full"):
        history.add(said(number, f"many different words {number}") for number in range(30_000))
    assert history.stats().messages % 2_000 == 0
    assert history.stats().messages > 0


def test_a_stored_text_that_is_not_utf8_is_called_damage(path: Path):
    with History.open(path) as history:
        history.add([said(1, "a winch by the pier")])
    raw = sqlite3.connect(path)
    raw.execute("DROP TRIGGER index_of_edited")
    raw.execute("UPDATE message SET text = CAST(x'c3286120' AS TEXT)")
    raw.commit()
    raw.close()
    with History.open(path) as history, pytest.raises(HistoryDamaged, match="damaged"):
        texts(history)


def test_text_that_utf8_cannot_hold_is_repaired_instead_of_refused(history: History):
    history.add([said(1, "lone \ud83d half"), said(2, "pair \ud83d\ude42")])
    assert texts(history) == ["lone \ufffd half", "pair 🙂"]
    assert history.message(SCOPE, "\udcff") is None


def test_the_messages_of_a_window_share_their_places_and_people():
    now, place, ana = datetime(2026, 5, 4, tzinfo=UTC), Place("slack", "T1", "C7"), Person("U1", "Ana")
    with History.open(None) as history:
        history.add([Message(str(n), place, replace(ana), f"word {n}", now) for n in range(20)])
        read = history.window(Scope.of(place), EVERYTHING, now)
    assert len(read) == 20
    assert len({id(message.place) for message in read}) == len({id(message.author) for message in read}) == 1
