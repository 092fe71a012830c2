"""Finds what moved most between two times: the mood, or how much people spoke of a topic.

Only what is sure is a move: the band of the difference leaves out all that is too small to matter. What rests on too
few people or messages has no figure. Knows no channel and no calendar.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.mood.cells import enough
from bot.mood.quantification import Correction, Counts, Estimate, estimate, said, worth
from nlp.hub.model_card import MeasuredMetric

COUNTED = Correction.of(MeasuredMetric(""))  # what a topic holds is counted; no model is asked, so none is corrected


@dataclass(frozen=True, slots=True)
class Side:
    """The authors of the messages of one time."""

    voices: NDArray[np.int32]

    def share(self, inside: NDArray[np.bool_]) -> Estimate:
        """Return the share of messages that are inside, where a report has that of the negative ones."""
        many, some = len(inside), int(inside.sum())
        return estimate(Counts((0, many - some, some), many, worth(self.voices)), COUNTED)


@dataclass(frozen=True, slots=True)
class Subject:
    """A topic, and which messages of both times are about it."""

    name: str
    before: NDArray[np.bool_]
    after: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Move:
    """By how much a share moved, and what it was before and after, as the end of a sentence."""

    size: float
    words: str


def largest(moves: Sequence[Move | None]) -> Move | None:
    """Return the move by most; of equal ones the first."""
    return max((move for move in moves if move), key=lambda move: move.size, default=None)


def mood(before: Counts, after: Counts, correction: Correction, among: int = 1) -> Move | None:
    """Return how the negative share moved, if it surely did, and `among` how many shares it is looked for."""
    old, new = (estimate(each, correction) for each in (before, after))
    if not new.differs(old, among):
        return None
    return Move(abs(new.negative - old.negative), f"messages that sound negative went from {said(old)} to {said(new)}")


def topic(subject: Subject, before: Side, after: Side, among: int = 1) -> Move | None:
    """Return how much more or less people spoke of the subject, if surely so among `among` compared ones."""
    if not (enough(before.voices) and enough(after.voices)):
        return None
    old, new = before.share(subject.before), after.share(subject.after)
    if not new.differs(old, among):
        return None
    was, is_ = enough(before.voices[subject.before]), enough(after.voices[subject.after])
    if not (was or is_):
        return None
    if was and is_:
        words = f"went from {said(old)} to {said(new)} of the messages"
    else:
        words = f"became a topic: {said(new)} of the messages" if is_ else f"is hardly a topic now, after {said(old)}"
    return Move(abs(new.negative - old.negative), f"“{subject.name}” {words}")
