"""Answers on their way to a page: each is worked on whether or not the page still listens, and is kept for a while.

Events carry HTML: the stage, the text so far, and at the end the reply. A page that comes late gets the newest of each.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field

from cachetools import TTLCache
from markupsafe import Markup, escape

from adapters.web.catalogue import Visitor

KEPT, MOST = 3600.0, 500  # seconds, and answers


@dataclass(slots=True, eq=False)
class Stream:
    """Events of one piece of work, by kind: the newest of each, and whether it has ended. One person may follow it."""

    whose: Visitor | None
    key: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    _newest: dict[str, tuple[int, str]] = field(default_factory=dict)
    _count: int = 0
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _task: "asyncio.Task[None] | None" = None
    ended: bool = False

    def begin(self, work: "asyncio.Task[None]") -> None:
        """Note the task that does the work."""
        self._task = work

    def cancel(self) -> None:
        """Stop the work."""
        if self._task is not None:
            self._task.cancel()

    async def tell(self, kind: str, html: str | Markup) -> None:
        """Put an event in the place of the last one of its kind."""
        async with self._changed:
            self._count += 1
            self._newest[kind] = (self._count, str(escape(html)))
            self.ended = self.ended or kind == "reply"
            self._changed.notify_all()

    async def status(self, words: str) -> None:
        """Show how far the work is."""
        await self.tell("stage", f"{words} …")

    async def events(self) -> AsyncIterator[bytes]:
        """Yield events as a browser reads them, from now until the work has ended; the last one says so."""
        seen = 0
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._count > seen)  # noqa: B023 - waited for at once
                new = sorted((count, kind, html) for kind, (count, html) in self._newest.items() if count > seen)
                seen = self._count
            for _, kind, html in new:
                yield event(kind, html)
            if self.ended:
                yield event("done", "")
                return


@dataclass(slots=True)
class Streams:
    """The pieces of work that pages may follow."""

    _kept: TTLCache[str, Stream] = field(default_factory=lambda: TTLCache(MOST, KEPT))
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)

    def begin(self, whose: Visitor | None, work: Callable[[Stream], Coroutine[None, None, None]]) -> Stream:
        """Return a new stream whose work, a coroutine function of the stream, is under way."""
        stream = Stream(whose)
        task = asyncio.create_task(work(stream))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        stream.begin(task)
        self._kept[stream.key] = stream
        return stream

    def of(self, key: str, whose: Visitor | None) -> Stream | None:
        """Return the stream of that key, if it is theirs."""
        stream = self._kept.get(key)
        return stream if stream is not None and stream.whose == whose else None

    async def stop(self) -> None:
        """Stop all work."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


def event(kind: str, html: str) -> bytes:
    """Return an event of a stream: a name, and data on as many lines as it has."""
    lines = "".join(f"data: {line}\n" for line in html.replace("\r", "").split("\n"))
    return f"event: {kind}\n{lines}\n".encode()
