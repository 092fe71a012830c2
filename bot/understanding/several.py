"""Tells several wishes in one text apart ("recap the thread and tell me who is on call"): none is passed over."""

import re

from bot.understanding.classifier import NOTHING, QUOTED, SPOKEN_ABOUT, WORD, guess, is_language
from bot.understanding.interpreting import concerns
from bot.understanding.translations import second_ahead

LONGEST = 400  # characters of a text in which several wishes are separated
FEWEST = 2  # words of a wish
SURE = 0.6
AND = (
    r"(?:(?<![,;.!?])[,;.!?]+\s+|(?<!\s)\s+)(?:and|und|et|e|y|then|dann|puis|depois|luego)\s+"
    r"(?:(?:then|also|please|dann|auch|bitte|puis|aussi|depois|também|luego|también)\s+)*|(?<![;.!?])[;.!?]+\s+"
    r"|\s+\+\s+|[,;]\s+(?:just|only|but|instead|mas|pero|sino|aber|sondern|mais)\s+(?!about|on|sobre|über|sur)"
)
ASKING = (  # after a comma, in a text that ends by asking
    r",\s+(?=(?:who|what|when|where|how|which|quem|quando|onde|qual|como|qui[eé]n|cu[aá]ndo|d[oó]nde|wer|wann|wo|wie|was|qui"
    r"|quand|où|comment)\b)"
)
JOINTS = {asks: re.compile(f"{AND}|{ASKING}" if asks else AND, re.IGNORECASE) for asks in (False, True)}
ALSO = re.compile(r"^(?:also|auch|aussi|también|também|plus|and|oh)[,\s]+", re.IGNORECASE)


def wishes(words: str) -> tuple[str, ...]:
    """Return the parts of free text that each ask for something of their own, in order; all of it where one does."""
    if concerns(words):
        return (words,)
    if language := second_ahead(words):
        return (words, language)
    plain = SPOKEN_ABOUT.sub("", QUOTED.sub(" x ", words[:LONGEST]))
    joints = JOINTS[words.rstrip().endswith("?")]
    if plain != words or not joints.search(words):  # what is quoted or spoken about can't be taken apart
        return (words,)
    parts = [ALSO.sub("", part.strip(" ,.;")) for part in joints.split(words)]
    asked: dict[str, str] = {}
    for part in parts:
        if name := _asks(part):
            asked.setdefault(name, part)
    rest = [part for part in parts if part not in asked.values()]
    if len(asked) > 1 or (asked and guess(words).name == NOTHING and all(guess(part).name == NOTHING for part in rest)):
        return tuple(asked.values())
    languages = [part for part in parts[1:] if "translate" in asked and is_language(part.strip("?! "))]
    return (words, *languages)


def _asks(part: str) -> str:
    """Return the intent of a part that is surely a wish of its own, "" for others."""
    intent = guess(part)
    sure = intent.confidence >= SURE and len(WORD.findall(part)) >= FEWEST
    return intent.name if intent.name and sure and intent.name not in {NOTHING, "help"} else ""
