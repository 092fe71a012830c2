"""The async door to one History on threads of its own, a writing and a reading one: never on the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlite_utils import Database

from bot.errors import HistoryUnavailable
from bot.history.store import History, NeedsWriting
from nlp.scheduler.courtesy import Courtesy

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class Connections:
    """The open history: where it is written, and where it is read beside that."""

    writer: History | None = None
    reader: History | None = None


class HistoryThread:
    """Runs work on the history off the event loop: reads on one thread, what writes on another.

    Reads see what is committed and wait for nobody: neither for this process's writer nor for another that holds the
    file. Work that writes is done in the order it was asked for. Closing serves what waits already and refuses what
    comes later, so everybody gets an answer.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._open = Connections()
        self._courtesy: Courtesy | None = None
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="history")
        self._readers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="history-reader")

    def behind(self, courtesy: Courtesy) -> Self:
        """Return this door for one request, whose work stands back when its courtesy is due."""
        view = copy(self)
        view._courtesy = courtesy  # noqa: SLF001 - its own class
        return view

    async def start(self) -> None:
        """Open the file. Raises HistoryUnavailable with what to do."""
        history = await self._call(self._executor, lambda: History.open(self._path))
        if self._path is not None:  # one in memory is there for its own connection alone
            self._open.reader = await self._call(self._readers, history.reader)
        self._open.writer = history

    async def close(self) -> None:
        """Serve what waits, close the file, end the threads. Closing twice is closing once."""
        history, self._open.writer = self._open.writer, None
        reader, self._open.reader = self._open.reader, None
        if reader is not None:
            await self._call(self._readers, reader.close)
        if history is not None:
            await self._call(self._executor, history.close)
        for executor in (self._readers, self._executor):
            executor.shutdown(wait=False)

    async def run(self, work: Callable[[History], T], *, writes: bool = False) -> T:
        """Return what `work` returns, or raises. A caller that is cancelled while waiting takes its work with it.

        It is begun where it can only read; at its first wish to write it is done from its beginning where it may. Work
        that surely `writes` goes there at once, and waits for no reader.
        """
        if self._courtesy is not None and self._courtesy.due():
            await self._courtesy.wait()
        history, reader = self._open.writer, self._open.reader
        if history is None:
            raise HistoryUnavailable("The history is closed.", "Start Parley again.")
        if reader is not None and not writes:
            with suppress(NeedsWriting):
                return await self._call(self._readers, lambda: work(reader))
        return await self._call(self._executor, lambda: work(history))

    async def read(self, question: Callable[Concatenate[Database, P], T], *given: P.args, **named: P.kwargs) -> T:
        """Return what `History.read` returns."""
        return await self.run(lambda history: history.read(question, *given, **named))

    async def write(self, change: Callable[Concatenate[Database, P], T], *given: P.args, **named: P.kwargs) -> T:
        """Return what `History.write` returns."""
        return await self.run(lambda history: history.write(change, *given, **named), writes=True)

    async def _call(self, executor: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        context = copy_context()  # what is logged there names the request
        return await asyncio.get_running_loop().run_in_executor(executor, lambda: context.run(_without_stop, work))

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
