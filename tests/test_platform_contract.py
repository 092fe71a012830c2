"""A platform is one package and one line: a small one of our own has, through the table, all that others have."""

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import lighthouse
import pytest

import bot.cli.main
from adapters import ADAPTERS, load, platforms
from adapters.platform.contract import Platform, resolve
from bot import config
from bot.errors import UsageError
from bot.runtime.supervisor import configured, run_adapters
from bot.terminal import guarded

ROOT = Path(__file__).resolve().parent.parent
Parley = Callable[..., int]


@pytest.fixture
def parley(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parley]:
    """The command line with a lighthouse in the table, over a configuration that a test writes."""
    monkeypatch.setitem(ADAPTERS, "lighthouse", "lighthouse:PLATFORM")
    monkeypatch.setattr("bot.runtime.composition.profile", lambda _, __: ())
    main = importlib.reload(bot.cli.main)

    def run(section: str, *arguments: str) -> int:
        file = tmp_path / "config.toml"
        file.write_text(f'[history]\npath = "{tmp_path / "h.db"}"\n{section}', encoding="utf-8")
        file.chmod(0o600)
        monkeypatch.setenv("PARLEY_CONFIG", str(file))
        return guarded(main.app, list(arguments))

    yield run
    monkeypatch.undo()
    importlib.reload(bot.cli.main)


LIT = '[lighthouse]\nlamp_key = "planted-key"\nblinks = 5\n'


def test_its_section_is_read_by_its_own_settings(parley: Parley, monkeypatch: pytest.MonkeyPatch):
    parley(LIT, "--help")
    (adapter,) = configured(config.read())
    assert adapter.settings == lighthouse.LighthouseSettings(
        "planted-key", 5, zone=config.read().zone, clock=adapter.settings.clock
    )
    assert "planted-key" not in repr(adapter) + repr(config.read())
    monkeypatch.setenv("PARLEY_LIGHTHOUSE__BLINKS", "9")
    assert configured(config.read())[0].settings.blinks == 9


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ('[lighthouse]\nlamp = "planted-key"\n', r"I don't know the setting lighthouse\.lamp"),
        ('[lighthouse]\nblinks = "planted-key"\n', r"lighthouse\.blinks can't be used"),
        ('[lighthouse]\nlamp_key_env = "NOT_SET_ANYWHERE"\n', "NOT_SET_ANYWHERE"),
        ("", "PARLEY_LIGHTHOUSE__LAMP_KEY"),
    ],
)
def test_what_is_wrong_in_its_section_is_said_without_the_value(parley: Parley, section: str, says: str):
    parley(section, "--help")
    with pytest.raises(UsageError) as refused:
        configured(config.read())
    said = f"{refused.value} {refused.value.remedy}"
    assert re.search(says, said)
    assert "planted-key" not in said


def test_its_secret_in_a_file_that_others_can_read_is_refused(parley: Parley, tmp_path: Path):
    parley(LIT, "--help")
    (tmp_path / "config.toml").chmod(0o644)
    with pytest.raises(UsageError, match="holds lamp_key"):
        config.read()


def test_its_look_at_the_set_up_is_part_of_the_check(parley: Parley, capsys: pytest.CaptureFixture[str]):
    assert parley(LIT, "check", "--json") == 0
    rows = {row["what"]: row for row in json.loads(capsys.readouterr().out)["findings"]}
    assert rows["lighthouse: lamp"]["works"]
    assert rows["lighthouse: lamp"]["detail"] == "The lamp blinks 5 times."
    assert parley("[lighthouse]\nblinks = 5\n", "lighthouse", "check") == 5
    assert "Set PARLEY_LIGHTHOUSE__LAMP_KEY." in capsys.readouterr().out


def test_its_own_command_takes_its_options(parley: Parley, capsys: pytest.CaptureFixture[str]):
    assert parley(LIT, "lighthouse", "log", "--day", "Monday") == 0
    assert capsys.readouterr().out.startswith("Monday: 5 blinks, ")
    assert parley(LIT, "lighthouse", "log", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"blinks": 5}


async def test_it_is_served_with_the_others(parley: Parley, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    parley(LIT, "--help")
    assert await run_adapters(config.read(), tmp_path / "h.db") == 0
    assert "lit 5 times: " in capsys.readouterr().out


@pytest.mark.parametrize("name", ADAPTERS)
def test_everything_that_a_platform_refers_to_is_there(name: str):
    platform: Platform = load(ADAPTERS, name)
    references = (platform.adapter, platform.settings, platform.check, *(each.run for each in platform.errands))
    assert all(callable(resolve(reference)) for reference in references if reference)


def test_listing_the_platforms_loads_none_of_them():
    script = "import sys, adapters; adapters.platforms(); print({'slack_bolt', 'discord', 'aiohttp'} & {*sys.modules})"
    printed = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "set()"


def test_nothing_outside_the_packages_names_a_platform():
    for path in sorted((ROOT / "bot").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"adapters\.(slack|discord)\b", text), f"{path} imports a platform"
    assert set(platforms()) == {"slack", "discord"}
