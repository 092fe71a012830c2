"""The turns of a conversation: which message follows which, which ones ask, and which were put to Parley.

Pure; knows no store and no platform.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message, Request
from bot.understanding.classifier import NOTHING, guess

Indices = NDArray[np.intp]

LOOKED_AT = 200  # the newest messages that are held against the phrases of a wish, two milliseconds each
CLOSERS = " \"')]*_~`»”"  # what may follow a question mark at the end of a question


def neighbours(messages: Sequence[Message]) -> tuple[Indices, Indices]:
    """Return for each message the one it follows and the first that follows it, as indices, -1 for none. Shapes (n,).

    A message follows what it replies to, else the one before it in its thread or, outside threads, in the channel.
    """
    places = {message.id: index for index, message in enumerate(messages)}
    before, after = np.full(len(messages), -1, dtype=np.intp), np.full(len(messages), -1, dtype=np.intp)
    last: dict[str | None, int] = {}
    for index, message in enumerate(messages):
        thread = message.place.thread
        earlier = places.get(message.reply_to or "", last.get(thread, places.get(thread or "", -1)))
        before[index] = earlier if earlier < index else -1
        last[thread] = index
    for index in range(len(messages) - 1, -1, -1):
        if before[index] >= 0:
            after[before[index]] = index
    return before, after


def is_question(text: str) -> bool:
    """Return whether the text ends as a question does."""
    return text.rstrip(CLOSERS).endswith(("?", "？", "؟"))  # noqa: RUF001 - question marks of other scripts


def put_to_parley(request: Request, messages: Sequence[Message], *, follows: bool) -> frozenset[str]:
    """Return the ids of the message that asks, and of others that asked Parley as far as that can be known.

    Those are questions which nobody answered: all of somebody who talks with Parley alone, all in a thread that Parley
    follows, and for an answer all of the asker. Alone with Parley, wishes count like questions.
    """
    alone = {message.author.id for message in messages if not message.from_bot} <= {request.asker.id}
    _, after = neighbours(messages)
    looked_at = len(messages) - LOOKED_AT
    return frozenset(
        message.id
        for place, message in enumerate(messages)
        if _asks_now(message, request)
        or (_meant_for_parley(message, request, alone=alone, follows=follows) and _unanswered(place, messages, after))
        or (alone and place >= looked_at and guess(message.text).name not in {None, "ask", NOTHING})
    )


def _asks_now(message: Message, request: Request) -> bool:
    """Return whether this is what the request was made with, rather than a message that it is about."""
    asking = request.message
    if asking is None or message.id != asking.id or message.author.id != request.asker.id:
        return False
    name, argument = request.intent.name, request.intent.argument.strip()
    return argument in message.text if name == "ask" else guess(message.text).name == name


def _meant_for_parley(message: Message, request: Request, *, alone: bool, follows: bool) -> bool:
    if not is_question(message.text):
        return False
    thread = request.place.thread
    followed = follows and thread is not None and thread in {message.place.thread, message.id}
    return alone or followed or (request.intent.name == "ask" and message.author.id == request.asker.id)


def _unanswered(place: int, messages: Sequence[Message], after: Indices) -> bool:
    """Return whether no other person says next something other than a question."""
    if after[place] < 0:
        return True
    asked, next_ = messages[place], messages[after[place]]
    return next_.from_bot or next_.author.id == asked.author.id or is_question(next_.text)
