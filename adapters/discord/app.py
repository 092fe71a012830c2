"""The Discord adapter: logs in and keeps the gateway until cancelled."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar

import discord
from discord.http import Route

from adapters.chat import Access, Command, Companion, Fetch, Host, Place, Posting, Relayed, ignore
from adapters.discord.access import DiscordAccess
from adapters.discord.postings import accompany, is_there, post_unasked, withdraw
from adapters.discord.settings import DiscordSettings
from adapters.discord.wire.client import BETWEEN_IDENTIFIES, Client
from adapters.discord.wire.gateway import TOKEN_REFUSED, Gateway, pause
from adapters.discord.wire.shards import ShardedClient, recommended
from adapters.errors import Elsewhere, ServiceStopped, Unreachable, first_of
from adapters.platform.signals import OnSignal

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DiscordAdapter:
    """Discord as a chat service. `ready` gets one line when requests are being served."""

    name: ClassVar[str] = "discord"

    settings: DiscordSettings
    ready: Callable[[str], None] = ignore
    notice: OnSignal = ignore
    _connected: dict[str, Client] = field(default_factory=dict)

    async def post(self, posting: Posting) -> None:
        """Say something unasked, once. Raises Unreachable and Unwelcome."""
        await post_unasked(self._client(), posting, self.settings)

    async def accompany(self, companion: Companion) -> str:
        """Return what Discord calls the companion, which stands there now. Raises Unreachable and Unwelcome."""
        return await accompany(self._client(), companion, self.settings)

    async def withdraw(self, companion: Companion) -> None:
        """Take back what stands beside a message. Raises Unreachable and Unwelcome."""
        await withdraw(self._client(), companion, self.settings)

    async def relay(self, relayed: Relayed) -> str:
        """Return what Discord calls what somebody said elsewhere, which stands there now. Raises as `post` does."""
        return await self._client().relays.relay(relayed)

    async def unrelay(self, relayed: Relayed) -> None:
        """Take back what somebody said elsewhere. Raises Unreachable and Unwelcome."""
        await self._client().relays.unrelay(relayed)

    def reader_of(self, place: Place) -> Fetch:
        """Return a reader of that channel. Raises Unreachable, and Elsewhere for another server."""
        client = self._client()
        if not is_there(client, place):
            raise Elsewhere("I am not in that server.")
        return client.service.elsewhere(place)

    def _client(self) -> Client:
        """Return the client. Raises Unreachable."""
        if (client := self._connected.get(self.name)) is None:
            raise Unreachable("Discord isn't connected.")
        return client

    def access_for(self, person: str, place: Place) -> Access:
        """Return what Discord says of that person. Raises Unreachable, and Elsewhere for another server."""
        if (client := self._connected.get(self.name)) is None or not client.is_ready():
            raise Unreachable("Discord isn't connected.")
        if not is_there(client, place):
            raise Elsewhere("I am not in that server.")
        return DiscordAccess(client, int(person), content=self.settings.message_content)

    async def run(self, host: Host, commands: tuple[Command, ...]) -> None:
        """Serve until cancelled. Raises ServiceStopped where the token is missing or wrong, or an intent is."""
        if not self.settings.token.strip():
            raise ServiceStopped(
                "Discord's bot token is missing.",
                "Set PARLEY_DISCORD__TOKEN; `parley docs discord` says where Discord shows it.",
            )
        logging.getLogger("discord").setLevel(logging.WARNING)  # below, the library writes people's words
        with api_at(self.settings.base_url):
            client = await self._login(host, commands)
            self._connected[self.name] = client
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(client.backfill.run())
                    tasks.create_task(client.recovery.run())
                    for shard in range(client.shard_count) if client.shard_count else (None,):
                        tasks.create_task(self._serve(client, shard))
            except ExceptionGroup as group:
                raise first_of(group) from None
            finally:
                self._connected.clear()
                await client.close()

    async def _serve(self, client: Client, shard: int | None) -> None:
        """Keep one connection, begun after those of the shards before it."""
        await self.settings.clock.sleep((shard or 0) * BETWEEN_IDENTIFIES)
        await Gateway(client, self.settings, self.notice, shard).run()

    async def _login(self, host: Host, commands: tuple[Command, ...]) -> Client:
        """Return a client that Discord knows, however long it takes to reach it."""
        attempt = 0
        while True:
            try:
                return await self._try_login(host, commands)
            except discord.LoginFailure:
                raise ServiceStopped(*TOKEN_REFUSED) from None
            except Exception as error:  # noqa: BLE001 - whatever an outage answers, it must not end the adapter
                log.warning("Discord can't be reached: %s", type(error).__name__)
            attempt += 1
            await self.settings.clock.sleep(pause(attempt))

    async def _try_login(self, host: Host, commands: tuple[Command, ...]) -> Client:
        shards = await recommended(self.settings)
        given = (host, commands, self.settings, self.ready, self.notice)
        client = ShardedClient(*given, shards=shards) if shards > 1 else Client(*given)
        try:
            await client.login(self.settings.token)
        except BaseException:
            await client.close()
            raise
        return client


@contextmanager
def api_at(base_url: str) -> Iterator[None]:
    """Send discord.py's calls there; the library has one address for the whole process."""
    before, Route.BASE = Route.BASE, base_url.rstrip("/")
    try:
        yield
    finally:
        Route.BASE = before
