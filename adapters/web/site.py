"""The parts that every page is made with: who looks, the templates, and how an error becomes a page. Knows no page."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast
from zlib import crc32
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from rich.emoji import Emoji
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from adapters.chat import Access, Command, Host, Person, Place
from adapters.clock import Clock
from adapters.errors import EdgeError, report
from adapters.platform.reference import current, referenced
from adapters.text import dates
from adapters.text.counts import counted
from adapters.web.addresses import place_of, token_of
from adapters.web.answers import Stream, Streams
from adapters.web.catalogue import Catalogue, Listed, Visitor
from adapters.web.sessions import BrowserSession, Sessions
from adapters.web.settings import WebSettings

log = logging.getLogger(__name__)
TEMPLATES = Path(__file__).with_name("templates")
HUES = 8
NAVIGATION = (  # address, name, and whether it is the owner's alone
    ("/", "Channels", False),
    ("/playground", "Playground", False),
    ("/schedules", "Schedules", False),
    ("/privacy", "Privacy", False),
    ("/status", "Status", True),
)
TABS = (("mood", "Mood"), ("topics", "Topics"), ("upkeep", "Upkeep"))  # of a channel, besides its messages
OFTEN = (  # what is often asked of a channel, as a button and as it is typed
    ("Summarise the last 100", "/summarize last 100"),
    ("This week", "/summarize this week"),
    ("Catch me up", "/catchup"),
    ("Open questions", "which questions are open?"),
    ("Mood", "/sentiment"),
)
NOT_FOUND, FAILED, REFUSED = 404, 500, 422
Made = TypeVar("Made")
View = Callable[[Request], Awaitable[Response]]
LOST = ("There is nothing here, or nothing that you may read.", "Go back to the channels.")
UNEXPECTED = "Something went wrong on my side. The owner finds the details in my log: reference {}."


class Missing(EdgeError):
    """The page isn't there, or the visitor may not read it: both are said in the same words."""

    def __init__(self) -> None:
        super().__init__(*LOST)


@dataclass(frozen=True, slots=True)
class Site:
    """Holds what all pages share."""

    settings: WebSettings
    host: Host
    commands: Sequence[Command]
    catalogue: Catalogue
    owner: Access
    zone: ZoneInfo
    clock: Clock = field(default_factory=Clock)
    sessions: Sessions = field(default_factory=Sessions)
    streams: Streams = field(default_factory=Streams)
    templates: Environment = field(init=False)

    def __post_init__(self) -> None:
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= {
            "token": token_of,
            "moment": self.moment,
            "day": lambda at: dates.day(at.astimezone(self.zone), self.clock.now().year),
            "clock": lambda at: f"{at.astimezone(self.zone):%H:%M}",
            "date": lambda at: f"{at.astimezone(self.zone):%Y-%m-%d}",
            "number": lambda number: f"{number:,}",
            "counted": counted,
            "megabytes": lambda size: f"{size / 1e6:,.0f} MB",
            "hue": lambda id_: crc32(id_.encode("utf-8", "replace")) % HUES,
            "initial": lambda name: next((letter.upper() for letter in name if letter.isalnum()), "·"),
            "emoji": lambda name: Emoji.replace(f":{name}:") if name.isascii() else name,
        }
        environment.globals |= {"zone": self.zone.key, "nav": NAVIGATION, "tabs": TABS, "often": OFTEN}
        object.__setattr__(self, "templates", environment)

    def moment(self, at: datetime) -> str:
        """Return a time as people read it."""
        return dates.moment(at.astimezone(self.zone), self.clock.now().year)

    def owns(self) -> Visitor:
        """Return whoever sits at the machine."""
        return Visitor(Person("owner", "the owner"), self.owner, owner=True)


def site_of(request: Request) -> Site:
    """Return the site that the request came to."""
    return cast("Site", request.app.state.site)


def session_of(request: Request) -> BrowserSession:
    """Return the browser's session, which the guard has found."""
    return cast("BrowserSession", request.state.session)


def form_of(request: Request) -> Mapping[str, str]:
    """Return the fields of the form that was sent."""
    return cast("Mapping[str, str]", request.state.form)


def visitor(request: Request) -> Visitor:
    """Return who looks; where nobody has to log in, it is the owner."""
    return session_of(request).visitor or site_of(request).owns()


async def listed(request: Request) -> Listed:
    """Return the channel that the address names. Raises Missing."""
    place = place_of(request.path_params["channel"])
    found = await site_of(request).catalogue.channel(visitor(request), place) if place else None
    if found is None:
        raise Missing
    return found


def only_owner(request: Request) -> None:
    """Raise Missing for anybody but the owner."""
    if not visitor(request).owner:
        raise Missing


def where(found: Listed) -> Place:
    """Return the place of a channel."""
    return found.channel.place


def render(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """Return a page or a part of one."""
    session = session_of(request)
    everywhere = {
        "csrf": session.csrf,
        "visitor": visitor(request) if session.visitor or not site_of(request).settings.guarded else None,
        "guarded": site_of(request).settings.guarded,
        "path": request.url.path,
        "language": session.language,
    }
    return HTMLResponse(site_of(request).templates.get_template(template).render(everywhere | values), status)


def part(request: Request, template: str, **values: Any) -> Markup:
    """Return a part of a page, for a stream or for another part."""
    return Markup(bytes(render(request, template, **values).body).decode())  # noqa: S704 - the templates escape


async def told(request: Request, work: Awaitable[Made], shown: Callable[[Made], str]) -> str:
    """Return what came of a long piece of work as a part of a page, or in words why nothing did."""
    try:
        return shown(await work)
    except asyncio.CancelledError:
        return part(request, "parts/failure.html", sentence="Stopped.", remedy="")
    except Exception as error:  # noqa: BLE001 - the last line of defence: a page waits for an end
        known = words_of(request, error)
        if known is None:
            report(log, request.scope["path"].split("/")[1], error)
        sentence, remedy = known or (UNEXPECTED.format(current()), "")
        return part(request, "parts/failure.html", sentence=sentence, remedy=remedy)


def following(
    request: Request, work: Callable[[Stream], Awaitable[Made]], shown: Callable[[Made], str], words: str
) -> Response:
    """Return a part of a page that follows a long piece of work, and shows in the end what came of it."""

    async def done(stream: Stream) -> None:
        await stream.tell("reply", await told(request, work(stream), shown))

    stream = site_of(request).streams.begin(session_of(request).visitor, done)
    return render(request, "parts/answer.html", key=stream.key, words=words)


def guarded(view: View) -> View:
    """Return the page so that whatever fails in it is said in words, and what nobody foresaw is logged without any."""

    async def safe(request: Request) -> Response:
        with referenced():
            try:
                return await view(request)
            except Missing as error:
                return failure(request, str(error), error.remedy, NOT_FOUND)
            except Exception as error:  # noqa: BLE001 - the last line of defence: a person waits for a page
                known = words_of(request, error)
                if known is None:
                    report(log, request.scope["path"].split("/")[1], error)
                    return failure(request, UNEXPECTED.format(current()), "", FAILED)
                return failure(request, *known, REFUSED)

    return safe


def words_of(request: Request, error: Exception) -> tuple[str, str] | None:
    """Return the sentence and the remedy of an error that was foreseen."""
    if isinstance(error, EdgeError):
        return str(error), error.remedy
    return site_of(request).catalogue.readable_error(error)


def failure(request: Request, sentence: str, remedy: str, status: int) -> Response:
    """Return an error as a page, or as the part of a page that was asked for."""
    part = "parts/failure.html" if request.headers.get("hx-request") else "failure.html"
    status = 200 if request.headers.get("hx-request") else status  # else the page would show nothing
    return render(request, part, status, sentence=sentence, remedy=remedy)
