"""How an answer gets back: into the channel where it was asked, or to the one person who used a command.

Both first show that work is under way, then progress, and then the answer in the place of the progress. Knows pages and
files, nothing of what they say.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import discord

from adapters.chat import Attachment
from adapters.discord.patience import patiently
from adapters.discord.rendering import Rendered
from adapters.discord.settings import DiscordSettings

NOBODY = discord.AllowedMentions.none()
MOST_DESCRIPTION = 1_024


class Delivery(Protocol):
    """A way back to somebody who asked."""

    async def begin(self) -> bool:
        """Show that the question arrived; False where it was answered already."""
        ...

    async def show(self, text: str) -> None:
        """Show how far the work is, in the place where the answer will stand."""
        ...

    async def deliver(self, rendered: Rendered) -> None:
        """Give the answer. Raises one of patience.LOST."""
        ...


def files_of(attachments: Sequence[Attachment]) -> list[discord.File]:
    """The files, to be sent once: Discord's library uses them up."""
    return [
        discord.File(io.BytesIO(file.content), file.name, description=file.description[:MOST_DESCRIPTION])
        for file in attachments
    ]


@dataclass(slots=True)
class InChannel:
    """An answer for everyone in the channel, as a reply to the message that asked."""

    channel: discord.abc.Messageable
    settings: DiscordSettings
    message: discord.Message
    _draft: discord.Message | None = field(default=None)
    _sent: int = field(default=0)

    async def begin(self) -> bool:
        """Show that Parley types."""
        await self.channel.typing()
        return True

    async def show(self, text: str) -> None:
        """Post the progress, and edit it from then on."""
        if self._draft is None:
            self._draft = await self._send(text, ())
        else:
            await self._edit(self._draft, text, ())

    async def deliver(self, rendered: Rendered) -> None:
        """The first page takes the place of the progress; the others follow."""
        last = len(rendered.pages) - 1
        for number, page in enumerate(rendered.pages):
            files = rendered.files if number == last else ()
            if number == 0 and self._draft is not None:
                await self._edit(self._draft, page, files)
            else:
                await self._send(page, files)

    async def _send(self, text: str, files: Sequence[Attachment]) -> discord.Message:
        self._sent += 1
        nonce = f"{self.message.id}.{self._sent}"  # Discord keeps one of two messages with the same
        reference = self.message.to_reference(fail_if_not_exists=False) if self._sent == 1 else None
        options: dict[str, Any] = {"reference": reference} if reference else {}
        return await patiently(
            lambda: self.channel.send(
                text,
                files=files_of(files),
                nonce=nonce,
                allowed_mentions=NOBODY,
                mention_author=False,
                suppress_embeds=True,
                **options,
            ),
            self.settings,
        )

    async def _edit(self, draft: discord.Message, text: str, files: Sequence[Attachment]) -> None:
        await patiently(
            lambda: draft.edit(content=text, attachments=files_of(files), allowed_mentions=NOBODY, view=None),
            self.settings,
        )


@dataclass(slots=True)
class ToInteraction:
    """An answer to a command, a menu or a button, which only the person who used it sees."""

    interaction: discord.Interaction
    settings: DiscordSettings
    private: bool = True

    async def begin(self) -> bool:
        """Acknowledge within Discord's three seconds; False where that was done already."""
        try:
            await self.interaction.response.defer(ephemeral=self.private, thinking=True)
        except discord.InteractionResponded:
            return False
        except discord.HTTPException as error:
            if error.code != ACKNOWLEDGED:
                raise
            return False
        return True

    async def show(self, text: str) -> None:
        """Edit the reply that says “thinking”."""
        await self.interaction.edit_original_response(content=text, allowed_mentions=NOBODY)

    async def deliver(self, rendered: Rendered) -> None:
        """The first page takes the place of “thinking”; the others follow."""
        last = len(rendered.pages) - 1
        for number, page in enumerate(rendered.pages):
            files = rendered.files if number == last else ()
            await (self._first(page, files) if number == 0 else self._next(page, files))

    async def _first(self, text: str, files: Sequence[Attachment]) -> None:
        await patiently(
            lambda: self.interaction.edit_original_response(
                content=text, attachments=files_of(files), allowed_mentions=NOBODY, view=None
            ),
            self.settings,
        )

    async def _next(self, text: str, files: Sequence[Attachment]) -> None:
        await patiently(
            lambda: self.interaction.followup.send(
                text,
                files=files_of(files),
                ephemeral=self.private,
                allowed_mentions=NOBODY,
                suppress_embeds=True,
                wait=True,
            ),
            self.settings,
        )


ACKNOWLEDGED = 40060  # Discord's code for an interaction that has its first response
