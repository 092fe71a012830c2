"""Asks Slack, and never remembers, what an asker may read and administer, and which user groups they are in.

A missing answer counts as a refusal; of groups it is an error, because a rule may deny as well as allow.
"""

import logging
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

from adapters.chat import ChannelKind, Place
from adapters.slack.directory import kind_of
from adapters.slack.wire.client import FAILURES, Slack, scopes_of
from adapters.text.coerce import identifier, mapping, mappings, string

log = logging.getLogger(__name__)

GUEST = ("is_restricted", "is_ultra_restricted", "is_stranger", "deleted")
ADMIN = ("is_admin", "is_owner", "is_primary_owner")
CUSTOMIZE = "chat:write.customize"


@dataclass(frozen=True, slots=True)
class SlackAccess:
    """One person's rights in one workspace."""

    slack: Slack
    user: str

    async def can_read(self, place: Place) -> bool:
        """Return whether the asker is a member of the channel, or, in a public one, any member but a guest."""
        if not self._here(place):
            return False
        try:
            if await self._public(place.channel) and not await self._is(GUEST):
                return True
        except FAILURES as error:
            log.info("membership could not be asked: %s", type(error).__name__)
            return False
        return await self.is_member(place)

    async def is_admin(self, place: Place) -> bool:
        """Return whether the asker owns or administers the workspace, or made the channel and is still in it."""
        if not self._here(place):
            return False
        try:
            if await self._is(ADMIN):
                return True
            channel = await self._channel(place.channel)
            return string(channel.get("creator")) == self.user and await self.can_read(place)
        except FAILURES as error:
            log.info("administration could not be asked: %s", type(error).__name__)
            return False

    async def roles(self, place: Place) -> frozenset[str]:
        """Return the ids of the user groups that the asker is in.

        Raises LookupError elsewhere, and what the call does.
        """
        if not self._here(place):
            raise LookupError("another workspace")
        answer: Any = await self.slack.client.usergroups_list(include_users=True)
        groups = mappings(answer.get("usergroups"))
        return frozenset(identifier(group.get("id")) for group in groups if self.user in (group.get("users") or ()))

    async def kind(self, place: Place) -> ChannelKind:
        """Return what the channel is. Raises LookupError elsewhere, and what the call does."""
        if not self._here(place):
            raise LookupError("another workspace")
        return kind_of(await self._channel(place.channel))

    async def is_here(self, place: Place) -> bool:
        """Return whether Parley is a member of the channel. Raises LookupError elsewhere, and what the call does."""
        if not self._here(place):
            raise LookupError("another workspace")
        return (await self._channel(place.channel)).get("is_member") is True

    async def unbridgeable(self, place: Place) -> tuple[str, ...]:
        """Return why Parley may not speak there under people's names. Raises LookupError elsewhere."""
        if not self._here(place):
            raise LookupError("another workspace")
        answer: Any = await self.slack.client.auth_test()
        granted = scopes_of(answer.headers)
        if granted is None or CUSTOMIZE in granted:
            return ()
        return (
            f"I may not speak under other people's names here: the scope {CUSTOMIZE} is missing.",
            "The person who installed me adds it under OAuth & Permissions and presses Reinstall to Workspace.",
        )

    async def is_member(self, place: Place) -> bool:
        """Return whether the asker is a member of the channel; a missing answer counts as a refusal."""
        try:
            async for member in self._members(place.channel):
                if member == self.user:
                    return True
        except FAILURES as error:
            log.info("membership could not be asked: %s", type(error).__name__)
        return False

    def _here(self, place: Place) -> bool:
        return place.platform == "slack" and place.workspace == self.slack.team

    async def _public(self, channel: str) -> bool:
        conversation = await self._channel(channel)
        private = any(conversation.get(flag) for flag in ("is_private", "is_im", "is_mpim", "is_group"))
        return conversation.get("is_channel") is True and not private

    async def _channel(self, channel: str) -> Any:
        answer: Any = await self.slack.client.conversations_info(channel=channel)
        return mapping(answer.get("channel"))

    async def _is(self, flags: Iterable[str]) -> bool:
        """Return whether one of the flags is set on the asker's account."""
        answer: Any = await self.slack.client.users_info(user=self.user)
        profile = mapping(answer.get("user"))
        return any(profile.get(flag) for flag in flags)

    async def _members(self, channel: str) -> AsyncIterator[str]:
        cursor = ""
        while True:
            answer: Any = await self.slack.client.conversations_members(channel=channel, cursor=cursor, limit=999)
            for member in answer.get("members") or ():
                yield string(member)
            cursor = string(mapping(answer.get("response_metadata")).get("next_cursor"))
            if not cursor:
                return
