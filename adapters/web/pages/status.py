"""Shows how Parley stands: health, queue and pace live, models with memory and arithmetic, a look at all, feedback."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from adapters.chat import Intent
from adapters.web.answers import Stream, event
from adapters.web.catalogue import Looked
from adapters.web.pages.asking import NOWHERE, said
from adapters.web.site import following, guarded, only_owner, part, render, site_of, visitor

EVERY, LONGEST = 1.0, 3600  # seconds between two figures, and how many of them one page gets


async def show(request: Request) -> Response:
    """Show how Parley stands."""
    only_owner(request)
    catalogue = site_of(request).catalogue
    values: dict[str, Any] = {
        "health": await said(request, Intent("health"), NOWHERE),
        "models": catalogue.models(),
        "load": catalogue.load(),
        "verdicts": await catalogue.verdicts(visitor(request)),
    }
    return render(request, "status.html", **values)


async def alive(request: Request) -> Response:
    """Answer that the pages are served, to whoever watches."""
    del request
    return PlainTextResponse("live")


async def live(request: Request) -> Response:
    """Stream the figures of each second."""
    only_owner(request)

    async def figures() -> AsyncIterator[bytes]:
        catalogue = site_of(request).catalogue
        for _ in range(LONGEST):
            yield event("load", part(request, "parts/load.html", load=catalogue.load()))
            yield event("models", part(request, "parts/models.html", models=catalogue.models()))
            await asyncio.sleep(EVERY)
        yield event("done", "")

    return StreamingResponse(figures(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def look(request: Request) -> Response:
    """Begin a look at everything that is configured."""
    only_owner(request)
    catalogue = site_of(request).catalogue

    async def work(stream: Stream) -> Sequence[Looked]:
        await stream.status("loading each model")
        return await catalogue.look()

    return following(request, work, lambda rows: part(request, "parts/looked.html", rows=rows), "A look at everything")


ROUTES = [
    Route("/status", guarded(show)),
    Route("/livez", alive),
    Route("/status/live", guarded(live)),
    Route("/status/check", guarded(look), methods=["POST"]),
]
