"""Bridges two channels: asked for in one with a code that an administrator of the other confirms there; ends it.

Whoever administers a channel decides for it, and both channels read what was decided; each person decides about their
own messages. Carries nothing: `bot/bridges/relay.py` does.
"""

import logging
import secrets
from dataclasses import dataclass
from typing import Any, Literal

from adapters import realm
from adapters.chat import ChannelKind, Command, Entrances, Place, Reply, Request, WithBridges, WithKind
from adapters.text.markup import markdown_from_plain
from bot.bridges.notices import OWN, begun, called, ended
from bot.conversation.permissions import access_of, channel, check_admin, is_here, may_read, unheard
from bot.errors import UsageError
from bot.history.bridged import bridges
from bot.history.bridged.bridges import VALID, Bridge, BridgeSide
from bot.services import Services
from bot.translations.languages import unknown_language, ways
from bot.understanding.bridging import BridgeWish, read
from nlp.core import Core
from nlp.errors import UnsupportedPair
from nlp.text.names import name_of

log = logging.getLogger(__name__)

COMMAND = Command(
    "bridge",
    "Say with which channel this one is bridged; administrators of both bridge two channels.",
    argument="#other in German, CODE in English, off, mine off …",
    limited=False,
    entrances=Entrances("bridge"),
)
USAGE = (
    "Say `/bridge #other in German` for a code (German is what people read here), `/bridge CODE in English` in the"
    " other channel, `/bridge off`, or `/bridge mine off` for your own messages."
)
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # that nobody mistakes for others
BRIDGEABLE: tuple[ChannelKind, ...] = ("public", "private")
REFUSALS = {
    "unknown": ("I don't know that code.", "A code is good for an hour and for one bridge. Ask for a new one there."),
    "same": ("That code was made in this channel.", "It is confirmed in the other one."),
    "taken": ("This channel is in a bridge already.", "`/bridge off` ends it."),
    "kind": (
        "I bridge private channels with private ones alone, and public ones with public ones.",
        "What is said in a private channel would be read by people whom nobody let in.",
    ),
}
Change = Literal["", "ask", "on", "off", "spare", "unspare"]


@dataclass(frozen=True, slots=True)
class Bridging:
    """Holds the bridge of a channel and what was changed just now; `code` confirms one that was asked for."""

    place: Place
    bridge: Bridge | None = None
    change: Change = ""
    code: str = ""
    named: str = ""
    language: str = ""
    left_out: bool = False

    def reply(self) -> Reply:
        """Return what the channel is to know for everyone in it, and what concerns the asker for them alone."""
        if self.change == "ask":
            return self._asked()
        if self.change == "on" and self.bridge:
            return Reply(begun(self.bridge, self.place), notes=(OWN,), private=False)
        if self.change == "off" and self.bridge:
            return Reply(ended(self.bridge, self.place), private=False)
        if self.change == "spare":
            text = "I no longer carry what you write over bridges, and take back what I carried."
            return Reply(text, notes=("`/bridge mine on` ends that.",), personal=True)
        if self.change == "unspare":
            return Reply("I carry what you write over bridges again.", personal=True)
        return Reply(self._state(), notes=(OWN if self.bridge else USAGE,))

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads. It holds no code: whoever has that may confirm."""
        bridge = self.bridge
        other = bridge.other(self.place) if bridge else None
        return {
            "with": other.name if other else None,
            "since": bridge.since.isoformat() if bridge else None,
            "language": bridge.own(self.place).language if bridge else self.language,
            "left_out": self.left_out,
            "change": self.change,
        }

    def _asked(self) -> Reply:
        where = markdown_from_plain(self.named) or "the other channel"
        into = f" What comes from there will stand here in {name_of(self.language)}." if self.language else ""
        text = (
            f"Have an administrator of {where} say this there within {VALID.seconds // 60} minutes:\n\n"
            f"`/bridge {self.code}`\n\n(with `in English` behind it, say, for the language that is read there).{into}"
            " Until then nothing is carried, and then both channels are told."
        )
        return Reply(text, notes=("Give the code to them alone: it works in any channel, once.",), personal=True)

    def _state(self) -> str:
        left = " What you write is left out, as you asked." if self.left_out else ""
        if self.bridge is None:
            return f"This channel isn't bridged.{left}"
        paused = "" if self.bridge.open else " Nothing is carried now, because one of the two is private and one isn't."
        return f"This channel is bridged with {called(self.bridge.other(self.place))}.{paused}{left}"


async def run(request: Request, services: Services) -> Bridging:
    """Show or change. Raises UsageError, UnsupportedPair, and NotAllowed for who doesn't administer the channel."""
    wish, place = read(request.intent.argument), channel(request.place)
    if wish is None:
        raise UsageError("I didn't understand that.", USAGE)
    if not place.channel:
        raise UsageError("This isn't a channel.", "Ask in the channel that you mean.")
    if wish.kind in {"ask", "confirm"}:
        return await _joined(wish, request, services)
    if wish.kind == "off":
        return await _ended(request, services)
    person, where = request.asker.id, realm(place)
    if wish.kind in {"spare", "unspare"}:
        await services.history.write(bridges.leave_out, person, where, left=wish.kind == "spare")
        services.bridges.set()
        return Bridging(place, change=wish.kind)
    bridge = await services.history.read(bridges.of, place) if await may_read(request, place) else None
    return Bridging(place, bridge, left_out=await services.history.read(bridges.is_left_out, person, where))


async def _joined(wish: BridgeWish, request: Request, services: Services) -> Bridging:
    """Ask for a bridge or confirm one, for who administers the channel."""
    await check_admin(request, services.admins)
    _check(wish, services.core)
    place, by = channel(request.place), request.asker
    stored = await services.history.run(lambda store: store.channel(place))
    side = BridgeSide(place, stored.name if stored else "", await _kind(request), wish.language, by.id, by.name)
    await _check_place(request)
    if wish.kind == "ask":
        code = "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(2))
        if not await services.history.write(bridges.ask, side, code, services.now()):
            raise UsageError(*REFUSALS["taken"])
        return Bridging(place, change="ask", code=code, named=wish.channel, language=wish.language)
    bridge = await services.history.write(bridges.confirm, side, wish.code, services.now())
    if not isinstance(bridge, Bridge):
        raise UsageError(*REFUSALS[bridge])
    services.bridges.set()
    return Bridging(place, bridge, "on")


async def _ended(request: Request, services: Services) -> Bridging:
    """End the bridge, for who administers the channel."""
    await check_admin(request, services.admins)
    place = channel(request.place)
    bridge = await services.history.read(bridges.of, place)
    if bridge is None or not await services.history.write(bridges.end, place):
        raise UsageError("This channel isn't bridged.", USAGE)
    services.bridges.set()
    return Bridging(place, bridge, "off")


async def _kind(request: Request) -> ChannelKind:
    """Return what the channel is, by the platform's word at this moment. Raises UsageError where nothing crosses it."""
    access, place = access_of(request), channel(request.place)
    if not isinstance(access, WithBridges) or not isinstance(access, WithKind):
        raise UsageError("This isn't a channel that can be bridged.", "Ask in a channel of a chat service.")
    try:
        kind = await access.kind(place)
    except Exception as error:  # noqa: BLE001 - whatever failed, the answer was not had
        log.info("what %s is could not be asked: %s", place.channel, type(error).__name__)
        raise UsageError("I can't tell what this channel is now.", "Try again in a minute.") from None
    if kind not in BRIDGEABLE:
        raise UsageError("I bridge channels, not what a few people say to each other.", "Ask for it in a channel.")
    return kind


async def _check_place(request: Request) -> None:
    """Raise UsageError where Parley gets nothing of what is said, or may not speak for others."""
    if not await is_here(request):
        raise UsageError("I am not in this channel, so I hear nothing of it.", "Add me first, then ask for the bridge.")
    if reasons := await unheard(request):
        raise UsageError(*reasons)
    access = access_of(request)
    if isinstance(access, WithBridges) and (reasons := await access.unbridgeable(channel(request.place))):
        raise UsageError(*reasons)


def _check(wish: BridgeWish, core: Core) -> None:
    """Raise UsageError for a language that can't be read, and UnsupportedPair for one that no model writes."""
    if wish.unknown:
        raise unknown_language(wish.unknown)
    if wish.language and not any(ways(core, wish.language)):
        raise UnsupportedPair(
            "translate",
            f"No model here translates into {name_of(wish.language)}.",
            f"Whoever runs Parley can add it: `parley models pull firefox:{wish.language}`.",
        )
