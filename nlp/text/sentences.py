"""A sentence on its way through a translator: what the model is shown, and whether its answer can be trusted.

Pure functions of text; the model is somewhere else.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nlp.errors import CoreError
from nlp.jobs import Generated
from nlp.text.masking import NUMBER, PLACEHOLDER, Damaged, Kept, find, restore, shield
from nlp.text.segments import Piece

RATIO, SLACK = 3.0, 24  # a translation has at most so many times its source's characters, and so many more
MISSING = 0.25  # and at least this share of them, less SLACK
SHOUTED = 2  # capital words from which a sentence is shouted
SMALL_NUMBER = 2  # digits up to which a number may come from a word


@dataclass(frozen=True, slots=True)
class Glossary:
    """Terms with a fixed translation, and terms that are never translated. Case doesn't matter in finding them."""

    forced: Mapping[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()

    def pattern(self) -> str:
        """A regex of all terms, longest first; "" for none."""
        terms = sorted({*self.forced, *self.kept} - {""}, key=len, reverse=True)
        return rf"(?<!\w)(?i:{'|'.join(map(re.escape, terms))})(?!\w)" if terms else ""

    def applied(self, kept: Kept) -> Kept:
        """What stands in the translation for a term that was found."""
        by_term = {term.casefold(): translation for term, translation in self.forced.items()}
        return Kept(by_term.get(kept.text.casefold(), kept.text), kept.left, kept.right)


NO_GLOSSARY = Glossary()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence on its way: what the model gets, and what goes back into its answer."""

    source: str
    shown: str
    kept: tuple[Kept, ...]
    shouted: bool = False

    def accepted(self, made: Generated | CoreError) -> str | None:
        """The translation with everything in its place, None if it can't be trusted."""
        if isinstance(made, CoreError) or made.cut or not sane_length(self.shown, made.text):
            return None
        if not same_numbers(self.shown, made.text):
            return None
        try:
            return restore(made.text.upper() if self.shouted else made.text, self.kept)
        except Damaged:
            return None


def prepared(source: str, glossary: Glossary) -> Sentence:
    """A sentence as the model gets it: shielded, and in small letters if it is shouted."""
    shielded = shield(source, terms=glossary.pattern())
    kept = tuple(map(glossary.applied, shielded.kept))
    shouted = is_shouted(shielded.text)
    return Sentence(source, quiet(shielded.text) if shouted else shielded.text, kept, shouted)


def between(source: str, glossary: Glossary) -> list[Piece]:
    """The words between protected spans, terms and numbers, and those as layout."""
    pieces: list[Piece] = []
    done = 0
    for span in find(source, numbers=True, terms=glossary.pattern()):
        pieces += around(source[done : span.start])
        kept = glossary.applied(Kept(source[span.start : span.end]))
        pieces.append(Piece(kept.text, words=False))
        done = span.end
    return [*pieces, *around(source[done:])]


def around(text: str) -> list[Piece]:
    """Words, and the blank space and punctuation at their edges as layout."""
    start = next((i for i, char in enumerate(text) if char.isalpha()), len(text))
    end = next((i for i in range(len(text), 0, -1) if text[i - 1].isalpha()), start)
    parts = ((text[:start], False), (text[start:end], True), (text[end:], False))
    return [Piece(part, words) for part, words in parts if part]


def like(source: str, text: str) -> str:
    """A translated part with the first letter's case and the missing full stop of its source."""
    text = text if source.endswith(".") else text.removesuffix(".")
    return text[:1].lower() + text[1:] if source[:1].islower() else text


def is_shouted(text: str) -> bool:
    """Whether a shielded sentence is written in capitals."""
    words = [word for word in re.findall(r"[^\W\d_]{2,}", PLACEHOLDER.sub(" ", text)) if word.upper() != word.lower()]
    return len(words) >= SHOUTED and all(word.isupper() for word in words)


def quiet(text: str) -> str:
    """A shouted sentence in small letters but for its first; its placeholders stay."""
    small = text[:1] + text[1:].lower()
    return PLACEHOLDER.sub(lambda match: match[0].upper(), small)


def sane_length(source: str, text: str) -> bool:
    """Whether a translation's length is possible."""
    return bool(text.strip()) and len(source) * MISSING - SLACK <= len(text) <= len(source) * RATIO + SLACK


def same_numbers(source: str, text: str) -> bool:
    """Whether a shielded sentence and its translation have the same numbers, however they are punctuated.

    A small number more may come from a word ("ten" to "10").
    """
    before, after = numbers(source), numbers(text)
    return not before - after and all(len(number) <= SMALL_NUMBER for number in after - before)


def numbers(text: str) -> Counter[str]:
    """The digits of every number outside placeholders."""
    digits = (re.sub(r"\D", "", match[0]) for match in re.finditer(NUMBER, PLACEHOLDER.sub(" ", text)))
    return Counter(digits)


def joined(pieces: Sequence[Piece], found: Mapping[str, str | None]) -> str | None:
    """The pieces with their translations, None if one of them has none."""
    texts = [found[piece.text] if piece.words else piece.text for piece in pieces]
    return None if None in texts else "".join(text for text in texts if text is not None)
