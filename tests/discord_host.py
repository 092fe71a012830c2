"""Parley on a simulated Discord: the real client, a host that a test decides, and simcord in the place of Discord."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import simcord
from fake_discord import FakeDiscord
from fake_discord_data import TOKEN
from slack_host import COMMANDS, LedgerHost

from adapters.chat import Command
from adapters.discord import DiscordAdapter
from adapters.discord.client import Client
from adapters.discord.settings import DiscordSettings


def settings(**more: Any) -> DiscordSettings:
    return DiscordSettings(**{"token": "planted-token", "pace": 0.01, "settling": 0.05, **more})


@dataclass(frozen=True)
class Town:
    """A server with one channel and two people, and Parley in it."""

    env: Any
    guild: Any
    channel: Any
    ana: Any
    ben: Any
    client: Client
    host: LedgerHost

    @property
    def parley(self) -> str:
        return f"<@{self.client.user.id}>"


@asynccontextmanager
async def town(
    host: LedgerHost | None = None, commands: tuple[Command, ...] = COMMANDS, **more: Any
) -> AsyncIterator[Town]:
    host = host or LedgerHost()
    client = Client(host, commands, settings(**more), lambda _: None)
    async with simcord.run(client) as env:
        guild = env.create_guild("Harbour")
        channel = guild.create_text_channel("general")
        ana = guild.add_member(env.create_user("ana"))
        ben = guild.add_member(env.create_user("ben"))
        yield Town(env, guild, channel, ana, ben, client, host)


@asynccontextmanager
async def connected(
    discord: FakeDiscord, host: LedgerHost, commands: tuple[Command, ...] = COMMANDS, **more: Any
) -> AsyncIterator[asyncio.Task[None]]:
    """The adapter at work against the stand-in; yields its task."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    given = {"token": TOKEN, "base_url": discord.base_url, "gateway": discord.gateway, **more}
    adapter = DiscordAdapter(settings(**given), lambda line: ready.done() or ready.set_result(line))
    task = asyncio.create_task(adapter.run(host, commands))
    done, _ = await asyncio.wait({task, ready}, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    if task in done:
        task.result()
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        host.close()
