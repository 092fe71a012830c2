"""Read the items of a JSON document of any size one at a time, so that a broken item costs itself alone.

Knows JSON and nothing of chat. The standard library's scanner does the parsing; this module feeds it a moving window
and finds where an item ends when the scanner gives up. ijson was measured in its place: it is slower, stops at the
first error, and spends quadratic time on hostile nesting.
"""

import codecs
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from adapters.text.counts import counted

CHUNK_BYTES = 1 << 16
MOST_CHARACTERS = 4 << 20
MOST_LEVELS = 100
MOST_FLAWS = 1000

SPACE = re.compile(r"[ \t\n\r]*")
PLAIN = re.compile(r'["\[\]{},]')
QUOTED = re.compile(r'["\\]')
NULL = b"null"
BYTE_ORDER_MARK = "\ufeff"
BEHIND = frozenset(",]} \t\n\r")
NOT_UTF8 = re.compile("[\udc80-\udcff]")


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Flaw:
    """Stands for an item that couldn't be read; `reason` goes on from "the item …"."""

    reason: str


class UnreadableItem(Exception):
    """The document can't be read any further; str(error) goes on from "the file …"."""


def items(stream: Readable, member: str = "") -> Iterator[tuple[int, Any]]:
    """Number and yield the items of the top-level list, or of the list that the top-level object calls `member`.

    Yields (index, value), with a Flaw for a value that can't be read. Raises Unreadable where nothing more can be read.
    """
    cursor = _Cursor(stream)
    if member:
        cursor.find(member)
    yield from cursor.items()


def objects(stream: Readable, member: str = "") -> Iterator[tuple[int, dict[str, Any] | Flaw]]:
    """Number and yield the objects of such a list; anything else in it counts as one that can't be read.

    Raises Unreadable where nothing more can be read, or too much couldn't.
    """
    others = 0
    for index, item in items(stream, member):
        if isinstance(item, dict | Flaw):
            yield index, item
            continue
        others += 1
        if others > MOST_FLAWS:
            raise UnreadableItem(f"has more than {MOST_FLAWS} items that aren't JSON objects; the rest is left out")
        yield index, Flaw("isn't a JSON object")


def is_null(stream: Readable) -> bool:
    """Return whether the document is null, as some programs write a list without items."""
    head = stream.read(len(NULL) + CHUNK_BYTES)
    return head.strip() == NULL


def members(stream: Readable, wanted: Collection[str], also: Collection[str] = ()) -> dict[str, Any]:
    """Return the `wanted` members of the top-level object, and those of `also` that stand before or right behind them.

    Reads no further than it has to. Raises Unreadable for a document that isn't an object or breaks off; a member that
    can't be read is a Flaw.
    """
    cursor = _Cursor(stream)
    fields: dict[str, Any] = {}
    for key in cursor.walk():
        if key in also or key in wanted:
            fields[key] = cursor.value()
        elif all(each in fields for each in wanted):
            break
        else:
            cursor.skip()
        if len(fields) == len(wanted) + len(also):
            break
    return fields


def _is_text(text: str) -> bool:
    """Return whether the text holds no lone surrogates; encoding it is ten times faster than a search."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


@dataclass(slots=True)
class _Nesting:
    """Holds how many brackets are open between a value's beginning and here, and whether this is inside a string."""

    depth: int = 0
    deepest: int = 0
    quoted: bool = False

    @property
    def signs(self) -> re.Pattern[str]:
        """Return the characters that mean something here."""
        return QUOTED if self.quoted else PLAIN

    def ends_with(self, char: str) -> bool:
        """Take the next of those characters; whether the value ends with it, or has ended before it."""
        if char == '"':
            self.quoted = not self.quoted
        elif char != ",":
            self.depth += 1 if char in "[{" else -1
            self.deepest = max(self.deepest, self.depth)
        return not self.quoted and self.depth <= 0


class _Cursor:
    """A moving window on a document: `_text[_at:]` is read and not yet consumed."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        # Wrong bytes become lone surrogates here and are refused with the item they stand in.
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._text = ""
        self._at = 0
        self._ended = False
        self._dubious = False

    def items(self) -> Iterator[tuple[int, Any]]:
        """Yield the items of the list that starts here."""
        if self._first() != "[":
            raise UnreadableItem("doesn't hold a list of messages")
        self._at += 1
        index = flaws = 0
        while (char := self._peek()) != "]":
            if not char:
                raise UnreadableItem(f"breaks off after {counted(index, 'item')}")
            value = self.value()
            flaws += isinstance(value, Flaw)
            if flaws > MOST_FLAWS:
                raise UnreadableItem(f"has more than {MOST_FLAWS} unreadable items; the rest is left out")
            yield index, value
            index += 1
            self._pass(",")

    def find(self, member: str) -> None:
        """Move to the value of a member of the object that starts here."""
        for key in self.walk():
            if key == member:
                return
            self.skip()
        raise UnreadableItem(f"holds no list called {member!r}")

    def walk(self) -> Iterator[str]:
        """Yield the keys of the object that starts here; whoever asks for the next has taken or skipped the value."""
        if self._first() != "{":
            raise UnreadableItem("isn't a JSON object")
        self._at += 1
        while (char := self._peek()) != "}":
            key = self.value() if char == '"' else None
            if not isinstance(key, str) or self._peek() != ":":
                raise UnreadableItem("breaks off or isn't valid JSON")
            self._at += 1
            self._peek()
            yield key
            self._pass(",")

    def value(self) -> Any:
        """Return the value that starts here, or a Flaw; either way the cursor stands behind it."""
        start = self._at
        try:
            value, end = _DECODER.raw_decode(self._text, start)
        except (ValueError, RecursionError):
            return self._value_within_bounds()
        if self._text[end : end + 1] not in BEHIND:  # at the window's edge 12 may be the beginning of 12.5
            return self._value_within_bounds()
        self._at = end
        if self._dubious and NOT_UTF8.search(self._text, start, end):
            return Flaw("holds bytes that aren't UTF-8")
        return value

    def _first(self) -> str:
        char = self._peek()
        if char == BYTE_ORDER_MARK:
            raise UnreadableItem("starts with a byte order mark; save it as plain UTF-8 and import it again")
        return char

    def skip(self) -> None:
        """Pass the value that starts here without keeping it."""
        self._at = self._end_of_value(0)[0]

    def _value_within_bounds(self) -> Any:
        """Find the value's end first, then parse it: for values that are cut by the window, and for broken ones."""
        end, deepest = self._end_of_value(MOST_CHARACTERS)
        source, self._at = self._text[self._at : end], end
        if deepest > MOST_LEVELS:
            return Flaw(f"is nested more than {MOST_LEVELS} levels deep")
        if not source:
            return Flaw(f"is larger than {MOST_CHARACTERS >> 20} million characters")
        if NOT_UTF8.search(source):
            return Flaw("holds bytes that aren't UTF-8")
        try:
            return _DECODER.decode(source)
        except json.JSONDecodeError:
            return Flaw("isn't valid JSON")
        except ValueError:
            return Flaw("holds NaN, Infinity or a number with thousands of digits")

    def _end_of_value(self, most: int) -> tuple[int, int]:
        """Return where the value that starts here ends, and how deep it goes.

        Of a value that is larger than `most` nothing is kept: the returned end is then the cursor itself.
        """
        at, nesting, dropped = self._at, _Nesting(), False
        while True:
            match = nesting.signs.search(self._text, at)
            if match is None:
                at = max(at, len(self._text))
                if at - self._at > most:
                    self._at, dropped = len(self._text), True
                before = self._at
                if not self._fill():
                    return self._end_of_document(nesting), nesting.deepest
                at -= before
                continue
            at = match.end()
            if match[0] == "\\":
                at += 1  # whatever is escaped
            elif nesting.ends_with(match[0]):
                # A scalar ends before the comma or bracket behind it; a stray one is passed so that reading goes on.
                behind = (match[0] == "," or nesting.depth < 0) and match.start() > self._at
                end = match.start() if behind else at
                if dropped or end - self._at > most:
                    self._at = end
                return end, nesting.deepest

    def _end_of_document(self, nesting: "_Nesting") -> int:
        if nesting.depth or nesting.quoted:
            raise UnreadableItem("breaks off in the middle of an item")
        return len(self._text)

    def _peek(self) -> str:
        """Return the next character that isn't space, "" at the end."""
        while True:
            match = SPACE.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill():
                return ""

    def _pass(self, char: str) -> None:
        if self._peek() == char:
            self._at += 1

    def _fill(self) -> bool:
        """Move the window on; whether there was anything more to read."""
        if self._ended:
            return False
        data = self._stream.read(CHUNK_BYTES)
        self._ended = not data
        more = self._decoder.decode(data, final=self._ended)
        self._dubious = self._dubious or not (more.isascii() or _is_text(more))
        self._text = self._text[self._at :] + more
        self._at = 0
        return not self._ended or bool(more)
