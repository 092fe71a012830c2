"""What people type, as an Intent: `/commands` by the commands' table, free text by its first words and shape.

Total: every text has an answer; what is unclear is a question to the person. Knows the vocabulary and the words
of `bot.understanding.time_windows`, no platform and no model.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from adapters.chat import EVERYTHING, Command, Intent, Window
from bot.understanding.classifier import guess, is_language
from bot.understanding.time_windows import window

HELP = Intent("help")
UNSURE = MappingProxyType({"unsure": "yes"})  # on an intent for help: nothing told what the words ask for

THREAD_WORDS = {"this thread", "the thread", "thread", "this", "this conversation", "this discussion"}

_TO = re.compile(
    r"^(?:(?:this|that|it)\s+)?(?:(?:in)?to|para|em|a|en|auf|nach)\s+(?P<language>[^\W\d_]{2,}(?:-[^\W\d_]{2,4})?)\b[:,]?",
    re.IGNORECASE,
)
_FROM = re.compile(r"^(?:from|de|do|von|du)\s+(?P<language>[^\W\d_]{2,})\b[:,]?", re.IGNORECASE)
_POLITE = re.compile(r"^(?:(?:hey|hi|please|could you|can you|would you|parley)[,!]?\s+)+", re.IGNORECASE)
_SPEECH = re.compile(r"[\"“„«](?P<quoted>[^\"“”»]+)[\"“”»]|(?<=\w)\s*:\s+(?P<after>.+)$", re.DOTALL)
_WISHES = re.compile(
    r"\b(?:only|about|sobre|apenas|solo|über|nur|seulement)\s+[^,.;?!]+"
    r"|\b(?:in|em|en|auf|to|into)\s+(?:\d{1,2}|[^\W\d_]+)\s+(?:bullets?|points?|sentences?|lines?|pontos|puntos|punkten|frases"
    r"|phrases|sätzen)\b",
    re.IGNORECASE,
)
_THIS_THREAD = re.compile(r"^(?:this|the)\s+(?:thread|conversation|discussion)\b[\s,]*", re.IGNORECASE)
_OFTEN = r"(?:every|each|daily|weekly|monthly|weekdays?)\b"
_ROUND = re.compile(  # a report that comes round, or no longer
    rf"^(?:post|send|give|set|schedule|start)\b.*\b(?:report|mood)s?\b.*\b{_OFTEN}"
    rf"|^report (?:{_OFTEN}|(?:stop|list)\W*$)"
    r"|^(?:stop|cancel|end) (?:\w+ ){0,3}?reports?\b",
    re.IGNORECASE | re.DOTALL,
)
_INTO = re.compile(
    r"\b(?:in(?:to)?|to|for|para|em|a[ol]?|en|auf|ins?|nach)\s+(?:the\s+)?(?P<language>[^\W\d_]{2,})(?=\W|$)",
    re.IGNORECASE,
)


def parse(text: str, commands: Sequence[Command], now: datetime, zone: ZoneInfo) -> Intent:
    """The intent of `text`. A leading `/` makes the first word a command's name; unknown ones ask for help."""
    words = _POLITE.sub("", text.strip())
    if not words:
        return HELP
    explicit = words.startswith("/")
    if not explicit and _named("report", commands) and _ROUND.search(words):
        return Intent("report", words)
    name, _, rest = words.lstrip("/").partition(" ")
    command = _named(name.rstrip(":,"), commands)
    if command is not None and (explicit or _is_meant(command, words)):
        return build(command, rest.strip(), now, zone)
    return Intent("help", argument=name) if explicit else _guess(words, commands, now, zone)


def _is_meant(command: Command, words: str) -> bool:
    """Whether free text that begins with a command's name doesn't ask for something else ("help me catch up")."""
    return guess(words).name in {command.name, "ask", None}


def takes_text(name: str, commands: Sequence[Command]) -> bool:
    """Whether that command works on a text in a language, so that a message can be its text."""
    command = _named(name, commands)
    return command is not None and any(option.kind == "language" for option in command.options)


def read_words(words: str, thread: str | None, commands: Sequence[Command], now: datetime, zone: ZoneInfo) -> Intent:
    """The intent of free text, such as a mention, that was said in `thread` or in none."""
    return about_thread(parse(words, commands, now, zone), thread, commands)


def about_thread(intent: Intent, thread: str | None, commands: Sequence[Command]) -> Intent:
    """The intent as it is meant in `thread`: "this thread" and nothing at all mean that thread."""
    command = _named(intent.name, commands)
    rest, cut = _THIS_THREAD.subn("", intent.argument)
    named = cut > 0 or intent.argument.casefold().strip(" .!?") in THREAD_WORDS
    takes_window = command is not None and any(option.kind == "window" for option in command.options)
    if thread is None or not takes_window or intent.window != EVERYTHING or not (named or not intent.argument):
        return intent
    return Intent(intent.name, rest.strip(" .!?") if cut else "", Window(thread=thread), intent.options)


def build(command: Command, rest: str, now: datetime, zone: ZoneInfo) -> Intent:
    """The intent of a command whose name is known, from the words after it."""
    options, rest = _languages(command, rest)
    meant, rest = _window_of(command, rest, now, zone)
    return Intent(command.name, rest, meant, options)


def _languages(command: Command, rest: str) -> tuple[dict[str, str], str]:
    """The languages that are named first, from and to, and the words after them."""
    found: dict[str, str] = {}
    names = {option.name for option in command.options if option.kind == "language"}
    for _ in names:
        for name, pattern in (("to", _TO), ("from", _FROM)):
            match = pattern.match(rest) if name in names - set(found) else None
            if match and (is_language(match["language"]) or match[0].lower().startswith(("to", "into"))):
                found[name] = match["language"]
                rest = rest[match.end() :].strip()
    return found, rest


def _window_of(command: Command, rest: str, now: datetime, zone: ZoneInfo) -> tuple[Window, str]:
    if not any(option.kind == "window" for option in command.options):
        return EVERYTHING, rest
    meant, left = window(rest, now, zone)
    return window(rest, now, zone, firm=True) if command.argument and left else (meant, left)


def _named(name: str, commands: Sequence[Command]) -> Command | None:
    wanted = name.casefold()
    return next((each for each in commands if each.typed and wanted in (each.name, *each.aliases)), None)


def _guess(words: str, commands: Sequence[Command], now: datetime, zone: ZoneInfo) -> Intent:
    """The intent of free text; a question to the person where nothing tells what they want."""
    name = guess(words).name
    if name == "ask":
        return Intent("ask", words)
    if name is None:
        return Intent("help", words, options=UNSURE)
    if name == "translate":
        return _translation(words)
    command = _named(name, commands)
    if command is None:  # nobody offers to catch up: what is unread, summed up, comes nearest
        return Intent("summarize", window=Window(unread=True)) if name == "catchup" else HELP
    spoken = _SPEECH.search(words) if name == "sentiment" else None
    if spoken:
        return Intent(name, (spoken["quoted"] or spoken["after"]).strip())
    meant, rest = _window_of(command, words, now, zone)
    return Intent(name, wished(rest) if name == "summarize" else "", meant)


def wished(words: str) -> str:
    """The part of a wish for a summary that says how it should be: its length, its subject, its language."""
    languages = [found[0] for found in _INTO.finditer(words) if is_language(found["language"])]
    return ", ".join([*(found[0] for found in _WISHES.finditer(words)), *languages])


def _translation(words: str) -> Intent:
    """What to translate, as far as it is quoted or comes after a colon, and the language that is named last."""
    spoken = _SPEECH.search(words)
    asked = words[: spoken.start()] + words[spoken.end() :] if spoken else words
    into = [found["language"] for found in _INTO.finditer(asked) if is_language(found["language"])]
    named = into or [word for word in re.findall(r"[^\W\d_]+", asked) if is_language(word)]
    text = (spoken["quoted"] or spoken["after"]).strip() if spoken else ""
    return Intent("translate", text, options={"to": named[-1]} if named else {})
