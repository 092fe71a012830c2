"""Several gateway connections for one bot, as many as Discord recommends: each tells of some of its servers."""

import asyncio
from typing import Any

import aiohttp
import discord

from adapters.discord.settings import DiscordSettings
from adapters.discord.wire.client import BETWEEN_IDENTIFIES, Client
from adapters.text.coerce import mapping

TIMEOUT = 15.0
SERVER_ERROR = 500


async def recommended(settings: DiscordSettings) -> int:
    """Return how many shards Discord recommends, 1 where it doesn't say.

    Raises aiohttp.ClientError, OSError or TimeoutError where Discord can't be reached.
    """
    url, headers = f"{settings.base_url.rstrip('/')}/gateway/bot", {"Authorization": f"Bot {settings.token.strip()}"}
    timeout = aiohttp.ClientTimeout(total=TIMEOUT)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url, headers=headers) as answer:
        if answer.status >= SERVER_ERROR:
            answer.raise_for_status()
        try:
            number = mapping(await answer.json(content_type=None)).get("shards")
        except ValueError:
            return 1
    return number if isinstance(number, int) and number > 1 else 1


class ShardedClient(Client, discord.AutoShardedClient):
    """A client over several connections. An absence is over when no shard is away."""

    def __init__(self, *given: Any, shards: int) -> None:
        super().__init__(*given, shard_count=shards)
        self._connection.shard_ids = range(shards)
        self._away: set[int] = set()
        self._identifying = asyncio.Lock()
        self._identified = float("-inf")

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Keep the pace that Discord asks of new sessions, of all shards together."""
        del shard_id, initial
        clock = self.settings.clock
        async with self._identifying:
            await clock.sleep(max(0.0, self._identified + BETWEEN_IDENTIFIES - clock.elapsed()))
            self._identified = clock.elapsed()

    async def on_resumed(self) -> None:
        """Do nothing: one shard goes on, and its own event says which."""

    async def on_shard_disconnect(self, shard: int) -> None:
        """A shard's connection ended, or could not be had."""
        self._away.add(shard)
        self.absence.began()

    async def on_shard_resumed(self, shard: int) -> None:
        """The shard's session goes on, and Discord tells what was missed."""
        self._away.discard(shard)
        if not self._away:
            self.absence.caught_up()

    async def on_shard_ready(self, shard: int) -> None:
        """Catch up on what happened before the shard's new session."""
        self._away.discard(shard)
        self.backfill.missed()
        await self.absence.ended(over=not self._away)
