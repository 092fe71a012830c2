"""Reactions: a country's flag asks for a translation in the thread, a thumb under a reply is feedback."""

import asyncio
from dataclasses import dataclass, field

from adapters.chat import Intent, Person, Request
from adapters.platform.actions import FEEDBACK
from adapters.slack.access import SlackAccess
from adapters.slack.asks import Ask, Reaction, Target
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

    async def serve(self, reaction: Reaction) -> None:
        """Translate or take the feedback; a message that is gone asks for nothing."""
        if reaction.verdict:
            async with self._turn:
                await self._judge(reaction)
        elif (message := await self.reading.one(reaction.channel, reaction.ts)) is not None:
            await self.service.serve(self._translation(reaction, message))

    def _translation(self, reaction: Reaction, message: Raw) -> Ask:
        """Once for each message, version and language, however many people want it."""
        version = identifier(mapping(message.get("edited")).get("ts")) or reaction.ts
        intent = Intent("translate", options={"to": reaction.language})
        thread = thread_of(message)
        return Ask(
            key=f"flag:{reaction.channel}:{reaction.ts}:{version}:{reaction.language}",
            place=self.slack.place(reaction.channel, thread),
            user=reaction.user,
            target=Target(reaction.channel, reaction.user, thread or reaction.ts, public=True),
            meant=intent,
            said=message,
            about=True,
        )

    async def _judge(self, reaction: Reaction) -> None:
        """A verdict on the answer that stands there. The thumb itself is to be seen, so nothing is said about it."""
        token = judged(await self.reading.one(reaction.channel, reaction.ts) or {})
        if token:
            word = f"not {reaction.verdict}" if reaction.removed else reaction.verdict
            request = Request(
                Intent(FEEDBACK, word, options={"reply": token}),
                self.slack.place(reaction.channel),
                Person(reaction.user, reaction.user),
                access=SlackAccess(self.slack, reaction.user),
            )
            await self.service.host.handle(request)
