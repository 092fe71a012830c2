"""Workspaces that install Parley themselves over HTTP: a checked state, each served apart, erased when they leave."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from aiohttp import web
from fake_slack import FakeSlack, event_body
from fake_slack_api import APP_TOKEN, ME, SECRET
from slack_host import settings as slack_settings

from adapters.chat import EVERYTHING, Channel, Message, Person, Place
from adapters.slack.app import SlackAdapter
from adapters.slack.check import check
from adapters.slack.settings import SlackSettings
from bot.assistant import Assistant
from bot.history import HistoryThread, Scope, preferences
from bot.intents import commands
from bot.services import Services
from nlp.core import Core
from nlp.scheduler.family import Binding

# slack_sdk signs its call for a token by what aiohttp will take away.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
TEAMS = {"xoxb-1": "T1", "xoxb-2": "T2"}
HERE, THERE = Place("slack", "T1", "C1"), Place("slack", "T2", "C1")
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
COOKIE = "slack-app-oauth-state"


@dataclass
class Slack(FakeSlack):
    """Slack for two workspaces: a token tells which is asked about."""

    heard: list[tuple[str, str]] = field(default_factory=list)

    def _answer(self, method: str, params: dict[str, Any], request: web.Request) -> web.Response:
        if method == "oauth.v2.access":
            token = f"xoxb-{params.get('code')}"
            team = {"id": TEAMS.get(token), "name": "Harbour"}
            body = {"access_token": token, "token_type": "bot", "scope": "", "bot_user_id": ME, "app_id": "A1"}
            return web.json_response({"ok": True, **body, "team": team, "authed_user": {"id": "U1"}})
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token in TEAMS:
            self.tokens, self.team = (token, APP_TOKEN), TEAMS[token]
            self.heard.append((self.team, method))
        return super()._answer(method, params, request)


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with Slack() as fake:
        fake.add_user("U1", "ana")
        fake.add_channel("C1", "ops", (ME, "U1"), is_channel=True)
        yield fake


@pytest.fixture
async def assistant() -> AsyncIterator[Assistant]:
    echo = (Binding("embed", "echo", "echo"), Binding("translate", "echo", "echo", source="en", target="pt"))
    async with HistoryThread(None) as history, Core(echo) as core:
        yield Assistant(Services(core, history, lambda: NOON, ZoneInfo("UTC")))


@asynccontextmanager
async def serving(slack: Slack, assistant: Assistant, **more: object) -> AsyncIterator[str]:
    """The adapter at work; yields its address."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    given = {"bot_token": "", "mode": "http", "client_id": "1.2", "client_secret": SECRET, **more}
    adapter = SlackAdapter(slack_settings(slack, **given), ready.set_result)
    task = asyncio.create_task(adapter.run(assistant, commands()))
    try:
        done, _ = await asyncio.wait({task, ready}, timeout=60, return_when=asyncio.FIRST_COMPLETED)
        if task in done:
            task.result()
        yield re.sub(r".* (http\S+)/slack/install", r"\1", ready.result())
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def browse(url: str, cookie: str = "", **query: str) -> tuple[int, str, str]:
    """Open a page; its status, its text and the state's cookie."""
    headers = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
    async with aiohttp.ClientSession() as session, session.get(url, params=query, headers=headers) as answer:
        told = answer.cookies.get(COOKIE)
        return answer.status, await answer.text(), told.value if told else ""


async def install(address: str, code: str) -> int:
    _, page, cookie = await browse(f"{address}/slack/install")
    (state,) = re.findall(r"state=([\w-]+)", page)
    status, _, _ = await browse(f"{address}/slack/oauth_redirect", cookie, code=code, state=state)
    return status


async def mention(slack: Slack, address: str, team: str, words: str) -> int:
    body = event_body(slack.mention(words), f"Ev{slack.ts()}", team)
    return (await slack.post_signed(f"{address}/slack/events", body))[0]


async def served(slack: Slack, address: str, team: str) -> None:
    """Ask until the workspace's parts are there, as Slack does."""
    async with asyncio.timeout(60):
        while await mention(slack, address, team, f"translate to pt Good morning {team}") != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await slack.until(lambda: f"[pt] Good morning {team}" in str(slack.messages["C1"]), 60)


async def test_a_workspace_that_installs_is_served_at_once_and_no_other(slack: Slack, assistant: Assistant):
    async with serving(slack, assistant) as address:
        assert await mention(slack, address, "T1", "help") == 404
        assert await install(address, "1") == 200
        await served(slack, address, "T1")
        assert await mention(slack, address, "T2", "help") == 404
    assert {team for team, _ in slack.heard} == {"T1"}
    assert await assistant.installations("slack") == {"T1": "xoxb-1"}


async def test_what_is_installed_is_served_again_after_a_restart_each_with_its_own_token(
    slack: Slack, assistant: Assistant
):
    for token, team in TEAMS.items():
        await assistant.install(Place("slack", team, ""), token)
    async with serving(slack, assistant) as address:
        for team in TEAMS.values():
            slack.heard.clear()
            await served(slack, address, team)
            assert (team, "chat.postMessage") in slack.heard
            assert {each for each, method in slack.heard if method == "chat.postMessage"} == {team}


@pytest.mark.parametrize("how", ["guessed", "of another browser", "used"])
async def test_a_state_that_is_not_this_browsers_own_installs_nothing(slack: Slack, assistant: Assistant, how: str):
    async with serving(slack, assistant) as address:
        _, page, cookie = await browse(f"{address}/slack/install")
        (state,) = re.findall(r"state=([\w-]+)", page)
        if how == "used":
            await browse(f"{address}/slack/oauth_redirect", cookie, code="1", state=state)
            code = "2"
        else:
            code = "1"
            state, cookie = ("guessed", "guessed") if how == "guessed" else (state, "another")
        status, _, _ = await browse(f"{address}/slack/oauth_redirect", cookie, code=code, state=state)
    assert status in {400, 401}
    assert "T2" not in await assistant.installations("slack")
    assert ("T1" in await assistant.installations("slack")) is (how == "used")


async def test_only_workspaces_that_the_owner_names_can_install_where_any_is_named(slack: Slack, assistant: Assistant):
    async with serving(slack, assistant, workspaces=("T2",)) as address:
        assert await install(address, "1") == 500
        assert await install(address, "2") == 200
    assert set(await assistant.installations("slack")) == {"T2"}


@pytest.mark.parametrize("event", [{"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"bot": [ME]}}])
async def test_a_workspace_that_takes_parley_away_is_erased_and_the_others_stay(
    slack: Slack, assistant: Assistant, event: dict[str, Any]
):
    history = assistant.services.history
    slack.keep("C1", {"user": "U1", "ts": "1777896000.000100", "text": "the ferry leaves at nine"})
    for place in (HERE, THERE):
        said = Message("1777896000.000100", place, Person("U1", "Ana"), "the ferry leaves at nine", NOON)
        await history.run(lambda store, place=place, said=said: store.add([Channel(place, "ops"), said]))
        await history.run(lambda store, place=place: store.turn_on(place, "U9", NOON))
        await history.write(preferences.set_language, "U1", "pt", place.workspace)
    for token, team in TEAMS.items():
        await assistant.install(Place("slack", team, ""), token)
    async with serving(slack, assistant) as address:
        await served(slack, address, "T1")
        body = event_body(event, "EvGone", "T1")
        assert (await slack.post_signed(f"{address}/slack/events", body))[0] == 200
        assert await mention(slack, address, "T1", "help") == 404
        await served(slack, address, "T2")
    left = [
        len(await history.run(lambda store, place=place: store.window(Scope.of(place), EVERYTHING, NOON)))
        for place in (HERE, THERE)
    ]
    assert left == [0, 1]
    assert await assistant.installations("slack") == {"T2": "xoxb-2"}
    assert [await history.read(preferences.language, "U1", team) for team in ("T1", "T2")] == ["", "pt"]
    stored = await history.run(lambda store: "\n".join(store._db.conn.iterdump()))
    assert "T1" not in stored


async def test_an_unsigned_goodbye_erases_nothing(slack: Slack, assistant: Assistant):
    await assistant.install(Place("slack", "T1", ""), "xoxb-1")
    async with serving(slack, assistant) as address:
        body = event_body({"type": "app_uninstalled"}, "EvGone", "T1")
        assert (await slack.post_signed(f"{address}/slack/events", body, secret="another"))[0] == 401
    assert set(await assistant.installations("slack")) == {"T1"}


async def test_the_check_says_what_is_missing_for_installations():
    given = {"client_id": "1.2", "mode": "http"}
    assert [each.subject for each in await check(SlackSettings(**given))] == ["client secret"]
    (found,) = await check(SlackSettings(**given, client_secret="x", signing_secret="y", workspaces=("T1",)))
    assert found.state == "ok"
    assert "the workspaces T1 can install" in found.sentence
