"""The agent's pane: prompts to begin with, and the channel that the person is looking at beside it.

https://docs.slack.dev/ai/developing-agents
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.errors import SlackApiError

from adapters.chat import Command
from adapters.slack.asks import Ask, Target
from adapters.slack.directory import Directory
from adapters.slack.wire.client import Slack, reason
from adapters.slack.words import WORDS, say
from adapters.text.coerce import identifier, mapping, mappings

log = logging.getLogger(__name__)

MOST_PROMPTS = 4
MOST_REMEMBERED = 1_000
HERE = "this channel"
CHANNEL, MESSAGE = "slack#/types/channel_id", "slack#/types/message_context"


def prompts(commands: Sequence[Command], channel: str = "", locale: str = "") -> list[dict[str, str]]:
    """Return what a person may begin with: first what is about a channel."""
    offered = [command.entrances.prompt for command in commands if command.entrances.prompt]
    offered.sort(key=lambda prompt: "{}" not in prompt.title)
    here = channel or say(HERE, locale)
    return [
        {"title": WORDS.fill(each.title, locale, *([here] if "{}" in each.title else [])), "message": each.words}
        for each in offered[:MOST_PROMPTS]
    ]


@dataclass(frozen=True, slots=True)
class Panes:
    """The open panes: which channel each person looks at beside it."""

    slack: Slack
    directory: Directory
    commands: Sequence[Command]
    _beside: dict[str, str] = field(default_factory=dict)

    async def take(self, event: Mapping[str, Any]) -> None:
        """Take note that the pane was opened, or that the person beside it went elsewhere."""
        opened = event.get("type") == "app_home_opened"
        if not opened and event.get("type") != "app_context_changed":
            return
        user = identifier(event.get("user"))
        self._look(user, channel_in(event.get("context")))
        if opened and event.get("tab") == "messages":
            await self._suggest(user, identifier(event.get("channel")), self._beside.get(user, ""))

    def _look(self, user: str, channel: str) -> None:
        if len(self._beside) >= MOST_REMEMBERED:
            self._beside.clear()
        if user:
            self._beside[user] = channel

    def channel_beside(self, ask: Ask) -> str:
        """Return the channel that the person looks at beside the pane, or "" where none is known.

        A message brings it along; else it is the last that Slack told.
        """
        fields = ask.said or {}
        return channel_in(fields["app_context"]) if "app_context" in fields else self._beside.get(ask.asker.id, "")

    async def _suggest(self, user: str, channel: str, beside: str) -> None:
        name = f"#{(await self.directory.channel(beside)).name}" if beside else ""
        suggested = prompts(self.commands, name, await self.directory.locale(user))
        if not (channel and suggested):
            return
        try:
            await self.slack.client.assistant_threads_setSuggestedPrompts(channel_id=channel, prompts=suggested)
        except SlackApiError as error:
            log.info("no prompts in the pane: %s", reason(error))


async def set_session(slack: Slack, target: Target, state: str, title: str = "") -> None:
    """Say how the pane's thread stands, `processing` or `active`; a workspace without agents does without."""
    try:
        await slack.client.agents_sessions_setStatus(
            channel_id=target.channel, thread_ts=target.thread, status=state, title=title or None
        )
    except SlackApiError as error:
        log.info("no session in the pane: %s", reason(error))


def channel_in(context: Any) -> str:
    """Return the channel among what the person looks at, most relevant first, or "" where there is none."""
    for entity in mappings(mapping(context).get("entities")):
        if entity.get("type") == CHANNEL and (channel := identifier(entity.get("value"))):
            return channel
        if entity.get("type") == MESSAGE and (channel := identifier(mapping(entity.get("value")).get("channel_id"))):
            return channel
    return ""
