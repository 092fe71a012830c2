"""Names topics by the noun phrases that set each apart from the others: class-based TF-IDF over one to three words.

A phrase names a topic only if several people used it there; no part of a person's name and no address is one. A
sentence may be quoted for a topic that holds its name and names nobody. Pure; knows no model.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message
from bot.conversation.quoting import sentences
from bot.summaries.noun_phrases import NO_NOUNS, Nouns, noun_phrases
from nlp.text.lexical import content_stems, fold, stem, words
from nlp.text.people import given_names

LONGEST = 1_000  # characters of a message that are looked at
NAMES, USERS = 3, 3  # phrases in a name, and people who must have used each
LONGER = 0.5  # what a phrase gains for each word after its first
LIFT = 1.5  # times as often as elsewhere
WITH_NOUNS = 0.25  # of the messages that hold a noun phrase; where fewer do, every word that says something is one
SHORTEST = 3  # letters of such a word
QUOTED = range(5, 21)  # words of a sentence that is quoted
AROUND = 30  # messages of the channel on either side, in which one of the same discussion says what it is about
ADDRESS = re.compile(r"@|https?:|www\.|\w\.\w+/")
TO_SOMEBODY = re.compile(r"\S+\s?[:,]\s")
MARKUP = re.compile(r"[\\`*_~|<>\[\]{}]")  # what would be read as Markdown
TOKEN = re.compile(r"[^\W\d_][\w'’-]*")  # noqa: RUF001 - what phones type

GENERAL = frozenset(  # words that tell nothing of a subject by themselves
    stem(word)
    for word in words(
        "user users error errors file files line lines name names number numbers end part etc system systems computer"
        " solution command commands channel group list page link word words question answer case example version night"
        " fun hour hours minute minutes second year years month months four five six seven eight nine ten twelve twenty"
        " thirty forty fifty hundred percent person life world home house room side top bottom rest result results"
        " meeting meetings discussion long short big small real main due set setup way wonderful problems"
    )
)

Stems = tuple[str, ...]
Members = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Phrases:
    """The noun phrases of each of some messages: the stems of their words, and how they are written.

    `texts` are the messages' own; `people` the parts of their authors' names, and `small` the words that somebody
    writes small.
    """

    of: tuple[Mapping[Stems, str], ...]
    texts: tuple[str, ...]
    people: frozenset[str]
    small: frozenset[str]

    @classmethod
    def among(cls, messages: Sequence[Message]) -> "Phrases":
        """Return those of these messages."""
        texts = tuple(message.text[:LONGEST] for message in messages)
        authors = {message.author.name for message in messages}
        people = frozenset(part for name in authors for part in (fold(name), *words(name), *_short(name)))
        told = [" . ".join(sentences(text)) for text in texts]
        nouns = Nouns.of(told)
        small = frozenset(token for text in texts for token in TOKEN.findall(text) if token.islower())
        found = [dict(_phrases(noun_phrases(text, nouns), people)) for text in told]
        if sum(map(bool, found)) < WITH_NOUNS * len(found):  # a language whose articles aren't known, or none
            found = [dict(_phrases(_content(text), people)) for text in told]
        return cls(tuple(found), texts, people, small)

    def names(self, voices: NDArray[np.int32], classes: Sequence[Members]) -> list[tuple[str, ...]]:
        """Return the phrases that name each class of messages, none for one that is nothing but talk."""
        everywhere = Counter(key for held in self.of for key in held)
        average = sum(everywhere.values()) / max(len(classes), 1)
        return [self._name(voices, members, everywhere, average) for members in classes]

    def _name(
        self, voices: NDArray[np.int32], members: Members, everywhere: Counter[Stems], average: float
    ) -> tuple[str, ...]:
        inside, users = Counter[Stems](), defaultdict[Stems, set[int]](set)
        for place in members.tolist():
            inside.update(list(self.of[place]))
            for key in self.of[place]:
                users[key].add(int(voices[place]))
        expected = {key: everywhere[key] * len(members) / len(self.of) for key in inside}
        scores = {
            key: count * log(1 + average / everywhere[key]) * log(count / expected[key]) * (1 + LONGER * (len(key) - 1))
            for key, count in inside.items()
            if len(users[key]) >= USERS and count > LIFT * expected[key] and not (len(key) == 1 and key[0] in GENERAL)
        }
        chosen: list[Stems] = []
        for key in sorted(scores, key=lambda each: (-scores[each], each)):
            if len(chosen) < NAMES and not any(set(key) & set(other) for other in chosen):
                chosen.append(key)
        telling = len(chosen) > 1 or any(len(key) > 1 for key in chosen)  # a single word may stand in any talk
        return tuple(self._written(key, members) for key in chosen) if telling else ()

    def _written(self, key: Stems, members: Members) -> str:
        """Return how the phrase is written most often in the topic."""
        forms: Counter[str] = Counter(self.of[place][key] for place in members.tolist() if key in self.of[place])
        return min(forms, key=lambda form: (-forms[form], form))

    def about(self, members: Members, name: Sequence[str], roots: Members) -> Members:
        """Return those of the messages in whose discussion a phrase of the name is said, not far from them."""
        keys = {tuple(map(stem, words(phrase))) for phrase in name}
        said = [place for place in members.tolist() if not keys.isdisjoint(self.of[place])]
        near = {(int(roots[place]), place + away) for place in said for away in range(-AROUND, AROUND + 1)}
        return np.array([place for place in members.tolist() if (int(roots[place]), place) in near], dtype=np.intp)

    def quotable(self, places: Members, name: Sequence[str]) -> dict[int, str]:
        """Return sentences of these messages that hold a phrase of the name and name nobody, by their places."""
        wanted = [set(words(phrase)) for phrase in name]
        found: dict[int, str] = {}
        for place in places.tolist():
            fitting = (each for each in sentences(self.texts[place]) if self._stands_for(each, wanted))
            if sentence := next(fitting, ""):
                found[place] = sentence
        return found

    def _stands_for(self, sentence: str, wanted: Sequence[AbstractSet[str]]) -> bool:
        held = set(words(sentence))
        return any(each <= held for each in wanted) and self._names_nobody(sentence)

    def _names_nobody(self, sentence: str) -> bool:
        """Return whether the sentence is of a fitting length and, as far as can be told, names no person."""
        tokens = TOKEN.findall(sentence)
        if len(sentence.split()) not in QUOTED or ADDRESS.search(sentence) or MARKUP.search(sentence):
            return False
        if TO_SOMEBODY.match(sentence) or self.people.intersection(words(sentence)):
            return False
        names = given_names()
        return not any(token in names or (token.istitle() and fold(token) not in self.small) for token in tokens)


def _content(text: str) -> Iterator[str]:
    """Yield the words of a text that say something, each a phrase by itself."""
    telling = content_stems(text)
    found = (token for token in TOKEN.findall(text) if len(token) >= SHORTEST and fold(token) not in NO_NOUNS)
    return (token for token in found if stem(fold(token)) in telling)


def _short(name: str) -> Iterator[str]:
    """Yield what friends make of a full name: "Rach" of Rachel Green."""
    first, _, rest = name.partition(" ")
    if rest and first.isalpha():
        yield from (fold(first[:length]) for length in range(SHORTEST, len(first)))


def _phrases(found: Iterable[str], people: frozenset[str]) -> Iterator[tuple[Stems, str]]:
    """Yield the phrases by the stems of their words, without those that hold a part of a name or a sign of Markdown."""
    for phrase in found:
        parts = words(phrase)
        if MARKUP.search(phrase) or not given_names().isdisjoint(phrase.split()):
            continue
        if parts and not people.intersection([*parts, fold(phrase)]):
            yield tuple(map(stem, parts)), phrase
