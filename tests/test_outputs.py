"""Files that commands write and read: nothing of anybody else's is overwritten, and only plain files are opened."""

import json
import os
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from adapters.files import NotPlain, open_plain, read_plain, read_text
from bot import outputs, sample
from bot.cli.main import app
from bot.errors import UsageError
from bot.history import History
from bot.terminal import guarded

ECHO = "\n".join(f'[models.{task}]\nfamily = "echo"\nmodel = "echo"\n' for task in ("sentiment", "embed"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(f'timezone = "UTC"\n[history]\npath = "{tmp_path / "history.db"}"\n{ECHO}', encoding="utf-8")
    monkeypatch.setenv("PARLEY_CONFIG", str(file))
    assert guarded(app, ["import", str(sample.path())]) == 0
    return tmp_path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("command", [["--out"], ["--png"]], ids=lambda words: words[0])
def test_a_report_replaces_its_own_file_and_no_other(
    home: Path, command: list[str], capsys: pytest.CaptureFixture[str]
):
    old = os.umask(0)
    try:
        line = ["report", "--channel", "general", *command, str(home / "made")]
        assert guarded(app, line) == guarded(app, line) == 0
        assert mode(home / "made") == 0o600
        (home / "made").write_text("my diary", encoding="utf-8")
        assert guarded(app, line) == 2
        assert (home / "made").read_text(encoding="utf-8") == "my diary"
        assert "--force" in capsys.readouterr().err
        assert guarded(app, [*line, "--force"]) == 0
        assert b"Parley" in (home / "made").read_bytes()
    finally:
        os.umask(old)


@pytest.mark.parametrize("name", ["history.db", "history.db-wal", "link.html"])
@pytest.mark.parametrize("force", [[], ["--force"]], ids=["", "forced"])
def test_a_database_is_never_overwritten(home: Path, name: str, force: list[str]):
    (home / "link.html").symlink_to(home / "history.db")
    (home / "history.db-wal").touch()
    for line in (
        ["report", "--channel", "general", "--out"], ["report", "--channel", "general", "--png"],
        ["history", "export", "--out"], ["history", "feedback", "--out"],
    ):  # fmt: skip
        assert guarded(app, [*line, str(home / name), *force]) == 2
    with History.open(home / "history.db") as history:
        assert history.stats().messages == 499


def test_an_export_into_a_file_is_its_owners_and_may_be_made_anew(home: Path):
    line = ["history", "export", "--out", str(home / "all.jsonl")]
    assert guarded(app, line) == guarded(app, line) == 0
    assert mode(home / "all.jsonl") == 0o600
    assert (home / "all.jsonl").read_text(encoding="utf-8").count('"record": "message"') == 499
    (home / "all.jsonl").write_text('{"mine": 1}\n', encoding="utf-8")
    assert guarded(app, line) == 2


def test_a_file_that_fails_halfway_leaves_the_old_one_and_nothing_beside_it(tmp_path: Path):
    path = tmp_path / "all.jsonl"
    outputs.write(path, b'{"platform": "slack", "workspace": "T1"}\n', outputs.HISTORY)
    with suppress(ZeroDivisionError), outputs.replacing(path, outputs.HISTORY) as file:
        file.write(b"half %d" % (1 / (file.tell())))
    assert path.read_bytes().startswith(b'{"platform"')
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_to_an_own_file_stays_a_link(tmp_path: Path):
    (tmp_path / "real").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    outputs.write(tmp_path / "link", b"new", outputs.NOTHING_OWN)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


@pytest.mark.parametrize("odd", ["pipe", "folder", "missing/file"])
def test_what_can_not_be_a_file_is_told(tmp_path: Path, odd: str):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match="can't be written"):
        outputs.write(tmp_path / odd, b"", outputs.PAGE, force=True)


def test_training_and_the_tour_take_a_new_folder_or_their_own(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="isn't empty"):
        outputs.refuse_used(tmp_path, {"card.json"})
    outputs.refuse_used(tmp_path, {"notes.txt"})
    outputs.refuse_used(tmp_path / "new", {"card.json"})


def test_the_tour_never_goes_into_a_folder_with_a_history(home: Path, capsys: pytest.CaptureFixture[str]):
    assert guarded(app, ["demo", "--out", str(home)]) == 2
    assert "isn't empty" in capsys.readouterr().err


def test_only_plain_files_are_opened(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(NotPlain):
            open_plain(path)
    (tmp_path / "file").write_bytes(b"a\r\nb")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert read_text(tmp_path / "link") == "a\nb"
    with pytest.raises(OSError, match=r"[Tt]oo many levels"):
        open_plain(tmp_path / "link", follow=False)
    with pytest.raises(OSError, match="larger than 0 MB"):
        read_plain(tmp_path / "file", most=3)


@pytest.mark.parametrize("device", ["pipe", "/dev/zero"])
@pytest.mark.parametrize(
    "line",
    [
        ["import", "{}"], ["check", "--config", "{}"],
        ["history", "stats", "--db", "{}"], ["import", "export", "--db", "{}"],
        ["eval", "sentiment", "--data", "{}"], ["eval", "ask", "--data", "{}"], ["eval", "summarize", "--data", "{}"],
        ["eval", "translate", "--data", "{}", "--from", "en", "--to", "pt"],
        ["train", "sentiment", "--data", "{}", "--out", "new"], ["report", "--channel", "general", "--db", "{}"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_pipe_or_a_device_is_refused_wherever_a_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, line: list[str], capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "channels.json").write_text("[]", encoding="utf-8")
    code = guarded(app, [word.replace("{}", device) for word in line])
    said = capsys.readouterr().err
    assert (code in (2, 5), "unexpected" in said) == (True, False), said


BAD = b"caf\xe9 is open\n", b"half \xed\xa0\x80 pair\n", b"x" * 1_000_001 + b"\n", b"\xff\xfe\n"


@pytest.mark.parametrize("bad", BAD, ids=["latin-1", "surrogates", "long", "utf-16"])
@pytest.mark.parametrize("line", ["sentiment - --json", "translate - --from en --to pt --json", "intent - --json"])
def test_a_line_that_is_no_text_is_answered_in_its_place_and_the_others_are_served(
    tmp_path: Path, bad: bytes, line: str
):
    pair = '[[models.translate]]\nfamily = "echo"\nmodel = "echo"\nsource = "en"\ntarget = "pt"\n'
    (tmp_path / "config.toml").write_text(ECHO + pair, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "bot.cli", *line.split()], input=b"\xef\xbb\xbfthe first\n" + bad + b"the last\n",
        capture_output=True, check=False, env={**os.environ, "PARLEY_CONFIG": str(tmp_path / "config.toml")},
    )  # fmt: skip
    if line.startswith("intent") and len(bad) > 1_000_000:
        return  # one long word is words to `intent`
    first, second, third = (json.loads(row) for row in ran.stdout.splitlines())
    assert ran.returncode == 3, ran.stderr
    assert "error" not in first
    assert second["error"].startswith("Line 2 ")
    assert "error" not in third
    assert b"Traceback" not in ran.stderr


@pytest.mark.parametrize("line", [["sentiment"], ["translate", "--from", "en", "--to", "pt"], ["history", "search"]])
def test_an_argument_that_is_no_text_is_a_sentence(home: Path, line: list[str], capsys: pytest.CaptureFixture[Any]):
    assert guarded(app, [*line, "caf\udce9"]) == 2
    assert "UTF-8" in capsys.readouterr().err
    assert home.exists()
