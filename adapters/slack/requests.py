"""Reads what a payload of Slack asks for: who, where, what, and where the answer goes.

Pure and total: a payload of any shape is an `Ask` or None. Nothing here calls Slack, so that an acknowledgement waits
for nothing.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from adapters.chat import Command, Intent, Reply, Typed, Window, offered
from adapters.platform.actions import FEEDBACK
from adapters.platform.replies import OLD_BUTTON
from adapters.platform.request import spoken
from adapters.slack.asks import Ask, AskingReaction, Target, ask_for, readdressed
from adapters.slack.commands import LABELLED, known, read_slash
from adapters.slack.reader import by_person, mentions
from adapters.slack.surfaces.actions import CANCEL, DO, SHARE, decode
from adapters.slack.wire.client import Slack
from adapters.text.coerce import identifier, mapping, mappings, string
from adapters.text.flags import language_of_slack_name
from adapters.text.markup import plain_from_slack

# Subtypes of a message that a person sent; everything else in a direct message is not a question.
MOST_TITLE = 60  # characters of a thread's title in the pane
VERDICTS = {"+1": "up", "thumbsup": "up", "-1": "down", "thumbsdown": "down"}
SUMMARIZE_THREAD, TRANSLATE_MESSAGE, ASK_THREAD, PICK_CHANNEL = (
    "summarize_thread", "translate_message", "ask_thread", "pick_channel",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads payloads for one workspace and one table of commands."""

    slack: Slack
    commands: Sequence[Command]

    def ask(self, body: Mapping[str, Any]) -> Ask | None:
        """Return what the payload asks for at once, or None if that takes a look first, or isn't a question."""
        if string(body.get("command")):
            return self._slash(body)
        kind = body.get("type")
        if kind == "event_callback":
            return self._event(mapping(body.get("event")))
        if kind == "block_actions":
            return self._button(body)
        if kind == "message_action":
            return self._message_shortcut(body)
        return self._submission(body) if kind == "view_submission" else None

    def has(self, name: str) -> bool:
        """Return whether there is such a command."""
        return any(command.name == name for command in self.commands)

    def _slash(self, body: Mapping[str, Any]) -> Ask:
        name, text = string(body.get("command")), string(body.get("text"))
        channel, user = identifier(body.get("channel_id")), identifier(body.get("user_id"))
        return ask_for(
            Target(channel, user, response_url=string(body.get("response_url"))),
            key=f"command:{string(body.get('trigger_id'))}",
            place=self.slack.place(channel),
            meant=read_slash(name, text, self.commands),
        )

    # Messages

    def _event(self, event: Mapping[str, Any]) -> Ask | None:
        if not by_person(event):
            return None
        if event.get("type") == "app_mention":
            return self.said(event, public=True)
        if event.get("type") == "message" and event.get("channel_type") == "im":
            return self.said(event, public=False)
        return None

    def said(self, event: Mapping[str, Any], *, public: bool) -> Ask:
        """Return the ask of a message whose words are for Parley, answered in its thread or in one that it begins."""
        channel, user, ts = (identifier(event.get(key)) for key in ("channel", "user", "ts"))
        words, root = self.words(event), thread_of(event)
        return ask_for(
            Target(channel, user, root or ts or None, public=True, pane=not public, begins=root is None),
            key=f"message:{channel}:{ts}",
            place=self.slack.place(channel, root if public else None),
            meant=Typed(words),
            said={**event, "type": "message"},
            title="" if root else " ".join(words.split())[:MOST_TITLE],
        )

    def words(self, event: Mapping[str, Any]) -> str:
        """Return what the message says beside Parley's name."""
        text = re.sub(rf"<@{re.escape(self.slack.me)}(?:\|[^>]*)?>[,:]?", " ", string(event.get("text")))
        return spoken(plain_from_slack(LABELLED.sub(r"<@\1>", text)))

    def mentions_me(self, event: Mapping[str, Any]) -> bool:
        """Return whether the message names Parley, so that it comes a second time as a mention."""
        return mentions(event, self.slack.me)

    def reaction(self, event: Mapping[str, Any]) -> AskingReaction | None:
        """Return what a reaction asks for, if anything."""
        item, user = mapping(event.get("item")), identifier(event.get("user"))
        channel, ts = identifier(item.get("channel")), identifier(item.get("ts"))
        kind = event.get("type")
        if kind not in ("reaction_added", "reaction_removed") or not (channel and ts and user) or user == self.slack.me:
            return None
        name, removed = string(event.get("reaction")).partition("::")[0], kind == "reaction_removed"
        if not removed and offered(self.commands, "text") and (language := language_of_slack_name(name)):
            return AskingReaction(channel, ts, user, language=language)
        mine = event.get("item_user") == self.slack.me
        if mine and name in VERDICTS and self.has(FEEDBACK):
            return AskingReaction(channel, ts, user, verdict=VERDICTS[name], removed=removed)
        return None

    # Buttons

    def _button(self, body: Mapping[str, Any]) -> Ask | None:
        action = next(mappings(body.get("actions")), {})
        identity = string(action.get("action_id"))
        if mapping(body.get("view")) or identity in {"", CANCEL}:
            return None  # App Home serves its own, and cancelling asks for nothing
        intent = decode(string(action.get("value"))) if identity.startswith((DO, SHARE)) else None
        container = mapping(body.get("container"))
        asked = self._pressed(body, f"action:{_trigger(body) or string(action.get('action_ts'))}")
        thread = identifier(container.get("thread_ts")) or thread_of(mapping(body.get("message")))
        target = replace(asked.target, thread=thread or None, pane=bool(thread) and asked.place.channel.startswith("D"))
        share = identity == SHARE and intent is not None
        asked = replace(asked, shared=share, meant=intent or OLD_BUTTON)
        return readdressed(asked, replace(target, public=share))

    def _message_shortcut(self, body: Mapping[str, Any]) -> Ask | None:
        message, kind = mapping(body.get("message")), string(body.get("callback_id"))
        if kind == ASK_THREAD and offered(self.commands, "question"):
            return None  # opens a form first
        asked = self._pressed(body, f"shortcut:{_trigger(body)}")
        root = thread_of(message) or identifier(message.get("ts"))
        meant: Intent | Reply = self.unknown(f"shortcut “{kind}”")
        if kind == SUMMARIZE_THREAD and (command := offered(self.commands, "window")):
            meant = Intent(command.name, window=Window(thread=root))
        elif kind == TRANSLATE_MESSAGE and (command := offered(self.commands, "text")):
            meant = Intent(command.name)
        asked = replace(asked, place=replace(asked.place, thread=root), said=message, about=True, meant=meant)
        return readdressed(asked, replace(asked.target, thread=thread_of(message)))

    def _submission(self, body: Mapping[str, Any]) -> Ask | None:
        view = mapping(body.get("view"))
        form, kind = _form(view), string(view.get("callback_id"))
        kept = _metadata(view)
        user = identifier(mapping(body.get("user")).get("id"))
        channel = identifier(form.get("channel")) or identifier(kept.get("channel"))
        root = identifier(kept.get("thread")) or None
        words = string(form.get("words"))
        question = offered(self.commands, "question")
        name = string(form.get("command")) or (question.name if question else "")
        if kind not in (ASK_THREAD, PICK_CHANNEL) or not (channel and name):
            return None
        return ask_for(
            Target(channel if root else "", user, root, string(kept.get("response_url"))),
            key=f"view:{_trigger(body) or identifier(view.get('id'))}",
            place=self.slack.place(channel, root),
            meant=Intent(name, words, Window(thread=root)) if root else Typed(words, name),
        )

    def _pressed(self, body: Mapping[str, Any], key: str) -> Ask:
        container = mapping(body.get("container"))
        channel = identifier(mapping(body.get("channel")).get("id")) or identifier(container.get("channel_id"))
        user = identifier(mapping(body.get("user")).get("id"))
        target = Target(channel, user, response_url=string(body.get("response_url")))
        return ask_for(target, key, self.slack.place(channel), OLD_BUTTON)

    def unknown(self, what: str) -> Reply:
        """Return the polite answer to what this version doesn't know."""
        return Reply(f"I don't know the {what}.", notes=(f"I answer to {known(self.commands)}.",))


def thread_of(message: Mapping[str, Any]) -> str | None:
    """Return the root of the thread that the message is a reply in, or None for a root itself."""
    root = identifier(message.get("thread_ts"))
    return root if root and root != message.get("ts") else None


def _trigger(body: Mapping[str, Any]) -> str:
    return string(body.get("trigger_id"))


def _metadata(view: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        return mapping(json.loads(string(view.get("private_metadata")) or "{}"))
    except ValueError:
        return {}


def _form(view: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what a form's inputs hold, by their block's id."""
    options = {}
    for block, inputs in mapping(mapping(view.get("state")).get("values")).items():
        for state in mapping(inputs).values():
            fields = mapping(state)
            chosen = string(mapping(fields.get("selected_option")).get("value"))
            options[block] = string(fields.get("value")) or string(fields.get("selected_conversation")) or chosen
    return options
