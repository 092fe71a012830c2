"""The forms that open before a question can be read: what to ask about a thread, which channel to look at."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.chat import Command
from adapters.platform import replies
from adapters.slack.requests import ASK_THREAD, PICK_CHANNEL, thread_of
from adapters.slack.words import say
from adapters.text.coerce import identifier, mapping, string

MOST_WORDS = 1_000
MOST_DESCRIPTION = 75
MOST_TITLE = 24


def ask_form(body: Mapping[str, Any], locale: str = "") -> dict[str, Any]:
    """Return the form behind the shortcut *Ask about this thread*."""
    message = mapping(body.get("message"))
    kept = {
        "channel": identifier(mapping(body.get("channel")).get("id")),
        "thread": thread_of(message) or identifier(message.get("ts")),
        "response_url": string(body.get("response_url")),
    }
    blocks = [_words(say("Your question", locale), optional=False)]
    return _form(ASK_THREAD, ("Ask about a thread", "Ask"), blocks, kept, locale)


def channel_form(commands: Sequence[Command], locale: str = "") -> dict[str, Any]:
    """Return the form behind the global shortcut: a channel, and what to do with it."""
    about = [command for command in commands if command.takes("window")]
    words = _words(say("A question, or which messages (last 50, today …)", locale), optional=True)
    blocks = [_channel(locale), _commands(about, locale), words]
    return _form(PICK_CHANNEL, ("Look at a channel", "Go"), blocks, {}, locale)


def _form(
    callback: str, labels: tuple[str, str], blocks: list[Any], kept: Mapping[str, str], locale: str
) -> dict[str, Any]:
    title, submit = (say(label, locale)[:MOST_TITLE] for label in labels)
    return {
        "type": "modal",
        "callback_id": callback,
        "title": _plain(title),
        "submit": _plain(submit),
        "close": _plain(say(replies.CANCEL, locale)),
        "private_metadata": json.dumps(kept),
        "blocks": blocks,
    }


def _words(label: str, *, optional: bool) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": "words", "multiline": True, "max_length": MOST_WORDS}
    return {"type": "input", "block_id": "words", "optional": optional, "label": _plain(label), "element": element}


def _channel(locale: str) -> dict[str, Any]:
    element = {
        "type": "conversations_select",
        "action_id": "channel",
        "default_to_current_conversation": True,
        "filter": {"include": ["public", "private", "mpim"], "exclude_bot_users": True},
    }
    return {"type": "input", "block_id": "channel", "label": _plain(say("Channel", locale)), "element": element}


def _commands(commands: Sequence[Command], locale: str) -> dict[str, Any]:
    options = [
        {"text": _plain(say(command.summary, locale)[:MOST_DESCRIPTION]), "value": command.name} for command in commands
    ]
    element = {"type": "static_select", "action_id": "command", "options": options, "initial_option": options[0]}
    return {"type": "input", "block_id": "command", "label": _plain(say("What to do", locale)), "element": element}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}
