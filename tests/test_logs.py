"""The log: an owner finds what an apology speaks of by its reference, in lines or JSON, and nobody's words."""

import asyncio
import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from talk import request, serving, talk

from adapters.platform.reference import current, referenced
from bot import config
from bot.assistant import Assistant
from bot.cli.main import app
from bot.runtime import logs
from bot.sections import Log
from bot.terminal import guarded
from nlp.models.echo import Echo
from nlp.scheduler.family import Binding

SECRET_WORDS = "the ferry sinks at nine"
FELT = (Binding("embed", "echo", "echo"), Binding("sentiment", "echo", "echo"))
log = logging.getLogger("bot.of.this.test")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    names = ("", *logs.OURS)
    handlers, levels = list(root.handlers), {name: logging.getLogger(name).level for name in names}
    yield
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def written(form: str = "json", level: str = "debug") -> io.StringIO:
    stream = io.StringIO()
    logs.start(Log(level=level, format=form), stream)
    return stream


def documents(stream: io.StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fails(*_: object) -> None:
    raise ValueError(SECRET_WORDS)


async def test_an_apology_names_the_reference_that_every_layer_logs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Echo, "run", fails)
    stream = written()
    async with serving(talk("Ana: hello"), FELT) as services:
        monkeypatch.setattr(services.history, "_call", logging_first(services.history._call))
        reply = await Assistant(services).handle(request("sentiment", SECRET_WORDS))
    found = re.search(r"reference ([0-9a-f]{4})\.", " ".join(reply.notes))
    assert found
    layers = {row["logger"].partition(".")[0] for row in documents(stream) if row.get("reference") == found[1]}
    assert layers == {"bot", "nlp"}
    assert {"history"} <= {row["event"] for row in documents(stream) if row.get("reference") == found[1]}
    assert SECRET_WORDS not in stream.getvalue()


def logging_first(call):  # noqa: ANN001 - the history's own
    """The call, whose work also logs a line on the history's thread."""

    def noting(executor, work):  # noqa: ANN001, ANN202
        def noted():  # noqa: ANN202
            log.info("history")
            return work()

        return call(executor, noted)

    return noting


async def test_two_requests_at_once_keep_their_references_apart():
    async def one(key: str) -> set[str]:
        with referenced(key):
            seen = {current()}
            for _ in range(3):
                await asyncio.sleep(0)
                seen.add(await asyncio.to_thread(current))
        return seen

    first, second = await asyncio.gather(one("a"), one("b"))
    assert len(first) == len(second) == 1
    assert first != second
    assert current() == ""


def test_a_key_has_one_reference_and_an_inner_one_changes_nothing():
    with referenced("slack C1 17"), referenced("another"):
        inner = current()
    with referenced("slack C1 17"):
        assert current() == inner


def test_json_lines_have_a_time_a_level_and_a_name():
    stream = written()
    with referenced("k"):
        log.warning("channel %s could not be read", "C1")
    (row,) = documents(stream)
    assert row["event"] == "channel C1 could not be read"
    assert row["level"] == "warning"
    assert row["logger"] == log.name
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", row["timestamp"])
    assert re.fullmatch("[0-9a-f]{4}", row["reference"])


def test_lines_for_people_have_the_same_on_one_line():
    stream = written("human")
    with referenced("k"):
        log.warning("slack ended")
    line = stream.getvalue()
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ", line)
    assert all(word in line for word in ("warning", "slack ended", log.name, "reference="))
    assert line.count("\n") == 1


def test_auto_is_json_where_nobody_looks_on():
    stream = written("auto")
    log.error("x")
    assert documents(stream)[0]["event"] == "x"


def test_no_word_of_an_error_is_written_and_foreign_lines_are_cut(capsys: pytest.CaptureFixture[str]):
    stream = written()
    try:
        fails()
    except ValueError:
        log.exception("a listener failed")
        logging.getLogger("asyncio").exception("Task exception was never retrieved\nfuture: <%s>", SECRET_WORDS)
    assert SECRET_WORDS not in stream.getvalue()
    own, foreign = documents(stream)
    assert own["error"] == foreign["error"] == "ValueError"
    assert "test_logs.py" in own["frames"]
    assert foreign["event"] == "Task exception was never retrieved"
    assert capsys.readouterr().err == ""


def test_a_level_holds_for_parley_and_other_libraries_say_warnings_alone():
    stream = written(level="info")
    log.debug("not this")
    logging.getLogger("slack_sdk").info("nor this")
    log.info("this")
    logs.set_level("error")
    log.warning("no longer this")
    assert [row["event"] for row in documents(stream)] == ["this"]


def test_the_flag_goes_before_the_environment_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    file = tmp_path / "config.toml"
    file.write_text('[log]\nlevel = "error"\n', encoding="utf-8")
    line = ["run", "--config", str(file), "--db", str(tmp_path / "h.db")]
    levels = []
    for environment, flags in (("", []), ("warning", []), ("warning", ["--log-level", "debug"])):
        if environment:
            monkeypatch.setenv("PARLEY_LOG__LEVEL", environment)
        assert guarded(app, [*line, *flags]) == 2  # no service is configured
        levels.append(logging.getLevelName(logging.getLogger("bot").level).lower())
    assert levels == ["error", "warning", "debug"]
    assert guarded(app, [*line, "--log-format", "xml"]) == 2
    monkeypatch.setenv("PARLEY_LOG__LEVEL", "loud")
    assert guarded(app, line) == 2
    assert "log.level" in capsys.readouterr().err
    with pytest.raises(config.UsageError):
        config.read(file)
