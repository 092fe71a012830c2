"""Sends pages and files: with nobody mentioned, once however often it is tried, and without files where none are taken.

Knows nothing of what it sends.
"""

import io
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import discord

from adapters.chat import Attachment
from adapters.discord.actions import view_of
from adapters.discord.patience import UNTAKEN, patiently
from adapters.discord.rendering import LIMIT, Rendered
from adapters.discord.settings import DiscordSettings
from adapters.pages import utf16_length

log = logging.getLogger(__name__)

NOBODY = discord.AllowedMentions.none()
MOST_DESCRIPTION = 1_024
NO_FILES = "-# I may not attach files here, or they are too large."
TOO_LARGE = 413
Send = Callable[[str, Sequence[Attachment]], Awaitable[discord.Message]]


def files_of(attachments: Sequence[Attachment]) -> list[discord.File]:
    """The files, to be sent once: discord.py uses them up."""
    return [
        discord.File(io.BytesIO(file.content), file.name, description=file.description[:MOST_DESCRIPTION])
        for file in attachments
    ]


def parts(rendered: Rendered) -> Iterator[Rendered]:
    """The reply page by page; its files and buttons go with the last one."""
    *before, last = rendered.pages
    yield from (Rendered((page,)) for page in before)
    yield replace(rendered, pages=(last,))


async def post(
    target: discord.abc.Messageable, pages: Iterable[Rendered], settings: DiscordSettings, nonce: str, **first: Any
) -> discord.Message | None:
    """Send the pages, and return the message of the first; `first` are options that only that one has.

    Discord keeps one of two messages with the same nonce, so that a call may be made again.
    """
    message = None
    for number, part in enumerate(pages):
        sent = await _post(target, part, settings, nonce=f"{nonce}.{number}", **first)
        message, first = message or sent, {}
    return message


async def _post(
    target: discord.abc.Messageable, part: Rendered, settings: DiscordSettings, **options: Any
) -> discord.Message:
    options |= {"view": view} if (view := view_of(part.buttons)) else {}
    return await _with_files(
        part,
        lambda text, files: patiently(
            lambda: target.send(
                text,
                files=files_of(files),
                allowed_mentions=NOBODY,
                suppress_embeds=True,
                mention_author=False,
                **options,
            ),
            settings,
        ),
    )


async def edit(message: discord.Message, part: Rendered, settings: DiscordSettings) -> None:
    """Another text for a message that was sent before."""
    await _with_files(
        part,
        lambda text, files: patiently(
            lambda: message.edit(
                content=text,
                attachments=files_of(files),
                allowed_mentions=NOBODY,
                suppress=True,
                view=view_of(part.buttons),
            ),
            settings,
        ),
    )


async def respond(interaction: discord.Interaction, part: Rendered, settings: DiscordSettings) -> None:
    """The answer to an interaction, or another text for it."""
    await _with_files(
        part,
        lambda text, files: patiently(
            lambda: interaction.edit_original_response(
                content=text, attachments=files_of(files), allowed_mentions=NOBODY, view=view_of(part.buttons)
            ),
            settings,
        ),
    )


async def follow(interaction: discord.Interaction, part: Rendered, settings: DiscordSettings, *, private: bool) -> None:
    """One more message after the answer to an interaction, where Discord knows no nonce."""
    options: dict[str, Any] = {"view": view} if (view := view_of(part.buttons)) else {}
    options |= {"ephemeral": private, "suppress_embeds": True, "wait": True}
    await _with_files(
        part,
        lambda text, files: patiently(
            lambda: interaction.followup.send(text, files=files_of(files), allowed_mentions=NOBODY, **options),
            settings,
            again=UNTAKEN,
        ),
    )


async def _with_files(part: Rendered, send: Send) -> discord.Message:
    """What `send` returns for the page and its files; where they aren't taken, for the page alone, which says so."""
    (text,) = part.pages
    try:
        return await send(text, part.files)
    except discord.HTTPException as error:
        if not part.files or (error.status != TOO_LARGE and not isinstance(error, discord.Forbidden)):
            raise
        log.info("files were not taken: %s", error.code)
        fits = utf16_length(text) + utf16_length(NO_FILES) < LIMIT
        return await send(f"{text}\n{NO_FILES}" if fits else text, ())
