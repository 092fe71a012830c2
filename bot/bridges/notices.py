"""Tells a channel that it is bridged, with which other one, and that it no longer is. Pure."""

from adapters.chat import Place, Posting, Reply
from adapters.text.markup import markdown_from_plain
from bot.history.bridged.bridges import Bridge, BridgeSide
from nlp.text.names import name_of

OWN = "`/bridge mine off` leaves your own messages out. An administrator of either side ends it with `/bridge off`."


def notice(bridge: Bridge, place: Place) -> Posting:
    """Return what the place's channel is told, once."""
    words = ended(bridge, place) if bridge.ended else begun(bridge, place)
    key = f"bridge/{bridge.key}/{bridge.since.timestamp():.6f}/{bridge.ended}"
    line = words.partition("\n")[0]
    return Posting(key, line, place, Reply(words, notes=() if bridge.ended else (OWN,), private=False), bridge.since)


def begun(bridge: Bridge, place: Place) -> str:
    """Return what people in the place's channel are to know when a bridge begins."""
    own, other = bridge.own(place), bridge.other(place)
    by = " and ".join(markdown_from_plain(side.by_name) for side in bridge.sides if side.by_name) or "an administrator"
    return (
        f"**This channel is bridged with {called(other)} from now on**, because {by} turned it on. What people write"
        f" here appears there under their names and pictures{_in(other)}, and what is written there appears"
        f" here{_in(own)}, with edits and deletions."
    )


def ended(bridge: Bridge, place: Place) -> str:
    """Return what people in the place's channel are to know when a bridge ends."""
    return f"**This channel is no longer bridged with {called(bridge.other(place))}.** Nothing new is carried."


def called(side: BridgeSide) -> str:
    """Return what people call a side's channel."""
    name = side.name.removeprefix("#")
    return markdown_from_plain(f"#{name}") if name else "the other channel"


def _in(side: BridgeSide) -> str:
    return f" in {name_of(side.language)}" if side.language else ""
