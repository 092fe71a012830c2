"""Progress of a long job, shown no more often than Discord takes edits, and never in the way of the answer."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from adapters.chat import Progress
from adapters.discord.delivery import Delivery
from adapters.discord.patience import LOST
from adapters.discord.settings import DiscordSettings

log = logging.getLogger(__name__)

FIRST = 2.0  # seconds of work before anything is shown: most answers are faster


@dataclass(slots=True)
class Board:
    """What a job says of itself, and the task that shows the latest of it while the block lasts."""

    delivery: Delivery
    settings: DiscordSettings
    _latest: Progress | None = None
    _showing: asyncio.Task[None] | None = field(default=None)

    def note(self, progress: Progress) -> None:
        """Take note of a step; may be called as often as the job likes, from any thread."""
        self._latest = progress

    async def __aenter__(self) -> Self:
        self._showing = asyncio.create_task(self._show())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._showing is not None:
            self._showing.cancel()
            with suppress(asyncio.CancelledError):
                await self._showing

    async def _show(self) -> None:
        await self.settings.clock.sleep(FIRST)
        shown: Progress | None = None
        while True:
            latest = self._latest
            if latest is not None and latest != shown:
                try:
                    await self.delivery.show(words_of(latest))
                except LOST as lost:
                    log.info("progress could not be shown: %s", type(lost).__name__)
                shown = latest
            await self.settings.clock.sleep(self.settings.pace)


def words_of(progress: Progress) -> str:
    """The step as people read it: `Reading … 20 of 180`."""
    total = f" of {progress.total}" if progress.total else ""
    return f"{progress.stage} … {progress.done or ''}{total}".rstrip()
