"""Sends pages and files: with nobody mentioned, once however often it is tried, and without files where none are taken.

Knows nothing of what it sends.
"""

import hashlib
import io
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import discord

from adapters.chat import Attachment
from adapters.discord.settings import DiscordSettings
from adapters.discord.surfaces.actions import view_of
from adapters.discord.surfaces.rendering import LIMIT, Rendered
from adapters.discord.wire.retry import PASSING, UNTAKEN, patiently
from adapters.text.pages import utf16_length

log = logging.getLogger(__name__)

NOBODY = discord.AllowedMentions.none()
MOST_DESCRIPTION = 1_024
CHARACTERS = 18  # of a nonce, which may have 25 with what tells one message of an answer from another
NO_FILES = "-# I may not attach files here, or they are too large."
TOO_LARGE = 413
Send = Callable[[str, list[discord.File]], Awaitable[discord.Message]]


def files_of(attachments: Sequence[Attachment]) -> list[discord.File]:
    """Return the files, to be sent once: discord.py uses them up."""
    return [
        discord.File(io.BytesIO(file.content), file.name, description=file.description[:MOST_DESCRIPTION])
        for file in attachments
    ]


def nonce_of(key: str) -> str:
    """Return what tells Discord one thing to be said from another: the same for the same key."""
    return hashlib.sha256(key.encode()).hexdigest()[:CHARACTERS]


def parts(rendered: Rendered) -> Iterator[Rendered]:
    """Yield the reply page by page; its files and buttons go with the last one."""
    *before, last = rendered.pages
    yield from (Rendered((page,)) for page in before)
    yield replace(rendered, pages=(last,))


async def post(
    target: discord.abc.Messageable, pages: Iterable[Rendered], settings: DiscordSettings, nonce: str, **first: Any
) -> discord.Message | None:
    """Send the pages, and return the message of the first; `first` are options that only that one has.

    Discord keeps one of two messages with the same nonce, wherever they go, so that a call may be made again.
    """
    message = None
    for number, part in enumerate(pages):
        sent = await _post(target, part, settings, nonce=f"{nonce}.{number}", **first)
        message, first = message or sent, {}
    return message


async def _post(
    target: discord.abc.Messageable, part: Rendered, settings: DiscordSettings, **options: Any
) -> discord.Message:
    options |= {"mention_author": False, **_shape(part)}
    return await _sent(part, settings, lambda text, files: target.send(text, files=files, **options))


async def edit(message: discord.Message, part: Rendered, settings: DiscordSettings) -> None:
    """Give a message that was sent before another text."""
    view = view_of(part.buttons)
    await _sent(
        part,
        settings,
        lambda text, files: message.edit(
            content=text, attachments=files, allowed_mentions=NOBODY, suppress=True, view=view
        ),
    )


async def rewrite(message: discord.PartialMessage, part: Rendered, settings: DiscordSettings) -> None:
    """Give a message of which only the id is known another text."""
    (text,), view = part.pages, view_of(part.buttons)
    await patiently(lambda: message.edit(content=text, allowed_mentions=NOBODY, view=view), settings)


async def respond(interaction: discord.Interaction, part: Rendered, settings: DiscordSettings) -> None:
    """Send the answer to an interaction, or another text for it."""
    rewrite, view = interaction.edit_original_response, view_of(part.buttons)
    await _sent(
        part,
        settings,
        lambda text, files: rewrite(content=text, attachments=files, allowed_mentions=NOBODY, view=view),
    )


async def follow(interaction: discord.Interaction, part: Rendered, settings: DiscordSettings, *, private: bool) -> None:
    """Send one more message after the answer to an interaction, where Discord knows no nonce."""
    send, options = interaction.followup.send, {"ephemeral": private, "wait": True, **_shape(part)}
    await _sent(part, settings, lambda text, files: send(text, files=files, **options), again=UNTAKEN)


def _shape(part: Rendered) -> dict[str, Any]:
    """Return the options of every new message: nobody mentioned, nothing unfolded, and buttons if there are any."""
    view = view_of(part.buttons)
    return {"allowed_mentions": NOBODY, "suppress_embeds": True, **({"view": view} if view else {})}


async def _sent(
    part: Rendered, settings: DiscordSettings, send: Send, *, again: tuple[type[Exception], ...] = PASSING
) -> discord.Message:
    """Return what `send` returns for the page and its files.

    Where Discord doesn't take the files, the page goes alone and says so.
    """
    (text,) = part.pages
    try:
        return await patiently(lambda: send(text, files_of(part.files)), settings, again=again)
    except discord.HTTPException as error:
        if not part.files or (error.status != TOO_LARGE and not isinstance(error, discord.Forbidden)):
            raise
        log.info("files were not taken: %s", error.code)
        content = f"{text}\n{NO_FILES}"
        return await patiently(
            lambda: send(content if utf16_length(content) <= LIMIT else text, []), settings, again=again
        )
