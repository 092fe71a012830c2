"""Finds messages that ask what is asked, and what was answered to them.

A question is never the answer to itself. Pure.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.chat import Message
from bot.discussions.graph import ReplyGraph
from nlp.spans.answers import Spoken, answer_span
from nlp.text.lexical import content_stems, stems, words
from nlp.text.polarity import PEOPLE, asks_for_person
from nlp.text.questions import asked_for, asks, is_question
from nlp.text.segments import ANY_END

SAME = 0.34  # of a question's words, at most so many are its own where it asks what is asked; from the fitted half
NEARLY, FEW = 0.8, 3  # of what is asked, what a longer question holds that asks the same; and the fewest words of that
SPEAKS = 0.5  # of what is asked, the least that a question at the end of a longer message holds
HALF = 0.5  # of what is asked, what somebody who seeks the same speaks of
MARK = re.compile(r"\?(?!\w)")  # and not the one inside an address: "/bill?x=1"
SEEKS = re.compile(
    r"\b(?:any(?:one|body)|any ideas?|wanted to know|(?:need|please) help|help me|how (?:can|do|to)\b(?!-)"
    r"|problem with|wonder(?:ing)?"
    r"|algu[eé]m sabe|alguien sabe|weiß jemand|quelqu'un sait)\b",
    re.IGNORECASE,
)
ADDRESSED = re.compile(r"^\s*@?[\w.|`^{}\[\]\\-]{1,40}[,:]\s+|^\s*@[\w.-]+\s+")
ASKING = PEOPLE | stems("know tell please help sabe saber sabem sabes weiss wissen sait savoir")


@dataclass(frozen=True, slots=True)
class AskedBefore:
    """A message that asks what is asked, and the place of what answers it; -1 where nobody has."""

    place: int
    answer: int


def asks_the_same(question: str, text: str, *, of_people: bool = True) -> bool:
    """Return whether the text only asks what the question asks, or ends by asking it.

    Where the question asks for something, but isn't `of_people` in the conversation, a text that seeks help with half
    of the same is such a one.
    """
    bare = ADDRESSED.sub("", text)
    if words(question) and words(bare) == words(question):
        return asks(question) or asks_for_person(question)
    asked = content_stems(question)
    if not of_people and _seeks(bare) and len(asked & stems(bare)) >= HALF * len(asked) > 0:
        span = answer_span(question, Spoken(text))
        return span is None or not span.trusted
    if not is_question(bare):
        return False
    if _within(bare, asked) or (len(asked) >= FEW and len(asked & stems(bare)) >= NEARLY * len(asked)):
        return True
    last = ANY_END.split(bare.strip())[-1]
    if last == bare or asked_for(last) != asked_for(question):
        return False
    return _within(last, asked) and len(content_stems(last) & asked) >= SPEAKS * len(asked)


def _seeks(text: str) -> bool:
    return MARK.search(text) is not None or asks(text) or SEEKS.search(text) is not None


def _within(text: str, asked: set[str]) -> bool:
    """Return whether nearly all that a text speaks of is among what is asked."""
    own = content_stems(text) - ASKING
    return bool(own) and len(own - asked) <= SAME * len(own)


def asked_before(
    question: str, places: Sequence[int], graph: ReplyGraph, *, of_people: bool = True
) -> list[AskedBefore]:
    """Return those of the places whose messages ask the same, each with what answers it, in the order of the places.

    What answers is a statement where there is one, and no other message that asks the same.
    """
    texts = {place: graph.messages[place].text for place in places}
    same = {place for place, text in texts.items() if asks_the_same(question, text, of_people=of_people)}
    return [AskedBefore(place, _answer(place, same, graph)) for place in places if place in same]


def _answer(place: int, same: set[int], graph: ReplyGraph) -> int:
    answer = graph.answer_to(place)
    while answer in same:
        answer = graph.answer_to(answer)
    if answer >= 0 and is_question(graph.messages[answer].text):
        stated = [each for each in graph.answers_of_others(place) if _states(graph.messages[each])]
        return next(iter(stated), -1)
    return answer


def _states(message: Message) -> bool:
    return not message.from_bot and not is_question(message.text)
