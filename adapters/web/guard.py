"""Stands before every page: foreign host names, forged forms, forms without end and browsers without a session.

Also says with each response what a browser may do with it: nothing from elsewhere, no script in a page, no framing.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.web.sessions import COOKIE, HOURS, BrowserSession, Sessions, is_of
from adapters.web.settings import WebSettings

MOST_FORM = 1 << 20  # bytes of a form
SAFE = frozenset({"GET", "HEAD"})
OPEN = ("/login", "/livez")  # what somebody needs to log in, and who watches
TOKEN_FIELD, TOKEN_HEADER = "csrf", "x-csrf-token"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Passes on what a browser of somebody who may come in asks for; answers everything else itself."""

    def __init__(self, app: ASGIApp, *, settings: WebSettings, sessions: Sessions) -> None:
        self._app, self._settings, self._sessions = app, settings, sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        fresh: list[BrowserSession] = []
        refused = await self._refused(request, fresh)

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                for session in fresh:
                    headers.append("Set-Cookie", cookie(session))
            await send(message)

        await (refused or self._app)(scope, receive, protected)

    async def _refused(self, request: Request, fresh: list[BrowserSession]) -> Response | None:
        """Return the answer to what isn't passed on; a browser without a session gets one where nobody logs in."""
        if not is_called_by(request, self._settings.hosts):
            return PlainTextResponse("This address doesn't lead here.", 421)
        if request.url.path.startswith("/static/"):
            return None if request.method in SAFE else PlainTextResponse("This can only be read.", 405)
        session = self._sessions.of(request)
        if session is None:
            session = self._sessions.begin()
            fresh.append(session)
        request.state.session = session
        if request.method not in SAFE and (refused := await _forged(request, session)):
            return refused
        if self._settings.guarded and session.visitor is None and not request.url.path.startswith(OPEN):
            return _to_login(request)
        return None


def cookie(session: BrowserSession) -> str:
    """Return the cookie that names a session: no script reads it, and no other site's page sends it."""
    return f"{COOKIE}={session.key}; Path=/; Max-Age={HOURS * 3600}; HttpOnly; SameSite=Strict"


def is_called_by(request: Request, hosts: frozenset[str]) -> bool:
    """Return whether the browser asked for this machine by one of these names, and not by one that was bent to it."""
    named = request.headers.getlist("host")
    try:
        return len(named) == 1 and (urlsplit(f"//{named[0]}").hostname or "") in hosts
    except ValueError:
        return False


async def _fields(request: Request) -> dict[str, str]:
    """Return the fields of a form, the last of each name; nothing of another kind of body. Raises ValueError."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        return {}
    body = await request.body()
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=200))


async def _forged(request: Request, session: BrowserSession) -> Response | None:
    """Return the refusal of what no page of ours sent."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.headers["host"].lower():
        return PlainTextResponse("Another site's page sent this.", 403)
    length = request.headers.get("content-length", "")
    if request.method != "PUT" and (not length.isdecimal() or int(length) > MOST_FORM):
        return PlainTextResponse("That is more than a form holds.", 413)
    try:
        request.state.form = await _fields(request) if request.method == "POST" else {}
    except ValueError:
        return PlainTextResponse("That form has too many fields.", 413)
    token = request.headers.get(TOKEN_HEADER, request.state.form.get(TOKEN_FIELD, ""))
    if not is_of(session, token):
        return PlainTextResponse("This page is too old, or another one sent this. Load it again.", 403)
    return None


def _to_login(request: Request) -> Response:
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": "/login"})
    if request.method not in SAFE:
        return PlainTextResponse("Log in first.", 401)
    return RedirectResponse("/login", 303)
