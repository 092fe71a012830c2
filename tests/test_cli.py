"""The command line as scripts use it: forms, documents, streams and exit codes."""

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from bot import sample
from bot.cli.main import app
from bot.terminal import guarded

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data"
ECHO = (
    "\n".join(f'[models.{task}]\nfamily = "echo"\nmodel = "echo-{task}"\n' for task in ("sentiment", "embed"))
    + '\n[[models.translate]]\nfamily = "echo"\nmodel = "echo-translate"\nsource = "en"\ntarget = "pt"\n'
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every command runs with models that echo, and keeps its files here."""
    file = tmp_path / "config.toml"
    file.write_text(f'timezone = "UTC"\n[history]\npath = "{tmp_path / "history.db"}"\n{ECHO}', encoding="utf-8")
    monkeypatch.setenv("PARLEY_CONFIG", str(file))
    return tmp_path


@pytest.fixture
def imported(parley: Any) -> Any:
    parley("import", str(sample.path()))
    return parley


def exported(parley: Any) -> list[dict[str, Any]]:
    """The messages of an export."""
    rows = [json.loads(row) for row in parley("history", "export")[1].splitlines()]
    return [row for row in rows if row["record"] == "message"]


def document(outcome: tuple[int, str, str]) -> dict[str, Any]:
    code, out, err = outcome
    assert code == 0, err
    assert out.count("\n") == 1
    return json.loads(out)


def test_importing_says_what_came_in(parley: Any):
    found = document(parley("import", str(sample.path()), "--json"))
    counts = {name: found[name] for name in ("format", "channels", "messages", "threads", "authors", "added")}
    assert counts == {
        "format": "slack",
        "channels": 3,
        "messages": 499,
        "threads": 140,
        "authors": 10,
        "added": 499,
    }


def test_importing_twice_adds_nothing(imported: Any):
    assert document(imported("import", str(sample.path()), "--json"))["added"] == 0


def test_an_import_that_leaves_something_out_names_it_and_ends_with_3(parley: Any, home: Path):
    day = home / "export" / "general" / "2026-03-02.json"
    day.parent.mkdir(parents=True)
    day.write_text('[{"type": "message", "user": "U1", "ts": "1772441523.000200", "text": "hi"}, 7]', encoding="utf-8")
    (home / "export" / "channels.json").write_text('[{"id": "C1", "name": "general"}]', encoding="utf-8")
    (home / "export" / "users.json").write_text('[{"id": "U1", "name": "ana", "team_id": "T1"}]', encoding="utf-8")
    code, out, err = parley("import", str(home / "export"))
    assert code == 3
    assert "1 message," in out
    assert "2026-03-02.json" in err


def test_a_path_that_is_not_there_ends_with_4(parley: Any):
    assert parley("import", "nowhere.zip")[0] == 4


def test_a_file_that_is_no_export_ends_with_2(parley: Any, home: Path):
    assert parley("import", str(home / "config.toml"))[0] == 2


def test_a_summary_names_messages_that_exist(imported: Any):
    found = document(imported("summarize", "--channel", "general", "--last", "40", "--json"))
    assert found["covers"]["messages"] == 40
    ids = {row["id"] for row in exported(imported)}
    sources = [source for sentence in found["summary"] for source in sentence["sources"]]
    assert sources
    assert set(sources) <= ids
    assert set(found) == {"summary", "covers", "notes", "model", "seconds"}


def test_an_answer_quotes_messages_that_exist(imported: Any):
    found = document(imported("ask", "where is the offsite?", "--channel", "general", "--json"))
    assert set(found) >= {"found", "answer", "confidence", "sources", "covers", "model"}
    ids = {row["id"] for row in exported(imported)}
    assert {source["id"] for source in found["sources"]} <= ids
    assert 0 <= found["confidence"] <= 1


def test_a_translation_is_one_document(parley: Any):
    found = document(parley("translate", "--from", "en", "--to", "pt", "Good morning, @ana", "--json"))
    assert set(found) == {"text", "source_language", "target_language", "model", "warnings"}
    assert "@ana" in found["text"]


def test_a_sentiment_is_one_document(parley: Any):
    found = document(parley("sentiment", "what a lovely day this is", "--json"))
    assert found["label"] in {"positive", "neutral", "negative"}
    assert sum(found["scores"].values()) == pytest.approx(1)


@pytest.mark.parametrize("command", [["sentiment"], ["translate", "--from", "en", "--to", "pt"]])
def test_a_dash_reads_one_text_a_line_and_answers_in_order(parley: Any, command: list[str]):
    lines = [f"this is the number {number} of many lines" for number in range(50)]
    code, out, _ = parley(*command, "-", "--json", stdin="\n".join(lines))
    assert code == 0
    assert len([json.loads(line) for line in out.splitlines()]) == 50
    if command[0] == "translate":
        assert [f"number {number} of" in line for number, line in enumerate(out.splitlines())] == [True] * 50


def test_a_channel_that_is_not_there_ends_with_4_and_names_near_ones(imported: Any):
    code, _, err = imported("summarize", "--channel", "generall")
    assert code == 4
    assert "general" in err.partition("There is:")[2]


def test_an_empty_window_ends_with_4(imported: Any):
    assert imported("summarize", "--channel", "general", "--since", "2h")[0] == 4


def test_a_time_that_is_none_ends_with_2(imported: Any):
    code, _, err = imported("summarize", "--channel", "general", "--since", "the day of days")
    assert code == 2
    assert "--since" in err


def test_equal_channel_names_ask_for_the_workspace(imported: Any, home: Path):
    export = home / "Other team" / "general"
    export.mkdir(parents=True)
    (export / "2026-03-02.json").write_text(
        '[{"type": "message", "user": "U1", "ts": "1772441523.000200", "text": "hi", "team": "T9"}]', encoding="utf-8"
    )
    (export.parent / "channels.json").write_text('[{"id": "C9", "name": "general"}]', encoding="utf-8")
    (export.parent / "users.json").write_text('[{"id": "U1", "name": "ana", "team_id": "T9"}]', encoding="utf-8")
    assert imported("import", str(export.parent))[0] == 0
    code, _, err = imported("summarize", "--channel", "general")
    assert code == 2
    assert "--workspace" in err
    found = document(imported("summarize", "--channel", "general", "--workspace", "T9", "--json"))
    assert found["covers"]["messages"] == 1


def test_a_pair_that_no_model_translates_ends_with_5_and_says_how_to_get_one(parley: Any):
    code, _, err = parley("translate", "--from", "en", "--to", "ja", "Good morning")
    assert code == 5
    assert "`parley models pull firefox:ja`" in " ".join(err.split())


def test_no_text_at_all_ends_with_2(parley: Any):
    assert parley("sentiment")[0] == 2


def test_a_command_that_is_none_ends_with_2(parley: Any):
    assert parley("frobnicate")[0] == 2


def test_a_broken_configuration_is_a_sentence(parley: Any, home: Path):
    (home / "config.toml").write_text("[models]\nprofil = 1\n", encoding="utf-8")
    code, _, err = parley("sentiment", "hello")
    assert code == 2
    assert "models.profil" in err
    assert "Traceback" not in err


def test_an_unexpected_failure_is_a_sentence_and_with_verbose_a_traceback(parley: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.config.read", lambda _: 1 / 0)
    code, _, err = parley("sentiment", "hello")
    assert (code, "Traceback" in err) == (1, False)
    code, _, err = parley("sentiment", "hello", "--verbose")
    assert (code, "Traceback" in err) == (1, True)


def test_verbose_behind_two_dashes_is_text(parley: Any):
    assert (
        "--verbose" in document(parley("translate", "--from", "en", "--to", "pt", "--json", "--", "--verbose"))["text"]
    )


def test_chat_answers_free_text_and_commands_until_the_input_ends(imported: Any):
    code, out, err = imported("chat", "--channel", "general", stdin="/help\nwhere is the offsite?\n/quit\n")
    assert code == 0, err
    assert "/summarize" in out


def test_a_person_is_forgotten_with_a_receipt(imported: Any):
    found = document(imported("history", "forget", "--author", "U0YUSUF07", "--yes", "--json"))
    assert found["messages"] > 0
    assert not [row for row in exported(imported) if "U0YUSUF07" in json.dumps(row["author"])]


def test_search_finds_messages_by_their_words(imported: Any):
    found = document(imported("history", "search", "lighthouse", "--json"))
    assert all("lighthouse" in hit["text"].casefold() for hit in found["hits"])


def test_nothing_found_ends_with_4(imported: Any):
    assert imported("history", "search", "xylophone")[0] == 4


def test_reading_a_history_that_is_not_there_creates_none(parley: Any, home: Path):
    assert parley("history", "stats", "--db", str(home / "none.db"))[0] == 4
    assert not (home / "none.db").exists()


def test_a_command_imports_no_library_that_it_does_not_use():
    code = "import sys, bot.cli.main; print(sorted({'torch', 'sklearn', 'matplotlib'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_models_are_listed_with_their_licences(parley: Any):
    rows = document(parley("models", "list", "--json"))["models"]
    assert all(row["licence"] for row in rows)


def test_an_intent_is_said_a_line(parley: Any):
    code, out, _ = parley(
        "intent", "-", "--json", stdin="recap of the last 20 messages\nin German: good night\nboats\n"
    )
    assert code == 0
    summary, translation, unsure = map(json.loads, out.splitlines())
    assert 0.9 < summary.pop("confidence") <= 1
    assert summary == {"intent": "summarize", "argument": "", "window": {"last": 20}, "language": None}
    assert (translation["intent"], translation["argument"], translation["language"]) == (
        "translate",
        "good night",
        "German",
    )
    assert (unsure["intent"], unsure["confidence"]) == (None, 0.0)


def test_the_version_is_the_installed_packages(capsys: pytest.CaptureFixture[str]):
    assert guarded(app, ["--version"]) == 0
    assert capsys.readouterr().out == f"parley {version('parley-bot')}\n"


def test_every_page_that_a_message_names_is_printed_by_docs(capsys: pytest.CaptureFixture[str]):
    sources = [
        path.read_text(encoding="utf-8") for name in ("adapters", "bot", "nlp") for path in (ROOT / name).rglob("*.py")
    ]
    named = {page for text in sources for page in re.findall(r"`parley docs (\w+)`", text)}
    assert {"slack", "discord", "config", "models"} <= named
    for page in named:
        assert guarded(app, ["docs", page]) == 0
        assert len(capsys.readouterr().out) > 1000
    assert guarded(app, ["docs", "sailing"]) == 2


def test_a_wheel_carries_the_pages_that_docs_prints():
    carried = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["data-files"]
    assert carried == {"share/doc/parley-bot": ["config.example.toml", "docs/*.md"]}
