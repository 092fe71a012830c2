"""Every workspace that has installed Parley itself, behind one HTTP address, each with parts of its own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters.chat import Access, Command, Companion, Fetch, Host, Place, Posting, Relayed, Removed
from adapters.errors import Elsewhere, ServiceStopped, Unreachable, first_of
from adapters.slack.manifest import INSTALL, REDIRECT
from adapters.slack.postings import Postings
from adapters.slack.settings import SlackSettings
from adapters.slack.wire.client import FAILURES, Slack, connect
from adapters.slack.wire.dispatcher import Dispatcher
from adapters.slack.wire.http import listen
from adapters.slack.wire.listeners import Listeners, build_app
from adapters.slack.wire.oauth import Installations, flow
from adapters.text.coerce import mapping, string

log = logging.getLogger(__name__)

AGAIN = 60.0  # seconds before a workspace that failed is begun again
NOT_HERE, UNREACHABLE, LATER = 404, 502, 503
Build = Callable[[Slack, Host, tuple[Command, ...]], Dispatcher]


@dataclass(frozen=True, slots=True)
class ServedWorkspace:
    """One workspace that is served: what takes its events, and what says things there."""

    app: AsyncApp
    postings: Postings


@dataclass(slots=True, eq=False)
class Workspaces:
    """Serves workspaces as they come and go. `build` returns the parts of one."""

    settings: SlackSettings
    host: Host
    commands: tuple[Command, ...]
    build: Build
    _served: dict[str, ServedWorkspace] = field(default_factory=dict)
    _tasks: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)

    async def run(self, session: aiohttp.ClientSession, ready: Callable[[str], None]) -> None:
        """Serve every workspace that is installed, and those that install, until cancelled."""

        async def begin(team: str, token: str) -> None:
            await self._end(team)
            self._tasks[team] = asyncio.create_task(self._serve(team, token, session))

        try:
            for team, token in (await self.host.installations("slack")).items():
                await begin(team, token)
            oauth = flow(self.settings, session, Installations(self.host, self.settings, begin))
            server = web.Application()
            server.router.add_get(INSTALL, _answering(oauth.handle_installation))
            server.router.add_get(REDIRECT, _answering(oauth.handle_callback))
            server.router.add_post(self.settings.path, self._events)
            await listen(server, self.settings, ready)
        finally:
            for team in list(self._tasks):
                await self._end(team)

    async def post(self, posting: Posting) -> None:
        """Say something unasked, once. Raises Elsewhere where Parley isn't installed, Unreachable and Unwelcome."""
        await self._postings(posting.place).post(posting)

    async def accompany(self, companion: Companion) -> str:
        """Return what Slack calls the companion, which stands there now. Raises as `post` does."""
        return await self._postings(companion.about.place).accompany(companion)

    async def withdraw(self, companion: Companion) -> None:
        """Take back what stands beside a message. Raises as `post` does."""
        await self._postings(companion.about.place).withdraw(companion)

    async def relay(self, relayed: Relayed) -> str:
        """Return what Slack calls what somebody said elsewhere, which stands there now. Raises as `post` does."""
        return await self._postings(relayed.place).relay(relayed)

    async def unrelay(self, relayed: Relayed) -> None:
        """Take back what somebody said elsewhere. Raises as `post` does."""
        await self._postings(relayed.place).unrelay(relayed)

    def reader_of(self, place: Place) -> Fetch:
        """Return a reader of that channel. Raises Elsewhere and Unreachable."""
        return self._postings(place).reader_of(place)

    def access_for(self, person: str, place: Place) -> Access:
        """Return what Slack says of that person there. Raises Elsewhere and Unreachable."""
        return self._postings(place).access_for(person, place)

    def _postings(self, place: Place) -> Postings:
        """Return what says things in the place's workspace. Raises Elsewhere and Unreachable."""
        if place.workspace not in self._tasks:
            raise Elsewhere("I am not in that workspace.")
        if place.workspace not in self._served:
            raise Unreachable("Slack isn't connected.")
        return self._served[place.workspace].postings

    async def _end(self, team: str) -> None:
        """Let go of a workspace."""
        if task := self._tasks.pop(team, None):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _serve(self, team: str, token: str, session: aiohttp.ClientSession) -> None:
        """Serve one workspace until cancelled; one whose token Slack refuses is left alone until it installs again."""
        while True:
            try:
                await self._run(team, await connect(replace(self.settings, bot_token=token), session))
            except Exception as error:  # noqa: BLE001 - whatever ended it, the other workspaces go on
                failed = first_of(error) if isinstance(error, ExceptionGroup) else error
                if isinstance(failed, ServiceStopped):
                    log.warning("workspace %s is no longer served: %s", team, failed)
                    return
                log.warning("workspace %s ended: %s", team, type(failed).__name__)
            await self.settings.clock.sleep(AGAIN)

    async def _run(self, team: str, slack: Slack) -> None:
        """Run the parts of a workspace."""
        if slack.team != team:
            raise ServiceStopped("Slack's token is another workspace's.")
        dispatcher = self.build(slack, self.host, self.commands)
        await dispatcher.apologise()
        try:
            async with asyncio.TaskGroup() as tasks:
                app = build_app(slack, Listeners(dispatcher, tasks.create_task))
                tasks.create_task(dispatcher.backfill.run())
                tasks.create_task(dispatcher.recovery.run())
                self._served[team] = ServedWorkspace(
                    app, Postings(slack, dispatcher.outgoing, dispatcher.service.reading)
                )
        finally:
            self._served.pop(team, None)

    async def _events(self, request: web.Request) -> web.Response:
        """Hand what Slack sends to the workspace that it is about; Slack sends again what comes too early."""
        asked = await to_bolt_request(request)
        if asked.body.get("type") == "url_verification":
            return web.json_response({"challenge": string(asked.body.get("challenge"))})
        team = asked.context.team_id or ""
        if _is_goodbye(mapping(asked.body.get("event"))):
            await self._leave(team)
            return web.Response()
        if team not in self._served:
            return web.json_response({"error": "not installed"}, status=LATER if team in self._tasks else NOT_HERE)
        return await to_aiohttp_response(await self._served[team].app.async_dispatch(asked))

    async def _leave(self, team: str) -> None:
        """Erase a workspace that took Parley away."""
        if team in self._tasks:
            await self._end(team)
            await self.host.observe(Removed(Place("slack", team, "")))
            log.info("workspace %s took Parley away, and all that was kept of it is erased", team)


def _is_goodbye(event: Mapping[str, Any]) -> bool:
    """Return whether an event says that the workspace took Parley, or its bot's token, away."""
    kind = string(event.get("type"))
    return kind == "app_uninstalled" or (kind == "tokens_revoked" and bool(mapping(event.get("tokens")).get("bot")))


def _answering(
    handle: Callable[[AsyncBoltRequest], Awaitable[BoltResponse]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            return await to_aiohttp_response(await handle(await to_bolt_request(request)))
        except FAILURES as error:
            log.warning("a workspace could not be installed: %s", type(error).__name__)
            return web.Response(status=UNREACHABLE, text="Slack can't be reached now. Try again in a minute.")

    return answer
