"""Read an export - a zip, a folder or a single file - as untrusted input, without extracting anything to disk.

What is refused is refused by name, with the reason, and the rest stays readable. Sizes are counted while reading:
nothing that a zip's headers claim is believed. What an entry may be is in `entry`; knows no export format.
"""

import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

from adapters.chat import Refusal
from adapters.files import NotPlain, open_plain
from adapters.imports.entry import (
    DAMAGED,
    SMALL_BYTES,
    USUAL,
    ArchiveLimits,
    BegunStream,
    Counted,
    EntryRefused,
    LimitedStream,
    ReadBudget,
    first_bytes,
    flaw_of_name,
    plain_name,
    shown,
    why,
)
from adapters.imports.zip_names import name_of_entry
from adapters.text.counts import counted

GLANCE_BYTES = 1 << 20
MOST_REFUSALS = 1000  # that are named; the others are counted
MOST_FOLDERS_DEEP = 32

METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
ENCRYPTED = 0x1 | 0x40 | 0x2000
JUNK = re.compile(r"(?:^|/)(?:__MACOSX(?:/|$)|\._[^/]*$|\.DS_Store$|Thumbs\.db$)")
LOCAL_HEADER = re.compile(rb"PK\x03\x04.{22}(..)..", re.DOTALL)


class ArchiveUnreadable(Exception):
    """The export as a whole can't be opened; str(error) is the reason."""


@dataclass(frozen=True, slots=True)
class _Source:
    """Holds where an entry's bytes come from, and the most that may come."""

    open: Callable[[], IO[bytes]]
    most: int


@dataclass(slots=True)
class Archive:
    """The entries of an export that may be read: `names` are sorted, `refusals` say what was left out."""

    names: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    _sources: dict[str, _Source]
    _budget: ReadBudget
    _file: IO[bytes] | None = field(default=None)
    _again: ReadBudget | None = field(default=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    @contextmanager
    def open(self, name: str, *, ahead: bool = False) -> Iterator[LimitedStream]:
        """Yield the bytes of an entry; a small one has been read and checked as a whole before its first byte is given.

        What is read `ahead`, for a first look, has a budget of its own, as large as the other.
        """
        source = self._sources[name]
        if self._again is None:
            self._again = ReadBudget(self._budget.left)
        with _guarded_open(source) as raw:
            counted = Counted(raw, source.most, self._again if ahead else self._budget)
            yield BegunStream(first_bytes(counted), counted)


@contextmanager
def _guarded_open(source: _Source) -> Iterator[IO[bytes]]:
    try:
        raw = source.open()
    except DAMAGED as error:
        raise EntryRefused(why(error)) from error
    with raw:
        yield raw


def open_archive(path: Path, limits: ArchiveLimits = USUAL) -> Archive:
    """Open a zip, a folder or a single file. Raises ArchiveUnreadable."""
    try:
        if path.is_dir():
            return _open_folder(path, limits)
        if not path.is_file():
            raise ArchiveUnreadable("isn't there" if not path.exists() else "isn't a file or a folder")
        if _looks_like_zip(path):
            return _open_zip(path, limits)
        return _open_file(path, limits)
    except DAMAGED as error:
        raise ArchiveUnreadable(why(error)) from error


def glance(path: Path) -> tuple[str, ...]:
    """Return the names in an export, for recognising it. Never raises: a damaged zip still names its first entries."""
    try:
        with open_archive(path) as archive:
            return archive.names
    except ArchiveUnreadable:
        return _names_in_damaged_zip(path)


def _names_in_damaged_zip(path: Path) -> tuple[str, ...]:
    try:
        with open_plain(path) as file:
            head = file.read(GLANCE_BYTES)
    except DAMAGED:
        return ()
    entries = []
    for match in LOCAL_HEADER.finditer(head):
        length = int.from_bytes(match[1], "little")
        entries.append(head[match.end() : match.end() + length].decode("utf-8", "replace"))
    return tuple(entries)


def _looks_like_zip(path: Path) -> bool:
    with open_plain(path) as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def _open_file(path: Path, limits: ArchiveLimits) -> Archive:
    source = _Source(lambda: _plain(path, follow=True), limits.entry_bytes)
    name = shown(path.name)
    return Archive((name,), (), {name: source}, ReadBudget(limits.total_bytes))


def _open_folder(path: Path, limits: ArchiveLimits) -> Archive:
    sources: dict[str, _Source] = {}
    refused = _Refused()
    for found, flaw in _walk(path):
        name = plain_name(found)
        reason = flaw or flaw_of_name(name) or ("is there twice" if name in sources else "")
        if reason:
            refused.add(found, reason)
        elif not JUNK.search(name):
            sources[name] = _Source(lambda file=path / found: _plain(file), limits.entry_bytes)  # type: ignore[misc]
        if len(sources) + refused.count > limits.entries:
            raise ArchiveUnreadable(f"holds more than {limits.entries:,} entries")
    return Archive(tuple(sorted(sources)), refused.named(), sources, ReadBudget(limits.total_bytes))


@dataclass(slots=True)
class _Refused:
    """Holds what was left out: the first are named, the others counted."""

    first: list[Refusal] = field(default_factory=list)
    count: int = 0

    def add(self, name: str, reason: str) -> None:
        """Take note of one more."""
        self.count += 1
        if self.count <= MOST_REFUSALS:
            self.first.append(Refusal(shown(name), reason))

    def named(self) -> tuple[Refusal, ...]:
        """Return the first, and how many there were besides."""
        more = self.count - len(self.first)
        reason = "isn't read either" if more == 1 else "aren't read either"
        rest = [Refusal(counted(more, "more entry", "more entries"), reason, more)] if more else []
        return (*self.first, *rest)


def _walk(top: Path) -> Iterator[tuple[str, str]]:
    """Yield every file under `top` as (name relative to it, "" or why it isn't read), in order, following no links."""
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            entries = sorted(os.scandir(top / folder), key=lambda entry: entry.name)
        except OSError as error:
            yield folder or top.name, why(error)
            continue
        for entry in entries:
            name = f"{folder}{entry.name}"
            if entry.is_symlink():
                yield name, "is a link, which could point anywhere"
            elif not entry.is_dir(follow_symlinks=False):
                yield name, "" if entry.is_file(follow_symlinks=False) else "isn't a plain file"
            elif folder.count("/") >= MOST_FOLDERS_DEEP:
                yield name, "lies too many folders deep"
            else:
                folders.append(f"{name}/")


def _plain(path: Path, *, follow: bool = False) -> IO[bytes]:
    """Open a plain file, even if somebody has put a link or a pipe in its place since it was listed."""
    try:
        return open_plain(path, follow=follow)
    except NotPlain:
        raise EntryRefused("isn't a plain file") from None


def _open_zip(path: Path, limits: ArchiveLimits) -> Archive:
    file = open_plain(path)
    try:
        archive = _zip(file)
        packed = file.seek(0, os.SEEK_END)
        return _list_zip(archive, file, packed, limits)
    except BaseException:
        file.close()
        raise


def _zip(file: IO[bytes]) -> zipfile.ZipFile:
    """Read names as UTF-8, which most programs write without saying so, else as the format's own code page."""
    try:
        return zipfile.ZipFile(file, metadata_encoding="utf-8")
    except UnicodeDecodeError:
        return zipfile.ZipFile(file)


def _list_zip(archive: zipfile.ZipFile, file: IO[bytes], packed: int, limits: ArchiveLimits) -> Archive:
    if len(archive.infolist()) > limits.entries:
        raise ArchiveUnreadable(f"holds more than {limits.entries:,} entries")
    sources: dict[str, _Source] = {}
    refused = _Refused()
    for info in archive.infolist():
        name = name_of_entry(info)
        reason = _flaw_of_entry(info, name) or ("is there twice" if name in sources else "")
        if reason:
            refused.add(info.orig_filename, reason)
        elif not name.endswith("/") and not JUNK.search(name):
            most = SMALL_BYTES + limits.ratio * min(info.compress_size, packed)
            sources[name] = _Source(_opener(archive, info), min(limits.entry_bytes, most))
    # Entries may overlap in the file, so the ratio holds for the whole as well as for each.
    budget = ReadBudget(min(limits.total_bytes, SMALL_BYTES + limits.ratio * packed))
    return Archive(tuple(sorted(sources)), refused.named(), sources, budget, file)


def _opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(info)


def _flaw_of_entry(info: zipfile.ZipInfo, name: str) -> str:
    """Return why a zip's entry isn't read, "" if it may be."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if flaw := flaw_of_name(name):
        return flaw
    if kind == stat.S_IFLNK:
        return "is a link, which could point anywhere"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "isn't a plain file"
    if info.flag_bits & ENCRYPTED:
        return "is encrypted"
    if info.compress_type not in METHODS:
        return "is packed in a way that isn't read here"
    return ""
