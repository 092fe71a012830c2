"""What holds for every test: none measures speed, so each keeps to one core; and none prints a planted secret.

A number that was measured on the way is told by `figure`, and stands at the end of the run.
"""

import os
from collections.abc import Callable

import pytest
from hypothesis import settings
from planted import pytest_runtest_makereport, pytest_runtestloop

__all__ = ["figure", "pytest_runtest_makereport", "pytest_runtestloop", "pytest_terminal_summary"]
os.environ.setdefault("OMP_NUM_THREADS", "1")
settings.register_profile("parley", deadline=None)  # a loaded machine is no failure
settings.load_profile("parley")

FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    return request.config.stash.setdefault(FIGURES, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    figures = config.stash.get(FIGURES, [])
    if figures:
        terminalreporter.section("figures")
        for line in figures:
            terminalreporter.write_line(line)
