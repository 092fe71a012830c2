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
SEED = 0


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
    from sklearn.cluster import KMeans  # noqa: PLC0415 - half a second, for those who look at topics

    clusters = KMeans(count, n_init=3, random_state=SEED).fit(vectors)
    vocabulary = [_vocabulary(message.text) for message in messages]
    names = {word for message in messages for word in map(stem, words(message.author.name))}
    total = Counter(word for each in vocabulary for word in each)
    found = []
    for number, centre in enumerate(clusters.cluster_centers_):
        members = np.flatnonzero(clusters.labels_ == number)
        if enough(voices[members]):
            near = members[np.argsort(-(vectors[members] @ centre), kind="stable")]
            expected = {word: count * len(members) / len(messages) for word, count in total.items()}
            name = _name([vocabulary[each] for each in members], voices[members], expected, names)
            found.append(Topic(name, members, tuple(map(int, near)), centre))
    return sorted((each for each in found if each.name), key=lambda each: (-len(each.members), each.name))


def _vocabulary(text: str) -> dict[str, str]:
    """Return the stems that say something, each with the word as it was written."""
    telling = content_stems(text)
    found = {stem(word): word for word in words(text) if len(word) >= SHORTEST and word.isalpha()}
    return {key: word for key, word in found.items() if key in telling}


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
