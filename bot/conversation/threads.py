"""The turns of a conversation: which message follows which, and which ones ask. Pure; knows no store and no model."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message

Indices = NDArray[np.intp]

CLOSERS = " \"')]*_~`»”"  # what may follow a question mark at the end of a question


def neighbours(messages: Sequence[Message]) -> tuple[Indices, Indices]:
    """For each message the one it follows and the first that follows it, as indices, -1 for none. Shapes (n,).

    A message follows what it replies to, else the one before it in its thread or, outside threads, in the channel.
    """
    places = {message.id: index for index, message in enumerate(messages)}
    before, after = np.full(len(messages), -1, dtype=np.intp), np.full(len(messages), -1, dtype=np.intp)
    last: dict[str | None, int] = {}
    for index, message in enumerate(messages):
        thread = message.place.thread
        earlier = places.get(message.reply_to or "", last.get(thread, places.get(thread or "", -1)))
        before[index] = earlier if earlier < index else -1
        last[thread] = index
    for index in range(len(messages) - 1, -1, -1):
        if before[index] >= 0:
            after[before[index]] = index
    return before, after


def is_question(text: str) -> bool:
    """Whether the text ends as a question does."""
    return text.rstrip(CLOSERS).endswith(("?", "？", "؟"))  # noqa: RUF001 - question marks of other scripts
