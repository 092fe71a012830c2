"""Names a discussion by a noun phrase of the messages that are quoted of it, or not at all."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from adapters.chat import Message
from bot.discussions.channel import LONGEST
from bot.summaries.noun_phrases import Nouns, noun_phrases
from nlp.text.lexical import fold, words

LONGER = 1.0  # what a phrase gains for each word after its first
FEWEST = 100  # messages by which words of a short conversation are counted as rare
RAREST = 4.0  # of a word's rarity, as the logarithm of how few messages hold it
LEAST = 2.5  # the score of a phrase that names anything: a single word has to come back or to be a name


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
        """Return the phrase of what is quoted that best names what the discussion is about, "" where none does."""
        said = [set(words(text)) for text in discussion]
        found = list(dict.fromkeys(phrase for text in quoted for phrase in self._phrases(text)))
        scores = {phrase: self._score(phrase, said) for phrase in found}
        best = max(scores, key=lambda phrase: scores[phrase], default="")
        if not best or scores[best] < LEAST:
            return ""
        return best[:1].upper() + best[1:] if best.partition(" ")[0].isalpha() else best

    def _phrases(self, text: str) -> Iterable[str]:
        found = noun_phrases(text, self.nouns)
        return (phrase for phrase in found if not any(fold(word) in self.people for word in phrase.split()))

    def _score(self, phrase: str, said: Sequence[AbstractSet[str]]) -> float:
        """Return how rare the phrase is in the channel, for how often the discussion comes back to it."""
        parts = [set(words(part)) for part in phrase.split()]
        weights = [self._rarity(part) * math.log1p(sum(part <= each for each in said)) for part in parts]
        return max(weights) + LONGER * (len(parts) - 1)

    def _rarity(self, part: AbstractSet[str]) -> float:
        held = min((self.counts[word] for word in part), default=0)
        return min(RAREST, math.log((max(self.total, FEWEST) + 1) / (1 + held)))
