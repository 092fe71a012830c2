"""Split a reply in Markdown into pages that a platform takes. Knows limits and Markdown's shape, no platform.

A page ends, best first, between paragraphs, between lines, between words. Code fences are kept whole where they fit a
page and are closed and reopened with their language where they don't; links are cut only when longer than a page.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

FENCE = re.compile(r" {0,3}(`{3,}|~{3,})\s*([^\s`]*)[^`]*$")
# These are never cut inside: links of Markdown and of Slack, bare addresses, words; and what may go at a cut: space.
PIECE = re.compile(r"\[[^\[\]\n]*\]\([^()\s]*\)|<[^<>\n]*>|[^\s\[<]+|\s+|[\[<]")
SMALLEST_LIMIT = 16
LONGEST_LANGUAGE = 20

Measure = Callable[[str], int]


def utf16_length(text: str) -> int:
    """Return the length as Discord counts it: characters beyond the basic plane count twice."""
    return len(text) + sum(char > "\uffff" for char in text)


def pages(text: str, limit: int, *, measure: Measure = len) -> list[str]:
    """Return the text in pages of at most `limit` by `measure`, none of them empty; they lose only white space at cuts.

    `measure` must be additive: measure(a + b) == measure(a) + measure(b). Raises ValueError for a limit under 16.
    """
    if limit < SMALLEST_LIMIT:
        raise ValueError(f"a page must hold at least {SMALLEST_LIMIT}, not {limit}")
    if measure(text) <= limit:
        return [text] if text.strip() else []
    book = _Book(limit, measure)
    for block in _blocks(text.splitlines()):
        book.add(block)
    return book.close()


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines that belong together: a paragraph, the space between two, or code with the fences around it."""

    lines: tuple[str, ...]
    fence: str = ""
    language: str = ""

    @property
    def opening(self) -> str:
        """Return the line that opens the fence again on another page."""
        return self.fence + self.language


def _blocks(lines: list[str]) -> Iterator[_Block]:
    """Yield the text's blocks in order. A fence that nobody closes goes to the end, as renderers read it."""
    prose: list[str] = []
    rows = iter(lines)
    for line in rows:
        opened = FENCE.match(line)
        if not opened:
            prose.append(line)
            continue
        yield from _paragraphs(prose)
        prose = []
        fence, language = opened[1], opened[2]
        yield _Block((line, *_until_closed(rows, fence)), fence, language if len(language) <= LONGEST_LANGUAGE else "")
    yield from _paragraphs(prose)


def _until_closed(rows: Iterator[str], fence: str) -> Iterator[str]:
    for line in rows:
        yield line
        mark = line.strip()
        if mark.startswith(fence) and not mark.strip(fence[0]):
            return


def _paragraphs(lines: list[str]) -> Iterator[_Block]:
    for _, group in groupby(lines, key=lambda line: bool(line.strip())):
        yield _Block(tuple(group))


@dataclass(slots=True)
class _Book:
    """The pages that are full, and the lines of the one that is being filled."""

    limit: int
    measure: Measure
    done: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    used: int = 0
    newline: int = field(init=False)

    def __post_init__(self) -> None:
        self.newline = self.measure("\n")

    def add(self, block: _Block) -> None:
        """Add a block: whole here, else whole on the next page, else in parts."""
        size = sum(self.measure(line) + self.newline for line in block.lines)
        if not self._fits(size) and size - self.newline <= self.limit:
            self._turn()
        if self._fits(size):
            for line in block.lines:
                self._put(line)
        elif block.fence and self._can_reopen(block):
            self._add_code(block)
        else:
            self._add_prose(block)

    def close(self) -> list[str]:
        """Return all pages."""
        self._turn()
        return self.done

    def _fits(self, size: int) -> bool:
        return self.used + size - self.newline <= self.limit

    def _put(self, line: str) -> None:
        self.lines.append(line)
        self.used += self.measure(line) + self.newline

    def _turn(self) -> None:
        """Finish the page, without the empty lines at its edges."""
        while self.lines and not self.lines[0].strip():
            del self.lines[0]
        page = "\n".join(self.lines).rstrip()
        if page:
            self.done.append(page)
        self.lines, self.used = [], 0

    def _add_prose(self, block: _Block) -> None:
        for line in block.lines:
            for part in self._parts(line, self.limit):
                if not self._fits(self.measure(part) + self.newline):
                    self._turn()
                self._put(part)

    def _can_reopen(self, block: _Block) -> bool:
        """Return whether fences leave room for code: half of the page at least."""
        return self._overhead(block) <= self.limit // 2 and self.measure(block.lines[0]) <= self.limit // 2

    def _overhead(self, block: _Block) -> int:
        return self.measure(block.opening) + self.measure(block.fence) + 2 * self.newline

    def _add_code(self, block: _Block) -> None:
        """Add code line by line; every page closes the fence it opened."""
        closing = self.measure(block.fence) + self.newline
        closed = len(block.lines) > 1 and not block.lines[-1].strip().strip(block.fence[0])
        body = block.lines[1:-1] if closed else block.lines[1:]
        self._turn()
        self._put(block.lines[0])
        for line in body:
            for part in self._parts(line, self.limit - self._overhead(block)):
                if not self._fits(self.measure(part) + self.newline + closing):
                    self._put(block.fence)
                    self._turn()
                    self._put(block.opening)
                self._put(part)
        self._put(block.fence)

    def _parts(self, line: str, room: int) -> Iterator[str]:
        """Yield the line in parts of at most `room`, cut between words, and inside a word only where it is longer."""
        if self.measure(line) <= room:
            yield line
            return
        part: list[str] = []
        used = 0
        for piece in self._pieces(line, room):
            size = self.measure(piece)
            if used + size > room and part:
                yield "".join(part).rstrip()
                part, used = [], 0
                if piece.isspace():
                    continue
            part.append(piece)
            used += size
        yield "".join(part).rstrip()

    def _pieces(self, line: str, room: int) -> Iterator[str]:
        """Yield words, links and spaces; one that is longer than `room` comes in slices."""
        for match in PIECE.finditer(line):
            piece = match[0]
            while self.measure(piece) > room:
                cut = self._longest(piece, room)
                yield piece[:cut]
                piece = piece[cut:]
            yield piece

    def _longest(self, text: str, room: int) -> int:
        """Return how many characters of `text` fit `room`: at least one."""
        low, high = 1, min(len(text), room)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.measure(text[:middle]) <= room else (low, middle - 1)
        return low
