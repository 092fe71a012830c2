"""Cuts a conversation into topic blocks, and those into larger ones: a tree that barely moves when the channel grows.

A gap between two neighbours is strong where time passes, where the embeddings drift, and where no reply reaches over
it. It ends a block where it is the strongest for a number of messages on both sides, and a larger block where it is so
for four times as many. So a boundary depends on its surroundings alone: what is appended changes the last blocks, what
is edited or deleted those around it. Knows no model and no store.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message
from bot.discussions.graph import Indices, ReplyGraph

Floats = NDArray[np.floating]

RADIUS, FACTOR, LEVELS = 12, 4, 5  # messages on each side of a boundary, times so much a level: 12, 48, 192, 768, 3072
MOST = 60  # messages of a block; one without a boundary is cut at its strongest gaps
AROUND = 5  # messages on each side whose vectors are compared
LONG = 480.0  # minutes of silence that end any topic
TOGETHER, LINKED = 0.3, 0.5  # what is left of a gap inside a thread, and of one that a reply reaches over
REACH = RADIUS  # messages that a reply may reach over


@dataclass(frozen=True, slots=True)
class Block:
    """Messages in the order they are read, threads kept together; and the smaller blocks they are made of."""

    messages: tuple[Message, ...]
    parts: tuple["Block", ...] = ()

    def leaves(self) -> Iterator["Block"]:
        """Yield the smallest blocks, in their order."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


def in_blocks(messages: Sequence[Message], vectors: Floats) -> Block:
    """Return the tree over the messages, oldest first; `vectors` has a row for each, zeros where there is none."""
    order = reading_order(messages)
    ordered = [messages[place] for place in order]
    strengths = gaps(ordered, vectors[order], _answered(messages, order))
    return _grown(ordered, strengths, peaks(strengths), 0, len(ordered))


def reading_order(messages: Sequence[Message]) -> list[int]:
    """Return the places of the messages, each thread's replies right after its first message."""
    first: dict[str, int] = {}
    for place, message in enumerate(messages):
        first.setdefault(message.place.thread or message.id, place)
    return sorted(range(len(messages)), key=lambda place: (first[_thread(messages[place])], place))


def _thread(message: Message) -> str:
    return message.place.thread or message.id


def _answered(messages: Sequence[Message], order: Sequence[int]) -> Indices:
    """Return for each message of the reading order the place there of the one it answers, -1 for none."""
    before = ReplyGraph.of(messages).before[order]
    places = np.argsort(order)
    return np.where(before >= 0, places[before], -1)


def gaps(told: Sequence[Message], vectors: Floats, answered: Indices) -> Floats:
    """Return how strong the gap before each message is, shape (n,), the first one's 0.

    `answered` is the place of what each answers, -1 for none.
    """
    if len(told) < 2:  # noqa: PLR2004 - no gap
        return np.zeros(len(told))
    silence = np.log1p(np.minimum(_minutes(told), LONG)) / np.log1p(LONG)
    strengths = (silence + _drift(vectors)) / 2
    same = np.array([False, *(_thread(one) == _thread(next_) for one, next_ in pairwise(told))])
    strengths[same] *= TOGETHER
    for start, end in _links(answered):
        strengths[start + 1 : end + 1] *= LINKED
    strengths[0] = 0
    return np.asarray(strengths)


def _minutes(told: Sequence[Message]) -> Floats:
    """Return the time before each message: since the one before in its thread, else between where threads begin."""
    sent = np.array([message.sent_at.timestamp() for message in told])
    threads = [_thread(message) for message in told]
    began = sent.copy()
    for place in range(1, len(told)):
        if threads[place] == threads[place - 1]:
            began[place] = began[place - 1]
    inside = np.array([False, *(one == next_ for one, next_ in pairwise(threads))])
    passed = np.where(inside, np.diff(sent, prepend=sent[0]), np.diff(began, prepend=began[0]))
    return np.asarray(np.maximum(passed, 0) / 60)


def _drift(vectors: Floats) -> Floats:
    """Return how much the mean of the next few vectors differs from that of the last few, 0 to 1. Shape (n,)."""
    sums = np.concatenate([np.zeros((1, vectors.shape[1])), np.cumsum(vectors, axis=0, dtype=np.float64)])
    places = np.arange(len(vectors))
    before = sums[places] - sums[np.maximum(places - AROUND, 0)]
    after = sums[np.minimum(places + AROUND, len(vectors))] - sums[places]
    lengths = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    cosines = np.einsum("ij,ij->i", before, after) / np.maximum(lengths, 1e-9)
    return np.where(lengths > 0, np.clip(1 - cosines, 0, 1), 0)


def _links(answered: Indices) -> Iterator[tuple[int, int]]:
    """Yield the places of each answered message and its answer, where they are near enough to hold a block together."""
    for place, earlier in enumerate(answered.tolist()):
        if 0 <= earlier < place <= earlier + REACH:
            yield earlier, place


def peaks(strengths: Floats) -> list[list[int]]:
    """Return the places that end a block, level by level, the smallest first.

    Every level's are among those below it.
    """
    settled = range(RADIUS // 2, len(strengths) - RADIUS // 2)
    levels = [[place for place in settled if _is_peak(strengths, place, RADIUS)]]
    for level in range(1, LEVELS):
        levels.append([place for place in levels[-1] if _is_peak(strengths, place, RADIUS * FACTOR**level)])
    return levels


def _is_peak(strengths: Floats, place: int, radius: int) -> bool:
    """Return whether the gap is the strongest within the radius; of equals the first is."""
    start = max(place - radius, 0)
    return strengths[place] > 0 and int(strengths[start : place + radius + 1].argmax()) == place - start


def _grown(told: Sequence[Message], strengths: Floats, levels: Sequence[Sequence[int]], start: int, end: int) -> Block:
    """Return the block of told[start:end], with its parts down to the smallest."""
    if not levels:
        cuts = _split(strengths, start, end)
        parts = tuple(Block(tuple(told[a:b])) for a, b in pairwise(cuts)) if len(cuts) > 2 else ()  # noqa: PLR2004
        return Block(tuple(told[start:end]), parts)
    *below, places = levels
    cuts = [start, *(place for place in places if start < place < end), end]
    grown = tuple(_grown(told, strengths, below, a, b) for a, b in pairwise(cuts))
    return grown[0] if len(grown) == 1 else Block(tuple(told[start:end]), grown)


def _split(strengths: Floats, start: int, end: int) -> list[int]:
    """Return the cuts of a block that is too long, at its strongest gaps; its two ends included."""
    if end - start <= MOST:
        return [start, end]
    first = start + RADIUS // 2
    best = first + int(strengths[first : end - RADIUS // 2].argmax())
    return [*_split(strengths, start, best), *_split(strengths, best, end)[1:]]
