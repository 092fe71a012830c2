"""Where an answer appears while it is made: a message in a thread, the assistant's pane, or a note to one person.

Each shows the stages of long work, then the text as it is written, then the whole reply. A surface that can't do one of
these leaves it out; the reply itself always arrives.
"""

import logging
from dataclasses import dataclass
from typing import Any, Protocol

from slack_sdk.errors import SlackApiError

from adapters.answering import Display
from adapters.slack.asks import Target
from adapters.slack.client import Slack, reason
from adapters.slack.outgoing import NOT_THERE, Outgoing
from adapters.slack.rendering import Page, Rendered, page_of, stage_page
from adapters.slack.safety import as_markdown

log = logging.getLogger(__name__)


class Surface(Display, Protocol):
    """What an answer is shown on."""

    async def finish(self, rendered: Rendered) -> None:
        """Show the reply, in place of what was shown before."""
        ...


@dataclass(slots=True)
class Note:
    """For one person: the first stage is shown, and the reply takes its place. Slack lets a note be changed 5 times.

    `key` is what the button cancels that stands under a stage.
    """

    outgoing: Outgoing
    target: Target
    key: str = ""
    shown: bool = False

    async def status(self, words: str) -> None:
        """Say once that the work goes on."""
        if not self.shown and self.target.response_url:
            self.shown = True
            await self.outgoing.whisper(stage_page(words, self.key), self.target)

    async def write(self, tamed: str) -> None:
        """A note isn't streamed: every piece would use up one of its few changes."""

    async def finish(self, rendered: Rendered) -> None:
        """The reply, in place of the stage."""
        await self.outgoing.tell(rendered, self.target, replace=self.shown)


@dataclass(slots=True)
class Open:
    """A message that everyone in the channel or thread sees, and that is rewritten or streamed while it grows.

    `key` is what the button under a stage cancels. A stream that Slack has closed goes on by rewriting the message.
    """

    slack: Slack
    outgoing: Outgoing
    target: Target
    key: str = ""
    ts: str = ""
    streaming: bool = False
    can_stream: bool = True
    written: str = ""

    async def status(self, words: str) -> None:
        """A line in italics, which the text or the reply replaces."""
        if not self.written:
            await self._show(stage_page(words, self.key))

    async def _show(self, page: Page) -> None:
        if self.ts:
            await self.outgoing.update(page, self.target.channel, self.ts)
        else:
            self.ts = await self.outgoing.post(page, self.target.channel, self.target.thread)

    async def write(self, tamed: str) -> None:
        """More text: streamed where nothing stood before, else by rewriting."""
        self.written += tamed
        if self.streaming:
            await self._append(tamed)
        elif not self.ts and self.can_stream and self.target.thread:
            await self._start()
        elif self.ts:
            await self._show(page_of(self.written))

    async def _start(self) -> None:
        try:
            answer: Any = await self.outgoing.in_turn(
                self.target.channel,
                lambda: self.slack.client.chat_startStream(
                    channel=self.target.channel,
                    thread_ts=str(self.target.thread),
                    recipient_team_id=self.slack.team,
                    recipient_user_id=self.target.user,
                    markdown_text=as_markdown(self.written),
                ),
            )
            self.ts, self.streaming = str(answer["ts"]), True
        except SlackApiError as error:
            log.info("no stream in this channel: %s", reason(error))
            self.can_stream = False

    async def _append(self, tamed: str) -> None:
        try:
            await self.outgoing.in_turn(
                self.target.channel,
                lambda: self.slack.client.chat_appendStream(
                    channel=self.target.channel, ts=self.ts, markdown_text=as_markdown(tamed)
                ),
            )
        except SlackApiError as error:
            log.info("a stream ended early: %s", reason(error))
            self.streaming = False
            await self._show(page_of(self.written))

    async def finish(self, rendered: Rendered) -> None:
        """The reply: on the message that stands there already, or as a new one."""
        await self._stop()
        try:
            await self._finish(rendered)
        except SlackApiError as error:
            if reason(error) not in NOT_THERE:
                raise
            await self.outgoing.tell(rendered, self.target)

    async def withdraw(self) -> None:
        """Take back what was shown so far."""
        await self._stop()
        if self.ts:
            await self.slack.client.chat_delete(channel=self.target.channel, ts=self.ts)
            self.ts = ""

    async def _stop(self) -> None:
        if not self.streaming:
            return
        self.streaming = False
        try:
            await self.slack.client.chat_stopStream(channel=self.target.channel, ts=self.ts)
        except SlackApiError as error:
            log.info("a stream had ended before: %s", reason(error))

    async def _finish(self, rendered: Rendered) -> None:
        channel, thread = self.target.channel, self.target.thread
        if not self.ts:
            await self.outgoing.say(rendered, channel, thread)
            return
        await self.outgoing.update(rendered.pages[0], channel, self.ts)
        await self.outgoing.say(Rendered(rendered.pages[1:], rendered.files), channel, thread)


@dataclass(slots=True)
class Pane(Open):
    """The assistant's pane: stages are its status line, and the reply is streamed."""

    async def status(self, words: str) -> None:
        """The status line under the thread; a workspace without it does without."""
        try:
            await self.slack.client.assistant_threads_setStatus(
                channel_id=self.target.channel, thread_ts=str(self.target.thread), status=f"{words} …"
            )
        except SlackApiError as error:
            log.info("no status in the pane: %s", reason(error))
