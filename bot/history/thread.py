"""The async door to one History, which lives on a thread of its own: SQLite never runs on the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar

from bot.errors import HistoryUnavailable
from bot.history.store import History
from nlp.scheduler.courtesy import due

T = TypeVar("T")


class HistoryThread:
    """Runs work on the history, one piece after another, in the order it was asked for.

    Closing serves what waits already and refuses what comes later, so everybody gets an answer.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._history: History | None = None
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="history")

    async def start(self) -> None:
        """Open the file. Raises HistoryUnavailable with what to do."""
        self._history = await self._call(lambda: History.open(self._path))

    async def close(self) -> None:
        """Serve what waits, close the file, end the thread. Closing twice is closing once."""
        history, self._history = self._history, None
        if history is not None:
            await self._call(history.close)
        self._executor.shutdown(wait=False)

    async def run(self, work: Callable[[History], T]) -> T:
        """What `work` returns, or raises. A caller that is cancelled while waiting takes its work with it.

        Who has to stand back for others (`nlp.scheduler.courtesy`) does so before.
        """
        if courtesy := due():
            await courtesy.wait()
        history = self._history
        if history is None:
            raise HistoryUnavailable("The history is closed.", "Start Parley again.")
        return await self._call(lambda: work(history))

    async def _call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, _without_stop, work)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _without_stop(work: Callable[[], T]) -> T:
    """Run `work`; a StopIteration, which no future can carry, becomes an error that can."""
    try:
        return work()
    except StopIteration as stop:
        raise RuntimeError("work on the history ran out of an iterator") from stop
