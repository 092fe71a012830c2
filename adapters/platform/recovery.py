"""Tells people whose answer never came that it won't: after a restart, and when the platform takes calls again."""

import asyncio
import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NoReturn

from adapters.chat import Host, Pending
from adapters.platform.replies import RESTARTED, UNSENT
from adapters.platform.settings import PlatformSettings

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 15.0, 900.0  # seconds before a notice to somebody whose answer the platform didn't take


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery(ABC):
    """Sends what is owed. `unsent` are those of this run, whom the service puts there."""

    platform: ClassVar[str]
    failures: ClassVar[tuple[type[Exception], ...]]

    host: Host
    settings: PlatformSettings
    unsent: "asyncio.Queue[Pending]"

    @abstractmethod
    async def tell(self, pending: Pending, words: str) -> None:
        """Tell somebody where they asked, in the open or alone. Raises one of the failures."""

    def is_mine(self, pending: Pending) -> bool:
        """Return whether this adapter can tell that person."""
        del pending
        return True

    async def apologise(self) -> None:
        """Tell everybody whom an earlier run left without an answer; those who can't be reached now, later."""
        for pending in await self.host.unsettled(self.platform):
            if self.is_mine(pending) and not await self._told(pending, RESTARTED):
                self.unsent.put_nowait(pending)

    async def run(self) -> NoReturn:
        """Tell those whose answers the platform doesn't take, as soon as it does, until cancelled."""
        while True:
            pending, pause = await self.unsent.get(), FIRST_PAUSE
            await self.settings.clock.sleep(pause)
            while not await self._told(pending, UNSENT):
                pause = min(pause * 2, LONGEST_PAUSE)
                await self.settings.clock.sleep(pause)

    async def _told(self, pending: Pending, words: str) -> bool:
        """Return whether the person was reached, or never can be."""
        try:
            await self.tell(pending, words)
        except self.failures as error:
            log.warning("a lost answer could not be announced: %s", type(error).__name__)
            if not self.is_final(error):
                return False
        await self.host.settle(pending.key)
        return True

    @abstractmethod
    def is_final(self, error: Exception) -> bool:
        """Return whether the person can't be reached there, now or later. May raise ServiceStopped."""
