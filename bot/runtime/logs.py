"""Writes the log: lines for people on a terminal, JSON documents elsewhere, each with its request's reference.

An error's own words may quote what somebody wrote, so only its kind and place are written, and of what other libraries
say the first line.
"""

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from types import MappingProxyType
from typing import IO, Any

import structlog
from structlog.stdlib import ProcessorFormatter

from bot.redaction import shown
from bot.sections import Log

OURS = ("adapters", "bot", "nlp")
LONGEST = 300  # characters of a foreign line
LEVELS: Mapping[str, int] = MappingProxyType(
    {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
)
Event = MutableMapping[str, Any]


def start(log: Log, stream: IO[str] | None = None) -> None:
    """Write the log to `stream`, standard error by default, from now on. What was set up before is replaced."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(log.format, terminal=stream.isatty()))
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each.formatter, ProcessorFormatter)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    set_level(log.level)


def set_level(level: str) -> None:
    """Write Parley's own lines from this level on; other libraries say warnings alone."""
    for name in OURS:
        logging.getLogger(name).setLevel(LEVELS[level])


def formatter(form: str, *, terminal: bool) -> ProcessorFormatter:
    """Return what makes a line of a record: for people, or JSON; `auto` is for people on a terminal."""
    people = form == "human" or (form == "auto" and terminal)
    return ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S" if people else "iso", utc=not people),
        ],
        processors=[
            ProcessorFormatter.remove_processors_meta,
            _without_words,
            structlog.dev.ConsoleRenderer(colors=terminal, pad_event_to=0, sort_keys=True)
            if people
            else structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=True),
        ],
    )


def _without_words(logger: Any, method: str, event: Event) -> Event:
    """Return the event without the words of an error, and a foreign one as its first line."""
    del logger, method
    error = event.pop("exc_info", None)
    error = error[1] if isinstance(error, tuple) else error
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["frames"] = "".join(traceback.format_tb(error.__traceback__))
    if not str(event.get("logger", "")).startswith(OURS):
        event["event"] = shown(str(event["event"]).partition("\n")[0][:LONGEST])
    return event
