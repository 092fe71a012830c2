"""Tells several wishes in one text apart ("recap the thread and tell me who is on call"): none is passed over."""

import re

from bot.understanding.classifier import NOTHING, QUOTED, SPOKEN_ABOUT, WORD, guess, is_language

LONGEST = 400  # characters of a text in which several wishes are separated
FEWEST = 2  # words of a wish
SURE = 0.6
AND = re.compile(
    r"(?:(?<![,;.!?])[,;.!?]+\s+|(?<!\s)\s+)(?:and|und|et|e|y|then|dann|puis|depois|luego)\s+"
    r"(?:(?:then|also|please|dann|auch|bitte|puis|aussi|depois|também|luego|también)\s+)*|(?<![;.!?])[;.!?]+\s+"
    r"|[,;]\s+(?:just|only|but|instead|mas|pero|sino|aber|sondern|mais)\s+(?!about|on|sobre|über|sur)",
    re.IGNORECASE,
)


def wishes(words: str) -> tuple[str, ...]:
    """Return the parts of free text that each ask for something of their own, in order; all of it where one does."""
    plain = SPOKEN_ABOUT.sub("", QUOTED.sub(" x ", words[:LONGEST]))
    if plain != words or not AND.search(words):  # what is quoted or spoken about can't be taken apart
        return (words,)
    parts = [part.strip(" ,.;") for part in AND.split(words)]
    asked: dict[str, str] = {}
    for part in parts:
        if name := _asks(part):
            asked.setdefault(name, part)
    if len(asked) > 1 or (asked and guess(words).name == NOTHING):
        return tuple(asked.values())
    languages = [part for part in parts[1:] if "translate" in asked and is_language(part.strip("?! "))]
    return (words, *languages)


def _asks(part: str) -> str:
    """Return the intent of a part that is surely a wish of its own, "" for others."""
    intent = guess(part)
    sure = intent.confidence >= SURE and len(WORD.findall(part)) >= FEWEST
    return intent.name if intent.name and sure and intent.name not in {NOTHING, "help"} else ""
