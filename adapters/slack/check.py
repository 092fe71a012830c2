"""Looks at the set-up as Slack sees it: tokens, granted scopes, channels and the clock, with what to click for each.

Calls Slack and changes nothing. Tokens never appear in what it says.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.platform.findings import Finding
from adapters.slack.manifest import INSTALL, SCOPES
from adapters.slack.settings import SlackSettings
from adapters.slack.wire.client import reason, refusal, scopes_of, time_in, web_client
from adapters.text.coerce import mappings, string
from adapters.text.counts import counted

MOST_SKEW = 60.0  # seconds; Slack refuses signatures that are five minutes off
TIMEOUT = 15.0
MOST_CHANNELS = 5


async def check(settings: SlackSettings) -> list[Finding]:
    """Return what was found, in the order in which somebody would put it right."""
    if settings.client_id:
        return [_installable(settings)]
    if not settings.bot_token:
        remedy = "Install the app, then copy the token from OAuth & Permissions to PARLEY_SLACK__BOT_TOKEN."
        return [Finding("bot token", "problem", "The bot token is missing.", remedy)]
    impatient = replace(settings, patience=1)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT)) as session:
        client = web_client(impatient, session, settings.bot_token)
        try:
            answer: Any = await client.auth_test()
        except SlackApiError as error:
            return [_refused("bot token", error)]
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return [_unreachable(settings, error)]
        missing = [
            Finding("bot token", "ok", f"Slack knows the bot token: {answer.get('team')} as {answer.get('user')}.")
        ]
        missing += [_scopes(answer.headers), _clock(answer.headers, settings.clock.now())]
        missing += [await _mode(client, settings), await _asked("channels", lambda: _channels(client))]
        return missing


def _installable(settings: SlackSettings) -> Finding:
    """Return whether workspaces can install Parley themselves."""
    for name in ("client_secret", "signing_secret"):
        if not getattr(settings, name):
            remedy = f"Copy it from Basic Information to PARLEY_SLACK__{name.upper()}."
            return Finding(name.replace("_", " "), "problem", f"The {name.replace('_', ' ')} is missing.", remedy)
    if settings.mode != "http":
        return Finding("mode", "problem", "Workspaces install Parley over HTTP alone.", "Set PARLEY_SLACK__MODE=http.")
    who = "any workspace" if not settings.workspaces else f"the workspaces {', '.join(settings.workspaces)}"
    return Finding("installation", "ok", f"At {INSTALL} under the app's public address {who} can install Parley.")


def _unreachable(settings: SlackSettings, error: Exception) -> Finding:
    return Finding(
        "connection",
        "problem",
        f"Slack can't be reached at {settings.base_url} ({type(error).__name__}).",
        "Check the network, a proxy (HTTPS_PROXY) and PARLEY_SLACK__BASE_URL.",
    )


def _refused(token: str, error: SlackApiError) -> Finding:
    stopped = refusal(error, token)
    if stopped is None:
        return Finding(token, "problem", f"Slack answered {reason(error)}.", "Try again in a minute.")
    return Finding(token, "problem", str(stopped), stopped.remedy)


def _scopes(headers: Any) -> Finding:
    """Return the scopes that Slack granted, from the header that it sends with every answer."""
    granted = scopes_of(headers)
    if granted is None:
        return Finding("scopes", "warning", "Slack didn't say which scopes are granted.")
    missing = sorted(set(SCOPES) - granted)
    if not missing:
        return Finding("scopes", "ok", f"All {len(SCOPES)} scopes are granted.")
    reasons = "; ".join(f"{scope} ({SCOPES[scope]})" for scope in missing)
    remedy = "Add them under OAuth & Permissions, Bot Token Scopes, then press Reinstall to Workspace."
    return Finding("scopes", "problem", f"Scopes are missing: {reasons}.", remedy)


def _clock(headers: Any, now: datetime) -> Finding:
    """Return how far this machine's clock is from Slack's."""
    time = time_in(dict(headers))
    if time is None:
        return Finding("clock", "warning", "Slack didn't say what time it is.")
    skew = (now - time).total_seconds()
    if abs(skew) <= MOST_SKEW:
        return Finding("clock", "ok", "The clock agrees with Slack's.")
    direction = "ahead of" if skew > 0 else "behind"
    remedy = "Turn on time synchronisation (NTP); five minutes off, Slack's signatures are refused."
    return Finding("clock", "problem", f"The clock is {abs(skew):.0f} s {direction} Slack's.", remedy)


async def _mode(client: AsyncWebClient, settings: SlackSettings) -> Finding:
    if settings.mode == "http":
        return _secret(settings)
    if not settings.app_token:
        remedy = "Make one under Basic Information, App-Level Tokens, with connections:write; PARLEY_SLACK__APP_TOKEN."
        return Finding("app token", "problem", "The app-level token is missing.", remedy)
    try:
        await client.apps_connections_open(app_token=settings.app_token)
    except SlackApiError as error:
        if reason(error) == "missing_scope":
            remedy = "Make a new one under Basic Information, App-Level Tokens, with connections:write."
            return Finding("app token", "problem", "The app-level token may not open connections.", remedy)
        return _refused("app token", error)
    return Finding("app token", "ok", "Socket Mode connections can be opened.")


def _secret(settings: SlackSettings) -> Finding:
    if settings.signing_secret:
        return Finding("signing secret", "ok", "Requests are checked against the signing secret.")
    remedy = "Copy it from Basic Information, App Credentials, to PARLEY_SLACK__SIGNING_SECRET."
    return Finding("signing secret", "problem", "The signing secret is missing.", remedy)


async def _asked(subject: str, look: Callable[[], Awaitable[Finding]]) -> Finding:
    try:
        return await look()
    except SlackApiError as error:
        return Finding(subject, "warning", f"Slack answered {reason(error)}.", "Correct the scopes first.")


async def _channels(client: AsyncWebClient) -> Finding:
    answer: Any = await client.users_conversations(types="public_channel,private_channel", limit=999)
    names = [f"#{string(channel.get('name'))}" for channel in mappings(answer.get("channels"))]
    if not names:
        return Finding("channels", "warning", "Parley is in no channel yet.", "Type /invite @Parley in a channel.")
    shown = ", ".join(names[:MOST_CHANNELS]) + (" …" if len(names) > MOST_CHANNELS else "")
    return Finding("channels", "ok", f"Parley is in {counted(len(names), 'channel')}: {shown}.")
