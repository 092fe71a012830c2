"""Reactions: a country's flag asks for a translation in the thread, a thumb under a reply is feedback."""

import asyncio
from dataclasses import dataclass, field

from adapters.chat import Command, Intent, offered
from adapters.slack.asks import Ask, AskingReaction, Target, ask_for
from adapters.slack.reader import Raw, Reading
from adapters.slack.requests import thread_of
from adapters.slack.service import Service
from adapters.slack.surfaces.actions import judged
from adapters.slack.wire.client import Slack
from adapters.text.coerce import identifier, mapping


@dataclass(frozen=True, slots=True)
class Reactions:
    """Looks at the message under a reaction and serves what the reaction means; thumbs in the order of their coming."""

    slack: Slack
    reading: Reading
    service: Service
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def serve(self, reaction: AskingReaction) -> None:
        """Translate or take the feedback; a message that is gone asks for nothing."""
        command = offered(self.service.commands, "text")
        if reaction.verdict:
            await self._judge(reaction)
        elif command and (message := await self.reading.one(reaction.channel, reaction.ts)) is not None:
            await self.service.serve(self._translation(command, reaction, message))

    def _translation(self, command: Command, reaction: AskingReaction, message: Raw) -> Ask:
        """Return the ask for a translation: once for each message, version and language, whoever wants it."""
        version = identifier(mapping(message.get("edited")).get("ts")) or reaction.ts
        thread = thread_of(message)
        return ask_for(
            Target(reaction.channel, reaction.user, thread or reaction.ts, public=True),
            key=f"flag:{reaction.channel}:{reaction.ts}:{version}:{reaction.language}",
            place=self.slack.place(reaction.channel, thread),
            meant=Intent(command.name, options={"to": reaction.language}),
            said=message,
            about=True,
        )

    async def _judge(self, reaction: AskingReaction) -> None:
        """Take a verdict on the answer that stands there."""
        async with self._turn:  # a thumb that is taken back at once comes after the one that was given
            if token := judged(await self.reading.one(reaction.channel, reaction.ts) or {}):
                word = f"not {reaction.verdict}" if reaction.removed else reaction.verdict
                await self.service.judge(reaction.user, self.slack.place(reaction.channel), token, word)
