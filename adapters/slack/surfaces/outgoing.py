"""Everything that Parley says on Slack goes out here, one message after another in each channel, at Slack's pace.

Knows how to fall back: a used-up response URL becomes a message, and where the person can't be reached in the channel,
a direct message. Knows nothing of what it sends.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from slack_sdk.errors import SlackApiError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.chat import Attachment
from adapters.payloads.slack import moment
from adapters.slack.asks import Target
from adapters.slack.surfaces.rendering import MessagePage, Rendered, chart_page
from adapters.slack.wire.client import FAILURES, Slack, backoff, is_passing, quiet_logger, reason
from adapters.text.coerce import mapping, mappings, string

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")

OK = 200
NOT_THERE = {
    "not_in_channel", "channel_not_found", "user_not_in_channel", "is_archived", "restricted_action",
    "messages_tab_disabled", "no_permission",
}  # fmt: skip


METADATA = "parley_posting"
LOOKED_AT = 200  # messages among which one is looked for that Slack may have taken
LATELY, SKEW = 3_600.0, 60.0  # seconds
NO_CHARTS = {"invalid_blocks", "invalid_blocks_format", "invalid_arguments"}


@dataclass(slots=True)
class Outbox:
    """A channel's place in time: who may speak next, and since when."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    last: float = float("-inf")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The one door out."""

    slack: Slack
    _outboxes: dict[str, Outbox] = field(default_factory=dict)
    _draws: dict[str, bool] = field(default_factory=dict)

    async def post(self, page: MessagePage, channel: str, thread: str | None = None, **more: Any) -> str:
        """Return a message for everyone in the channel or thread; its timestamp."""
        more = {"metadata": metadata_of(secrets.token_urlsafe(9)), **more}
        body = {"text": page.text, "blocks": list(page.blocks), "unfurl_links": False, "unfurl_media": False, **more}

        async def send() -> str:
            answer: Any = await self.slack.client.chat_postMessage(channel=channel, thread_ts=thread, **body)
            return str(answer["ts"])

        key = key_of(body)
        return await self._once(channel, send, lambda: self.find(channel, thread, lambda each: key_of(each) == key))

    async def _once(
        self, channel: str, send: Callable[[], Awaitable[str]], find: Callable[[], Awaitable[str | None]]
    ) -> str:
        """Return what `send` does, tried again with growing pauses; what Slack took unanswered isn't sent again."""
        settings, doubtful = self.slack.settings, False
        for attempt in range(settings.patience):
            try:
                timestamp = await find() if doubtful else None
                return timestamp if timestamp is not None else await self.in_turn(channel, send)
            except FAILURES as error:
                if isinstance(error, SlackApiError) and not is_passing(error):
                    raise
                log.info("it isn't known whether Slack took a message: %s", type(error).__name__)
                doubtful = True
            await settings.clock.sleep(backoff(attempt))
        timestamp = await find() if doubtful else None
        return timestamp if timestamp is not None else await self.in_turn(channel, send)

    async def find(self, channel: str, thread: str | None, fits: Callable[[Mapping[str, Any]], bool]) -> str | None:
        """Return the timestamp of the newest message of Parley's there that fits; None where none does."""
        client = self.slack.client
        since = f"{self.slack.clock.now().timestamp() - LATELY:.6f}" if thread else None
        answer: Any
        try:
            if thread:
                answer = await client.conversations_replies(
                    channel=channel, ts=thread, oldest=since, limit=LOOKED_AT, include_all_metadata=True
                )
            else:
                answer = await client.conversations_history(channel=channel, limit=LOOKED_AT, include_all_metadata=True)
        except SlackApiError as error:
            if is_passing(error):
                raise
            return None  # such as a thread that isn't there
        own = (each for each in mappings(answer.get("messages")) if each.get("user") == self.slack.me and fits(each))
        return next((string(each.get("ts")) for each in own), None)

    async def update(self, page: MessagePage, channel: str, ts: str, **more: Any) -> None:
        """Give a message that was sent before another text."""
        body = {"text": page.text, "blocks": list(page.blocks), **more}
        await self.in_turn(channel, lambda: self.slack.client.chat_update(channel=channel, ts=ts, **body))

    async def whisper(self, page: MessagePage, target: Target, *, replace: bool = False) -> None:
        """Send a message that only the person sees: by the response URL, else in the channel, else directly."""
        if target.response_url and await self._respond(page, target, replace=replace):
            return
        if not target.channel or not await self._ephemeral(page, target):
            await self.post(page, await self.direct(target.user))

    async def _ephemeral(self, page: MessagePage, target: Target) -> bool:
        """Return whether the channel could show it to the person."""
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
        """Return the channel of direct messages with that person."""
        answer: Any = await self.slack.client.conversations_open(users=user)
        return str(answer["channel"]["id"])

    async def _respond(self, page: MessagePage, target: Target, *, replace: bool) -> bool:
        """Return whether the response URL still took it."""
        body: dict[str, Any] = {"text": page.text, "blocks": list(page.blocks), "response_type": "ephemeral"}
        body |= {"replace_original": replace, **({"thread_ts": target.thread} if target.thread else {})}
        return await self._send(target.response_url, body)

    async def unsay(self, target: Target) -> None:
        """Take back what the person was last told by the response URL."""
        await self._send(target.response_url, {"delete_original": True})

    async def _send(self, url: str, body: dict[str, Any]) -> bool:
        """Return whether the response URL took it: it does five times within 30 minutes."""
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
        """Send the files, each with the text for people who can't see it; Slack draws the charts that it can.

        `more` goes with what Slack draws; a file takes none.
        """
        for file in files:
            if not await self._draw(file, channel, thread, **more):
                await self._upload(file, channel, thread)

    async def _draw(self, file: Attachment, channel: str, thread: str | None, **more: Any) -> bool:
        """Return whether Slack drew the file's chart for everyone there."""
        return await self._drawn(file, lambda page: self.post(page, channel, thread, **more))

    async def _drawn(self, file: Attachment, send: Callable[[MessagePage], Awaitable[object]]) -> bool:
        """Return whether Slack took the file's chart as a block; a workspace that doesn't is not asked again."""
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
        async def send() -> str:
            await self.slack.client.files_upload_v2(
                channel=channel,
                thread_ts=thread,
                filename=file.name,
                content=file.content,
                title=file.name,
                alt_txt=file.description,
            )
            return ""

        began = self.slack.clock.now().timestamp() - SKEW

        def fits(said: Mapping[str, Any]) -> bool:
            names = {string(each.get("name")) for each in mappings(said.get("files"))}
            return file.name in names and is_later(string(said.get("ts")), began)

        await self._once(channel, send, lambda: self.find(channel, thread, fits))

    async def say(self, rendered: Rendered, channel: str, thread: str | None = None, *, about: str = "") -> None:
        """Send all of a reply to everyone there; `about` is the key of what it answers."""
        for number, page in enumerate(rendered.pages):
            await self.post(page, channel, thread, **answering(about, str(number)))
        await self.upload(rendered.files, channel, thread)

    async def tell(self, rendered: Rendered, target: Target, *, replace: bool = False) -> None:
        """Send all of a reply to one person; files go directly, as Slack shows none to one person in a channel."""
        for number, page in enumerate(rendered.pages):
            await self.whisper(page, target, replace=replace and number == 0)
        files = [file for file in rendered.files if not await self._show(file, target)]
        if files:
            await self.upload(files, await self.direct(target.user))

    async def _show(self, file: Attachment, target: Target) -> bool:
        """Return whether Slack drew the file's chart for that one person."""
        return await self._drawn(file, lambda page: self.whisper(page, target))

    async def in_turn(self, channel: str, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """Return the call's answer, made after everything said before in this channel and a pause."""
        outbox = self._outboxes.setdefault(channel, Outbox())
        clock, pace = self.slack.settings.clock, self.slack.settings.pace
        async with outbox.lock:
            wait = outbox.last + pace - clock.elapsed()
            if wait > 0:
                await clock.sleep(wait)
            try:
                return await call()
            finally:
                outbox.last = clock.elapsed()


def metadata_of(key: str) -> dict[str, Any]:
    """Return what goes with a message, so that it can be looked for."""
    return {"event_type": METADATA, "event_payload": {"key": key}}


def answering(about: str, part: str) -> dict[str, Any]:
    """Return what a part of an answer to the ask with that key is posted with; nothing of its own without a key."""
    return {"metadata": metadata_of(f"{about}#{part}")} if about else {}


def answers(message: Mapping[str, Any], about: str) -> bool:
    """Return whether a message is a part of an answer to the ask with that key."""
    return key_of(message).rpartition("#")[0] == about


def key_of(message: Mapping[str, Any]) -> str:
    """Return the key that went with a message; "" where none did."""
    metadata = mapping(message.get("metadata"))
    return string(mapping(metadata.get("event_payload")).get("key")) if metadata.get("event_type") == METADATA else ""


def is_later(ts: str, than: float) -> bool:
    """Return whether a timestamp of Slack is not before that moment."""
    at = moment(ts)
    return at is not None and at.timestamp() >= than
