"""Reactions: a country's flag asks for a translation as a reply, a thumb under a reply of Parley's is feedback."""

import asyncio
import logging
from dataclasses import dataclass, field, replace

import discord

from adapters.chat import Intent, Reply, offered
from adapters.discord.messages import place_of
from adapters.discord.reader import NO_CONTENT, once_in
from adapters.discord.requests import Reader
from adapters.discord.service import Service
from adapters.discord.surfaces.actions import judged
from adapters.discord.wire.retry import patiently
from adapters.platform.actions import FEEDBACK
from adapters.text.flags import language_of_emoji

log = logging.getLogger(__name__)

VERDICTS = {"👍": "up", "👎": "down"}
SKIN_TONES = range(0x1F3FB, 0x1F400)


@dataclass(frozen=True, slots=True)
class Reactions:
    """Looks at the message under a reaction and serves what the reaction means; thumbs in the order of their coming."""

    client: discord.Client
    reader: Reader
    service: Service
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def serve(self, event: discord.RawReactionActionEvent) -> None:
        """Translate or take the feedback; a message that is gone or can't be read asks for nothing."""
        emoji = "".join(char for char in event.emoji.name or "" if ord(char) not in SKIN_TONES)
        language, verdict = language_of_emoji(emoji), VERDICTS.get(emoji)
        removed = event.event_type == "REACTION_REMOVE"
        if self._by_bot(event):
            return
        if language and not removed and offered(self.reader.commands, "text"):
            await self._translate(event, language)
        elif verdict and self._may_be_mine(event) and self.reader.has(FEEDBACK):
            await self._judge(event, f"not {verdict}" if removed else verdict)

    def _may_be_mine(self, event: discord.RawReactionActionEvent) -> bool:
        """Return whether Parley wrote the message, or Discord didn't tell who did."""
        return self.client.user is not None and event.message_author_id in (None, self.client.user.id)

    def _by_bot(self, event: discord.RawReactionActionEvent) -> bool:
        own = self.client.user is not None and event.user_id == self.client.user.id
        return own or (event.member is not None and event.member.bot)

    async def _translate(self, event: discord.RawReactionActionEvent, language: str) -> None:
        message = await self._message(event)
        if message is None or message.is_system():
            return
        ask = self.reader.flagged(message, language, event.member or await self.client.fetch_user(event.user_id))
        if isinstance(ask.meant, Intent) and ask.meant.argument:
            await self.service.serve(ask)
        elif not self.reader.settings.message_content and not message.attachments:
            await self.service.serve(
                replace(ask, key=once_in(ask.place), meant=Reply(NO_CONTENT[0], notes=NO_CONTENT[1:]))
            )

    async def _judge(self, event: discord.RawReactionActionEvent, word: str) -> None:
        """Take a verdict on the answer that stands there."""
        async with self._turn:  # a thumb that is taken back at once comes after the one that was given
            message = await self._message(event)
            token = judged(message) if message is not None and message.author == self.client.user else ""
            if message is not None and token:
                await self.service.judge(str(event.user_id), place_of(message.channel), token, word)

    async def _message(self, event: discord.RawReactionActionEvent) -> discord.Message | None:
        """Return the message under the reaction."""
        channel = self.client.get_channel(event.channel_id) or self.client.get_partial_messageable(event.channel_id)
        if not isinstance(channel, discord.abc.Messageable):
            return None
        try:
            return await patiently(lambda: channel.fetch_message(event.message_id), self.reader.settings)
        except discord.HTTPException as error:
            log.info("the message under a reaction could not be read: %s", error.code)
            return None
