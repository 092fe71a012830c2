"""Everything that Parley says on Slack goes out here, one message after another in each channel, at Slack's pace.

Knows how to fall back: a used-up response URL becomes a message, and where the person can't be reached in the channel,
a direct message. Knows nothing of what it sends.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from slack_sdk.errors import SlackApiError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.slack.client import Slack, quiet_logger, reason
from adapters.slack.rendering import Page
from adapters.slack.requests import Target

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")

OK = 200
NOT_THERE = {"not_in_channel", "channel_not_found", "user_not_in_channel", "is_archived", "restricted_action"}


@dataclass(slots=True)
class Lane:
    """A channel's place in time: who may speak next, and since when."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    spoke: float = float("-inf")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The one door out."""

    slack: Slack
    _lanes: dict[str, Lane] = field(default_factory=dict)

    async def say(self, pages: Iterable[Page], target: Target) -> str:
        """Send the pages to where the answer goes; the timestamp of the last one, "" where Slack gives none."""
        last = ""
        for page in pages:
            last = await self._say(page, target)
        return last

    async def _say(self, page: Page, target: Target) -> str:
        if target.public:
            return await self.post(page, target.channel, target.thread)
        if target.response_url and await self._respond(page, target):
            return ""
        return await self.whisper(page, target)

    async def post(self, page: Page, channel: str, thread: str | None = None) -> str:
        """A message for everyone in the channel or thread; its timestamp."""
        answer: Any = await self.in_turn(
            channel,
            lambda: self.slack.client.chat_postMessage(
                channel=channel,
                thread_ts=thread,
                text=page.text,
                blocks=list(page.blocks),
                unfurl_links=False,
                unfurl_media=False,
            ),
        )
        return str(answer["ts"])

    async def whisper(self, page: Page, target: Target) -> str:
        """A message that only the person sees: in the channel, or as a direct message where that can't be."""
        try:
            await self.slack.client.chat_postEphemeral(
                channel=target.channel,
                user=target.user,
                thread_ts=target.thread,
                text=page.text,
                blocks=list(page.blocks),
            )
        except SlackApiError as error:
            if reason(error) not in NOT_THERE:
                raise
            return await self.post(page, await self.direct(target.user))
        return ""

    async def direct(self, user: str) -> str:
        """The channel of direct messages with that person."""
        answer: Any = await self.slack.client.conversations_open(users=user)
        return str(answer["channel"]["id"])

    async def _respond(self, page: Page, target: Target) -> bool:
        """Whether the response URL still took it: it does five times within 30 minutes."""
        hook = AsyncWebhookClient(
            target.response_url,
            session=self.slack.client.session,
            logger=quiet_logger(),
            retry_handlers=self.slack.client.retry_handlers,
        )
        body = {"text": page.text, "blocks": list(page.blocks), "response_type": "ephemeral", "replace_original": False}
        answer = await hook.send_dict({**body, **({"thread_ts": target.thread} if target.thread else {})})
        if answer.status_code != OK:
            log.info("a response URL was used up: %s", answer.status_code)
        return answer.status_code == OK

    async def in_turn(self, channel: str, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """The call's answer, made after everything said before in this channel and a pause."""
        lane = self._lanes.setdefault(channel, Lane())
        clock, pace = self.slack.settings.clock, self.slack.settings.pace
        async with lane.turn:
            wait = lane.spoke + pace - clock.elapsed()
            if wait > 0:
                await clock.sleep(wait)
            try:
                return await call()
            finally:
                lane.spoke = clock.elapsed()
