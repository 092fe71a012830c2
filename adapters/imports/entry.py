"""An entry of an untrusted archive: what it may be called, and how large an export may be (`ArchiveLimits`).

Sizes are counted while reading; nothing that a header claims is believed. Knows no zip and no folder.
"""

import io
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Protocol

SMALL_BYTES = 1 << 20
MOST_NAME = 1000
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
NESTED = re.compile(r"\.(?:zip|7z|rar|gz|tgz|bz2|xz|zst|tar)$", re.IGNORECASE)
NAME_FLAWS = (
    (lambda name: UNSAFE.search(name) or not 0 < len(name) <= MOST_NAME, "has a name that isn't plain text"),
    (lambda name: name.startswith("/") or re.match(r"[A-Za-z]:", name), "has an absolute name"),
    (lambda name: ".." in name.split("/"), "has a name that leads out of the export"),
    (lambda name: {"", "."} & set(name.removesuffix("/").split("/")), "has a name that isn't in its plain form"),
    (NESTED.search, "is an archive inside the export; unpack it and import it by itself"),
)

# The errors of zipfile, zlib and the operating system for a damaged or hostile file.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


class EntryRefused(Exception):
    """An entry can't be read, or not any further; str(error) is the reason."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Holds how much an export may hold. `ratio` is bytes that come out of a zip for each byte that is in it."""

    entries: int = 500_000
    entry_bytes: int = 16 << 30
    total_bytes: int = 64 << 30
    ratio: int = 200


USUAL = ArchiveLimits()


class LimitedStream(Protocol):
    """An entry's bytes."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; none at the end. Raises EntryRefused."""
        ...


@dataclass(slots=True)
class ReadBudget:
    """Holds what may still be read from one archive, over all its entries."""

    left: int

    def spend(self, count: int) -> None:
        """Take `count` bytes off. Raises EntryRefused when there are no more."""
        self.left -= count
        if self.left < 0:
            raise EntryRefused("the export unpacks to more than is read from one, or from one of its size")


class Counted:
    """A stream that counts what really comes out of it and stops at its limits."""

    def __init__(self, raw: IO[bytes], most: int, budget: ReadBudget) -> None:
        self._raw = raw
        self._left = most
        self._budget = budget

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes."""
        try:
            data = self._raw.read(size)
        except DAMAGED as error:
            raise EntryRefused(why(error)) from error
        self._left -= len(data)
        if self._left < 0:
            raise EntryRefused("is larger, or unpacks to more, than is read from one entry")
        self._budget.spend(len(data))
        return data


class BegunStream:
    """A stream of which the beginning has been read already."""

    def __init__(self, first: bytes, rest: LimitedStream) -> None:
        self._first = io.BytesIO(first)
        self._rest = rest

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes."""
        return self._first.read(size) or self._rest.read(size)


def first_bytes(stream: LimitedStream) -> bytes:
    """Return all of a small stream, whose end (and with it a zip's checksum) has then been seen.

    Of a larger stream it returns the beginning.
    """
    parts, length = [], 0
    while length < SMALL_BYTES and (data := stream.read(SMALL_BYTES)):
        parts.append(data)
        length += len(data)
    return b"".join(parts)


def why(error: BaseException) -> str:
    """Return a damaged entry in words; the exception's own text may quote the file's bytes."""
    if isinstance(error, NotImplementedError):
        return "is packed in a way that isn't read here"
    if isinstance(error, OSError):
        return f"can't be read: {error.strerror or 'input or output failed'}"
    return "is damaged or cut off"


def plain_name(name: str) -> str:
    """Return an entry's name with slashes between its folders: old programs wrote what Windows puts there."""
    return name.replace("\\", "/")


def flaw_of_name(name: str) -> str:
    """Return why an entry of this name isn't read, "" if it may be."""
    return next((reason for holds, reason in NAME_FLAWS if holds(name)), "")


def shown(name: str) -> str:
    """Return an entry's name as it may be printed."""
    return UNSAFE.sub("\N{REPLACEMENT CHARACTER}", name)[:200]


def folder_of(name: str) -> str:
    """Return the folder that an entry lies in, "" at the top."""
    parent = str(PurePosixPath(name).parent)
    return "" if parent == "." else parent
