"""The assistant's pane: prompts to begin with, the channel that the person is looking at, a title for the thread."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.errors import SlackApiError

from adapters.chat import Command
from adapters.slack.asks import Ask
from adapters.slack.client import Slack, reason
from adapters.slack.requests import Reader
from adapters.untrusted import identifier, mapping

log = logging.getLogger(__name__)

MOST_PROMPTS = 4
MOST_TITLE = 60
MOST_REMEMBERED = 1_000
PROMPTS = {
    "summarize": ("Summarise this channel", "summarize today"),
    "ask": ("Ask a question", "What was decided this week?"),
    "sentiment": ("How is the mood?", "mood this week"),
    "catchup": ("Catch me up", "catchup"),
    "translate": ("Translate a text", "translate to English: "),
    "help": ("What can you do?", "help"),
}
STARTED = {"assistant_thread_started", "assistant_thread_context_changed"}
CHANGED = {"app_context_changed"}


def prompts(commands: Sequence[Command]) -> list[dict[str, str]]:
    """What a person may begin with, as far as there are commands for it."""
    found = [PROMPTS[command.name] for command in commands if command.name in PROMPTS]
    return [{"title": title, "message": message} for title, message in found[:MOST_PROMPTS]]


@dataclass(frozen=True, slots=True)
class Panes:
    """The open panes: which channel each person looks at beside it."""

    slack: Slack
    reader: Reader
    _beside: dict[str, str] = field(default_factory=dict)
    _titled: set[str] = field(default_factory=set)

    async def take(self, event: Mapping[str, Any]) -> None:
        """A pane was opened, or the person beside it went to another channel."""
        if event.get("type") in CHANGED:
            self._look(identifier(event.get("user")), mapping(event.get("context")))
        if event.get("type") not in STARTED:
            return
        thread = mapping(event.get("assistant_thread"))
        self._look(identifier(thread.get("user_id")), mapping(thread.get("context")))
        if event.get("type") == "assistant_thread_started":
            await self._suggest(identifier(thread.get("channel_id")), identifier(thread.get("thread_ts")))

    def _look(self, user: str, context: Mapping[str, Any]) -> None:
        if len(self._beside) >= MOST_REMEMBERED:
            self._beside.clear()
        if user:
            self._beside[user] = identifier(context.get("channel_id"))

    def channel_beside(self, user: str) -> str:
        """The channel that the person looks at beside the pane; "" where none is known."""
        return self._beside.get(user, "")

    async def _suggest(self, channel: str, thread: str) -> None:
        found = prompts(self.reader.commands)
        if not (channel and thread and found):
            return
        try:
            await self.slack.client.assistant_threads_setSuggestedPrompts(
                channel_id=channel, thread_ts=thread, prompts=found
            )
        except SlackApiError as error:
            log.info("no prompts in the pane: %s", reason(error))

    async def title(self, ask: Ask) -> None:
        """Call a new thread after its first question."""
        thread = ask.target.thread
        words = " ".join(self.reader.words(ask.said or {}).split())
        if not ask.target.pane or thread is None or thread in self._titled or not words:
            return
        if len(self._titled) >= MOST_REMEMBERED:
            self._titled.clear()
        self._titled.add(thread)
        try:
            await self.slack.client.assistant_threads_setTitle(
                channel_id=ask.target.channel, thread_ts=thread, title=words[:MOST_TITLE]
            )
        except SlackApiError as error:
            log.info("no title in the pane: %s", reason(error))
