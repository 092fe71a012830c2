"""An intent as a short text, and back: what a button holds, so that it still works after a restart.

The text carries its version; one that can't be read isn't an intent, and the reply says so. Knows no platform: how
much room a button has, and how a text is packed into it, each platform says itself.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from adapters.chat import EVERYTHING, Intent, Reply, Request, Window
from adapters.text.coerce import mapping, string

VERSION = 1
FEEDBACK = "feedback"  # the intent behind a thumb


def text_of(intent: Intent) -> str:
    """Return the intent as compact JSON."""
    document: dict[str, Any] = {"v": VERSION, "n": intent.name}
    document |= {"a": intent.argument} if intent.argument else {}
    document |= {"o": dict(intent.options)} if intent.options else {}
    document |= {"w": window} if (window := _window(intent.window)) else {}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def intent_of(text: str) -> Intent | None:
    """Return the intent behind such a text, or None for one of another version or none at all."""
    try:
        document = mapping(json.loads(text))
        if document.get("v") != VERSION or not string(document.get("n")):
            return None
        options = {key: string(text) for key, text in mapping(document.get("o")).items()}
        return Intent(string(document["n"]), string(document.get("a")), _read_window(document.get("w")), options)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


def as_understood(request: Request, reply: Reply) -> Request:
    """Return the request as the reply took it, for whoever asks the same again."""
    return replace(request, intent=reply.understood) if reply.understood else request


def pinned(intent: Intent, at: datetime) -> Intent:
    """Return the intent with its window ending at `at`, so that it later means the messages that it means now."""
    window = intent.window
    since = at - window.within if window.within is not None and window.since is None else window.since
    within = None if window.within is not None and window.since is None else window.within
    return replace(intent, window=replace(window, since=since, within=within, until=window.until or at))


def _window(window: Window) -> Mapping[str, Any]:
    fields = {
        "last": window.last,
        "since": window.since.isoformat() if window.since else None,
        "until": window.until.isoformat() if window.until else None,
        "within": window.within.total_seconds() if window.within is not None else None,
        "thread": window.thread,
        "unread": window.unread or None,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _read_window(value: Any) -> Window:
    fields = mapping(value)
    if not fields:
        return EVERYTHING
    return Window(
        last=int(fields["last"]) if "last" in fields else None,
        since=datetime.fromisoformat(fields["since"]) if "since" in fields else None,
        until=datetime.fromisoformat(fields["until"]) if "until" in fields else None,
        within=timedelta(seconds=fields["within"]) if "within" in fields else None,
        thread=string(fields.get("thread")) or None,
        unread=fields.get("unread") is True,
    )
