"""Cuts a chat text into pieces: sentences for a translator, and the layout between them, which stays as it is.

The pieces joined give the text again, whatever the text. Line starts (quote marks, bullets, numbers, headings), blank
space, code and emoji at a sentence's edges, and someone addressed by name in front of it are layout. Knows no model.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nlp.text.masking import FILLER, ProtectedSpan, find, strip

LONGEST = 400  # characters of a piece; the models were trained on single sentences
LINE = re.compile(r"[^\n]*\n?")
START = re.compile(
    r"\s*(?:(?:(?:>|&gt;)+|-#|[-*+•◦▪‣\u2013\u2014]|\d{1,3}[.)]|[a-zA-Z][.)]|#{1,6}|\[[ xX]?\])[ \t]+"
    r"|>+(?=\S)|\|(?=[ \t]))*"
)
HALVES = re.compile(r"(?<![ \t])(?:[ \t]+[-|\u2013\u2014][ \t]+|[ \t]*\|(?=\s*$))")
WRAPPED = re.compile(r"(?P<mark>\*\*\*|\*\*|\*|___|__|_|~~|~|\|\|)(?=\S)(?P<inner>.+?)(?<=\S)(?P=mark)", re.DOTALL)
OPENED, CLOSED = re.compile(r"[*_~|]+(?=[^\s*_~|])"), re.compile(r"(?<=[^\s*_~|])[*_~|]+$")
BAR = re.compile(r"(?<![ \t])(?:[ \t]+\|[ \t]+|[ \t]*\|(?=\s*$))")
ANY_END = re.compile(r"(?<=[.!?…])\s+|\n+")  # of a sentence or a line, whatever follows
SENTENCE_END = re.compile(r"""(?<=[.!?…])["')\]”\u2019»*_]*\s+(?=[^\s\da-zà-öø-ÿ])|(?<=[。\uff01\uff1f])""")
ABBREVIATION = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|Prof|Sr|Sra|Dra|St|vs|No|Nr|e\.g|i\.e|p\.ex|etc|[A-Z])\.\s+$")
SOFT_END = re.compile(r"[,;:)\u2013\u2014]\s+|\s+")
SOFT_MARKS = (",", ";", ":", ")", "\N{EN DASH}", "\N{EM DASH}")
LAYOUT = frozenset({"fence", "emoji", "emoji_code", "emoticon", "laughter"})
VOCATIVE = frozenset({"mention", "markup"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text; `words` tells a sentence from layout."""

    text: str
    words: bool


def cut(text: str) -> list[Piece]:
    """Return the pieces of a text, in order, none of them empty."""
    return [piece for piece in pieces(text) if piece.text]


def pieces(text: str) -> Iterator[Piece]:
    """Yield the pieces of `cut`, with empty ones among them."""
    done = 0
    for span in find(text):
        if span.kind == "fence":
            yield from lines(text[done : span.start])
            yield Piece(text[span.start : span.end], words=False)
            done = span.end
    yield from lines(text[done:])


def lines(text: str) -> Iterator[Piece]:
    """Yield pieces of a text without fences, line by line."""
    for match in LINE.finditer(text):
        line = match[0]
        start = START.match(line)
        assert start is not None
        yield Piece(start[0], words=False)
        for part, bar in split(line[start.end() :]):
            yield Piece(bar, words=False)
            for sentence in sentences(part):
                yield from trimmed(sentence)


def split(line: str) -> Iterator[tuple[str, str]]:
    """Yield a line's cells between bars, and a heading's halves around a dash, each with what stands before."""
    masked = mask(line, list(find(line)))
    pattern = HALVES if is_title(masked) else BAR
    done, bar = 0, ""
    for match in pattern.finditer(masked):
        yield line[done : match.start()], bar
        done, bar = match.end(), line[match.start() : match.end()]
    yield line[done:], bar


def is_title(text: str) -> bool:
    """Return whether every word begins with a capital and not all are in capitals."""
    words = [word for word in re.findall(r"[^\W\d_]+", text) if word.strip(FILLER)]
    return len(words) > 1 and all(word[0].isupper() for word in words) and not text.isupper()


def sentences(line: str) -> Iterator[str]:
    """Yield sentences with the blank space that follows them; one that is too long in parts."""
    spans = list(find(line))
    masked = mask(line, spans)
    ends = [match.end() for match in SENTENCE_END.finditer(masked)]
    done = 0
    for end in [*ends, len(line)]:
        if end < len(line) and ABBREVIATION.search(masked, done, end):
            continue
        yield from parts(line[done:end], masked[done:end])
        done = end


def mask(line: str, spans: list[ProtectedSpan]) -> str:
    """Return the line with every protected span filled in, of the same length."""
    filled = list(line)
    for span in spans:
        filled[span.start : span.end] = FILLER * (span.end - span.start)
    return "".join(filled)


def parts(sentence: str, masked: str) -> Iterator[str]:
    """Yield a sentence of at most LONGEST characters, or parts of it that are, cut at the best place before that."""
    while len(sentence) > LONGEST:
        places = [match.end() for match in SOFT_END.finditer(masked, LONGEST // 2, LONGEST)]
        commas = [place for place in places if masked[:place].rstrip()[-1:] in SOFT_MARKS]
        at = (commas or places or [LONGEST])[-1]
        yield sentence[:at]
        sentence, masked = sentence[at:], masked[at:]
    yield sentence


def trimmed(sentence: str) -> Iterator[Piece]:
    """Yield a sentence without its edges, and its edges as layout."""
    spans = list(find(sentence))
    first, last = 0, len(sentence)
    for span in spans:
        addressed = span.kind in VOCATIVE and sentence[span.end : span.end + 1] in (",", ":")
        if sentence[first : span.start].strip() or not (span.kind in LAYOUT or addressed):
            break
        first = span.end + addressed
    for span in reversed(spans):
        if span.start < first or sentence[span.end : last].strip() or span.kind not in LAYOUT:
            break
        last = span.start
    body = sentence[first:last]
    core = body.strip()
    start = first + len(body) - len(body.lstrip())
    left, right = wrapping(core)
    start, core = start + left, core[left : len(core) - right]
    yield Piece(sentence[:start], words=False)
    yield Piece(core, words=has_words(core))
    yield Piece(sentence[start + len(core) :], words=False)


def wrapping(core: str) -> tuple[int, int]:
    """Return how many characters at the two ends of a sentence are marks around all of it, or have no partner in it."""
    left = right = 0
    while match := WRAPPED.fullmatch(core):
        size = len(match["mark"])
        if match["mark"] in match["inner"]:
            return left, right
        left, right, core = left + size, right + size, match["inner"]
    if (match := OPENED.match(core)) and core.count(match[0]) == 1:
        left, core = left + match.end(), core[match.end() :]
    if (match := CLOSED.search(core)) and core.count(match[0]) == 1:
        right += len(match[0])
    return left, right


def has_words(text: str) -> bool:
    """Return whether anything outside the protected spans could be translated."""
    return any(map(str.isalpha, strip(text)))
