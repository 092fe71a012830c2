"""Logging in with the owner's token or a name and password, and out again."""

import asyncio
from hmac import compare_digest

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from adapters.web import guard
from adapters.web.catalogue import Visitor
from adapters.web.people import fits
from adapters.web.site import Missing, Site, form_of, guarded, render, session_of, site_of

SLOW = "Too many wrong tries. Wait a minute, then try again."
WRONG = "That isn't right. Try again."


async def show(request: Request) -> Response:
    """Ask who it is."""
    if not site_of(request).settings.guarded:
        raise Missing
    return _asked(request, "")


async def log_in(request: Request) -> Response:
    """Begin a session for whoever knows the token or a password; a wrong one costs time."""
    site, form = site_of(request), form_of(request)
    address = request.client.host if request.client else ""
    if not site.sessions.may_try(address):
        return _asked(request, SLOW)
    who = await _known(site, form.get("name", ""), form.get("password", ""))
    if who is None:
        site.sessions.failed(address)
        return _asked(request, WRONG)
    site.sessions.end(session_of(request))  # a name of a session that somebody knew before is worth nothing now
    answer = RedirectResponse("/", 303)
    answer.headers.append("Set-Cookie", guard.cookie(site.sessions.begin(who)))
    return answer


async def _known(site: Site, name: str, password: str) -> Visitor | None:
    token = site.settings.token
    if token and not name:
        right = compare_digest(token.encode(), password.encode("utf-8", "replace"))
        return site.owns() if right else None
    if not site.settings.accounts:
        return None
    account = site.settings.accounts.get(name)
    if not await asyncio.to_thread(fits, account, password) or account is None:
        return None
    access = site.owner if account.owner else account.access
    return Visitor(account.person, access, owner=account.owner)


def _asked(request: Request, sentence: str) -> Response:
    settings = site_of(request).settings
    status = 401 if sentence else 200
    asked_for = {"names": bool(settings.accounts), "token": bool(settings.token)}
    return render(request, "login.html", status, sentence=sentence, **asked_for)


async def log_out(request: Request) -> Response:
    """End the session."""
    site_of(request).sessions.end(session_of(request))
    return RedirectResponse("/login", 303)


ROUTES = [
    Route("/login", guarded(show)),
    Route("/login", guarded(log_in), methods=["POST"]),
    Route("/logout", guarded(log_out), methods=["POST"]),
]
