"""Finds which later message reversed which decision, and what was decided about one subject over time.

Told by the words, the threads and what both speak of. Pure: knows no store. A reply in a decision's own thread counts
for what it says; elsewhere the later message must also share its subject.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta

from adapters.chat import Message
from bot.conversation.quoting import sentences
from bot.summaries.points import Point
from nlp.text.dialogue_acts import mark, reverses
from nlp.text.extractive import concepts
from nlp.text.lexical import stems

SHARED = 2  # concepts of a decision and of what reverses it
DECIDING = concepts("decision decided decide reversed reverses reverse superseded agreed changed mind moved instead")
SURELY = 3  # the same, of two that don't both speak of what was asked
NEAR = timedelta(days=1)
MOST = 6  # decisions about one subject that are shown: the first one, then the latest


def reversals(decisions: Sequence[Point], later: Iterable[Message]) -> Mapping[str, Message]:
    """Return, for the id of each decision that was reversed, the first message that did so."""
    turning = [message for message in later if reverses(message.text)]
    places = {point.message.id: _first(point.message, turning) for point in decisions}
    return {id_: message for id_, message in places.items() if message is not None}


def _first(decided: Message, turning: Sequence[Message]) -> Message | None:
    return next((each for each in turning if each.sent_at > decided.sent_at and _turns(each, decided)), None)


def _turns(each: Message, decided: Message) -> bool:
    if decided.id in {each.place.thread, each.reply_to}:
        return True
    if reverses(decided.text):  # what comes after a change of mind on the same subject mostly says it again
        return False
    return decides(each) and len(concepts(each.text) & concepts(decided.text)) >= SHARED


def decides(message: Message) -> bool:
    """Return whether a sentence of the message says that something is decided."""
    return any(mark(sentence).kind == "decision" for sentence in sentences(message.text))


def course(best: Message, messages: Iterable[Message], asked: AbstractSet[str]) -> tuple[Message, ...]:
    """Return what was said and decided about the subject of `best`, oldest first.

    Returns nothing where nobody decided anything, or where it is the only message.

    `asked` are the stems of the question. A message belongs to the course that decides or reverses, speaks of what was
    asked as far as `best` does, and shares its subject with one that belongs already; or that does so in its thread.
    """
    shared = asked & stems(best.text)
    others = [each for each in messages if each.id != best.id and _settles(each)]
    found, open_ = [best], [best]
    while open_:
        one = open_.pop()
        near = [each for each in others if each not in found and _continues(each, one, shared)]
        found += near
        open_ += near
    told_once = [each for each in found if each == best or not _echoes(each, found)]
    ordered = sorted(told_once, key=lambda each: (each.sent_at, each.id))
    if len(ordered) == 1 or not (_settles(best) or any(reverses(each.text) for each in ordered)):
        return ()
    return (*ordered[:1], *ordered[1:][1 - MOST :])


def _settles(message: Message) -> bool:
    return reverses(message.text) or decides(message)


def _continues(each: Message, one: Message, told: AbstractSet[str]) -> bool:
    """Return whether the two decide about one subject, in whichever order they were said."""
    if _linked(each, one) or _linked(one, each):
        return True
    shared = len((concepts(each.text) & concepts(one.text)) - DECIDING)
    speaks = len(told & stems(each.text)) * 2 >= max(1, len(told))
    return shared >= (SHARED if speaks else SURELY)


def _echoes(each: Message, course: Sequence[Message]) -> bool:
    """Return whether it only points, in the old decision's thread, to what was said in the channel within a day."""
    return each.place.thread is not None and any(
        other.place.thread is None and reverses(other.text) and abs(other.sent_at - each.sent_at) < NEAR
        for other in course
    )


def _linked(reply: Message, decided: Message) -> bool:
    """Return whether it answers the other one, or stands in its thread and takes something back."""
    return reply.reply_to == decided.id or (reply.place.thread == decided.id and reverses(reply.text))
