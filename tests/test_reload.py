"""A configuration that is read again: what can be taken over is, the log says what can't, and nobody is dropped."""

import asyncio
import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from talk import request, serving, talk

from bot import config
from bot.assistant import Assistant
from bot.cli.main import app
from bot.runtime import reload
from bot.runtime.logs import OURS
from bot.runtime.reload import Reloader
from bot.runtime.scheduler import Clerk
from bot.terminal import guarded
from nlp.scheduler.family import Binding

BEFORE = '[limits]\nperson = 12\n[log]\nlevel = "info"\n'
AFTER = (
    '[limits]\nperson = 3\ntogether = 2\n[log]\nlevel = "error"\n[access]\nadmins = ["U9"]\n'
    '[[glossary]]\nkeep = ["Kelpbase"]\n[[reports]]\nchannel = "general"\ncron = "0 9 * * mon"\n'
)
FELT = (Binding("embed", "echo", "echo"), Binding("sentiment", "echo", "echo"))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [each for each in os.environ if each.startswith("PARLEY_")]:
        monkeypatch.delenv(name)
    path = tmp_path / "config.toml"
    path.write_text(BEFORE, encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def levels() -> Iterator[None]:
    """Put back from which level on Parley writes its log."""
    before = {name: logging.getLogger(name).level for name in OURS}
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def reloader(file: Path, *taking) -> Reloader:  # noqa: ANN002 - whoever goes by it
    return Reloader(config.read(file), file, list(taking))


async def test_limits_rules_terms_reports_and_the_level_are_taken_over(file: Path):
    async with serving(talk("Ana: hello"), FELT) as services:
        assistant, clerk = Assistant(services), Clerk(services, {})
        reader = reloader(file, assistant.go_by, clerk.go_by)
        write(file, AFTER)
        reader.reload()
        assert (assistant.limiter.limits.person, assistant.turns.together) == (3, 2)
        assert assistant.services.admins == ("U9",)
        assert assistant.services.terms[0].keep == ("Kelpbase",)
        assert [each.channel for each in clerk.owners] == ["general"]
        assert logging.getLogger("bot").level == logging.ERROR


async def test_a_request_that_is_being_served_gets_its_answer(file: Path):
    async with serving(talk("Ana: hello"), FELT) as services:
        assistant = Assistant(services)
        begun, go_on, call = asyncio.Event(), asyncio.Event(), services.core.sentiment

        async def slowly(*given, **named):  # noqa: ANN002, ANN003, ANN202
            begun.set()
            await go_on.wait()
            return await call(*given, **named)

        services.core.sentiment = slowly  # type: ignore[method-assign]
        answer = asyncio.create_task(assistant.handle(request("sentiment", "a lovely day")))
        await begun.wait()
        reader = reloader(file, assistant.go_by)
        write(file, '[[access.rules]]\neffect = "deny"\nintents = ["sentiment"]\n')
        reader.reload()
        go_on.set()
        assert not (await answer).refusal
        assert assistant.access.rules[0].effect == "deny"


@pytest.mark.parametrize(
    "text", ["[limits]\nperson = 0\n", "[limits", '[slack]\nmode = "smoke"\ntypo = 1\n[access]\nx=1\n']
)
def test_a_configuration_that_cannot_be_read_changes_nothing(file: Path, text: str, caplog: pytest.LogCaptureFixture):
    taken: list[object] = []
    reader = reloader(file, taken.append)
    file.write_text(text, encoding="utf-8")
    before = reader.present
    reader.reload()
    assert (taken, reader.present) == ([], before)
    assert "the one before goes on" in caplog.text


def test_what_needs_a_restart_is_named(file: Path, caplog: pytest.LogCaptureFixture):
    reader = reloader(file)
    file.write_text(BEFORE + '[models]\nprofile = "cpu"\n[monitoring]\nport = 9\n', encoding="utf-8")
    reader.reload()
    assert "restart Parley for what changed since it started in: models, monitoring" in caplog.text
    caplog.clear()
    write(file, BEFORE)
    reader.reload()
    assert "restart" not in caplog.text


def test_the_form_of_the_log_is_taken_over_and_a_flag_goes_before_the_file(
    file: Path, capsys: pytest.CaptureFixture[str]
):
    flags = {"level": "warning"}
    reader = Reloader(config.read(file).with_log(flags), file, flags=flags)
    write(file, '[log]\nlevel = "debug"\nformat = "human"\n')
    reader.reload()
    logging.getLogger("bot").info("quiet")
    logging.getLogger("bot").warning("loud")
    said = capsys.readouterr().err
    assert "loud" in said
    assert "quiet" not in said
    assert "{" not in said


@pytest.fixture
def hangup() -> Iterator[signal.Signals]:
    """What a program gets at a reload; what it means is put back after the test."""
    before = signal.getsignal(signal.SIGHUP)
    yield signal.SIGHUP
    signal.signal(signal.SIGHUP, before)


def test_a_hangup_while_parley_starts_does_not_end_it(file: Path, hangup: signal.Signals):
    assert guarded(app, ["run", "--config", str(file)]) == 2  # no service is configured
    os.kill(os.getpid(), hangup)


async def test_a_hangup_while_parley_stops_does_not_end_it(file: Path, hangup: signal.Signals):
    reload.ignore_hangups()
    running = asyncio.create_task(reloader(file).run())
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait([running])
    os.kill(os.getpid(), hangup)


async def test_a_changed_file_and_a_hangup_are_noticed(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reload, "PAUSE", 0.01)
    taken: asyncio.Queue[int] = asyncio.Queue()
    reader = reloader(file, lambda wanted: taken.put_nowait(wanted.limits.person))
    running = asyncio.create_task(reader.run())
    async with asyncio.timeout(60):
        await asyncio.sleep(0.05)
        write(file.with_suffix(".new"), "[limits]\nperson = 5\n")
        file.with_suffix(".new").replace(file)
        assert await taken.get() == 5
        os.kill(os.getpid(), signal.SIGHUP)
        assert await taken.get() == 5
    running.cancel()
    await asyncio.wait([running])
    assert signal.getsignal(signal.SIGHUP) in {signal.SIG_DFL, signal.default_int_handler, None}
