"""Decides who may see what: the one door to a scope of the history. What is hidden is as if it weren't there.

What the asker can't read now, or whose membership can't be asked now, is an empty scope: reads of it find nothing, in
the same words and by the same steps as where nothing fits. Nothing that the platform said is remembered.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

from adapters.chat import Access, ChannelKind, HereOnly, Place, Request, WithHearing, WithKind, WithPresence
from bot.errors import NotAllowed
from bot.history import Scope

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Owner:
    """The access of whoever sits at the machine and owns the file: everything. Only the command line hands it out."""

    async def can_read(self, place: Place) -> bool:
        """Return True for every place that is stored."""
        del place
        return True

    async def is_admin(self, place: Place) -> bool:
        """Return True for every place."""
        del place
        return True


OWNER = Owner()


async def granted(request: Request, place: Place | None = None) -> Scope:
    """Return what this request may read of `place` (None: where the asker stands), whose scope is empty if nothing.

    An answer that everyone in the asker's place will see rests on that place alone.
    """
    here, wanted = channel(request.place), channel(place or request.place)
    if isinstance(request.access, Owner):
        return Scope.of(wanted)
    allowed = await may_read(request, wanted)
    if (wanted.platform, wanted.workspace) != (here.platform, here.workspace) or (request.public and wanted != here):
        allowed = False
    return Scope(wanted.platform, wanted.workspace, (wanted.channel,) if allowed else (), live=True, here=here.channel)


def scope_of(request: Request, places: Iterable[Place]) -> Scope:
    """Return the scope of these channels for a request: only what the asker was found to read may be shown of it."""
    live, here = not isinstance(request.access, Owner), channel(request.place).channel
    workspaces: dict[tuple[str, str], list[str]] = {}
    for place in places:
        workspaces.setdefault((place.platform, place.workspace), []).append(place.channel)
    scopes = [Scope(*workspace, tuple(channels), live=live, here=here) for workspace, channels in workspaces.items()]
    first, *others = scopes or [Scope(request.place.platform, request.place.workspace, (), live=live)]
    return replace(first, beside=tuple(others))


async def may_read(request: Request, place: Place) -> bool:
    """Return whether the asker may read the place now; a missing answer counts as a refusal."""
    try:
        return await access_of(request).can_read(place) is True
    except Exception as error:  # noqa: BLE001 - whatever failed, the answer was not had
        log.info("membership could not be asked in %s: %s", place.channel, type(error).__name__)
        return False


async def is_admin(request: Request, admins: tuple[str, ...] = ()) -> bool:
    """Return whether the asker administers the place they stand in: the owner's list, else the platform's own roles."""
    if is_named(request.asker.id, request.place, admins):
        return True
    try:
        return await access_of(request).is_admin(request.place) is True
    except Exception as error:  # noqa: BLE001 - as above
        log.info("administration could not be asked in %s: %s", request.place.channel, type(error).__name__)
        return False


async def check_admin(request: Request, admins: tuple[str, ...]) -> None:
    """Raise NotAllowed where the asker doesn't administer the place they stand in."""
    if not await is_admin(request, admins):
        raise NotAllowed("Only an administrator of this channel can decide that.", "Ask one of them to do it.")


def is_named(id_: str, place: Place, listed: Iterable[str]) -> bool:
    """Return whether an id of that place is in the owner's list, by itself or as `workspace/id`."""
    return not {id_, f"{place.workspace}/{id_}"}.isdisjoint(listed)


async def is_between_few(request: Request) -> bool:
    """Return whether the asker stands in a conversation between a few people, by the platform's word at this moment.

    Yes where that can't be had; an access that knows nothing of places leaves it to what the history knows.
    """
    try:
        return await _kind(request) in {"direct", "group"}
    except Exception as error:  # noqa: BLE001 - as above
        log.info("what %s is could not be asked: %s", request.place.channel, type(error).__name__)
        return True


async def is_with_parley(request: Request) -> bool:
    """Return whether the asker speaks with Parley alone, by the platform's word at this moment; no without it."""
    try:
        return await _kind(request) == "direct"
    except Exception as error:  # noqa: BLE001 - as above
        log.info("what %s is could not be asked: %s", request.place.channel, type(error).__name__)
        return False


async def _kind(request: Request) -> ChannelKind | None:
    access = access_of(request)
    return await access.kind(channel(request.place)) if isinstance(access, WithKind) else None


async def is_here(request: Request) -> bool:
    """Return whether Parley is in the channel that the asker stands in, by the platform's word at this moment.

    No where that can't be had; yes where the access knows nothing of it.
    """
    access = access_of(request)
    if not isinstance(access, WithPresence):
        return True
    try:
        return await access.is_here(channel(request.place)) is True
    except Exception as error:  # noqa: BLE001 - as above
        log.info("whether I am in %s could not be asked: %s", request.place.channel, type(error).__name__)
        return False


async def unheard(request: Request) -> tuple[str, ...]:
    """Return why Parley isn't told what is said in the asker's channel; nothing where it is, or nobody knows."""
    access = access_of(request)
    return await access.unheard(channel(request.place)) if isinstance(access, WithHearing) else ()


def access_of(request: Request) -> Access:
    """Return the platform's word on the asker; of whom nothing is known, that they stand where they stand."""
    return request.access or HereOnly(request.place)


def channel(place: Place) -> Place:
    """Return the channel that the place lies in."""
    return replace(place, thread=None)
