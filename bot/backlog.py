"""Writes that the history can't take now: kept in their order until it can, in memory and then in a file beside it.

A platform doesn't send an acknowledged event again. So an event that meets a file held by another
process, or a full disk, waits here. Knows no platform. Events may reach the history late and in any order (`Host`).
"""

import asyncio
import json
import logging
import os
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter

from adapters.chat import Channel, Deleted, Event, Gone, Message, Pending, Place, Present, Removed, Threads
from bot.errors import NOT_NOW, HistoryUnavailable
from bot.history import consent, pending
from bot.history.store import History
from bot.history.thread import HistoryThread

log = logging.getLogger(__name__)

IN_MEMORY = 2_000  # entries; what comes on top goes into the file
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds between two tries
SUFFIX = ".backlog"  # behind the history's own name


@dataclass(frozen=True, slots=True)
class Settled:
    """The promise with this key was kept."""

    key: str


@dataclass(frozen=True, slots=True)
class Marked:
    """A note of how far a channel has been read."""

    place: Place
    mark: str


Entry = Event | Pending | Settled | Marked
KINDS: Mapping[str, TypeAdapter[Any]] = MappingProxyType(
    {
        kind.__name__: TypeAdapter(kind)
        for kind in (Message, Channel, Deleted, Gone, Present, Threads, Removed, Pending, Settled, Marked)
    }
)


@dataclass(slots=True, eq=False)
class Backlog:
    """Writes to a history, now or later. Belongs to one event loop; `now` and `days` are those of the services."""

    history: HistoryThread
    now: Callable[[], datetime]
    days: int
    file: Path | None = None  # None: memory alone
    most: int = IN_MEMORY
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _waiting: deque[Entry] = field(default_factory=deque)
    _claimed: set[str] = field(default_factory=set)  # keys of promises that wait to be written
    _spilled: int = 0  # entries in the file that aren't in memory
    _read: int = 0  # bytes of the file that have been read
    _task: "asyncio.Task[None] | None" = None

    @property
    def waiting(self) -> int:
        """Return how many entries the history lacks."""
        return len(self._waiting) + self._spilled

    def restore(self) -> None:
        """Take up what an earlier run left in the file."""
        if self.file is not None and self.file.exists():
            with self.file.open("rb") as stream:
                self._spilled = sum(1 for _ in stream)
            self._start()

    async def write(self, entry: Entry) -> None:
        """Write the entry, or keep it for later. Raises HistoryUnavailable where no later try could succeed."""
        if not await self._wrote(entry):
            self._keep(entry)

    async def claim(self, promise: Pending) -> bool:
        """Return True to the first claim of a key; to the first in this process while the history can't be written."""
        if promise.key in self._claimed:
            return False
        if not self.waiting:
            with suppress(*NOT_NOW):
                return await self.history.write(pending.claim, promise)
        self._claimed.add(promise.key)
        self._keep(promise)
        return True

    async def close(self) -> None:
        """Try once more, and leave in the file what the history still can't take."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        with suppress(HistoryUnavailable):
            while self._waiting and await self._wrote(self._waiting[0], late=True):
                self._waiting.popleft()
        for entry in self._waiting:
            self._spill(entry)

    async def _wrote(self, entry: Entry, *, late: bool = False) -> bool:
        """Return whether the entry was written; it isn't tried while others wait before it."""
        if self.waiting and not late:
            return False
        try:
            await self.history.run(lambda store: self._apply(store, entry), writes=True)
        except NOT_NOW:
            return False
        return True

    def _apply(self, store: History, entry: Entry) -> None:
        match entry:
            case Pending():
                store.write(pending.claim, entry)
            case Settled(key):
                store.write(pending.settle, key)
            case Marked(place, mark):
                store.write(consent.set_mark, place, mark)
            case _:
                store.observe(entry, self.now(), self.days)

    def _keep(self, entry: Entry) -> None:
        if not self.waiting:
            log.warning("the history can't be written now; events wait")
        if self._spilled or len(self._waiting) >= self.most:
            self._spill(entry)
        else:
            self._waiting.append(entry)
        self._start()

    def _start(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        """Write what waits, the oldest first, with growing pauses while that can't be done."""
        pause = FIRST_PAUSE
        while self.waiting:
            if not self._waiting:
                self._read_file()
                continue
            entry = self._waiting[0]
            if await self._wrote_late(entry):
                self._waiting.popleft()
                self._claimed.discard(entry.key if isinstance(entry, Pending) else "")
                pause = FIRST_PAUSE
            else:
                await self.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        log.info("the history has everything again")

    async def _wrote_late(self, entry: Entry) -> bool:
        """Return whether the entry is done with; one that the history refuses for good doesn't hold up the others."""
        try:
            return await self._wrote(entry, late=True)
        except HistoryUnavailable as error:
            log.warning("an event could not be stored: %s", type(error).__name__)
            return True

    def _spill(self, entry: Entry) -> None:
        """Append the entry to the file, readable by the owner alone; to memory where there is none or it is full."""
        try:
            if self.file is None:
                raise FileNotFoundError
            descriptor = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                stream.write(line_of(entry) + "\n")
        except OSError:
            self._waiting.append(entry)
        else:
            self._spilled += 1

    def _read_file(self) -> None:
        """Move the next entries of the file into memory, and remove it after the last."""
        assert self.file is not None
        try:
            with self.file.open("rb") as stream:
                stream.seek(self._read)
                lines = list(islice(stream, self.most))
                self._read = stream.tell()
        except OSError:
            lines = []
        self._waiting.extend(entry for entry in map(from_line, lines) if entry is not None)
        self._spilled -= len(lines)
        if not lines or self._spilled <= 0:
            self.file.unlink(missing_ok=True)
            self._spilled = self._read = 0


def line_of(entry: Entry) -> str:
    """Return the entry as one line of JSON, its kind first."""
    kind = type(entry).__name__
    return json.dumps([kind, KINDS[kind].dump_python(entry, mode="json")])


def from_line(line: bytes) -> Entry | None:
    """Return the entry of a line; None for one that a crash cut short."""
    try:
        kind, values = json.loads(line)
        entry: Entry = KINDS[kind].validate_python(values)
    except (ValueError, KeyError, TypeError):
        log.warning("a line of the backlog can't be read")
        return None
    return entry
