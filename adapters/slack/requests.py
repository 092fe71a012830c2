"""What a payload of Slack asks for: who, where, what, and where the answer goes.

Pure and total: a payload of any shape is an `Ask` or None. Nothing here calls Slack, so that an acknowledgement waits
for nothing.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapters.chat import Command, Intent, Place, Reply
from adapters.markup import plain_from_slack
from adapters.slack.client import Slack
from adapters.slack.commands import read_slash, read_words
from adapters.untrusted import identifier, mapping, string

Read = Callable[[datetime, ZoneInfo], Intent | Reply]

# Subtypes of a message that a person sent; everything else in a direct message is not a question.
SAID = {"", "file_share", "thread_broadcast", "me_message"}


@dataclass(frozen=True, slots=True)
class Target:
    """Where an answer goes: to everyone in a channel or thread, or to one person there.

    `pane` is a direct message in the assistant's pane, which can show a status.
    """

    channel: str
    user: str
    thread: str | None = None
    response_url: str = field(default="", repr=False)
    public: bool = False
    pane: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody wants something. `key` is the same however often Slack delivers it.

    `read` makes the intent once the person's time zone is known, or a reply that needs no assistant. `said` is the raw
    message it was said in; `about` the timestamp of the message it is about.
    """

    key: str
    place: Place
    user: str
    target: Target
    read: Read
    said: Mapping[str, Any] | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads payloads for one workspace and one table of commands."""

    slack: Slack
    commands: Sequence[Command]

    def ask(self, body: Mapping[str, Any]) -> Ask | None:
        """What the payload asks for at once; None for what needs a look at something first, or is no question."""
        if string(body.get("command")):
            return self._slash(body)
        event = mapping(body.get("event"))
        if event.get("type") == "app_mention":
            return self._mention(event)
        if event.get("type") == "message" and event.get("channel_type") == "im":
            return self._direct(event)
        return None

    def _slash(self, body: Mapping[str, Any]) -> Ask:
        name, text = string(body.get("command")), string(body.get("text"))
        channel, user = identifier(body.get("channel_id")), identifier(body.get("user_id"))
        return Ask(
            key=f"command:{string(body.get('trigger_id'))}",
            place=self.slack.place(channel),
            user=user,
            target=Target(channel, user, response_url=string(body.get("response_url"))),
            read=lambda now, zone: read_slash(name, text, self.commands, now, zone),
        )

    def _mention(self, event: Mapping[str, Any]) -> Ask | None:
        if not _by_person(event):
            return None
        return self.said(event, public=True, answer_in=_thread(event) or string(event.get("ts")))

    def _direct(self, event: Mapping[str, Any]) -> Ask | None:
        if not _by_person(event):
            return None
        return self.said(event, public=False, answer_in=_thread(event))

    def said(self, event: Mapping[str, Any], *, public: bool, answer_in: str | None) -> Ask:
        """What a message asks for, whose words are for Parley."""
        channel, user, ts = (identifier(event.get(key)) for key in ("channel", "user", "ts"))
        words = self.words(event)
        thread = _thread(event) if public else None
        return Ask(
            key=f"message:{channel}:{ts}",
            place=self.slack.place(channel, thread),
            user=user,
            target=Target(channel, user, answer_in, public=True, pane=not public and answer_in is not None),
            read=lambda now, zone: read_words(words, thread, self.commands, now, zone),
            said=event,
        )

    def words(self, event: Mapping[str, Any]) -> str:
        """What the message says beside Parley's name."""
        text = re.sub(rf"<@{re.escape(self.slack.me)}(?:\|[^>]*)?>[,:]?", " ", string(event.get("text")))
        return plain_from_slack(text).strip(" ,:")


def _by_person(event: Mapping[str, Any]) -> bool:
    """Whether a person wrote it: bots are never answered, or two of them would talk for ever."""
    return bool(string(event.get("user"))) and not event.get("bot_id") and string(event.get("subtype")) in SAID


def _thread(event: Mapping[str, Any]) -> str | None:
    root = identifier(event.get("thread_ts"))
    return root if root and root != string(event.get("ts")) else None
