"""Holds what an evaluation found: figures with intervals, tables and notes, for people and as JSON. Values only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Figure:
    """One number: `low` and `high` bound it with 95 % confidence where that was computed."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        return {"value": self.value, "low": self.low, "high": self.high}

    def words(self) -> tuple[str, str, str]:
        """Return name, value and interval for a table."""
        between = "" if self.low is None or self.high is None else f"{self.low:.3f} to {self.high:.3f}"
        return self.name, f"{self.value:.3f}", between


@dataclass(frozen=True, slots=True)
class Table:
    """Words and numbers that belong together, such as a confusion matrix or a risk-coverage curve."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        return {"columns": list(self.columns), "rows": [list(row) for row in self.rows]}


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """The outcome of one evaluation over `examples` cases."""

    task: str
    model: str
    data: str
    examples: int
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads: JSON types only."""
        return {
            "task": self.task,
            "model": self.model,
            "data": self.data,
            "examples": self.examples,
            "figures": {figure.name: figure.document() for figure in self.figures},
            "tables": {table.title: table.document() for table in self.tables},
            "notes": list(self.notes),
        }


def interval(
    name: str, metric: Callable[[NDArray[np.intp]], float], examples: int, *, rounds: int = 1000, seed: int = 0
) -> Figure:
    """Return `metric` over all examples, with its percentile bootstrap interval.

    `metric` takes the indices, shape (n,), of the examples to count, some of them several times. Seeded.
    """
    draw = np.random.default_rng(seed)
    values = [metric(draw.integers(0, examples, examples)) for _ in range(rounds)]
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Figure(name, float(metric(np.arange(examples))), float(low), float(high))
