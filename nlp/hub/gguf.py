"""Finds a GGUF file and refuses one that isn't what its header says. Reads the header alone, without transformers.

A GGUF file holds a whole model: settings, vocabulary, chat template and weights, often in 4 bits. It is data as
safetensors are, and runs no code. The reader that transformers uses trusts the header, so every length and place in it
is compared with the file here before that reader sees it.
"""

import math
import mmap
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nlp.hub.checkpoint import LONGEST_TEXT, located, of_one_file, refused, unavailable
from nlp.hub.pins import sha256
from nlp.hub.tokenizer_bounds import LONGEST_TOKEN
from nlp.hub.weights import LONGEST_TEXT as LONGEST_CONTEXT
from nlp.hub.weights import PACKED
from nlp.scheduler.family import Binding

MAGIC, VERSIONS, START = b"GGUF", (2, 3), 24  # bytes up to the first setting
STRING, ARRAY = 8, 9
NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
MOST_SIDES, ALIGNMENT = 4, 32
NARROW = 4_096  # any model may be that wide, however small its file
ARCHITECTURE, TEMPLATE, PARTS = "general.architecture", "tokenizer.chat_template", "split.count"
READERS = frozenset({"causal", ""})  # families that read such a file; "" for a model that isn't bound yet
REMEDY = "Pull it again."


class BadHeader(Exception):
    """Says what is wrong with a header, as a sentence about the file goes on."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor as the header describes it: how its numbers are packed, and where they lie behind the header."""

    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int


@dataclass(frozen=True, slots=True)
class Header:
    """Holds a file's settings and tensors. Of a list of strings, a setting holds their count."""

    settings: Mapping[str, Any]
    tensors: tuple[Tensor, ...]
    data: int

    @property
    def architecture(self) -> str:
        """Return the architecture as llama.cpp names it."""
        return str(self.settings.get(ARCHITECTURE, ""))

    @property
    def parameters(self) -> int:
        """Return how many numbers the weights are."""
        return sum(math.prod(tensor.shape) for tensor in self.tensors)


def find_file(binding: Binding) -> Path:
    """Return the GGUF file that the binding names, as it is pinned. Raises ModelUnavailable, ModelRefused."""
    if binding.family not in READERS:
        raise of_one_file(binding)
    file = located(binding) / binding.gguf
    if not file.is_file():
        raise unavailable(binding, f"There is no file {binding.model} here", "Correct its name, or pull it.")
    if binding.sha256 and sha256(file) != binding.sha256:
        raise refused(binding, "does not have the expected SHA-256", "Install or pull it again.")
    return file


def check_file(file: Path, binding: Binding) -> Header:
    """Return the header of a file that holds what it promises. Raises ModelRefused, ModelUnavailable without `gguf`."""
    if find_spec("gguf") is None:
        raise unavailable(binding, "The package gguf is not installed", 'Install Parley with its extra "gguf".')
    try:
        header = read_header(file)
        check_header(header, file.stat().st_size)
    except BadHeader as error:
        raise refused(binding, str(error), REMEDY) from error
    except (OSError, ValueError, struct.error, RecursionError) as error:
        raise refused(binding, "has a damaged header", REMEDY) from error
    if header.settings.get(PARTS, 1) != 1:
        raise refused(binding, "is one of several parts", "Join them with llama.cpp's `gguf-split --merge`.")
    return header


def read_header(file: Path) -> Header:
    """Return what a file says of itself. Raises BadHeader, ValueError or struct.error for a damaged one."""
    with file.open("rb") as stream:
        if stream.read(4) != MAGIC:
            raise BadHeader("isn't a GGUF file, whatever its name says")
        stream.seek(0)
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return Walk(content).header()


class Walk:
    """Walks over a header from its start, and never past the end of the file."""

    def __init__(self, content: mmap.mmap) -> None:
        self._content, self._place = content, 4

    def header(self) -> Header:
        """Return the header."""
        if self._number("I") not in VERSIONS:
            raise BadHeader("is of a version of GGUF that Parley doesn't know (2 and 3 it does)")
        tensors, settings = self._number("Q"), self._number("Q")
        known = dict(self._setting() for _ in range(settings))
        if len(known) < settings:
            raise BadHeader("has a header that says one thing twice")
        rows = tuple(self._tensor() for _ in range(tensors))
        alignment = known.get("general.alignment", ALIGNMENT)
        if not isinstance(alignment, int) or not 0 < alignment <= NARROW or alignment & (alignment - 1):
            raise BadHeader(f"has an alignment of {alignment!r:.20}")
        return Header(known, rows, math.ceil(self._place / alignment) * alignment)

    def _number(self, kind: str) -> Any:
        (value,) = struct.unpack_from(f"<{kind}", self._content, self._place)
        self._place += struct.calcsize(f"<{kind}")
        return value

    def _string(self) -> str:
        return self._take(self._number("Q")).decode()

    def _take(self, length: int) -> bytes:
        if length > min(len(self._content) - self._place, LONGEST_TEXT):
            raise BadHeader("has a header that asks for more than the file holds")
        self._place += length
        return self._content[self._place - length : self._place]

    def _setting(self) -> tuple[str, Any]:
        return self._string(), self._value(self._number("I"))

    def _value(self, kind: int) -> Any:
        if kind == STRING:
            return self._string()
        return self._values(self._number("I"), self._number("Q")) if kind == ARRAY else self._number(known(kind))

    def _values(self, kind: int, count: int) -> Any:
        if kind == STRING:
            for _ in range(count):
                if len(self._string()) > LONGEST_TOKEN:
                    raise BadHeader("has tokens as long as books")
            return count
        each = known(kind)
        return list(struct.unpack(f"<{count}{each}", self._take(count * struct.calcsize(f"<{each}"))))

    def _tensor(self) -> Tensor:
        name, sides = self._string(), self._number("I")
        if sides > MOST_SIDES:
            raise BadHeader(f"has a tensor of {sides} sides")
        shape = tuple(self._number("Q") for _ in range(sides))
        return Tensor(name, shape, self._number("I"), self._number("Q"))


def known(kind: int) -> str:
    """Return how `struct` writes a kind of number."""
    if kind not in NUMBERS:
        raise BadHeader(f"has a setting of a kind that GGUF doesn't have ({kind})")
    return NUMBERS[kind]


def check_header(header: Header, size: int) -> None:
    """Refuse tensors that the file has no room for, and settings that the tensors don't fit. Raises BadHeader."""
    if not header.tensors or not header.architecture:
        raise BadHeader("holds no model")
    ends = [(tensor, tensor.offset + bytes_of(tensor)) for tensor in header.tensors]
    lacking = next((tensor.name for tensor, end in ends if header.data + end > size), None)
    if lacking is not None:
        raise BadHeader(f"is cut off: it ends before {lacking[:60]!r} does")
    if sum(map(bytes_of, header.tensors)) > size:
        raise BadHeader("has tensors that lie upon each other")
    if asked := next(outsized(header), None):
        raise BadHeader(f"has settings that its weights don't fit ({asked})")


def bytes_of(tensor: Tensor) -> int:
    """Return how many bytes a tensor takes in the file."""
    from gguf.constants import GGML_QUANT_SIZES  # noqa: PLC0415 - of the extra

    sizes = {int(kind): size for kind, size in GGML_QUANT_SIZES.items()}
    if tensor.kind not in sizes:
        raise BadHeader(f"has weights packed in a way that is not known here ({tensor.kind})")
    numbers, length = sizes[tensor.kind]
    return math.ceil(math.prod(tensor.shape) / numbers) * length


def outsized(header: Header) -> Iterator[str]:
    """Yield the settings that ask for more than the weights hold, since a model is built before they are read."""
    longest = max(side for tensor in header.tensors for side in (*tensor.shape, 1))
    for name, value in header.settings.items():
        setting = name.removeprefix(f"{header.architecture}.")
        if setting == name:
            continue
        most = max(PACKED * longest, NARROW)
        most = len(header.tensors) if setting.endswith("block_count") else most
        most = LONGEST_CONTEXT if setting.endswith("context_length") else most
        values = value if isinstance(value, list) else [value]
        if any(isinstance(each, int) and each > most for each in values):
            yield f"{name} = {max(values)}"
