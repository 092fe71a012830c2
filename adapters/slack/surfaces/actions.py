"""Buttons that survive a restart: an intent as a button's value, for which Slack keeps 2,000 characters, and back."""

import base64
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapters.chat import Action, Intent
from adapters.platform.actions import FEEDBACK, intent_of, text_of
from adapters.slack.words import say
from adapters.text.coerce import mapping, mappings, string

MOST = 2_000
PACKED = "z"
MOST_UNPACKED = 100_000
DO, SHARE, CANCEL = "parley.do", "parley.share", "parley.cancel"
THUMBS = f"{DO}.thumbs"
UP, DOWN = ("up", "positive_button", "A good answer"), ("down", "negative_button", "Not a good answer")


def encode(intent: Intent) -> str | None:
    """Return the intent as a button's value, or None for one that is too long."""
    value = text_of(intent)
    if len(value) > MOST:
        value = PACKED + base64.b64encode(zlib.compress(value.encode(), 9)).decode()
    return value if len(value) <= MOST else None


def decode(value: str) -> Intent | None:
    """Return the intent of a button, or None for a value of another version or none at all."""
    try:
        return intent_of(_unpacked(value))
    except (ValueError, zlib.error):
        return None


def thumbs(actions: Sequence[Action], locale: str = "") -> dict[str, Any] | None:
    """Return the two thumbs among the actions as the block that Slack has for them, or None without both.

    https://docs.slack.dev/reference/block-kit/block-elements/feedback-buttons-element
    """
    values = {action.intent.argument: encode(action.intent) for action in actions if action.intent.name == FEEDBACK}
    labels = {action.intent.argument: action.label for action in actions}
    pair = {
        kind: {
            "text": {"type": "plain_text", "text": labels[word]},
            "value": values[word],
            "accessibility_label": say(spoken, locale),
        }
        for word, kind, spoken in (UP, DOWN)
        if values.get(word)
    }
    element = {"type": "feedback_buttons", "action_id": THUMBS, **pair}
    return {"type": "context_actions", "elements": [element]} if len(pair) == len((UP, DOWN)) else None


def judged(message: Mapping[str, Any]) -> str:
    """Return the token of the answer in a raw message, from the buttons under it, or "" where there are none."""
    intents = (decode(value) for value in _values(message))
    return next((each.options.get("reply", "") for each in intents if each and each.name == FEEDBACK), "")


def _values(message: Mapping[str, Any]) -> Iterator[str]:
    for block in mappings(message.get("blocks")):
        for element in mappings(block.get("elements")):
            yield string(element.get("value"))
            yield string(mapping(element.get("positive_button")).get("value"))


def _unpacked(value: str) -> str:
    if not value.startswith(PACKED):
        return value
    return zlib.decompressobj().decompress(base64.b64decode(value[1:], validate=True), MOST_UNPACKED).decode()
