"""App Home: a page made of what the assistant says about itself, the person and a channel of their choice.

Each section is the reply of an intent that is in the table; this file knows their order and nothing of their content.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slack_sdk.errors import SlackApiError

from adapters.chat import Command, Host, Intent, Place, Reply, Request
from adapters.slack.access import SlackAccess
from adapters.slack.commands import in_own_names
from adapters.slack.directory import Directory, SlackAccount
from adapters.slack.surfaces.actions import DO, decode
from adapters.slack.surfaces.escape import as_mrkdwn
from adapters.slack.surfaces.outgoing import Outgoing
from adapters.slack.surfaces.rendering import buttons, render
from adapters.slack.wire.client import Slack, reason
from adapters.slack.words import WORDS, say
from adapters.text import dates
from adapters.text.coerce import identifier, mapping, mappings, string
from adapters.text.links import NOTHING, Proven, proven, tame
from adapters.text.markup import markdown_from_plain

log = logging.getLogger(__name__)

PICK = "parley.home.channel"
MOST_SECTION = 2_900
MOST_PARTS = 8  # sections of text for one reply
MOST_BLOCKS = 100


@dataclass(frozen=True, slots=True)
class Home:
    """Publishes the page and serves the buttons on it."""

    slack: Slack
    host: Host
    directory: Directory
    outgoing: Outgoing
    commands: Sequence[Command]
    since: datetime

    async def open(self, user: str, channel: str = "", result: Reply | None = None) -> None:
        """Show the page to that person, about `channel`, with what a button has just brought about."""
        account = await self.directory.account(user)
        sections = [command for command in self.commands if command.entrances.section]
        shown = [each for each in sections if channel or each.entrances.of_channel != "only"]
        replies = [(each.entrances.section, await self._ask(Intent(each.name), account, channel)) for each in shown]
        blocks = [*_part(Reply(""), "Parley", NOTHING)]
        if result and result.text not in {reply.text for _, reply in replies}:
            blocks += _part(result, "", proven(result, None), number=90)
        if any(each.entrances.of_channel != "no" for each in sections):
            blocks.append(_picker(channel, account.locale))
        for number, (title, reply) in enumerate(replies):
            blocks += _part(reply, say(title, account.locale), proven(reply, None), number=number)
        await self._publish(user, [*blocks[: MOST_BLOCKS - 1], _health(self.since, account, self.slack)], channel)

    async def press(self, body: Mapping[str, Any]) -> None:
        """Serve a button or the choice of a channel on the page."""
        user = identifier(mapping(body.get("user")).get("id"))
        action = next(mappings(body.get("actions")), {})
        channel = string(mapping(body.get("view")).get("private_metadata"))
        if string(action.get("action_id")) == PICK:
            await self.open(user, identifier(action.get("selected_conversation")))
            return
        intent = decode(string(action.get("value"))) if string(action.get("action_id")).startswith(DO) else None
        account = await self.directory.account(user)
        reply = (
            await self._ask(intent, account, channel)
            if intent
            else Reply("I don't know this button any more.", refusal=True)
        )
        if channel and not reply.private:
            await self._announce(reply, channel)
        await self.open(user, channel, reply)

    async def _announce(self, reply: Reply, channel: str) -> None:
        """Say in the channel what was decided here about it."""
        try:
            await self.outgoing.say(render(reply, None, self.slack.settings.zone), channel)
        except SlackApiError as error:
            log.warning("a decision could not be announced in %s: %s", channel, reason(error))

    async def _ask(self, intent: Intent, account: SlackAccount, channel: str) -> Reply:
        place: Place = self.slack.place(channel)
        access = SlackAccess(self.slack, account.person.id)
        reply = await self.host.handle(Request(intent, place, account.person, access=access, locale=account.locale))
        return in_own_names(WORDS.reply(reply, account.locale), self.commands)

    async def _publish(self, user: str, blocks: list[dict[str, Any]], channel: str) -> None:
        view = {"type": "home", "private_metadata": channel, "blocks": blocks}
        try:
            await self.slack.client.views_publish(user_id=user, view=view)
        except SlackApiError as error:
            log.warning("App Home could not be shown: %s", reason(error))


def _part(reply: Reply, title: str, links: Proven, number: int = 0) -> list[dict[str, Any]]:
    """Return a reply as blocks of App Home, which takes no `markdown` block."""
    blocks: list[dict[str, Any]] = []
    if title:
        blocks.append({"type": "header", "text": {"type": "plain_text", "text": title}})
    text = as_mrkdwn(tame("\n".join((reply.text, *reply.notes)), links)).strip()
    for start in range(0, min(len(text), MOST_SECTION * MOST_PARTS), MOST_SECTION):
        part = {"type": "mrkdwn", "text": text[start : start + MOST_SECTION]}
        blocks.append({"type": "section", "text": part})
    return [*blocks, *buttons(reply.actions, None, prefix=f"{DO}.{number}")]


def _health(since: datetime, account: SlackAccount, slack: Slack) -> dict[str, Any]:
    at = since.astimezone(account.zone or slack.settings.zone)
    name = as_mrkdwn(markdown_from_plain(slack.team_name))
    text = WORDS.fill("Connected to {} since {}.", account.locale, name, dates.moment(at, at.year))
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}


def _picker(channel: str, locale: str) -> dict[str, Any]:
    chosen = {"initial_conversation": channel} if channel else {}
    element = {
        "type": "conversations_select",
        "action_id": PICK,
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
        "placeholder": {"type": "plain_text", "text": say("Choose a channel", locale)},
        **chosen,
    }
    text = {"type": "mrkdwn", "text": say("Settings of a channel:", locale)}
    return {"type": "section", "text": text, "accessory": element}
