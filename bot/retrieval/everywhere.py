"""Reads what may answer a question in every channel that its asker may read.

Where there is little, all of it; else what a search by words and by meaning finds, with what stands around it. The
platform is asked about the channels of what was found before anything of them is read any further.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from adapters.chat import Message, Place, Request, Window
from bot.conversation import context
from bot.conversation.context import Conversation, covers_of, is_material, resolved, roots_of
from bot.conversation.everywhere import MOST_ASKED, YOURS, Reach
from bot.conversation.permissions import Owner, channel, is_with_parley, scope_of
from bot.conversation.threads import put_to_parley
from bot.errors import NothingFound
from bot.history import History, Scope, consent, stats
from bot.history.index import found
from bot.history.index.nearest import Query
from bot.history.values import Extent
from bot.retrieval import embeddings
from bot.services import Services

WHOLE = 2_000  # messages that are all read
SPOKEN = 200  # messages of a conversation with Parley that are read along
OWNERS = "any channel"


async def read(question: str, request: Request, services: Services) -> Conversation:
    """Return the messages of every readable channel that may answer the question, with what stands around them.

    Raises NothingFound where no channel holds any.
    """
    now = services.now()
    window = await services.history.run(lambda store: resolved(store, request, now))
    reach = await Reach.of(request, services)
    hits = await _hits(question, reach, window, services)
    searched = _Search(reach, scope_of(request, reach.readable), hits, window, now)
    parts = [*await services.history.run(searched.parts), *await _spoken_here(request, services)]
    where = OWNERS if isinstance(request.access, Owner) else YOURS
    if not parts:
        raise NothingFound(f"I did not find this in {where}.")
    total = await services.history.read(stats.extent, searched.scope, window, now)
    return await asyncio.to_thread(_joined, parts, total, searched, where, services)


@dataclass(frozen=True, slots=True)
class _Part:
    """The messages of one channel that were looked at, oldest first, and whether apps count there."""

    place: Place
    messages: tuple[Message, ...]
    apps: bool
    follows: bool


@dataclass(frozen=True, slots=True)
class _Search:
    """A search that was made: the channels that may be read as one scope, and what was found; None for all there is."""

    reach: Reach
    scope: Scope
    hits: Sequence[Message] | None
    window: Window
    now: datetime

    def parts(self, history: History) -> list[_Part]:
        """Return what each channel contributes."""
        if self.hits is None:
            messages = history.window(self.scope, self.window, self.now)
        else:
            around = history.read(found.around, self.scope, self.hits)
            messages = [each for each in around if within(each, self.window)]
        channels: dict[Place, list[Message]] = {}
        for message in messages:
            channels.setdefault(channel(message.place), []).append(message)
        return [
            _Part(
                place,
                tuple(said),
                history.read(consent.hears_apps, place),
                history.read(consent.standing, place).follow,
            )
            for place, said in channels.items()
        ]


def within(message: Message, window: Window) -> bool:
    """Return whether the message was sent in the time of a window that has been resolved."""
    begun = window.since is None or message.sent_at >= window.since
    return begun and (window.until is None or message.sent_at < window.until)


async def _hits(question: str, reach: Reach, window: Window, services: Services) -> list[Message] | None:
    """Return the messages that fit the question, all of channels that the asker may read at this moment.

    None stands for all messages, where those are few.
    """
    looked = replace(window, last=min(window.last or WHOLE + 1, WHOLE + 1))
    total = await services.history.run(lambda store: store.count(reach.scope, looked, services.now()))
    if total <= WHOLE and len(reach.channels) <= MOST_ASKED:
        await reach.ask(reach.channels)
        return None
    (vector,) = await services.core.embed([question], query=True)
    asked = Query(question, embeddings.key(services.core), vector, window, services.now())
    while True:
        messages = await services.history.read(found.find, reach.scope, asked)
        if not await reach.ask(channel(message.place) for message in messages):
            return messages


async def _spoken_here(request: Request, services: Services) -> list[_Part]:
    """Return what was said with Parley alone, where the request was made there."""
    if isinstance(request.access, Owner) or not await is_with_parley(request):
        return []
    newest = replace(request.intent, window=replace(request.intent.window, last=SPOKEN))
    with suppress(NothingFound):
        said = await context.read(replace(request, intent=newest), services)
        return [_Part(channel(request.place), said.material, apps=True, follows=False)]
    return []


def _joined(parts: Sequence[_Part], total: Extent, searched: _Search, where: str, services: Services) -> Conversation:
    """Return the parts as one conversation of several channels."""
    request = searched.reach.request
    kept: list[Message] = []
    roots: dict[str, Message] = {}
    for part in parts:
        asked, _ = put_to_parley(replace(request, place=part.place), part.messages, follows=part.follows)
        said = [message for message in part.messages if message.id not in asked]
        roots |= {} if part.apps else roots_of(said)
        kept += [message for message in said if is_material(message, apps=part.apps)]
    kept.sort(key=lambda message: (message.sent_at, message.id))
    names = {part.place: searched.reach.name(part.place) for part in parts}
    covers = covers_of(tuple(kept), where, services.zone, searched.now, apps=True)
    covers = replace(
        covers,
        messages=max(total.messages, len(kept)),
        left_out=max(total.messages - len(kept), 0),
        from_=min(covers.from_, (total.first or searched.now).astimezone(services.zone)),
        to=max(covers.to, (total.last or covers.to).astimezone(services.zone)),
        channels=len(names),
    )
    return Conversation(tuple(kept), covers, searched.scope, apps=True, roots=roots, names=names)
