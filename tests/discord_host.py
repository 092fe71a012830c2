"""Parley on a simulated Discord, or on the stand-in: the real client, and a host that a test decides."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import discord
import simcord
from fake_discord import FakeDiscord
from fake_discord_data import TOKEN
from slack_host import COMMANDS, LedgerHost

from adapters.chat import Command, Reply, Request
from adapters.clock import Clock
from adapters.discord.app import DiscordAdapter
from adapters.discord.settings import DiscordSettings
from adapters.discord.wire.client import Client

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
QUICK = {"show_after": 0.05, "show_every": 0.02, "settling": 0.05}


def settings(**more: Any) -> DiscordSettings:
    return DiscordSettings(**{"token": TOKEN, **QUICK, **more})


def saying(reply: Reply) -> LedgerHost:
    async def answer(_: Request) -> Reply:
        return reply

    return LedgerHost(answer=answer)


@dataclass
class Town:
    """A server with one channel and two people, and Parley in it."""

    env: Any
    guild: Any
    channel: Any
    ana: Any
    ben: Any
    client: Client
    host: LedgerHost
    commands: tuple[Command, ...]
    given: dict[str, Any]

    @property
    def parley(self) -> str:
        return f"<@{self.client.user.id}>"

    @property
    def synced(self) -> dict[str, Any]:
        """The commands that Discord was told of, by name."""
        (told,) = [entry.json for entry in self.env.http_requests if entry.method == "PUT" and "commands" in entry.path]
        return {command["name"]: command for command in told}

    async def thread(self, name: str) -> Any:
        """A thread that Ana's friend made, with Parley in the channel."""
        thread = await self.client.get_channel(self.channel.id).create_thread(
            name=name, type=discord.ChannelType.public_thread
        )
        self.env.backend.get_channel(thread.id).owner_id = self.ben.id
        self.client.get_channel(thread.id).owner_id = self.ben.id
        return next(one for one in self.channel.threads if one.id == thread.id)

    async def restart(self) -> None:
        self.client = Client(self.host, self.commands, settings(**self.given), lambda _: None)
        await self.env.restart_bot(self.client)


@dataclass
class Virtual:
    """The simulation's time as Parley's, which passes only when a test lets it."""

    env: Any = None

    def clock(self) -> Clock:
        return Clock(now=lambda: self.env.now() if self.env else NOW, elapsed=self.elapsed, sleep=self.sleep)

    def elapsed(self) -> float:
        return (self.env.now() - NOW).total_seconds() if self.env else 0.0

    async def sleep(self, seconds: float) -> None:
        await self.env.external_wait(asyncio.sleep(seconds), reason="time passes")


@asynccontextmanager
async def slow_town(answer: Callable[[Request, Virtual], Awaitable[Reply]], **more: Any) -> AsyncIterator[Town]:
    """A town whose host takes its time."""
    time = Virtual()
    host = LedgerHost(answer=lambda request: answer(request, time))
    async with town(host, **{"clock": time.clock(), "show_after": 1.5, "show_every": 1.0, **more}) as t:
        time.env = t.env
        yield t


@asynccontextmanager
async def town(
    host: LedgerHost | None = None,
    commands: tuple[Command, ...] = COMMANDS,
    simulation: dict[str, Any] | None = None,
    **more: Any,
) -> AsyncIterator[Town]:
    host = host or LedgerHost()
    host.commands = commands
    client = Client(host, commands, settings(**more), lambda _: None)
    async with simcord.run(client, **(simulation or {})) as env:
        guild = env.create_guild("Harbour")
        channel = guild.create_text_channel("general")
        ana = guild.add_member(env.create_user("ana"))
        ben = guild.add_member(env.create_user("ben"))
        yield Town(env, guild, channel, ana, ben, client, host, commands, more)


@asynccontextmanager
async def connected(
    fake: FakeDiscord, host: LedgerHost, commands: tuple[Command, ...] = COMMANDS, **more: Any
) -> AsyncIterator[asyncio.Task[None]]:
    """The adapter at work against the stand-in; yields its task."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    given = {"token": TOKEN, "base_url": fake.base_url, "gateway": fake.gateway, **more}
    adapter = DiscordAdapter(settings(**given), lambda line: ready.done() or ready.set_result(line))
    host.commands = commands
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
