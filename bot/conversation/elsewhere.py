"""Finds the channel that words name ("summarise #ops"), and says so where its asker can't read it.

The answer is for the asker alone, who must be able to read that channel: not everybody who sees the question can.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from adapters.chat import Command, Intent, Place, Reply, Request, ignore
from bot.conversation.permissions import channel, may_read
from bot.errors import UsageError
from bot.history import History
from bot.services import Services

LOOKED_AT = 600  # characters of what was typed
OF_THE = (
    r"(?:in|inside|within|from|of|on|for|at|em|no|na|do|da|de|para|en|del|im|aus|von|vom|für|dans|sur|du|pour)\s+"
    r"(?:(?:the|our|o|a|el|la|le|den|dem|das|der)\s+)?(?:(?:channel|canal|kanal|salon)\s+)?"
)
NAMED = re.compile(
    rf"(?<![\w#/&])(?P<of>{OF_THE})?#(?P<name>[^\W_](?:[\w-]{{0,98}}\w)?)(?![\w#/])(?:\s+(?:channel|canal|kanal)\b)?",
    re.IGNORECASE,
)
ABOUT = re.compile(r"\b(?:about|sobre|über|mention\w*|regarding|acerca de|quant à)\s+$", re.IGNORECASE)
SEVERAL = "That names several channels.", "Ask about one at a time."
HIDDEN = "I must be in that channel, and so must you. Ask me there."


@dataclass(frozen=True, slots=True)
class Mention:
    """Holds a channel's name as it was typed, and the words without it; `place` says that they look in it."""

    name: str
    place: bool
    words: str


def mention(words: str) -> Mention | None:
    """Return the channel that the words name. Raises UsageError for several; a number alone names none."""
    head, tail = words[:LOOKED_AT], words[LOOKED_AT:]
    found = [
        each for each in NAMED.finditer(head) if not each["name"].isdecimal() and not ABOUT.search(head[: each.start()])
    ]
    if len({each["name"].casefold() for each in found}) > 1:
        raise UsageError(*SEVERAL)
    if not found:
        return None
    first = found[0]
    left = f"{head[: first.start()].rstrip()} {head[first.end() :].lstrip()}".strip()
    return Mention(first["name"], bool(first["of"]), re.sub(r"\s+(?=[?!.,;:])", "", left) + tail)


def looks_there(intent: Intent, named: Mention, row: Command | None) -> bool:
    """Return whether this is asked of a channel: a question says so, and a text that is given is of no channel."""
    if row is None or not row.takes("window") or row.takes("language"):
        return False
    return named.place if row.argument == "question" else not intent.argument or row.argument != "text"


async def moved(request: Request, named: Mention, services: Services) -> Request:
    """Return the request as it is asked of that channel. Raises UsageError where the asker can't read it."""
    places = await services.history.run(lambda store: _places(store, request, named.name))
    if channel(request.place) in places:
        return replace(request, place=channel(request.place))
    place = await only_readable(request, places, named.name)
    return replace(alone(request), place=place, fetch=request.elsewhere(place))


async def only_readable(request: Request, places: Iterable[Place], name: str, hidden: str = HIDDEN) -> Place:
    """Return the one channel of that name that the asker may read. Raises UsageError, with `hidden` for none."""
    readable = [place for place in places if await may_read(request, place)]
    if not readable:
        raise UsageError(f"I can't read #{name} for you.", hidden)
    if len(readable) > 1:
        raise UsageError(f"Several channels are called #{name}.", "Ask me in the one that you mean.")
    return readable[0]


def alone(request: Request) -> Request:
    """Return the request as it is answered to its asker alone: no text is shown where it stands while it is written."""
    return replace(request, public=False, text=ignore if request.public else request.text)


def _places(history: History, request: Request, name: str) -> Sequence[Place]:
    here = request.place
    return [
        each.place
        for each in history.channels(name)
        if (each.place.platform, each.place.workspace) == (here.platform, here.workspace)
        and each.kind not in {"direct", "group"}
    ]


def about(reply: Reply, name: str, *, public: bool) -> Reply:
    """Return the reply for its asker alone, with what it is about."""
    return personal(reply, f"About #{name}" + (", for you alone: not everybody here may read it." if public else "."))


def personal(reply: Reply, note: str) -> Reply:
    """Return the reply for its asker alone, below a note; without buttons, which ask about where it stands."""
    return replace(reply, notes=(note, *reply.notes), actions=(), personal=True)
