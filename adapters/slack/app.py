"""The Slack adapter: joins the client, the dispatcher and the connections, and runs them until cancelled."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import aiohttp
from slack_bolt.app.async_app import AsyncApp

from adapters.chat import Access, Command, Companion, Fetch, Host, Place, Posting, Relayed, ignore
from adapters.errors import ServiceStopped, Unreachable, first_of
from adapters.platform.signals import Connection, OnSignal, tracing
from adapters.slack.absence import Absence
from adapters.slack.asks import Ask
from adapters.slack.backfill import SlackBackfill
from adapters.slack.directory import Directory
from adapters.slack.following import Following
from adapters.slack.ingestion import Ingestion
from adapters.slack.manifest import INSTALL
from adapters.slack.postings import Postings
from adapters.slack.reactions import Reactions
from adapters.slack.reader import Reading
from adapters.slack.recovery import Recovery
from adapters.slack.requests import Reader
from adapters.slack.service import Service
from adapters.slack.settings import SlackSettings
from adapters.slack.surfaces.home import Home
from adapters.slack.surfaces.outgoing import Outgoing
from adapters.slack.surfaces.pane import Panes
from adapters.slack.wire.client import Slack, connect
from adapters.slack.wire.dispatcher import Dispatcher
from adapters.slack.wire.http import listen
from adapters.slack.wire.listeners import Listeners, build_app
from adapters.slack.wire.sockets import ConnectionMonitor, Socket
from adapters.slack.wire.workspaces import Workspaces
from adapters.slack.words import WORDS
from adapters.text.counts import counted

TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class SlackAdapter:
    """Slack as a chat service. `ready` gets one line when requests are being served."""

    name: ClassVar[str] = "slack"

    settings: SlackSettings
    ready: Callable[[str], None] = ignore
    notice: OnSignal = ignore
    _connected: dict[str, Postings | Workspaces] = field(default_factory=dict)

    async def post(self, posting: Posting) -> None:
        """Say something unasked, once. Raises Unreachable and Unwelcome."""
        await self._postings().post(posting)

    async def accompany(self, companion: Companion) -> str:
        """Return what Slack calls the companion, which stands there now. Raises Unreachable and Unwelcome."""
        return await self._postings().accompany(companion)

    async def withdraw(self, companion: Companion) -> None:
        """Take back what stands beside a message. Raises Unreachable and Unwelcome."""
        await self._postings().withdraw(companion)

    async def relay(self, relayed: Relayed) -> str:
        """Return what Slack calls what somebody said elsewhere, which stands there now. Raises as `accompany` does."""
        return await self._postings().relay(relayed)

    async def unrelay(self, relayed: Relayed) -> None:
        """Take back what somebody said elsewhere. Raises Unreachable and Unwelcome."""
        await self._postings().unrelay(relayed)

    def reader_of(self, place: Place) -> Fetch:
        """Return a reader of that channel. Raises Unreachable, and Elsewhere for another workspace."""
        return self._postings().reader_of(place)

    def access_for(self, person: str, place: Place) -> Access:
        """Return what Slack says of that person. Raises Unreachable, and Elsewhere for another workspace."""
        return self._postings().access_for(person, place)

    def _postings(self) -> Postings | Workspaces:
        """Return what says things. Raises Unreachable."""
        if (postings := self._connected.get(self.name)) is None:
            raise Unreachable("Slack isn't connected.")
        return postings

    async def run(self, host: Host, commands: tuple[Command, ...]) -> None:
        """Serve until cancelled. Raises ServiceStopped where a token is missing, wrong or revoked."""
        require(self.settings)
        try:
            async with aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=TIMEOUT), trace_configs=[tracing(self.name, self.notice)]
            ) as session:
                if self.settings.client_id:
                    await self._serve_installed(host, commands, session)
                    return
                slack = await connect(self.settings, session)
                dispatcher = build_dispatcher(slack, host, commands)
                await dispatcher.apologise()
                self._connected[self.name] = Postings(slack, dispatcher.outgoing, dispatcher.service.reading)
                async with asyncio.TaskGroup() as tasks:
                    app = build_app(slack, Listeners(dispatcher, tasks.create_task))
                    tasks.create_task(dispatcher.backfill.run())
                    tasks.create_task(dispatcher.recovery.run())
                    await self._serve(dispatcher, app, session)
        except ExceptionGroup as group:
            raise first_of(group) from None
        finally:
            self._connected.clear()

    async def _serve_installed(self, host: Host, commands: tuple[Command, ...], session: aiohttp.ClientSession) -> None:
        """Serve every workspace that installs Parley itself."""
        workspaces = Workspaces(self.settings, host, commands, build_dispatcher)
        self._connected[self.name] = workspaces

        def listening(address: str) -> None:
            self.notice(Connection(self.name, up=True))
            self.ready(f"slack ready: workspaces install at {address.removesuffix(self.settings.path)}{INSTALL}")

        await workspaces.run(session, listening)

    async def _serve(self, dispatcher: Dispatcher, app: AsyncApp, session: aiohttp.ClientSession) -> None:
        if self.settings.mode == "http":
            await listen(
                app.web_app(path=self.settings.path),
                self.settings,
                lambda address: self._listening(dispatcher, address),
            )
        await self._connect(dispatcher, app, session)

    def _ready(self, dispatcher: Dispatcher, how: str) -> None:
        self.ready(f"slack ready: {dispatcher.slack.team_name}, {how}")

    def _listening(self, dispatcher: Dispatcher, address: str) -> None:
        self.notice(Connection(self.name, up=True))
        self._ready(dispatcher, address)

    async def _connect(self, dispatcher: Dispatcher, app: AsyncApp, session: aiohttp.ClientSession) -> None:
        connected = asyncio.Event()
        absence = Absence(dispatcher.slack, dispatcher.service.reading, dispatcher.heard_late)

        def missed() -> None:
            dispatcher.backfill.missed()
            absence.ended()

        monitor = ConnectionMonitor(connected.set, missed, self.notice, absence.began)
        async with asyncio.TaskGroup() as sockets:
            sockets.create_task(absence.run())
            for _ in range(max(self.settings.sockets, 1)):
                sockets.create_task(Socket(dispatcher.slack, app, session, monitor).run())
            await connected.wait()
            self._ready(dispatcher, f"Socket Mode, {counted(self.settings.sockets, 'connection')}")


def build_dispatcher(slack: Slack, host: Host, commands: tuple[Command, ...]) -> Dispatcher:
    """Return every part of the adapter for one workspace."""
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

    service = Service(
        host=host,
        commands=commands,
        settings=slack.settings,
        words=WORDS,
        slack=slack,
        directory=directory,
        outgoing=outgoing,
        reading=reading,
        on_answered=answered,
    )
    recovery = Recovery(
        host=host,
        settings=slack.settings,
        unsent=service.unsent,
        slack=slack,
        directory=directory,
        outgoing=outgoing,
    )
    return Dispatcher(
        slack=slack,
        host=host,
        reader=reader,
        service=service,
        recovery=recovery,
        directory=directory,
        outgoing=outgoing,
        ingestion=ingestion,
        backfill=backfill,
        reactions=Reactions(slack, reading, service),
        following=Following(slack, host, reader, reading),
        panes=Panes(slack, directory, commands),
        home=Home(slack, host, directory, outgoing, commands, slack.settings.clock.now()),
    )


def require(settings: SlackSettings) -> None:
    """Raise ServiceStopped for a setting without which the mode can't work."""
    needed = {"CLIENT_SECRET": settings.client_secret} if settings.client_id else {"BOT_TOKEN": settings.bot_token}
    needed |= {"APP_TOKEN": settings.app_token} if settings.mode == "socket" else {}
    needed |= {"SIGNING_SECRET": settings.signing_secret} if settings.mode == "http" else {}
    for name, value in needed.items():
        if not value.strip():
            raise ServiceStopped(
                f"Slack's {name.lower().replace('_', ' ')} is missing.",
                f"Set PARLEY_SLACK__{name}; `parley docs slack` says where Slack shows it.",
            )
