"""Tells a language by its everyday words: which of them a text has, and of which language most. Pure functions."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

PLENTY, AHEAD = 4, 2  # everyday words of a language that settle it, and how many times those of any other
ARABIC_IN_LATIN = "ar-Latn"
WITH_DIGITS = re.compile(
    r"[a-z]*[a-z][23579][a-z]+(?:[23579][a-z]*)?|[2379][a-z]{3,}|[a-z]{3,}7"
)  # ma3lesh, 3ayez, nrou7
TABLE = tomllib.loads(Path(__file__).with_name("everyday.toml").read_text(encoding="utf-8"))
LISTED = {language: frozenset(lists["words"].split()) for language, lists in TABLE.items()}
SPOKEN = {language: LISTED[language] | frozenset(lists["also"].split()) for language, lists in TABLE.items()}
EVERYDAY = {
    word: tuple(language for language, spoken in SPOKEN.items() if word in spoken)
    for word in frozenset().union(*LISTED.values())
}


def by_words(words: str) -> tuple[str | None, bool]:
    """Return the one language whose everyday words are in the text more often than any other's, and whether clearly so.

    One word less than PLENTY will do where no other language has any.
    """
    first, most, next_most = count_words(tokens(words))
    clearly = most + (next_most == 0) >= PLENTY and most >= AHEAD * next_most
    return (first if most > next_most else None), clearly


def tokens(words: str) -> list[str]:
    """Return the words of a text as they are listed."""
    return [token.strip('.,;:!?…()[]"“”*_~-').replace("\u2019", "'") for token in words.lower().split()]


def count_words(spoken: Iterable[str]) -> tuple[str, int, int]:
    """Return the language with the most everyday words, how many there are, and how many of the next."""
    counts = dict.fromkeys(LISTED, 0)
    for token in spoken:
        for language in everyday_in(token):
            counts[language] += 1
    (first, most), (_, next_most) = sorted(counts.items(), key=lambda each: -each[1])[:2]
    return first, most, next_most


def own_words(words: Iterable[str], language: str) -> int:
    """Return how many of the words are everyday in a language."""
    return sum(language in everyday_in(word) for word in words)


def everyday_in(word: str) -> tuple[str, ...]:
    """Return the languages in which a word is everyday. Digits for Arabic's letters are a sign as good as a word."""
    return EVERYDAY.get(word) or ((ARABIC_IN_LATIN,) if WITH_DIGITS.fullmatch(word) else ())
