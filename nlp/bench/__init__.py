"""`parley bench`: the core against what somebody would otherwise write, on the machine it runs on.

Every row runs its contenders in turn inside one process and compares medians, because neighbours on a machine shift
absolute figures by a third within minutes. Each row has a process of its own, so that no memory, thread or compiled
product of another is left in it. A row is one line in ROWS and one coroutine in a module of this package.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from nlp.errors import CoreError
from nlp.scheduler.family import Binding

ROWS: dict[str, str] = {
    "sentiment-roberta": "nlp.bench.sentiment:roberta",
    "sentiment-minilm": "nlp.bench.sentiment:minilm",
    "answer-roberta": "nlp.bench.answering:roberta",
    "translate-marian": "nlp.bench.writing:marian",
    "translate-burst": "nlp.bench.writing:burst",
    "summarize-distilbart": "nlp.bench.writing:distilbart",
    "answer-smollm": "nlp.bench.conversing:smollm",
    "bulk-memory": "nlp.bench.bulk:memory",
    "chat-load": "nlp.bench.load:chat",
    "interactive-under-bulk": "nlp.bench.load:under_bulk",
    "auto-choice": "nlp.bench.auto_choice:every",
}


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One comparison. `ratio` says how many times better ours is: above 1 is better for rates and for times alike."""

    work: str
    baseline: str
    ours: float
    theirs: float
    unit: str
    ratio: float
    runs: int

    def document(self) -> dict[str, Any]:
        """Return the document that `--json` prints."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Detail:
    """The cost of one work: real tokens a second, padded / real tokens, peak memory, share of the matrix rate."""

    work: str
    dtype: str
    tokens_per_s: float
    padding: float
    peak_mb: float
    matmul_share: float

    def document(self) -> dict[str, Any]:
        """Return the document that `--json` prints."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Setting:
    """The setting of a row. `folder` is for models made on the spot; `quick` asks for small, rough sizes."""

    folder: Path
    device: str = "auto"
    dtype: str = "auto"
    quick: bool = False

    def runs(self, usual: int) -> int:
        """Return how often to repeat."""
        return 1 if self.quick else usual

    def size(self, usual: int) -> int:
        """Return how many texts to take."""
        return max(24, usual // 20) if self.quick else usual


@dataclass(slots=True)
class Outcome:
    """The measurements so far."""

    device: str
    rows: list[BenchRow] = field(default_factory=list)
    details: list[Detail] = field(default_factory=list)
    machine: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return the one document of `--json`."""
        dtypes = sorted({detail.dtype for detail in self.details})
        return {
            "device": self.device,
            "dtype": ", ".join(dtypes),
            "machine": self.machine,
            "rows": [row.document() for row in self.rows],
            "details": [detail.document() for detail in self.details],
        }


class BenchFailed(CoreError):
    """A row's process ended without a result."""


Found = BenchRow | Detail
Work = Callable[[Setting], Coroutine[Any, Any, Sequence[Found]]]


async def measure_shapes(
    outcome: Outcome, setting: Setting, only: Sequence[str] = (), on_row: Callable[[str], None] = print
) -> None:
    """Measure the table's rows, or those in `only`, on random weights of published shapes. `on_row` gets each name."""
    for name, place in ROWS.items():
        if not only or name in only:
            on_row(name)
            keep(outcome, await in_own_process(place, setting))


async def in_own_process(place: str, setting: Setting) -> Sequence[Found]:
    """Return what the row at "module:function" finds in a process of its own. Raises BenchFailed if that fails."""
    options = ["--device", setting.device, "--dtype", setting.dtype, *(["--quick"] if setting.quick else [])]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "nlp.bench", place, str(setting.folder), *options, stdout=asyncio.subprocess.PIPE
    )
    written, _ = await process.communicate()
    if process.returncode:
        raise BenchFailed(f"The row {place} ended with status {process.returncode}.", "Its own words stand above.")
    document = json.loads(written)
    return [*(BenchRow(**each) for each in document["rows"]), *(Detail(**each) for each in document["details"])]


async def measure_bound(
    outcome: Outcome, setting: Setting, bindings: Sequence[Binding], on_row: Callable[[str], None] = print
) -> None:
    """Measure the models that the owner bound, each against a plain loop over the same model."""
    bound = cast("Callable[[Setting, Binding], Awaitable[Sequence[Found]]]", work("nlp.bench.bound:bound"))
    for binding in bindings:
        on_row(f"{binding.task}: {binding.name}")
        keep(outcome, await bound(setting, binding))


def keep(outcome: Outcome, found: Sequence[Found]) -> None:
    """Sort what a row found into the outcome."""
    outcome.rows += [one for one in found if isinstance(one, BenchRow)]
    outcome.details += [one for one in found if isinstance(one, Detail)]


def work(place: str) -> Work:
    """Return the coroutine named "module:function"."""
    module, _, name = place.partition(":")
    return cast("Work", getattr(import_module(module), name))


@contextmanager
def fresh_setting(device: str = "auto", dtype: str = "auto", *, quick: bool = False) -> Iterator[Setting]:
    """Yield a setting with a folder of its own, removed afterwards."""
    with TemporaryDirectory(prefix="parley-bench-") as folder:
        yield Setting(Path(folder), device, dtype, quick)
