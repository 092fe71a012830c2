"""Names a discussion by a noun phrase of the messages that are quoted of it, or not at all."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from adapters.chat import Message
from bot.discussions.channel import LONGEST
from bot.discussions.graph import ReplyGraph
from bot.summaries.noun_phrases import STOPPED, Nouns, joined_phrases, noun_phrases
from bot.summaries.summary import Item
from nlp.text.lexical import fold, words

LONGER = 1.0  # what a phrase gains for each word after its first
FEWEST = 100  # messages by which words of a short conversation are counted as rare
RAREST = 4.0  # of a word's rarity, as the logarithm of how few messages hold it
LEAST = 2.5  # the score of a phrase that names anything
AGAIN = 3  # messages of a discussion that say a single word that names it
MOST_LONGER = 2  # words after the first that speak for a phrase
LATER = 0.75  # what a phrase of an answer lacks beside one of what began the discussion


@dataclass(frozen=True, slots=True)
class Headings:
    """Holds what a channel's messages say of its words: which are nouns, how rare each is, and which are people."""

    nouns: Nouns
    counts: Counter[str]
    people: frozenset[str]
    total: int

    @classmethod
    def of(cls, messages: Sequence[Message]) -> "Headings":
        """Return what these messages say of their words."""
        texts = [message.text[:LONGEST] for message in messages]
        people = frozenset(
            word for message in messages for word in [fold(message.author.name), *words(message.author.name)]
        )
        counts = Counter(word for text in texts for word in set(words(text)))
        return cls(Nouns.of(texts), counts, people, len(texts))

    def heading(self, quoted: Sequence[str], discussion: Sequence[str]) -> str:
        """Return the phrase of what is quoted that best names what the discussion is about, "" where none does.

        What began the discussion comes first in `quoted`; a phrase of it names better than one of an answer.
        """
        said = [set(words(text)) for text in discussion]
        scores: dict[str, float] = {}
        for place, text in enumerate(quoted):
            joined = () if place else joined_phrases(text, self.nouns)
            for phrase in self._without_people([*noun_phrases(text, self.nouns), *joined]):
                if " " not in phrase and not self._is_name(phrase, said):
                    continue
                score = self._score(phrase, said) - (LATER if place else 0)
                scores[phrase] = max(score, scores.get(phrase, 0.0))
        best = max(scores, key=lambda phrase: scores[phrase], default="")
        if not best or scores[best] < LEAST:
            return ""
        return best[:1].upper() + best[1:] if best.partition(" ")[0].isalpha() else best

    def _without_people(self, phrases: Iterable[str]) -> Iterable[str]:
        return (phrase for phrase in phrases if not any(fold(word) in self.people for word in phrase.split()))

    def _is_name(self, word: str, said: Sequence[AbstractSet[str]]) -> bool:
        """Return whether a single word names a thing: by a digit or capital inside, said again and again here."""
        marked = any(map(str.isdigit, word)) or any(map(str.isupper, word[1:]))
        return marked and any(map(str.isalpha, word)) and sum(set(words(word)) <= each for each in said) >= AGAIN

    def _score(self, phrase: str, said: Sequence[AbstractSet[str]]) -> float:
        """Return how rare the phrase is in the channel, for how often the discussion comes back to it."""
        parts = [set(words(part)) for part in phrase.split() if fold(part) not in STOPPED]
        weights = [self._rarity(part) * math.log1p(sum(part <= each for each in said)) for part in parts]
        return max(weights) + LONGER * min(len(parts) - 1, MOST_LONGER)

    def _rarity(self, part: AbstractSet[str]) -> float:
        held = min((self.counts[word] for word in part), default=0)
        return min(RAREST, math.log((max(self.total, FEWEST) + 1) / (1 + held)))


def headed(items: Sequence[Item], graph: ReplyGraph, headings: Headings) -> list[Item]:
    """Return the items, the first that a model wrote of each discussion of the graph under what that is about."""
    discussions = graph.discussions()
    numbers = {graph.messages[place].id: number for number, places in enumerate(discussions) for place in places}
    named, found = {numbers.get(item.point.message.id) for item in items if item.heading}, list[Item]()
    for item in items:
        number = numbers.get(item.point.message.id)
        if item.written and number is not None and number not in named:
            named.add(number)
            sources = sorted(item.sources, key=lambda message: message.sent_at)
            said = [graph.messages[place].text[:LONGEST] for place in discussions[number]]
            found.append(replace(item, heading=headings.heading([message.text for message in sources], said)))
        else:
            found.append(item)
    return found
