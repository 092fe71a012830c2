"""The web adapter: listens, serves the pages, and ends in order. The only module that knows the server."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from adapters.chat import Access, Command, HereOnly, Host, Place, Posting
from adapters.errors import EdgeError, Unwelcome
from adapters.web.catalogue import Catalogue
from adapters.web.guard import Guard
from adapters.web.pages import asking, channels, importing, login, messages, moods, playground, privacy, status, upkeep
from adapters.web.settings import WebSettings
from adapters.web.site import LOST, NOT_FOUND, Site, failure

STATIC = Path(__file__).with_name("static")
PAGES = (channels, messages, asking, importing, moods, upkeep, privacy, status, playground, login)
GRACE = 2  # seconds in which open streams may end


@dataclass(frozen=True, slots=True)
class WebAdapter:
    """Pages over one history. `owner` is the access of whoever owns the machine; `ready` gets the address."""

    name: ClassVar[str] = "web"

    settings: WebSettings
    catalogue: Catalogue
    owner: Access
    zone: ZoneInfo
    ready: Callable[[str], None]
    _socket: list[socket.socket] = field(default_factory=list)

    def access_for(self, person: str, place: Place) -> Access:
        """Return that nothing is known of who reads a page later."""
        del person
        return HereOnly(place)

    async def post(self, posting: Posting) -> None:
        """Refuse: nothing is said on a page unasked. Raises Unwelcome."""
        raise Unwelcome(f"The web has no channel to post in: {posting.place.platform}.")

    async def run(self, host: Host, commands: tuple[Command, ...]) -> None:
        """Serve until stopped. Raises EdgeError where the address can't be listened on."""
        site = Site(self.settings, host, commands, self.catalogue, self.owner, self.zone)
        listening = listener(self.settings)
        config = uvicorn.Config(
            application(site),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=GRACE,
        )
        server = uvicorn.Server(config)
        self.ready(address(self.settings, listening))
        try:
            await server.serve(sockets=[listening])
        except asyncio.CancelledError:
            await server.shutdown(sockets=[listening])
            raise
        finally:
            listening.close()
            await site.streams.stop()


def application(site: Site) -> Starlette:
    """Return the pages of a site, behind their guard."""
    routes = [Mount("/static", StaticFiles(directory=STATIC)), *(route for page in PAGES for route in page.ROUTES)]
    guard = Middleware(Guard, settings=site.settings, sessions=site.sessions)
    app = Starlette(routes=routes, middleware=[guard], exception_handlers={404: _lost, 405: _lost})
    app.state.site = site
    return app


async def _lost(request: Request, error: Exception) -> Response:
    """Answer to an address that leads nowhere."""
    del error
    return failure(request, *LOST, NOT_FOUND) if hasattr(request.state, "session") else Response(status_code=NOT_FOUND)


def listener(settings: WebSettings) -> socket.socket:
    """Return a socket that listens where the owner says. Raises EdgeError."""
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        with ExitStack() as unless_it_fails:
            listening = unless_it_fails.enter_context(socket.socket(family, socket.SOCK_STREAM))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((settings.host, settings.port))
            listening.listen()  # so that a browser that comes before the server waits for it
            unless_it_fails.pop_all()
            return listening
    except OSError as error:
        sentence = f"The web can't listen on {settings.host}:{settings.port}: {error.strerror}."
        raise EdgeError(sentence, "Choose another with --port.") from None


def address(settings: WebSettings, listening: socket.socket) -> str:
    """Return what to type into a browser on this machine."""
    port = listening.getsockname()[1]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - compared with
    return f"http://[{host}]:{port}/" if ":" in host and not host.startswith("[") else f"http://{host}:{port}/"
