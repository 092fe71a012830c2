"""Reads what people type as an Intent: commands by their table, free text by its first words and shape.

The one door of this folder. Free text always has an intent, and what is unclear is a question to the person. Knows no
platform and no model.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from adapters.chat import EVERYTHING, Command, Intent, Typed, Window
from bot.errors import UsageError
from bot.understanding import interpreting
from bot.understanding.classifier import NOTHING, guess, is_language, skeleton
from bot.understanding.interpreting import is_mode
from bot.understanding.patterns import GREETING
from bot.understanding.rounds import ROUNDS, comes_round
from bot.understanding.several import wishes
from bot.understanding.summary_options import focused
from bot.understanding.terms import concerns
from bot.understanding.times.windows import unknown_time, window
from bot.understanding.times.words import fold
from bot.understanding.translations import SAYING, VERB, WantedTranslation, is_elsewhere, is_order, wanted

HELP = Intent("help")
UNREAD_ONES = Intent("summarize", window=Window(unread=True))
WINDOWS = "Try “last 50”, “since 2h”, “yesterday evening”, “12 to 15 March”, “this week” or “unread”."
UNKNOWN = "unknown time"  # the option of an intent whose words speak of a time that nobody can read
LEARNT = frozenset({"summarize", "translate", "ask", "sentiment", "catchup", "help", NOTHING})  # what can be guessed
MOST_WORDS = 6  # of free text that begins with another command's name and means it
UNSURE = MappingProxyType({"unsure": "yes"})  # on an intent for help: nothing told what the words ask for

READ = 600  # characters in which a window and wishes are looked for; a question or a text may be longer

THREAD_WORDS = {"this thread", "the thread", "thread", "this", "this conversation", "this discussion"}

POLITE = re.compile(
    r"^(?:(?:hey|hi|please|could you|can you|would you|parley|por favor|bitte|s'il (?:te|vous) pla[iî]t)[,!]?\s+)+",
    re.IGNORECASE,
)
_SPEECH = re.compile(r"[\"“„«](?P<quoted>[^\"“„«”»]+)[\"“”»]|(?<=\w)\s*:\s+(?P<after>.+)$", re.DOTALL)
_WISHES = re.compile(
    r"\b(?:only|about|sobre|apenas|solo|über|nur|seulement)\s+[^,.;?!]+"
    r"|\b(?:in|em|en|auf|to|into)\s+(?:\d{1,2}|[^\W\d_]+)\s+(?:bullets?|points?|sentences?|lines?|pontos|puntos|punkten|frases"
    r"|phrases|sätzen)\b",
    re.IGNORECASE,
)
_THIS_THREAD = re.compile(r"^(?:this|the)\s+(?:thread|conversation|discussion)\b[\s,]*", re.IGNORECASE)
_INTO = re.compile(
    r"\b(?:in(?:to)?|to|for|para|em|a[ol]?|en|auf|ins?|nach)\s+(?:the\s+)?(?P<language>[^\W\d_]{2,})(?=\W|$)",
    re.IGNORECASE,
)
_SUMMED = re.compile(r"(?:summ?ari[sz]e|summary|recap|tl;?dr|resumo|resume[nrz]?|zusammenfassung)\s+")
_GREETED = re.compile(rf"{GREETING}(?: (?:there|again))?")


@dataclass(frozen=True, slots=True)
class Heard:
    """Holds where and when something was typed, and the commands that may have been meant."""

    commands: Sequence[Command]
    now: datetime
    zone: ZoneInfo
    thread: str | None = None


def understand(typed: Typed, heard: Heard) -> Intent:
    """Return the intent of what was typed. Raises UsageError for a time or an argument that a command can't take."""
    command = _named(typed.command, heard.commands) if typed.command else None
    if (
        command is not None
        and command.name == "translate"
        and is_mode(typed.words)
        and _named("interpret", heard.commands)
    ):
        return Intent("interpret", typed.words.strip())
    if command is None:
        meant = parse(typed.words, heard.commands, heard.now, heard.zone)
    elif typed.options is None:
        meant = _checked(command, build(command, typed.words.strip(), heard.now, heard.zone))
    else:
        meant = _with_options(command, typed.words.strip(), typed.options, heard)
    if unknown := meant.options.get(UNKNOWN):
        raise UsageError(f"I don't know that time: “{unknown}”.", WINDOWS)
    return about_thread(meant, heard.thread, heard.commands)


def asks(words: str) -> bool:
    """Return whether free text asks Parley for anything, as far as its words tell; a greeting to nobody doesn't."""
    return _name(words) not in {None, NOTHING} and not _GREETED.fullmatch(skeleton(words))


def _with_options(command: Command, words: str, options: Mapping[str, str], heard: Heard) -> Intent:
    """Return the intent of a command whose options were typed one by one."""
    windows = {option.name for option in command.options if option.kind == "window"}
    meant, rest = window(" ".join(options[name] for name in windows & set(options)), heard.now, heard.zone)
    if rest:
        raise UsageError(f"I don't know that time: “{rest}”.", WINDOWS)
    return Intent(command.name, words, meant, {name: text for name, text in options.items() if name not in windows})


def _checked(command: Command, meant: Intent) -> Intent:
    """Return the intent with nothing in its argument that the command can't take. Raises UsageError."""
    if UNKNOWN in meant.options:
        return meant
    meant = _with_subject(command, meant)
    if command.name == "summarize" and (wish := wished(meant.argument)):
        return replace(meant, argument=wish)  # "in 3 bullets", "only about the outage"
    if meant.argument and not command.argument:
        usage = f"/{command.name} {command.usage}".strip()
        raise UsageError(f"I don't understand “{meant.argument}” there.", f"Usage: `{usage}`")
    return meant


def _with_subject(command: Command, meant: Intent) -> Intent:
    """Return an order for a summary with its object as what it is to be about: "the outage"."""
    subject = focused(f"summarize {meant.argument}") if command.name == "summarize" else ""
    return replace(meant, argument=f"about {subject}") if subject and not focused(meant.argument) else meant


def parse(text: str, commands: Sequence[Command], now: datetime, zone: ZoneInfo) -> Intent:
    """Return the intent of `text`. A leading `/` makes the first word a command's name; unknown ones ask for help."""
    words, *_ = wishes(POLITE.sub("", text.strip()))
    if not words:
        return HELP
    explicit = words.startswith("/")
    if special := _special(words, commands, explicit=explicit):
        return special
    name, _, rest = words.lstrip("/").partition(" ")
    command = _named(name.rstrip(":,"), commands)
    if command is not None and (explicit or _is_meant(command, words)):
        meant = build(command, rest.strip(), now, zone)
        return _checked(command, meant) if explicit else _with_subject(command, meant)
    if explicit:
        return Intent("help", argument=name)
    return (_named("summarize", commands) and _summed(words, now, zone)) or _guess(words, commands, now, zone)


def _special(words: str, commands: Sequence[Command], *, explicit: bool) -> Intent | None:
    """Return the intent of words that tell by their shape what they are about, None for others."""
    if not explicit and (coming := comes_round(words)) and _named(coming, commands):
        return Intent(coming, words)
    if not explicit and _named("glossary", commands) and concerns(words):
        return Intent("glossary", words)
    if _named("interpret", commands) is None:
        return None
    name, _, rest = words.lstrip("/").partition(" ")
    if _named(name, commands) == _named("translate", commands) and is_mode(rest):
        return Intent("interpret", rest.strip())
    return Intent("interpret", words) if interpreting.concerns(words) else None


def _is_meant(command: Command, words: str) -> bool:
    """Return whether free text that begins with a command's name means that command (unlike "help me catch up")."""
    name = guess(words).name
    if command.name in LEARNT:
        return name in {command.name, "ask", None}
    short = len(words.split()) <= MOST_WORDS and not words.endswith("?")
    return short and (command.name not in ROUNDS or name in {"ask", "help", NOTHING, None})


def about_thread(intent: Intent, thread: str | None, commands: Sequence[Command]) -> Intent:
    """Return the intent as it is meant in `thread`: "this thread" and nothing at all mean that thread."""
    command = _named(intent.name, commands)
    rest, cut = _THIS_THREAD.subn("", intent.argument)
    named = cut > 0 or intent.argument.casefold().strip(" .!?") in THREAD_WORDS
    if (
        thread is None
        or command is None
        or not command.takes("window")
        or intent.window != EVERYTHING
        or not (named or not intent.argument)
    ):
        return intent
    return Intent(intent.name, rest.strip(" .!?") if cut else "", Window(thread=thread), intent.options)


def build(command: Command, rest: str, now: datetime, zone: ZoneInfo) -> Intent:
    """Return the intent of a command whose name is known, from the words after it."""
    asked = wanted(rest) if command.takes("language") else WantedTranslation(rest, {})
    meant, rest = _window_of(command, asked.text, now, zone)
    options = dict(asked.languages)
    unknown = unknown_time(rest, loosely=not command.argument)
    if unknown and (not command.argument or (command.argument == "text" and unknown == rest)):
        options[UNKNOWN] = unknown
    return Intent(command.name, "" if is_elsewhere(rest) else rest, meant, options)


def _window_of(command: Command, rest: str, now: datetime, zone: ZoneInfo) -> tuple[Window, str]:
    if not command.takes("window"):
        return EVERYTHING, rest
    head, tail = rest[:READ], rest[READ:]
    meant, left = window(head, now, zone)
    if command.argument and (left or tail):
        meant, left = window(head, now, zone, firm=True)
    return meant, left + tail


def _named(name: str, commands: Sequence[Command]) -> Command | None:
    wanted = name.casefold()
    return next((each for each in commands if each.typed and wanted in (each.name, *each.aliases)), None)


def _name(words: str) -> str | None:
    """Return what the words ask for; a plain order to translate a text counts, whatever that text says."""
    name = guess(words).name
    return "translate" if name == NOTHING and is_order(words) else name


def _guess(words: str, commands: Sequence[Command], now: datetime, zone: ZoneInfo) -> Intent:
    """Return the intent of free text; a question to the person where nothing tells what they want."""
    name = _name(words)
    if name == NOTHING and any(command.name == NOTHING for command in commands):
        return Intent(NOTHING, words)
    if name in {None, NOTHING}:
        return Intent("help", words, options=UNSURE)
    command = _named(str(name), commands)
    if name == "ask" or command is None:  # nobody offers to catch up: what is unread, summed up, comes nearest
        return {"ask": Intent("ask", words), "catchup": UNREAD_ONES}.get(str(name), HELP)
    if name == "translate":
        return _translation(command, words, now, zone)
    spoken = _SPEECH.search(words) if name == "sentiment" else None
    if spoken:
        return Intent(command.name, (spoken["quoted"] or spoken["after"]).strip())
    meant, rest = window(words[:READ], now, zone)
    unknown = unknown_time(rest, loosely=True)
    options = {UNKNOWN: unknown} if unknown and command.takes("window") else {}
    return Intent(command.name, wished(rest) if name == "summarize" else "", meant, options)


def _summed(words: str, now: datetime, zone: ZoneInfo) -> Intent | None:
    """Return a summary of the time that stands alone behind the word for one: "recap early November"."""
    found = _SUMMED.match(fold(words[:READ]))
    meant, left = window(words[found.end() : READ], now, zone) if found else (EVERYTHING, "")
    return Intent("summarize", "", meant) if meant != EVERYTHING and not left else None


def wished(words: str) -> str:
    """Return the part of a wish for a summary that says how it should be: its length, its subject, its language."""
    words = words[:READ]
    languages = [found[0] for found in _INTO.finditer(words) if is_language(found["language"])]
    asked = [found[0] for found in _WISHES.finditer(words)]
    if not any(map(focused, asked)) and (subject := focused(words)):
        asked.append(f"about {subject}")
    return ", ".join([*asked, *languages])


def _translation(command: Command, words: str, now: datetime, zone: ZoneInfo) -> Intent:
    """Return what to translate: all that the verb is about, or as far as it is quoted or comes after a colon."""
    if opening := VERB.match(words) or SAYING.match(words):
        meant = build(command, words[opening.end() :], now, zone)
        if meant.options:
            return meant
    spoken = _SPEECH.search(words)
    asked = words[: spoken.start()] + words[spoken.end() :] if spoken else words
    into = [found["language"] for found in _INTO.finditer(asked) if is_language(found["language"])]
    named = into or [word for word in re.findall(r"[^\W\d_]+", asked) if is_language(word)]
    text = (spoken["quoted"] or spoken["after"]).strip() if spoken else ""
    return Intent(command.name, text, options={"to": named[-1]} if named else {})
