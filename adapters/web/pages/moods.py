"""The report of a channel's mood, made while the page waits: a chart that a keyboard reads, and a table beneath it."""

import asyncio
from datetime import datetime, timedelta
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.chat import Intent, Window
from adapters.web.answers import Stream
from adapters.web.catalogue import MoodReport
from adapters.web.site import following, form_of, guarded, listed, part, render, site_of, visitor, where

WIDE, TALL, GAP = 720, 220, 0.18  # of the chart in its own units, and what stands between bars, of a bar
LABELS = 6  # days under the chart


async def ask(request: Request) -> Response:
    """Show what a report may be about."""
    return render(request, "mood.html", found=await listed(request))


async def begin(request: Request) -> Response:
    """Begin to make the report."""
    found, form, catalogue = await listed(request), form_of(request), site_of(request).catalogue
    window = Window(since=_day(request, form.get("since", "")), until=_day(request, form.get("until", ""), after=1))

    async def work(stream: Stream) -> MoodReport:
        loop = asyncio.get_running_loop()

        def tell(stage: str) -> None:
            asyncio.run_coroutine_threadsafe(stream.status(stage), loop)

        return await catalogue.mood(visitor(request), where(found), Intent("sentiment", window=window), tell)

    return following(request, work, partial(_shown, request), f"The mood of #{found.channel.name}")


def _day(request: Request, words: str, after: int = 0) -> datetime | None:
    """Return the beginning of a day that was chosen, or of the day after it; None for none."""
    try:
        return datetime.fromisoformat(words).replace(tzinfo=site_of(request).zone) + timedelta(days=after)
    except ValueError:
        return None


def _shown(request: Request, mood: MoodReport) -> str:
    """Return the report as a part of the page."""
    step = WIDE / max(len(mood.cells), 1)
    places = [(number * step + step * GAP / 2, step * (1 - GAP)) for number in range(len(mood.cells))]
    every = max(len(mood.cells) // LABELS, 1)
    sizes = {"wide": WIDE, "tall": TALL, "places": places, "every": every, "step": step}
    return part(request, "parts/mood.html", mood=mood, **sizes)


ROUTES = [
    Route("/c/{channel}/mood", guarded(ask)),
    Route("/c/{channel}/mood", guarded(begin), methods=["POST"]),
]
