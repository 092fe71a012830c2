"""`parley …` in the test's own process: its exit code, and what it printed."""

import sys
from collections.abc import Callable
from io import StringIO

import pytest

Parley = Callable[..., tuple[int, str, str]]


@pytest.fixture
def parley(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Parley:
    """Run `parley …`; returns the exit code, standard output and standard error."""
    from bot.cli.main import app  # noqa: PLC0415 - which only tests of commands need to wait for
    from bot.terminal import guarded  # noqa: PLC0415 - as above

    def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", StringIO(stdin))
        code = guarded(app, list(arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run
