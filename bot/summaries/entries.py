"""The discussions of a conversation that are worth telling, each as what began it and what came out.

A discussion is told by a question or proposal and an answer to it, or by one message where nothing came out; a further
answer is added where it says more than another discussion would. What a message is worth is learned
(`bot/summaries/worth.py`); what fits into a summary is chosen greedily, worth for words. Knows no model and no store.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.discussions.channel import LONGEST, acts
from bot.discussions.graph import ReplyGraph
from bot.summaries.points import PREFERENCE, SEEKING, Parts, Point, sentences_of
from bot.summaries.worth import LAUGHS, THANKS, shipped
from nlp.text.dialogue_acts import Kind
from nlp.text.extractive import concepts
from nlp.text.lexical import fold
from nlp.text.questions import is_question

Floats = NDArray[np.floating]

MOST, MOST_WORDS = 10, 163  # entries of a summary, and all their words together, names and times among them
AROUND = 3  # words of an entry besides its sentences: a heading
A_SOURCE = 2  # of each message that is quoted: its author and its time
LEAST = 0.2  # the worth of a discussion that is told
FURTHER = 0.5  # what is left of the worth of an answer beside another one
QUOTED = 3  # messages of a discussion that are quoted, at most
SURE = 0.7  # of a link between messages that share neither a word nor a name
ASKS_BACK = 0.5  # what is left of the worth of an answer that is a question
ALONE = 0.6  # and of what nobody else took up
SAID = 0.012  # what a word costs within one discussion
LEAST_FURTHER = 0.5  # the worth of an answer beside another one
ALIKE = 0.85  # the cosine with something chosen from which it is the same again
LEAST_CONCEPTS = 2  # of a message that begins an entry, besides words of seeking help
LENGTH = 0.5  # the power of the words by which worth is divided


@dataclass(frozen=True, slots=True)
class Entry:
    """A discussion: what is quoted of it in the order of time, what that is worth, and all its texts."""

    points: tuple[Point, ...]
    worth: float
    discussion: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind | None:
        """Return the kind of what came out, or that it is open."""
        kinds = [point.kind for point in self.points if point.kind not in {None, "open question"}]
        if kinds:
            return kinds[-1]
        return self.points[0].kind if len(self.points) == 1 else None

    @property
    def main(self) -> Point:
        """Return the point that says what came out, or else what began it."""
        return next((point for point in reversed(self.points) if self.kind and point.kind == self.kind), self.points[0])


def entries(
    parts: Parts, vectors: Floats, wanted: int | None = None, told_already: Collection[str] = ()
) -> list[Entry]:
    """Return the entries that a summary of the messages has, the weightiest first.

    `vectors` has a row for each message, shape (n, dimensions); what resembles something chosen isn't told again.
    `wanted` is how many at most; without it the words decide. A discussion in which one of the messages with the ids
    `told_already` lies isn't told again.
    """
    graph, told = parts.graph, _Told.of(parts)
    discussions = [
        places
        for places in graph.discussions()
        if not any(graph.messages[place].id in told_already for place in places)
    ]
    drafts = [draft for places in discussions if (draft := told.best(places)) is not None]
    left, chosen = MOST_WORDS, list[_Draft]()
    while drafts:
        draft = max(drafts, key=lambda each: each.rate)
        drafts.remove(draft)
        if (chosen or told_already) and not _fits(draft, chosen, left, wanted or MOST, vectors):
            continue
        left -= draft.cost
        if draft.base:
            chosen.remove(draft.base)
        chosen.append(draft)
        more = told.further(draft)
        drafts += [more] if more else []
    if wanted and len(chosen) < wanted:
        chosen += told.others(discussions, chosen)[: wanted - len(chosen)]
    return [told.as_entry(draft) for draft in chosen]


def _fits(draft: "_Draft", chosen: "Sequence[_Draft]", left: int, most: int, vectors: Floats) -> bool:
    """Return whether there is room for the draft, and it is worth it."""
    if draft.cost > left:
        return False
    if draft.base:
        return draft.gain >= LEAST * FURTHER
    said = vectors[[other.quoted[0] for other in chosen]] @ vectors[draft.quoted[0]]
    return draft.gain >= LEAST and len(chosen) < most and float(said.max(initial=0)) < ALIKE


@dataclass(frozen=True, slots=True)
class _Draft:
    """The places of the messages that would be quoted of a discussion, what that gains, and what it costs in words.

    `base` is the draft that it would take the place of.
    """

    places: tuple[int, ...]
    quoted: tuple[int, ...]
    gain: float
    cost: int
    base: "_Draft | None" = None

    @property
    def rate(self) -> float:
        """Return what it gains for its words."""
        return float(self.gain / self.cost**LENGTH)


@dataclass(frozen=True, slots=True)
class _Told:
    """The point that each message makes and its worth, by the message's place."""

    graph: ReplyGraph
    points: Mapping[int, Point]
    worth: Mapping[int, float]

    @classmethod
    def of(cls, parts: Parts) -> "_Told":
        points = dict(sentences_of(parts))
        learned = shipped().of(parts.graph)
        worth = {place: 1 - float(1 - learned[place]) ** _preference(point) for place, point in points.items()}
        return cls(parts.graph, points, worth)

    def best(self, places: tuple[int, ...]) -> _Draft | None:
        """Return the best that can be told of a discussion in one or two messages, None for what isn't worth it."""
        factor = self._factor(places)
        drafts = [
            _Draft(places, (asked, answer), factor * gain, AROUND + self._cost(asked) + self._cost(answer))
            for asked, answer, gain in self._pairs(places)
        ] or [self.alone(places, place) for place in places if place in self.points]
        return max(drafts, key=lambda draft: draft.gain - SAID * draft.cost, default=None)

    def as_entry(self, draft: _Draft) -> Entry:
        """Return the draft with what it quotes."""
        texts = tuple(self.graph.messages[place].text[:LONGEST] for place in draft.places)
        return Entry(tuple(self.points[place] for place in sorted(draft.quoted)), draft.gain, texts)

    def further(self, draft: _Draft) -> _Draft | None:
        """Return the draft with one more answer of another person, None where none says much about the same."""
        if len(draft.quoted) >= QUOTED:
            return None
        first, factor = draft.quoted[0], self._factor(draft.places) * FURTHER
        more = [
            _Draft(
                draft.places,
                (*draft.quoted, place),
                factor * self.worth[place],
                self._cost(place),
                draft,
            )
            for place in draft.places
            if place > first and place not in draft.quoted and self._adds(place, first)
        ]
        return max(more, key=lambda each: each.gain - SAID * each.cost, default=None)

    def _adds(self, place: int, first: int) -> bool:
        """Return whether a message says much, to the person who wrote the first one or about the same."""
        if self.worth.get(place, 0) < LEAST_FURTHER or self._author(place) == self._author(first):
            return False
        return self._is_about(place, first)

    def _is_about(self, answer: int, asked: int) -> bool:
        """Return whether the answer speaks to whoever asked, or of what they asked."""
        if self.graph.spoken_to[answer] == self._author(asked):
            return True
        one, other = (self.graph.messages[place].text[:LONGEST] for place in (answer, asked))
        return bool(concepts(one) & concepts(other))

    def _tells(self, place: int) -> bool:
        """Return whether a message says what it is about: not "still around?" or "what about it?"."""
        return len(concepts(self.points[place].text) - SEEKING) >= LEAST_CONCEPTS

    def _only_thanks(self, place: int) -> bool:
        """Return whether a message thanks, laughs or nods, and says nothing else."""
        text = fold(self.points[place].text)
        did = acts(text)
        return bool(did[THANKS] or did[LAUGHS]) and len(concepts(text)) <= LEAST_CONCEPTS

    def _author(self, place: int) -> str:
        return self.graph.messages[place].author.id

    def _cost(self, place: int) -> int:
        return A_SOURCE + len(self.points[place].text.split())

    def _factor(self, places: Sequence[int]) -> float:
        """Return how much a discussion counts for all that is said in it, and whether anybody took it up."""
        people = {self._author(place) for place in places}
        whole = sum(self.worth[place] for place in places if place in self.worth)
        return float(np.log1p(whole)) * (ALONE if len(people) == 1 else 1)

    def alone(self, places: tuple[int, ...], place: int) -> _Draft:
        """Return one message of a discussion as all that is quoted of it."""
        return _Draft(places, (place,), self._factor(places) * self.worth[place], AROUND + self._cost(place))

    def others(self, discussions: Sequence[tuple[int, ...]], chosen: "Sequence[_Draft]") -> "list[_Draft]":
        """Return every message of the discussions that isn't quoted, alone, the worthiest first."""
        quoted = {place for draft in chosen for place in draft.quoted}
        places = [place for some in discussions for place in some if place in self.points and place not in quoted]
        return [self.alone((place,), place) for place in sorted(places, key=lambda place: -self.worth[place])]

    def _pairs(self, places: Sequence[int]) -> Iterator[tuple[int, int, float]]:
        """Yield each message with an answer of another person to it or to what its author said after it."""
        for answer in places:
            before = self.graph.question_of(answer)
            if answer not in self.points or before < 0 or self._author(before) == self._author(answer):
                continue
            if self._only_thanks(answer):
                continue
            asks, asker = is_question(self.graph.messages[answer].text), self._author(before)
            if not self._is_about(answer, before) and (asks or self.graph.sure[answer] < SURE):
                continue
            value = self.worth[answer] * (ASKS_BACK if asks else 1)
            while before >= 0:
                if before in self.points and self._author(before) == asker and self._tells(before):
                    yield before, answer, 1 - (1 - self.worth[before]) * (1 - value)
                before = self.graph.question_of(before)


def _preference(point: Point) -> float:
    """Return how much a point is preferred for what isn't learned: cues, labels, replies in threads, reactions."""
    return point.prior / PREFERENCE[point.kind] if point.kind == "open question" else point.prior
