"""Finds what a window is about: its discussions clustered by meaning and named by their distinctive noun phrases.

A sample of at most SAMPLE messages, spread evenly, is clustered, so that a long window takes bounded time. A message
counts with its discussion, so that an answer of two words lies with its question. What no phrase names, and what too
few people or messages are in, is put together as OTHER.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message
from bot.discussions.graph import ReplyGraph
from bot.mood.cells import enough
from bot.mood.topic_names import Phrases

SAMPLE = 2_000
CLUSTERS, EACH = 14, 30  # clusters at most, and messages that one should have
MOST = 8  # topics that are named, the largest
NOTHING: Mapping[int, str] = MappingProxyType({})
OTHER = "other"  # the name of what is nothing but talk
EXAMPLES = 2
SEED, RUNS, STEPS = 0, 3, 100  # of k-means


@dataclass(frozen=True, slots=True)
class Topic:
    """A name, the numbers of its messages in the sample, in order and from its middle outwards, and that middle.

    `quotable` are sentences that may stand for it, from its middle outwards, by the numbers of their messages.
    """

    name: str
    members: NDArray[np.intp]
    nearest: tuple[int, ...]
    centre: NDArray[np.float32]
    quotable: tuple[tuple[int, str], ...] = ()


def spread(total: int, most: int = SAMPLE) -> NDArray[np.intp]:
    """Return at most `most` numbers below `total`, evenly spread, in order."""
    return np.unique(np.linspace(0, total - 1, min(total, most)).round().astype(np.intp))


def topics(messages: Sequence[Message], vectors: NDArray[np.float32], voices: NDArray[np.int32]) -> list[Topic]:
    """Return the topics of n messages with their vectors, shape (n, dimensions), the largest first and OTHER last."""
    roots = np.unique(ReplyGraph.of(messages).roots, return_inverse=True)[1]
    rows = with_discussions(vectors, roots)
    count = min(CLUSTERS, len(messages) // EACH, len(np.unique(rows, axis=0)))
    if count < 2:  # noqa: PLR2004 - one topic is none
        return []
    _, labels = clusters(rows, count)
    phrases = Phrases.among(messages)
    classes = [np.flatnonzero(labels == number) for number in range(count)]
    found = [
        (name, phrases.about(members, name, roots))
        for members, name in zip(classes, phrases.names(voices, classes), strict=True)
    ]
    named = sorted((each for each in found if enough(voices[each[1]])), key=lambda each: (-len(each[1]), each[0]))[
        :MOST
    ]
    told = [_topic(", ".join(name), members, rows, phrases.quotable(members, name)) for name, members in named]
    rest = np.setdiff1d(np.arange(len(messages)), np.concatenate([members for _, members in named] or [roots[:0]]))
    return [*told, _topic(OTHER, rest, rows)] if named and enough(voices[rest]) else told


def _topic(
    name: str, members: NDArray[np.intp], rows: NDArray[np.float32], quotable: Mapping[int, str] = NOTHING
) -> Topic:
    """Return the topic of these messages, those in its middle first."""
    centre = rows[members].mean(axis=0)
    near = members[np.argsort(-(rows[members] @ centre), kind="stable")].tolist()
    return Topic(name, members, tuple(near), centre, tuple((each, quotable[each]) for each in near if each in quotable))


def with_discussions(vectors: NDArray[np.float32], roots: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return each vector half-way to the mean of its discussion, at length one; `roots` number the discussions."""
    sums = np.zeros((roots.max(initial=-1) + 1, vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, roots, vectors)
    means = sums / np.bincount(roots)[:, None]
    rows = vectors + means[roots]
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def clusters(vectors: NDArray[np.float32], count: int) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Return the centres of `count` clusters and the cluster of each vector: the best of some runs of k-means.

    Of our own, because importing scikit-learn for it takes 80 MB of a process that serves.
    """
    random = np.random.default_rng(SEED)
    _, centres, labels = min((_k_means(vectors, count, random) for _ in range(RUNS)), key=lambda run: run[0])
    return centres, labels


def _k_means(
    vectors: NDArray[np.float32], count: int, random: np.random.Generator
) -> tuple[float, NDArray[np.float32], NDArray[np.intp]]:
    """Return the squared distance in all, the centres and the clusters of one run, begun as k-means++ begins."""
    everywhere = np.ones(len(vectors))
    centres = vectors[random.integers(len(vectors))][None]
    while len(centres) < count:
        chances = _distances(vectors, centres).min(axis=1)
        chances = chances if chances.any() else everywhere  # what is left equals a centre, as far as can be told
        centres = np.vstack([centres, vectors[random.choice(len(vectors), p=chances / chances.sum())]])
    labels, before = _distances(vectors, centres).argmin(axis=1), np.full(len(vectors), -1)
    for _ in range(STEPS):
        if np.array_equal(before, labels):
            break
        for number in np.unique(labels):
            centres[number] = vectors[labels == number].mean(axis=0)
        before, labels = labels, _distances(vectors, centres).argmin(axis=1)
    return float(_distances(vectors, centres).min(axis=1).sum()), centres, labels


def _distances(vectors: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the squared distance of each vector from each centre."""
    points, middles = vectors.astype(np.float64), centres.astype(np.float64)
    lengths = (points**2).sum(axis=1)[:, None] + (middles**2).sum(axis=1)
    squares: NDArray[np.float64] = np.maximum(lengths - 2 * (points @ middles.T), 0.0)
    return squares
