"""The start page: the channels with their counts, time lines and languages."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.web.site import guarded, listed, render, site_of, visitor, where

BAR, HEIGHT = 6, 36  # of a time line, in its own units


async def start(request: Request) -> Response:
    """Show the channels; what each looks like comes when the page stands."""
    channels = await site_of(request).catalogue.channels(visitor(request))
    return render(request, "channels.html", channels=channels, total=sum(each.messages for each in channels))


async def profile(request: Request) -> Response:
    """Show one channel's time line, threads and languages."""
    found = await listed(request)
    shown = await site_of(request).catalogue.profile(visitor(request), where(found))
    most = max(shown.bars, default=0) or 1
    bars = [(place * BAR, round(HEIGHT * count / most, 1)) for place, count in enumerate(shown.bars)]
    size = {"width": len(bars) * BAR, "height": HEIGHT}
    return render(request, "parts/profile.html", found=found, profile=shown, bars=bars, **size)


ROUTES = [
    Route("/", guarded(start)),
    Route("/c/{channel}/profile", guarded(profile)),
]
