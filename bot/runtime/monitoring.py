"""A small HTTP listener for whoever watches Parley: `/livez`, `/readyz` and `/metrics`. Off unless it has a port."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from adapters.text.counts import counted
from bot.assistant import Assistant
from bot.errors import HistoryUnavailable, UsageError
from bot.history.values import Size
from bot.runtime.metrics import Load, Metrics
from bot.sections import Monitoring
from nlp.errors import CoreError
from nlp.hub.checkpoint import located
from nlp.models import SERVED, WEIGHTLESS
from nlp.remote.server import illness
from nlp.scheduler.family import Binding

PATIENCE = 3.0  # seconds in which the history answers a look
READY, NOT_READY = 200, 503


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must work for requests to be served, whether it does, and what to know where it doesn't."""

    what: str
    works: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """The things to look at: the assistant, the figures, and the platforms and models that are configured."""

    assistant: Assistant
    metrics: Metrics
    platforms: Sequence[str]
    bindings: Sequence[Binding]

    async def checks(self) -> list[Check]:
        """Return whether each part is ready to serve."""
        connected = [
            Check(name, up, "" if up else "not connected")
            for name in self.platforms
            for up in [self.metrics.connected(name)]
        ]
        failures = {(each.task, each.model): each.failure for each in self.assistant.services.core.status()}
        looks = [_model(each, failures.get((each.task, each.name), "")) for each in self.bindings]
        return [*connected, await self._history(), *await asyncio.gather(*looks)]

    async def _history(self) -> Check:
        try:
            async with asyncio.timeout(PATIENCE):
                await self.assistant.services.history.run(lambda store: store.check_writable())
        except HistoryUnavailable as error:
            return Check("history", works=False, detail=str(error))
        except TimeoutError:
            return Check("history", works=False, detail="It doesn't answer.")
        waiting = self.assistant.backlog.waiting
        late = f"{counted(waiting, 'event waits', 'events wait')} to be written." if waiting else ""
        return Check("history", works=not waiting, detail=late)

    async def page(self) -> bytes:
        """Return the figures of this moment."""
        services, turns = self.assistant.services, self.assistant.turns
        core = services.core
        jobs = {batcher.name: batcher.jobs for batcher in core.batchers()}
        memory = Counter[str]()  # several bindings may be of one model
        for status in core.status():
            memory[status.model] += status.memory
        load = Load(turns.running, turns.waiting, jobs, memory, self.assistant.backlog.waiting)
        return self.metrics.page(load, await self._size(), services.now())

    async def _size(self) -> Size | None:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.assistant.services.history.run(lambda store: store.size())
        except (HistoryUnavailable, TimeoutError):
            return None


async def _model(binding: Binding, failure: str) -> Check:
    """Return whether the model's files are there, and could be loaded when it was last needed; or its server answers.

    A server that was away is well again as soon as it answers, whatever its last failure was.
    """
    try:
        if binding.family in SERVED:
            failure = await illness(binding, SERVED[binding.family])
        elif binding.family not in WEIGHTLESS:
            await asyncio.to_thread(located, binding)
    except CoreError as error:
        failure = f"{error} {error.remedy}".strip()
    return Check(f"{binding.task}: {binding.name}", works=not failure, detail=failure)


@asynccontextmanager
async def listening(settings: Monitoring, watch: Watch, ready: Callable[[str], None]) -> AsyncIterator[None]:
    """Serve the pages while the block runs, if a port is set. Raises UsageError where it can't be listened on."""
    if settings.port is None:
        yield
        return
    runner = web.AppRunner(_app(watch), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port)
        try:
            await site.start()
        except OSError as error:
            raise UsageError(
                f"The health page can't listen on {settings.host}:{settings.port}: {error.strerror}.",
                "Choose another with [monitoring] host and port.",
            ) from None
        host, port = runner.addresses[0][:2]
        ready(f"monitoring ready: http://{host}:{port}/readyz")
        yield
    finally:
        await runner.cleanup()


def _app(watch: Watch) -> web.Application:
    app = web.Application()
    pages: dict[str, Callable[[Watch], Awaitable[web.Response]]] = {
        "/livez": _live, "/readyz": _ready, "/metrics": _metrics
    }  # fmt: skip
    for path, page in pages.items():
        app.router.add_get(path, _answering(page, watch))
    return app


def _answering(page: Callable[[Watch], Awaitable[web.Response]], watch: Watch) -> Any:
    async def answer(request: web.Request) -> web.Response:
        del request
        return await page(watch)

    return answer


async def _live(watch: Watch) -> web.Response:
    """Answer that the event loop runs."""
    del watch
    return web.json_response({"live": True})


async def _ready(watch: Watch) -> web.Response:
    checks = await watch.checks()
    ready = all(each.works for each in checks)
    document = {"ready": ready, "checks": [asdict(each) for each in checks]}
    return web.json_response(document, status=READY if ready else NOT_READY)


async def _metrics(watch: Watch) -> web.Response:
    return web.Response(body=await watch.page(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def address(settings: Monitoring) -> str:
    """Return where somebody on this machine asks; a listener on every address is asked on loopback."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with
    host = everywhere.get(settings.host, settings.host)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"
