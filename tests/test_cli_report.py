"""`parley report` as scripts use it: its document, its files and its exit codes."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.chat import Channel, Message, Person, Place
from bot.cli.main import app
from bot.history import History
from bot.terminal import guarded

PLACE = Place("slack", "T1", "C1")
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A history of one channel, and models that echo."""
    models = "\n".join(f'[models.{task}]\nfamily = "echo"\nmodel = "echo"\n' for task in ("sentiment", "embed"))
    file = tmp_path / "config.toml"
    file.write_text(f'timezone = "UTC"\n[history]\npath = "{tmp_path / "history.db"}"\n{models}', encoding="utf-8")
    monkeypatch.setenv("PARLEY_CONFIG", str(file))
    with History.open(tmp_path / "history.db") as history:
        history.add([Channel(PLACE, "general"), *(said(n) for n in range(50))])
    return tmp_path


def said(number: int) -> Message:
    author = Person(f"U{number % 5}", f"Person{number % 5}")
    return Message(str(number), PLACE, author, f"the boat number {number}", START + timedelta(minutes=number))


def test_a_report_is_one_document_and_the_files_that_were_asked_for(home: Path, capsys: pytest.CaptureFixture[str]):
    files = [str(home / "report.html"), str(home / "chart.png")]
    line = ["report", "--channel", "general", "--json", "--out", files[0], "--png", files[1]]
    assert guarded(app, line) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["channel"], document["messages"], document["files"]) == ("#general", 50, files)
    assert Path(files[0]).read_text(encoding="utf-8").startswith("<!doctype html>")
    assert Path(files[1]).read_bytes().startswith(b"\x89PNG")


def test_a_report_says_its_finding_first(capsys: pytest.CaptureFixture[str]):
    assert guarded(app, ["report", "--channel", "#general"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("The mood of #general was steady: ")
    assert "I judged 50 messages by 5 people" in printed.err


def test_a_time_in_which_nobody_wrote_is_told(capsys: pytest.CaptureFixture[str]):
    assert guarded(app, ["report", "--channel", "general", "--until", "2020-01-01"]) == 4
    assert "I keep nothing that people wrote in #general" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_told(home: Path, capsys: pytest.CaptureFixture[str]):
    assert guarded(app, ["report", "--channel", "general", "--out", str(home / "missing" / "report.html")]) == 2
    assert "can't be written" in capsys.readouterr().err


def test_a_time_may_be_compared_with_the_one_before(capsys: pytest.CaptureFixture[str]):
    line = ["report", "--channel", "general", "--compare"]
    assert guarded(app, [*line, "--since", "2026-03-02T09:25", "--until", "2026-03-03"]) == 0
    assert "since 2 March" in capsys.readouterr().out
    assert guarded(app, line) == 2
    assert "--since" in capsys.readouterr().err


def test_a_digest_is_one_document_of_every_channel_or_of_those_that_are_named(capsys: pytest.CaptureFixture[str]):
    line = ["digest", "--since", "2026-03-02", "--until", "2026-03-03", "--json"]
    documents = []
    for more in ([], ["--channel", "general"]):
        assert guarded(app, [*line, *more]) == 0
        documents.append(json.loads(capsys.readouterr().out))
    first, second = documents
    assert [each["channel"] for each in first["channels"]] == ["#general"]
    assert first["channels"][0]["summary"] == second["channels"][0]["summary"]
    assert (first["from"], first["to"]) == ("2026-03-02T00:00:00+00:00", "2026-03-03T00:00:00+00:00")


def test_a_digest_without_news_says_so(capsys: pytest.CaptureFixture[str]):
    assert guarded(app, ["digest", "--channel", "general", "--since", "2020-01-01", "--until", "2020-01-02"]) == 0
    assert capsys.readouterr().out == "Nothing is new in #general since 1 Jan 2020 00:00.\n"
