"""Measures whether the sections of a summary hold what they promise, by labels that somebody gave beforehand.

Of every stretch of a channel those points are found that a summary could tell: what the cues take for a decision, a
task, a cause or a fix, and the questions that it tells as open. Channels are read as `bot.evaluation.topics` reads
them; the labels are a table: channel, number of the message, kind, and 1 where the point is what its section says. No
model runs.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message
from adapters.files import read_text
from bot.discussions.graph import ReplyGraph
from bot.errors import UsageError
from bot.evaluation.report import EvaluationReport, Figure, Table, interval
from bot.summaries.entries import entries
from bot.summaries.points import Parts, points
from nlp.text.dialogue_acts import CUES, Kind
from nlp.text.questions import is_question

WINDOW = 120  # messages of a summary
LONGEST = 200  # characters of a point that is printed
Key = tuple[str, str, str]  # channel, number of the message, kind


@dataclass(frozen=True, slots=True)
class Placed:
    """A point that a section could tell."""

    key: Key
    kind: Kind
    text: str


def read_labels(path: Path) -> dict[Key, bool]:
    """Return the labels of a table, by channel, number and kind. Raises UsageError."""
    try:
        rows = csv.reader(read_text(path).splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
        return {(channel, number, kind): label == "1" for channel, number, kind, label in rows}
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} holds no labels of points ({type(error).__name__}).") from error


def evaluate(
    channels: Sequence[tuple[str, list[Message]]],
    labels: Mapping[Key, bool],
    *,
    data: str,
    most: int,
    on_done: Callable[[int], None] = lambda _: None,
) -> EvaluationReport:
    """Find the points of every channel, at most `most` of each kind, drawn by chance, and count the right ones."""
    found: list[Placed] = []
    for number, (title, messages) in enumerate(channels, 1):
        found += placed(title, messages)
        on_done(number)
    figures, rows = list[Figure](), list[tuple[object, ...]]()
    for kind in CUES:
        drawn = sorted((each for each in found if each.kind == kind), key=_by_chance)[:most]
        judged = np.array([labels[each.key] for each in drawn if each.key in labels], dtype=float)
        figures.append(Figure(f"{kind}: labelled", len(judged) / max(len(drawn), 1)))
        if len(judged):
            figures.append(_share(f"{kind}: right of {len(judged)}", judged))
        rows += [(*each.key, _label(each, labels), each.text[:LONGEST]) for each in drawn]
    table = Table("points", ("channel", "message", "kind", "label", "text"), tuple(rows))
    return EvaluationReport("sections", "cues and the reply graph", data, len(channels), tuple(figures), (table,))


def _share(name: str, judged: NDArray[np.float64]) -> Figure:
    """Return the share of the points that are right."""
    return interval(name, lambda chosen: float(judged[chosen].mean()), len(judged))


def placed(title: str, messages: Sequence[Message]) -> Iterator[Placed]:
    """Yield the points that summaries of WINDOW messages each could tell: all that cues find, and the open entries."""
    for start in range(0, len(messages), WINDOW):
        parts = Parts.of(ReplyGraph.of(messages[start : start + WINDOW]))
        told = entries(parts, np.zeros((len(parts.points), 1), dtype=np.float32))
        found = [point for point in points(parts) if point.kind and not is_question(point.text)]
        for point in (*found, *(entry.main for entry in told if entry.kind == "open question")):
            kind = point.kind or "open question"
            yield Placed((title, point.message.id, kind), kind, " ".join(point.text.split()))


def _by_chance(each: Placed) -> bytes:
    """Return where a point stands in an order that stays the same when others come or go."""
    return sha256("\t".join(each.key).encode()).digest()


def _label(each: Placed, labels: Mapping[Key, bool]) -> object:
    return int(labels[each.key]) if each.key in labels else ""
