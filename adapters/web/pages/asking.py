"""Asks the assistant about a channel or about all, and streams its answer: stages, words, then the reply."""

import asyncio
import struct
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from adapters.chat import UNREAD, Attachment, Intent, Person, Place, Reply, Typed
from adapters.chat import Request as Asked
from adapters.platform.actions import intent_of, text_of
from adapters.platform.progress import Answering, Pace
from adapters.platform.replies import STOPPED
from adapters.text.links import proven
from adapters.web.addresses import token_of
from adapters.web.answers import Stream
from adapters.web.markdown import html_of, text_html
from adapters.web.site import Missing, Site, form_of, guarded, listed, part, render, session_of, site_of, visitor, where

PNG = "image/png"
MOST_WORDS = 20_000
AFTER, EVERY = 0.3, 0.2  # seconds of work before its stage is shown, and between two changes
NOWHERE = Place("web", "", "")


async def ask(request: Request) -> Response:
    """Begin an answer about the channel; the part that comes back follows it."""
    return _begun(request, where(await listed(request)))


async def ask_everywhere(request: Request) -> Response:
    """Begin an answer about every channel that the visitor may read."""
    return _begun(request, NOWHERE)


def _begun(request: Request, place: Place) -> Response:
    site, form, who = site_of(request), form_of(request), visitor(request)
    words = form.get("words", "").strip()[:MOST_WORDS]
    pressed = intent_of(form["intent"]) if form.get("intent") else None
    if not words and pressed is None:
        return render(request, "parts/failure.html", sentence="There are no words.", remedy="Type a question first.")
    asked = Asked(
        pressed or UNREAD,
        place,
        who.person,
        access=who.access,
        zone=site.zone,
        typed=None if pressed else Typed(_everywhere(words, place)),
    )

    async def work(stream: Stream) -> None:
        await answer(request, site, asked, stream)

    stream = site.streams.begin(session_of(request).visitor, work)
    return render(request, "parts/answer.html", key=stream.key, words=form.get("label") or words)


def _everywhere(words: str, place: Place) -> str:
    """Return the words as a question about every channel, where no channel is meant."""
    return f"/ask everywhere {words}" if place == NOWHERE and not words.startswith("/") else words


class _Display:
    """The place on the page where an answer appears while it is made."""

    def __init__(self, stream: Stream, asked: Asked) -> None:
        self._stream, self._asked, self._written = stream, asked, ""

    async def status(self, words: str) -> None:
        """Show how far the work is."""
        await self._stream.status(words)

    async def write(self, tamed: str) -> None:
        """Show more of the text."""
        self._written += tamed
        await self._stream.tell("text", text_html(self._written, self._asked))


async def answer(request: Request, site: Site, asked: Asked, stream: Stream) -> None:
    """Do the work and show it; whatever happens, the page gets a reply."""
    try:
        pace = Pace(site.clock, AFTER, EVERY)
        async with Answering(_Display(stream, asked), pace, proven(Reply(""), asked), (OSError,)) as answering:
            reply = await site.host.handle(replace(asked, progress=answering.progress, text=answering.text))
    except asyncio.CancelledError:
        reply = STOPPED
    await stream.tell("reply", shown(request, asked, reply))


def shown(request: Request, asked: Asked, reply: Reply) -> Markup:
    """Return a reply as a part of a page: text, sources, notes, pictures and buttons."""
    here, about = bool(asked.place.channel), asked.intent.name == "privacy"
    address = "/privacy" if about else f"/c/{token_of(asked.place)}/ask" if here else "/ask"
    whose = {"person": asked.asker.id, "place": token_of(asked.place)} if about else {}
    return part(
        request,
        "parts/reply.html",
        reply=reply,
        text=html_of(reply, asked, here=here),
        links=[f"#m-{source.id}" if here else source.permalink or "#" for source in reply.listed],
        pictures=[_picture(file) for file in reply.files if file.media_type == PNG],
        actions=[
            (each.label, {"intent": text_of(each.intent), "label": each.label, **whose}) for each in reply.actions
        ],
        address=address,
        here=here,
    )


def _picture(file: Attachment) -> Mapping[str, Any]:
    """Return a picture as a part of the page, with its size, so that nothing moves when it appears."""
    width, height = struct.unpack(">II", file.content[16:24])
    address = f"data:{PNG};base64,{b64encode(file.content).decode()}"
    return {"address": address, "description": file.description, "width": width // 2, "height": height // 2}


async def said(request: Request, intent: Intent, place: Place, words: str = "", about: Person | None = None) -> Markup:
    """Return the reply to an intent at once, for pages that show how something stands.

    `words` are what stands after the command's name, `about` the person in whose name the owner asks.
    """
    site, who = site_of(request), visitor(request)
    typed = Typed(words, intent.name) if words else None
    asked = Asked(
        UNREAD if typed else intent, place, about or who.person, access=who.access, zone=site.zone, typed=typed
    )
    return shown(request, asked, await site.host.handle(asked))


def _stream(request: Request) -> Stream:
    stream = site_of(request).streams.of(request.path_params["key"], session_of(request).visitor)
    if stream is None:
        raise Missing
    return stream


async def follow(request: Request) -> Response:
    """Stream what becomes of the work."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(request).events(), media_type="text/event-stream", headers=headers)


async def cancel(request: Request) -> Response:
    """Stop the work; its stream says so."""
    _stream(request).cancel()
    return Response(status_code=204)


ROUTES = [
    Route("/ask", guarded(ask_everywhere), methods=["POST"]),
    Route("/c/{channel}/ask", guarded(ask), methods=["POST"]),
    Route("/streams/{key}", guarded(follow)),
    Route("/streams/{key}/cancel", guarded(cancel), methods=["POST"]),
]
