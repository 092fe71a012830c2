"""Tells what happened in every channel that somebody may read, a few points for each: the busiest channels first.

Each channel is read as if it were asked about by itself, so that the platform says at that moment whether it may be;
one that may not, or that has nothing new, is neither told nor named.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from adapters.chat import EVERYTHING, Channel, Progress, Reply, Request, Window, fetch_nothing, ignore
from adapters.text import dates
from adapters.text.counts import counted
from bot.conversation.context import Covers
from bot.conversation.everywhere import MOST_ASKED, YOURS, Reach
from bot.conversation.permissions import Owner
from bot.errors import NothingFound
from bot.history import stats
from bot.services import Services
from bot.understanding.everywhere import narrowed
from bot.understanding.summary_options import wishes

MOST = 8  # channels with a part of their own
POINTS = 3  # of each, where nobody asks for another number
MOST_NOTES = 5  # of those that stand below each channel's part
WEEK = timedelta(days=7)
HEADING = re.compile(r"^\*\*([^*\n]+)\*\*$", re.MULTILINE)  # of a section
ITALIC = r"*\1*"


class Told(Protocol):
    """The summary of one channel, or what somebody missed there."""

    @property
    def covers(self) -> Covers:
        """Return what it covers."""
        ...

    def reply(self) -> Reply:
        """Return it as a person reads it."""
        ...

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        ...


@dataclass(frozen=True, slots=True)
class Overview:
    """The parts of several channels, by their names; `others` are further channels with so many messages each."""

    parts: tuple[tuple[str, Told], ...]
    others: tuple[tuple[str, int], ...]
    zone: ZoneInfo
    notes: tuple[str, ...] = ()

    def reply(self) -> Reply:
        """Return the parts under the names of their channels."""
        replies = [(name, told.reply()) for name, told in self.parts]
        texts = [f"**{name}**\n\n{HEADING.sub(ITALIC, reply.text)}" for name, reply in replies]
        also = ", ".join(f"{name} ({count:,})" for name, count in self.others)
        texts += [f"**Also:** {also}"] if also else []
        sources = tuple(replace(source, channel=name) for name, reply in replies for source in reply.sources)
        return Reply("\n\n".join(texts), sources, (self._covers(), *self.notes), cited=True)

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        return {
            "channels": [{"channel": name, **told.document()} for name, told in self.parts],
            "others": [{"channel": name, "messages": count} for name, count in self.others],
            "notes": list(self.notes),
        }

    def _covers(self) -> str:
        covers = [told.covers for _, told in self.parts]
        messages, this_year = sum(each.messages for each in covers), covers[0].this_year
        span = [dates.moment(at, this_year) for at in (min(c.from_ for c in covers), max(c.to for c in covers))]
        where = counted(len(covers), "channel")
        return f"Covers {counted(messages, 'message')} in {where}, {' to '.join(span)}."


async def overview(
    run: Callable[[Request, Services], Awaitable[Told]], request: Request, services: Services, looked: Window
) -> Overview:
    """Return what `run` tells of each channel in which people wrote within `looked`. Raises NothingFound for none."""
    reach, now = await Reach.of(request, services), services.now()
    active = await services.history.read(stats.activity, reach.scope, looked, now)
    parts: list[tuple[str, Told]] = []
    rest = iter(active[:MOST_ASKED])
    for channel, _ in rest:
        request.progress(Progress("reading channels", len(parts) + 1))
        try:
            parts.append((reach.name(channel.place), await run(_of(request, channel), services)))
        except NothingFound:
            continue
        if len(parts) == MOST:
            break
    if not parts:
        raise NothingFound(f"There is nothing to tell of {YOURS} in that time.", "Name a longer time.")
    others = list(rest)
    await reach.ask(channel.place for channel, _ in others)
    return Overview(
        tuple(parts),
        tuple((reach.name(each.place), count) for each, count in others if each.place in reach.readable),
        services.zone,
        tuple(_notes(parts)),
    )


async def looked_at(request: Request, services: Services) -> tuple[Window, tuple[str, ...]]:
    """Return the window that was named, else the last week, or the last one in which the owner's history has any."""
    if request.intent.window != EVERYTHING:
        return request.intent.window, ()
    if not isinstance(request.access, Owner):
        return Window(within=WEEK), ("No time was named, so this is the last week.",)
    reach = await Reach.of(request, services)
    extent = await services.history.read(stats.extent, reach.scope, EVERYTHING, services.now())
    last = (extent.last or services.now()).astimezone(services.zone)
    note = f"No time was named, so this is the week up to {dates.written(last, dates.DATE)}."
    return Window(since=last - WEEK), (note,)


def _of(request: Request, channel: Channel) -> Request:
    """Return the request as it is asked of one of the channels."""
    intent, points = narrowed(request.intent), f"in {POINTS} points"
    if wishes(intent.argument).points is None:
        intent = replace(intent, argument=", ".join(filter(None, [intent.argument, points])))
    return replace(request, intent=intent, place=channel.place, fetch=fetch_nothing, progress=ignore, text=ignore)


def _notes(parts: Sequence[tuple[str, Told]]) -> Sequence[str]:
    """Return what is said below the parts besides what each covers, once."""
    notes = dict.fromkeys(note for _, told in parts for note in told.document()["notes"])
    return list(islice(notes, MOST_NOTES))
