"""Whoever asks while another process holds the history, or the disk is full, gets an answer, or the reason."""

import resource
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from discord_host import settings as discord_settings
from fake_discord import FakeDiscord
from fake_discord_data import ANA, APP, BEN, TOKEN
from fake_slack import FakeSlack
from fake_slack_api import ME
from slack_host import settings as slack_settings
from test_postings import ECHO, NINE, ON_DISCORD, ON_SLACK, running

from adapters.chat import Channel, Message, Person, Place
from adapters.discord.app import DiscordAdapter
from adapters.slack.app import SlackAdapter
from bot.assistant import Assistant
from bot.history import History, HistoryThread
from bot.intents import commands
from bot.services import Services
from nlp.core import Core


@dataclass
class Service:
    """A chat service with Parley on it: `ask` by a mention, `command` in private, `heard` all that anybody was told."""

    path: Path
    ask: Callable[[str], Awaitable[object]]
    command: Callable[[str, str], Awaitable[object]]
    heard: Callable[[], str]
    until: Callable[[Callable[[], object]], Awaitable[None]]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(History.open.__func__.__kwdefaults__, "busy_seconds", 0.01)  # type: ignore[attr-defined]


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another process writes."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@contextmanager
def full(path: Path) -> Iterator[None]:
    """No file grows any more, and what is in the log of the history stays there."""
    log, (soft, hard) = path.with_name(f"{path.name}-wal"), resource.getrlimit(resource.RLIMIT_FSIZE)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM message").fetchone()
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    reader.close()


@asynccontextmanager
async def assistant(path: Path, place: Place) -> AsyncIterator[Assistant]:
    """An assistant over a file in which one channel is kept and somebody said something."""
    words, at = "The boat key hangs in the harbour office.", NINE - timedelta(hours=1)
    said = Message("m1", place, Person(ANA, "Ana"), words, at)
    async with HistoryThread(path) as history, Core(ECHO) as core:
        await history.run(lambda store: store.turn_on(place, "U9", NINE - timedelta(days=30)))
        await history.run(lambda store: store.add([Channel(place, "general"), said]))
        yield Assistant(Services(core, history, lambda: NINE, ZoneInfo("UTC")))


@asynccontextmanager
async def on_discord(path: Path) -> AsyncIterator[Service]:
    async with FakeDiscord() as fake, assistant(path, ON_DISCORD) as host:
        given = {"token": TOKEN, "base_url": fake.base_url, "gateway": fake.gateway}
        async with running(DiscordAdapter(discord_settings(**given)), host, commands()):
            await fake.until(lambda: fake.identifies and fake.commands)
            yield Service(
                path,
                lambda words: fake.say(BEN, f"<@{APP}> {words}"),
                lambda name, words: fake.slash(name, BEN, words=words, text=words),
                lambda: f"{[each['content'] for each in fake.said()]} {dict(fake.shown)}",
                lambda condition: fake.until(condition, 20),
            )


@asynccontextmanager
async def on_slack(path: Path) -> AsyncIterator[Service]:
    async with FakeSlack() as fake, assistant(path, ON_SLACK) as host:
        fake.add_user("U1", "ben")
        fake.add_channel("C1", "general", (ME, "U1"), is_channel=True)
        async with running(SlackAdapter(slack_settings(fake)), host, commands()):
            await fake.connected()
            yield Service(
                path,
                lambda words: fake.event(fake.mention(words)),
                lambda name, words: fake.command("/parley", f"{name} {words}"),
                lambda: f"{fake.calls} {fake.responses}",
                lambda condition: fake.until(condition, 20),
            )


BOTH = pytest.mark.parametrize("service", [on_discord, on_slack])


@BOTH
async def test_a_question_asked_meanwhile_is_answered_with_a_note(service: Callable[..., Service], tmp_path: Path):
    async with service(tmp_path / "history.db") as at:  # type: ignore[attr-defined]
        with held(at.path):
            await at.ask("where is the boat key?")
            await at.until(lambda: "harbour office" in at.heard())
            await at.until(lambda: "can't be written at the moment" in at.heard())


@BOTH
async def test_a_wish_to_be_forgotten_is_not_called_done(service: Callable[..., Service], tmp_path: Path):
    async with service(tmp_path / "history.db") as at:  # type: ignore[attr-defined]
        with held(at.path):
            await at.command("privacy", "forget yes")
            await at.until(lambda: "in use by another process" in at.heard())
            assert "Erased" not in at.heard()


@BOTH
async def test_on_a_full_disk_questions_are_answered_and_what_needs_storing_is_not_called_done(
    service: Callable[..., Service], tmp_path: Path
):
    async with service(tmp_path / "history.db") as at:  # type: ignore[attr-defined]
        with full(at.path):
            await at.ask("where is the boat key?")
            await at.until(lambda: "harbour office" in at.heard())
            await at.command("settings", "language pt")
            await at.until(lambda: "The disk is full, so nothing more was stored" in at.heard())
            await at.command("privacy", "out")
            await at.until(lambda: at.heard().count("The disk is full, so nothing more was stored") >= 2)
            assert "Erased" not in at.heard()
