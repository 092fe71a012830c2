"""The link that adds Parley to a server, with exactly the permissions that it uses, each with its reason."""

from collections.abc import Mapping, Sequence

import discord

from adapters.chat import Command
from adapters.discord.app import api_at
from adapters.discord.settings import DiscordSettings
from adapters.discord.wire.gateway import PORTAL, TOKEN_REFUSED
from adapters.discord.wire.retry import LOST
from adapters.errors import EdgeError, ServiceStopped
from adapters.platform.contract import Printed

PERMISSIONS: Mapping[str, str] = {
    "view_channel": "to see the channels that it is asked in",
    "send_messages": "to answer, and to keep translations beside messages",
    "send_messages_in_threads": "to answer in threads and forum posts",
    "read_message_history": "to answer as a reply, and to read what it is asked about",
    "attach_files": "for charts, and for answers too long for messages",
    "create_public_threads": "to go on in a thread",
    "manage_webhooks": "to carry messages over a bridge under their authors' names and pictures",
}

STEPS = (
    f"Create the application at {PORTAL}: New Application.\n"
    "  1. Bot, Reset Token, and copy the token.\n"
    "  2. Bot, Privileged Gateway Intents: turn on Message Content Intent."
)


def permissions() -> discord.Permissions:
    """Return the permissions, as Discord counts them."""
    return discord.Permissions(**dict.fromkeys(PERMISSIONS, True))


def invite_url(application: int) -> str:
    """Return the link for that application."""
    scopes = ("bot", "applications.commands")
    return discord.utils.oauth_url(application, permissions=permissions(), scopes=scopes)


async def print_invitation(settings: DiscordSettings, _: Sequence[Command], __: Mapping[str, str]) -> Printed:
    """Return the link for whoever adds Parley to a server. Raises ServiceStopped and EdgeError."""
    url = await invite(settings)
    return Printed(url, {"url": url, "permissions": dict(PERMISSIONS)})


async def invite(settings: DiscordSettings) -> str:
    """Return the link for the token's application, which Discord is asked for.

    Raises ServiceStopped for a refused token.
    """
    with api_at(settings.base_url):
        async with discord.Client(intents=discord.Intents.none()) as client:
            try:
                await client.login(settings.token)
            except discord.LoginFailure:
                raise ServiceStopped(*TOKEN_REFUSED) from None
            except LOST as error:
                raise EdgeError(f"Discord can't be reached ({type(error).__name__}).", "Check the network.") from None
            return invite_url(client.application_id or 0)


async def create(settings: DiscordSettings, commands: Sequence[Command], given: Mapping[str, str]) -> Printed:
    """Return where Discord shows what Parley needs: no program can create a bot of one's own."""
    del settings, commands, given
    return Printed(STEPS, {"portal": PORTAL})
