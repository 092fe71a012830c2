"""`parley intent`: what free text is taken for, one text or one a line, for whoever wants to see why."""

import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import typer

from adapters.chat import EVERYTHING, Command, Window
from adapters.clock import Clock
from bot import config, terminal
from bot.cli.options import AsJson, Conf, Words, given_text
from bot.errors import UsageError
from bot.intents import commands
from bot.understanding.classifier import guess
from bot.understanding.parse import UNKNOWN, parse


def intent(text: Words = None, *, conf: Conf = None, as_json: AsJson = False) -> None:
    """Say what free text asks for, or one a line from standard input; no model runs."""
    zone, now, known = config.read(conf).zone, Clock().now(), commands()
    code = terminal.DONE
    for number, line in enumerate(_lines(given_text(text)), 1):
        if not terminal.is_text(line):
            code = terminal.PARTLY
            terminal.complain(f"Line {number} isn't text in UTF-8.", "Convert the input, such as with iconv.")
            terminal.print_json({"error": f"Line {number} isn't text in UTF-8."}) if as_json else terminal.say()
            continue
        understood = _found(line, known, now, zone)
        if as_json:
            terminal.print_json(understood)
        else:
            terminal.say(f"{understood['intent'] or 'unsure'}\t{understood['confidence']:.2f}")
    raise typer.Exit(code)


def _found(line: str, known: tuple[Command, ...], now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Return what a line is taken for, as JSON types."""
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
    """Return the limits that a window has, as JSON types, or None for everything."""
    if window == EVERYTHING:
        return None
    limits = {name: getattr(window, name) for name in ("last", "since", "until", "within", "thread", "unread")}
    return {
        name: limit.isoformat() if isinstance(limit, datetime) else limit if name != "within" else limit.total_seconds()
        for name, limit in limits.items()
        if limit
    }


def _lines(text: str | None) -> Iterable[str]:
    return [text] if text is not None else (line.rstrip("\r\n") for line in sys.stdin)
