"""The playground: a text through every task side by side, what free text is taken for, a table, a map of topics."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.web.answers import Stream
from adapters.web.site import form_of, guarded, listed, part, render, session_of, site_of, told, visitor, where

Made = TypeVar("Made")
MOST_TEXT, MOST_QUESTION = 20_000, 500
SIZE, RADIUS = 600, 5.5  # of the map in its own units


async def show(request: Request) -> Response:
    """Show the playground."""
    return render(request, "playground.html", targets=site_of(request).catalogue.targets())


async def tasks(request: Request) -> Response:
    """Begin to try every bound model on a text."""
    form = form_of(request)
    text, question = form.get("text", "").strip()[:MOST_TEXT], form.get("question", "")[:MOST_QUESTION]
    if not text:
        return render(request, "parts/failure.html", sentence="There is no text.", remedy="Type or paste one first.")
    made = site_of(request).catalogue.tried(text, question, form.get("to", "en"))
    return _following(request, made, lambda rows: part(request, "parts/tried.html", rows=rows), "Four tasks")


async def meant(request: Request) -> Response:
    """Return what a text is taken for."""
    found = await site_of(request).catalogue.meant(form_of(request).get("text", "")[:MOST_QUESTION])
    return render(request, "parts/meant.html", found=found)


async def table(request: Request) -> Response:
    """Begin to translate a table that was pasted: lines, with tabs between the cells."""
    form = form_of(request)
    rows = [line.split("\t") for line in form.get("text", "")[:MOST_TEXT].splitlines() if line.strip()]
    if not rows:
        return render(request, "parts/failure.html", sentence="There is no table.", remedy="Paste one first.")
    made = site_of(request).catalogue.table(rows, form.get("to", "en"))
    return _following(request, made, lambda turned: part(request, "parts/table.html", rows=turned), "The table")


async def topics(request: Request) -> Response:
    """Show where the map of a channel comes."""
    return render(request, "topics.html", found=await listed(request))


async def topic_map(request: Request) -> Response:
    """Begin to draw the map of a channel."""
    found = await listed(request)
    made = site_of(request).catalogue.topic_map(visitor(request), where(found))
    sizes = {"found": found, "size": SIZE, "radius": RADIUS}
    return _following(request, made, lambda drawn: part(request, "parts/map.html", drawn=drawn, **sizes), "The map")


def _following(request: Request, made: Awaitable[Made], shown: Callable[[Made], str], words: str) -> Response:
    """Return a part that follows the work, and shows what came of it."""

    async def work(stream: Stream) -> None:
        await stream.tell("reply", await told(request, made, shown))

    stream = site_of(request).streams.begin(session_of(request).visitor, work)
    return render(request, "parts/answer.html", key=stream.key, words=words)


ROUTES = [
    Route("/playground", guarded(show)),
    Route("/playground/tasks", guarded(tasks), methods=["POST"]),
    Route("/playground/intent", guarded(meant), methods=["POST"]),
    Route("/playground/table", guarded(table), methods=["POST"]),
    Route("/c/{channel}/topics", guarded(topics)),
    Route("/c/{channel}/topics", guarded(topic_map), methods=["POST"]),
]
