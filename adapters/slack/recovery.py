"""Tells people on Slack that their answer won't come: in the thread where they asked aloud, else to them alone.

The host knows what is owed; Slack knows whether an answer stands there, begun or whole.
"""

from dataclasses import dataclass
from typing import ClassVar

from adapters.chat import Pending, Place
from adapters.platform import recovery
from adapters.slack.asks import Target
from adapters.slack.directory import Directory
from adapters.slack.surfaces.outgoing import Outgoing, answering, answers
from adapters.slack.surfaces.pane import set_session
from adapters.slack.surfaces.rendering import MessagePage, is_stage, page_of
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
        key = pending.key.rpartition("/")[2]
        if not key.startswith(SPOKEN):
            await self.outgoing.whisper(page, target)
            return
        await self._reply(key, page, place)
        if place.channel.startswith("D"):
            await set_session(self.slack, target, "active")

    async def _reply(self, key: str, page: MessagePage, place: Place) -> None:
        """Tell it in place of what was begun; nothing where the answer stands."""

        async def shown(*, stage: bool) -> str | None:
            return await self.outgoing.find(
                place.channel, place.thread, lambda each: answers(each, key) and is_stage(each) is stage
            )

        if begun := await shown(stage=True):
            await self.outgoing.update(page, place.channel, begun)
        elif await shown(stage=False) is None:
            await self.outgoing.post(page, place.channel, place.thread, **answering(key, "lost"))
