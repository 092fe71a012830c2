"""Texts as words: what lexical scores are made of. Knows no chat and no model.

Words are folded (case, accents) and cut to their first letters, a stemmer that serves every alphabetic language a
little. Where a script writes no spaces between words, pairs of neighbouring letters stand for them, as in Lucene's
CJKAnalyzer.
"""

import math
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

STEM = 5  # letters; the best of 4 to 7 and whole words in docs/quality.md's experiments, by little
# Names that a sign tells apart are words of their own: C++, C#, .NET, 3.11, @scope/package.
SIGNED = (
    r"@[\w-]{1,60}/\w[\w.-]{0,60}|(?<!\w)\w{1,20}\+\+|(?<!\w)[a-z]{1,2}#(?!\w)|(?<![\w.])\.[a-z]\w+"
    r"|(?<!\d)\d+(?:\.\d+)+"
)
# Vowel signs of India's and South-East Asia's scripts, which `\w` leaves out: they are parts of their words.
SIGNS = "".join(chr(each) for each in range(0x900, 0x1800) if unicodedata.category(chr(each)) in {"Mn", "Mc"})
UNSIGNED = dict.fromkeys(map(ord, SIGNS))
WORD = re.compile(rf"{SIGNED}|v(?=\d+\.\d)|[\w{SIGNS}]+")
# Thai, Lao, Burmese, Khmer, kana, Han characters.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]+"
)
SIGNED_WORD = re.compile(SIGNED)
DOTTED = re.compile(r"(?<!\w)[a-z]\w*(?:\.[a-z]\w*)+")  # node.js: a word of its own beside its parts


def fold(text: str) -> str:
    """Return `text` without case and accents."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def words(text: str) -> list[str]:
    """Return the words of `text` in their order, folded."""
    return WORD.findall(fold(text))


def signed(text: str) -> set[str]:
    """Return the names in `text` that a sign tells apart from other words, folded."""
    folded = fold(text)
    return {*SIGNED_WORD.findall(folded), *DOTTED.findall(folded)}


def stem(word: str) -> str:
    """Return the first letters of a folded word; numbers and identifiers stay whole."""
    alphabetic = word.isalpha() or (not word.isascii() and word.translate(UNSIGNED).isalpha())
    return word[:STEM] if alphabetic else word


def stems(text: str) -> set[str]:
    """Return the stems that occur in `text`."""
    return stems_of(words(text)) | set(DOTTED.findall(fold(text)))


def stems_of(tokens: Sequence[str]) -> set[str]:
    """Return the stems of folded words, pairs of letters in the place of those that have no spaces between them."""
    joined = {word for word in tokens if not word.isascii() and UNSPACED.search(word)}
    return {stem(word) for word in tokens if word not in joined}.union(*map(split, joined))


def split(word: str) -> set[str]:
    """Return the pairs of letters of a word's unspaced runs, and the stems of what stands between them."""
    return {*pairs(word), *(stem(part) for part in UNSPACED.split(word) if part)}


def pairs(text: str) -> list[str]:
    """Return the pairs of neighbouring letters in the runs that a script without spaces writes, in their order."""
    runs = UNSPACED.findall(text)
    return [run[place : place + 2] for run in runs for place in range(max(len(run) - 1, 1))]


FUNCTION_WORDS = {
    language: frozenset(words(listed))
    for language, listed in tomllib.loads(
        Path(__file__).with_name("function_words.toml").read_text(encoding="utf-8")
    ).items()
}


def likeliest(text: str) -> str:
    """Return the language, of the five, whose stop list knows most of the text's words."""
    tokens = words(text)
    return max(FUNCTION_WORDS, key=lambda language: sum(map(FUNCTION_WORDS[language].__contains__, tokens)))


def content_stems(text: str) -> set[str]:
    """Return the stems of the words that carry meaning, by the stop list that knows most of the text's words."""
    ignored = FUNCTION_WORDS[likeliest(text)]
    return stems_of([word for word in words(text) if word not in ignored]) | set(DOTTED.findall(fold(text)))


def document_counts(documents: Iterable[AbstractSet[str]]) -> Counter[str]:
    """Return in how many documents each stem occurs."""
    return Counter(each for document in documents for each in document)


def rarity(query: Collection[str], counts: Mapping[str, int], total: int) -> dict[str, float]:
    """Return the inverse document frequency of the query's stems among `total` documents, as BM25 defines it."""
    return {
        each: math.log1p((total - counts.get(each, 0) + 0.5) / (counts.get(each, 0) + 0.5)) for each in sorted(query)
    }


def coverage(weights: Mapping[str, float], document: AbstractSet[str]) -> float:
    """Return which share of the query's weight the document's words hold, 0 to 1.

    Unlike BM25 it is comparable between questions and between channels.
    """
    total = sum(weights.values())
    return sum(weight for each, weight in weights.items() if each in document) / total if total else 0.0
