"""Says what free text is taken for, and how surely, as JSON types: for whoever wants to see why."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapters.chat import EVERYTHING, Command, Window
from bot.errors import UsageError
from bot.understanding.classifier import guess
from bot.understanding.parse import UNKNOWN, parse


def meaning(line: str, known: Sequence[Command], now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Return what a line is taken for."""
    try:
        meant, guessed = parse(line, known, now, zone), guess(line)
    except UsageError as refusal:
        return {"intent": None, "error": str(refusal), "confidence": 0.0}
    unsure = "unsure" in meant.options
    return {
        "intent": None if unsure else meant.name,
        "argument": meant.argument,
        "window": window_document(meant.window),
        "language": meant.options.get("to"),
        **({"unknown_time": meant.options[UNKNOWN]} if UNKNOWN in meant.options else {}),
        "confidence": 1.0 if line.lstrip().startswith("/") and not unsure else guessed.confidence,
    }


def window_document(window: Window) -> dict[str, Any] | None:
    """Return the limits that a window has, or None for everything."""
    if window == EVERYTHING:
        return None
    limits = {name: getattr(window, name) for name in ("last", "since", "until", "within", "thread", "unread")}
    return {
        name: limit.isoformat() if isinstance(limit, datetime) else limit if name != "within" else limit.total_seconds()
        for name, limit in limits.items()
        if limit
    }
