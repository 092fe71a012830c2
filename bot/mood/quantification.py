"""From labels to shares: counts corrected by what the model confuses, with a band that says how sure they are.

Adjusted classify-and-count (Forman 2008): if the model calls label i by label j with probability M[i, j], the shares
that it counts are q = p M, and p = q M⁻¹ brought back to shares. Shares are the mean of a bootstrap over people, since
one person's messages resemble each other, and over M: a team's chat is not what M was measured on, so each draw takes
the model to be wrong between not at all and somewhat more often than measured, and M to be known from few texts. How
often the truth lies in the band is measured by `benchmarks/report_bands.py`. Whether two shares differ is asked of q,
which no correction touched. Knows no time and no channel.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.history.scores import LABELS
from nlp.hub.model_card import Measured

Floats = NDArray[np.float64]
DRAWS = 400
SEED = 0
UNSEEN = 0.5  # messages of each label that might as well have been there (Jeffreys' prior)
LEAST = 0.02  # a difference below two points is none
WRONGER = 1.25  # how much more often than measured the model may be wrong about a channel
TEXTS = 100  # which a row of M is trusted like: between kinds of texts it varies more than between samples of one
WORST = 20.0  # condition of a confusion beyond which its inverse says nothing
BAND = (2.5, 97.5)  # percentiles


@dataclass(frozen=True, slots=True)
class Estimate:
    """Shares in the order of LABELS, which add up to 1.

    `draws` are bootstrap draws of the negative share, `counted` the same before the correction.
    """

    shares: tuple[float, float, float]
    draws: Floats
    counted: Floats

    @property
    def negative(self) -> float:
        """The negative share."""
        return self.shares[2]

    @property
    def low(self) -> float:
        """What the negative share is hardly below."""
        return float(np.percentile(self.draws, BAND[0]))

    @property
    def high(self) -> float:
        """What the negative share is hardly above."""
        return float(np.percentile(self.draws, BAND[1]))

    def differs(self, other: "Estimate", among: int = 1) -> bool:
        """Whether the band of the difference leaves out all that is too small to matter.

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
    def of(cls, model: Measured) -> "Correction":
        """The correction of a model; none, and `known` says so, where nobody measured or it confuses everything."""
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


def estimate(labels: NDArray[np.int8], voices: NDArray[np.int32], correction: Correction) -> Estimate:
    """The shares of n ≥ 1 messages, given their labels (0, 1, 2) and who wrote them; the same every time."""
    people, rows = np.unique(voices, return_inverse=True)
    counts = np.zeros((len(people), len(LABELS)))
    np.add.at(counts, (rows, labels), 1)
    counts = counts[np.lexsort(counts.T)]  # how people happen to be numbered changes nothing
    equal = np.full(len(people), 1 / len(people))
    weights = np.random.default_rng(SEED + 1).multinomial(len(people), equal, size=DRAWS)
    observed = weights @ counts + UNSEEN
    observed /= observed.sum(axis=1, keepdims=True)
    corrected = as_shares(np.einsum("bi,bij->bj", observed, correction.inverses))
    positive, neutral, negative = corrected.mean(axis=0).tolist()
    return Estimate((positive, neutral, negative), corrected[:, 2], observed[:, 2])


def said(found: Estimate) -> str:
    """The negative share and how far it may be off: "12 % ± 3"."""
    words = f"{found.negative * 100:.0f} % ± {(found.high - found.low) * 50:.0f}"
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def as_shares(rows: Floats) -> Floats:
    """The nearest rows that are shares: none below 0, together 1 (Duchi et al. 2008)."""
    falling = -np.sort(-rows, axis=1)
    excess = np.cumsum(falling, axis=1) - 1
    places = np.arange(1, rows.shape[1] + 1)
    kept = (falling - excess / places > 0).sum(axis=1)
    threshold = excess[np.arange(len(rows)), kept - 1] / kept
    shares: Floats = np.maximum(rows - threshold[:, None], 0)
    return shares
