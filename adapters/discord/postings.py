"""Posts what Parley says on Discord unasked. After a broken try it posts only what the channel lacks."""

from datetime import datetime

import discord

from adapters.chat import Place, Posting
from adapters.discord.messages import emoji_of
from adapters.discord.reader import PAGE, page_before
from adapters.discord.settings import DiscordSettings
from adapters.discord.surfaces.outgoing import nonce_of, parts, post
from adapters.discord.surfaces.rendering import render
from adapters.discord.wire.retry import LOST
from adapters.errors import Elsewhere, Unreachable, Unwelcome
from adapters.payloads.discord import DIRECT


async def post_unasked(client: discord.Client, posting: Posting, settings: DiscordSettings) -> None:
    """Say what doesn't stand there yet. Raises Unreachable and Unwelcome."""
    if not client.is_ready():
        raise Unreachable("Discord isn't connected.")
    try:
        channel = await _target(client, posting)
        await _post(channel, posting, settings)
    except (discord.Forbidden, discord.NotFound):
        raise Unwelcome("I may not write there.", "Let me see the channel and write in it.") from None
    except LOST as error:
        raise Unreachable(f"Discord didn't answer: {type(error).__name__}.") from None


async def _target(client: discord.Client, posting: Posting) -> discord.abc.Messageable:
    """Return where it belongs: the channel, or the direct messages with its person. Raises Unwelcome."""
    if posting.person:
        if not is_there(client, posting.place):
            raise Elsewhere("I am not in that server.")
        user = client.get_user(int(posting.person)) or await client.fetch_user(int(posting.person))
        return user.dm_channel or await user.create_dm()
    guild = client.get_guild(int(posting.place.workspace))
    channel = guild and guild.get_channel_or_thread(int(posting.place.thread or posting.place.channel))
    if not isinstance(channel, discord.abc.Messageable):
        raise Unwelcome("I don't see that channel.", "Let me see it and write in it.")
    return channel


def is_there(client: discord.Client, place: Place) -> bool:
    """Return whether this client is in the place's server; what is outside of servers may be any client's."""
    workspace = place.workspace
    return workspace == DIRECT or (workspace.isdecimal() and client.get_guild(int(workspace)) is not None)


async def _post(channel: discord.abc.Messageable, posting: Posting, settings: DiscordSettings) -> None:
    lines = await _said(channel, posting.tried, settings) if posting.tried else []
    if any(posting.line in text for text in lines):  # it stands on the last page, together with the files
        return
    rendered = render(posting.reply, None, settings.zone, emoji=emoji_of(channel))
    missing = [part for part in parts(rendered) if part.pages[0].strip() not in lines]
    await post(channel, missing, settings, nonce_of(posting.key))


async def _said(channel: discord.abc.Messageable, since: datetime, settings: DiscordSettings) -> list[str]:
    """Return what Parley has written there since then."""
    lines: list[str] = []
    before: int | None = None
    while page := await page_before(channel, before, settings):
        own = [message for message in page if message.author.id == _me(channel, message)]
        lines += [message.content.strip() for message in own if message.created_at >= since]
        if page[-1].created_at < since or len(page) < PAGE:
            break
        before = page[-1].id
    return lines


def _me(channel: discord.abc.Messageable, message: discord.Message) -> int:
    """Return Parley's own id, as a member of the server or as one of the two who write to each other."""
    if isinstance(channel, discord.DMChannel):
        return channel.me.id
    return message.guild.me.id if message.guild else 0
