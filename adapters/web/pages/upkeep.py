"""Shows how a channel is kept: consent, retention, digests, reports, the glossary; and what comes round."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from adapters.chat import Intent
from adapters.web.pages.asking import said
from adapters.web.site import Missing, form_of, guarded, listed, render, site_of, visitor, where

STANDING = ("consent", "digest", "report", "glossary", "settings")  # intents that say how a channel stands
MOST_WORDS = 500


async def channel(request: Request) -> Response:
    """Show how the channel stands, each part with what changes it."""
    found = await listed(request)
    stood = {name: await said(request, Intent(name), where(found)) for name in STANDING}
    return render(request, "upkeep.html", found=found, stood=stood)


async def change(request: Request) -> Response:
    """Do what was chosen, in the same words as in a chat, and say what came of it."""
    found, form = await listed(request), form_of(request)
    name = form.get("intent", "")
    if name not in STANDING:
        raise Missing
    words = " ".join(form.get(each, "") for each in ("words", "more")).strip()[:MOST_WORDS]
    return HTMLResponse(await said(request, Intent(name), where(found), words))


async def schedules(request: Request) -> Response:
    """Show what comes round in all channels."""
    return render(request, "schedules.html", rows=await site_of(request).catalogue.recurring(visitor(request)))


ROUTES = [
    Route("/c/{channel}/upkeep", guarded(channel)),
    Route("/c/{channel}/upkeep", guarded(change), methods=["POST"]),
    Route("/schedules", guarded(schedules)),
]
