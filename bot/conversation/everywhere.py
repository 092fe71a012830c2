"""Every channel that somebody may read: which ones a request may look in, and the platform's word on each of them.

A search goes over the channels that are kept. Those that would contribute are asked about, each once a request; what
the asker can't read now is left out of the next search, so that nothing of it, not its name either, is in the answer.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from adapters.chat import Channel, Place, Reply, Request
from bot.conversation.context import label_of
from bot.conversation.elsewhere import alone, personal
from bot.conversation.permissions import Owner, channel, is_with_parley, may_read, scope_of
from bot.history import Scope, stats
from bot.services import Services
from bot.understanding.everywhere import is_of_everything, of_everything

MOST_ASKED = 20  # channels that the platform is asked about for one request
AT_ONCE = 4  # of them
YOURS = "any channel that you may read"
NOTE = "This is from all channels that you may read."
ALONE = "This is from all channels that you may read, for you alone: not everybody here may read them."


async def meant(request: Request, services: Services) -> Request:
    """Return the request as it is asked of every channel, if it says so; or is made with Parley alone, and any is kept.

    Its answer is for the asker alone.
    """
    said = request.intent.window.thread is not None or is_of_everything(request.intent)
    if not said and await is_with_parley(request) and (await Reach.of(request, services)).channels:
        request = replace(request, intent=of_everything(request.intent))
    if not is_of_everything(request.intent):
        return request
    return alone(request)


def about(reply: Reply, *, public: bool) -> Reply:
    """Return the reply for its asker alone, with what it is about."""
    if reply.refusal:
        return replace(reply, personal=True)
    return personal(reply, ALONE if public else NOTE)


@dataclass(slots=True)
class Reach:
    """The channels that a request may look in, and what the platform said of those that it was asked about."""

    request: Request
    channels: Mapping[Place, Channel]
    answers: dict[Place, bool] = field(default_factory=dict)

    @classmethod
    async def of(cls, request: Request, services: Services) -> "Reach":
        """Return the kept channels of the asker's workspace, or all that there is for the owner.

        Of somebody who speaks with Parley outside of workspaces, those of every workspace.
        """
        if isinstance(request.access, Owner):
            channels = await services.history.run(lambda store: store.channels(None, request.place.workspace or None))
            return cls(request, {each.place: each for each in channels}, {each.place: True for each in channels})
        platform, workspace = request.place.platform, request.place.workspace
        channels = await services.history.read(stats.kept, platform, workspace)
        if not channels and await is_with_parley(request):
            channels = await services.history.read(stats.kept, platform, None)
        return cls(request, {each.place: each for each in channels})

    @property
    def readable(self) -> tuple[Place, ...]:
        """Return the channels that the asker was found to read."""
        return tuple(place for place in self.channels if self.answers.get(place))

    @property
    def scope(self) -> Scope:
        """Return the scope of all that wasn't refused; once the platform was asked enough, of what was granted."""
        exhausted = len(self.answers) >= MOST_ASKED
        return scope_of(self.request, (each for each in self.channels if self.answers.get(each, not exhausted)))

    async def ask(self, places: Iterable[Place]) -> bool:
        """Ask the platform about those that it wasn't asked about; return whether there was any."""
        unknown = [each for each in dict.fromkeys(places) if each in self.channels and each not in self.answers]
        unknown = unknown[: max(MOST_ASKED - len(self.answers), 0)]
        for start in range(0, len(unknown), AT_ONCE):
            some = unknown[start : start + AT_ONCE]
            words = await asyncio.gather(*(may_read(self.request, place) for place in some))
            self.answers.update(zip(some, words, strict=True))
        return bool(unknown)

    def name(self, place: Place) -> str:
        """Return the channel as people write it."""
        return label_of(self.channels.get(channel(place))) or place.channel
