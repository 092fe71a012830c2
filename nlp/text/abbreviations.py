"""Abbreviations and their long forms ("PTO", "paid time off"), learned from the texts of one conversation. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nlp.text.lexical import FUNCTION_WORDS, fold, likeliest, stem, words

SHORT = re.compile(r"(?<![\w.])[A-Z]{2,6}(?![\w.]\w)")
DEFINED = re.compile(r"\(([A-Z]{2,6})\)|(?<!\w)([A-Z]{2,6}) \(")
COMMON = frozenset(
    {"am", "pm", "ok", "no", "it", "id", "tv", "us", "to", "in", "on", "is", "he", "we", "me", "so", "do"}
)
BETWEEN = r"(?:\W+(?:of|and|the|for|de|d[aoe]s?|del|la|und|der|des|et|du|e|y))?\W+"
MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """A short form, folded, and the words that it stands for, folded."""

    short: str
    long: tuple[str, ...]

    def completed(self, text: str, held: set[str]) -> set[str]:
        """Return the stems of a text, with those of the one form where it holds the other."""
        if self.short in held and any(fold(found) == self.short for found in SHORT.findall(text)):
            return held | set(map(stem, self.long))
        if self._phrase.search(fold(text)):
            return held | {stem(self.short)}
        return held

    @property
    def _phrase(self) -> re.Pattern[str]:
        return re.compile(rf"\b{BETWEEN.join(map(re.escape, self.long))}\b")


def abbreviations(question: str, texts: Sequence[str]) -> tuple[Abbreviation, ...]:
    """Return those that the question holds in either form and the texts in the other."""
    shorts = {fold(found) for text in texts for found in SHORT.findall(text)} - COMMON
    written_out = (Abbreviation(short, phrase) for short, phrase in _phrases(question) if short in shorts)
    shortened = (
        Abbreviation(short, long) for short in _short_forms(question, texts) for long in _long_form(short, texts)
    )
    return tuple(dict.fromkeys([*written_out, *shortened]))


def _phrases(question: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield every run of words that begins with one that carries meaning, with its initials."""
    found, function_words = words(question), FUNCTION_WORDS[likeliest(question)]
    for start, first in enumerate(found):
        if first in function_words:
            continue
        for end in range(start + 2, min(start + MOST_WORDS, len(found)) + 1):
            phrase = tuple(found[start:end])
            yield "".join(word[0] for word in phrase), phrase
            bare = tuple(word for word in phrase if word not in function_words)
            yield "".join(word[0] for word in bare), bare


def _short_forms(question: str, texts: Sequence[str]) -> set[str]:
    """Return the abbreviations in the question: in capitals, or defined in brackets somewhere."""
    defined = {fold(one or other) for text in texts for one, other in DEFINED.findall(text)}
    return ({fold(found) for found in SHORT.findall(question)} | (defined & set(words(question)))) - COMMON


def _long_form(short: str, texts: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the words with these initials that the texts hold most often, if any."""
    pattern = re.compile(r"\b" + BETWEEN.join(rf"({letter}\w+)" for letter in short) + r"\b")
    found = [match.groups() for text in texts for match in pattern.finditer(fold(text))]
    telling = [phrase for phrase in found if not all(word in FUNCTION_WORDS["en"] for word in phrase)]
    if telling:
        yield max(telling, key=telling.count)
