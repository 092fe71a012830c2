"""Checks what a server sent before anything is made of it: how many rows, of which shape, of which numbers.

A server may be mistaken for another, be broken, or lie: what isn't exactly what was asked for raises Wrong. Pure.
"""

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.remote.refusals import Wrong

MOST_DIMENSIONS = 16_384
BYTES_A_VECTOR = 24 * MOST_DIMENSIONS  # a number as JSON takes at most so many bytes
ROUNDING = 1e-3  # by which a probability may miss its bounds
ROW = 1 << 16  # bytes of a row without vectors


def unit_rows(rows: Any, count: int) -> NDArray[np.float32]:
    """Return vectors as rows of length one, float32 (count, dimensions)."""
    check_rows(rows, count)
    try:
        read = np.stack([one_vector(row) for row in rows])
    except (ValueError, TypeError, OverflowError):
        raise Wrong("what aren't vectors of one length") from None
    if not np.isfinite(read).all():
        raise Wrong("vectors with numbers that aren't finite")
    lengths = np.linalg.norm(read, axis=1, keepdims=True)
    if not lengths.all():
        raise Wrong("vectors of nothing but zeros")
    return (read / lengths).astype(np.float32)


def same_width(vectors: NDArray[np.float32], before: int) -> int:
    """Return how many numbers the vectors have; raise Wrong where that differs from before, 0 for nothing yet."""
    if before not in (0, vectors.shape[1]):
        raise Wrong(f"vectors of {vectors.shape[1]} numbers after some of {before}")
    return vectors.shape[1]


def one_vector(row: Any) -> NDArray[np.float64]:
    """Return one vector, written as numbers or as the base64 of little-endian float32. Raises ValueError."""
    if isinstance(row, str):
        vector = np.frombuffer(base64.b64decode(row, validate=True), dtype="<f4")
    else:
        vector = np.asarray(row)
        if vector.dtype.kind not in "fiu":
            raise ValueError
    if vector.ndim != 1 or not 0 < len(vector) <= MOST_DIMENSIONS:
        raise ValueError
    return vector.astype(np.float64)


def in_order(rows: Any, count: int) -> list[Any]:
    """Return rows that carry their own `index`, in its order."""
    check_rows(rows, count)
    if not all(isinstance(row, Mapping) for row in rows):
        raise Wrong("rows in another form than that of its interface")
    places = [row.get("index", place) for place, row in enumerate(rows)]
    if any(type(place) is not int for place in places) or sorted(places) != list(range(count)):
        raise Wrong("rows whose numbers aren't those of the texts")
    return [row for _, row in sorted(zip(places, rows, strict=True), key=lambda pair: pair[0])]


def check_rows(rows: Any, count: int) -> None:
    """Raise Wrong where a list doesn't hold one row for each text."""
    if not isinstance(rows, list):
        raise Wrong("no list of rows")
    if len(rows) != count:
        raise Wrong(f"{len(rows)} rows for {count} texts")


def field(answer: Any, name: str) -> Any:
    """Return what a document has under a name."""
    if not isinstance(answer, Mapping) or name not in answer:
        raise Wrong(f"an answer without {name}")
    return answer[name]


def chances(row: Any, labels: Sequence[str]) -> list[float]:
    """Return the probability of each label, in their order, from a list of labels with scores."""
    if not isinstance(row, list) or not all(isinstance(each, Mapping) for each in row):
        raise Wrong("scores in another form than that of its interface")
    scores = {each.get("label"): each.get("score") for each in row}
    if set(scores) != set(labels) or len(row) != len(labels):
        raise Wrong("other labels than those that it named before")
    return [chance(scores[label]) for label in labels]


def chance(score: Any) -> float:
    """Return a number between 0 and 1."""
    if isinstance(score, bool) or not isinstance(score, int | float) or not math.isfinite(score):
        raise Wrong("scores that aren't finite numbers")
    if not -ROUNDING <= score <= 1 + ROUNDING:
        raise Wrong("scores that aren't probabilities")
    return min(max(float(score), 0.0), 1.0)
