"""The connection to one workspace: the web client that every call goes through, who Parley is there, and its refusals.

Rate limits, server errors and broken connections are waited out here, so that callers see none of them while there is
hope. Knows no request and no reply.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient

from adapters.chat import Place
from adapters.clock import Clock
from adapters.errors import ServiceStopped
from adapters.slack.settings import SlackSettings
from adapters.text.coerce import string

# The remedy for each kind of token.
REMEDIES = {
    "bot token": "Install the app again and set PARLEY_SLACK__BOT_TOKEN to the token that is then shown.",
    "app token": "Make one under Basic Information, App-Level Tokens, with connections:write; PARLEY_SLACK__APP_TOKEN.",
}
REFUSALS = {
    "invalid_auth": "Slack doesn't know the {}.",
    "not_authed": "The {} is missing.",
    "account_inactive": "The {} belongs to an app that was removed or to a workspace that is gone.",
    "token_revoked": "The {} was revoked.",
    "token_expired": "The {} has expired.",
    "not_allowed_token_type": "The {} is of the wrong kind: bot tokens begin with xoxb-, app tokens with xapp-.",
    "app_uninstalled": "The app was uninstalled, and with it went the {}.",
    "team_access_not_granted": "The {} gives no access to this workspace.",
}
TOLERATED = timedelta(seconds=5)
LONGEST_WAIT = 3600.0
BACKOFF_CEILING = 30.0
NOTICEABLE = 1.0  # seconds of waiting that are worth a line
TOO_MANY, SERVER_ERROR = 429, 500
BUSY = {"fatal_error", "internal_error", "service_unavailable", "ratelimited", "request_timeout", ""}  # "": no JSON
REPEATED = (aiohttp.ClientConnectionError, TimeoutError, SlackApiError)  # the last for a body that isn't JSON
# Calls not to repeat where Slack may have taken them: the one can be looked for first, the other is said once.
LOOKED_FOR = {"chat.postMessage", "files.completeUploadExternal"}
RESPONSE_URL = "response_url"
ONCE = {"chat.postEphemeral", "chat.startStream", "chat.appendStream", RESPONSE_URL}
FAILURES = (SlackClientError, aiohttp.ClientError, OSError)
log = logging.getLogger(__name__)


@dataclass(slots=True)
class SlackClock:
    """The time at Slack: this machine's, and how far Slack is ahead of it."""

    clock: Clock
    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Return the time, aware and in UTC."""
        return self.clock.now() + self.ahead

    def hear(self, headers: Mapping[str, str]) -> None:
        """Take the time from an answer of Slack's, which is exact to the second; a small difference is the way's."""
        server_time = time_in(headers)
        if server_time is not None:
            ahead = server_time - self.clock.now()
            self.ahead = ahead if abs(ahead) > TOLERATED else timedelta(0)


def time_in(headers: Mapping[str, str]) -> datetime | None:
    """Return when an answer was sent, by its own word."""
    header = next((value for key, value in headers.items() if key.lower() == "date"), "")
    try:
        return parsedate_to_datetime(str(header)).astimezone(UTC)
    except (ValueError, TypeError):
        return None


def scopes_of(headers: Any) -> frozenset[str] | None:
    """Return the scopes that Slack granted, from the header that it sends with every answer; None without that."""
    header = next((value for key, value in dict(headers).items() if key.lower() == "x-oauth-scopes"), None)
    return None if header is None else frozenset(scope.strip() for scope in string(header).split(","))


@dataclass(frozen=True, slots=True)
class Slack:
    """One workspace as the app sees it: `me` is the bot's user id, `bot` its bot id, `clock` the time there."""

    client: AsyncWebClient
    settings: SlackSettings
    team: str
    team_name: str
    me: str
    bot: str
    clock: SlackClock

    def place(self, channel: str, thread: str | None = None) -> Place:
        """Return the stable key of a channel or thread of this workspace."""
        return Place("slack", self.team, channel, thread)


class Patience(AsyncRetryHandler):
    """Waits as long as Slack says, or ever longer where it says nothing, and tries again.

    The SDK's own handlers sleep on a clock that a test can't hold, leave 502 and 504 out, and take a call for done that
    Slack answered with an error in a 200. What must not be said twice isn't repeated where Slack may have taken it.
    """

    def __init__(self, settings: SlackSettings) -> None:
        super().__init__(max_retry_count=settings.patience)
        self._sleep = settings.clock.sleep
        self._api = settings.base_url

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        del state
        method = self._method(request)
        if error is not None:
            untaken = isinstance(error, aiohttp.ClientConnectorError)
            return untaken or (method not in LOOKED_FOR | ONCE and isinstance(error, REPEATED))
        if response is None or response.status_code == TOO_MANY:
            return response is not None
        return method not in LOOKED_FOR and _is_broken(response, is_api=method != RESPONSE_URL)

    def _method(self, request: HttpRequest) -> str:
        """Return the method of the Web API, or RESPONSE_URL."""
        is_api = request.url.startswith(self._api)
        return request.url.partition("?")[0].rpartition("/")[2] if is_api else RESPONSE_URL

    async def prepare_for_next_attempt_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> None:
        """Let the time pass; whoever watches the log reads why nothing happens."""
        del request
        state.next_attempt_requested = True
        asked = retry_after(response) if response else None
        wait = backoff(state.current_attempt) if asked is None else asked
        if response is not None:
            log.info("Slack answered %s: trying again in %.0f s", response.status_code, wait)
        elif wait >= NOTICEABLE:
            log.warning("Slack can't be reached (%s): trying again in %.0f s", type(error).__name__, wait)
        await self._sleep(wait)
        state.increment_current_attempt()


def _is_broken(response: HttpResponse, *, is_api: bool) -> bool:
    """Return whether Slack was busy or broken: by its status, its word in a 200, or a page where JSON belongs."""
    if response.status_code >= SERVER_ERROR:
        return True
    body = response.body if isinstance(response.body, dict) else None
    if body is None:
        return is_api and response.data is None
    return body.get("ok") is False and body.get("error") in BUSY


def backoff(attempt: int) -> float:
    """Return seconds before the next try: 0.1, 0.2, 0.4 … 30."""
    return float(min(0.1 * 2 ** min(attempt, 16), BACKOFF_CEILING))


def retry_after(response: HttpResponse) -> float | None:
    """Return the seconds that the response asks for; None where it doesn't say in a way that can be read."""
    asked = next((value for key, value in response.headers.items() if key.lower() == "retry-after"), [""])
    try:
        return min(max(float(asked[0]), 0.0), LONGEST_WAIT)
    except ValueError:
        return None


def quiet_logger() -> logging.Logger:
    """Return the libraries' logger, which below WARNING would write bodies with people's words."""
    logger = logging.getLogger("adapters.slack.library")
    logger.setLevel(logging.WARNING)
    return logger


def web_client(
    settings: SlackSettings, session: aiohttp.ClientSession | None, token: str | None = None
) -> AsyncWebClient:
    """Return a client at the configured address."""
    return AsyncWebClient(
        token=token,
        base_url=settings.base_url,
        session=session,
        logger=quiet_logger(),
        retry_handlers=[Patience(settings)],
    )


async def connect(settings: SlackSettings, session: aiohttp.ClientSession) -> Slack:
    """Say hello to the workspace. Raises ServiceStopped for a token it refuses."""
    client = web_client(settings, session, settings.bot_token)
    try:
        answer: Any = await client.auth_test()
    except SlackApiError as error:
        raise refusal(error, "bot token") or error from None
    clock = SlackClock(settings.clock)
    clock.hear(answer.headers)
    return Slack(
        clock=clock,
        client=client,
        settings=settings,
        team=answer.get("team_id", ""),
        team_name=answer.get("team", ""),
        me=answer.get("user_id", ""),
        bot=answer.get("bot_id", ""),
    )


def reason(error: SlackApiError) -> str:
    """Return Slack's word for what went wrong, such as `channel_not_found`."""
    try:
        return str(error.response.get("error", ""))
    except AttributeError:  # a response that wasn't JSON
        return ""


def is_passing(error: SlackApiError) -> bool:
    """Return whether the same call may succeed later: Slack was busy or broken, and said nothing about the call."""
    status = getattr(error.response, "status_code", 0) or 0
    return status == TOO_MANY or status >= SERVER_ERROR or reason(error) in BUSY


def is_final(error: Exception) -> bool:
    """Log what was refused; whether the same call can't succeed later. Raises ServiceStopped for a refused token."""
    if not isinstance(error, SlackApiError):
        log.warning("something could not be sent: %s", type(error).__name__)
        return False
    if stopped := refusal(error, "bot token"):
        raise stopped from None
    log.warning("something could not be sent: %s", reason(error))
    return not is_passing(error)


def refusal(error: SlackApiError, token: str) -> ServiceStopped | None:
    """Return the error as the end of this adapter, where nothing but a change by the owner can help."""
    sentence = REFUSALS.get(reason(error))
    if sentence is None:
        return None
    return ServiceStopped(sentence.format(f"Slack {token}"), REMEDIES[token])
