"""Takes the figures of each cell: its counts, blurred once and kept, so that no other question reveals more.

The blur is drawn anew for each cell and stored with it (`bot.history.derived.moods`). What comes later, an edit, a
deletion, a message of then, changes no figure; a cell of which too little is left is no longer shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.history.derived.moods import MoodFigure, TopicFigure
from bot.history.derived.scores import LABELS, Scored
from bot.mood.cells import CellSpan, enough
from bot.mood.quantification import FAINTER, Counts, blur_for, blurred, total, worth
from bot.mood.topics import Topic


@dataclass(frozen=True, slots=True)
class Told:
    """A cell and its figure, None where it is withheld."""

    span: CellSpan
    counts: Counts | None


def taken(cells: Sequence[CellSpan], scored: Scored, random: np.random.Generator) -> list[MoodFigure]:
    """Return the figures of the cells about which enough is known."""
    blur = blur_for(scored.labels[scored.labels < len(LABELS)])
    parts = [(cell, *_worded(cell, scored)) for cell in cells]
    return [_figure(*part, random, blur) for part in parts if enough(part[-1])]


def told(cells: Sequence[CellSpan], figures: Sequence[MoodFigure], scored: Scored) -> list[Told]:
    """Return what is shown of each cell now: its figure, where enough of what it was taken from is left."""
    known: Mapping[CellSpan, MoodFigure] = {CellSpan(each.start, each.stop): each for each in figures}
    return [Told(cell, _counts(known.get(cell), _worded(cell, scored)[1])) for cell in cells]


def shown(cells: Sequence[Told]) -> list[tuple[CellSpan, Counts]]:
    """Return the cells that are not withheld."""
    return [(each.span, each.counts) for each in cells if each.counts is not None]


def topics_taken(
    span: CellSpan,
    topics: Sequence[Topic],
    labels: NDArray[np.int8],
    voices: NDArray[np.int32],
    random: np.random.Generator,
) -> list[TopicFigure]:
    """Return the figures of the topics of a time, given how its messages sound and who wrote them."""
    blur = FAINTER * blur_for(labels)
    return [
        TopicFigure(_figure(span, labels[each.members], voices[each.members], random, blur), each.centre)
        for each in topics
    ]


def of_topics(figures: Sequence[TopicFigure]) -> Counts:
    """Return one or more topics as one."""
    return total([_as_counts(each.figure) for each in figures])


def closest(figures: Sequence[TopicFigure], centres: Sequence[NDArray[np.float32]]) -> list[int]:
    """Return the number of the centre that each topic lies closest to."""
    if not figures or not centres:
        return [-1] * len(figures)
    likeness = np.stack([each.centre for each in figures]) @ np.stack(centres).T
    nearest: list[int] = likeness.argmax(axis=1).tolist()
    return nearest


def _worded(cell: CellSpan, scored: Scored) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
    part = cell.slice(scored.at)
    worded = scored.labels[part] < len(LABELS)
    return scored.labels[part][worded], scored.voices[part][worded]


def _figure(
    span: CellSpan, labels: NDArray[np.int8], voices: NDArray[np.int32], random: np.random.Generator, blur: float
) -> MoodFigure:
    people = len(np.unique(voices))
    return MoodFigure(span.start, span.stop, len(labels), people, worth(voices), blurred(labels, random, blur), blur)


def _counts(figure: MoodFigure | None, left: NDArray[np.int32]) -> Counts | None:
    return _as_counts(figure) if figure is not None and enough(left) else None


def _as_counts(figure: MoodFigure) -> Counts:
    return Counts(figure.counts, figure.messages, figure.effective, figure.blur**2)
