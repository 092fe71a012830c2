"""Replaces the vectors of another embedder in the background, the newest messages first, once Parley serves.

Until a message's turn comes, a request for it makes its vector at once (`bot/retrieval/embeddings.py`); what people
wait for goes first, in the core and in the history.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bot.errors import ParleyError
from bot.history import vectors
from bot.retrieval.embeddings import key, texts_of
from bot.services import Services
from nlp.errors import CoreError
from nlp.jobs import Priority

log = logging.getLogger(__name__)
AT_ONCE = 64  # messages between two writes
PAUSE = 600.0  # seconds before another try


async def renew_vectors(services: Services, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Run until all are replaced. What fails, such as while another process writes, is tried again later."""
    if not services.core.bound("embed"):
        return None
    while True:
        try:
            return await renew_all(services)
        except (CoreError, ParleyError) as error:
            log.warning("vectors: %s", type(error).__name__)
        await sleep(PAUSE)


async def renew_all(services: Services) -> None:
    """Replace every vector of another embedder by one of the bound embedder. Raises CoreError and ParleyError."""
    model = key(services.core)
    outdated = await services.history.run(lambda history: history.outdated_vectors(model))
    for start in range(0, len(outdated), AT_ONCE):
        await renew(services, model, outdated[start : start + AT_ONCE])
    if outdated:
        log.info("vectors: those of %d messages are renewed", len(outdated))


async def renew(services: Services, model: str, keys: Sequence[int]) -> None:
    """Replace the vectors of the messages with these keys."""
    messages = await services.history.run(lambda history: history.messages_by_key(keys))
    rows = await services.core.embed(texts_of(messages), priority=Priority.BACKGROUND)
    pairs = list(zip(messages, rows, strict=True))
    await services.history.write(vectors.renew, model, keys, pairs)
