"""Reads Marian's binary model file, the `.bin` that Firefox downloads, into numpy arrays.

The layout, little-endian: u64 version = 1 and u64 count; per tensor u64 length of its name, type, number of
dimensions and length of its data; then all names (NUL-terminated), all shapes (i32), u64 padding and the padding, and
the data of the tensors in order. An int8 tensor carries one float32 after its values: value = int8 / multiplier.

A file is not trusted: every length is checked against what is there before anything is read or allocated, and an
array is a view of the file's own bytes. Knows nothing of what the tensors mean.
"""

import gzip
import math
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
import zstandard
from numpy.typing import NDArray

VERSION = 1
FLOAT32, INT8, TEXT = 0x404, 0x4101, 0x101
OPTIONS = "special:model.yml"
LARGEST_FILE = 1 << 30
LARGEST_WINDOW = 1 << 27  # bytes that zstd may look back
PIECE = 1 << 10  # bytes unpacked at once: of zstd at most 32 MB come from them
MOST_TENSORS = 10_000
LONGEST_NAME = 256
MOST_DIMENSIONS = 4
LONGEST_OPTIONS = 1 << 16
GZIP_MAGIC, ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class BadFile(ValueError):
    """A file isn't a Marian model; the text says why, ending without a full stop."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor as the file holds it: its values, and the multiplier to divide by where they are int8."""

    values: NDArray[Any]
    multiplier: float = 1.0

    def floats(self) -> NDArray[np.float32]:
        """Return the values it stands for."""
        return self.values.astype(np.float32) / np.float32(self.multiplier)


@dataclass(frozen=True, slots=True)
class ModelFile:
    """The contents of a file: tensors by name, and the options that the model was trained with."""

    tensors: dict[str, Stored]
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FirefoxHeader:
    """One tensor's line of the table: lengths in bytes, and its type's number."""

    name_length: int
    kind: int
    dimensions: int
    length: int


class Cursor:
    """A position in the bytes that refuses to go past their end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def skip(self, length: int) -> int:
        """Step over `length` bytes and return where they start."""
        start = self.at
        if length > len(self.data) - start:
            raise BadFile(f"it is cut off: {length} bytes are missing their end at byte {start} of {len(self.data)}")
        self.at += length
        return start

    def numbers(self, pattern: str) -> tuple[int, ...]:
        """Unpack little-endian numbers."""
        pattern = "<" + pattern
        return struct.unpack_from(pattern, self.data, self.skip(struct.calcsize(pattern)))

    def bytes(self, length: int) -> bytes:
        """Return the next `length` bytes."""
        start = self.skip(length)
        return self.data[start : start + length]


def read_bytes(path: Path, limit: int = LARGEST_FILE) -> bytes:
    """Return a file's content, unpacked where it is packed by gzip or zstd.

    Raises BadFile beyond `limit` bytes, OSError as reading does.
    """
    with path.open("rb") as raw:
        magic = raw.read(len(ZSTD_MAGIC))
    try:
        if magic == ZSTD_MAGIC:
            data = read_zstd(path, limit)
        else:
            with gzip.open(path, "rb") if magic.startswith(GZIP_MAGIC) else path.open("rb") as file:
                data = file.read(limit + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadFile(f"its gzip packing is broken ({error})") from error
    except zstandard.ZstdError as error:
        raise BadFile(f"its zstd packing is broken ({error})") from error
    if len(data) > limit:
        raise BadFile(f"it is larger than {limit >> 20} MB")
    return data


def read_zstd(path: Path, limit: int) -> bytes:
    """Return what a file packed by zstd holds, and of a longer one a little more than `limit` bytes."""
    unpacking, data = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW).decompressobj(), bytearray()
    with path.open("rb") as raw:
        while not unpacking.eof and len(data) <= limit and (piece := raw.read(PIECE)):
            data += unpacking.decompress(piece)
    if not unpacking.eof and len(data) <= limit:
        raise zstandard.ZstdError("the file ends before its frame")
    return bytes(data)


def parse(data: bytes) -> ModelFile:
    """Read a model out of a file's bytes. Raises BadFile with the reason."""
    cursor = Cursor(data)
    headers = read_headers(cursor)
    names = [read_name(cursor, header) for header in headers]
    if len(set(names)) < len(names):
        raise BadFile("a tensor's name appears twice")
    shapes = [cursor.numbers(f"{header.dimensions}i") for header in headers]
    (padding,) = cursor.numbers("Q")
    cursor.skip(padding)
    tensors: dict[str, Stored] = {}
    options: dict[str, Any] = {}
    for name, header, shape in zip(names, headers, shapes, strict=True):
        start = cursor.skip(header.length)
        if name == OPTIONS:
            options = read_options(data[start : start + header.length])
        else:
            tensors[name] = read_tensor(data, start, name, header, shape)
    if not options:
        raise BadFile(f"it holds no training options ({OPTIONS})")
    return ModelFile(tensors, options)


def read_headers(cursor: Cursor) -> list[FirefoxHeader]:
    """Return the table of tensors at the start of the file."""
    version, count = cursor.numbers("QQ")
    if version != VERSION:
        raise BadFile(f"it doesn't start as Marian's binary format {VERSION} does")
    if not 0 < count <= MOST_TENSORS:
        raise BadFile(f"it claims {count} tensors")
    headers = [FirefoxHeader(*cursor.numbers("QQQQ")) for _ in range(count)]
    for header in headers:
        if header.name_length > LONGEST_NAME or header.dimensions > MOST_DIMENSIONS:
            raise BadFile("a tensor's header makes no sense")
    return headers


def read_name(cursor: Cursor, header: FirefoxHeader) -> str:
    """Return a tensor's name, without the NUL that ends it."""
    try:
        return cursor.bytes(header.name_length).rstrip(b"\0").decode()
    except UnicodeDecodeError as error:
        raise BadFile("a tensor's name isn't text") from error


def read_options(raw: bytes) -> dict[str, Any]:
    """Return the training options, which are YAML."""
    if len(raw) > LONGEST_OPTIONS:
        raise BadFile("its training options are too long")
    try:
        options = yaml.safe_load(raw.rstrip(b"\0").decode())
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BadFile("its training options can't be read") from error
    if not isinstance(options, dict):
        raise BadFile("its training options aren't a table")
    return options


def read_tensor(data: bytes, start: int, name: str, header: FirefoxHeader, shape: tuple[int, ...]) -> Stored:
    """Return one tensor as a view of `data` from `start` on, inside the `header.length` bytes that are its own."""
    if min(shape, default=1) <= 0:
        raise BadFile(f"{name} has the shape {shape}")
    size = math.prod(shape)
    if header.kind == FLOAT32:
        need, kind = 4 * size, "<f4"
    elif header.kind == INT8:
        need, kind = size + 4, "i1"
    else:
        raise BadFile(f"{name} has the type {header.kind:#x}; known are float32 and int8")
    if need > header.length:
        raise BadFile(f"{name} has {header.length} bytes of data and needs {need} for the shape {shape}")
    values = np.frombuffer(data, kind, size, start).reshape(shape)
    if header.kind == FLOAT32:
        return Stored(values)
    multiplier = float(np.frombuffer(data, "<f4", 1, start + size)[0])
    if not (math.isfinite(multiplier) and multiplier > 0):
        raise BadFile(f"{name} has the quantisation multiplier {multiplier}")
    return Stored(values, multiplier)
