"""Decides who may use what where, by the owner's rules: people, roles and channels, per intent.

A rule that denies beats one that allows; where anything is allowed for an intent, only that is. What can't be known of
the asker, such as their roles where the platform doesn't say, counts against them.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from adapters.chat import ChannelKind, Place, Request, WithKind, WithRoles
from bot.conversation.permissions import access_of, is_named
from bot.errors import NotAllowed
from bot.intents import INTENTS, command
from bot.sections import AccessRules, Rule

log = logging.getLogger(__name__)


async def check(request: Request, access: AccessRules) -> None:
    """Raise NotAllowed where the rules keep the asker from this intent in this place."""
    name = request.intent.name
    rules = [rule for rule in access.rules if name in rule.intents or not rule.intents]
    if not rules or _is_always_allowed(name):
        return
    roles = await _roles(request) if any(rule.roles for rule in rules) else None
    denied = any(_fits(rule, request, roles, unknown=True) for rule in rules if rule.effect == "deny")
    allowing = [rule for rule in rules if rule.effect == "allow"]
    if denied or (allowing and not any(_fits(rule, request, roles, unknown=False) for rule in allowing)):
        raise NotAllowed(f"You may not use {name} here.", "The owner of this Parley decides who may; ask them.")


@dataclass(frozen=True, slots=True)
class Ruled:
    """The access of a request to every channel: what the platform says, where the owner's rules let it be asked."""

    request: Request
    rules: AccessRules

    async def can_read(self, place: Place) -> bool:
        """Return whether the asker may read the channel and use there what they ask for."""
        try:
            await check(replace(self.request, place=place), self.rules)
        except NotAllowed:
            return False
        return await access_of(self.request).can_read(place)

    async def is_admin(self, place: Place) -> bool:
        """Return what the platform says."""
        return await access_of(self.request).is_admin(place)

    async def roles(self, place: Place) -> frozenset[str]:
        """Return what the platform says. Raises LookupError where it doesn't, and what the call does."""
        access = access_of(self.request)
        if isinstance(access, WithRoles):
            return await access.roles(place)
        raise LookupError("no roles are known")

    async def kind(self, place: Place) -> ChannelKind | None:
        """Return what the platform says, None where it doesn't."""
        access = access_of(self.request)
        return await access.kind(place) if isinstance(access, WithKind) else None


async def _roles(request: Request) -> frozenset[str] | None:
    """Return the asker's roles, or None where the platform doesn't tell."""
    if not isinstance(request.access, WithRoles):
        return None
    try:
        return await request.access.roles(request.place)
    except Exception as error:  # noqa: BLE001 - whatever failed, the answer was not had
        log.info("roles could not be asked in %s: %s", request.place.channel, type(error).__name__)
        return None


def _fits(rule: Rule, request: Request, roles: frozenset[str] | None, *, unknown: bool) -> bool:
    """Return whether the rule is about this asker in this place; `unknown` is what it is where roles are unknown."""
    if rule.people and not is_named(request.asker.id, request.place, rule.people):
        return False
    if rule.channels and not is_named(request.place.channel, request.place, rule.channels):
        return False
    if rule.roles and roles is None:
        return unknown
    return not rule.roles or not (roles or frozenset()).isdisjoint(rule.roles)


def lines(access: AccessRules) -> Iterator[tuple[str, str]]:
    """Yield the effective policy, intent by intent, in words: what `parley check` prints."""
    for name in INTENTS:
        rules = [rule for rule in access.rules if name in rule.intents or not rule.intents]
        yield name, "everyone, everywhere" if not rules or _is_always_allowed(name) else _sentence(rules)
    listed = f" and {', '.join(access.admins)}" if access.admins else ""
    yield "administrators", f"the platform's own{listed}"


def _is_always_allowed(name: str) -> bool:
    row = command(name)
    return row is not None and row.always


def _sentence(rules: Iterable[Rule]) -> str:
    allowed = [_about(rule) for rule in rules if rule.effect == "allow"]
    denied = [_about(rule) for rule in rules if rule.effect == "deny"]
    return (" or ".join(allowed) or "everyone, everywhere") + (f", but not {' or '.join(denied)}" if denied else "")


def _about(rule: Rule) -> str:
    who = f"people {', '.join(rule.people)}" if rule.people else "everyone"
    roles = f" with a role of {', '.join(rule.roles)}" if rule.roles else ""
    where = f" in {', '.join(rule.channels)}" if rule.channels else " everywhere"
    return who + roles + where
