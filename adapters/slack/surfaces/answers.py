"""Shows an answer while it is made: a message in a thread, the agent's pane, or a note to one person.

Each shows the stages of long work, then the text as it is written, then the whole reply. A surface that can't do one of
these leaves it out; the reply itself always arrives.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from slack_sdk.errors import SlackApiError

from adapters.platform import service
from adapters.platform.service import is_ending
from adapters.slack.asks import Target
from adapters.slack.surfaces.escape import as_markdown
from adapters.slack.surfaces.outgoing import NOT_THERE, Outgoing, answering
from adapters.slack.surfaces.pane import set_session
from adapters.slack.surfaces.rendering import PAGE, MessagePage, Rendered, page_of, stage_page
from adapters.slack.surfaces.streams import SlackStream, task_chunk, text_chunk
from adapters.slack.wire.client import Slack, reason

REWRITE = 3.0  # seconds between two versions of a message that grows by being rewritten, as Slack recommends

Surface: TypeAlias = service.Surface[Rendered]


@dataclass(slots=True)
class Note:
    """For one person: the first stage is shown, and the reply takes its place. Slack lets a note be changed 5 times.

    `key` is what the button cancels that stands under a stage, which is in the words of the `locale`.
    """

    slack: Slack
    outgoing: Outgoing
    target: Target
    key: str = ""
    locale: str = ""
    shown: bool = False

    async def acknowledge(self) -> None:
        """Do nothing: the listener has acknowledged."""

    def working(self) -> AbstractAsyncContextManager[None]:
        """Show nothing: a note would use up one of its few changes."""
        return nullcontext()

    async def status(self, words: str) -> None:
        """Say once that the work goes on."""
        if not self.shown and self.target.response_url:
            self.shown = True
            await self.outgoing.whisper(stage_page(words, self.key, self.locale), self.target)

    async def write(self, tamed: str) -> None:
        """Show nothing: every piece would use up one of the few changes."""

    async def finish(self, rendered: Rendered) -> None:
        """Show the reply, in place of the stage."""
        await self.outgoing.tell(rendered, self.target, replace=self.shown)

    async def publish(self, rendered: Rendered) -> None:
        """Show the reply to everyone in the channel."""
        await self.drop()
        await Open(self.slack, self.outgoing, replace(self.target, public=True)).finish(rendered)

    async def whisper(self, rendered: Rendered) -> None:
        """Show the reply: a note is for one person anyway."""
        await self.finish(rendered)

    async def drop(self) -> None:
        """Take the stage back."""
        if self.shown:
            await self.outgoing.unsay(self.target)


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
    locale: str = ""
    title: str = ""
    stream: SlackStream = field(init=False)
    ts: str = ""
    written: str = ""
    rewritten: float = float("-inf")

    def __post_init__(self) -> None:
        self.stream = SlackStream(self.slack, self.outgoing, self.target)

    async def acknowledge(self) -> None:
        """Do nothing: the listener has acknowledged."""

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Show nothing at first: most answers are there before a stage could be read."""
        try:
            yield
        finally:
            if (
                self.stream.lost and not is_ending()
            ):  # Slack closed it and left its thread as one in which somebody works
                await set_session(self.slack, self.target, "active")

    async def status(self, words: str) -> None:
        """Show a line in italics, which the text or the reply replaces."""
        if not self.written:
            await self._rewrite(stage_page(words, self.key, self.locale))

    async def write(self, tamed: str) -> None:
        """Show more text, as long as one message holds it: the reply brings the rest."""
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

    async def _rewrite(self, page: MessagePage) -> None:
        """Show this version of the message, unless the last one is too fresh: there will be another."""
        now = self.slack.settings.clock.elapsed()
        if now - self.rewritten < REWRITE:
            return
        self.rewritten = now
        self.ts = self.ts or self.stream.ts
        if self.ts:
            await self.outgoing.update(page, self.target.channel, self.ts)
        else:
            channel, thread = self.target.channel, self.target.thread
            self.ts = await self.outgoing.post(page, channel, thread, **answering(self.key, "stage"))

    async def finish(self, rendered: Rendered) -> None:
        """Show the reply: on the message that stands there already, or as a new one."""
        await self.stream.stop()
        self.ts = self.stream.ts or self.ts
        try:
            await self._finish(rendered)
        except SlackApiError as error:
            if reason(error) not in NOT_THERE:
                raise
            await self.outgoing.tell(rendered, self.target.aside)

    async def publish(self, rendered: Rendered) -> None:
        """Show the reply: everyone sees it anyway."""
        await self.finish(rendered)

    async def whisper(self, rendered: Rendered) -> None:
        """Show the reply to its asker alone."""
        await self.drop()
        await self.outgoing.tell(rendered, self.target.aside)

    async def drop(self) -> None:
        """Take back what was shown so far."""
        await self.stream.stop()
        if ts := self.stream.ts or self.ts:
            await self.slack.client.chat_delete(channel=self.target.channel, ts=ts)

    async def _finish(self, rendered: Rendered) -> None:
        channel, thread = self.target.channel, self.target.thread
        if not self.ts:
            await self.outgoing.say(rendered, channel, thread, about=self.key)
            return
        await self.outgoing.update(rendered.pages[0], channel, self.ts)
        await self.outgoing.say(Rendered(rendered.pages[1:], rendered.files), channel, thread, about=self.key)


@dataclass(slots=True)
class Pane(Open):
    """A thread of the agent's pane: a session with a title, Slack's own sign that somebody works, and a stop button.

    Stages are a task in the message that the text is then streamed into.
    """

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Show Slack's sign while the body runs; it appears while the work begins."""
        sign = asyncio.create_task(set_session(self.slack, self.target, "processing", self.title))
        try:
            yield
        finally:
            if not is_ending():
                await sign
                await set_session(self.slack, self.target, "active")

    async def status(self, words: str) -> None:
        """Show what is being done, on a card in the message."""
        await self.stream.add(task_chunk(words))
