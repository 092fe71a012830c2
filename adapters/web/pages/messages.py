"""A channel as its reader sees it: threads, edits and reactions, page by page, with search while somebody types."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.web.catalogue import Page
from adapters.web.site import Missing, form_of, guarded, listed, render, session_of, site_of, visitor, where

SIDES = ("before", "after", "around")
MOST_TYPED = 200
MOST_AT_ONCE = 200  # messages that are translated for one press


async def channel(request: Request) -> Response:
    """Show the channel with its newest page, or that around a message, and the tools beside it."""
    found = await listed(request)
    around = request.query_params.get("around", "")
    page = await _page(request, "around" if around else "", around)
    return render(
        request,
        "channel.html",
        found=found,
        page=page,
        around=around,
        targets=site_of(request).catalogue.targets(),
    )


async def messages(request: Request) -> Response:
    """Return the page on one side of a mark, or around a message."""
    side = next((each for each in SIDES if each in request.query_params), "")
    page = await _page(request, side, request.query_params.get(side, ""))
    return render(request, "parts/messages.html", found=await listed(request), page=page, side=side)


async def _page(request: Request, side: str, at: str) -> Page:
    found = await listed(request)
    return await site_of(request).catalogue.page(visitor(request), where(found), side, at)  # type: ignore[arg-type]


async def thread(request: Request) -> Response:
    """Return a message with all its replies."""
    found = await listed(request)
    id_ = request.query_params.get("id", "")
    begun = await site_of(request).catalogue.thread(visitor(request), where(found), id_)
    if begun is None:
        raise Missing
    return render(request, "parts/begun.html", found=found, begun=begun)


async def search(request: Request) -> Response:
    """Return the messages that hold what was typed."""
    found = await listed(request)
    words = request.query_params.get("q", "")[:MOST_TYPED]
    hits = await site_of(request).catalogue.found(visitor(request), where(found), words) if words.strip() else None
    return render(request, "parts/hits.html", found=found, words=words, hits=hits)


async def translate(request: Request) -> Response:
    """Return messages in another language, by their ids, for the page to put in the place of their texts."""
    found, form = await listed(request), form_of(request)
    ids = [each for each in form.get("ids", "").split("\n") if each][:MOST_AT_ONCE]
    to = session_of(request).language = form.get("to", "")[:10]
    turned = await site_of(request).catalogue.turned(visitor(request), where(found), ids, to)
    return JSONResponse({"messages": {id_: {"text": each.text, "note": each.note} for id_, each in turned.items()}})


ROUTES = [
    Route("/c/{channel}", guarded(channel)),
    Route("/c/{channel}/messages", guarded(messages)),
    Route("/c/{channel}/thread", guarded(thread)),
    Route("/c/{channel}/search", guarded(search)),
    Route("/c/{channel}/translate", guarded(translate), methods=["POST"]),
]
