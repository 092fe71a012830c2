"""Buttons that survive a restart: an intent as a button's value, and back.

Slack keeps 2,000 characters with a button. The value carries its version; one that can't be read is no intent, and the
person is told so.
"""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from adapters.chat import EVERYTHING, Intent, Window
from adapters.untrusted import mapping, string

VERSION = 1
MOST = 2_000
PACKED = "z"
MOST_UNPACKED = 100_000
DO, SHARE = "parley.do", "parley.share"


def encode(intent: Intent) -> str | None:
    """The intent as a button's value; None for one that is too long."""
    document: dict[str, Any] = {"v": VERSION, "n": intent.name}
    document |= {"a": intent.argument} if intent.argument else {}
    document |= {"o": dict(intent.options)} if intent.options else {}
    document |= {"w": window} if (window := _window(intent.window)) else {}
    value = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    if len(value) > MOST:
        value = PACKED + base64.b64encode(zlib.compress(value.encode(), 9)).decode()
    return value if len(value) <= MOST else None


def decode(value: str) -> Intent | None:
    """The intent of a button; None for a value of another version or none at all."""
    try:
        document = mapping(json.loads(_unpacked(value)))
        if document.get("v") != VERSION or not string(document.get("n")):
            return None
        options = {key: string(text) for key, text in mapping(document.get("o")).items()}
        return Intent(string(document["n"]), string(document.get("a")), _read_window(document.get("w")), options)
    except (ValueError, TypeError, OverflowError, zlib.error):
        return None


def pinned(intent: Intent, at: datetime) -> Intent:
    """The intent with its window ending at `at`, so that it later means the messages that it means now."""
    window = intent.window
    since = at - window.within if window.within is not None and window.since is None else window.since
    within = None if window.within is not None and window.since is None else window.within
    return replace(intent, window=replace(window, since=since, within=within, until=window.until or at))


def _unpacked(value: str) -> str:
    if not value.startswith(PACKED):
        return value
    return zlib.decompressobj().decompress(base64.b64decode(value[1:], validate=True), MOST_UNPACKED).decode()


def _window(window: Window) -> Mapping[str, Any]:
    said = {
        "last": window.last,
        "since": window.since.isoformat() if window.since else None,
        "until": window.until.isoformat() if window.until else None,
        "within": window.within.total_seconds() if window.within is not None else None,
        "thread": window.thread,
        "unread": window.unread or None,
    }
    return {key: value for key, value in said.items() if value is not None}


def _read_window(value: Any) -> Window:
    said = mapping(value)
    if not said:
        return EVERYTHING
    return Window(
        last=int(said["last"]) if "last" in said else None,
        since=datetime.fromisoformat(said["since"]) if "since" in said else None,
        until=datetime.fromisoformat(said["until"]) if "until" in said else None,
        within=timedelta(seconds=said["within"]) if "within" in said else None,
        thread=string(said.get("thread")) or None,
        unread=said.get("unread") is True,
    )
