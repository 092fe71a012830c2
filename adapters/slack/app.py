"""The Slack adapter: joins the client, the listeners and the connections, and runs them until cancelled."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import aiohttp
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp

from adapters.chat import Command, Host
from adapters.errors import ServiceStopped
from adapters.slack.client import Slack, connect
from adapters.slack.directory import Directory
from adapters.slack.listeners import Listeners, build_app
from adapters.slack.outgoing import Outgoing
from adapters.slack.requests import Reader
from adapters.slack.service import Service
from adapters.slack.settings import SlackSettings
from adapters.slack.sockets import Socket

TIMEOUT = 30.0


def say_nothing(_: str) -> None:
    """The listener of a caller that prints no line when the adapter is ready."""


@dataclass(frozen=True, slots=True)
class SlackAdapter:
    """Slack as a chat service. `ready` hears one line when requests are being served."""

    name: ClassVar[str] = "slack"

    settings: SlackSettings
    ready: Callable[[str], None] = say_nothing

    async def run(self, host: Host, commands: tuple[Command, ...]) -> None:
        """Serve until cancelled. Raises ServiceStopped where a token is missing, wrong or revoked."""
        require(self.settings)
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT)) as session:
                slack = await connect(self.settings, session)
                async with asyncio.TaskGroup() as tasks:
                    app = self._app(slack, host, commands, tasks)
                    tasks.create_task(self._connections(slack, app, session))
        except ExceptionGroup as group:
            raise _first_of(group) from None

    def _app(self, slack: Slack, host: Host, commands: tuple[Command, ...], tasks: asyncio.TaskGroup) -> AsyncApp:
        directory = Directory(slack)
        service = Service(slack, host, commands, directory, Outgoing(slack))
        return build_app(slack, Listeners(service, Reader(slack, commands), tasks.create_task))

    async def _connections(self, slack: Slack, app: AsyncApp, session: aiohttp.ClientSession) -> None:
        if self.settings.mode == "http":
            await self._listen(slack, app)
        connected = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self.settings.sockets):
                tasks.create_task(Socket(slack, app, session, connected.set).run())
            await connected.wait()
            self.ready(f"slack ready: {slack.team_name}, Socket Mode, {self.settings.sockets} connections")

    async def _listen(self, slack: Slack, app: AsyncApp) -> None:
        runner = web.AppRunner(app.web_app(path=self.settings.path), access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self.settings.host, self.settings.port)
            await site.start()
            host, port = runner.addresses[0][:2]
            self.ready(f"slack ready: {slack.team_name}, http://{host}:{port}{self.settings.path}")
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()


def require(settings: SlackSettings) -> None:
    """Raises ServiceStopped for a setting without which the mode can't work."""
    needed = {"BOT_TOKEN": settings.bot_token}
    needed |= {"APP_TOKEN": settings.app_token} if settings.mode == "socket" else {}
    needed |= {"SIGNING_SECRET": settings.signing_secret} if settings.mode == "http" else {}
    for name, value in needed.items():
        if not value.strip():
            raise ServiceStopped(
                f"Slack's {name.lower().replace('_', ' ')} is missing.",
                f"Set PARLEY_SLACK__{name}; docs/slack.md says where Slack shows it.",
            )


def _first_of(group: ExceptionGroup[Exception]) -> Exception:
    """A refusal if there is one among them, else the first."""
    stopped = group.subgroup(ServiceStopped)
    found: Exception = stopped or group
    while isinstance(found, ExceptionGroup):
        found = found.exceptions[0]
    return found
