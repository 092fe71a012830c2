"""The vectors of messages: read from the history where they are kept, made by the core where not, and then kept.

At most `most` are made in one call, for the newest messages that lack one, so that a first look at a long channel takes
bounded time and every look leaves less for the next.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message
from bot.errors import NOT_NOW
from bot.history import History, Scope, vectors
from bot.services import Services

MOST = 2_000  # about ten seconds on two cores


async def message_vectors(
    messages: Sequence[Message],
    scope: Scope,
    services: Services,
    *,
    most: int = MOST,
    on_done: Callable[[int, int], None] = lambda _done, _total: None,
) -> NDArray[np.float32]:
    """Return a unit row for each message, zeros for one that has no vector yet. Shape (n, dimensions).

    `scope` holds the messages' one channel. `on_done` gets how many of how many vectors are made. Raises
    ModelUnavailable.
    """
    model = services.core.measured("embed").keys[0]  # embedders compute in one arithmetic, which the key names
    kept = await services.history.run(lambda history: _kept(history, scope, messages, model))
    lacking = [message for message in messages if message.id not in kept and message.text.strip()][-most:]
    if lacking:
        texts = [message.text for message in lacking]
        made = await services.core.embed(texts, on_done=lambda done: on_done(done, len(texts)))
        pairs = list(zip(lacking, made, strict=True))
        with suppress(*NOT_NOW):  # a later look makes them again; nobody waits for a cache
            await services.history.write(vectors.keep, model, pairs)
        kept |= {message.id: vector for message, vector in pairs}
        # As stored, so that the next look at the same messages sees the same vectors.
        kept |= await services.history.run(lambda history: _kept(history, scope, lacking, model))
    return _rows(messages, kept)


def _kept(history: History, scope: Scope, messages: Sequence[Message], model: str) -> dict[str, NDArray[np.float32]]:
    found = history.vectors(scope, [message.id for message in messages], model)
    return {id_: vector for (_, id_), vector in found.items()}


def _rows(messages: Sequence[Message], vectors: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    width = len(next(iter(vectors.values()))) if vectors else 1
    rows = np.zeros((len(messages), width), dtype=np.float32)
    for row, message in zip(rows, messages, strict=True):
        if message.id in vectors:
            row[:] = vectors[message.id]
    return rows
