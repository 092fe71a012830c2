"""Takes the marks of emphasis, links and tags off a sentence and puts them around the same words of its translation.

A translator is shown plain words. Whatever a pair of marks encloses is translated by itself, too, and looked for in the
sentence's translation; where it isn't found, the caller translates the parts between the marks. A word in capitals
among small ones is emphasis, too. Pure functions of text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from nlp.text.masking import FILLER, find

PAIR = re.compile(
    r"(?<![\w*_~|\\])(?P<mark>\*\*\*|\*\*|\*|___|__|_|~~|~|\|\|)(?=\S)(?P<marked>[^\n]{0,500}?\S)(?P=mark)(?![\w*_~|])"
    r"|(?<!\w)\[(?P<label>(?=\S)[^\[\]\n]*[^\[\]\s])\](?P<target>\([^()\s]*\))"
    r"|(?P<open><(?P<tag>[A-Za-z][\w:-]*)(?:\s[^<>\n]*)?>)(?P<tagged>(?=\S)[^\n]{0,500}?\S)(?P<close></(?P=tag)>)"
)
INNER = ("marked", "label", "tagged")
CAPITALS = re.compile(r"(?<![\w'-])[^\W\d_](?:[^\W\d_]|'(?=[^\W\d_]))+(?![\w'-])")
LONG = 5  # letters from which a word in capitals isn't an acronym
TRIMMED = " .,!?;:"


@dataclass(frozen=True, slots=True)
class EmphasisMark:
    """Holds what is emphasised in a plain sentence: `plain[start:end]`, and what stands around it."""

    start: int
    end: int
    before: str = ""
    after: str = ""

    @property
    def shouted(self) -> bool:
        """Return whether it is a word in capitals rather than something between marks."""
        return not self.before


@dataclass(frozen=True, slots=True)
class Plain:
    """A sentence without its marks, outer ones before inner ones."""

    text: str
    marks: tuple[EmphasisMark, ...] = ()

    def fragments(self) -> tuple[str, ...]:
        """Return what each mark encloses."""
        return tuple(self.text[mark.start : mark.end] for mark in self.marks)


def unmarked(sentence: str, ordinary: frozenset[str] = frozenset()) -> Plain:
    """Return a sentence without its marks; words of `ordinary` that are in capitals alone are emphasised, too."""
    masked = list(sentence)
    for span in find(sentence):
        if span.kind != "tag":
            masked[span.start : span.end] = FILLER * (span.end - span.start)
    plain, marks = parsed(sentence, "".join(masked), 0)
    return quieted(Plain(plain, tuple(marks)), ordinary)


def parsed(text: str, masked: str, offset: int) -> tuple[str, list[EmphasisMark]]:
    """Return the text without its marks, and those; `offset` is where it begins in the whole plain text."""
    plain, marks, done = "", list[EmphasisMark](), 0
    for match in PAIR.finditer(masked):
        inner = next(name for name in INNER if match[name] is not None)
        first, last = match.span(inner)
        plain += text[done : match.start()]
        inside, nested = parsed(text[first:last], masked[first:last], offset + len(plain))
        start = offset + len(plain)
        marks += (
            EmphasisMark(start, start + len(inside), text[match.start() : first], text[last : match.end()]),
            *nested,
        )
        plain, done = plain + inside, match.end()
    return plain + text[done:], marks


def quieted(plain: Plain, ordinary: frozenset[str]) -> Plain:
    """Return the sentence with its emphasised capitals in small letters, if it isn't all in capitals."""
    spans = [(span.start, span.end) for span in find(plain.text)]
    words = [
        match
        for match in CAPITALS.finditer(plain.text)
        if not any(start < match.end() and match.start() < end for start, end in spans)
    ]
    loud = [match for match in words if match[0].isupper() and is_ordinary(match[0], ordinary)]
    if all(match[0].isupper() for match in words):
        return plain
    letters = list(plain.text)
    for match in loud:
        small = match[0].lower()
        letters[match.start() : match.end()] = small if match.start() else small.capitalize()
    marks = tuple(EmphasisMark(match.start(), match.end()) for match in loud)
    return Plain("".join(letters), (*plain.marks, *marks))


def is_ordinary(word: str, ordinary: frozenset[str]) -> bool:
    """Return whether a word in capitals is a word and no acronym."""
    return word.lower() in ordinary or len(word) >= LONG or "'" in word


def remarked(translation: str, plain: Plain, translated: Sequence[str | None]) -> str | None:
    """Return the translation with its marks, None where what one encloses isn't found.

    `translated` are the fragments'.
    """
    places: list[tuple[int, int]] = []
    for mark, fragment in zip(plain.marks, translated, strict=True):
        own = found(plain.text, plain.text[mark.start : mark.end])
        there = found(translation, fragment or "")
        rank = next((i for i, (start, end) in enumerate(own) if mark.start <= start and end <= mark.end), None)
        clear = rank is not None and len(own) == len(there)
        if not clear and not mark.shouted:
            return None
        places.append(there[rank] if clear and rank is not None else (0, 0))
    if not nested_alike(plain.marks, places):
        return None
    return drawn(translation, plain.marks, places)


def nested_alike(marks: Sequence[EmphasisMark], places: Sequence[tuple[int, int]]) -> bool:
    """Return whether marks that enclose different words, or one another, do so at their new places, too."""
    moved = [EmphasisMark(start, end) for start, end in places]
    pairs = combinations(zip(marks, moved, strict=True), 2)
    return all(apart(one, other) == apart(new, newer) for (one, new), (other, newer) in pairs)


def apart(mark: EmphasisMark, other: EmphasisMark) -> bool:
    """Return whether two marks enclose different words rather than one the other."""
    return mark.end <= other.start or other.end <= mark.start


def found(text: str, fragment: str) -> list[tuple[int, int]]:
    """Return where a fragment stands in a text as whole words outside of what is protected."""
    sought = fragment.strip(TRIMMED)
    if not sought:
        return []
    spans = [(span.start, span.end) for span in find(text)]
    before, _, after = fragment.partition(sought)
    core = rf"(?:{re.escape(before)})?(?<!\w){re.escape(sought)}(?!\w)(?:{re.escape(after)})?"
    whole = re.compile(core, re.IGNORECASE)
    places = [match.span() for match in whole.finditer(text)]
    return [place for place in places if not any(a <= place[0] and place[1] <= b and (a, b) != place for a, b in spans)]


def drawn(text: str, marks: Sequence[EmphasisMark], places: Sequence[tuple[int, int]]) -> str:
    """Return the text with each mark at its place; an outer one opens first and closes last."""
    edges: list[tuple[int, int, str]] = []
    for rank, (mark, (start, end)) in enumerate(zip(marks, places, strict=True)):
        if mark.shouted:
            text = text[:start] + text[start:end].upper() + text[end:]
        else:
            edges += ((start, rank + len(marks), mark.before), (end, len(marks) - rank - 1, mark.after))
    pieces, done = "", 0
    for place, _, sign in sorted(edges):
        pieces, done = pieces + text[done:place] + sign, place
    return pieces + text[done:]


def parts(sentence: str) -> Iterator[tuple[str, bool]]:
    """Yield a sentence cut at its marks: each part, and whether it is a mark."""
    plain = unmarked(sentence)
    edges = sorted(
        [(mark.start, index, mark.before) for index, mark in enumerate(plain.marks)]
        + [(mark.end, -index - 1, mark.after) for index, mark in enumerate(plain.marks)],
        key=lambda edge: (edge[0], edge[1] >= 0, edge[1]),
    )
    done = 0
    for place, _, sign in edges:
        yield plain.text[done:place], False
        yield sign, True
        done = place
    yield plain.text[done:], False
