"""The tour and the README: what a newcomer is promised is what happens."""

import re
import shlex
from pathlib import Path

import pytest

from bot import sample
from bot.cli.commands.demo import FETCHED
from bot.cli.main import app
from bot.terminal import guarded

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARLEY_HISTORY__PATH", str(tmp_path / "history.db"))
    return tmp_path


@pytest.mark.starter
def test_the_tour_shows_all_four_answers_and_leaves_nothing_behind(home: Path, capsys: pytest.CaptureFixture[str]):
    assert guarded(app, ["demo"]) == 0
    shown = capsys.readouterr().out
    assert "3 channels, 499 messages, 140 threads, 10 authors" in shown
    assert "https://slack.com/archives/" in shown
    assert "14 April" in shown
    assert "I did not find this" in shown
    assert "Portuguese → English" in shown
    assert "negative" in shown
    assert list(home.iterdir()) == []


@pytest.mark.starter
def test_every_parley_command_of_the_readme_works(home: Path, capsys: pytest.CaptureFixture[str]):
    (home / "export.zip").write_bytes(sample.path().read_bytes())
    commands = [line for line in README.splitlines() if line.startswith("parley ") and "chat" not in line]
    assert len(commands) >= 5
    for command in commands:
        code = guarded(app, shlex.split(command)[1:])
        assert code == 0, f"{command}: {capsys.readouterr().err}"


def test_the_readme_links_to_files_that_exist():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("target", ["demo", "test"])
def test_the_two_commands_of_the_readme_are_in_the_makefile(target: str):
    assert f"make {target}" in README
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_tours_picture_asks_no_other_site_for_anything():
    picture = (ROOT / "docs" / "demo.svg").read_text(encoding="utf-8")
    assert "Regatta" in picture
    assert "url(http" not in picture
    assert (
        FETCHED.sub("", 'src: local("A"), url("https://fonts.example/a.woff2") format("woff2");') == 'src: local("A");'
    )
