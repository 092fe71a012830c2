"""Reactions: a country's flag asks for a translation in the thread, a thumb under a reply is feedback."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.chat import Intent
from adapters.slack.asks import Ask, Reaction, Target
from adapters.slack.client import Slack
from adapters.slack.reading import Raw, Reading
from adapters.slack.requests import thread_of
from adapters.slack.service import METADATA, Service
from adapters.untrusted import identifier, mapping, string


@dataclass(frozen=True, slots=True)
class Reactions:
    """Looks at the message under a reaction and serves what the reaction means."""

    slack: Slack
    reading: Reading
    service: Service

    async def serve(self, reaction: Reaction) -> None:
        """Translate or take the feedback; a message that is gone asks for nothing."""
        message = await self.reading.one(reaction.channel, reaction.ts)
        if message is None:
            return
        ask = self._translation(reaction, message) if reaction.language else self._feedback(reaction, message)
        await self.service.serve(ask)

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
            read=lambda _now, _zone: intent,
            said=message,
            about=True,
        )

    def _feedback(self, reaction: Reaction, message: Raw) -> Ask:
        thread = thread_of(message)
        intent = Intent("feedback", reaction.verdict, options=_asked(message))
        return Ask(
            key=f"feedback:{reaction.channel}:{reaction.ts}:{reaction.user}:{reaction.verdict}",
            place=self.slack.place(reaction.channel, thread),
            user=reaction.user,
            target=Target(reaction.channel, reaction.user, thread),
            read=lambda _now, _zone: intent,
            said=message,
            about=True,
        )


def _asked(message: Mapping[str, Any]) -> Mapping[str, str]:
    """What the reply under the thumb had been asked, from its metadata."""
    metadata = mapping(message.get("metadata"))
    payload = mapping(metadata.get("event_payload"))
    found = {"reply": identifier(message.get("ts"))}
    if metadata.get("event_type") == METADATA:
        found |= {key: string(payload.get(key)) for key in ("intent", "argument")}
    return found
