"""One answer on its way: what the assistant reports while it works, shown at a pace people can read."""

import asyncio
import logging
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from adapters.chat import Progress
from adapters.clock import Clock
from adapters.platform.replies import WORKING
from adapters.platform.words import SHARED, Words
from adapters.text.links import Proven, tame

log = logging.getLogger(__name__)

ENDS = (". ", "! ", "? ", "\n")


class Display(Protocol):
    """A place where an answer appears while it is made."""

    async def status(self, words: str) -> None:
        """Show how far the work is."""
        ...

    async def write(self, tamed: str) -> None:
        """Show more of the text, in tamed Markdown."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds of work before anything is shown, and between two changes of what is shown."""

    clock: Clock
    after: float
    every: float


@dataclass(slots=True)
class Answering:
    """Hears progress and text from the assistant, in any thread, and shows the newest of it.

    What the display raises of `failures` is logged: an answer is never lost to its progress. Stages are in the words of
    the `locale`.
    """

    display: Display
    pace: Pace
    links: Proven
    failures: tuple[type[Exception], ...]
    words: Words = SHARED
    locale: str = ""
    _stage: str = ""
    _shown_stage: str = ""
    _unwritten: str = ""
    _showing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._show())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            async with self._showing:  # a message that is being sent must not be forgotten half-way
                self._task.cancel()
            await asyncio.wait({self._task})

    def progress(self, step: Progress) -> None:
        """Show a stage of the work."""
        self._stage = self.words.stage(step, self.locale)

    def text(self, piece: str) -> None:
        """Show more of the answer."""
        self._unwritten += piece

    async def _show(self) -> None:
        self._stage = self._stage or self.words.say(WORKING, self.locale)
        await self.pace.clock.sleep(self.pace.after)
        while True:
            try:
                async with self._showing:
                    await self._step()
            except self.failures as error:
                log.info("progress could not be shown: %s", type(error).__name__)
            await self.pace.clock.sleep(self.pace.every)

    async def _step(self) -> None:
        if ready := self._whole_sentences():
            await self.display.write(tame(ready, self.links))
        elif self._stage != self._shown_stage:
            self._shown_stage = self._stage
            await self.display.status(self._stage)

    def _whole_sentences(self) -> str:
        """Return what has been written up to the last end of a sentence: half a link can't be judged."""
        end = max(self._unwritten.rfind(mark) + len(mark) if mark in self._unwritten else 0 for mark in ENDS)
        ready, self._unwritten = self._unwritten[:end], self._unwritten[end:]
        return ready
