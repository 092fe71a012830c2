"""Looks at the set-up as Discord sees it: the token, the intent, and what Parley may do in each channel.

Calls Discord and changes nothing. The token never appears in what it says.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import discord

from adapters.discord.app import api_at
from adapters.discord.invite import PERMISSIONS, invite_url
from adapters.discord.settings import DiscordSettings
from adapters.discord.wire.gateway import PORTAL, TOKEN_REFUSED
from adapters.discord.wire.retry import LOST
from adapters.platform.findings import Finding
from adapters.text.counts import counted

MOST_CHANNELS = 5


async def check(settings: DiscordSettings) -> list[Finding]:
    """Return what was found, in the order in which somebody would put it right."""
    with api_at(settings.base_url):
        async with discord.Client(intents=discord.Intents.none()) as client:
            try:
                await client.login(settings.token)
                return [
                    _token(client),
                    _intent(client, settings),
                    *_installation(client),
                    *[one async for one in _servers(client)],
                ]
            except discord.LoginFailure:
                return [Finding("token", "problem", *TOKEN_REFUSED)]
            except LOST as error:
                return [_unreachable(settings, error)]


def _token(client: discord.Client) -> Finding:
    return Finding("token", "ok", f"Discord knows the bot token: {client.user}.")


def _unreachable(settings: DiscordSettings, error: Exception) -> Finding:
    return Finding(
        "connection",
        "problem",
        f"Discord can't be reached at {settings.base_url} ({type(error).__name__}).",
        "Check the network, a proxy (HTTPS_PROXY) and PARLEY_DISCORD__BASE_URL.",
    )


def _intent(client: discord.Client, settings: DiscordSettings) -> Finding:
    """Return whether the application has the intent that the settings count on."""
    flags = client.application_flags
    granted = flags.gateway_message_content or flags.gateway_message_content_limited
    if granted and settings.message_content:
        return Finding("message content", "ok", "Parley may read what people write where it is.")
    if settings.message_content:
        remedy = f"Turn on Message Content Intent under Bot at {PORTAL}, or set PARLEY_DISCORD__MESSAGE_CONTENT=false."
        return Finding("message content", "problem", "The message content intent isn't granted.", remedy)
    sentence = "Parley doesn't ask to read what people write: no summaries, no mood, no record of channels."
    return Finding("message content", "warning", sentence, "Set PARLEY_DISCORD__MESSAGE_CONTENT=true to change that.")


def _installation(client: discord.Client) -> Iterator[Finding]:
    """Yield whether people may install Parley for themselves, where Discord tells."""
    application = client.application
    if application is None or not (application.guild_integration_config or application.user_integration_config):
        return
    if application.user_integration_config:
        yield Finding("installation", "ok", "People may also install Parley for themselves and use it anywhere.")
    else:
        sentence = "Parley works only in servers that it was added to; people can't install it for themselves."
        yield Finding("installation", "warning", sentence, f"Turn on User Install under Installation at {PORTAL}.")


async def _servers(client: discord.Client) -> AsyncIterator[Finding]:
    """Yield each server, and the permissions that are missing in its channels."""
    permissions = 0
    async for listed in client.fetch_guilds():
        permissions += 1
        guild = await _server(client, listed.id)
        me = await guild.fetch_member(client.user.id if client.user else 0)
        channels = [each for each in guild.channels if not isinstance(each, discord.CategoryChannel)]
        yield _rights(guild.name, {channel.name: missing(channel, me) for channel in channels})
    if not permissions:
        link = invite_url(client.application_id or 0)
        yield Finding("servers", "warning", "Parley is in no server yet.", f"Open {link} to add it to one.")


async def _server(client: discord.Client, number: int) -> discord.Guild:
    """Return the server with its channels, but for those of a kind that the library doesn't know yet."""
    server: Any = await client.http.get_guild(number)
    channels: Any = await client.http.get_all_guild_channels(number)
    server = {**server, "channels": channels}
    return discord.Guild(data=server, state=client._connection)  # noqa: SLF001 - the library has no door to it


def missing(channel: discord.abc.GuildChannel, me: discord.Member) -> tuple[str, ...]:
    """Return the permissions that Parley lacks in a channel."""
    rights = channel.permissions_for(me)
    return tuple(name for name in PERMISSIONS if not getattr(rights, name))


def _rights(server: str, lacking: Mapping[str, tuple[str, ...]]) -> Finding:
    without = {channel: names for channel, names in lacking.items() if names}
    if not without:
        where = counted(len(lacking), "channel")
        return Finding(server, "ok", f"All {len(PERMISSIONS)} permissions are granted in {where}.")
    shown = "; ".join(f"#{channel}: {', '.join(names)}" for channel, names in [*without.items()][:MOST_CHANNELS])
    left = len(without) - MOST_CHANNELS
    more = f" and {counted(left, 'more channel')}" if left > 0 else ""
    remedy = "Grant them to Parley's role in the channel's permissions; what it isn't meant to read needs nothing."
    return Finding(server, "warning", f"Permissions are missing in {shown}{more}.", remedy)
