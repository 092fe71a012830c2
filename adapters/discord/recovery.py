"""Tells people on Discord that their answer won't come: in place of one that was begun, as a reply, or directly.

The host knows what is owed; Discord knows whether an answer stands there, begun or whole.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import discord

from adapters.chat import Pending
from adapters.discord.messages import NAME
from adapters.discord.settings import DiscordSettings
from adapters.discord.surfaces.actions import CANCEL, plain
from adapters.discord.surfaces.outgoing import edit, nonce_of, post
from adapters.discord.surfaces.rendering import Rendered
from adapters.discord.wire.retry import LOST, patiently
from adapters.platform import recovery

log = logging.getLogger(__name__)

LOOKED_AT = 50  # messages after the question among which its answer is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery(recovery.Recovery):
    """Sends what is owed on Discord."""

    platform: ClassVar[str] = NAME
    failures: ClassVar[tuple[type[Exception], ...]] = (*LOST, ValueError)

    client: discord.Client
    settings: DiscordSettings

    def is_final(self, error: Exception) -> bool:
        """Return whether the person can't be reached there."""
        return isinstance(error, discord.Forbidden | discord.NotFound | ValueError)

    async def tell(self, pending: Pending, words: str) -> None:
        """Tell somebody where they asked; directly where Parley may not write any more."""
        kind, *ids = pending.key.split(":")
        if kind in ("message", "flag"):
            try:
                await self._reply(pending.key, int(ids[0]), int(ids[1]), words)
            except (discord.Forbidden, discord.NotFound):
                await self._direct(pending, words)
        elif kind == "interaction":
            await self._direct(pending, words)

    async def _direct(self, pending: Pending, words: str) -> None:
        user = await patiently(lambda: self.client.fetch_user(int(pending.asker.id)), self.settings)
        await post(user, [Rendered((words,))], self.settings, f"{nonce_of(pending.key)}r")

    async def _reply(self, key: str, room: int, message: int, words: str) -> None:
        channel = self.client.get_partial_messageable(room)
        replies = await self._replies(channel, message)
        begun = next((reply for reply in replies if _has(reply, plain(CANCEL, key))), None)
        if begun is not None:
            await edit(begun, Rendered((words,)), self.settings)
        elif not replies or key.startswith("flag:"):  # of the replies to a message one may be another flag's
            reference = discord.MessageReference(message_id=message, channel_id=room, fail_if_not_exists=False)
            await post(channel, [Rendered((words,))], self.settings, f"{nonce_of(key)}r", reference=reference)

    async def _replies(self, channel: discord.PartialMessageable, message: int) -> Sequence[discord.Message]:
        """Return what Parley replied to the message, as far as Discord shows it."""

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
    """Return whether that button stands under the message."""
    rows = (row for row in message.components if isinstance(row, discord.ActionRow))
    return any(
        isinstance(each, discord.Button) and each.custom_id == custom_id for row in rows for each in row.children
    )
