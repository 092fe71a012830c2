"""Recognises what free text asks for, in English, Portuguese, Spanish, German and French, and how surely.

Pure, total and fast. Two readers decide: the patterns of `bot.understanding.patterns`, of which the first that
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

from bot.understanding.denials import PRAISE_ALONE
from bot.understanding.patterns import LANGUAGES, ORDERS, PHRASES
from nlp.text.names import is_name

BUCKETS = 8192  # into which pieces are hashed
RULE = 3.0  # what the pattern that fits adds to its intent: the best of 0 to 6 for patterns that had not seen the data
ORDERED = 4.0  # what a verb that orders a summary adds to that, whatever the rest of the words is about
FEW = 2  # words, of which no pattern fits: too few to say that they ask for nothing
NOTHING = "nothing"  # the name of what asks for nothing
LEAST = 0.45  # below, nothing tells what is meant
ALONE = 0.5  # the same where no pattern fits
LIKELY = 0.5  # of what merely has the shape of a question
SURE = 0.7  # of asking for nothing, where a text has the shape of a question

ORDER = re.compile("|".join(f"(?:{each})" for each in ORDERS))
PRAISED = re.compile(PRAISE_ALONE)
COMPILED = tuple((name, re.compile("|".join(f"(?:{each})" for each in phrases))) for name, phrases in PHRASES)
QUESTION = re.compile(
    r"\?$|^(?:what|how|is|are|was|were|do|does|do|did|can|could|has|have|which|find|search|look|tell me|does"
    r"|i'm looking for|o que|qual|como|ha|ja|sabes|procura|que|cual|busca|was|wie|welche\w*|hat|ist|gibt|such\w*"
    r"|quel\w*|comment|est-ce|cherche|y a-t-il)\b"
)
ADDRESS = re.compile(r"^@?(?P<name>[\w\-\[\]|`]+)\s*[:,]\s+(?=\S)")  # somebody's name, before what is said to them
QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|«[^»]*»|„[^“]*“")
SPOKEN_ABOUT = re.compile(r"(?<=\w)\s*:\s.*", re.DOTALL)
LONGEST = 400  # characters that are looked at: what a text asks for stands at its beginning
POLITE = re.compile(
    r"^(?:(?:please|hey|hi|ok|so|and|parley|por favor|bitte|s'il te plait|(?:could|can|would|will|why don't) you)"
    r"[, ]+)+"
    r"(?=\w)(?!there$|all$|everyone$|guys$)"
)
TAIL = re.compile(r"(?:[, ]*\b(?:please|thanks|por favor|bitte|s'il (?:te|vous) plait)\b)+(?=\W*$)")
CODES = frozenset({"en", "pt", "es", "de", "fr"})
NO_NAMES = frozenset({"lets", "fins"})  # words that are more often something else
LETTERS = re.compile(r"[^\W\d_]{4,}")
WORD = re.compile(r"[\w']+|\?")


@dataclass(frozen=True, slots=True)
class Guess:
    """The name of an intent, None where nothing tells, and how likely it is meant, 0 to 1."""

    name: str | None
    confidence: float


@dataclass(frozen=True, slots=True)
class ClassifierWeights:
    """The fitted classifier: of each bucket, one after the other, a number of -128 to 127 for each name."""

    names: Sequence[str]
    constants: Sequence[float]
    scale: float
    table: memoryview


@cache
def shipped() -> ClassifierWeights:
    """Return the weights that come with Parley."""
    read = json.loads(Path(__file__).with_name("classifier.json").read_text(encoding="utf-8"))
    table = memoryview(b85decode(read["table"])).cast("b")
    return ClassifierWeights(read["names"], read["constants"], read["scale"], table)


def guess(text: str) -> Guess:
    """Return what the text asks for."""
    plain = skeleton(text)
    if PRAISED.fullmatch(plain):
        return Guess(NOTHING, 1.0)
    pattern_name = next((name for name, pattern in COMPILED if pattern.search(plain)), None)
    ordered = pattern_name != NOTHING and ORDER.match(plain) is not None
    pattern_name = "summarize" if ordered else pattern_name
    chances = likelihoods(plain, pattern_name, shipped(), RULE + ORDERED * ordered)
    name = max(chances, key=chances.__getitem__)
    if not WORD.search(plain):
        return Guess(NOTHING, 1.0) if text.strip() else Guess(None, 0.0)
    if name == NOTHING != pattern_name and len(plain.split()) <= FEW:  # "the boats": perhaps a wish that lacks its verb
        return Guess("ask", LIKELY) if QUESTION.search(plain) else Guess(None, 0.0)
    if (
        name == NOTHING
        and chances[name] < SURE
        and (pattern_name == "ask" or (pattern_name is None and QUESTION.search(plain)))
    ):
        return Guess("ask", LIKELY)
    if chances[name] >= (LEAST if pattern_name else ALONE):
        return Guess(name, round(chances[name], 3))
    return Guess("ask", LIKELY) if QUESTION.search(plain) else Guess(None, 0.0)


def likelihoods(plain: str, said: str | None, weights: ClassifierWeights, rule: float = RULE) -> dict[str, float]:
    """Return how likely each intent is for a skeleton of which a pattern, that counts as `rule`, said `said`."""
    found, count = buckets(plain), len(weights.names)
    scale = weights.scale / math.sqrt(len(found) or 1)
    scores = [
        constant + scale * sum(weights.table[bucket * count + place] for bucket in found) + rule * (name == said)
        for place, (name, constant) in enumerate(zip(weights.names, weights.constants, strict=True))
    ]
    most = max(scores)
    shares = [math.exp(score - most) for score in scores]
    return {name: share / sum(shares) for name, share in zip(weights.names, shares, strict=True)}


def buckets(plain: str) -> set[int]:
    """Return the buckets of a skeleton's pieces."""
    return {crc32(piece.encode()) % BUCKETS for piece in pieces(plain)}


def pieces(plain: str) -> Iterator[str]:
    """Yield one to three words together, with first and last ones marked, and two to five letters of a word."""
    words = WORD.findall(plain)
    framed = ["^", *words, "$"]
    for size in (1, 2, 3):
        yield from (" ".join(framed[at : at + size]) for at in range(len(framed) - size + 1))
    for word in words:
        spaced = f" {word} "
        for size in (2, 3, 4, 5):
            yield from (f"~{spaced[at : at + size]}" for at in range(len(spaced) - size + 1))


def is_language(word: str) -> bool:
    """Return whether the word is a language's name, or the code of one that Parley's phrases are in."""
    return word.casefold() in CODES or (word.casefold() not in NO_NAMES and is_name(word))


def skeleton(text: str) -> str:
    """Return the text folded (case, accents), without what it quotes, its politeness and its last stops."""
    folded = unaddressed(fold(text.strip()[:LONGEST]))
    about = SPOKEN_ABOUT.sub("", QUOTED.sub(" x ", folded))
    about = LETTERS.sub(lambda found: LANGUAGES if _names_language(found[0]) else found[0], about)
    plain = TAIL.sub("", POLITE.sub("", about.strip(" ¿¡")))
    asks = plain.rstrip(" .!").endswith("?")
    return re.sub(r"\s+", " ", plain.strip(" .!?,;")) + ("?" if asks else "")


def _names_language(word: str) -> bool:
    return word not in CODES and is_language(word)


def unaddressed(folded: str) -> str:
    """Return the text without the addressee's name: a first word that no pattern knows, and its colon or comma."""
    match = ADDRESS.match(folded)
    if match is None or is_language(match["name"]) or any(pattern.search(match["name"]) for _, pattern in COMPILED):
        return folded
    return folded[match.end() :]


def fold(text: str) -> str:
    """Return the text in small letters without accents, with straight apostrophes."""
    parts = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))  # noqa: RUF001 - what phones type
    return "".join(letter for letter in parts if not unicodedata.combining(letter))
