"""The Slack adapter: joins the client, the desk and the connections, and runs them until cancelled."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import aiohttp
from slack_bolt.app.async_app import AsyncApp

from adapters.chat import Command, Host, Posting, ignore
from adapters.errors import ServiceStopped, Unreachable
from adapters.slack.asks import Ask
from adapters.slack.backfill import SlackBackfill
from adapters.slack.directory import Directory
from adapters.slack.following import Following
from adapters.slack.ingestion import Ingestion
from adapters.slack.postings import Postings
from adapters.slack.reactions import Reactions
from adapters.slack.reader import Reading
from adapters.slack.requests import Reader
from adapters.slack.service import Service
from adapters.slack.settings import SlackSettings
from adapters.slack.surfaces.home import Home
from adapters.slack.surfaces.outgoing import Outgoing
from adapters.slack.surfaces.pane import Panes
from adapters.slack.wire.client import Slack, connect
from adapters.slack.wire.dispatcher import Desk
from adapters.slack.wire.http import listen
from adapters.slack.wire.listeners import Listeners, build_app
from adapters.slack.wire.sockets import Ears, Socket

TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class SlackAdapter:
    """Slack as a chat service. `ready` hears one line when requests are being served."""

    name: ClassVar[str] = "slack"

    settings: SlackSettings
    ready: Callable[[str], None] = ignore
    _connected: dict[str, Postings] = field(default_factory=dict)

    async def post(self, posting: Posting) -> None:
        """Say something unasked, once. Raises Unreachable and Unwelcome."""
        if (postings := self._connected.get(self.name)) is None:
            raise Unreachable("Slack isn't connected.")
        await postings.post(posting)

    async def run(self, host: Host, commands: tuple[Command, ...]) -> None:
        """Serve until cancelled. Raises ServiceStopped where a token is missing, wrong or revoked."""
        require(self.settings)
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT)) as session:
                slack = await connect(self.settings, session)
                desk = build_desk(slack, host, commands)
                await desk.apologise()
                self._connected[self.name] = Postings(slack, desk.outgoing, desk.service.reading)
                async with asyncio.TaskGroup() as tasks:
                    app = build_app(slack, Listeners(desk, tasks.create_task))
                    tasks.create_task(desk.backfill.run())
                    await self._serve(desk, app, session)
        except ExceptionGroup as group:
            raise _first_of(group) from None
        finally:
            self._connected.clear()

    async def _serve(self, desk: Desk, app: AsyncApp, session: aiohttp.ClientSession) -> None:
        if self.settings.mode == "http":
            await listen(app, self.settings, lambda address: self._ready(desk, address))
        await self._connect(desk, app, session)

    def _ready(self, desk: Desk, how: str) -> None:
        self.ready(f"slack ready: {desk.slack.team_name}, {how}")

    async def _connect(self, desk: Desk, app: AsyncApp, session: aiohttp.ClientSession) -> None:
        connected = asyncio.Event()
        ears = Ears(connected.set, desk.backfill.missed)
        async with asyncio.TaskGroup() as sockets:
            for _ in range(max(self.settings.sockets, 1)):
                sockets.create_task(Socket(desk.slack, app, session, ears).run())
            await connected.wait()
            self._ready(desk, f"Socket Mode, {self.settings.sockets} connections")


def build_desk(slack: Slack, host: Host, commands: tuple[Command, ...]) -> Desk:
    """Every part of the adapter for one workspace."""
    directory, outgoing, reader = Directory(slack), Outgoing(slack), Reader(slack, commands)
    reading = Reading(slack, directory)
    ingestion = Ingestion(slack, host, directory)
    backfill = SlackBackfill(
        host=host,
        every=slack.settings.reconcile,
        slack=slack,
        directory=directory,
        reading=reading,
        ingestion=ingestion,
    )
    backfill.missed()  # before this start

    async def answered(ask: Ask) -> None:
        await backfill.consider(ask.place)

    service = Service(slack, host, commands, directory, outgoing, reading, answered)
    return Desk(
        slack=slack,
        host=host,
        reader=reader,
        service=service,
        outgoing=outgoing,
        ingestion=ingestion,
        backfill=backfill,
        reactions=Reactions(slack, reading, service),
        following=Following(slack, host, reader, reading),
        panes=Panes(slack, directory, commands),
        home=Home(slack, host, directory, outgoing, commands, slack.settings.clock.now()),
    )


def require(settings: SlackSettings) -> None:
    """Raises ServiceStopped for a setting without which the mode can't work."""
    needed = {"BOT_TOKEN": settings.bot_token}
    needed |= {"APP_TOKEN": settings.app_token} if settings.mode == "socket" else {}
    needed |= {"SIGNING_SECRET": settings.signing_secret} if settings.mode == "http" else {}
    for name, value in needed.items():
        if not value.strip():
            raise ServiceStopped(
                f"Slack's {name.lower().replace('_', ' ')} is missing.",
                f"Set PARLEY_SLACK__{name}; `parley docs slack` says where Slack shows it.",
            )


def _first_of(group: ExceptionGroup[Exception]) -> Exception:
    """A refusal if there is one among them, else the first."""
    found: Exception = group.subgroup(ServiceStopped) or group
    while isinstance(found, ExceptionGroup):
        found = found.exceptions[0]
    return found
