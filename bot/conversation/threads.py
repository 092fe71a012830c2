"""Finds the messages of a conversation that were put to Parley. Pure; knows no store and no platform."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from adapters.chat import Message, Request
from bot.discussions.graph import RECENT, ReplyGraph
from bot.understanding.classifier import NOTHING, guess
from nlp.text.questions import is_question

LOOKED_AT = 200  # the newest messages that are held against the phrases of a wish, two milliseconds each


def put_to_parley(
    request: Request, messages: Sequence[Message], *, follows: bool
) -> tuple[frozenset[str], ReplyGraph | None]:
    """Return the ids of the message that asks, and of others that asked Parley as far as that can be known.

    With the graph of the messages where it was needed for that.

    Those are questions which nobody answered: all of somebody who talks with Parley alone, all in a thread that Parley
    follows, and for an answer all of the asker. Alone with Parley, wishes count like questions.
    """
    alone = {message.author.id for message in messages if not message.from_bot} <= {request.asker.id}
    looked_at = len(messages) - LOOKED_AT
    meant = {
        place
        for place, message in enumerate(messages)
        if _meant_for_parley(message, request, alone=alone, follows=follows)
    }
    graph = ReplyGraph.of(messages, RECENT) if meant else None
    unanswered = _unanswered(meant, graph) if graph else set()
    asked = frozenset(
        message.id
        for place, message in enumerate(messages)
        if _asks_now(message, request)
        or place in unanswered
        or (alone and place >= looked_at and guess(message.text).name not in {None, "ask", NOTHING})
    )
    return asked, graph


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


def _unanswered(asked: AbstractSet[int], graph: ReplyGraph) -> set[int]:
    """Return those of the places whose question no other person answers by something other than a question."""
    messages = graph.messages
    return {place for place in asked if not any(_answers(messages[each]) for each in graph.answers_of_others(place))}


def _answers(message: Message) -> bool:
    return not message.from_bot and not is_question(message.text)
