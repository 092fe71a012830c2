"""Packs the lines of a conversation into windows that a model can read, by the model's own count of tokens.

Counts come from `Core.lengths`. Lines are never split here and keep their order; knows nothing of what they say.
"""

from collections.abc import Sequence


def pack(lengths: Sequence[int], room: int, overlap: int = 0) -> list[range]:
    """Consecutive windows over lines of `lengths` tokens, each of at most `room` tokens.

    Neighbouring windows share up to `overlap` tokens of whole lines. A line longer than `room` stands alone.
    Every line is in some window; no lines give no windows.
    """
    windows: list[range] = []
    start = held = 0
    for line, length in enumerate(lengths):
        if held and held + length > room:
            windows.append(range(start, line))
            start = shared(lengths, line, start, min(overlap, room - length))
            held = sum(lengths[start:line])
        held += length
    return [*windows, range(start, len(lengths))] if lengths else []


def shared(lengths: Sequence[int], end: int, start: int, most: int) -> int:
    """The first of the lines before `end`, after `start`, that together have at most `most` tokens."""
    first = end
    while first - 1 > start and sum(lengths[first - 1 : end]) <= most:
        first -= 1
    return first
