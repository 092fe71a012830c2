"""Secrets that the tests plant, and a watch over all that the suite prints and logs: none of them may stand in it.

The stand-ins take these tokens and no others, so that they pass through every test of an adapter; people paste others.
What people say in a test is watched for in the log, which holds ids and counts only.
"""

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest

# Put together here so that no scanner takes this file for a leak.
OWN = {
    "slack bot token": "xoxb-" + "123456789012-123456789012-OwnBotTokenOwnBotTokenOw",
    "slack app token": "xapp-1-" + "A0OWN-1234567890123-" + "0badc0de" * 8,
    "slack signing secret": "0wn5ecret" + "0123456789abcdef01234567",
    "discord token": "MTA0NzY2MjE5MDQ2MDM5OTYxNg." + "GOwnAB." + "OwnDiscordTokenOwnDiscordTokenOwnDisco",
}
PASTED = {
    "github": "ghp_" + "PastedPasted" * 3,
    "aws": "AKIA" + "PASTEDPASTED1234",
    "password": "hunter2-pasted!",
    "card": "4111 1111 1111 1111",
}
SECRETS = {**OWN, **PASTED}
OURS = ("adapters", "bot", "nlp")
SHORTEST = 12  # characters of a text that can't stand in a log by chance


def leaked(text: str) -> list[str]:
    """Which of the secrets stand in a text, by name."""
    return [name for name, secret in SECRETS.items() if secret in text]


class Watch(logging.Handler):
    """Hears every record of the suite's own loggers, and whatever a test read back of its output."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.found: list[str] = []
        self.texts: set[str] = set()

    def said(self, text: str) -> None:
        """Somebody says this in the test that runs."""
        if len(text) >= SHORTEST and " " in text:
            self.texts.add(text)

    def emit(self, record: logging.LogRecord) -> None:
        written = self.format(record)
        self.look(written, f"the log of {record.name}")
        if record.name.partition(".")[0] in OURS and any(text in written for text in self.texts):
            self.found.append(f"what somebody said stands in the log of {record.name}")

    def look(self, text: str, where: str) -> None:
        """Note the secrets that stand in a text."""
        self.found += [f"the planted {name} stands in {where}" for name in leaked(text)]

    def take(self) -> list[str]:
        """What was found in the test that has just run."""
        found, self.found, self.texts = self.found, [], set()
        return found


watch = Watch()


def heard(function: Callable[..., Any], *texts: Callable[..., str]) -> Callable[..., Any]:
    """The function, whose arguments the watch hears of first."""

    def listening(*args: Any, **kwargs: Any) -> Any:
        for text in texts:
            watch.said(text(*args, **kwargs))
        return function(*args, **kwargs)

    return listening


# Hooks, which tests/conftest.py takes over


@contextmanager
def watching() -> Generator[None]:
    """All that is logged, printed and said is watched."""
    from bot.assistant import Assistant  # noqa: PLC0415 - not before conftest has set the environment
    from bot.history import ingestion  # noqa: PLC0415 - as above

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingestion, "message_row", heard(ingestion.message_row, lambda message: message.text))
        patch.setattr(Assistant, "handle", heard(Assistant.handle, lambda _, request: request.intent.argument))
        read = pytest.CaptureFixture.readouterr

        def reading(capture: Any) -> Any:
            captured = read(capture)
            watch.look(f"{captured.out}{captured.err}", "the output")
            return captured

        patch.setattr(pytest.CaptureFixture, "readouterr", reading)
        logging.getLogger().addHandler(watch)
        for name in OURS:
            logging.getLogger(name).setLevel(logging.DEBUG)
        try:
            yield
        finally:
            logging.getLogger().removeHandler(watch)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """A test in whose output or log a secret stands has failed."""
    del item, call
    report = yield
    for name, text in report.sections:
        if name.endswith(report.when):  # earlier ones were looked at in their turn
            watch.look(text, name.casefold())
    if (found := watch.take() if report.when != "setup" else []) and report.passed:
        report.outcome, report.longrepr = "failed", "\n".join(dict.fromkeys(found))
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, Any, Any]:
    """The watch lasts from the first test to the last."""
    del session
    with watching():
        return (yield)
