"""A damaged or foreign file ends in a sentence, whatever is asked of it, and readers wait for no writer."""

import asyncio
import json
import random
import sqlite3
import stat
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from adapters.chat import EVERYTHING, Channel, Message, Person, Place, Reaction
from bot.cli.main import app
from bot.errors import HistoryBusy, HistoryDamaged, HistoryUnavailable
from bot.history import History, HistoryThread, Scope, consent, schedules
from bot.history.derived import vectors
from bot.history.derived.evidence import verify
from bot.history.schedules import Schedule
from bot.runtime.soundness import check
from bot.terminal import guarded

NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
GENERAL = Place("slack", "T1", "C1")
SCOPE = Scope.of(GENERAL)


def said(number: int, text: str) -> Message:
    author = Person(f"U{number % 7}", f"Name{number % 7}")
    return Message(
        str(number), GENERAL, author, text, NOON + timedelta(minutes=number), reactions=(Reaction("tada", 2),)
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "history.db"
    with History.open(file) as history:
        history.add(
            [Channel(GENERAL, "general"), *(said(n, f"the ferry number {n} has left the pier") for n in range(300))]
        )
        history.write(vectors.keep, "m", [(said(1, "the ferry number 1 has left the pier"), np.ones(8, np.float32))])
    return file


def everything(path: Path) -> None:
    with History.open(path) as history:
        history.channels()
        history.window(SCOPE, EVERYTHING, NOON)
        history.search(SCOPE, "ferry pier")
        history.stats()
        list(history.export())
        history.vectors(SCOPE, ["1"], "m")
        history.unscored(SCOPE, EVERYTHING, NOON, "m", after=0, limit=50)
        history.heard(SCOPE)
        history.read(schedules.read)
        history.read(consent.consent, GENERAL)
        history.delete(GENERAL, ["5"])
        history.add([said(1_000, "one more")])
        history.forget("U3")


def test_a_history_in_which_reports_come_round_is_sound(path: Path):
    with History.open(path) as history:
        history.write(schedules.put, Schedule(GENERAL, "0 9 * * mon", "UTC", None, NOON))
    assert check(path).findings == ()


@pytest.mark.parametrize("seed", range(60))
def test_flipped_bytes_anywhere_end_in_a_sentence_or_change_a_text(path: Path, seed: int):
    chance = random.Random(seed)
    content = bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 8, 64])):
        content[chance.randrange(100, len(content))] = chance.randrange(256)
    path.write_bytes(content)
    with suppress(HistoryUnavailable):
        everything(path)
    with suppress(HistoryUnavailable):  # bytes of a step that brought it up to date: it seems a newer Parley's
        check(path)


def test_a_damaged_page_is_named_and_the_check_is_recommended(path: Path):
    content = bytearray(path.read_bytes())
    content[4096 * 4 : 4096 * 40] = b"\xff" * (4096 * 36)
    path.write_bytes(content)
    with pytest.raises(HistoryDamaged, match="damaged") as refused:
        everything(path)
    assert "history check" in refused.value.remedy
    assert check(path).findings


def test_a_sound_history_is_called_sound(path: Path, capsys: pytest.CaptureFixture[str]):
    assert guarded(app, ["history", "check", "--db", str(path)]) == 0
    assert capsys.readouterr().out.startswith("The history is sound: 300 messages")


def test_an_index_that_lost_words_is_found_and_made_anew(path: Path, capsys: pytest.CaptureFixture[str]):
    raw = sqlite3.connect(path)
    raw.execute("INSERT INTO message_fts (message_fts) VALUES ('delete-all')")
    raw.commit()
    raw.close()
    assert guarded(app, ["history", "check", "--db", str(path), "--json"]) == 1
    assert "index" in json.loads(capsys.readouterr().out)["findings"][0]
    assert guarded(app, ["history", "check", "--db", str(path), "--repair"]) == 0
    with History.open(path) as history:
        assert history.search(SCOPE, "ferry")


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_the_database_of_another_program_keeps_its_bytes_and_its_mode(tmp_path: Path, journal: str):
    file = tmp_path / "other.db"
    other = sqlite3.connect(file)
    other.execute(f"PRAGMA journal_mode = {journal}")
    other.execute("CREATE TABLE note (text)")
    other.commit()
    file.chmod(0o664)
    before = file.read_bytes()
    for door in (History.open, check):
        with pytest.raises(HistoryUnavailable, match="another program"):
            door(file)
    other.close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o664
    assert journal == "wal" or file.read_bytes() == before


def test_forgetting_somebody_unknown_says_so_and_is_no_success(path: Path, capsys: pytest.CaptureFixture[str]):
    assert guarded(app, ["history", "forget", "--author", "U0NOBODY", "--yes", "--db", str(path)]) == 4
    printed = capsys.readouterr()
    assert "No message of U0NOBODY was stored" in printed.err
    assert "Erased" not in printed.out


@pytest.mark.parametrize(
    "written",
    [
        "The CAFE  contract, ends (in) June!",
        "the cafe\u0301 contract ends in june",
        "\uff54\uff48\uff45 café contract ends in June",
    ],
)
def test_a_text_that_is_written_otherwise_is_still_a_trace(path: Path, written: str):
    with History.open(path) as history:
        history.add([said(900, written)])
    found = verify(path, "The café contract ends in June.")
    assert found.rows == {"message": 1}
    assert not found.gone
    assert any("without case" in sentence for sentence in found.sentences())


def test_copies_beside_the_real_file_behind_a_link_are_found(path: Path, tmp_path: Path):
    with History.open(path) as history:
        history.add([said(900, "the xylophone quagmire of May")])
    copy = path.with_name("history.db.bak")
    copy.write_bytes(path.read_bytes())
    elsewhere = tmp_path / "links"
    elsewhere.mkdir()
    link = elsewhere / "mine.db"
    link.symlink_to(path)
    (elsewhere / "mine-old.db").write_bytes(copy.read_bytes())
    with History.open(link) as history:
        history.delete(GENERAL, ["900"])
    found = verify(link, "the xylophone quagmire of May")
    assert found.gone
    assert found.copies == ("history.db.bak", str(elsewhere / "mine-old.db"))


HOLDER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
db.execute("ROLLBACK")
"""


async def test_reads_are_served_while_another_process_holds_the_file_and_a_write_waits(path: Path):
    async with HistoryThread(path) as history:
        with subprocess.Popen(  # noqa: ASYNC220 - it only starts
            [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as other:
            assert other.stdout
            assert other.stdout.readline() == "held\n"
            writing = history.run(lambda store: store.add([said(2_000, "late")]))
            pending = asyncio.ensure_future(writing)
            served = 0
            for _ in range(50):
                assert len(await history.run(lambda store: store.window(SCOPE, EVERYTHING, NOON))) == 300
                served += not pending.done()
            assert served == 50  # none of them stood behind the write
            other.communicate("")
        with suppress(HistoryBusy):
            assert (await pending).messages == 1
