"""Posts what Parley says on Discord unasked, and keeps it beside messages. A second try posts only what is missing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

import discord

from adapters.chat import UNREAD, Action, Companion, Place, Posting, Request
from adapters.discord.messages import emoji_of
from adapters.discord.reader import PAGE, page_before
from adapters.discord.settings import DiscordSettings
from adapters.discord.surfaces.actions import DO, Button, encode
from adapters.discord.surfaces.outgoing import nonce_of, parts, post, rewrite
from adapters.discord.surfaces.rendering import render
from adapters.discord.wire.retry import LOST, patiently
from adapters.errors import Elsewhere, Unreachable, Unwelcome
from adapters.payloads.discord import DIRECT

MALFORMED = 400


async def post_unasked(client: discord.Client, posting: Posting, settings: DiscordSettings) -> None:
    """Say what doesn't stand there yet. Raises Unreachable, Unwelcome and Elsewhere."""
    with explained(client, posting.place):
        await _post(await _target(client, posting), posting, settings)


async def accompany(client: discord.Client, companion: Companion, settings: DiscordSettings) -> str:
    """Return the ids of the companion's messages: replies to the message that it stands beside, which ping nobody.

    Raises Unreachable, and Unwelcome also where the message or the companion is gone.
    """
    about = companion.about
    with explained(client, about.place):
        channel = room_of(client, about.place, about.id)
        request = Request(UNREAD, about.place, about.author, about)  # whose links are its author's own
        buttons = buttons_of(companion.reply.actions)
        rendered = render(companion.reply, request, settings.zone, buttons, emoji=emoji_of(channel))
        standing = companion.post.split()
        if companion.tried and not standing:
            standing = await _replies(channel, int(about.id), settings)
        pages = list(parts(rendered))
        for number, page in enumerate(pages):
            if number < len(standing):
                await rewrite(channel.get_partial_message(int(standing[number])), page, settings)
            else:
                beside = discord.MessageReference(message_id=int(about.id), channel_id=channel.id)
                sent = await post(channel, [page], settings, nonce_of(f"{companion.key}/{number}"), reference=beside)
                standing += [str(sent.id)] if sent else []
        for surplus in standing[len(pages) :]:
            await _delete(channel, int(surplus), settings)
        return " ".join(standing[: len(pages)])


async def withdraw(client: discord.Client, companion: Companion, settings: DiscordSettings) -> None:
    """Delete what stands beside a message, if anything does. Raises Unreachable, Unwelcome and Elsewhere."""
    about = companion.about
    with explained(client, about.place):
        channel = room_of(client, about.place, about.id)
        for id_ in companion.post.split() or await _replies(channel, int(about.id), settings):
            await _delete(channel, int(id_), settings)


def room_of(client: discord.Client, place: Place, message: str = "") -> Any:
    """Return the channel or thread of the place; a forum's post is a thread. Raises Unwelcome."""
    guild = client.get_guild(int(place.workspace))
    for id_ in filter(None, (place.thread or place.channel, "" if place.thread else message)):
        channel = guild and guild.get_channel_or_thread(int(id_))
        if isinstance(channel, discord.abc.Messageable):
            return channel
    raise Unwelcome("I don't see that channel.", "Let me see it and write in it.")


def buttons_of(actions: Sequence[Action]) -> list[Button]:
    """Return the buttons of what Parley says unasked."""
    pressed = [(action.label, encode(DO, action.intent)) for action in actions]
    return [Button(label, custom_id) for label, custom_id in pressed if custom_id is not None]


async def _replies(channel: Any, message: int, settings: DiscordSettings) -> list[str]:
    """Return the ids of what Parley has said as replies to the message, oldest first, among the next hundred there."""

    async def read() -> list[discord.Message]:
        return [each async for each in channel.history(limit=PAGE, after=discord.Object(message), oldest_first=True)]

    said = await patiently(read, settings)
    own = [each for each in said if each.author.id == _me(channel, each)]
    return [str(each.id) for each in own if each.reference and each.reference.message_id == message]


async def _delete(channel: Any, message: int, settings: DiscordSettings) -> None:
    with suppress(discord.NotFound):
        await patiently(lambda: channel.get_partial_message(message).delete(), settings)


@contextmanager
def explained(client: discord.Client, place: Place) -> Iterator[None]:
    """Say what Discord refuses in words of the edge. Raises Elsewhere, Unwelcome and Unreachable."""
    if not client.is_ready():
        raise Unreachable("Discord isn't connected.")
    if not is_there(client, place):
        raise Elsewhere("I am not in that server.")
    try:
        yield
    except (discord.Forbidden, discord.NotFound):
        raise Unwelcome("I may not write there.", "Let me see the channel and write in it.") from None
    except discord.HTTPException as error:
        if error.status == MALFORMED:  # such as a reply to a message that is gone
            raise Unwelcome("Discord doesn't take that there.") from None
        raise Unreachable(f"Discord didn't answer: {type(error).__name__}.") from None
    except LOST as error:
        raise Unreachable(f"Discord didn't answer: {type(error).__name__}.") from None


async def _target(client: discord.Client, posting: Posting) -> discord.abc.Messageable:
    """Return where it belongs: the channel, or the direct messages with its person. Raises Unwelcome."""
    if posting.person:
        user = client.get_user(int(posting.person)) or await client.fetch_user(int(posting.person))
        return user.dm_channel or await user.create_dm()
    room: discord.abc.Messageable = room_of(client, posting.place)
    return room


def is_there(client: discord.Client, place: Place) -> bool:
    """Return whether this client is in the place's server; what is outside of servers may be any client's."""
    workspace = place.workspace
    return workspace == DIRECT or (workspace.isdecimal() and client.get_guild(int(workspace)) is not None)


async def _post(channel: discord.abc.Messageable, posting: Posting, settings: DiscordSettings) -> None:
    lines = await _said(channel, posting.tried, settings) if posting.tried else []
    if any(posting.line in text for text in lines):  # it stands on the last page, together with the files
        return
    rendered = render(posting.reply, None, settings.zone, buttons_of(posting.reply.actions), emoji=emoji_of(channel))
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
