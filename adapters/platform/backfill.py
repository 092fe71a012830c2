"""The shape of every platform's back-fill: when to look for what is missing, and how one place is caught up with.

Knows no platform: what a room is, how it is read and what sorts its messages is the subclass's own.
"""

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Generic, NoReturn, TypeVar

from adapters.chat import Host, Place
from adapters.platform.cursor import Mark, read_mark

Room = TypeVar("Room")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill(ABC, Generic[Room]):
    """Fills the record of the kept rooms; `every` is seconds between two looks for what was left unfinished.

    Resumable: the place's mark says what is still to be read, and moves only after what was read is observed.
    """

    host: Host
    every: float
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)
    _missed: asyncio.Event = field(default_factory=asyncio.Event)

    def missed(self) -> None:
        """Look into every room soon, since events may have been missed."""
        self._missed.set()
        self._wanted.set()

    def glance(self) -> None:
        """Look soon for rooms that were never read."""
        self._wanted.set()

    async def consider(self, place: Place) -> None:
        """Look soon into a channel that is kept now and was never read."""
        standing = await self.host.standing(replace(place, thread=None))
        if standing.kept and not standing.mark:
            self.glance()

    async def run(self) -> NoReturn:
        """Look whenever asked, and now and then for what was left unfinished, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.every):
                    await self._wanted.wait()
            everywhere = self._missed.is_set()
            self._wanted.clear()
            self._missed.clear()
            await self.look(everywhere=everywhere)

    async def fill(self, room: Room, *, again: bool = True) -> None:
        """Read what the record lacks of one room, if it is kept; `again` adds the time since the last read."""
        place = self.place(room)
        standing = await self.host.standing(place)
        mark = read_mark(standing.mark)
        if not standing.kept or (mark.done and not mark.gaps and not again):
            return
        await self.introduce(room)
        if again or not mark.done:
            mark = self.until_now(mark)
            await self.host.mark(place, mark.text())
        while mark.gaps:
            mark = await self.close(room, mark)

    @abstractmethod
    async def look(self, *, everywhere: bool) -> None:
        """Fill the rooms that Parley is in, one at a time: all that is missing, or only what was left unfinished."""

    @abstractmethod
    def place(self, room: Room) -> Place:
        """Return the room's key."""

    @abstractmethod
    async def introduce(self, room: Room) -> None:
        """Have the host observe the room itself."""

    @abstractmethod
    def until_now(self, mark: Mark) -> Mark:
        """Return the mark with the time up to now to be read, and what was edited shortly before."""

    @abstractmethod
    async def close(self, room: Room, mark: Mark) -> Mark:
        """Read the newest gap, page by page; the mark without it."""
