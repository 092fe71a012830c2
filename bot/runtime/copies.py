"""Copies a history to a file, also while it is served, and puts such a copy in a history's place.

A copy is a history of its own: one file, its owner's alone, that every Parley opens which isn't older. What was erased
since a copy was made is erased in it before it takes the place, and the file that it replaces is kept.
"""

import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from adapters.text.counts import counted
from bot.errors import HistoryDamaged, HistoryUnavailable, NothingFound, UsageError
from bot.history import History
from bot.history.copies.records import KINDS
from bot.history.database import SIDES, flaws, looked_at, refuse_strangers
from bot.history.failures import explained
from bot.runtime.exclusive import only_one
from bot.runtime.soundness import check

WAL = "-wal"
STOP_FIRST = "Stop `parley run` first: a history can't be replaced under it."


@dataclass(frozen=True, slots=True)
class Copied:
    """The copy that was made: where it is, and what it holds."""

    path: Path
    messages: int
    size: int
    vectors: bool

    def document(self) -> dict[str, Any]:
        """Return it as JSON types."""
        return {"file": str(self.path), "messages": self.messages, "bytes": self.size, "vectors": self.vectors}

    def sentence(self) -> str:
        """Return it for people."""
        without = "" if self.vectors else ", without vectors"
        return f"Wrote {self.path}: {counted(self.messages, 'message')}, {self.size / 1e6:.1f} MB{without}."


@dataclass(frozen=True, slots=True)
class Restored:
    """The history that is in place now; `kept` is the file that was there before, None where there was none.

    `erased` says whether what had been erased there is erased here too, None where nothing was there to tell.
    """

    path: Path
    messages: int
    kept: Path | None
    erased: bool | None

    def document(self) -> dict[str, Any]:
        """Return it as JSON types."""
        kept = str(self.kept) if self.kept else None
        return {"history": str(self.path), "messages": self.messages, "kept": kept, "erasures_kept": self.erased}

    def sentences(self) -> Iterator[str]:
        """Yield it for people."""
        yield f"Restored {self.path}: {counted(self.messages, 'message')}."
        if self.kept:
            yield f"What was there before is kept as {self.kept}. Delete it when you no longer need it."
        if self.erased is False:
            yield "That file can't be read, so what was erased after the backup may be back: ask people to tell you."


def back_up(database: Path, file: Path, *, without_vectors: bool = False, force: bool = False) -> Copied:
    """Copy the history at `database` to `file` as it is at one moment. Raises UsageError and HistoryUnavailable."""
    file = file.resolve()
    _refuse_target(database, file, force=force)
    with explained(), _beside(file) as part:
        with closing(looked_at(database)) as source, closing(sqlite3.connect(part)) as target:
            refuse_strangers(source, database)
            source.backup(target)
            _tidy(target, without_vectors=without_vectors)
            messages = _messages(target)
        _take_place(part, file)
    return Copied(file, messages, file.stat().st_size, not without_vectors)


def restore(file: Path, database: Path) -> Restored:
    """Put the copy at `file` in the place of the history at `database`, once it is known to be sound.

    Raises NothingFound, UsageError and HistoryUnavailable; then nothing has changed.
    """
    database = database.resolve()
    if not file.is_file():
        raise NothingFound(f"There is no file {file}.")
    if database.exists() and file.samefile(database):
        raise UsageError(f"{file} is the history itself.", "Name a backup of it.")
    with only_one(database, STOP_FIRST), _beside(database) as part:
        _copy(file, part)
        if found := check(part).findings:
            raise HistoryDamaged(f"The backup {file} is damaged: {found[0]}.", "Restore another.")
        with History.open(part) as history:
            erased = _erase_again(history, database) if database.exists() else None
            messages = history.stats().messages
        kept = _set_aside(database)
        _take_place(part, database)
    return Restored(database, messages, kept, erased)


def _refuse_target(database: Path, file: Path, *, force: bool) -> None:
    """Raise UsageError for a file that must not be replaced: anything, unless it is an earlier backup and forced."""
    if not file.exists():
        return
    if file.samefile(database):
        raise UsageError(f"{file} is the history itself.", "Name another file for the backup.")
    if not force:
        raise UsageError(f"{file} exists.", "Name another file, or replace an earlier backup with --force.")
    try:
        with closing(looked_at(file)) as found:
            refuse_strangers(found, file)
    except (HistoryUnavailable, OSError, sqlite3.DatabaseError):
        raise UsageError(f"{file} isn't a backup of a history and was left alone.", "Name another file.") from None


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Yield a new empty file beside `path`, its owner's alone, that is gone afterwards wherever it wasn't moved."""
    part = path.with_name(f".parley-{secrets.token_hex(6)}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        yield part
    except OSError as error:
        why = error.strerror or "writing failed"
        raise UsageError(f"{path} can't be written: {why}.", "Name a file that you may write.") from None
    finally:
        for each in (part, *(part.with_name(part.name + side) for side in SIDES)):
            each.unlink(missing_ok=True)


def _tidy(target: sqlite3.Connection, *, without_vectors: bool) -> None:
    """Make one plain file of the copy, without words of erased texts. Raises HistoryDamaged."""
    target.execute("PRAGMA journal_mode = DELETE")
    target.execute("PRAGMA secure_delete = ON")
    (remains,) = target.execute("PRAGMA user_version").fetchone()
    if without_vectors:
        target.execute("DELETE FROM vector")
    if remains:
        target.execute("INSERT INTO message_fts (message_fts) VALUES ('optimize')")
        target.execute("PRAGMA user_version = 0")
    target.commit()
    if without_vectors or remains:
        target.execute("VACUUM")
    if flaws(target, "quick_check"):
        raise HistoryDamaged(
            "The history is damaged, and a backup of it would be too.", "Run `parley history check --repair`."
        )


def _messages(connection: sqlite3.Connection) -> int:
    (count,) = connection.execute("SELECT count(*) FROM message").fetchone()
    return int(count)


def _take_place(part: Path, path: Path) -> None:
    """Put the finished file in its place, safe from a power cut."""
    with part.open("rb") as stream:
        os.fsync(stream.fileno())
    part.replace(path)


def _copy(file: Path, part: Path) -> None:
    """Copy the backup, with the log beside it where somebody copied that too."""
    for side in ("", WAL):
        source, target = file.with_name(file.name + side), part.with_name(part.name + side)
        if source.is_file():
            shutil.copyfile(source, target)
            target.chmod(0o600)


def _erase_again(history: History, database: Path) -> bool:
    """Erase in the copy what the present history knows to be erased; False where that can't be read."""
    try:
        with History.open(database) as present:
            known = [KINDS[row["record"]].model_validate(row) for row in present.erasures()]
    except (HistoryUnavailable, ValidationError):
        return False
    history.take(known)
    return True


def _set_aside(database: Path) -> Path | None:
    """Rename the present history, and what SQLite left beside it; the new name."""
    if not database.exists():
        return None
    kept = database.with_name(f"{database.name}.replaced-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
    for side in ("", *SIDES):
        here = database.with_name(database.name + side)
        if here.exists():
            here.rename(kept.with_name(kept.name + side))
    return kept
