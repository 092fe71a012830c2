"""Write the files that a command was asked to write.

Each is written beside its place and renamed over it, so that nobody meets half of one, and is its owner's alone like
the history. What stands there already is replaced if it begins like this program's own output; anything else only when
that was asked for, and a database never.
"""

import os
import re
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from adapters.files import NotPlain, open_plain
from bot.errors import UsageError

HEAD_BYTES = 4096
DATABASE = b"SQLite format 3\0"
SIDE_FILE = re.compile(r"-(?:wal|shm|journal)$")

PAGE = re.compile(rb'\A<!doctype html>.{0,2000}<meta name="generator" content="Parley">', re.DOTALL)
PICTURE = re.compile(rb"\A\x89PNG\r\n\x1a\n.{0,2000}tEXtSoftware\0Parley", re.DOTALL)
HISTORY = re.compile(rb'\A\{(?:"record": "history", |"platform": "[^"]*", "workspace": ")')  # the second until 0.2
VERDICTS = re.compile(rb'\A\{"intent": "[^"]*", "argument": "')
NOTHING_OWN = re.compile(rb"(?!)")  # for outputs that nothing tells from other people's

Own = re.Pattern[bytes]


def refuse_foreign(path: Path, own: Own, *, force: bool = False) -> None:
    """Raise UsageError if what stands at `path` must not be replaced; fit to be asked before the work begins."""
    try:
        with open_plain(path) as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError:
        return
    except (NotPlain, IsADirectoryError):
        raise UsageError(f"{path} can't be written: it isn't a plain file.", "Name another file.") from None
    except OSError as error:
        raise _unwritable(path, error) from None
    if head.startswith(DATABASE) or SIDE_FILE.search(path.name):
        raise UsageError(f"{path} belongs to a database and is never overwritten.", "Name another file.")
    if head and not own.search(head) and not force:
        raise UsageError(
            f"{path} exists, and nothing in it says that Parley wrote it.",
            "Name another file, or overwrite it with --force.",
        )


@contextmanager
def replacing(path: Path, own: Own, *, force: bool = False) -> Iterator[IO[bytes]]:
    """Yield a new file to write, which takes its place at `path` when the block ends well. Raises UsageError."""
    refuse_foreign(path, own, force=force)
    beside = path.resolve().with_name(f".parley-{secrets.token_hex(6)}.part")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(beside, flags, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path.resolve())
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        beside.unlink(missing_ok=True)


def write(path: Path, content: bytes, own: Own, *, force: bool = False) -> None:
    """Write a whole file. Raises UsageError."""
    with replacing(path, own, force=force) as file:
        file.write(content)


def refuse_used(folder: Path, marks: Collection[str], *, force: bool = False) -> None:
    """Raise UsageError for a folder that holds something and none of the `marks` of an earlier run."""
    try:
        names = {each.name for each in folder.iterdir()} if folder.exists() else set()
    except OSError as error:
        raise UsageError(f"{folder} can't be used: {error.strerror}.", "Name a folder, new or empty.") from None
    if names and names.isdisjoint(marks) and not force:
        raise UsageError(
            f"The folder {folder} isn't empty, and nothing in it says that Parley wrote it.",
            "Name a new or empty folder.",
        )


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path} can't be written: {error.strerror or 'writing failed'}.", "Name a file you may write.")
