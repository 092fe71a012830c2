"""A sentence on its way through a translator: what the model is shown, and whether its answer can be trusted.

Pure functions of text; the model is somewhere else.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from nlp.errors import CoreError
from nlp.jobs import Generated
from nlp.text.masking import (
    MARKS,
    NUMBER,
    PLACEHOLDER,
    SIGNS,
    TYPED,
    Damaged,
    Placeholder,
    find,
    foreign,
    restore,
    shield,
)
from nlp.text.people import bare, named
from nlp.text.segments import Piece

RATIO, SLACK = 3.0, 24  # a translation has at most so many times its source's characters, and so many more
MISSING = 0.25  # and at least this share of them, less SLACK
SHOUTED = 2  # capital words from which a sentence is shouted
ENDS = (".", "!", "?", ":", ";", ",", "…", '"', ")", "-")  # of a sentence that needs no full stop
KEPT_CAPITAL = re.compile(r"I\b|XX|[A-Z]{2}")  # how a sentence may begin that has a small letter in its source
SMALL_NUMBER = 2  # digits up to which a number may come from a word


@dataclass(frozen=True, slots=True)
class Glossary:
    """Terms with a fixed translation, and terms that are never translated. Case doesn't matter in finding them.

    `names` are people's: they stay where they are written with their capitals, and are among the `shielded` ones only
    where a model translates them. Those in `bare` lose the article before them.
    """

    forced: Mapping[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    shielded: frozenset[str] = frozenset()
    bare: frozenset[str] = frozenset()

    def pattern(self) -> str:
        """Return a regex of all terms, longest first, and of the shielded names, or "" for none."""
        terms = sorted({*self.forced, *self.kept} - {""}, key=len, reverse=True)
        any_case = rf"(?<!\w)(?i:{'|'.join(map(re.escape, terms))})(?!\w)" if terms else ""
        names = rf"(?<!\w)(?:{'|'.join(sorted(map(re.escape, self.shielded)))})(?!\w)" if self.shielded else ""
        return "|".join(filter(None, (any_case, names)))

    def named(self, text: str) -> list[str]:
        """Return the people's names in a text, as far as they are meant as names."""
        return named(text, self.names)

    def with_names(self, text: str) -> "Glossary":
        """Return the glossary with the names in a text shielded, itself where there are none."""
        names = self.named(text)
        return replace(self, shielded=frozenset(names)) if names else self

    def applied(self, kept: Placeholder) -> Placeholder:
        """Return what stands in the translation for a term that was found."""
        by_term = {term.casefold(): translation for term, translation in self.forced.items()}
        return Placeholder(by_term.get(kept.text.casefold(), kept.text), kept.left, kept.right)


NO_GLOSSARY = Glossary()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence on its way: what the model gets, and what goes back into its answer."""

    source: str
    shown: str
    kept: tuple[Placeholder, ...]
    shouted: bool = False
    typed: tuple[tuple[str, ...], ...] = ()
    closed: bool = False

    def accepted(self, made: Generated | CoreError) -> str | None:
        """Return the translation with everything in its place, None if it can't be trusted."""
        if isinstance(made, CoreError) or made.cut or not sane_length(self.shown, made.text):
            return None
        if not same_numbers(self.shown, made.text) or signs(self.shown) - signs(made.text):
            return None
        text = retyped(made.text.strip(), self.typed)
        if text.endswith(".") and (self.closed or self.source[-1:].isalpha()):
            text = text.rstrip(".")
        if self.source[:1].islower() and self.shown[:1].isupper() and not self.begins_with_name(text):
            text = text[:1].lower() + text[1:]
        elif self.source[:1].isupper() and text[:1].islower() and self.shown[:1].islower():
            text = text[:1].upper() + text[1:]
        try:
            return restore(text.upper() if self.shouted else text, self.kept)
        except Damaged:
            return None

    def begins_with_name(self, text: str) -> bool:
        """Return whether a translation's first word keeps its capital in a sentence that began with a small letter."""
        first = re.match(r"\w+", text)
        return KEPT_CAPITAL.match(text) is not None or (first is not None and first[0] in self.source.split())


def prepared(source: str, glossary: Glossary, lacking: frozenset[str] = frozenset()) -> Sentence:
    """Return a sentence for the model: shielded, in characters that it knows, and in small letters if it is shouted.

    `lacking` are the characters that its vocabulary lacks.
    """
    shielded = shield(bare(source, glossary.bare), terms=glossary.pattern(), signs=unreadable(lacking))
    kept = tuple(map(glossary.applied, shielded.kept))
    typed = typographic(shielded.text, lacking)
    shown = "".join(spelling(char, lacking) for char in shielded.text)
    shouted = is_shouted(shielded.text)
    told = quiet(shown) if shouted else shown
    closed = not told.rstrip().endswith(ENDS)
    return Sentence(source, sentence_like(told, lacking, closed=closed), kept, shouted, typed, closed)


def sentence_like(text: str, lacking: frozenset[str], *, closed: bool) -> str:
    """Return a text with a capital and a full stop: models learn from sentences, and read others worse."""
    first = text[:1].upper()
    begun = first + text[1:] if len(first) == 1 and first not in lacking else text
    return begun.rstrip() + "." if closed and text.strip() else begun


def unreadable(lacking: frozenset[str]) -> str:
    """Return a regex of what a model can't read: words and signs with characters that it lacks, and stray marks."""
    return "|".join(filter(None, (foreign(char for char in lacking if spelling(char, lacking) == char), MARKS)))


def spelling(char: str, lacking: frozenset[str]) -> str:
    """Return a character that every vocabulary has: a capital in small, a typographer's sign as a typist's."""
    if char not in lacking:
        return char
    small = char.lower()
    return TYPED.get(char) or (small if small != char and small not in lacking else char)


def typographic(text: str, lacking: frozenset[str]) -> tuple[tuple[str, ...], ...]:
    """Return the typographer's signs that a vocabulary lacks, in order, beside how each kind of them is typed.

    Signs that are typed already stand among them: ("-", "-", "\u2014") for "- a \u2014 b".
    """
    used = sorted({char for char in text if char in TYPED and char in lacking})
    kinds = sorted({TYPED[char] for char in used} - {" "})
    either = {kind: "|".join(map(re.escape, (kind, *(char for char in used if TYPED[char] == kind)))) for kind in kinds}
    return tuple((kind, *re.findall(either[kind], text)) for kind in kinds)


def retyped(text: str, typed: Sequence[tuple[str, ...]]) -> str:
    """Return a translation with the typographer's signs of its source, where there are as many as the typist's were."""
    for plain, *originals in typed:
        if text.count(plain) == len(originals):
            text = "".join(a + b for a, b in zip(text.split(plain), [*originals, ""], strict=True))
    return text


def signs(text: str) -> Counter[str]:
    """Return how often each sign that a model may drop stands in a text."""
    return Counter(re.findall(SIGNS, text))


def between(source: str, glossary: Glossary, lacking: frozenset[str] = frozenset()) -> list[Piece]:
    """Return the words between protected spans, terms, numbers and signs, and those as layout."""
    pieces: list[Piece] = []
    done = 0
    signs_too = f"{unreadable(lacking)}|{SIGNS}"
    for span in find(source, numbers=True, terms=glossary.pattern(), signs=signs_too):
        pieces += around(source[done : span.start])
        kept = glossary.applied(Placeholder(source[span.start : span.end]))
        pieces.append(Piece(kept.text, words=False))
        done = span.end
    return [*pieces, *around(source[done:])]


def around(text: str) -> list[Piece]:
    """Return words, and the blank space and punctuation at their edges as layout; a protected span stays whole."""
    spans = [(span.start, span.end) for span in find(text)]
    letters = [i for i, char in enumerate(text) if char.isalpha()]
    if all(any(first <= i < last for first, last in spans) for i in letters):
        return [Piece(text, words=False)] if text else []
    start = next((first for first, last in spans if first <= letters[0] < last), letters[0])
    end = next((last for first, last in spans if first <= letters[-1] < last), letters[-1] + 1)
    parts = ((text[:start], False), (text[start:end], True), (text[end:], False))
    return [Piece(part, words) for part, words in parts if part]


def like(source: str, text: str) -> str:
    """Return a translated part with the first letter's case and the missing full stop of its source."""
    text = text if source.endswith(".") or text.endswith("..") else text.removesuffix(".")
    first = re.match(r"\w+", text)
    if is_shouted(source):
        return text.upper()
    if source[:1].isupper():
        return text[:1].upper() + text[1:]
    if first and first[0] in re.findall(r"\w+", source):
        return text
    return text[:1].lower() + text[1:] if source[:1].islower() else text


def is_shouted(text: str) -> bool:
    """Return whether a shielded sentence is written in capitals."""
    words = [word for word in re.findall(r"[^\W\d_]{2,}", PLACEHOLDER.sub(" ", text)) if word.upper() != word.lower()]
    return len(words) >= SHOUTED and all(word.isupper() for word in words)


def quiet(text: str) -> str:
    """Return a shouted sentence in small letters but for its first; its placeholders stay."""
    small = text[:1] + text[1:].lower()
    return PLACEHOLDER.sub(lambda match: match[0].upper(), small)


def sane_length(source: str, text: str) -> bool:
    """Return whether a translation's length is possible."""
    return bool(text.strip()) and len(source) * MISSING - SLACK <= len(text) <= len(source) * RATIO + SLACK


def same_numbers(source: str, text: str) -> bool:
    """Return whether a shielded sentence and its translation have the same numbers, however they are punctuated.

    A small number more may come from a word ("ten" to "10").
    """
    before, after = numbers(source), numbers(text)
    return not before - after and all(len(number) <= SMALL_NUMBER for number in after - before)


def numbers(text: str) -> Counter[str]:
    """Return the digits of every number outside placeholders."""
    digits = (re.sub(r"\D", "", match[0]) for match in re.finditer(NUMBER, PLACEHOLDER.sub(" ", text)))
    return Counter(digits)


def joined(pieces: Sequence[Piece], found: Mapping[str, str | None]) -> str | None:
    """Return the pieces with their translations, None if one of them has none."""
    texts = [found[piece.text] if piece.words else piece.text for piece in pieces]
    return None if None in texts else "".join(text for text in texts if text is not None)
