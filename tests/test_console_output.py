"""What commands print: the plain text where a file or a program reads it, and never anybody's words as markup."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.chat import Channel, Message, Person, Place
from bot import terminal
from bot.cli.commands.check import Finding, grouped
from bot.history import History

ODD = ("[bold]", "#[/]", "[link=x]", ":tada:", "a\\[b]")
ECHO = (
    "\n".join(f'[models.{task}]\nfamily = "echo"\nmodel = "echo-{task}"\n' for task in ("sentiment", "embed"))
    + '\n[[models.translate]]\nfamily = "echo"\nmodel = "echo-translate"\nsource = "en"\ntarget = "pt"\n'
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(f'timezone = "UTC"\n[history]\npath = "{tmp_path / "history.db"}"\n{ECHO}', encoding="utf-8")
    monkeypatch.setenv("PARLEY_CONFIG", str(file))
    return tmp_path


@pytest.fixture(params=[False, True], ids=["pipe", "terminal"])
def rows_shown(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many of 300,000 rows a table shows: all in a pipe, which half of the tests run in, and few in a terminal."""
    for console in (terminal.out, terminal.err):
        monkeypatch.setattr(console, "_force_terminal", request.param)
        monkeypatch.setattr(console, "_width", 200)
    return terminal.MOST_SHOWN if request.param else 300_000


def export(folder: Path, names: tuple[str, ...]) -> Path:
    """An export whose channels, people, words and threads are called so."""
    folder.mkdir()
    users = [{"id": f"U{at}", "team_id": "T1", "profile": {"display_name": name}} for at, name in enumerate(names)]
    channels = [{"id": f"C{at}", "name": name} for at, name in enumerate(names)]
    (folder / "users.json").write_text(json.dumps(users), encoding="utf-8")
    (folder / "channels.json").write_text(json.dumps(channels), encoding="utf-8")
    for at, name in enumerate(names):
        rows = [
            {"user": f"U{who}", "ts": f"17724420{at}{who}.000000", "text": f"the gauge {other} is broken since {name}"}
            for who, other in enumerate(names)
        ]
        day = folder / f"C{at}" / "2026-03-02.json"
        day.parent.mkdir()
        day.write_text(json.dumps(rows), encoding="utf-8")
    return folder


@pytest.mark.usefixtures("rows_shown")
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    "command",
    [
        ["history", "stats"],
        ["history", "search", "gauge"],
        ["history", "search", "gauge", "--json"],
        ["summarize", "--channel", "{}"],
        ["summarize", "--channel", "nowhere"],
        ["ask", "what is broken?", "--channel", "{}"],
        ["chat", "--channel", "{}"],
        ["chat"],
        ["translate", "--from", "en", "--to", "pt", "the gauge {} is broken"],
        ["translate", "--from", "en", "--to", "{}", "the gauge"],
        ["sentiment", "the gauge {} is broken"],
        ["sentiment", "--channel", "{}"],
        ["report", "--channel", "{}"],
        ["intent", "{}"],
        ["history", "forget", "--author", "{}", "--yes"],
        ["history", "verify-erasure", "{}"],
        ["models", "info", "{}"],
        ["import", "{}"],
        ["check", "--db", "{}"],
        ["{}"],
    ],
    ids=" ".join,
)
def test_markup_in_names_and_texts_is_never_read(parley: Any, home: Path, odd: str, command: list[str]):
    parley("import", str(export(home / "export", (odd, "plain"))))
    code, out, err = parley(*(word.replace("{}", odd) for word in command), stdin="what is broken?\n")
    assert "unexpected" not in err, err
    assert code != 1 or "verify-erasure" in command
    if command[:2] in (["history", "stats"], ["history", "search"]) and "--json" not in command:
        assert odd in out


def test_a_translation_in_a_pipe_is_its_text_alone(parley: Any):
    address = "https://ex.org/" + "long/" * 30
    text = f"The boats float\n  2*3*4 is _hardly_ [the rule]({address})\n\n```py\nx\t= 1\n```\n:tada: # end"
    code, out, err = parley("translate", "--from", "en", "--to", "pt", text)
    assert code == 0, err
    assert out.replace("[pt] ", "").casefold() == f"{text}\n".casefold()  # a model is shown a part as a sentence
    assert "English → Portuguese" in err


def test_a_found_text_in_a_pipe_keeps_its_lines_and_its_length(parley: Any, home: Path):
    folder = export(home / "export", ("docks", "quays"))
    long = "tide " + "x" * 300
    row = {"user": "U1", "ts": "1772443000.000000", "text": f"{long}\n\tindented"}
    (folder / "C0" / "2026-03-03.json").write_text(json.dumps([row]), encoding="utf-8")
    parley("import", str(folder))
    assert f"  {long}\n  \tindented\n" in parley("history", "search", "tide")[1]


def test_links_to_sources_are_whole_in_a_pipe(parley: Any, home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "40")
    folder = export(home / "export", ("docks", "quays"))
    reply = {
        "user": "U1",
        "ts": "1772443000.000000",
        "thread_ts": "1772442000.000000",
        "text": "the keys are in room 7",
    }
    (folder / "C0" / "2026-03-03.json").write_text(json.dumps([reply]), encoding="utf-8")
    parley("import", str(folder))
    out = parley("ask", "where are the keys?", "--channel", "docks")[1]
    assert "https://slack.com/archives/C0/p1772443000000000?thread_ts=1772442000.000000&cid=C0" in out
    assert all(line == line.rstrip() for line in out.splitlines())


def test_a_table_in_a_pipe_is_a_row_a_line_with_tabs(parley: Any, home: Path):
    parley("import", str(export(home / "export", ("docks", "quays"))))
    head, *rows, total = parley("history", "stats")[1].splitlines()
    assert head.split("\t") == ["channel", "workspace", "messages", "threads", "authors", "from", "to"]
    assert [row.split("\t")[:4] for row in rows] == [["docks", "export", "2", "0"], ["quays", "export", "2", "0"]]
    assert total.startswith("2 channels, 4 messages")


def test_a_table_of_many_rows_is_cut_in_a_terminal_and_whole_in_a_pipe(
    capsys: pytest.CaptureFixture[str], rows_shown: int
):
    terminal.show_table(("name",), ([f"row {number}."] for number in range(300_000)))
    shown = capsys.readouterr()
    assert shown.out.count("row ") == rows_shown
    assert (f"{300_000 - rows_shown:,} more rows" in shown.err) == (rows_shown < 300_000)


def test_a_check_says_first_that_no_service_is_set_up_and_fits_a_page(parley: Any, home: Path):
    deep = home / "a-folder-with-a-name"
    config = (home / "config.toml").read_text(encoding="utf-8")
    rule = '[[access.rules]]\neffect = "deny"\nintents = ["report"]\npeople = ["U1"]\n'
    (home / "config.toml").write_text(f"{config}\n{rule}", encoding="utf-8")
    code, out, _ = parley("check", "--db", str(deep / "history.db"))
    assert code == 0
    assert out.startswith("!  services: No chat service is configured.")
    assert "echo-translate" in out
    assert all(len(line) <= 80 or " " not in line.strip() for line in out.splitlines())
    assert str(deep / "history.db") in out


def test_what_is_the_same_for_all_is_said_once():
    found = [Finding(f"access: {name}", works=True, detail="everyone, everywhere") for name in ("ask", "help")]
    assert [(each.what, each.detail) for each in grouped(found)] == [("access", "everyone, everywhere")]
    other = Finding("access: report", works=True, detail="people U1 everywhere")
    assert [each.what for each in grouped([*found, other])] == ["access: ask, help", "access: report"]


def test_what_differs_is_said_each():
    found = [Finding("history", works=True, detail="none"), Finding("limits", works=False, detail="none")]
    assert list(grouped(found)) == found


def test_a_search_over_more_channels_than_a_statement_takes_finds_its_words(parley: Any, home: Path):
    def records() -> Iterator[Channel | Message]:
        for number in range(40_000):
            place = Place("slack", "T1", f"C{number}")
            yield Channel(place, f"room-{number}")
            if number % 20_000 == 1:
                yield Message("1", place, Person("U1", "Ana"), "the gauge is broken", datetime(2026, 3, 2, tzinfo=UTC))

    with History.open(home / "history.db") as history:
        history.add(records())
    code, out, err = parley("history", "search", "gauge")
    assert (code, out.count("the gauge is broken")) == (0, 2), err
    code, out, err = parley("chat")
    assert (code, "and 39,990 more" in err) == (2, True)
