"""Tells everybody whom an earlier run left without an answer: in place of one that it began, as a reply, or directly.

What is owed the host knows; whether an answer stands there, begun or whole, Discord does.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import discord

from adapters.chat import Host, Pending
from adapters.discord.messages import NAME
from adapters.discord.settings import DiscordSettings
from adapters.discord.surfaces.actions import CANCEL, plain
from adapters.discord.surfaces.outgoing import edit, post
from adapters.discord.surfaces.rendering import Rendered
from adapters.discord.wire.retry import LOST, patiently

log = logging.getLogger(__name__)

RESTARTED = Rendered(("I was restarted before I could answer you. Please ask again.",))
LOOKED_AT = 50  # messages after the question among which its answer is looked for


@dataclass(frozen=True, slots=True)
class Apologies:
    """What is owed from the run before."""

    client: discord.Client
    host: Host
    settings: DiscordSettings

    async def make(self) -> None:
        """Tell everybody. What can't be told is logged and not tried again."""
        for pending in await self.host.unsettled(NAME):
            try:
                await self._tell(pending)
            except (*LOST, ValueError) as error:
                log.warning("nobody could be told of a lost answer: %s", type(error).__name__)
            await self.host.settle(pending.key)

    async def _tell(self, pending: Pending) -> None:
        kind, *ids = pending.key.split(":")
        if kind in ("message", "flag"):
            try:
                await self._reply(pending.key, int(ids[0]), int(ids[1]))
            except (discord.Forbidden, discord.NotFound):  # where Parley may not write any more
                await self._direct(pending, ids[1])
        elif kind == "interaction":
            await self._direct(pending, ids[0])

    async def _direct(self, pending: Pending, nonce: str) -> None:
        user = await patiently(lambda: self.client.fetch_user(int(pending.asker.id)), self.settings)
        await post(user, [RESTARTED], self.settings, f"{nonce}r")

    async def _reply(self, key: str, room: int, message: int) -> None:
        channel = self.client.get_partial_messageable(room)
        replies = await self._replies(channel, message)
        begun = next((reply for reply in replies if _has(reply, plain(CANCEL, key))), None)
        if begun is not None:
            await edit(begun, RESTARTED, self.settings)
        elif not replies or key.startswith("flag:"):  # of the replies to a message one may be another flag's
            reference = discord.MessageReference(message_id=message, channel_id=room, fail_if_not_exists=False)
            await post(channel, [RESTARTED], self.settings, f"{message}r", reference=reference)

    async def _replies(self, channel: discord.PartialMessageable, message: int) -> Sequence[discord.Message]:
        """What Parley replied to the message, as far as Discord shows it."""

        async def read() -> list[discord.Message]:
            after = channel.history(limit=LOOKED_AT, after=discord.Object(message), oldest_first=True)
            return [each async for each in after]

        try:
            later = await patiently(read, self.settings)
        except discord.HTTPException as error:
            log.info("replies could not be looked for: %s", error.code)
            return []
        own = (each for each in later if self.client.user is not None and each.author.id == self.client.user.id)
        return [each for each in own if each.reference and each.reference.message_id == message]


def _has(message: discord.Message, custom_id: str) -> bool:
    """Whether that button stands under the message."""
    rows = (row for row in message.components if isinstance(row, discord.ActionRow))
    return any(
        isinstance(each, discord.Button) and each.custom_id == custom_id for row in rows for each in row.children
    )
