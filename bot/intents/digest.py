"""Schedules digests: what was decided, who does what by when, what is still open, and new discussions.

A channel's own is posted in it for everyone, as its administrators decide. One about several channels, or about all
that somebody may read, is sent to that person alone, who sets it for themselves; what they may read is asked of the
platform each time it is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from adapters.chat import Command, Entrances, Place, Progress, Reply, Request
from bot import timetable
from bot.conversation.context import Covers, label_of, read
from bot.conversation.elsewhere import only_readable
from bot.conversation.permissions import Owner, channel, is_between_few, may_read, scope_of
from bot.errors import NothingFound, UsageError
from bot.history import History, consent, stats
from bot.history.schedules import EVERYTHING
from bot.history.selection import start
from bot.intents.summarize import summed_up
from bot.services import Services
from bot.summaries import news
from bot.summaries.summary import Summary
from bot.timetable import Kind, Timetable
from bot.understanding import rounds

COMMAND = Command(
    "digest",
    "Post on a schedule what was decided, is to do, is open and is new, here or to you alone.",
    argument="weekly mon 9:00, all weekly mon 9:00, off …",
    limited=False,
    entrances=Entrances("digest"),
)
USAGE = (
    "Say `/digest weekly mon 9:00`, `/digest weekdays 17:30 Europe/Lisbon` or `/digest off` for this channel, as an "
    "administrator; `/digest me daily 8:00`, `/digest #ops #dev weekly mon 9:00`, `/digest all weekly mon 9:00` or "
    "`/digest me off` for you alone; `/digest list` to see what is set."
)
KIND = Kind(
    "digest",
    "post a digest of this channel",
    "It says what was decided, who does what, what is open and what is new. `/digest off` ends it.",
    USAGE,
)
HIDDEN = "I must be in that channel, and so must you; and it must be on, as `/consent` says there."
MOST_CHANNELS = 12  # told of in one digest, those with most messages
MOST_NAMED = 50  # further ones that are named
EACH = 5  # items of each of several channels


@dataclass(frozen=True, slots=True)
class Digest:
    """The news between two times of each channel that has any; `further` channels are only named."""

    channels: tuple[Summary, ...]
    since: datetime
    until: datetime
    where: str
    this_year: int
    further: tuple[str, ...] = ()

    def reply(self) -> Reply:
        """Return the reply as a person reads it: each channel under its name where there are several."""
        if not self.channels:
            return Reply(news.nothing_since(self.where, self.since, self.this_year), notes=self.notes, cited=True)
        one = len(self.channels) == 1
        parts = [news.told(each) if one else news.headed(each.covers.channel, each) for each in self.channels]
        head = f"**What is new in {self.channels[0].covers.channel if one else self.where}**"
        sources = dict.fromkeys(source for each in self.channels for source in each.reply().sources)
        return Reply("\n\n".join([head, *parts]), tuple(sources), self.notes, cited=True)

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        return {
            "from": self.since.astimezone(UTC).isoformat(),
            "to": self.until.astimezone(UTC).isoformat(),
            "channels": [{"channel": each.covers.channel, **each.document()} for each in self.channels],
            "further": list(self.further),
            "notes": list(self.notes),
        }

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what it covers, and what it only names."""
        notes = [f"Covers {_covered(each.covers, several=len(self.channels) > 1)}." for each in self.channels]
        notes += [note for each in self.channels for note in each.notes]
        if self.further:
            notes.append(f"There are new messages also in {', '.join(self.further)}.")
        return tuple(dict.fromkeys(notes))


def _covered(covers: Covers, *, several: bool) -> str:
    return f"{covers.channel}: {covers.sentence()}" if several else covers.sentence()


async def run(request: Request, services: Services) -> Timetable:
    """Show, set or stop. Raises UsageError, and NotAllowed where an administrator must decide."""
    wish = rounds.read(request.intent.argument)
    if not wish.change:
        return await timetable.shown(request, services, KIND)
    about = await _about(wish, request, services)
    if not (wish.own or about):
        if wish.change == "stopped":
            return await timetable.stop_for_all(request, services, KIND)
        return await timetable.set_for_all(request, services, KIND, wish.when)
    if isinstance(request.access, Owner):
        raise UsageError("A terminal has nobody to send a digest to.", "Use `parley digest`, or ask in a chat.")
    if wish.change == "stopped":
        return await timetable.stop_for_one(request, services, KIND)
    if not about and not await services.history.run(lambda store: _is_kept(store, channel(request.place))):
        raise UsageError("I can't make a digest of what I don't keep, and this channel is off.", HIDDEN)
    return await timetable.set_for_one(request, services, KIND, wish.when, about)


async def _about(wish: rounds.Round, request: Request, services: Services) -> tuple[str, ...]:
    """Return the ids of the channels that are meant, none for the one where the asker stands alone.

    Raises UsageError for one that they can't read.
    """
    if wish.everything or (not wish.channels and await is_between_few(request)):
        return EVERYTHING
    here = channel(request.place)
    places = [await _named(name, request, services) for name in wish.channels]
    return () if places == [here] else tuple(dict.fromkeys(place.channel for place in places))


async def _named(name: str, request: Request, services: Services) -> Place:
    """Return the channel of that name or id that the asker may read. Raises UsageError."""
    known = await services.history.run(lambda store: _kept(store, channel(request.place), name))
    return await only_readable(request, known, name, HIDDEN)


def meant(store: History, place: Place, about: Sequence[str]) -> list[Place]:
    """Return the channels that a schedule set in the place is about, as far as they are kept now."""
    if not about:
        return [place] if _is_kept(store, place) else []
    kept = _kept(store, place)
    return kept if about == EVERYTHING else [each for each in kept if each.channel in about]


def _kept(store: History, place: Place, name: str | None = None) -> list[Place]:
    """Return the kept channels of the place's workspace, by that name or id; of its platform where that has none."""
    within = store.read(stats.kept, place.platform, place.workspace) or store.read(stats.kept, place.platform, None)
    return [
        each.place
        for each in within
        if name is None or name.casefold() in {each.name.removeprefix("#").casefold(), each.place.channel.casefold()}
    ]


def _is_kept(store: History, place: Place) -> bool:
    return store.read(consent.standing, place).kept


async def digest(request: Request, services: Services, places: Sequence[Place], where: str) -> Digest:
    """Return what is new in these channels within the request's window, where the asker may read them at this moment.

    `where` is what they are called together. Raises ModelUnavailable.
    """
    window, now = request.intent.window, services.now()
    since, until = start(window, now), window.until or now
    active = await services.history.read(stats.activity, scope_of(request, places), window, now)
    busy = [channel for channel, _ in active]
    summaries: list[Summary] = []
    while busy and len(summaries) < MOST_CHANNELS:
        request.progress(Progress("reading channels", len(summaries) + 1, len(summaries) + len(busy)))
        summary = await _summary(replace(request, place=busy.pop(0).place), services)
        summaries += [summary] if summary else []
    further = tuple([label_of(each) for each in busy[:MOST_NAMED] if await may_read(request, each.place)])
    if len(summaries) > 1:
        summaries = [replace(each, items=each.items[:EACH]) for each in summaries]
    zone = services.zone
    times = ((since or now).astimezone(zone), until.astimezone(zone))
    return Digest(tuple(summaries), *times, where, now.astimezone(zone).year, further)


async def _summary(request: Request, services: Services) -> Summary | None:
    """Return what was said in the request's place, None where nothing was that the asker may read and can be told."""
    try:
        summary = await summed_up(await read(request, services), request, services)
    except NothingFound:
        return None
    return summary if summary.items else None
