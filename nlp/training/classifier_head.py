"""Fits and calibrates a linear head on fixed features: L2-regularised logistic regression (scikit-learn).

With the few hundred to few thousand labelled texts that people have, this was measured as good as fine-tuning the
encoder on them, and takes seconds. Everything said about quality comes from folds that the judging head had not seen.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

STRENGTHS = (0.0003, 0.001, 0.003, 0.01, 0.03)  # candidates for scikit-learn's C; small is strong regularisation
COOLEST, HOTTEST = 0.25, 8.0  # bounds of the temperature

Features = NDArray[np.float64]
Labels = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Lesson:
    """Features (n, width) with labels (n,), and how much each counts, (n,)."""

    features: Features
    labels: Labels
    weights: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Head:
    """`weight` (labels, width) and `bias` (labels): logits are `features @ weight.T + bias`."""

    weight: Features
    bias: NDArray[np.float64]

    def logits(self, features: Features) -> Features:
        """Return raw scores, shape (n, labels)."""
        return features @ self.weight.T + self.bias


@dataclass(frozen=True, slots=True)
class Fitted:
    """A head that learnt everything, and what heads like it said about examples they had not seen.

    `temperature` and `confusion` (true by predicted label) come from those held-out logits.
    """

    head: Head
    temperature: float
    confusion: tuple[tuple[int, ...], ...]

    @property
    def macro_recall(self) -> float:
        """Return the mean over labels of the share of their held-out examples that was found."""
        counts = np.array(self.confusion)
        return float(np.mean(np.diag(counts) / counts.sum(axis=1).clip(min=1)))


def fit(lesson: Lesson, beside: Lesson, *, folds: int = 5, seed: int = 0) -> Fitted:
    """Return the head for `lesson`, learning `beside` too but judged on `lesson` alone.

    The regularisation is the candidate under which held-out labels are likeliest. Raises ValueError where a label
    has fewer examples than there are folds.
    """
    tried = {strength: held_out(lesson, beside, strength, folds, seed) for strength in STRENGTHS}
    best = min(STRENGTHS, key=lambda strength: surprise(tried[strength], lesson, 1.0))
    temperature = fit_temperature(tried[best], lesson)
    return Fitted(regress(joined(lesson, beside), best), temperature, confusion(tried[best], lesson.labels))


def held_out(lesson: Lesson, beside: Lesson, strength: float, folds: int, seed: int) -> Features:
    """Return logits of every example of the lesson, shape (n, labels), each by a head that learnt the other folds."""
    logits = np.empty((len(lesson.labels), len(np.unique(joined(lesson, beside).labels))))
    parts = StratifiedKFold(folds, shuffle=True, random_state=seed)
    for learnt, asked in parts.split(lesson.features, lesson.labels):
        part = Lesson(lesson.features[learnt], lesson.labels[learnt], lesson.weights[learnt])
        logits[asked] = regress(joined(part, beside), strength).logits(lesson.features[asked])
    return logits


def regress(lesson: Lesson, strength: float) -> Head:
    """Return logistic regression on standardised features, with the standardisation folded into the weights."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=1000))
    model.fit(lesson.features, lesson.labels, logisticregression__sample_weight=lesson.weights)
    scaler, regression = model
    weight = regression.coef_ / scaler.scale_
    return Head(weight, regression.intercept_ - weight @ scaler.mean_)


def joined(first: Lesson, second: Lesson) -> Lesson:
    """Return both lessons as one."""
    return Lesson(
        np.concatenate([first.features, second.features]),
        np.concatenate([first.labels, second.labels]),
        np.concatenate([first.weights, second.weights]),
    )


def fit_temperature(logits: Features, lesson: Lesson) -> float:
    """Return the divisor of logits, shape (n, labels), under which the lesson's labels are likeliest."""
    minimum = minimize_scalar(
        lambda log: surprise(logits, lesson, np.exp(log)), bounds=(np.log(COOLEST), np.log(HOTTEST)), method="bounded"
    )
    return float(np.exp(minimum.x))


def surprise(logits: Features, lesson: Lesson, temperature: float) -> float:
    """Return the mean negative log-likelihood of the labels, each counting its weight."""
    likely = log_softmax(logits / temperature, axis=1)[np.arange(len(lesson.labels)), lesson.labels]
    return float(-np.average(likely, weights=lesson.weights))


def confusion(logits: Features, true: Labels) -> tuple[tuple[int, ...], ...]:
    """Return counts by true (rows) and likeliest (columns) label."""
    counts = np.zeros((logits.shape[1], logits.shape[1]), dtype=int)
    np.add.at(counts, (true, logits.argmax(axis=1)), 1)
    return tuple(tuple(map(int, row)) for row in counts)
