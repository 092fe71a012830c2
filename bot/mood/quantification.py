"""From labels to shares: blurred counts corrected by what the model confuses, with a band that says how sure they are.

A figure leaves here in steps of five points and is taken from counts that are blurred by a few messages, so that people
who know every label but one learn next to nothing of that one (docs/reports.md has the sum).

Adjusted classify-and-count (Forman 2008): if the model calls label i by label j with probability M[i, j], the shares
that it counts are q = p M, and p = q M⁻¹ brought back to shares. Shares are the mean of draws over who happened to
speak, and over M: a team's chat is not what M was measured on, so each draw takes the model to be wrong between not at
all and somewhat more often than measured, and M to be known from few texts. How often the truth lies in the band is
measured by `benchmarks/report_bands.py`. Whether two shares differ is asked of q, which no correction touched. Knows no
time and no channel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt

import numpy as np
from numpy.typing import NDArray

from bot.history.derived.scores import LABELS
from nlp.hub.model_card import MeasuredMetric

Floats = NDArray[np.float64]
DRAWS = 400
SEED = 0
UNSEEN = 0.5  # messages of each label that might as well have been there (Jeffreys' prior)
LEAST = 0.02  # a difference below two points is none
WRONGER = 1.25  # how much more often than measured the model may be wrong about a channel
TEXTS = 100  # which a row of M is trusted like: between kinds of texts it varies more than between samples of one
WORST = 20.0  # condition of a confusion beyond which its inverse says nothing
BAND = (2.5, 97.5)  # percentiles


STEP = 0.05  # shares are shown in steps of five points, to people and to programs alike
BLUR, MOST_BLUR = 3.0, 8.0  # messages by which counts are blurred towards any label, at least and at most
NEARER = 25.0  # by how many messages more for each point of 100 that the two commonest labels are nearer to each other
FAINTER = 5 / 3  # how much more the counts of a topic are blurred, as they tell of the same messages again
LIKENESS = 1 / 9  # how much messages of one person resemble each other (the correlation within a person)


@dataclass(frozen=True, slots=True)
class Counts:
    """Blurred counts in the order of LABELS, of `messages` by people; `effective` of them are worth independent ones.

    `noise` is the variance of the blur, in messages squared.
    """

    labels: tuple[float, float, float]
    messages: int
    effective: float
    noise: float = 0.0

    def __add__(self, other: "Counts") -> "Counts":
        positive, neutral, negative = (one + two for one, two in zip(self.labels, other.labels, strict=True))
        sizes = (self.messages + other.messages, self.effective + other.effective, self.noise + other.noise)
        return Counts((positive, neutral, negative), *sizes)

    @property
    def negative(self) -> float:
        """Return the negative share as it was counted, without any correction; blurred, it may lie outside 0 to 1."""
        return self.labels[2] / self.messages


@dataclass(frozen=True, slots=True)
class Estimate:
    """Shares in the order of LABELS and the band of the negative one, in whole steps; the shares add up to 1.

    `counted` are draws of the negative share before the correction: they say whether two shares differ, nothing else.
    """

    shares: tuple[float, float, float]
    low: float
    high: float
    counted: Floats

    @property
    def negative(self) -> float:
        """Return the negative share."""
        return self.shares[2]

    def differs(self, other: "Estimate", among: int = 1) -> bool:
        """Return whether the band of the difference leaves out all that is too small to matter.

        Where it is the largest `among` several, the band is as much wider (Bonferroni).
        """
        unrelated = np.roll(other.counted, DRAWS // 2)  # both were drawn from one seed
        tail = BAND[0] / among
        low, high = np.percentile(self.counted - unrelated, (tail, 100 - tail))
        return bool(low > LEAST or high < -LEAST)


@dataclass(frozen=True, slots=True)
class Correction:
    """Inverse confusions, drawn from none to beyond the measured one, shape (DRAWS, 3, 3)."""

    inverses: Floats
    known: bool

    @classmethod
    def of(cls, model: MeasuredMetric) -> "Correction":
        """Return the correction of a model.

        It changes nothing, and `known` says so, where nobody measured the model or it confuses everything.
        """
        if set(model.labels) == set(LABELS) and len(model.confusion) == len(LABELS):
            order = [model.labels.index(label) for label in LABELS]
            counts = np.array(model.confusion, dtype=float)[np.ix_(order, order)]
            counts *= np.minimum(1, TEXTS / np.maximum(counts.sum(axis=1, keepdims=True), 1))
            random = np.random.default_rng(SEED)
            drawn = random.gamma(counts + UNSEEN, size=(DRAWS, *counts.shape))
            drawn /= drawn.sum(axis=2, keepdims=True)
            part = random.uniform(high=WRONGER, size=(DRAWS, 1, 1))
            matrices = part * drawn + (1 - part) * np.eye(len(LABELS))
            if np.linalg.cond(matrices).max() < WORST:
                return cls(np.linalg.inv(matrices).astype(np.float64), known=True)
        return cls(np.broadcast_to(np.eye(len(LABELS)), (DRAWS, 3, 3)), known=False)


def worth(voices: NDArray[np.int32]) -> float:
    """Return how many independent messages those of these people are worth (Kish's design effect)."""
    each = np.unique(voices, return_counts=True)[1].astype(float)
    return float(each.sum() / (1 + (np.sum(each**2) / each.sum() - 1) * LIKENESS))


def blur_for(labels: NDArray[np.int8]) -> float:
    """Return by how many messages (a standard deviation) counts must be blurred among messages like these.

    Somebody who knows the labels of all others guesses the last one at most five points better than by knowing which
    label is the commonest. Where that one is far ahead it is the best guess anyway, and little blur is needed.
    """
    counts = np.sort(np.bincount(labels, minlength=len(LABELS)))
    ahead = (counts[-1] - counts[-2]) / max(len(labels), 1) - 1 / sqrt(max(len(labels), 1))  # less what may be chance
    return float(max(BLUR, MOST_BLUR - NEARER * max(ahead, 0)))


def blurred(labels: NDArray[np.int8], random: np.random.Generator, blur: float) -> tuple[float, float, float]:
    """Return how many of each label, with normal noise of the same size towards every label and none in the sum."""
    noise = random.normal(0, blur, len(LABELS))
    counts = np.bincount(labels, minlength=len(LABELS)) + noise - noise.mean()
    positive, neutral, negative = counts.tolist()
    return positive, neutral, negative


def total(parts: Sequence[Counts]) -> Counts:
    """Return all of one or more counts together."""
    whole = parts[0]
    for part in parts[1:]:
        whole += part
    return whole


def estimate(counts: Counts, correction: Correction) -> Estimate:
    """Return the shares of n ≥ 1 messages; the same every time for the same counts."""
    random = np.random.default_rng(SEED + 1)
    rows = as_shares(np.array([counts.labels]) / counts.messages)[0] * counts.effective
    drawn = random.dirichlet(rows + UNSEEN, size=DRAWS)
    noise = random.normal(0, sqrt(counts.noise) / counts.messages, (DRAWS, len(LABELS)))
    counted = drawn + noise - noise.mean(axis=1, keepdims=True)
    shares, corrected = (
        as_shares(np.einsum("bi,bij->bj", each, correction.inverses)) for each in (drawn, as_shares(counted))
    )
    steps = in_steps(shares.mean(axis=0).tolist())
    low, high = np.percentile(corrected[:, 2], BAND) / STEP
    return Estimate(steps, min(steps[2], stepped(floor(low))), max(steps[2], stepped(ceil(high))), counted[:, 2])


def in_steps(shares: Sequence[float]) -> tuple[float, float, float]:
    """Return shares in whole steps whose sum is 1: the steps that are left over go to the largest remainders."""
    steps = [share / STEP for share in shares]
    whole = [floor(each) for each in steps]
    ranked = sorted(range(len(steps)), key=lambda place: whole[place] - steps[place])
    for place in ranked[: round(1 / STEP) - sum(whole)]:
        whole[place] += 1
    positive, neutral, negative = map(stepped, whole)
    return positive, neutral, negative


def stepped(steps: int) -> float:
    """Return the share from 0 to 1 of so many steps."""
    return min(max(round(steps * STEP, 2), 0.0), 1.0)


def nearest(share: float) -> float:
    """Return the share in whole steps."""
    return stepped(round(share / STEP))


def said(found: Estimate) -> str:
    """Return the negative share and how far it may be off: "10 % ± 5"."""
    off = max(found.high - found.negative, found.negative - found.low)
    words = f"{found.negative * 100:.0f} % ± {off * 100:.0f}"
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def as_shares(rows: Floats) -> Floats:
    """Return the nearest rows that are shares: none below 0, together 1 (Duchi et al. 2008)."""
    falling = -np.sort(-rows, axis=1)
    excess = np.cumsum(falling, axis=1) - 1
    places = np.arange(1, rows.shape[1] + 1)
    kept = (falling - excess / places > 0).sum(axis=1)
    threshold = excess[np.arange(len(rows)), kept - 1] / kept
    shares: Floats = np.maximum(rows - threshold[:, None], 0)
    return shares
