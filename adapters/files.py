"""Open and read what somebody named, if it is a plain file: a pipe would wait for ever, and a device never ends."""

import errno
import io
import os
import stat
from pathlib import Path
from typing import IO

MOST_BYTES = 256 << 20


class NotPlain(OSError):
    """Says that a named file is a pipe, a device or a socket; so does `strerror`."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EINVAL, "It isn't a plain file", str(path))


def open_plain(path: Path, *, follow: bool = True) -> IO[bytes]:
    """Open a plain file for reading bytes; without `follow` no link is followed either. Raises OSError."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        file = os.fdopen(os.open(path, flags | (0 if follow else getattr(os, "O_NOFOLLOW", 0))), "rb")
    except ValueError:  # a null byte in the name
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path)) from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise NotPlain(path)
    return file


def read_plain(path: Path, most: int = MOST_BYTES) -> bytes:
    """Read all of a plain file of at most `most` bytes. Raises OSError."""
    with open_plain(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"It is larger than {most >> 20} MB", str(path))
    return content


def open_text(path: Path, encoding: str = "utf-8") -> IO[str]:
    """Open a plain file for reading text, with its ends of lines as they are. Raises OSError."""
    return io.TextIOWrapper(open_plain(path), encoding=encoding, newline="")


def read_text(path: Path, encoding: str = "utf-8", most: int = MOST_BYTES) -> str:
    """Read all of a plain text file. Raises OSError and UnicodeDecodeError."""
    return read_plain(path, most).decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
