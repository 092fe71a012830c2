"""Makes the vectors that messages lack, and replaces those of another embedder, in the background while Parley serves.

The newest messages go first; new ones, edited ones and what an import brought are found within seconds. What people
wait for goes before, in the core and in the history: until its turn comes, a message is found by its words.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from adapters.chat import ignore
from bot.errors import ParleyError
from bot.history.derived import vectors
from bot.history.index import blocks
from bot.history.index.blocks import SIZE
from bot.retrieval.embeddings import key, texts_of
from bot.services import Services
from nlp.errors import CoreError
from nlp.jobs import Priority

log = logging.getLogger(__name__)
AT_ONCE = 64  # messages between two writes
LOOK = 5.0  # seconds between two looks for messages that lack a vector
PAUSE = 600.0  # seconds before another try after a failure


async def renew_vectors(services: Services, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Run until cancelled. What fails, such as while another process writes, is tried again later."""
    if not services.core.bound("embed"):
        return
    while True:
        pause = LOOK
        try:
            await renew_all(services)
        except (CoreError, ParleyError) as error:
            log.warning("vectors: %s", type(error).__name__)
            pause = PAUSE
        await sleep(pause)


async def renew_all(services: Services, on_done: Callable[[int], None] = ignore) -> int:
    """Make every vector of the bound embedder that is lacking, and seal their codes; return how many were made.

    `on_done` gets how many are made so far. Raises CoreError and ParleyError.
    """
    model, made = key(services.core), 0
    for block in await services.history.read(blocks.unsealed, model):
        keys = await services.history.read(vectors.lacking, model, block * SIZE, (block + 1) * SIZE)
        for start in range(0, len(keys), AT_ONCE):
            made += await renew(services, model, keys[start : start + AT_ONCE])
            on_done(made)
        if await services.history.read(blocks.is_full, block):
            await services.history.write(blocks.seal, model, block)
    if made:
        log.info("vectors: %d messages were read", made)
    return made


async def renew(services: Services, model: str, keys: Sequence[int]) -> int:
    """Make the vectors of the messages with these keys, in the place of others' vectors; return how many."""
    messages = await services.history.run(lambda history: history.messages_by_key(keys))
    rows = await services.core.embed(texts_of(messages), priority=Priority.BULK)
    pairs = list(zip(messages, rows, strict=True))
    await services.history.write(vectors.renew, model, keys, pairs)
    return len(messages)
