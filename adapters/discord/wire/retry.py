"""Calls that are tried again: server errors and broken connections pass, and nobody needs to know of them.

discord.py waits out rate limits and some server errors itself; not 503, and not connections that are cut on Linux.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp
import discord

from adapters.discord.settings import DiscordSettings

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")

UNTAKEN = (discord.DiscordServerError, aiohttp.ClientConnectorError)
PASSING = (*UNTAKEN, aiohttp.ClientConnectionError, ConnectionError, TimeoutError)
LOST = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError)
LONGEST_PAUSE = 30.0


async def patiently(
    call: Callable[[], Awaitable[Answer]], settings: DiscordSettings, *, again: tuple[type[Exception], ...] = PASSING
) -> Answer:
    """Return the call's answer, after as many tries as the settings allow. Raises one of LOST.

    A call must do no harm when it is made twice: edits don't, and messages carry a nonce. One that would is tried again
    only after UNTAKEN errors, which say that Discord did nothing.
    """
    for attempt in range(settings.patience):
        try:
            return await call()
        except again as error:
            log.info("Discord didn't answer, try %d: %s", attempt + 1, type(error).__name__)
            await settings.clock.sleep(backoff(attempt))
    return await call()


def backoff(attempt: int) -> float:
    """Return seconds before the next try: 0.5, 1, 2 … 30."""
    return float(min(0.5 * 2 ** min(attempt, 16), LONGEST_PAUSE))
