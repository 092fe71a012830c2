"""Measures translations that a reader has judged: how good they are, and whether the wrong ones carry a warning.

The file is a table with the columns language, text, translation, judged (0 wrong or misleading, 1 understandable with
flaws, 2 good) and part. A verdict is about one translation: lines that are translated otherwise now are counted apart.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from adapters.files import open_text
from adapters.text.counts import counted
from bot.errors import UsageError
from bot.evaluation.pairs import read_table, translated
from bot.evaluation.report import EvaluationReport, Figure, Table, interval
from bot.services import Services

COLUMNS = ("language", "text", "translation", "judged", "part")
WRONG, GOOD = 0, 2


@dataclass(frozen=True, slots=True)
class LineVerdict:
    """A reader's verdict on one line's translation, and the part of the file where it stands."""

    text: str
    translation: str
    judged: int
    part: str


def is_judged(data: Path) -> bool:
    """Return whether a file's header is that of judged translations."""
    try:
        with open_text(data, "latin-1") as stream:  # a header is ASCII, whatever the rest is in
            return set(COLUMNS) <= set(stream.readline().removeprefix("\xef\xbb\xbf").rstrip("\r\n").split("\t"))
    except OSError:
        return False


def read_verdicts(data: Path, source: str, part: str) -> list[LineVerdict]:
    """Return the verdicts on lines in a language, of one part or of all. Raises UsageError where there are none."""
    rows = [{name: row.get(name) or "" for name in COLUMNS} for row in read_table(data)]
    own = [row for row in rows if row["language"] == source and (not part or row["part"] == part)]
    if not own or any(row["judged"] not in {"0", "1", "2"} for row in own):
        raise UsageError(f"{data} has no judged lines in {source}.", "Each line needs a verdict of 0, 1 or 2.")
    return [LineVerdict(row["text"], row["translation"], int(row["judged"]), row["part"]) for row in own]


async def evaluate(
    data: Path, services: Services, *, source: str, target: str, part: str, on_done: Callable[[int], None]
) -> EvaluationReport:
    """Translate the judged lines again and report the verdicts. Raises UsageError, UnsupportedPair."""
    verdicts = read_verdicts(data, source, part)
    made = await translated(services.core, [each.text for each in verdicts], source, target)
    on_done(len(made))
    pairs = list(zip(verdicts, made, strict=True))
    kept = [(one.judged, bool(each.warnings)) for one, each in pairs if each.text == one.translation]
    if not kept:
        raise UsageError(f"None of the lines of {data} is translated as it was judged.", "Judge them again.")
    model = made[0].model
    other = len(pairs) - len(kept)
    lines = counted(other, "line that is", "lines that are")
    notes = (f"Left out: {lines} translated otherwise than when they were judged.",) if other else ()
    return EvaluationReport("translate", model, str(data), len(kept), figures(kept), (table(kept),), notes)


def figures(kept: list[tuple[int, bool]]) -> tuple[Figure, ...]:
    """Return the mean verdict, and how the warnings fall, each with its interval."""
    judged = np.array([verdict for verdict, _ in kept])
    warned = np.array([warning for _, warning in kept])

    def share(among: NDArray[np.bool_], of: NDArray[np.bool_]) -> Callable[[NDArray[np.intp]], float]:
        return lambda rows: float(of[rows][among[rows]].mean()) if among[rows].any() else 0.0

    return (
        interval("mean verdict", lambda rows: float(judged[rows].mean()), len(kept)),
        interval("wrong with a warning", share(judged == WRONG, warned), len(kept)),
        interval("good with a warning", share(judged == GOOD, warned), len(kept)),
        interval("wrong among warned", share(warned, judged == WRONG), len(kept)),
        interval("wrong or flawed among warned", share(warned, judged < GOOD), len(kept)),
    )


def table(kept: list[tuple[int, bool]]) -> Table:
    """Return how many lines have each verdict, with a warning and without."""
    rows = tuple(
        (str(verdict), kept.count((verdict, False)), kept.count((verdict, True))) for verdict in range(WRONG, GOOD + 1)
    )
    return Table("Lines by verdict", ("verdict", "no warning", "warning"), rows)
