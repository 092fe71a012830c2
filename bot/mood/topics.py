"""Finds what a window is about: its messages clustered by meaning and named by their distinctive words.

A sample of at most SAMPLE messages, spread evenly, is clustered, so that a long window takes bounded time. A topic is
left out where too few people or messages are in it, and a word names one only if several people used it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message
from bot.mood.cells import enough
from nlp.text.lexical import content_stems, stem, words

SAMPLE = 2_000
MOST, EACH = 6, 30  # topics at most, and messages that a topic should have
NAMES, USERS = 3, 3  # words in a name, and people who must have used each
SHORTEST = 3  # letters of a word that may name a topic
EXAMPLES = 2
SEED, RUNS, STEPS = 0, 3, 100  # of k-means


@dataclass(frozen=True, slots=True)
class Topic:
    """A name, the numbers of its messages in the sample, in order and from its middle outwards, and that middle."""

    name: str
    members: NDArray[np.intp]
    nearest: tuple[int, ...]
    centre: NDArray[np.float32]


def spread(total: int, most: int = SAMPLE) -> NDArray[np.intp]:
    """Return at most `most` numbers below `total`, evenly spread, in order."""
    return np.unique(np.linspace(0, total - 1, min(total, most)).round().astype(np.intp))


def topics(messages: Sequence[Message], vectors: NDArray[np.float32], voices: NDArray[np.int32]) -> list[Topic]:
    """Return the topics of n messages with their vectors, shape (n, dimensions), the largest first."""
    count = min(MOST, len(messages) // EACH, len(np.unique(vectors, axis=0)))
    if count < 2:  # noqa: PLR2004 - one topic is none
        return []
    centres, labels = clusters(vectors, count)
    vocabulary = [_vocabulary(message.text) for message in messages]
    names = {word for message in messages for word in map(stem, words(message.author.name))}
    total = Counter(word for each in vocabulary for word in each)
    named = []
    for number, centre in enumerate(centres):
        members = np.flatnonzero(labels == number)
        if enough(voices[members]):
            near = members[np.argsort(-(vectors[members] @ centre), kind="stable")]
            expected = {word: count * len(members) / len(messages) for word, count in total.items()}
            name = _name([vocabulary[each] for each in members], voices[members], expected, names)
            named.append(Topic(name, members, tuple(map(int, near)), centre))
    return sorted((each for each in named if each.name), key=lambda each: (-len(each.members), each.name))


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


def _vocabulary(text: str) -> dict[str, str]:
    """Return the stems that say something, each with the word as it was written."""
    telling = content_stems(text)
    spellings = {stem(word): word for word in words(text) if len(word) >= SHORTEST and word.isalpha()}
    return {key: word for key, word in spellings.items() if key in telling}


def _name(
    vocabulary: Sequence[dict[str, str]], voices: NDArray[np.int32], expected: Mapping[str, float], names: set[str]
) -> str:
    """Return the words that best set this cluster apart: count times the log of how much more often than expected."""
    counts = Counter(word for each in vocabulary for word in each)
    users: dict[str, set[int]] = {}
    for each, voice in zip(vocabulary, voices.tolist(), strict=True):
        for word in each:
            users.setdefault(word, set()).add(voice)
    fitting = [
        word for word in counts if len(users[word]) >= USERS and counts[word] > expected[word] and word not in names
    ]
    ranked = sorted(fitting, key=lambda word: (-counts[word] * log(counts[word] / expected[word]), word))
    written = [Counter(each[word] for each in vocabulary if word in each) for word in ranked[:NAMES]]
    return ", ".join(min(forms, key=lambda form: (-forms[form], form)) for forms in written)
