"""Serves an ask on Discord: its surfaces, its access, its buttons, and what can't be read there."""

import logging
from dataclasses import dataclass, replace
from typing import ClassVar

import discord

from adapters.chat import Access, Fetch, Intent, Pending, Place, Reply, Request, Typed
from adapters.discord.access import DiscordAccess
from adapters.discord.asks import Ask
from adapters.discord.messages import emoji_of
from adapters.discord.reader import NO_CONTENT, NOT_HERE, Reading, once_in
from adapters.discord.settings import DiscordSettings
from adapters.discord.surfaces.actions import CANCEL, DO, SHARE, THREAD, Button, encode, plain
from adapters.discord.surfaces.answers import Surface
from adapters.discord.surfaces.rendering import Rendered, render
from adapters.discord.wire.retry import LOST
from adapters.discord.words import say
from adapters.payloads.discord import DIRECT
from adapters.platform import replies, service

log = logging.getLogger(__name__)

THREAD_LABEL = "Continue in a thread"
UNREADABLE = Reply(NOT_HERE[0], notes=NOT_HERE[1:], refusal=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(service.Service[Ask, Rendered]):
    """The parts that serve every ask."""

    failures: ClassVar[tuple[type[Exception], ...]] = LOST

    client: discord.Client
    reading: Reading
    settings: DiscordSettings

    def surface(self, ask: Ask) -> Surface:
        """Return the ask's own surface, with a button under it that stops the work."""
        ask.surface.cancel = Button(say(replies.CANCEL, ask.locale), plain(CANCEL, ask.key))
        return ask.surface

    def access(self, user: str, ask: Ask | None = None) -> Access:
        """Return what Discord says of that person."""
        here = replace(ask.place, thread=None) if ask is not None and ask.sees else None
        return DiscordAccess(self.client, int(user), here, self.settings.message_content)

    def is_direct(self, place: Place) -> bool:
        """Return whether it is a conversation outside of servers."""
        return place.workspace == DIRECT

    def fetch(self, ask: Ask) -> Fetch:
        """Return a reader of the channel."""
        return self.reading.fetch(ask.channel, ask.known)

    def elsewhere(self, place: Place) -> Fetch:
        """Return a reader of another channel of a server."""
        channel = self.client.get_channel(int(place.channel))
        return self.reading.fetch(channel if isinstance(channel, discord.abc.Messageable) else None)

    def render(self, ask: Ask, request: Request | None, reply: Reply, share: Intent | None) -> Rendered:
        """Return the reply as Discord's messages, with its buttons: one acts where it is pressed."""
        pressed = [] if ask.elsewhere else [*self._buttons(ask, request, reply, share)]
        buttons = [Button(label, custom_id) for label, custom_id in pressed if custom_id is not None]
        zone = ask.zone or self.settings.zone
        return render(reply, request, zone, buttons, locale=ask.locale, emoji=emoji_of(ask.channel))

    def _buttons(
        self, ask: Ask, request: Request | None, reply: Reply, share: Intent | None
    ) -> list[tuple[str, str | None]]:
        """Return what stands on each button and the id of it, None for an intent that is too long."""
        pressed = [(action.label, encode(DO, action.intent)) for action in reply.actions]
        if share is not None:
            pressed.append((say(replies.SHARE, ask.locale), encode(SHARE, share)))
        command = self.command(request.intent.name) if request else None
        if command and command.takes("window") and not command.takes("language") and not reply.refusal:
            pressed += [(say(THREAD_LABEL, ask.locale), plain(THREAD))] if self._may_open_thread(ask) else []
        return pressed

    def is_final(self, error: Exception) -> bool:
        """Return whether nothing can be said there."""
        if isinstance(error, discord.Forbidden):
            log.warning("an answer may not be sent: %s", error.code)
            return True
        log.warning("an answer could not be sent: %s", type(error).__name__)
        return False

    async def remarks(self, request: Request) -> tuple[str, ...]:
        """Return, once in each channel, what can't be read there without the message content intent."""
        if self.settings.message_content or request.place.workspace == DIRECT:
            return ()
        command = self.command(request.intent.name)
        if command is None or not command.takes("window"):
            return ()
        key = once_in(request.place)
        if not await self.host.claim(Pending(key, request.place, request.asker, self.settings.clock.now())):
            return ()
        await self.host.settle(key)
        return tuple(say(words, request.locale) for words in NO_CONTENT)

    def _may_open_thread(self, ask: Ask) -> bool:
        """Return whether talk may go on in a thread there, which Parley must be able to read."""
        channel = ask.channel
        if not self.settings.message_content or not ask.public or not isinstance(channel, discord.TextChannel):
            return False
        return channel.permissions_for(channel.guild.me).create_public_threads

    async def refused(self, ask: Ask) -> Reply | None:
        """Return why it can't be answered: it is about what was said where Parley isn't a member, and has no text."""
        meant = ask.meant
        if ask.channel is not None or ask.known or isinstance(meant, Reply):
            return None
        name, words = (meant.command, meant.words) if isinstance(meant, Typed) else (meant.name, meant.argument)
        command = self.command(name)
        if command is None or not command.takes("window") or (command.argument == "text" and words):
            return None
        return UNREADABLE
