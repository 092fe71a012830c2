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

from adapters.chat import Attachment
from adapters.slack.asks import Target
from adapters.slack.surfaces.rendering import Page, Rendered, chart_page
from adapters.slack.wire.client import Slack, quiet_logger, reason

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")

OK = 200
NOT_THERE = {
    "not_in_channel", "channel_not_found", "user_not_in_channel", "is_archived", "restricted_action",
    "messages_tab_disabled", "no_permission",
}  # fmt: skip


NO_CHARTS = {"invalid_blocks", "invalid_blocks_format", "invalid_arguments"}


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
    _draws: dict[str, bool] = field(default_factory=dict)

    async def post(self, page: Page, channel: str, thread: str | None = None, **more: Any) -> str:
        """A message for everyone in the channel or thread; its timestamp."""
        body = {"text": page.text, "blocks": list(page.blocks), "unfurl_links": False, "unfurl_media": False, **more}
        answer: Any = await self.in_turn(
            channel, lambda: self.slack.client.chat_postMessage(channel=channel, thread_ts=thread, **body)
        )
        return str(answer["ts"])

    async def update(self, page: Page, channel: str, ts: str, **more: Any) -> None:
        """Another text for a message that was sent before."""
        body = {"text": page.text, "blocks": list(page.blocks), **more}
        await self.in_turn(channel, lambda: self.slack.client.chat_update(channel=channel, ts=ts, **body))

    async def whisper(self, page: Page, target: Target, *, replace: bool = False) -> None:
        """A message that only the person sees: by the response URL, else in the channel, else directly."""
        if target.response_url and await self._respond(page, target, replace=replace):
            return
        if not target.channel or not await self._ephemeral(page, target):
            await self.post(page, await self.direct(target.user))

    async def _ephemeral(self, page: Page, target: Target) -> bool:
        """Whether the person could be told in the channel."""
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
            return False
        return True

    async def direct(self, user: str) -> str:
        """The channel of direct messages with that person."""
        answer: Any = await self.slack.client.conversations_open(users=user)
        return str(answer["channel"]["id"])

    async def _respond(self, page: Page, target: Target, *, replace: bool) -> bool:
        """Whether the response URL still took it."""
        body: dict[str, Any] = {"text": page.text, "blocks": list(page.blocks), "response_type": "ephemeral"}
        body |= {"replace_original": replace, **({"thread_ts": target.thread} if target.thread else {})}
        return await self._send(target.response_url, body)

    async def unsay(self, target: Target) -> None:
        """Take back what the person was last told by the response URL."""
        await self._send(target.response_url, {"delete_original": True})

    async def _send(self, url: str, body: dict[str, Any]) -> bool:
        """Whether the response URL took it: it does five times within 30 minutes."""
        hook = AsyncWebhookClient(
            url,
            session=self.slack.client.session,
            logger=quiet_logger(),
            retry_handlers=self.slack.client.retry_handlers,
        )
        answer = await hook.send_dict(body)
        if answer.status_code != OK:
            log.info("a response URL was used up: %s", answer.status_code)
        return answer.status_code == OK

    async def upload(self, files: Iterable[Attachment], channel: str, thread: str | None = None, **more: Any) -> None:
        """The files, each with the text for people who can't see it: drawn by Slack itself where it draws such charts.

        `more` goes with what Slack draws; a file takes none.
        """
        for file in files:
            if not await self._draw(file, channel, thread, **more):
                await self.in_turn(channel, lambda file=file: self._upload(file, channel, thread))  # type: ignore[misc]

    async def _draw(self, file: Attachment, channel: str, thread: str | None, **more: Any) -> bool:
        """Whether Slack drew the file's chart for everyone there."""
        return await self._drawn(file, lambda page: self.post(page, channel, thread, **more))

    async def _drawn(self, file: Attachment, send: Callable[[Page], Awaitable[object]]) -> bool:
        """Whether Slack took the file's chart as a block; a workspace that doesn't is not asked again."""
        page = chart_page(file) if self._draws.get(self.slack.team, True) else None
        if page is None:
            return False
        try:
            await send(page)
        except SlackApiError as error:
            if reason(error) not in NO_CHARTS:
                raise
            log.info("no charts in this workspace: %s", reason(error))
            self._draws[self.slack.team] = False
            return False
        return True

    async def _upload(self, file: Attachment, channel: str, thread: str | None) -> None:
        await self.slack.client.files_upload_v2(
            channel=channel,
            thread_ts=thread,
            filename=file.name,
            content=file.content,
            title=file.name,
            alt_txt=file.description,
        )

    async def say(self, rendered: Rendered, channel: str, thread: str | None = None, **more: Any) -> str:
        """All of a reply for everyone there; the timestamp of its last message."""
        last = ""
        for page in rendered.pages:
            last = await self.post(page, channel, thread, **more)
        await self.upload(rendered.files, channel, thread)
        return last

    async def tell(self, rendered: Rendered, target: Target, *, replace: bool = False) -> None:
        """All of a reply for one person; Slack has no files that one person sees in a channel, so those go directly."""
        for number, page in enumerate(rendered.pages):
            await self.whisper(page, target, replace=replace and number == 0)
        files = [file for file in rendered.files if not await self._show(file, target)]
        if files:
            await self.upload(files, await self.direct(target.user))

    async def _show(self, file: Attachment, target: Target) -> bool:
        """Whether Slack drew the file's chart for that one person."""
        return await self._drawn(file, lambda page: self.whisper(page, target))

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
