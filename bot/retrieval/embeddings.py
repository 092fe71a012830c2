"""The vectors of messages: read from the history where they are kept, made by the core where not, and then kept.

They are made in the background (`bot/runtime/renewal.py`). What lacks one when it is needed gets it then, at most
`most` in one call, so that a first look at a long channel takes bounded time and every look leaves less for the next.
"""

import asyncio
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message
from bot.errors import NOT_NOW
from bot.history import History, Scope
from bot.history.derived import vectors
from bot.services import Services
from nlp.core import Core

MOST = 2_000  # about ten seconds on two cores
TOGETHER = 1_000  # vectors that are read from the history at a time


async def message_vectors(
    messages: Sequence[Message],
    scope: Scope,
    services: Services,
    *,
    most: int = MOST,
    worth: Callable[[Message], int] = lambda _: 0,
    on_done: Callable[[int, int], None] = lambda _done, _total: None,
) -> NDArray[np.float32]:
    """Return a unit row for each message, zeros for one that has no vector yet. Shape (n, dimensions).

    `scope` holds the messages' channels. Where more than `most` are lacking, those of the greatest `worth` are made, of
    equals the newest. `on_done` gets how many of how many vectors are made. Raises
    ModelUnavailable.
    """
    model = key(services.core)
    rows, known = await services.history.run(lambda history: _kept(history, scope, messages, model))
    lacking = [place for place, message in enumerate(messages) if place not in known and message.text.strip()]
    if len(lacking) > most:
        lacking = await asyncio.to_thread(_worthiest, lacking, messages, worth, most)
    if not lacking:
        return rows
    without = [messages[place] for place in lacking]
    texts = texts_of(without)
    computed = np.asarray(await services.core.embed(texts, on_done=lambda done: on_done(done, len(texts))))
    with suppress(*NOT_NOW):  # a later look makes them again; nobody waits for a cache
        pairs = list(zip(without, computed, strict=True))
        await services.history.write(vectors.keep, model, pairs)
    if not known:
        rows = np.zeros((len(messages), computed.shape[1]), dtype=np.float32)
    rows[lacking] = computed
    # As stored, so that the next look at the same messages sees the same vectors.
    stored, again = await services.history.run(lambda history: _kept(history, scope, without, model))
    for place in again:
        rows[lacking[place]] = stored[place]
    return rows


def _worthiest(
    places: Sequence[int], messages: Sequence[Message], worth: Callable[[Message], int], most: int
) -> list[int]:
    """Return the places of the messages of the greatest worth, of equals the newest, in their order."""
    return sorted(sorted(places, key=lambda place: (-worth(messages[place]), -place))[:most])


def key(core: Core) -> str:
    """Return under what name the vectors of the bound embedder are kept. Raises ModelUnavailable."""
    return core.measured("embed").keys[0]  # embedders compute in one arithmetic, which the key names


def texts_of(messages: Sequence[Message]) -> list[str]:
    """Return what is embedded of each message."""
    return [message.text for message in messages]


def _kept(
    history: History, scope: Scope, messages: Sequence[Message], model: str
) -> tuple[NDArray[np.float32], AbstractSet[int]]:
    """Return a row for each message, and the places of those that are stored; a column of zeros where none is."""
    rows = np.zeros((len(messages), 1), dtype=np.float32)
    known: set[int] = set()
    for start in range(0, len(messages), TOGETHER):  # all of them at once would take twice the memory
        some = messages[start : start + TOGETHER]
        ids = [each.id for each in some]
        stored = {
            (each.platform, each.workspace, *identity): vector
            for each in scope.workspaces
            for identity, vector in history.vectors(each, ids, model).items()
        }
        for place, message in enumerate(some, start):
            where = message.place
            if (vector := stored.get((where.platform, where.workspace, where.channel, message.id))) is not None:
                if not known:
                    rows = np.zeros((len(messages), len(vector)), dtype=np.float32)
                rows[place] = vector
                known.add(place)
    return rows, known
