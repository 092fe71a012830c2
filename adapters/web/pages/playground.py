"""The playground: a text through every task side by side, what free text is taken for, a table, a map of topics."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.web.site import following, form_of, guarded, listed, part, render, site_of, visitor, where

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
    to, catalogue = form.get("to", "en"), site_of(request).catalogue
    return following(
        request,
        lambda _: catalogue.tried(text, question, to),
        lambda tried: part(request, "parts/tried.html", rows=tried),
        "Four tasks",
    )


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
    to, catalogue = form.get("to", "en"), site_of(request).catalogue
    return following(
        request,
        lambda _: catalogue.table(rows, to),
        lambda turned: part(request, "parts/table.html", rows=turned),
        "The table",
    )


async def topics(request: Request) -> Response:
    """Show where the map of a channel comes."""
    return render(request, "topics.html", found=await listed(request))


async def topic_map(request: Request) -> Response:
    """Begin to draw the map of a channel."""
    found = await listed(request)
    who, catalogue = visitor(request), site_of(request).catalogue
    sizes = {"found": found, "size": SIZE, "radius": RADIUS}
    return following(
        request,
        lambda _: catalogue.topic_map(who, where(found)),
        lambda drawn: part(request, "parts/map.html", drawn=drawn, **sizes),
        "The map",
    )


ROUTES = [
    Route("/playground", guarded(show)),
    Route("/playground/tasks", guarded(tasks), methods=["POST"]),
    Route("/playground/intent", guarded(meant), methods=["POST"]),
    Route("/playground/table", guarded(table), methods=["POST"]),
    Route("/c/{channel}/topics", guarded(topics)),
    Route("/c/{channel}/topics", guarded(topic_map), methods=["POST"]),
]
