"""Which decision was reversed by which later message: told by the words, the threads and what both speak of.

Pure: knows no store. A reply in a decision's own thread counts for what it says; elsewhere the later message must also
share its subject.
"""

from collections.abc import Iterable, Mapping, Sequence

from adapters.chat import Message
from bot.points import Point
from bot.quoting import sentences
from nlp.cues import kind_of, reverses
from nlp.extractive import concepts

SHARED = 2  # concepts of a decision and of what reverses it


def reversals(decisions: Sequence[Point], later: Iterable[Message]) -> Mapping[str, Message]:
    """For the id of each decision that was reversed the first message that did so."""
    turning = [message for message in later if reverses(message.text)]
    found = {point.message.id: _first(point.message, turning) for point in decisions}
    return {id_: message for id_, message in found.items() if message is not None}


def _first(decided: Message, turning: Sequence[Message]) -> Message | None:
    return next((each for each in turning if each.sent_at > decided.sent_at and _turns(each, decided)), None)


def _turns(each: Message, decided: Message) -> bool:
    if decided.id in {each.place.thread, each.reply_to}:
        return True
    if reverses(decided.text):  # what comes after a change of mind on the same subject mostly says it again
        return False
    return _decides(each) and len(concepts(each.text) & concepts(decided.text)) >= SHARED


def _decides(message: Message) -> bool:
    return any(kind_of(sentence) == "decision" for sentence in sentences(message.text))
