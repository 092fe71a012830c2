"""What holds for every test: none measures speed, so each keeps to one core; and none prints a planted secret.

A number that was measured on the way is told by `figure`, and stands at the end of the run, whichever process measured
it. PARLEY_TEST_DTYPE forces the arithmetic that models compute in (`arithmetic.py`).
"""

import logging
import os
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from arithmetic import FORCED, KNOWN
from command_line import parley
from hypothesis import settings
from planted import pytest_runtest_makereport, pytest_runtestloop

__all__ = ["figure", "parley", "pytest_runtest_makereport", "pytest_runtestloop", "pytest_terminal_summary"]
os.environ.setdefault("OMP_NUM_THREADS", "1")
settings.register_profile("parley", deadline=None)  # a loaded machine is no failure
settings.load_profile("parley")

FIGURE = "figure"


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    return partial(record_property, FIGURE)


@pytest.fixture(autouse=True)
def log_of_its_own() -> Iterator[None]:
    """Take away what a test set up to write the log, whose stream ends with the test."""
    yield
    root = logging.getLogger()
    for handler in [each for each in root.handlers if type(each) is logging.StreamHandler]:
        root.removeHandler(handler)


@pytest.fixture(scope="session", autouse=True)
def forced_arithmetic() -> Iterator[None]:
    """Pass for a machine that is fastest at the forced arithmetic."""
    if not FORCED:
        yield
        return
    if FORCED not in KNOWN:
        pytest.exit(f"PARLEY_TEST_DTYPE is {FORCED!r}; use {', '.join(KNOWN)}, or unset it.", returncode=4)
    from nlp.inference import gates  # noqa: PLC0415 - torch, which comes after the environment is set

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gates, "faster", lambda _: (FORCED,) if FORCED != "float32" else ())
        yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    figures = [line for report in reports for name, line in report.user_properties if name == FIGURE]
    if figures:
        terminalreporter.section("figures")
        for line in figures:
            terminalreporter.write_line(line)
