"""`parley run`: configured services, their secrets, their supervisor, and one whole way through on a stand-in."""

import asyncio
import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fake_slack import FakeSlack
from fake_slack_api import APP_TOKEN, BOT_TOKEN, ME, TEAM
from slack_host import LedgerHost, running

from adapters.chat import Channel, Command, Host, Place
from adapters.errors import ServiceStopped
from bot import config
from bot.errors import UsageError
from bot.history import History, schedules
from bot.history.schedules import Schedule
from bot.runtime.supervisor import configured, run_adapters, supervise, until_stopped
from bot.terminal import DONE, UNAVAILABLE

ECHO = '[models.translate]\nfamily = "echo"\nmodel = "echo"\nsource = "en"\ntarget = "pt"\n'


class Failing:
    """An adapter that ends as it is told, run by run."""

    name = "failing"

    def __init__(self, *ends: Exception | None) -> None:
        self.ends = list(ends)

    async def run(self, host: Host, commands: tuple[Command, ...]) -> None:
        del host, commands
        if end := self.ends.pop(0):
            raise end


class Nobody:
    """A host that is never asked."""


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    def write(text: str = "", mode: int = 0o600) -> Path:
        file = tmp_path / "config.toml"
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)
        return file

    return write


async def test_a_mention_is_answered_by_the_whole_of_parley(
    written: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    async with FakeSlack() as slack:
        slack.add_user("U1", "ana")
        slack.add_channel("C1", "general", (ME, "U1"), is_channel=True)
        monkeypatch.setenv("PARLEY_SLACK__BASE_URL", slack.base_url)
        monkeypatch.setenv("PARLEY_SLACK__BOT_TOKEN", BOT_TOKEN)
        monkeypatch.setenv("PARLEY_SLACK__APP_TOKEN", APP_TOKEN)
        monkeypatch.setenv("PARLEY_SLACK__PACE", "0")
        serving = asyncio.create_task(run_adapters(config.read(written(ECHO)), tmp_path / "history.db"))
        await slack.until(lambda: slack.sockets, 60)
        text = f"<@{ME}> translate to pt Good morning everyone, the boats are out"
        await slack.event({**slack.mention(""), "text": text})
        said = ("chat.postMessage", "chat.update")  # a slow machine posts first that it is at work
        await slack.until(lambda: "the boats are out" in str([slack.called(method) for method in said]), 60)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    assert "slack ready" in capsys.readouterr().out


async def test_a_report_that_came_due_while_parley_was_away_is_posted_when_it_is_back(
    written: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    place, earlier = Place("slack", TEAM, "C1"), datetime.now(UTC) - timedelta(minutes=15)
    with History.open(tmp_path / "history.db") as history:
        history.add([Channel(place, "general")])
        history.turn_on(place, "U1", earlier - timedelta(hours=2))
        history.write(
            schedules.put, Schedule(place, f"{earlier.minute} * * * *", "UTC", None, earlier - timedelta(hours=2))
        )
    monkeypatch.setattr("bot.runtime.scheduler.PAUSE", 0.05)
    async with FakeSlack() as slack:
        slack.add_channel("C1", "general", (ME,), is_channel=True)
        for name, value in {"BASE_URL": slack.base_url, "BOT_TOKEN": BOT_TOKEN, "APP_TOKEN": APP_TOKEN}.items():
            monkeypatch.setenv(f"PARLEY_SLACK__{name}", value)
        monkeypatch.setenv("PARLEY_SLACK__PACE", "0")
        settings = config.read(written(ECHO + '[models.sentiment]\nfamily = "echo"\nmodel = "echo"\n'))
        serving = asyncio.create_task(run_adapters(settings, tmp_path / "history.db"))
        await slack.until(lambda: slack.called("chat.postMessage"), 60)
        (said,) = slack.called("chat.postMessage")
        await asyncio.sleep(0.2)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    assert "I keep nothing that people wrote in" in str(said)
    assert "It comes late" in str(said)
    assert len(slack.called("chat.postMessage")) == 1


async def test_a_channel_that_parley_is_not_in_is_answered_with_how_to_invite_it(
    written: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    async with FakeSlack() as slack:
        slack.add_user("U1", "ana")
        slack.add_channel("C1", "general", ("U1",), is_channel=True)
        for name, value in {"BASE_URL": slack.base_url, "BOT_TOKEN": BOT_TOKEN, "APP_TOKEN": APP_TOKEN}.items():
            monkeypatch.setenv(f"PARLEY_SLACK__{name}", value)
        serving = asyncio.create_task(run_adapters(config.read(written(ECHO)), tmp_path / "history.db"))
        await slack.until(lambda: slack.sockets, 60)
        await slack.command("/summarize", "last 50")
        await slack.until(lambda: slack.responses)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    assert "I can't read this channel." in slack.responses[-1]["text"]
    assert "/invite" in str(slack.responses[-1]["blocks"])


async def test_a_refused_token_ends_parley_run_with_one_line_and_a_code(
    written: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    async with FakeSlack() as slack:
        for name, value in {"BASE_URL": slack.base_url, "BOT_TOKEN": "xoxb-wrong", "APP_TOKEN": APP_TOKEN}.items():
            monkeypatch.setenv(f"PARLEY_SLACK__{name}", value)
        assert await run_adapters(config.read(written(ECHO)), tmp_path / "history.db") == UNAVAILABLE
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "parley: Slack doesn't know the Slack bot token."
    assert "PARLEY_SLACK__BOT_TOKEN" in said[1]
    assert len(said) == 2


async def test_asked_to_stop_by_the_system_everything_is_closed_in_order():
    closed: list[str] = []

    async def serving() -> int:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.Event().wait()
        finally:
            closed.append("history")
        return UNAVAILABLE

    assert await until_stopped(serving()) == DONE
    assert closed == ["history"]


class Crashing:
    """An adapter that serves a request and then falls over, until it has fallen three times."""

    name = "crashing"

    def __init__(self) -> None:
        self.starts = 0

    async def run(self, host: Host, commands: tuple[Command, ...]) -> None:
        del host, commands
        self.starts += 1
        if self.starts <= 3:
            raise KeyError("planted")


async def test_an_adapter_that_falls_over_is_started_again_without_touching_the_other():
    crashing = Crashing()
    async with FakeSlack() as slack:
        slack.add_user("U1", "ana")
        slack.add_channel("C1", "general", (ME, "U1"), is_channel=True)
        async with running(slack, LedgerHost(), sockets=1):
            assert await supervise(crashing, Nobody(), lambda _: asyncio.sleep(0))
            await slack.event(slack.mention("still there?"))
            await slack.posted()
    assert crashing.starts == 4
    assert len(slack.called("apps.connections.open")) == 1


async def test_an_adapter_that_fails_is_started_again_with_growing_pauses():
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    adapter = Failing(OSError(), KeyError("d"), OSError(), None)
    assert await supervise(adapter, Nobody(), pause)
    assert pauses == [1, 2, 4]


async def test_an_adapter_that_is_refused_for_good_ends_with_a_sentence(capsys: pytest.CaptureFixture[str]):
    assert not await supervise(Failing(ServiceStopped("The token was revoked.", "Make a new one.")), Nobody())
    assert "The token was revoked." in capsys.readouterr().err


def test_without_any_service_the_way_to_one_is_named(written: Any):
    with pytest.raises(UsageError, match="No chat service"):
        configured(config.read(written()))


def test_a_secret_is_read_from_the_variable_that_is_named(written: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TEAM_TOKEN", "xoxb-1")
    (adapter,) = configured(config.read(written('[slack]\nbot_token_env = "TEAM_TOKEN"\n')))
    assert adapter.settings.bot_token == "xoxb-1"
    assert "xoxb-1" not in repr(adapter)


def test_a_secret_is_read_from_a_file_that_nobody_else_can_read(written: Any, tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("xoxb-2\n", encoding="utf-8")
    secret.chmod(0o600)
    settings = config.read(written(f'[slack]\nbot_token_file = "{secret}"\n'))
    assert configured(settings)[0].settings.bot_token == "xoxb-2"
    secret.chmod(0o644)
    with pytest.raises(UsageError, match="others may read it"):
        configured(settings)


def test_a_secret_in_a_configuration_that_others_can_read_is_refused(written: Any):
    with pytest.raises(UsageError, match="others may read it") as refused:
        config.read(written('[slack]\nbot_token = "xoxb-3"\n', mode=0o644))
    assert "xoxb-3" not in str(refused.value)


def test_the_clock_can_be_set_from_outside(written: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PARLEY_SLACK__CLOCK", "2026-05-20T12:00:00Z")
    (adapter,) = configured(config.read(written('[slack]\nbot_token_env = "HOME"\n')))
    assert f"{adapter.settings.clock.now():%Y-%m-%d %H:%M}" == "2026-05-20 12:00"
    monkeypatch.setenv("PARLEY_SLACK__CLOCK", "noon")
    with pytest.raises(UsageError, match=r"slack\.clock can.t be used: it isn.t a moment"):
        configured(config.read(written('[slack]\nbot_token_env = "HOME"\n')))


def test_a_misspelt_setting_of_a_service_is_named_and_its_value_is_not_shown(written: Any):
    with pytest.raises(UsageError, match=r"slack\.bot_tokn") as refused:
        configured(config.read(written('[slack]\nbot_tokn = "xoxb-4"\n')))
    assert "xoxb-4" not in str(refused.value)
