"""What holds for every test: none measures speed, so each keeps to one core; and none prints a planted secret.

A number that was measured on the way is told by `figure`, and stands at the end of the run. PARLEY_TEST_DTYPE forces
the arithmetic that models compute in (`arithmetic.py`).
"""

import os
from collections.abc import Callable, Iterator

import pytest
from arithmetic import FORCED, KNOWN
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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    figures = config.stash.get(FIGURES, [])
    if figures:
        terminalreporter.section("figures")
        for line in figures:
            terminalreporter.write_line(line)
