"""Shows an answer while it is made: as a message in the channel where it was asked, or as the answer to a command.

Each first shows that work is under way, then its stages and the text as it is written, then the reply in their place.
Knows pages, files and buttons, nothing of what they say.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from typing import Protocol

import discord

from adapters.discord.settings import DiscordSettings
from adapters.discord.surfaces.actions import Button
from adapters.discord.surfaces.outgoing import edit, follow, nonce_of, parts, post, respond
from adapters.discord.surfaces.rendering import LIMIT, Rendered, shown
from adapters.discord.wire.retry import LOST, patiently
from adapters.discord.words import say
from adapters.platform import service
from adapters.text.pages import pages, utf16_length

log = logging.getLogger(__name__)

TYPING = 1.0  # seconds to wait for Discord to show it
TYPING_AGAIN = 8.0  # seconds; Discord shows it for ten
QUICK = 2  # tries of an acknowledgement, which are over within its three seconds
LIFE = 14.5 * 60  # seconds; Discord takes answers to an interaction for 15 minutes
ACKNOWLEDGED = 40060  # the code of an interaction that has its first response
GONE = {10015, 10062, 50027}  # the codes of an interaction whose time is over
CLOSED = "This is for you alone, and I may not write to you directly. Ask with the slash command: only you see it."
BELOW = "-# The answer is below, for everyone."
TOO_LATE = "That took too long for a private answer, and I may not write to you directly. Please ask again."


class Surface(service.Surface[Rendered], Protocol):
    """A place where an answer is shown. `cancel` is the button under work that is still going on."""

    cancel: Button | None


@dataclass(slots=True, kw_only=True)
class Growing(ABC):
    """Holds what a message and an answer have in common: they are rewritten while the reply grows.

    `cancel` is the button under work that is still going on.
    """

    cancel: Button | None = None
    _written: str = ""

    async def status(self, words: str) -> None:
        """Show a line in italics, which the text or the reply replaces."""
        if not self._written:
            await self._show(self._unfinished(f"*{words} …*"))

    async def write(self, tamed: str) -> None:
        """Show more of the text, by rewriting all of it; of a long one its end."""
        self._written += tamed
        if written := pages(shown(self._written), LIMIT, measure=utf16_length):
            await self._show(self._unfinished(written[-1]))

    def _unfinished(self, text: str) -> Rendered:
        return Rendered((text,), buttons=(self.cancel,) if self.cancel else ())

    @abstractmethod
    async def _show(self, part: Rendered) -> None:
        """Put one page where the reply will stand."""


@dataclass(slots=True)
class Open(Growing):
    """A message for everyone in the channel, as a reply to `message`; where that can't be, for `author` alone.

    `key` is the ask's: two answers to one message, such as in two languages, are two messages.
    """

    channel: discord.abc.Messageable
    settings: DiscordSettings
    message: discord.Message
    author: discord.User | discord.Member
    key: str
    _draft: discord.Message | None = None

    async def acknowledge(self) -> None:
        """Show that Parley types, if Discord takes it at once."""
        try:
            async with asyncio.timeout(TYPING):
                await self.channel.typing()
        except (*LOST, TimeoutError) as error:
            log.info("typing could not be shown: %s", type(error).__name__)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Keep Parley typing."""
        task = asyncio.create_task(self._go_on_typing())
        try:
            yield
        finally:
            task.cancel()

    async def _go_on_typing(self) -> None:
        while True:
            await self.settings.clock.sleep(TYPING_AGAIN)
            await self.acknowledge()

    async def _show(self, part: Rendered) -> None:
        if self._draft is None:
            self._draft = await self._post(part)
        else:
            await edit(self._draft, part, self.settings)

    async def finish(self, rendered: Rendered) -> None:
        """Show the reply on the message that stands there, or as a new one; directly where Parley may not write."""
        try:
            if self._draft is None:
                await self._post(rendered)
                return
            first, *others = parts(rendered)
            await edit(self._draft, first, self.settings)
            await post(self.channel, others, self.settings, f"{nonce_of(self.key)}+")
        except discord.NotFound:  # somebody deleted what was shown so far
            await self._post(rendered, "new")
        except discord.Forbidden as error:
            log.info("an answer goes to its asker directly: %s", error.code)
            await self._tell(rendered)

    async def publish(self, rendered: Rendered) -> None:
        """Show the reply, which everyone sees anyway."""
        await self.finish(rendered)

    async def whisper(self, rendered: Rendered) -> None:
        """Send the reply to its asker alone, though it was asked in the open; else say how to get it."""
        await self.drop()
        try:
            await self._tell(rendered)
        except discord.Forbidden as error:
            log.info("a personal answer could not be announced: %s", error.code)
            await self._post(Rendered((CLOSED,)), "c")

    async def drop(self) -> None:
        """Take back what was shown, unless somebody did."""
        if self._draft is not None:
            with suppress(discord.NotFound):
                await self._draft.delete()

    async def _tell(self, rendered: Rendered) -> None:
        await post(self.author, parts(rendered), self.settings, f"{nonce_of(self.key)}d")

    async def _post(self, rendered: Rendered, again: str = "") -> discord.Message | None:
        """Reply to the message; `again` tells a second reply from the first, which Discord would take for the same."""
        reference, nonce = self.message.to_reference(fail_if_not_exists=False), f"{nonce_of(self.key)}{again}"
        return await post(self.channel, parts(rendered), self.settings, nonce, reference=reference)


@dataclass(slots=True)
class Note(Growing):
    """The answer to a command, a menu or a button: to the one person who used it, or with `private` off to everyone.

    `since` is when it was used, on the clock's `elapsed`.
    """

    interaction: discord.Interaction
    settings: DiscordSettings
    since: float
    private: bool = True

    async def acknowledge(self) -> None:
        """Acknowledge within Discord's three seconds. Whoever did so before, the claim decides who answers."""
        settings = replace(self.settings, patience=QUICK)
        try:
            await patiently(lambda: self.interaction.response.defer(ephemeral=self.private, thinking=True), settings)
        except discord.HTTPException as error:
            if error.code != ACKNOWLEDGED:
                raise

    def working(self) -> AbstractAsyncContextManager[None]:
        """Do nothing: Discord shows by itself that Parley thinks."""
        return nullcontext()

    async def _show(self, part: Rendered) -> None:
        if self._is_open():
            await respond(self.interaction, part, self.settings)

    def _is_open(self) -> bool:
        return self.settings.clock.elapsed() - self.since < LIFE

    async def finish(self, rendered: Rendered) -> None:
        """Show the reply in place of what was shown; in the channel or directly where Discord's time is over."""
        await self._in_time(rendered, self._finish, public=not self.private)

    async def whisper(self, rendered: Rendered) -> None:
        """Show the reply to those for whom Discord took the question."""
        await self.finish(rendered)

    async def publish(self, rendered: Rendered) -> None:
        """Show the reply to everyone, though the acknowledgement was for one person."""
        await self._in_time(rendered, self._publish, public=True)

    async def _in_time(self, rendered: Rendered, send: Callable[[Rendered], Awaitable[None]], *, public: bool) -> None:
        if self._is_open():
            try:
                await send(rendered)
            except discord.HTTPException as error:
                if error.code not in GONE:
                    raise
            else:
                return
        await self._finish_late(rendered, public=public)

    async def _finish(self, rendered: Rendered) -> None:
        first, *others = parts(rendered)
        await self._show(first)
        for part in others:
            await follow(self.interaction, part, self.settings, private=self.private)

    async def _publish(self, rendered: Rendered) -> None:
        await self._show(Rendered((say(BELOW, self.interaction.locale.value),)))
        for part in parts(rendered):
            await follow(self.interaction, part, self.settings, private=False)

    async def _finish_late(self, rendered: Rendered, *, public: bool) -> None:
        """Send the reply without the interaction: to the channel what is for everyone, all else to the asker."""
        channel, user, nonce = self.interaction.channel, self.interaction.user, str(self.interaction.id)
        room = channel if isinstance(channel, discord.abc.Messageable) else None
        if public and room is not None:
            try:
                await post(room, parts(rendered), self.settings, nonce)
            except (discord.Forbidden, discord.NotFound) as error:
                log.info("a late answer goes to its asker directly: %s", error.code)
            else:
                return
        try:
            await post(user, parts(rendered), self.settings, f"{nonce}d")
        except discord.Forbidden:
            if room is None:
                raise
            words = f"{user.mention} {say(TOO_LATE, self.interaction.locale.value)}"  # their name, which calls nobody
            await post(room, [Rendered((words,))], self.settings, nonce)

    async def drop(self) -> None:
        """Take back the acknowledgement, while Discord lets go of it."""
        if self._is_open():
            await self.interaction.delete_original_response()
