"""Serves an ask: claims it, has the assistant answer, and gives the answer back, exactly once.

Knows no event and no markup.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from adapters.chat import Command, Host, Pending, Reply, Request
from adapters.discord.patience import LOST
from adapters.discord.progress import Board
from adapters.discord.rendering import render
from adapters.discord.requests import Ask
from adapters.discord.settings import DiscordSettings

log = logging.getLogger(__name__)

STOPPED = Reply("Stopped.")


@dataclass(frozen=True, slots=True)
class Service:
    """What every ask is served with. `_working` holds what is under way, by the ask's key."""

    host: Host
    commands: Sequence[Command]
    settings: DiscordSettings
    _working: dict[str, asyncio.Task[Reply]] = field(default_factory=dict)

    async def serve(self, ask: Ask) -> None:
        """Answer, unless it was asked before. What Discord won't take is logged; the next start tells the person."""
        try:
            if not await ask.delivery.begin():
                return
        except LOST as error:
            log.warning("a question could not be acknowledged: %s", type(error).__name__)
        if not await self.host.claim(Pending(ask.key, ask.place, ask.asker, self.settings.clock.now())):
            return
        reply = await self._reply(ask)
        try:
            await ask.delivery.deliver(render(reply, self.settings.zone))
        except LOST as error:
            log.warning("an answer could not be sent: %s", type(error).__name__)
            return
        await self.host.settle(ask.key)

    async def _reply(self, ask: Ask) -> Reply:
        if isinstance(ask.meant, Reply):
            return ask.meant
        board = Board(ask.delivery, self.settings)
        request = Request(ask.meant, ask.place, ask.asker, ask.message, progress=board.note)
        work = self._working[ask.key] = asyncio.ensure_future(self.host.handle(request))
        try:
            async with board:
                return await work
        except asyncio.CancelledError:
            if not work.cancelled():
                work.cancel()
                raise
            return STOPPED
        finally:
            del self._working[ask.key]

    def cancel(self, key: str) -> bool:
        """Stop the work on that ask; False where there is none."""
        work = self._working.get(key)
        return work is not None and work.cancel()
