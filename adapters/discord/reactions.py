"""Reactions: a country's flag asks for a translation as a reply, a thumb under a reply of Parley's is feedback."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

import discord

from adapters.chat import Intent, Reply
from adapters.discord.asks import Ask
from adapters.discord.messages import message_of, person_of, place_of, words_for
from adapters.discord.patience import patiently
from adapters.discord.reading import NO_CONTENT, once_in
from adapters.discord.requests import Reader, target_of
from adapters.discord.service import Service
from adapters.discord.surfaces import Silent
from adapters.flags import language_of_emoji
from adapters.parse import read_words

log = logging.getLogger(__name__)

VERDICTS = {"👍": "up", "👎": "down"}
SKIN_TONES = range(0x1F3FB, 0x1F400)


@dataclass(frozen=True, slots=True)
class Reactions:
    """Looks at the message under a reaction and serves what the reaction means."""

    client: discord.Client
    reader: Reader
    service: Service

    async def serve(self, event: discord.RawReactionActionEvent) -> None:
        """Translate or take the feedback; a message that is gone or can't be read asks for nothing."""
        emoji = "".join(char for char in event.emoji.name or "" if ord(char) not in SKIN_TONES)
        language, verdict = language_of_emoji(emoji), VERDICTS.get(emoji)
        if self._by_bot(event):
            return
        if language and self.reader.has("translate"):
            await self._translate(event, language)
        elif verdict and self._may_be_mine(event) and self.reader.has("feedback"):
            await self._feedback(event, verdict)

    def _may_be_mine(self, event: discord.RawReactionActionEvent) -> bool:
        """Whether Parley wrote the message, or Discord didn't tell who did."""
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

    async def _feedback(self, event: discord.RawReactionActionEvent, verdict: str) -> None:
        """A verdict on a reply, with what had been asked; nobody is answered, because all would see it."""
        message = await self._message(event)
        if message is None or message.author != self.client.user:
            return
        user = event.member or await self.client.fetch_user(event.user_id)
        place = place_of(message.channel)
        ask = Ask(
            key=f"feedback:{event.channel_id}:{event.message_id}:{event.user_id}:{verdict}",
            place=place,
            asker=person_of(user),
            meant=Intent("feedback", verdict, options={"reply": str(message.id), **self._asked(message)}),
            surface=Silent(),
            channel=message.channel,
            message=message_of(message),
        )
        await self.service.serve(ask)

    def _asked(self, reply: discord.Message) -> Mapping[str, str]:
        """What the message asked that the reply answers, where Discord still has it."""
        asked, settings = target_of(reply), self.reader.settings
        if asked is None or self.client.user is None:
            return {}
        words, thread = words_for(asked, [self.client.user.id]), place_of(asked.channel).thread
        intent = read_words(words, thread, self.reader.commands, settings.clock.now(), settings.zone)
        return {"intent": intent.name, "argument": intent.argument}

    async def _message(self, event: discord.RawReactionActionEvent) -> discord.Message | None:
        """The message under the reaction."""
        channel = self.client.get_channel(event.channel_id) or self.client.get_partial_messageable(event.channel_id)
        if not isinstance(channel, discord.abc.Messageable):
            return None
        try:
            return await patiently(lambda: channel.fetch_message(event.message_id), self.reader.settings)
        except discord.HTTPException as error:
            log.info("the message under a reaction could not be read: %s", error.code)
            return None
