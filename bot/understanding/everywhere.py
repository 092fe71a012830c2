"""Recognises that words mean every channel that the asker may read: "ask everywhere who is on call", in five languages.

A question may speak of everywhere itself ("does it rain everywhere?"), so in one the word counts only at the front,
behind a verb that searches, or set off at the end. Pure; knows no platform and no model.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from adapters.chat import Intent, Typed
from bot.understanding.parse import POLITE, Heard, understand

EVERYWHERE = "everywhere"  # the option of an intent that means every channel
LOOKED_AT = 600  # characters of what was typed

PLACES = (
    r"(?:everywhere"
    r"|(?:in|across|over|through|from|on|of)\s+(?:all|every|each)(?:\s+of)?(?:\s+(?:the|my|our))?\s+channels?"
    r"|all\s+(?:(?:the|my|our)\s+)?channels|across\s+the\s+(?:whole\s+)?(?:workspace|server)"
    r"|(?:em|por|de)\s+todos?\s+o\s+lado|(?:em|por)\s+tod[ao]\s+(?:a\s+)?(?:lado|parte)"
    r"|(?:em|de|por)?\s*todos\s+os\s+(?:(?:meus|nossos)\s+)?canais"
    r"|(?:en|por|de)\s+tod[ao]s\s+(?:las\s+partes|partes|lados)"
    r"|(?:(?:en|de|por)\s+)?todos\s+los\s+(?:(?:mis|nuestros)\s+)?canales"
    r"|(?:ü|u|ue)berall|(?:(?:in|aus|von)\s+)?allen?\s+(?:(?:meinen|unseren)\s+)?kan(?:ä|ae|a)len?"
    r"|partout|(?:(?:dans|de|sur)\s+)?tous\s+(?:les|mes|nos)\s+(?:canaux|salons))"
)
SEARCH = (
    r"(?:ask|search|look|find|check|pergunt\w+|procur\w+|busc\w+|pregunt\w+|frag\w*|such\w*|demand\w+|cherch\w+)"
    r"(?:\s+(?:please|bitte|por\s+favor|nach))?"
)
FOR = r"(?:for|nach|por|pelo|pela|sobre|après)\s+"
HEAD = re.compile(rf"^\W*(?P<verb>{SEARCH}\s+)?{PLACES}\b(?P<stop>\s*[:,;\u2013\u2014-])?\s+(?:{FOR})?", re.IGNORECASE)
TAIL = re.compile(rf"(?:(?<=[?!.…])\s*|\s*[,;(\u2013\u2014]\s*)\(?{PLACES}\W*$", re.IGNORECASE)
ANYWHERE = re.compile(rf"(?<!\w){PLACES}(?!\w)", re.IGNORECASE)


def widened(typed: Typed, heard: Heard) -> Intent | None:
    """Return the intent of words that mean every channel that the asker may read; None where they don't.

    Raises UsageError as `understand` does.
    """
    for narrower, firm in _readings(typed):
        intent = understand(narrower, replace(heard, thread=None))
        row = next((each for each in heard.commands if each.name == intent.name), None)
        if row is not None and row.everywhere and (firm or row.argument != "question"):
            return of_everything(intent)
    return None


def of_everything(intent: Intent) -> Intent:
    """Return the intent as it is meant of every channel."""
    return replace(intent, options={**intent.options, EVERYWHERE: "yes"})


def narrowed(intent: Intent) -> Intent:
    """Return the intent as it is meant of one channel."""
    return replace(intent, options={name: value for name, value in intent.options.items() if name != EVERYWHERE})


def is_of_everything(intent: Intent) -> bool:
    """Return whether every channel is meant."""
    return EVERYWHERE in intent.options


def _readings(typed: Typed) -> Iterator[tuple[Typed, bool]]:
    """Yield the words without those that mean every channel, and whether these can mean nothing else."""
    words = POLITE.sub("", typed.words.strip())
    head, tail = words[:LOOKED_AT], words[LOOKED_AT:]
    begun = HEAD.match(head + " ")
    if begun and (begun["verb"] or begun["stop"] or typed.command):
        rest = (head + " ")[begun.end() :].rstrip(" ") + tail
        yield replace(typed, words=rest, command=typed.command or ("ask" if begun["verb"] else "")), True
    elif not tail and (ended := TAIL.search(head)):
        yield replace(typed, words=head[: ended.start()]), True
    if ANYWHERE.search(head):
        yield replace(typed, words=" ".join(ANYWHERE.sub(" ", head, count=1).split()) + tail), False
    if typed.options:
        shorter = {name: " ".join(ANYWHERE.sub(" ", text).split()) for name, text in typed.options.items()}
        if shorter != typed.options:
            yield replace(typed, options={name: text for name, text in shorter.items() if text}), True
