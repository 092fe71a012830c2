"""What free text asks for, in English, Portuguese, Spanish, German and French, and how likely it is meant.

Pure, total and fast. Two witnesses are heard: the patterns of `bot.understanding.patterns`, of which the first that
fits counts, and a linear classifier over pieces of words, whose weights stand in `classifier.json`
(`benchmarks/fit_phrases.py` makes it). Words quoted or after a colon are what is spoken about and decide nothing. Knows
no other model.
"""

import json
import math
import re
import unicodedata
from base64 import b85decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

from bot.understanding.patterns import LANGUAGES, PHRASES

BUCKETS = 8192  # into which pieces are hashed
RULE = 2.0  # what the pattern that fits adds to its intent: the best of 0 to 6 for patterns that had not seen the data
LEAST = 0.45  # below, nothing tells what is meant
LIKELY = 0.5  # of what merely has the shape of a question

COMPILED = tuple((name, re.compile("|".join(f"(?:{each})" for each in phrases))) for name, phrases in PHRASES)
QUESTION = re.compile(
    r"\?$|^(?:what|how|is|are|was|were|do|does|do|did|can|could|has|have|which|find|search|look|tell me|does"
    r"|i'm looking for|o que|qual|como|ha|ja|sabes|procura|que|cual|busca|was|wie|welche\w*|hat|ist|gibt|such\w*"
    r"|quel\w*|comment|est-ce|cherche|y a-t-il)\b"
)
QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|«[^»]*»|„[^“]*“")
SPOKEN_ABOUT = re.compile(r"(?<=\w)\s*:\s.*", re.DOTALL)
LONGEST = 400  # characters that are looked at: what a text asks for stands at its beginning
POLITE = re.compile(
    r"^(?:(?:please|hey|hi|ok|so|and|parley|por favor|bitte|s'il te plait|(?:could|can|would|will) you)[, ]+)+"
    r"(?=\w)"
)
TAIL = re.compile(r"(?:[, ]*\b(?:please|thanks|por favor|bitte|s'il (?:te|vous) plait)\b)+(?=\W*$)")
WORD = re.compile(r"[\w']+|\?")


@dataclass(frozen=True, slots=True)
class Guess:
    """The name of an intent, None where nothing tells, and how likely it is meant, 0 to 1."""

    name: str | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Weights:
    """The fitted classifier: of each bucket, one after the other, a number of -128 to 127 for each name."""

    names: Sequence[str]
    constants: Sequence[float]
    scale: float
    table: memoryview


@cache
def shipped() -> Weights:
    """The weights that come with Parley."""
    read = json.loads(Path(__file__).with_name("classifier.json").read_text(encoding="utf-8"))
    table = memoryview(b85decode(read["table"])).cast("b")
    return Weights(read["names"], read["constants"], read["scale"], table)


def guess(text: str) -> Guess:
    """What the text asks for."""
    plain = skeleton(text)
    said = next((name for name, pattern in COMPILED if pattern.search(plain)), None)
    chances = likelihoods(plain, said, shipped())
    name = max(chances, key=chances.__getitem__)
    if WORD.search(plain) and name and chances[name] >= LEAST:
        return Guess(name, round(chances[name], 3))
    return Guess("ask", LIKELY) if QUESTION.search(plain) else Guess(None, 0.0)


def likelihoods(plain: str, said: str | None, weights: Weights) -> dict[str, float]:
    """How likely each intent is for a skeleton of which a pattern said `said`; "" is none of them."""
    found, count = buckets(plain), len(weights.names)
    scale = weights.scale / math.sqrt(len(found) or 1)
    scores = [
        constant + scale * sum(weights.table[bucket * count + place] for bucket in found) + RULE * (name == said)
        for place, (name, constant) in enumerate(zip(weights.names, weights.constants, strict=True))
    ]
    most = max(scores)
    shares = [math.exp(score - most) for score in scores]
    return {name: share / sum(shares) for name, share in zip(weights.names, shares, strict=True)}


def buckets(plain: str) -> set[int]:
    """The buckets of a skeleton's pieces."""
    return {crc32(piece.encode()) % BUCKETS for piece in pieces(plain)}


def pieces(plain: str) -> Iterator[str]:
    """One to three words together, knowing which are first and last, and two to five letters of one word together."""
    words = WORD.findall(plain)
    framed = ["^", *words, "$"]
    for size in (1, 2, 3):
        yield from (" ".join(framed[at : at + size]) for at in range(len(framed) - size + 1))
    for word in words:
        spaced = f" {word} "
        for size in (2, 3, 4, 5):
            yield from (f"~{spaced[at : at + size]}" for at in range(len(spaced) - size + 1))


def is_language(word: str) -> bool:
    """Whether the word is a language's name, or the code of one that Parley's phrases are in."""
    return re.fullmatch(rf"{LANGUAGES}|en|pt|es|de|fr", fold(word)) is not None


def skeleton(text: str) -> str:
    """The text folded (case, accents), without what it quotes, its politeness and its last stops."""
    folded = fold(text.strip()[:LONGEST])
    about = SPOKEN_ABOUT.sub("", QUOTED.sub(" x ", folded))
    plain = TAIL.sub("", POLITE.sub("", about.strip(" ¿¡")))
    asks = plain.rstrip(" .!").endswith("?")
    return re.sub(r"\s+", " ", plain.strip(" .!?,;")) + ("?" if asks else "")


def fold(text: str) -> str:
    """The text in small letters without accents, with straight apostrophes."""
    parts = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))  # noqa: RUF001 - what phones type
    return "".join(letter for letter in parts if not unicodedata.combining(letter))
