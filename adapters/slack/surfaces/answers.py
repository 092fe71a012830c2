"""Where an answer appears while it is made: a message in a thread, the agent's pane, or a note to one person.

Each shows the stages of long work, then the text as it is written, then the whole reply. A surface that can't do one of
these leaves it out; the reply itself always arrives.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Protocol

from slack_sdk.errors import SlackApiError

from adapters.platform.progress import Display
from adapters.slack.asks import Target
from adapters.slack.surfaces.escape import as_markdown
from adapters.slack.surfaces.outgoing import NOT_THERE, Outgoing
from adapters.slack.surfaces.pane import set_session
from adapters.slack.surfaces.rendering import PAGE, Page, Rendered, page_of, stage_page
from adapters.slack.surfaces.streams import Stream, task_chunk, text_chunk
from adapters.slack.wire.client import Slack, reason

log = logging.getLogger(__name__)

REWRITE = 3.0  # seconds between two versions of a message that grows by being rewritten, as Slack recommends


class Surface(Display, Protocol):
    """What an answer is shown on."""

    async def begin(self) -> None:
        """Show at once that somebody is at work."""
        ...

    async def finish(self, rendered: Rendered) -> None:
        """Show the reply, in place of what was shown before."""
        ...

    async def withdraw(self) -> None:
        """Take back what was shown so far."""
        ...

    async def end(self) -> None:
        """Nobody is at work any more, whatever came of it."""
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

    async def begin(self) -> None:
        """Nothing: a note would use up one of its few changes."""

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

    async def withdraw(self) -> None:
        """Take the stage back."""
        if self.shown:
            await self.outgoing.unsay(self.target)

    async def end(self) -> None:
        """Nothing was begun."""


@dataclass(slots=True)
class Open:
    """A message that everyone in the channel or thread sees: its stages by rewriting, its text streamed.

    `key` is what the button under a stage cancels. A stream that Slack has closed, or never opened, goes on by
    rewriting the message.
    """

    slack: Slack
    outgoing: Outgoing
    target: Target
    key: str = ""
    title: str = ""
    stream: Stream = field(init=False)
    ts: str = ""
    written: str = ""
    rewritten: float = float("-inf")

    def __post_init__(self) -> None:
        self.stream = Stream(self.slack, self.outgoing, self.target)

    async def begin(self) -> None:
        """Nothing: most answers are there before a stage could be read."""

    async def status(self, words: str) -> None:
        """A line in italics, which the text or the reply replaces."""
        if not self.written:
            await self._rewrite(stage_page(words, self.key))

    async def write(self, tamed: str) -> None:
        """More text, as long as one message holds it: the reply brings the rest."""
        new = tamed if self.stream.ts else self.written + tamed
        self.written += tamed
        if len(as_markdown(self.written)) > PAGE:
            return
        if self.stream.usable:
            await self._take_back()
        if not await self.stream.add(text_chunk(new)):
            await self._rewrite(page_of(self.written))

    async def _take_back(self) -> None:
        """Take back a stage, before the text begins to stream below it."""
        if self.ts and self.ts != self.stream.ts:
            await self.slack.client.chat_delete(channel=self.target.channel, ts=self.ts)
            self.ts = ""

    async def _rewrite(self, page: Page) -> None:
        """Show this version of the message, unless the last one is too fresh: there will be another."""
        now = self.slack.settings.clock.elapsed()
        if now - self.rewritten < REWRITE:
            return
        self.rewritten = now
        self.ts = self.ts or self.stream.ts
        if self.ts:
            await self.outgoing.update(page, self.target.channel, self.ts)
        else:
            self.ts = await self.outgoing.post(page, self.target.channel, self.target.thread)

    async def finish(self, rendered: Rendered) -> None:
        """The reply: on the message that stands there already, or as a new one."""
        await self.stream.stop()
        self.ts = self.stream.ts or self.ts
        try:
            await self._finish(rendered)
        except SlackApiError as error:
            if reason(error) not in NOT_THERE:
                raise
            await self.outgoing.tell(rendered, self.target)

    async def withdraw(self) -> None:
        """Take back what was shown so far."""
        await self.stream.stop()
        if ts := self.stream.ts or self.ts:
            await self.slack.client.chat_delete(channel=self.target.channel, ts=ts)

    async def end(self) -> None:
        """A stream that Slack closed left its thread as one in which somebody works."""
        if self.stream.lost:
            await set_session(self.slack, self.target, "active")

    async def _finish(self, rendered: Rendered) -> None:
        channel, thread = self.target.channel, self.target.thread
        if not self.ts:
            await self.outgoing.say(rendered, channel, thread)
            return
        await self.outgoing.update(rendered.pages[0], channel, self.ts)
        await self.outgoing.say(Rendered(rendered.pages[1:], rendered.files), channel, thread)


@dataclass(slots=True)
class Pane(Open):
    """A thread of the agent's pane: a session with a title, Slack's own sign that somebody works, and a stop button.

    Stages are a task in the message that the text is then streamed into.
    """

    working: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """The sign appears while the work begins."""
        state = set_session(self.slack, self.target, "processing", self.title)
        self.working = asyncio.create_task(state)

    async def status(self, words: str) -> None:
        """What is being done, on a card in the message."""
        await self.stream.add(task_chunk(words))

    async def end(self) -> None:
        """The sign goes."""
        if self.working is not None:
            await self.working
            await set_session(self.slack, self.target, "active")
