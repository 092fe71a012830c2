"""The whole of Parley for tests of channels that translate themselves: assistant, interpreter and packaged models."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from discord_host import settings as discord_settings
from fake_discord import FakeDiscord
from fake_slack import FakeSlack
from fake_slack_api import ME
from slack_host import settings

from adapters.discord.app import DiscordAdapter
from adapters.slack.app import SlackAdapter
from bot.assistant import Assistant
from bot.bridges.relay import Relay
from bot.history import HistoryThread
from bot.intents import commands
from bot.services import Services
from bot.translations.interpreter import Interpreter
from nlp.core import Core

SOME_TIME = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)  # when the stand-in's messages are sent
ADMIN = "U1"
SOON = 90  # seconds, on a busy machine


@dataclass
class House:
    """One process of Parley: what serves, and what translates."""

    assistant: Assistant
    interpreter: Interpreter
    relay: Relay

    async def told(self, question: Callable[..., Any], *given: Any) -> Any:
        return await self.assistant.services.history.read(question, *given)


@asynccontextmanager
async def house(
    core: Core, voices: Mapping[str, Any], path: Path | None = None, now: Callable[[], datetime] = lambda: SOME_TIME
) -> AsyncIterator[House]:
    async with HistoryThread(path) as history:
        services = Services(core, history, now, ZoneInfo("UTC"), admins=(ADMIN,))
        assistant = Assistant(services)
        interpreter = Interpreter(services, voices, settle=0.05)
        relay = Relay(services, voices, sleep=lambda seconds: asyncio.sleep(min(seconds, 0.2)))
        assistant.on_observed = (interpreter.heard, relay.heard)
        tasks = [asyncio.create_task(each.run()) for each in (interpreter, relay)]
        try:
            yield House(assistant, interpreter, relay)
        finally:
            for task in tasks:
                await stopped(task)


async def stopped(task: "asyncio.Task[Any]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@dataclass
class Harbour:
    """A workspace on the stand-in with one channel of Ana, Ben and Parley, and Parley at work in it."""

    slack: FakeSlack
    house: House

    async def say(self, text: str, user: str = "U1", **more: Any) -> str:
        """Say something in a channel, and return its timestamp."""
        channel = more.pop("channel", "C1")
        ts = more.pop("ts", None) or self.slack.ts()
        said = {"user": user, "ts": ts, "text": text, **more}
        if not any(each["ts"] == ts for each in self.slack.messages[channel]):
            self.slack.keep(channel, said)
        await self.slack.event({"type": "message", "channel": channel, "channel_type": "channel", **said})
        return ts

    async def edit(self, ts: str, text: str, user: str = "U1", channel: str = "C1") -> None:
        kept = next(each for each in self.slack.messages[channel] if each["ts"] == ts)
        kept |= {"text": text, "edited": {"user": user, "ts": self.slack.ts()}}
        changed = {"subtype": "message_changed", "message": {**kept, "type": "message"}, "ts": self.slack.ts()}
        await self.slack.event({"type": "message", "channel": channel, "channel_type": "channel", **changed})

    async def delete(self, ts: str, channel: str = "C1") -> None:
        self.slack.messages[channel] = [each for each in self.slack.messages[channel] if each["ts"] != ts]
        gone = {"subtype": "message_deleted", "deleted_ts": ts, "ts": self.slack.ts()}
        await self.slack.event({"type": "message", "channel": channel, "channel_type": "channel", **gone})

    def own(self) -> list[dict[str, Any]]:
        """What Parley says in threads now."""
        return [each for each in self.slack.messages["C1"] if each["user"] == ME and each.get("thread_ts")]

    def texts(self) -> list[str]:
        return [each["text"] for each in self.own()]

    async def translated(self, count: int = 1) -> list[str]:
        await self.slack.until(lambda: len(self.own()) >= count, SOON)
        return self.texts()

    async def command(self, name: str, text: str, **more: str) -> dict[str, Any]:
        """Return what a slash command is answered: for everyone, or for its asker."""
        before = len(self.slack.responses), len(self.slack.called("chat.postMessage"))
        await self.slack.command(name, text, **more)
        await self.slack.until(
            lambda: (len(self.slack.responses), len(self.slack.called("chat.postMessage"))) > before, SOON
        )
        new = self.slack.responses[before[0] :] or self.slack.called("chat.postMessage")[before[1] :]
        return new[-1]


@asynccontextmanager
async def harbour(
    core: Core,
    path: Path | None = None,
    slack: FakeSlack | None = None,
    now: Callable[[], datetime] = lambda: SOME_TIME,
    **more: Any,
) -> AsyncIterator[Harbour]:
    if slack is None:
        async with FakeSlack() as fresh:
            fresh.add_user("U1", "ana")
            fresh.add_user("U2", "ben")
            fresh.add_channel("C1", "general", ("U1", "U2", ME))
            async with harbour(core, path, fresh, now, **more) as there:
                yield there
        return
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    adapter = SlackAdapter(settings(slack, **more), lambda line: ready.done() or ready.set_result(line))
    async with house(core, {"slack": adapter}, path, now) as inside:
        task = asyncio.create_task(adapter.run(inside.assistant, commands()))
        await asyncio.wait_for(ready, 10)
        try:
            yield Harbour(slack, inside)
        finally:
            await stopped(task)


@asynccontextmanager
async def guild(core: Core, fake: FakeDiscord, path: Path | None = None, **more: Any) -> AsyncIterator[House]:
    """Parley at work in the server of the stand-in, whose owner is Ana."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    given = {"base_url": fake.base_url, "gateway": fake.gateway, **more}
    adapter = DiscordAdapter(discord_settings(**given), lambda line: ready.done() or ready.set_result(line))
    async with house(core, {"discord": adapter}, path, lambda: fake.ids.now) as inside:
        task = asyncio.create_task(adapter.run(inside.assistant, commands()))
        await asyncio.wait_for(ready, 10)
        try:
            yield inside
        finally:
            await stopped(task)
