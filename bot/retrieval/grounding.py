"""Finds the messages that support a sentence, whoever or whatever claims it: the check between model and reader.

Three witnesses: the embeddings (does a message mean this?), the words (does the message hold them, and every number,
name and negation of the claim?), and an entailment model where one is bound. Knows nothing of who made the claim.
The weights are fitted on public meetings by `benchmarks/grounding.py`; docs/quality.md has the figures.
"""

import asyncio
import math
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message
from bot.conversation.quoting import sentences
from bot.history import Scope
from bot.retrieval.embeddings import message_vectors
from bot.services import Services
from nlp.core import Core
from nlp.jobs import Entailment
from nlp.text.lexical import content_stems, coverage, document_counts, rarity, stem, stems, words
from nlp.text.polarity import contradicts

THRESHOLD = 0.75  # the score from which a claim counts as supported
DOUBTFUL = 0.5  # below it nothing in the messages speaks for the claim
USUAL = "embedder"  # the family whose weights serve for those that nothing was fitted on
# Of the logistic score for each family of embedders: constant, cosine of the best source, share of the words held.
WEIGHTS = MappingProxyType({USUAL: (-4.1, 7.1, 8.2), "e5": (-4.1, 7.1, 8.2)})
MOST_SOURCES = 3
LONG_ENOUGH, LOOPED = 12, 4  # words of a claim, and how often each of them stands there on average
ADDS = 0.1  # the share of a claim's words that another source must add
PREMISE = 2_000  # characters of a source that the entailment model reads
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
NAME = re.compile(r"(?<=[^.!?:…\s])\s+[\"'(“]*([^\W\d_][\w-]+)")  # a word that does not begin a sentence
SHOUTED = 0.34  # share of capitals among such words from which they tell no names: German, titles, shouting


@dataclass(frozen=True, slots=True)
class Support:
    """The support of a claim: the sources, the best first, and a score from 0 to 1.

    The score is 0 where they hold no word of the claim, or lack a number, a name or a negation of it. `entailed` is
    what the entailment model says of the sources together, None where none is bound.
    """

    claim: str
    sources: tuple[Message, ...]
    score: float
    entailed: bool | None = None

    @property
    def verified(self) -> bool:
        """Return whether the claim may be shown as what the sources say."""
        if not self.sources or self.entailed is False:
            return False
        return self.score >= (DOUBTFUL if self.entailed else THRESHOLD)


async def supports(
    claims: Sequence[str], messages: Sequence[Message], services: Services, *, scope: Scope
) -> tuple[Support, ...]:
    """Return for each claim the messages of `scope`'s one channel that support it. Raises ModelUnavailable."""
    if not claims or not messages:
        return tuple(Support(claim, (), 0.0) for claim in claims)
    return await checked(claims, messages, await message_vectors(messages, scope, services), services.core)


async def checked(
    claims: Sequence[str], messages: Sequence[Message], vectors: NDArray[np.float32], core: Core
) -> tuple[Support, ...]:
    """Return the same for messages whose vectors, shape (messages, dimensions), are known."""
    asked = await core.embed(claims)
    near = asked @ vectors.T if vectors.shape[1] == asked.shape[1] else np.zeros((len(claims), len(messages)))
    matches = await asyncio.to_thread(matched, claims, messages, near, core.family("embed"))
    return await _judged(matches, core) if core.bound("entail") else matches


def matched(
    claims: Sequence[str], messages: Sequence[Message], near: NDArray[np.floating], family: str = USUAL
) -> tuple[Support, ...]:
    """Return the support of each claim by meaning and words; `near` are cosines of shape (claims, messages)."""
    held = [stems(message.text) | stems(message.author.name) for message in messages]
    witnesses = _Witnesses(messages, held, document_counts(held), Score.of(family))
    return tuple(witnesses.support(claim, row) for claim, row in zip(claims, near, strict=True))


@dataclass(frozen=True, slots=True)
class _Witnesses:
    """The messages, the words that each holds, how many hold each word, and the weights of the score."""

    messages: Sequence[Message]
    held: Sequence[AbstractSet[str]]
    counts: Mapping[str, int]
    score: "Score"

    def support(self, claim: str, near: NDArray[np.floating]) -> Support:
        """Return the support of a claim with these cosines; of one that opens with a name, by that person alone."""
        if loops(claim):
            return Support(claim, (), 0.0)
        if places := spoken_by(claim, self.messages):
            messages, held = [self.messages[place] for place in places], [self.held[place] for place in places]
            alone = _Witnesses(messages, held, self.counts, self.score)
            return replace(alone.of(claim.partition(": ")[2], near[places]), claim=claim)
        return self.of(claim, near)

    def of(self, claim: str, near: NDArray[np.floating]) -> Support:
        """Return the support of a claim by any of the messages."""
        if (quotation := _quoted(claim, self.messages)) is not None:
            return Support(claim, (quotation,), 1.0)
        weights = rarity(content_stems(claim), self.counts, len(self.messages))
        chosen = gathered(weights, self.held, near, self.score)
        sources = tuple(self.messages[place] for place in chosen)
        share = coverage(weights, set().union(*(self.held[place] for place in chosen)))
        holds = share > 0 and agrees(claim, sources)
        return Support(claim, sources, self.score.of_source(float(near[chosen].max()), share) if holds else 0.0)


def gathered(
    weights: Mapping[str, float], held: Sequence[AbstractSet[str]], near: NDArray[np.floating], score: "Score"
) -> list[int]:
    """Return the places of the sources: the likeliest one, then those that add most of the words it lacks."""
    worth = [score.of_source(cosine, coverage(weights, each)) for cosine, each in zip(near, held, strict=True)]
    chosen = [int(np.argmax(worth))]
    covered = set(held[chosen[0]])
    while len(chosen) < MOST_SOURCES:
        before = coverage(weights, covered)
        gains = np.array([coverage(weights, covered | each) - before for each in held])
        best = int((gains + 1e-3 * near).argmax())
        if gains[best] < ADDS:
            break
        chosen.append(best)
        covered |= held[best]
    return chosen


def spoken_by(claim: str, messages: Sequence[Message]) -> list[int]:
    """Return the places of the messages by the person whose name a claim opens with ("Ana: …"), or none.

    Small models often put one person's words after another's name.
    """
    name, _, rest = claim.partition(": ")
    if not rest.strip() or not (speaker := bare(name)):
        return []
    return [place for place, message in enumerate(messages) if bare(message.author.name) == speaker]


def loops(claim: str) -> bool:
    """Return whether a claim says the same few words again and again, as small models do that don't find an end."""
    said = words(claim)
    return len(said) >= LONG_ENOUGH and LOOPED * len(set(said)) <= len(said)


def bare(name: str) -> str:
    """Return a name's letters and digits: models leave out what stands around them."""
    return "".join(filter(str.isalnum, name.casefold()))


def _quoted(claim: str, messages: Sequence[Message]) -> Message | None:
    """Return the first message that holds the claim word by word."""
    if not (stated := claim.strip()):
        return None
    whole = re.compile(rf"(?<!\w){re.escape(stated)}(?!\w)")
    return next((message for message in messages if stated in message.text and whole.search(message.text)), None)


@dataclass(frozen=True, slots=True)
class Score:
    """The weights of the logistic score."""

    bias: float
    meaning: float
    words: float

    @classmethod
    def of(cls, family: str) -> Self:
        """Return the weights for the vectors of a family of embedders."""
        return cls(*WEIGHTS.get(family, WEIGHTS[USUAL]))

    def of_source(self, meaning: float, held: float) -> float:
        """Return how likely a source supports a claim of that near a meaning and of whose words it holds this share."""
        return 1 / (1 + math.exp(-(self.bias + self.meaning * meaning + self.words * held)))


def agrees(claim: str, sources: Sequence[Message]) -> bool:
    """Return whether the sources hold every number and every name of the claim, and deny what it denies."""
    text = "\n".join(f"{source.author.name}: {source.text}" for source in sources)
    if not set(NUMBER.findall(claim)) <= set(NUMBER.findall(text)):
        return False
    return names(claim) <= stems(text) and not _turns(claim, sources)


def names(claim: str) -> set[str]:
    """Return the stems of the claim's words that only a name would write with a capital."""
    inner = NAME.findall(claim)
    capital = [word for word in inner if word[0].isupper()]
    if len(capital) > SHOUTED * len(inner):
        return set()
    return {stem(part) for word in capital for part in words(word)}


def _turns(claim: str, sources: Sequence[Message]) -> bool:
    """Return whether the sentence that says nearly the same denies what the claim says, or the other way round."""
    asked = content_stems(claim)
    spoken = [sentence for source in sources for sentence in sentences(source.text)]
    nearest = max(spoken, key=lambda sentence: len(asked & stems(sentence)), default="")
    return contradicts(claim, nearest)


async def _judged(found: Sequence[Support], core: Core) -> tuple[Support, ...]:
    """Return the same with the entailment model's word on those that have anything for them."""
    asked = [each for each in found if each.sources and each.score >= DOUBTFUL]
    verdicts = iter(await core.entail([(premise(each.sources), each.claim) for each in asked]))
    return tuple(_with(each, next(verdicts)) if each in asked else each for each in found)


def _with(support: Support, verdict: Entailment) -> Support:
    return Support(support.claim, support.sources, support.score, verdict.follows)


def premise(sources: Sequence[Message]) -> str:
    """Return the sources as the entailment model reads them."""
    ordered = sorted(sources, key=lambda source: source.sent_at)
    return "\n".join(f"{source.author.name}: {source.text[:PREMISE]}" for source in ordered)
