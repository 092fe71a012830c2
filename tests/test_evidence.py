"""`parley history verify-erasure` and `retain`, on real files."""

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from adapters.chat import Channel, Message, Person, Place
from bot import terminal
from bot.cli.main import app
from bot.errors import HistoryUnavailable
from bot.history import Derived, History, HistoryThread, database
from bot.history.derived.evidence import verify
from bot.runtime.retention import DAY, keep_retention
from bot.services import Services
from nlp.core import Core

NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
GENERAL = Place("slack", "T1", "C1")
SECRET = "the xylophone quagmire"


def said(number: int, text: str, author: str = "U1") -> Message:
    return Message(str(number), GENERAL, Person(author, "Ana"), text, NOON + timedelta(minutes=number))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "history.db"
    with History.open(file) as history:
        history.add([Channel(GENERAL, "general"), *(said(number, f"plain words {number}") for number in range(200))])
        history.add([said(900, SECRET, "U2")])
    return file


def test_what_is_stored_is_found_and_what_was_erased_is_not(path: Path):
    before = verify(path, SECRET)
    assert not before.gone
    assert before.rows == {"message": 1}
    assert before.bytes_in["history.db"] >= 1
    with History.open(path) as history:
        history.delete(GENERAL, ["900"])
    after = verify(path, SECRET)
    assert after.gone
    assert after.sentences()[0].startswith("No trace of it is left in history.db")


@pytest.mark.parametrize("text", ['they said "never\\ again"\nand left for Zürich', "🚢 sails", "tab\there"])
def test_what_stands_inside_json_is_found_as_well(tmp_path: Path, text: str):
    file = tmp_path / "history.db"
    with History.open(file) as history:
        history.add([Channel(GENERAL, "general"), said(1, "other"), said(2, text)])
        for number, ascii_only in enumerate((True, False)):
            value = json.dumps({"summary": [{"text": text}]}, ensure_ascii=ascii_only)
            history.keep_derived(GENERAL, Derived("summary", str(number), "m", value), [said(1, "other")])
        history.delete(GENERAL, ["2"])
    found = verify(file, text)
    assert found.rows == {"derived": 2}  # planted: nothing that rests on another message would hold it
    assert not found.gone


def test_a_sentence_of_an_erased_text_is_found_in_what_was_made_and_others_sentences_prove_nothing(tmp_path: Path):
    file, own, shared = tmp_path / "history.db", "The merger is called zeppelin.", "Good morning to all of you!"
    with History.open(file) as history:
        history.add([Channel(GENERAL, "general"), said(1, shared), said(2, f"{shared} {own}")])
        history.keep_derived(GENERAL, Derived("summary", "a", "m", json.dumps([own])), [said(1, shared)])
        history.keep_derived(GENERAL, Derived("summary", "b", "m", json.dumps([shared])), [said(1, shared)])
        history.delete(GENERAL, ["2"])
    assert verify(file, f"{shared} {own}").rows == {"derived": 1}


def test_traces_in_free_pages_and_the_log_are_what_it_looks_at(path: Path):
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA secure_delete = OFF")
    raw.execute("CREATE TABLE stray (text TEXT)")
    raw.execute("INSERT INTO stray VALUES (?)", (SECRET * 2000,))
    raw.commit()
    raw.execute("DROP TABLE stray")
    raw.commit()
    raw.close()
    assert path.read_bytes().count(SECRET.encode()) > 100
    with History.open(path) as history:
        history.delete(GENERAL, ["900"])
    assert verify(path, SECRET).gone


def test_a_single_word_of_an_erased_text_is_enough_to_be_found(path: Path):
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE stray (note BLOB)")
        raw.execute("INSERT INTO stray VALUES (?)", (b"...xylophone...",))
    raw.close()
    with History.open(path) as history:
        history.delete(GENERAL, ["900"])
    evidence = verify(path, SECRET)
    assert evidence.rows == {}
    assert evidence.bytes_in == {"history.db": 1}


def test_a_copy_beside_the_history_is_named_and_other_backups_are_called_out_of_reach(path: Path):
    shutil.copy(path, path.with_name("history.db.bak"))
    with History.open(path) as history:
        history.delete(GENERAL, ["900"])
    evidence = verify(path, SECRET)
    assert evidence.gone
    assert evidence.copies == ("history.db.bak",)
    assert "out of reach" in evidence.sentences()[-1]


def test_words_that_others_use_too_prove_nothing(path: Path):
    with History.open(path) as history:
        history.add([said(901, "a xylophone was found"), said(902, "what a quagmire")])
        history.delete(GENERAL, ["900"])
    assert verify(path, SECRET).gone


def test_a_file_that_another_process_writes_is_not_judged(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.history.derived.evidence.connect", lambda file: database.connect(file, 0.05))
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(HistoryUnavailable, match="in use"):
        verify(path, SECRET)
    other.close()


def run(*arguments: str) -> int:
    return terminal.guarded(app, ["history", *arguments])


def test_the_command_tells_by_its_exit_code_and_never_prints_the_text(path: Path, capsys: pytest.CaptureFixture[str]):
    assert run("verify-erasure", SECRET, "--db", str(path)) == 1
    assert run("forget", "--author", "U2", "--yes", "--db", str(path)) == 0
    assert run("verify-erasure", SECRET, "--db", str(path), "--json") == 0
    printed = capsys.readouterr()
    assert "xylophone" not in printed.out + printed.err
    assert json.loads(printed.out.splitlines()[-1])["gone"] is True


def test_the_text_can_come_from_standard_input_so_that_it_stays_out_of_the_shells_history(path: Path):
    command = [sys.executable, "-m", "bot.cli", "history", "verify-erasure", "-", "--db", str(path)]
    done = subprocess.run(command, input=SECRET, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "1 row of message holds it" in done.stdout


def test_retain_erases_what_is_due_and_gives_a_channel_its_days(path: Path, capsys: pytest.CaptureFixture[str]):
    assert run("retain", "--db", str(path), "--json") == 0
    assert json.loads(capsys.readouterr().out)["messages"] == 0  # an import is kept until somebody says otherwise
    assert run("retain", "--channel", "general", "--days", "1", "--db", str(path)) == 0
    assert "Erased 201 messages" in capsys.readouterr().out
    assert run("retain", "--days", "1", "--db", str(path)) == 2


async def test_retention_runs_at_the_start_and_every_day():
    days = {"n": 0}
    async with HistoryThread(None) as history:
        await history.run(lambda store: store.turn_on(GENERAL, "U9", NOON, days=1))
        await history.run(lambda store: store.add([said(0, "first"), said(60 * 24, "a day later")]))
        now = lambda: NOON + timedelta(days=1, hours=12) + timedelta(days=days["n"])  # noqa: E731
        left: list[int] = []

        async def sleep(seconds: float) -> None:
            assert seconds == DAY
            left.append((await history.run(lambda store: store.stats())).messages)
            days["n"] += 1
            if days["n"] == 2:
                raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            await keep_retention(Services(Core(()), history, now, ZoneInfo("UTC")), sleep)
    assert left == [1, 0]
