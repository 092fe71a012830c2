"""Buttons that survive a restart: an intent as a button's value, for which Slack keeps 2,000 characters, and back."""

import base64
import zlib

from adapters.actions import intent_of, text_of
from adapters.chat import Intent

MOST = 2_000
PACKED = "z"
MOST_UNPACKED = 100_000
DO, SHARE, CANCEL = "parley.do", "parley.share", "parley.cancel"


def encode(intent: Intent) -> str | None:
    """The intent as a button's value; None for one that is too long."""
    value = text_of(intent)
    if len(value) > MOST:
        value = PACKED + base64.b64encode(zlib.compress(value.encode(), 9)).decode()
    return value if len(value) <= MOST else None


def decode(value: str) -> Intent | None:
    """The intent of a button; None for a value of another version or none at all."""
    try:
        return intent_of(_unpacked(value))
    except (ValueError, zlib.error):
        return None


def _unpacked(value: str) -> str:
    if not value.startswith(PACKED):
        return value
    return zlib.decompressobj().decompress(base64.b64decode(value[1:], validate=True), MOST_UNPACKED).decode()
