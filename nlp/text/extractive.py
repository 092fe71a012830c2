"""Extractive summaries: which passages stand for all of them. Pure numbers and words; knows no chat.

A passage is worth the concepts it adds to those already chosen (their frequency decides), times how near it is to the
middle of the whole, times the caller's prior. What repeats a chosen passage, its part of the time or its speaker is
worth less. Greedy, as is usual for such objectives (Lin and Bilmes 2011, Gillick and Favre 2009).
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlp.text.lexical import content_stems, document_counts, words

Floats = NDArray[np.floating]

REPEATED = 0.5  # how much of the worth an equal vector among the chosen costs
SAME_PART = 0.7  # what remains of the worth after each passage chosen from the same part of the time
SAME_SPEAKER = 0.8  # and from the same speaker
ALONE = 0.1  # the weight of a concept that occurs once; others weigh the logarithm of their frequency more
PARTS = 50  # of the time, each with its share of a shortlist
SHORTEST = 3  # letters of a concept; shorter ones are mostly "um" and "ok"
LEAST_NEAR = 0.01  # nobody is worthless for being far from the middle


@dataclass(frozen=True, slots=True)
class Passages:
    """n passages in the order of time, and what is known of each.

    `vectors` has shape (n, dimensions), unit rows or zeros where there is none. `priors` are factors, shape (n,).
    `blocks` numbers the topic that each is part of; without it every topic is an equal part of the time.
    """

    texts: Sequence[str]
    vectors: Floats
    speakers: Sequence[str]
    priors: Floats
    blocks: Sequence[int] = ()


def choose(passages: Passages, most: int, most_words: int) -> list[int]:
    """Return the indices of at most `most` passages, together at most `most_words` words, the most telling first."""
    lengths = np.array([max(len(words(text)), 1) for text in passages.texts])
    gains = _Gains([concepts(text) for text in passages.texts])
    fixed = passages.priors * centrality(passages.vectors) / np.sqrt(lengths)
    room = _Room(passages, most)
    chosen: list[int] = []
    while len(chosen) < most:
        worth = gains.left * fixed * room.factors()
        worth[chosen] = 0
        worth[lengths > most_words - lengths[chosen].sum()] = 0
        if not worth.any():
            break
        best = int(worth.argmax())
        chosen.append(best)
        gains.cover(best)
        room.take(best)
    return chosen


def shortlist(texts: Sequence[str], most: int, parts: int = PARTS) -> list[int]:
    """Return the indices, in order, of at most `most` texts that say the most by their words, spread over the time.

    For windows too long to embed: it costs a few microseconds a text.
    """
    lengths = np.array([max(len(words(text)), 1) for text in texts])
    worth = _Gains([concepts(text) for text in texts]).left / np.sqrt(lengths)
    parts = min(parts, most)
    pieces = np.array_split(np.arange(len(texts)), parts)
    best = [piece[np.argsort(-worth[piece], kind="stable")[: most // parts]] for piece in pieces]
    return sorted(int(index) for piece in best for index in piece)


def concepts(text: str) -> set[str]:
    """Return what a passage is about: the stems that may be worth repeating."""
    return {stem for stem in content_stems(text) if len(stem) >= SHORTEST}


def centrality(vectors: Floats) -> Floats:
    """Return how near each row is to the mean of all rows, by cosine, above zero. Shape (n,)."""
    middle = vectors.mean(axis=0) if len(vectors) else np.zeros(vectors.shape[1])
    near = vectors @ middle / max(float(np.linalg.norm(middle)), 1e-9)
    return np.maximum(near, LEAST_NEAR)


class _Gains:
    """Holds what each passage would add: the weights of its concepts that no chosen passage holds."""

    def __init__(self, held: Sequence[AbstractSet[str]]) -> None:
        self._concepts = held
        self._weights = {stem: math.log(n) + ALONE for stem, n in document_counts(held).items()}
        self._holders: dict[str, list[int]] = defaultdict(list)
        for index, found in enumerate(held):
            for stem in found:
                self._holders[stem].append(index)
        self._held = np.array([sum(self._weights[stem] for stem in sorted(found)) for found in held])
        self._covered: set[str] = set()

    @property
    def left(self) -> Floats:
        """Return the gains now, shape (n,); rounding never leaves one below zero."""
        return np.maximum(self._held, 0)

    def cover(self, index: int) -> None:
        """Count the concepts of this passage as said."""
        for stem in sorted(self._concepts[index] - self._covered):
            self._held[self._holders[stem]] -= self._weights[stem]
        self._covered |= self._concepts[index]


class _Room:
    """Holds how much of its worth each passage keeps beside those already chosen."""

    def __init__(self, passages: Passages, parts: int) -> None:
        count = len(passages.texts)
        self._vectors = passages.vectors
        self._speakers = np.array(passages.speakers, dtype=object)
        self._parts = np.array(passages.blocks or np.arange(count) * parts // max(count, 1))
        self._kept = np.ones(count)
        self._repeats = np.zeros(count)

    def factors(self) -> Floats:
        """Return the factors now, shape (n,)."""
        return self._kept * (1 - REPEATED * self._repeats)

    def take(self, index: int) -> None:
        """Count this passage as chosen."""
        self._kept[self._parts == self._parts[index]] *= SAME_PART
        self._kept[self._speakers == self._speakers[index]] *= SAME_SPEAKER
        self._repeats = np.maximum(self._repeats, self._vectors @ self._vectors[index])
