"""Copies of a history: an export that another history takes without loss, a backup while it is served, and back."""

import io
import json
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock

from adapters.chat import EVERYTHING, Carried, Channel, Intent, Message, Pending, Person, Place, Reaction
from bot.cli.main import app
from bot.errors import HistoryDamaged, HistoryUnavailable, NothingFound, UsageError
from bot.glossary import Terms
from bot.history import Exchange, History, Scope, consent, pending, preferences, schedules
from bot.history.bridged import bridges, relayed
from bot.history.copies.taking import CopyFlaw, read
from bot.history.derived import vectors
from bot.history.derived.moods import MoodFigure, TopicFigure
from bot.history.schedules import Schedule
from bot.history.translated import companions
from bot.runtime.copies import back_up, restore
from bot.runtime.importing import bring_in
from bot.terminal import guarded

NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
PIER = Place("slack", "T1", "C1")
LOFT = Place("discord", "G1", "2")
SCOPE = Scope.of(PIER)
ANA, BO, CY = Person("U1", "Ana"), Person("U2", "Bo"), Person("U3", "Cy")
LEAST = (20, 5)
# Made again by models or by installing anew, or written with the message or the judged answer that they belong to.
REMADE = {
    "vector",
    "vector_block",
    "carried",
    "score",
    "derived_from",
    "verdict",
    "derived",
    "installation",
    "bridge",
    "relayed",
}


def said(number: int, text: str = "the ferry leaves at nine", author: Person = ANA, place: Place = PIER) -> Message:
    return Message(str(number), place, author, text, NOON + timedelta(minutes=number))


def filled(path: Path) -> list[dict[str, Any]]:
    """A history with something in every table; returns its export."""
    with History.open(path) as history:
        whole = replace(said(1), edited_at=NOON, permalink="https://x.example/1", reactions=(Reaction("+1", 2),))
        reply = Message("2", replace(PIER, thread="1"), BO, "aye", NOON, reply_to="1")
        history.add([Channel(PIER, "pier", "private", "Harbour"), Channel(LOFT, "loft"), whole, reply])
        history.add([said(3, author=CY), said(4), said(5, place=LOFT)])
        passed_on = (Carried("U7", "70"), Carried("U3", "3", "C1"))
        history.add([replace(said(10, "see: no fog, says Di"), carried=passed_on[:1], alone="see")])
        history.add([replace(said(11, "see: the ferry is late"), carried=passed_on[1:], alone="see that")])
        history.turn_on(PIER, "U9", NOON, 30)
        history.write(consent.set_follow, PIER, follow=True)
        history.write(consent.set_apps, PIER, apps=True)
        history.write(consent.set_mark, PIER, "1700000000.5")
        history.turn_on(LOFT, "U9", NOON)
        history.turn_off(LOFT, "U9", NOON + timedelta(hours=1))
        history.delete(PIER, ["4"])
        history.forget("U3")
        history.forget("U4", until=NOON)
        history.mark_seen("U1", PIER, NOON)
        history.write(preferences.set_language, "U1", "pt")
        words = Terms(target="de", keep=("Kelpbase",), translate={"boathouse": "Bootshaus"})
        history.write(preferences.install, PIER, "token", NOON)
        history.write(preferences.put_terms, PIER, words, "U1", NOON)
        weekly = Schedule(PIER, "0 9 * * mon", "Europe/Lisbon", timedelta(days=7), NOON)
        daily = Schedule(PIER, "0 8 * * *", "UTC", None, NOON, what="digest", person="U1", about=("C1", "C2"))
        history.write(schedules.put, weekly)
        history.write(schedules.put, daily)
        due = history.write(schedules.claim, weekly, NOON, NOON, "one")
        assert due
        history.write(schedules.settle, due, NOON)
        history.write(pending.claim, Pending("k1", PIER, BO, NOON))
        history.write(companions.put, PIER, companions.Setting(("en", "pt"), readers=False, by="U9", since=NOON))
        history.write(companions.spare, "U5", spared=True)
        beside = history.write(companions.claim, [whole], ("en",), NOON)
        assert beside
        history.write(companions.stands, beside, "90")
        history.write(bridges.ask, bridges.BridgeSide(LOFT, "loft", "public", "en", "U9", "Cy"), "AAAA-2222", NOON)
        history.write(bridges.leave_out, "U5", left=True)
        history.write(relayed.claim, whole, LOFT)
        figure = MoodFigure(0, 86_400_000_000, 30, 6, 21.5, (10.25, 9.0, 11.125), 1.5)
        history.keep_moods(SCOPE, "m1", [figure], LEAST)
        history.keep_topic_moods(SCOPE, "m1", [TopicFigure(figure, np.array([0.5, -1], np.float32))])
        asked = Exchange(
            token="t" * 32, place=PIER, asker="U1", private=False, intent=Intent("ask", "when?"), model="m2",
            found={"answer": "nine"}, sources=(("1", whole.text),), at=NOON,
        )  # fmt: skip
        assert history.judge(SCOPE, asked, "U2", good=True)
        return list(history.export())


def lines(documents: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(each) + "\n" for each in documents).encode()


def export_of(path: Path) -> list[dict[str, Any]]:
    with History.open(path) as history:
        return list(history.export())


def test_an_export_is_taken_without_loss_and_twice_is_once(tmp_path: Path):
    exported = filled(tmp_path / "old.db")
    (tmp_path / "all.jsonl").write_bytes(lines(exported))
    for _ in range(2):
        report = bring_in(tmp_path / "all.jsonl", tmp_path / "new.db", lambda _: None)
        assert (report.format, report.refused, report.messages) == ("parley", 0, 4)
        assert export_of(tmp_path / "new.db") == exported
    assert report.added == 0


def test_every_table_travels_or_can_be_made_again(tmp_path: Path):
    told = {row["record"] for row in filled(tmp_path / "history.db")}
    with closing(sqlite3.connect(tmp_path / "history.db")) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        own = {name for name in tables if not name.startswith(("sqlite_", "_sqlite", "message_fts"))}
        filled_here = own - {"vector", "vector_block", "score"}
        assert all(connection.execute(f"SELECT 1 FROM {name}").fetchone() for name in filled_here)
    assert told == (own - REMADE) | {"history", "feedback"}


def test_what_was_left_out_there_is_left_out_here(tmp_path: Path):
    exported = filled(tmp_path / "old.db")
    with History.open(tmp_path / "new.db") as history:
        history.add([said(3, author=CY), said(4), said(6, author=CY), said(7)])
        history.turn_on(LOFT, "U9", NOON)
        history.add([said(8, place=LOFT)])
        history.take(each for each in read(io.BytesIO(lines(exported))) if not isinstance(each, CopyFlaw))
        history.add(
            [said(3, author=CY), said(4), said(9, author=Person("U4", "Di")), said(-9, author=Person("U4", "Di"))]
        )
        assert [each.id for each in history.window(SCOPE, EVERYTHING, NOON)] == ["2", "1", "7", "9", "10", "11"]
        assert history.window(Scope.of(LOFT), EVERYTHING, NOON) == []
        assert not history.read(consent.standing, LOFT).kept


def test_the_later_decision_about_a_channel_holds(tmp_path: Path):
    exported = filled(tmp_path / "old.db")
    with History.open(tmp_path / "new.db") as history:
        history.turn_on(LOFT, "U5", NOON + timedelta(hours=2))
        history.turn_off(PIER, "U5", NOON + timedelta(hours=2))
        history.take(each for each in read(io.BytesIO(lines(exported))) if not isinstance(each, CopyFlaw))
        assert history.read(consent.standing, LOFT).kept
        assert not history.read(consent.standing, PIER).kept


def test_an_export_of_the_version_before_is_taken(tmp_path: Path):
    messages = [row for row in filled(tmp_path / "old.db") if row["record"] == "message"]
    (tmp_path / "all.jsonl").write_bytes(lines([{k: v for k, v in row.items() if k != "record"} for row in messages]))
    assert bring_in(tmp_path / "all.jsonl", tmp_path / "new.db", lambda _: None).added == 4


TOMBSTONE = {"record": "tombstone", "platform": "slack", "workspace": "T1", "channel": "C1", "id": "5"}
SCHEDULE = {"record": "schedule", "platform": "slack", "workspace": "T1", "channel": "C1", "span": None, "owners": 0}


@pytest.mark.parametrize(
    "line",
    [
        b"[1, 2]",
        b'{"record": "message", "id"',
        b'{"record": "spell"}',
        b'{"record": ["message"]}',
        b"\xff\xfe{}",
        b"[" * 50_000,
        b'{"record": "preference", "person": "U1", "language": "xx; drop"}',
        lines([{**TOMBSTONE, "at": "9999-12-31T23:59:59-12:00"}]),
        lines([{**TOMBSTONE, "at": "soon"}]),
        lines([{**TOMBSTONE, "at": "2026-01-01T00:00:00"}]),
        lines([{**TOMBSTONE, "at": NOON.isoformat(), "more": 1}]),
        lines([{**SCHEDULE, "cron": "at dawn", "timezone": "UTC", "since": NOON.isoformat()}]),
        lines([{**SCHEDULE, "cron": "0 9 * * mon", "timezone": "Mars/North", "since": NOON.isoformat()}]),
        lines([{**SCHEDULE, "cron": "0 9 * * mon", "timezone": "UTC", "since": NOON.isoformat(), "span": 2**70}]),
        b'{"record": "forgotten", "author": "\\ud800", "at": 7e400}',
    ],
    ids=range(15),
)
def test_a_line_that_cannot_be_taken_is_named_and_the_others_go_in(tmp_path: Path, line: bytes):
    exported = filled(tmp_path / "old.db")
    (tmp_path / "all.jsonl").write_bytes(lines(exported[:1]) + line.rstrip(b"\n") + b"\n\n" + lines(exported[1:]))
    report = bring_in(tmp_path / "all.jsonl", tmp_path / "new.db", lambda _: None)
    assert [refusal.entry for refusal in report.refusals] == ["line 2"]
    assert export_of(tmp_path / "new.db") == exported


def test_an_export_of_a_newer_parley_is_refused_whole(tmp_path: Path):
    (tmp_path / "all.jsonl").write_bytes(b'{"record": "history", "format": 2}\n')
    with pytest.raises(UsageError, match="newer Parley"):
        bring_in(tmp_path / "all.jsonl", tmp_path / "new.db", lambda _: None)


def test_a_backup_is_one_private_file_of_one_moment_while_another_process_writes(tmp_path: Path):
    exported = filled(tmp_path / "history.db")
    with closing(sqlite3.connect(tmp_path / "history.db")) as other:
        other.execute("UPDATE message SET text = 'half done'")
        made = back_up(tmp_path / "history.db", tmp_path / "copy" / ".." / "backup.db")
        other.rollback()
    assert {each.name for each in tmp_path.iterdir() if "backup" in each.name or each.suffix == ".part"} == {
        "backup.db"
    }
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert made.messages == 4
    assert export_of(tmp_path / "backup.db") == exported


def test_a_backup_without_vectors_leaves_out_those_alone(tmp_path: Path):
    exported = filled(tmp_path / "history.db")
    with History.open(tmp_path / "history.db") as history:
        message = history.message(SCOPE, "1")
        history.write(vectors.keep, "m", [(message, np.ones(384, np.float32))])
    for without in (False, True):
        back_up(tmp_path / "history.db", tmp_path / f"{without}.db", without_vectors=without)
        with History.open(tmp_path / f"{without}.db") as copied:
            assert bool(copied.vectors(SCOPE, ["1"], "m")) is not without
            assert list(copied.export()) == exported


def test_a_backup_holds_no_word_of_an_erased_text(tmp_path: Path):
    with History.open(tmp_path / "history.db") as history:
        history.add([said(1, "the marmalade is in the boathouse"), said(2)])
        history.delete(PIER, ["1"])
        back_up(tmp_path / "history.db", tmp_path / "backup.db")
    assert b"marmalade" not in (tmp_path / "backup.db").read_bytes()


def test_nothing_but_an_earlier_backup_is_replaced(tmp_path: Path):
    filled(tmp_path / "history.db")
    (tmp_path / "diary.txt").write_text("mine", encoding="utf-8")
    for name in ("history.db", "diary.txt"):
        before = (tmp_path / name).read_bytes()
        for force in (False, True):
            with pytest.raises(UsageError):
                back_up(tmp_path / "history.db", tmp_path / name, force=force)
        assert (tmp_path / name).read_bytes() == before
    back_up(tmp_path / "history.db", tmp_path / "backup.db")
    with pytest.raises(UsageError, match="exists"):
        back_up(tmp_path / "history.db", tmp_path / "backup.db")
    assert back_up(tmp_path / "history.db", tmp_path / "backup.db", force=True).messages == 4


def test_a_restored_history_forgets_what_was_erased_since_and_keeps_the_other_file(tmp_path: Path):
    database, copy = tmp_path / "history.db", tmp_path / "backup.db"
    exported = filled(database)
    back_up(database, copy)
    with History.open(database) as history:
        history.forget("U2")
        history.add([said(20, "only here")])
    restored = restore(copy, database)
    assert (restored.messages, restored.erased) == (3, True)
    now = [row["id"] for row in export_of(database) if row["record"] == "message"]
    assert now == ["1", "10", "11"]
    assert restored.kept is not None
    assert "only here" in json.dumps(export_of(restored.kept))
    assert export_of(copy) == exported


@pytest.mark.parametrize("before", ["nothing", "garbage"])
def test_a_history_is_restored_where_there_is_none_or_a_broken_one(tmp_path: Path, before: str):
    exported = filled(tmp_path / "old.db")
    back_up(tmp_path / "old.db", tmp_path / "backup.db")
    if before == "garbage":
        (tmp_path / "history.db").write_bytes(b"\x00" * 5000)
    restored = restore(tmp_path / "backup.db", tmp_path / "history.db")
    assert export_of(tmp_path / "history.db") == exported
    assert restored.erased is (None if before == "nothing" else False)
    assert (restored.kept is None) is (before == "nothing")


def test_a_history_is_not_replaced_under_a_parley_that_serves_it(tmp_path: Path):
    exported = filled(tmp_path / "history.db")
    back_up(tmp_path / "history.db", tmp_path / "backup.db")
    with FileLock(tmp_path / "history.db.lock"), pytest.raises(UsageError, match="serves"):
        restore(tmp_path / "backup.db", tmp_path / "history.db")
    assert export_of(tmp_path / "history.db") == exported


def spoil(path: Path, kind: str) -> None:
    if kind == "damaged":
        content = bytearray(path.read_bytes())
        content[4096:12288] = b"\x7f" * 8192
        path.write_bytes(content)
    elif kind == "cut":
        path.write_bytes(path.read_bytes()[:20_000])
    elif kind == "text":
        path.write_text("not a database", encoding="utf-8")
    else:
        statement = {
            "newer": "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('history', 'later', '')",
            "foreign": "PRAGMA application_id = 7",
        }[kind]
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(statement)
            connection.commit()


@pytest.mark.parametrize("kind", ["damaged", "cut", "text", "newer", "foreign"])
def test_a_file_that_is_no_sound_backup_changes_nothing(tmp_path: Path, kind: str):
    exported = filled(tmp_path / "history.db")
    back_up(tmp_path / "history.db", tmp_path / "backup.db")
    spoil(tmp_path / "backup.db", kind)
    with pytest.raises((HistoryDamaged, HistoryUnavailable)):
        restore(tmp_path / "backup.db", tmp_path / "history.db")
    assert export_of(tmp_path / "history.db") == exported
    assert not list(tmp_path.glob(".parley-*"))


def test_a_backup_that_is_not_there_or_is_the_history_is_refused(tmp_path: Path):
    filled(tmp_path / "history.db")
    with pytest.raises(NothingFound):
        restore(tmp_path / "nothing.db", tmp_path / "history.db")
    with pytest.raises(UsageError, match="history itself"):
        restore(tmp_path / "history.db", tmp_path / "history.db")


def test_the_command_line_says_what_it_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    filled(tmp_path / "history.db")
    own = ["--db", str(tmp_path / "history.db"), "--json"]
    assert guarded(app, ["history", "backup", str(tmp_path / "backup.db"), *own]) == 0
    assert json.loads(capsys.readouterr().out)["messages"] == 4
    assert guarded(app, ["history", "restore", str(tmp_path / "backup.db"), *own]) == 0
    assert json.loads(capsys.readouterr().out)["erasures_kept"] is True
    assert guarded(app, ["history", "restore", str(tmp_path / "none.db"), *own]) == 4
