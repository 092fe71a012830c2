"""Tells people on Slack that their answer won't come: in the thread where they asked aloud, else to them alone."""

from dataclasses import dataclass
from typing import ClassVar

from adapters.chat import Pending
from adapters.platform import recovery
from adapters.slack.asks import Target
from adapters.slack.directory import Directory
from adapters.slack.surfaces.outgoing import Outgoing
from adapters.slack.surfaces.pane import set_session
from adapters.slack.surfaces.rendering import page_of
from adapters.slack.wire.client import FAILURES, Slack, is_final
from adapters.slack.words import say

SPOKEN = ("message:", "flag:")  # keys of what was asked in the open, and may be answered there


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery(recovery.Recovery):
    """Sends what is owed in one workspace."""

    platform: ClassVar[str] = "slack"
    failures: ClassVar[tuple[type[Exception], ...]] = FAILURES

    slack: Slack
    directory: Directory
    outgoing: Outgoing

    def is_mine(self, pending: Pending) -> bool:
        """Return whether it was asked in this workspace."""
        return pending.place.workspace == self.slack.team

    def is_final(self, error: Exception) -> bool:
        """Return whether the person can't be reached there. Raises ServiceStopped for a refused token."""
        return is_final(error)

    async def tell(self, pending: Pending, words: str) -> None:
        """Tell somebody, in their language."""
        place, account = pending.place, await self.directory.account(pending.asker.id)
        page = page_of(say(words, account.locale))
        target = Target(place.channel, pending.asker.id, place.thread)
        if not pending.key.rpartition("/")[2].startswith(SPOKEN):
            await self.outgoing.whisper(page, target)
            return
        await self.outgoing.post(page, place.channel, place.thread)
        if place.channel.startswith("D"):
            await set_session(self.slack, target, "active")
