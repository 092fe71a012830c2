"""Workspaces that install Parley themselves: Bolt's OAuth flow with a checked state, and where it keeps tokens."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from logging import Logger
from typing import Any

from aiohttp import ClientSession
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from adapters.chat import Host, Place
from adapters.clock import Clock
from adapters.slack.manifest import INSTALL, REDIRECT, SCOPES
from adapters.slack.settings import SlackSettings
from adapters.slack.wire.client import web_client

STATE_LASTS = 600.0  # seconds between the page that is opened and Slack's answer
MOST_STATES = 10_000
Begin = Callable[[str, str], Awaitable[None]]  # gets a workspace's id and its token


def silent_logger() -> Logger:
    """Return the flow's logger, which would write the codes that Slack hands out."""
    logger = logging.getLogger("adapters.slack.oauth")
    logger.setLevel(logging.CRITICAL)
    return logger


class Installations(AsyncInstallationStore):
    """Bolt's store of installations: the host keeps the tokens, and `begin` gets each new one."""

    def __init__(self, host: Host, settings: SlackSettings, begin: Begin) -> None:
        self._host, self._settings, self._begin = host, settings, begin

    @property
    def logger(self) -> Logger:
        """Return where the library writes."""
        return silent_logger()

    async def async_save(self, installation: Installation) -> None:
        """Keep a workspace's token. Raises BoltError for a workspace that the owner doesn't want."""
        team, token = installation.team_id or "", installation.bot_token or ""
        if not team or not token or (self._settings.workspaces and team not in self._settings.workspaces):
            raise BoltError("this workspace may not install Parley")
        await self._host.install(Place("slack", team, ""), token)
        await self._begin(team, token)

    async def async_save_bot(self, bot: Bot) -> None:
        """Do nothing: a workspace's token came with its installation."""

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """Return what is known of the workspace."""
        del enterprise_id, is_enterprise_install
        token = (await self._host.installations("slack")).get(team_id or "")
        return Bot(team_id=team_id, bot_token=token, bot_id="", bot_user_id="", installed_at=0) if token else None


class OauthStates(AsyncOAuthStateStore):
    """The states of installations that were begun: each is good once, for ten minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    @property
    def logger(self) -> Logger:
        """Return where the library writes."""
        return silent_logger()

    async def async_issue(self, *args: Any, **kwargs: Any) -> str:
        """Return a new state that nobody can guess."""
        del args, kwargs
        now, state = self._clock.elapsed(), secrets.token_urlsafe(24)
        known = [(each, until) for each, until in self._until.items() if until > now]
        self._until = {**dict(known[-MOST_STATES:]), state: now + STATE_LASTS}
        return state

    async def async_consume(self, state: str) -> bool:
        """Return whether the state is one that was issued here lately, the first time that it comes back."""
        return self._until.pop(state, 0.0) > self._clock.elapsed()


def flow(settings: SlackSettings, session: ClientSession, installations: Installations) -> AsyncOAuthFlow:
    """Return Bolt's flow, which shows the page to install from and takes what Slack sends back."""
    made = AsyncOAuthSettings(
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        scopes=sorted(SCOPES),
        install_path=INSTALL,
        redirect_uri_path=REDIRECT,
        installation_store=installations,
        state_store=OauthStates(settings.clock),
        logger=silent_logger(),
    )
    return AsyncOAuthFlow(client=web_client(settings, session), logger=silent_logger(), settings=made)
