"""Says idioms, phrasal verbs and jargon in plain words before a translator sees them: "the site is down", "deu ruim".

Models of a few megabytes translate them by the word. Each row of `idioms.tsv` is a language, a regex of whole words in
small letters and what it means, in words that such a model knows.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from nlp.text.masking import find


@dataclass(frozen=True, slots=True)
class Idiom:
    """An expression, and the plain words for it with the groups that it keeps."""

    regex: str
    plain: str
    pattern: re.Pattern[str]


@cache
def idioms(language: str) -> tuple[Idiom, ...]:
    """Return the expressions of a language, none where it has no table."""
    text = (files("nlp.translation") / "idioms.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines()]
    return tuple(Idiom(regex, plain, compiled(regex)) for code, regex, plain in rows if code == language)


@cache
def any_idiom(language: str) -> re.Pattern[str]:
    """Return a regex that finds any expression of a language in small letters: twenty times as fast as one by one."""
    return compiled("|".join(f"(?:{idiom.regex})" for idiom in idioms(language)) or "(?!)", 0)


def compiled(regex: str, flags: int = re.IGNORECASE) -> re.Pattern[str]:
    """Return a regex that finds whole words."""
    return re.compile(rf"(?<![\w'/@#-])(?:{regex})(?![\w/@-])", flags)


def in_plain_words(text: str, language: str) -> str:
    """Return a text with its idioms in plain words. What is protected stays as it is."""
    if any_idiom(language).search(text.lower()) is None:
        return text
    for idiom in idioms(language):
        if idiom.pattern.search(text):
            text = replaced(text, idiom, [(span.start, span.end) for span in find(text)])
    return text


def replaced(text: str, idiom: Idiom, spans: Sequence[tuple[int, int]]) -> str:
    """Return the text with one idiom replaced outside of spans, written as it is written."""

    def plain(match: re.Match[str]) -> str:
        if any(start < match.end() and match.start() < end for start, end in spans):
            return match[0]
        words, first = match.expand(idiom.plain), match[0][:1]
        if match[0].isupper() and len(match[0]) > 1:
            return words.upper()
        if not first.isupper():
            return words
        begun = re.match(r"\w+", match[0])
        if begun and begun[0] != "I" and not words.startswith(begun[0]):  # it no longer opens the sentence
            words = words.replace(begun[0], begun[0].lower(), 1)
        return words[:1].upper() + words[1:]

    return idiom.pattern.sub(plain, text)
