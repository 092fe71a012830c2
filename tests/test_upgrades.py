"""Histories that released versions wrote are brought up to date without loss, and a newer one is refused."""

import gzip
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.chat import EVERYTHING, Place, Reaction
from bot.cli.main import app
from bot.errors import HistoryUnavailable
from bot.history import History, Scope, consent
from bot.runtime.soundness import check
from bot.terminal import guarded

DATA = Path(__file__).resolve().parent / "data"
RELEASES = sorted(path.name.removesuffix(".db.gz") for path in DATA.glob("history-*.db.gz"))
PIER, LOFT = Place("slack", "T1", "C1"), Place("discord", "G1", "2")
NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


@pytest.fixture(params=RELEASES)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A history as that release's own code wrote it."""
    file = tmp_path / "history.db"
    file.write_bytes(gzip.decompress((DATA / f"{request.param}.db.gz").read_bytes()))
    return file


def test_there_is_a_history_of_every_release():
    text = (DATA.parent.parent / "CHANGELOG.md").read_text(encoding="utf-8")
    released = [line.split()[1] for line in text.splitlines() if line.startswith("## ") and line != "## Unreleased"]
    assert {f"history-{version}" for version in released} == set(RELEASES)


def test_what_an_earlier_version_kept_is_there(old: Path):
    with History.open(old) as history:
        kept = history.window(Scope.of(PIER), EVERYTHING, NOON)
        assert [each.text for each in kept] == [
            "the ferry leaves at nine", "aye, from the north pier", "the boathouse key is with Maud",
        ]  # fmt: skip
        assert kept[0].reactions == (Reaction("+1", 2),)
        assert [hit.message.id for hit in history.search(Scope.of(PIER), "boathouse")] == ["3"]
        assert history.read(consent.standing, PIER).mark == "7.5"
        assert history.read(consent.consent, PIER).days == 30
        told = [row for row in history.export() if row["record"] in {"forgotten", "tombstone", "preference", "promise"}]
    assert {row["record"] for row in told} == {"forgotten", "tombstone", "preference", "promise"}


def test_it_is_sound_afterwards_and_opens_again(old: Path):
    for _ in range(2):
        with History.open(old):
            pass
        assert check(old).findings == ()


def test_what_is_kept_no_longer_has_left_the_file(old: Path):
    with History.open(old) as history:
        assert [each.text for each in history.window(Scope.of(LOFT), EVERYTHING, NOON) if each.notice] == [""]
    assert b"a thread began with these words" not in old.read_bytes()


def test_a_newer_version_is_refused_in_a_sentence_and_left_alone(old: Path, capsys: pytest.CaptureFixture[str]):
    with closing(sqlite3.connect(old)) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('history', 'of_the_future', '')"
        )
        connection.commit()
    before = old.read_bytes()
    with pytest.raises(HistoryUnavailable, match="newer Parley"):
        History.open(old)
    assert guarded(app, ["history", "stats", "--db", str(old)]) == 5
    assert "Upgrade Parley" in capsys.readouterr().err
    assert old.read_bytes() == before
