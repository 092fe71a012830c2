"""The reply graph of a channel: which message each one answers, which questions are open, and the discussions.

What people link themselves counts: an explicit reply, or their thread. Elsewhere `bot.discussions.links` tells what is
answered from how people talk. A message answers one other or begins something; a discussion is what hangs together.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message
from bot.discussions.addressing import People
from bot.discussions.channel import ChannelLog
from bot.discussions.links import links, shipped
from nlp.text.lexical import fold

Indices = NDArray[np.intp]

RECENT = 4_000  # messages that one question has looked at, 0.15 ms each
SOON = 15  # messages after a question in which whoever speaks to its author may be answering it


@dataclass(frozen=True)
class ReplyGraph:
    """n messages, oldest first, and for each the place of the one it answers, -1 for none, and how sure that is.

    `before` and `sure` have shape (n,). Messages are named by their places. `spoken_to` is the author whom each opens
    with by name, None for nobody.
    """

    messages: Sequence[Message]
    before: Indices
    sure: NDArray[np.float32]
    spoken_to: Sequence[str | None] = ()

    @classmethod
    def of(cls, messages: Sequence[Message], looked_at: int | None = None) -> "ReplyGraph":
        """Return the graph of the messages of one channel, oldest first.

        `looked_at` is how many of the newest outside threads are looked at; older ones follow the one before.
        """
        before = np.full(len(messages), -1, dtype=np.intp)
        sure = np.ones(len(messages), dtype=np.float32)
        spoken_to: list[str | None] = [None] * len(messages)
        outside = np.array([place for place, each in enumerate(messages) if not _in_thread(each)], dtype=np.intp)
        older, outside = outside[:-looked_at] if looked_at else outside[:0], outside[-(looked_at or len(messages)) :]
        before[older[1:]], sure[older] = older[:-1], 0
        if len(outside):
            channel = ChannelLog.of([messages[place] for place in outside])
            answered, probability = links(channel, shipped())
            before[outside] = np.where(answered >= 0, outside[answered], -1)
            before[outside[np.isin(before[outside], _with_thread(messages))]] = -1  # its answers stand in its thread
            sure[outside] = probability
            spoken_to = _spoken_to(messages, outside, channel)
        for place, earlier in (*_in_threads(messages), *_explicit(messages)):
            before[place], sure[place] = earlier, 1
        return cls(messages, before, sure, spoken_to)

    def among(self, messages: Sequence[Message]) -> "ReplyGraph":
        """Return the graph of these messages, oldest first, by what this one says of those that it knows."""
        if messages is self.messages:
            return self
        old = {message.id: place for place, message in enumerate(self.messages)}
        new = {message.id: place for place, message in enumerate(messages)}
        places = [old.get(message.id, -1) for message in messages]
        earlier = [self.before[place] if place >= 0 else -1 for place in places]
        before = np.array([new.get(self.messages[each].id, -1) if each >= 0 else -1 for each in earlier], dtype=np.intp)
        sure = np.array([self.sure[place] if place >= 0 else 0 for place in places], dtype=np.float32)
        spoken_to = [self.spoken_to[place] if place >= 0 else None for place in places]
        for place, each in (*_in_threads(messages), *_explicit(messages)):
            before[place], sure[place] = each, 1
        return ReplyGraph(messages, before, sure, spoken_to)

    @cached_property
    def _answers(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for place in np.flatnonzero(self.before >= 0).tolist():
            found[int(self.before[place])].append(place)
        return dict(found)

    def question_of(self, place: int) -> int:
        """Return the place of what the message answers, -1 where it begins something."""
        return int(self.before[place])

    def answers(self, place: int) -> list[int]:
        """Return the places of the messages that answer this one, oldest first, whoever wrote them."""
        return self._answers.get(place, [])

    def answers_of_others(self, place: int) -> list[int]:
        """Return the places of other people's answers to the message, and to what its author added right below it."""
        author = self.messages[place].author.id
        found, open_ = [], [place]
        while open_:
            for each in self.answers(open_.pop()):
                if self.messages[each].author.id == author:
                    open_.append(each)
                else:
                    found.append(each)
        return sorted(found)

    def is_open(self, place: int) -> bool:
        """Return whether nobody else has answered the message, nor soon spoken to its author."""
        return self.answer_to(place) < 0

    def answer_to(self, place: int) -> int:
        """Return the place of the message that most likely answers this one, -1 where it is open.

        Of several answers the first that speaks to its author by name, else the first; without any, whoever soon does.
        """
        author = self.messages[place].author.id
        answers = self.answers_of_others(place)
        channel = self.messages[place].place.channel
        soon = [
            each
            for each in range(place + 1, min(place + 1 + SOON, len(self.spoken_to)))
            if self.messages[each].place.channel == channel
        ]
        named = [each for each in answers or soon if self.spoken_to and self.spoken_to[each] == author]
        return next(iter([*named, *answers]), -1)

    @cached_property
    def roots(self) -> Indices:
        """Return the place at which each message's discussion begins, shape (n,)."""
        found = np.arange(len(self.messages))
        for place in range(len(found)):
            if self.before[place] >= 0:
                found[place] = found[self.before[place]]
        return found

    def discussions(self) -> list[tuple[int, ...]]:
        """Return the places of each discussion's messages, in the order in which the discussions begin."""
        found: dict[int, list[int]] = defaultdict(list)
        for place, root in enumerate(self.roots.tolist()):
            found[root].append(place)
        return [tuple(places) for places in found.values()]

    def neighbours(self) -> tuple[Indices, Indices]:
        """Return for each message the one it answers and its first answer, by another person if there is one.

        Shapes (n,), -1 for none.
        """
        after = np.full(len(self.messages), -1, dtype=np.intp)
        for place, answers in self._answers.items():
            author = self.messages[place].author.id
            after[place] = next((each for each in answers if self.messages[each].author.id != author), answers[0])
        return self.before, after


def _spoken_to(messages: Sequence[Message], outside: Indices, channel: ChannelLog) -> list[str | None]:
    """Return the author whom each message opens with by name, None for nobody and inside threads."""
    ids = {int(code): messages[place].author.id for code, place in zip(channel.authors, outside, strict=True)}
    found: list[str | None] = [None] * len(messages)
    for place, addressed in zip(outside.tolist(), channel.addressed, strict=True):
        found[place] = ids.get(addressed.first)
    return found


def _in_thread(message: Message) -> bool:
    return message.place.thread not in {None, message.id}


def _with_thread(messages: Sequence[Message]) -> list[int]:
    """Return the places of the messages under which a thread hangs."""
    threads = {message.place.thread for message in messages if _in_thread(message)}
    return [place for place, message in enumerate(messages) if message.id in threads]


def _in_threads(messages: Sequence[Message]) -> Iterator[tuple[int, int]]:
    """Yield for each message in a thread the one before it there, or the last of the person whom it opens with."""
    places = {message.id: place for place, message in enumerate(messages)}
    threads: dict[str, list[int]] = defaultdict(list)
    for place, message in enumerate(messages):
        if _in_thread(message) and message.place.thread:
            threads[message.place.thread].append(place)
    for thread, inside in threads.items():
        root = [places[thread]] if places.get(thread, inside[0]) < inside[0] else []
        yield from _in_turn(messages, [*root, *inside])


def _in_turn(messages: Sequence[Message], inside: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield for each message of a thread but the first which one it answers."""
    authors = list(dict.fromkeys(messages[place].author.id for place in inside))
    names = {messages[place].author.id: messages[place].author.name for place in inside}
    texts = [fold(messages[place].text) for place in inside]
    addressed = People([names[author] for author in authors], texts).addressed()
    last: dict[int, int] = {}
    for number, place in enumerate(inside):
        meant = last.get(addressed[number].first, inside[number - 1])
        if number:
            yield place, meant
        last[authors.index(messages[place].author.id)] = place


def _explicit(messages: Sequence[Message]) -> Iterator[tuple[int, int]]:
    """Yield each message that replies to another in so many words, and that other."""
    places = {message.id: place for place, message in enumerate(messages)}
    for place, message in enumerate(messages):
        earlier = places.get(message.reply_to or "", place)
        if earlier < place:
            yield place, earlier
