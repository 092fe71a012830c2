"""The sentences of a conversation that stand for it: which messages are compared, and how many points of each kind.

`nlp/text/extractive.py` chooses among them. Knows no model: vectors come from whoever asks.
"""

from collections.abc import Mapping, Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message
from bot.summaries.points import Parts, Point, points
from nlp.text.dialogue_acts import Kind
from nlp.text.extractive import Passages, choose, shortlist
from nlp.text.questions import is_question

READ = 20_000  # messages looked at, the newest
COMPARED = 2_000  # of them compared by meaning, about ten seconds of work the first time
ALWAYS = 200  # the newest messages, compared whatever they say
FEWEST, MOST, MOST_WORDS = 3, 10, 150  # points of a summary, and all their words together
MESSAGES_A_POINT = 5
SHARES: dict[Kind, float] = {"decision": 0.4, "action": 0.2, "open question": 0.3, "cause": 0.2, "fix": 0.2}


def comparable(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Return the messages worth comparing by meaning: all, or of a long window those that say most, and the newest."""
    newest = messages[-READ:]
    if len(newest) <= COMPARED:
        return tuple(newest)
    earlier = newest[:-ALWAYS]
    kept = shortlist([message.text for message in earlier], COMPARED - ALWAYS)
    return (*(earlier[index] for index in kept), *newest[-ALWAYS:])


def settled(parts: Parts, vectors: NDArray[np.float32], wanted: int | None = None) -> tuple[Point, ...]:
    """Return the points that say what they do: decisions, tasks, causes, fixes, and what somebody calls open.

    `vectors` has a row for each message, shape (n, dimensions). The weightiest of each kind, as many as its share;
    `wanted` is how many at most; without it the length of the conversation decides.
    """
    found = [point for point in points(parts) if point.kind and not is_question(point.text)]
    most = wanted or min(max(len(parts.graph.messages) // MESSAGES_A_POINT, FEWEST), MOST)
    rows = {message.id: row for message, row in zip(parts.graph.messages, vectors, strict=True)}
    chosen = [each for kind, share in SHARES.items() for each in _best(found, kind, ceil(share * most), rows)]
    if wanted:
        chosen = sorted(chosen, key=lambda point: -point.prior)[:wanted]
    return tuple(chosen)


def _best(found: Sequence[Point], kind: Kind | None, most: int, rows: Mapping[str, NDArray[np.float32]]) -> list[Point]:
    """Return at most `most` points that do this, those that say the most."""
    candidates = [point for point in found if point.kind == kind]
    if not candidates:
        return []
    passages = Passages(
        [point.text for point in candidates],
        np.stack([rows[point.message.id] for point in candidates]),
        [point.message.author.id for point in candidates],
        np.array([point.prior for point in candidates]),
    )
    return [candidates[index] for index in choose(passages, most, MOST_WORDS)]
