"""Planted secrets, Parley's own and what people pasted, looked for in everything that a run leaves behind."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from discord_host import connected
from fake_discord import FakeDiscord
from fake_discord_data import ANA
from fake_slack import FakeSlack
from fake_slack_api import ME
from planted import OWN, PASTED, Watch, leaked, pytest_runtest_makereport, watch
from slack_host import LedgerHost, running

from adapters.chat import Place, Reply, Request
from bot import config, terminal
from bot.assistant import Assistant
from bot.cli.main import app
from bot.history import History, HistoryThread
from bot.intents import commands
from bot.runtime.supervisor import configured
from bot.services import Services
from nlp.core import Core
from nlp.scheduler.family import Binding

SETTINGS = {
    f"PARLEY_{platform}__{name}": OWN[f"{platform.casefold()} {name.casefold().replace('_', ' ')}"]
    for platform, name in (
        ("SLACK", "BOT_TOKEN"), ("SLACK", "APP_TOKEN"), ("SLACK", "SIGNING_SECRET"), ("DISCORD", "TOKEN")
    )
}  # fmt: skip
TEXT = "token {github} and {aws}, password: {password}, card {card}; the ferry leaves at noon".format(**PASTED)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    (folder / "general").mkdir(parents=True)
    files = {
        "users.json": [{"id": "U1", "name": "ana", "profile": {"real_name": "Ana"}}],
        "channels.json": [{"id": "C1", "name": "general", "members": ["U1"]}],
        "general/2026-05-04.json": [{"type": "message", "user": "U1", "ts": "1777888800.000100", "text": TEXT}],
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    return folder


def test_what_is_looked_for_would_be_found():
    assert leaked(TEXT) == list(PASTED)


# The watch over the whole suite (tests/planted.py)


def record(name: str, message: str, *given: object) -> logging.LogRecord:
    return logging.LogRecord(name, logging.INFO, "", 0, message, given, None)


def test_the_watch_finds_a_secret_in_any_log_and_what_somebody_said_in_ours():
    alone = Watch()
    alone.said("the ferry leaves at noon")
    for name, message, given in (
        ("urllib3", "got %s", PASTED["github"]),
        ("bot.assistant", "asked: %s", "when? the ferry leaves at noon"),
        ("asyncio", "%s", "the ferry leaves at noon"),
        ("bot.assistant", "ask in %s", "C1"),
    ):
        alone.emit(record(name, message, given))
    assert alone.take() == [
        "the planted github stands in the log of urllib3", "what somebody said stands in the log of bot.assistant"
    ]  # fmt: skip
    assert alone.take() == []


def reported(section: str, text: str) -> str:
    """What becomes of a passing test that has printed this."""
    report = SimpleNamespace(sections=[(section, text)], when="call", outcome="passed", passed=True, longrepr=None)
    hook = pytest_runtest_makereport(None, None)  # type: ignore[arg-type]
    next(hook)
    with pytest.raises(StopIteration) as end:
        hook.send(report)
    return str(end.value.value.outcome)


def test_a_test_whose_output_holds_a_secret_fails():
    assert reported("Captured stdout call", f"hello {OWN['discord token']}") == "failed"
    assert reported("Captured stdout call", "hello") == "passed"


def test_the_watch_is_on_while_the_suite_runs(capsys: pytest.CaptureFixture[str]):
    assert watch in logging.getLogger().handlers
    print(PASTED["aws"])  # noqa: T201 - to be found
    capsys.readouterr()
    assert watch.take() == ["the planted aws stands in the output"]


# Whole ways through


class Served(LedgerHost):
    """The real assistant behind the ledger of the tests."""

    def __init__(self, assistant: Assistant) -> None:
        super().__init__(answer=assistant.handle)
        self.assistant = assistant

    async def observe(self, event: object) -> None:
        await self.assistant.observe(event)  # type: ignore[arg-type]


@asynccontextmanager
async def served(file: Path, place: Place) -> AsyncIterator[Served]:
    async with HistoryThread(file) as history, Core([Binding("embed", "echo", "echo")]) as core:
        await history.run(lambda store: store.turn_on(place, "U9", datetime(2026, 5, 1, tzinfo=UTC), 36_500))
        services = Services(core, history, lambda: datetime(2026, 5, 5, tzinfo=UTC), ZoneInfo("UTC"))
        host = Served(Assistant(services))
        host.decided[place.channel] = await host.assistant.standing(place)
        yield host


def left_in(file: Path) -> list[str]:
    return leaked("".join(each.read_bytes().decode("latin-1") for each in file.parent.iterdir()))


def messages(store: History) -> list[dict[str, Any]]:
    return [row for row in store.export() if row["record"] == "message"]


def thumbs_of(slack: FakeSlack) -> list[dict[str, Any]]:
    """Return the thumbs under the answers, which a stage may stand in place of first."""
    shown = [each for method in ("chat.postMessage", "chat.update") for each in slack.called(method)]
    last = [each["blocks"][-1].get("elements", [{}])[0] for each in shown if each.get("blocks")]
    return [each for each in last if "negative_button" in each]


async def test_what_people_paste_on_slack_is_in_no_file_and_no_log(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    file, place = tmp_path / "history.db", Place("slack", "T0PARLEY", "C1")
    async with FakeSlack() as slack, served(file, place) as host:
        slack.add_user("U1", "ana")
        slack.add_channel("C1", "general", (ME, "U1"), is_channel=True)
        async with running(slack, host, commands()):
            said = {**slack.mention(TEXT), "type": "message", "channel_type": "channel", "text": TEXT}
            await slack.event(said)
            async with asyncio.timeout(5):  # what was acknowledged is stored in a moment
                while not await host.assistant.services.history.run(messages):  # noqa: ASYNC110 - in a thread
                    await asyncio.sleep(0.005)
            await slack.event(slack.mention(f"who knows {TEXT}?"))
            await slack.until(lambda: thumbs_of(slack))
            thumbs = thumbs_of(slack)[0]
            pressed = {**thumbs, "value": thumbs["negative_button"]["value"]}
            await slack.interact("block_actions", {"channel": {"id": "C1"}, "actions": [pressed]})
            await slack.command("/ask", TEXT)
            await slack.until(lambda: slack.responses and slack.whispers)
        kept = await host.assistant.services.history.run(
            lambda store: (messages(store), [each.document() for each in store.judged()])
        )
    assert [len(each) for each in kept] == [1, 1]
    assert "[password removed]" in kept[0][0]["text"]
    assert "[token removed]" in kept[1][0]["argument"]
    assert (leaked(json.dumps(kept)), left_in(file), leaked(caplog.text)) == ([], [], [])


async def test_what_people_paste_on_discord_is_in_no_file_and_no_log(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    file, place = tmp_path / "history.db", Place("discord", "100000000000000001", "200000000000000001")
    async with FakeDiscord() as discord, served(file, place) as host:
        async with connected(discord, host, commands()):
            await discord.say(ANA, TEXT)
            await discord.say(ANA, f"<@900000000000000001> who knows {TEXT}?")
            await discord.until(discord.said)
        kept = await host.assistant.services.history.run(messages)
    assert kept
    assert all("[password removed]" in each["text"] for each in kept)
    assert (leaked(json.dumps(kept)), left_in(file), leaked(caplog.text)) == ([], [], [])


async def test_a_failure_inside_says_its_kind_and_no_words(caplog: pytest.LogCaptureFixture):
    async def broken(_: Request) -> Reply:
        raise ValueError(TEXT)

    async with FakeSlack() as slack:
        slack.add_user("U1", "ana")
        slack.add_channel("C1", "general", (ME, "U1"), is_channel=True)
        async with running(slack, LedgerHost(answer=broken), commands()):
            await slack.event(slack.mention(TEXT))
            await slack.until(lambda: "ValueError" in caplog.text)
    assert leaked(caplog.text) == []


def test_a_whole_run_leaves_no_secret_in_its_output_its_logs_or_its_files(
    export: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
):
    for name, value in {**SETTINGS, "PARLEY_SLACK__BASE_URL": "http://127.0.0.1:9/"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("bot.cli.commands.check.bindings", lambda _: ())
    caplog.set_level(logging.DEBUG)
    db = tmp_path / "data" / "history.db"
    runs = [
        ("import", str(export)),
        ("history", "stats", "--json"),
        ("history", "search", "ferry"),
        ("history", "search", PASTED["github"][4:16]),
        ("history", "export"),
        ("history", "forget", "--author", "U9", "--yes"),
        ("history", "verify-erasure", PASTED["github"], "--json"),
        ("check", "--json"),
        ("--verbose", "import", str(tmp_path / "nothing")),
    ]
    codes = [terminal.guarded(app, [*arguments, "--db", str(db)]) for arguments in runs]
    printed = capsys.readouterr()
    assert codes[:3] == [0, 0, 0]
    assert "1 new; 4 secrets redacted" in printed.out
    assert "ferry" in printed.out
    assert "access: summarize" in printed.out
    assert leaked(printed.out + printed.err) == []
    assert leaked(caplog.text) == []
    assert leaked("".join(file.read_bytes().decode("latin-1") for file in db.parent.iterdir())) == []


def test_the_configuration_never_shows_parleys_own_tokens(monkeypatch: pytest.MonkeyPatch):
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    settings = config.read()
    assert settings.platforms["slack"]["bot_token"] == OWN["slack bot token"]
    assert leaked(repr(settings) + str(settings) + f"{settings!s}") == []
    services = settings.services()
    assert set(services) == {"slack", "discord"}


def test_the_settings_that_adapters_get_never_show_tokens(monkeypatch: pytest.MonkeyPatch):
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    adapters = configured(config.read())
    assert len(adapters) == 2
    assert leaked(repr(adapters) + "".join(repr(each.settings) for each in adapters)) == []
