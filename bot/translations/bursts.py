"""Puts messages of one person that follow each other within a moment together, to be translated as one. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from adapters.chat import Message
from nlp.text.segments import has_words

MOMENT = timedelta(seconds=10)  # between two messages of one person that nobody interrupts
MOST = 8  # messages of one post
ENDED = re.compile(r"[.!?…:;)\]}»”\"`|]\s*$")
GOES_ON = re.compile(r"\s*(?:[a-zà-öø-ÿ]|\.\.\.|…)")
CODE = re.compile(r"```[\s\S]*?(?:```|\Z)|`[^`\n]+`")


@dataclass(frozen=True, slots=True)
class Burst:
    """Messages of one person in one place, oldest first."""

    messages: tuple[Message, ...]

    @property
    def first(self) -> Message:
        """Return the message beside which the translation stands."""
        return self.messages[0]

    def takes(self, message: Message) -> bool:
        """Return whether the message goes on from it, where nobody else spoke in between."""
        first, last = self.messages[0], self.messages[-1]
        same = (last.place, last.author.id) == (message.place, message.author.id)
        within = first.sent_at - MOMENT <= message.sent_at <= last.sent_at + MOMENT
        return same and len(self.messages) < MOST and within

    def holds(self, message: Message) -> bool:
        """Return whether the message is in it, in this or an earlier version."""
        return any(each.id == message.id for each in self.messages)

    def with_(self, message: Message) -> "Burst":
        """Return the burst with one more message, where it was said, or in place of an earlier version of it."""
        if self.holds(message):
            return Burst(tuple(message if each.id == message.id else each for each in self.messages))
        return Burst(tuple(sorted((*self.messages, message), key=lambda each: each.sent_at)))

    def without(self, ids: Sequence[str]) -> "Burst | None":
        """Return the burst without these messages, None where none is left."""
        left = tuple(each for each in self.messages if each.id not in ids)
        return Burst(left) if left else None


@dataclass(frozen=True, slots=True)
class Unit:
    """A text that is translated by itself: a message, or a sentence that its author sent in several of them."""

    text: str
    author: str


def words_of(message: Message) -> str:
    """Return what the author wrote themselves, as Markdown where the platform tells it."""
    return (message.written or message.alone or message.text).strip()


def is_for_translation(message: Message) -> bool:
    """Return whether a person wrote words in it: not an app, not the platform, not only code, links or emoji."""
    if message.notice or message.from_bot:
        return False
    return has_words(CODE.sub(" ", words_of(message)))


def units_of(messages: Sequence[Message]) -> list[Unit]:
    """Return the texts of a burst; a fragment that goes on with the sentence before it is one text with that."""
    units: list[Unit] = []
    for message in messages:
        text = words_of(message)
        if units and GOES_ON.match(text) and not ENDED.search(units[-1].text) and "\n" not in text:
            units[-1] = replace(units[-1], text=f"{units[-1].text} {text}")
        else:
            units.append(Unit(text, message.author.id))
    return units
