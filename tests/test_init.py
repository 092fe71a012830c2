"""`parley init`: from nothing to a configuration that works, unattended and asked, and again without loss."""

import asyncio
import json
import os
import stat
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from fake_discord import FakeDiscord
from fake_discord_data import TOKEN as DISCORD_TOKEN
from fake_slack import FakeSlack
from fake_slack_api import APP_TOKEN, BOT_TOKEN, CONFIGURATION_TOKEN

from adapters import platforms
from adapters.slack.manifest import SCOPES
from bot import sample
from bot.cli.main import app
from bot.history import History
from bot.terminal import guarded


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    for name in [each for each in os.environ if each.startswith("PARLEY_")]:
        monkeypatch.delenv(name)
    return tmp_path


def content(path: str | Path) -> str:
    return Path(path).read_text(encoding="utf-8")


@pytest.fixture
async def slack(monkeypatch: pytest.MonkeyPatch) -> Any:
    async with FakeSlack(scopes=",".join(SCOPES)) as fake:
        monkeypatch.setenv("PARLEY_SLACK__BASE_URL", fake.base_url)
        yield fake


def secret(home: Path, name: str, value: str) -> str:
    file = home / name
    file.write_text(value, encoding="utf-8")
    file.chmod(0o600)
    return str(file)


def slack_options(home: Path, bot: str = BOT_TOKEN, application: str = APP_TOKEN) -> list[str]:
    given = secret(home, "bot", bot), secret(home, "app", application)
    return ["--service", "slack", "--slack-bot-token-file", given[0], "--slack-app-token-file", given[1]]


async def init(*options: str) -> int:
    """`parley init` beside the stand-ins, without a look at models."""
    return await asyncio.to_thread(guarded, app, ["init", "--folder", "own", "--no-check", *options])


def written(home: Path) -> dict[str, Any]:
    return tomllib.loads((home / "own" / "config.toml").read_text(encoding="utf-8"))


@pytest.mark.usefixtures("slack")
async def test_it_runs_unattended_and_writes_for_its_owner_alone(home: Path, capsys: pytest.CaptureFixture[str]):
    options = [*slack_options(home), "--no-input", "--timezone", "Europe/Lisbon", "--import", str(sample.path())]
    assert await init(*options) == 0
    assert written(home)["timezone"] == "Europe/Lisbon"
    file = Path(written(home)["slack"]["bot_token_file"])
    assert content(file) == f"{BOT_TOKEN}\n"
    for each in (file, home / "own" / "config.toml"):
        assert stat.S_IMODE(each.stat().st_mode) == 0o600
    printed = capsys.readouterr()
    assert "Next: parley run --config own/config.toml" in printed.out
    assert "/invite @Parley" in printed.out
    assert "consent on" in printed.out
    assert BOT_TOKEN not in printed.out + printed.err
    with History.open(home / "data" / "parley" / "history.db") as history:
        assert history.stats().messages == 499


@pytest.mark.usefixtures("slack")
async def test_both_platforms_are_set_up_at_once(home: Path, monkeypatch: pytest.MonkeyPatch):
    async with FakeDiscord() as discord:
        monkeypatch.setenv("PARLEY_DISCORD__BASE_URL", discord.base_url)
        monkeypatch.setenv("PARLEY_DISCORD__TOKEN", DISCORD_TOKEN)
        assert await init(*slack_options(home), "--service", "discord", "--no-input") == 0
    assert set(written(home)) >= {"slack", "discord"}


@pytest.mark.usefixtures("slack")
@pytest.mark.parametrize(
    ("bot", "application", "words"),
    [
        ("xoxb-wrong", APP_TOKEN, "Slack doesn't know the Slack bot token"),
        (APP_TOKEN, BOT_TOKEN, "it begins with xoxb-"),
        (BOT_TOKEN, "xapp-wrong", "app token"),
    ],
)
async def test_a_token_that_is_refused_leaves_nothing_behind(
    home: Path, capsys: pytest.CaptureFixture[str], bot: str, application: str, words: str
):
    assert await init(*slack_options(home, bot, application), "--no-input") == 5
    assert words in capsys.readouterr().err
    assert not (home / "own" / "config.toml").exists()
    assert not (home / "own" / "secrets").exists()


async def test_a_missing_scope_says_what_to_click(slack: FakeSlack, home: Path, capsys: pytest.CaptureFixture[str]):
    slack.scopes = ",".join(scope for scope in SCOPES if scope != "reactions:read")
    assert await init(*slack_options(home), "--no-input") == 0
    out = capsys.readouterr().out
    assert "reactions:read" in out
    assert "Reinstall to Workspace" in out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--no-input"], "--service slack"),
        (["--no-input", "--service", "teams"], "There is: slack, discord"),
        (["--no-input", "--service", "slack"], "--slack-bot-token-file"),
        (["--no-input", "--service", "slack", "--timezone", "Mars/North"], "Mars/North"),
        (["--no-input", "--service", "slack", "--profile", "huge"], "huge"),
        (["--no-input", "--service", "slack", "--slack-bot-token-file", "nowhere"], "nowhere"),
    ],
)
async def test_what_is_missing_or_wrong_is_named_and_nothing_is_written(
    home: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
):
    assert await init(*options) in {2, 5}
    assert words in capsys.readouterr().err
    assert not (home / "own" / "config.toml").exists()


@pytest.mark.usefixtures("slack")
@pytest.mark.parametrize("given", ["", f"Bearer {BOT_TOKEN}", f'"{BOT_TOKEN}"', f"<{BOT_TOKEN}>"])
async def test_a_token_that_was_copied_with_its_surroundings_or_not_at_all_is_said_to_be_so(
    home: Path, capsys: pytest.CaptureFixture[str], given: str
):
    assert await init(*slack_options(home, given), "--no-input") in {2, 5}
    told = " ".join(capsys.readouterr().err.split())
    assert ("holds a space, a quotation mark or a bracket" if given else "is empty") in told
    assert BOT_TOKEN not in told
    assert not (home / "own" / "config.toml").exists()


@pytest.mark.usefixtures("slack")
async def test_a_folder_that_cannot_be_made_is_named(home: Path, capsys: pytest.CaptureFixture[str]):
    for folder in (home / "file" / "own", Path("/proc/own")):
        (home / "file").write_text("", encoding="utf-8")
        options = ["init", "--folder", str(folder), "--no-input", *slack_options(home)]
        assert await asyncio.to_thread(guarded, app, options) == 2
        assert "can't be written" in " ".join(capsys.readouterr().err.split())


@pytest.mark.usefixtures("slack")
async def test_again_changes_only_what_is_given_and_keeps_the_rest(home: Path):
    assert await init(*slack_options(home), "--no-input") == 0
    file = home / "own" / "config.toml"
    file.write_text(file.read_text(encoding="utf-8") + '\n# mine\n[access]\nadmins = ["U1"]\n', encoding="utf-8")
    before = written(home)
    assert await init("--no-input", "--timezone", "Europe/Oslo") == 0
    assert written(home) == {**before, "timezone": "Europe/Oslo"}
    assert "# mine" in file.read_text(encoding="utf-8")
    file.write_text("[slack\n", encoding="utf-8")
    assert await init("--no-input") == 2
    assert file.read_text(encoding="utf-8") == "[slack\n"


async def test_the_app_is_created_with_a_configuration_token(
    slack: FakeSlack, home: Path, capsys: pytest.CaptureFixture[str]
):
    given = secret(home, "configuration", CONFIGURATION_TOKEN)
    assert await init(*slack_options(home), "--no-input", "--slack-configuration-token-file", given) == 0
    assert "A0MADE/install-on-team" in capsys.readouterr().out
    assert json.loads(slack.manifests[0])["oauth_config"]["scopes"]["bot"] == sorted(SCOPES)
    (home / "own" / "config.toml").unlink()
    wrong = secret(home, "wrong", "xoxe.xoxp-wrong")
    assert await init(*slack_options(home), "--no-input", "--slack-configuration-token-file", wrong) == 5
    assert "configuration token" in capsys.readouterr().err


@pytest.mark.usefixtures("slack")
async def test_without_one_the_manifest_and_the_link_are_given(home: Path, capsys: pytest.CaptureFixture[str]):
    assert await init(*slack_options(home), "--no-input") == 0
    assert "api.slack.com/apps" in capsys.readouterr().out
    assert "reactions:read" in (home / "own" / "slack-manifest.yaml").read_text(encoding="utf-8")


@pytest.mark.usefixtures("slack")
async def test_a_refused_token_is_asked_for_again(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    typed = iter(["slack", "UTC", "starter", "xoxb-typo", APP_TOKEN, BOT_TOKEN, APP_TOKEN])
    hidden = []

    def prompt(_: str, *, hide_input: bool = False, **__: object) -> str:
        hidden.append(hide_input)
        return next(typed)

    monkeypatch.setattr("typer.prompt", prompt)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    assert await init() == 0
    assert hidden == [False] * 3 + [True] * 4
    assert "doesn't know" in capsys.readouterr().err
    assert content(written(home)["slack"]["bot_token_file"]) == f"{BOT_TOKEN}\n"


def test_each_platform_asks_for_secrets_of_its_own():
    for platform in platforms().values():
        fields = platform.load_settings().__pydantic_fields__
        assert platform.questions
        assert all(fields[question.setting].repr is False for question in platform.questions)
        assert platform.after
