"""Finds the discussion that a message belongs to where people use no threads: what hangs together by answers."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from adapters.chat import EVERYTHING, Message, Request, Window
from bot.conversation.context import Conversation, limited_to, read
from bot.discussions.graph import ReplyGraph
from bot.services import Services

BEFORE, AFTER = timedelta(hours=6), timedelta(hours=24)  # around the message, in which its discussion is looked for
NOTE = "This is the discussion of that message: what answers it or what it answers, as far as that can be told."


def meant(request: Request) -> str | None:
    """Return the id of the message whose discussion is meant: what the request replies to, where it names no time."""
    replied = request.message.reply_to if request.message else None
    return replied if request.intent.window == EVERYTHING and not request.intent.argument else None


async def discussed(request: Request, services: Services, conversation: Conversation, id_: str) -> Conversation:
    """Return the discussion of the message with that id; the conversation itself where the message stands alone."""
    root = next((message for message in conversation.messages if message.id == id_), None)
    if root is None:
        return conversation
    around = Window(since=root.sent_at - BEFORE, until=root.sent_at + AFTER)
    place, intent = replace(request.place, thread=None), replace(request.intent, window=around)
    wider = await read(replace(request, place=place, intent=intent), services)
    inside = await asyncio.to_thread(_hanging, wider.messages, id_)
    return limited_to(wider, inside, services, NOTE) if len(inside) > 1 else conversation


def _hanging(messages: Sequence[Message], id_: str) -> tuple[Message, ...]:
    """Return the messages of the discussion in which the message with that id lies."""
    roots = ReplyGraph.of(messages).roots
    place = next((place for place, message in enumerate(messages) if message.id == id_), None)
    if place is None:
        return ()
    return tuple(message for message, root in zip(messages, roots.tolist(), strict=True) if root == roots[place])
