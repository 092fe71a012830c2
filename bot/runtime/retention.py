"""Erases what channels keep no longer: when Parley starts, and every day after."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from adapters.chat import ignore
from bot.errors import ParleyError
from bot.history import Cleared
from bot.services import Services

log = logging.getLogger(__name__)
DAY = 86_400.0


async def keep_retention(
    services: Services,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    on_run: Callable[[Cleared], None] = ignore,
) -> None:
    """Run until cancelled. What can't be erased today, such as while another process writes, is tomorrow."""
    while True:
        try:
            cleared = await services.history.run(lambda store: store.retain(services.now(), services.days))
            on_run(cleared)
            log.info("retention: %d messages erased", cleared.messages)
        except ParleyError as error:
            log.warning("retention: %s", type(error).__name__)
        await sleep(DAY)
