"""Shows what is stored about somebody, and erases it with a receipt: the visitor, or for the owner anybody."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from adapters.chat import Intent, Person, Place
from adapters.platform.actions import intent_of
from adapters.web.addresses import place_of
from adapters.web.pages.asking import NOWHERE, said
from adapters.web.site import Missing, form_of, guarded, render, site_of, visitor

PRIVACY = "privacy"


async def show(request: Request) -> Response:
    """Show what is stored about the visitor; the owner chooses a person."""
    who = visitor(request)
    if not who.owner:
        return render(request, "privacy.html", stood=await said(request, Intent(PRIVACY), NOWHERE), people=[], typed="")
    typed = request.query_params.get("q", "")
    people = await site_of(request).catalogue.people(who, typed)
    return render(request, "privacy.html", stood="", people=people, typed=typed)


async def person(request: Request) -> Response:
    """Return what is stored about a person, or what an erasure did; the owner alone asks about somebody else."""
    form = form_of(request)
    meant = intent_of(form["intent"]) if form.get("intent") else Intent(PRIVACY)
    if meant is None or meant.name != PRIVACY:
        raise Missing
    about, place = await _about(request, form.get("person", ""), form.get("place", ""))
    return HTMLResponse(await said(request, meant, place, about=about))


async def _about(request: Request, id_: str, token: str) -> tuple[Person, Place]:
    """Return whom it is about. Raises Missing for somebody who isn't there."""
    who = visitor(request)
    if not who.owner:
        return who.person, NOWHERE
    place = place_of(token)
    known = await site_of(request).catalogue.people(who, id_)
    found = next((each for each in known if each.person.id == id_ and each.place == place), None)
    if found is not None:
        return found.person, found.place
    if place is None or not id_:
        raise Missing
    return Person(id_, id_), place  # nothing of theirs is stored any longer, and they may want to know that


ROUTES = [
    Route("/privacy", guarded(show)),
    Route("/privacy", guarded(person), methods=["POST"]),
]
