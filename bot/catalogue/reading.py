"""Channels and messages for a reader of pages, each within what the visitor may read at that moment."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from adapters.chat import UNREAD, Message, Place, Request
from adapters.web.catalogue import Begun, ChannelProfile, Listed, Page, Turned, Visitor
from bot.conversation.glossary import names_in, words_for
from bot.conversation.permissions import granted, may_read, scope_of
from bot.history import Scope
from bot.history.reading import extents, lookup, pages
from bot.services import Services
from bot.translations.languages import known_language, languages_of
from nlp.errors import UnsupportedPair
from nlp.text.language_id import detect_all
from nlp.text.names import name_of
from nlp.translation.chat import likely, translate

PAGE, HITS, BARS, SPOKEN = 40, 40, 48, 200
MOST_LANGUAGES, RARE = 4, 0.03
Side = Literal["", "before", "after", "around"]
NO_WORDS = "No model translates that."


async def channels(services: Services, who: Visitor) -> list[Listed]:
    """Return the channels that the visitor may read."""
    known = await services.history.run(lambda store: store.channels())
    places = [each.place for each in known if await may_read(_request(who, each.place), each.place)]
    counted = await services.history.read(extents.counts, scope_of(_request(who, Place("web", "", "")), places))
    return [_listed(each) for each in counted]


async def channel(services: Services, who: Visitor, place: Place) -> Listed | None:
    """Return one channel, None where the visitor may not read it or it isn't there."""
    counted = await services.history.read(extents.counts, await scope(who, place))
    return next(map(_listed, counted), None)


async def profile(services: Services, who: Visitor, place: Place) -> ChannelProfile:
    """Return what a channel looks like; its languages are those of its newest messages."""
    within = await scope(who, place)
    bars, first, last = await services.history.read(extents.time_line, within, BARS)
    threads = await services.history.read(extents.threads, within)
    texts = await services.history.read(extents.spoken, within, SPOKEN)
    return ChannelProfile(tuple(bars), first, last, threads, await asyncio.to_thread(spoken_in, texts))


def spoken_in(texts: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Return the languages of texts with their shares, the most frequent first; rare ones are left out."""
    counted = Counter(each for each in detect_all(texts, [""] * len(texts)) if each)
    shares = [(name_of(code), count / counted.total()) for code, count in counted.most_common(MOST_LANGUAGES)]
    return tuple((name, share) for name, share in shares if share >= RARE)


async def page(services: Services, who: Visitor, place: Place, side: Side, at: str) -> Page:
    """Return a page of a channel; what isn't a mark, or no message there, gives the newest one."""
    within, history = await scope(who, place), services.history
    mark = _mark(at)
    leaf: pages.Leaf | None = None
    if side == "around":
        leaf = await history.read(pages.around, within, at, PAGE)
    elif side and mark is not None:
        leaf = await history.read(pages.before if side == "before" else pages.after, within, mark, PAGE)
    if leaf is not None:
        return _page(leaf)
    newest = await history.read(pages.newest, within, PAGE)
    return _page(newest)


async def thread(services: Services, who: Visitor, place: Place, id_: str) -> Begun | None:
    """Return a message with all its replies."""
    begun = await services.history.read(pages.thread, await scope(who, place), id_)
    return _begun(begun) if begun else None


async def found(services: Services, who: Visitor, place: Place, words: str) -> list[Message]:
    """Return messages that hold what was typed, the newest first."""
    return await services.history.read(lookup.find, await scope(who, place), words, HITS)


async def turned(services: Services, who: Visitor, place: Place, ids: Sequence[str], to: str) -> Mapping[str, Turned]:
    """Return messages in another language. Raises UsageError for a language that isn't one."""
    target, core = known_language(to), services.core
    messages = [
        each for each in await services.history.read(pages.messages, await scope(who, place), ids) if each.text.strip()
    ]
    texts, speakers = [each.text for each in messages], [each.author.id for each in messages]
    languages = await asyncio.to_thread(languages_of, texts, speakers, likely(core, target), target)
    words = await words_for(place, services, target, names_in(messages))
    made = await translate(core, texts, target, languages=languages, glossary=words)
    return {
        message.id: Turned(message.text, NO_WORDS)
        if isinstance(each, UnsupportedPair)
        else Turned(each.text, " ".join(each.warnings))
        for message, each in zip(messages, made, strict=True)
    }


async def scope(who: Visitor, place: Place) -> Scope:
    """Return what the visitor may read of the channel."""
    return await granted(_request(who, place))


def _listed(counted: extents.CountedChannel) -> Listed:
    return Listed(counted.channel, counted.messages, counted.first, counted.last, counted.kept)


def _request(who: Visitor, place: Place) -> Request:
    return Request(UNREAD, replace(place, thread=None), who.person, access=who.access)


def _page(leaf: pages.Leaf) -> Page:
    begun = tuple(map(_begun, leaf.begun))
    if not begun:
        return Page(())
    first, last = (pages.PageMark.of(each.first) for each in (begun[0], begun[-1]))
    earlier = f"{first.at}~{first.id}" if leaf.earlier else ""
    return Page(begun, earlier, f"{last.at}~{last.id}" if leaf.later else "")


def _begun(begun: pages.Begun) -> Begun:
    return Begun(begun.first, begun.replies, begun.count)


def _mark(at: str) -> pages.PageMark | None:
    """Return the mark that a page named; None for what no page did."""
    moment, separator, id_ = at.partition("~")
    try:
        return pages.PageMark(int(moment), id_) if separator and len(moment) < len(str(2**62)) else None
    except ValueError:
        return None
