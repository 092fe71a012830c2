"""Reads what somebody wants translated, from and into which language, in whatever order they say it.

"to Portuguese: good day", "good day into Portuguese, please", "the following to German …", "“good day” auf Deutsch?":
a language counts where a preposition stands before its name, at the beginning or the end of the words.
"""

import re
from dataclasses import dataclass

from bot.understanding.classifier import is_language
from nlp.text.names import NAMES

NAME = r"[^\W\d_]{2,}(?:-[^\W\d_]{2,4})?(?:\s[^\W\d_]+){0,2}?"
INTO = r"(?:(?:in)?to|para|em|ao?|en|al?|auf|ins?|nach|vers)(?:\s+(?:the|o|el|das))?\b|->|→|=>"
OUT_OF = r"(?:from|de|do|del|von|vom|aus dem|du)(?:\s+(?:the|o|el))?\b"
PLEASE = r"(?:,?\s*(?:please|pls|por\s+favor|bitte|s'il\s+(?:te|vous)\s+pla[iî]t|thanks|for\s+me))?"
WHAT = (  # what stands for a text that is said elsewhere
    r"(?:(?:this|that|it|these|isto|isso|esto|eso|das|dies|dies\w+|[cç]a|ceci|cela)"
    r"(?:\s+(?:text|message|sentence|line|texto|mensagem|mensaje|frase|nachricht|satz|phrase|messages))?"
    r"|(?:the\s+)?following(?:\s+(?:text|message|sentence|lines?|words?))?"
    r"|(?:the\s+)?(?:text|message|sentence|words?)(?:\s+below)?"
    r"|o\s+seguinte|lo\s+siguiente|(?:das\s+)?folgende[sn]?|ce\s+qui\s+suit)"
)
VERB = re.compile(
    r"^(?:\W*(?:please|pls|bitte|por\s+favor|hey|can\s+you|could\s+you|would\s+you|kannst\s+du|podes|puedes|peux-tu),?\s+)*"
    r"(?:translat\w+|trad[uú][zct]\w*|traduis\w*|traduire|[üu]bersetz\w*|[üu]bertrag\w*)(?:\s+(?:me|mir|moi|bitte))?\b[:,]?\s*",
    re.IGNORECASE,
)
SAYING = re.compile(  # what begins a question for how a text is said in a language
    r"^\W*(?:how\s+(?:(?:do|would|can|should)\s+(?:you|i|we|one|people)|to)\s+(?:say|write)|what(?:['\u2019]s|\s+is)"
    r"|wie\s+(?:sagt|schreibt|sage)\s+(?:man|ich)|was\s+hei(?:ß|ss)t|c[oó]mo\s+se\s+(?:diz|dice|escribe|escreve)"
    r"|comment\s+(?:dit-on|dire|(?:est-ce\s+qu['\u2019])?on\s+dit))\s+",
    re.IGNORECASE,
)
HEAD = {
    name: re.compile(
        rf"^(?:(?P<what>{WHAT})\s+)?(?P<before>{before})\s*(?:l['\u2019])?(?P<language>{NAME}){PLEASE}"
        r"(?P<colon>\s*[:,]|\s+[-\u2013\u2014](?=\s))?(?:\s+|$)",
        re.IGNORECASE,
    )
    for name, before in (("to", INTO), ("from", OUT_OF))
}
TAIL = {
    name: re.compile(
        rf"(?:^|(?<=[\"”».!?])\s*|[\s,]+)(?P<before>{before})\s*(?:l['\u2019])?(?P<language>{NAME}){PLEASE}[\s.!?]*$",
        re.IGNORECASE,
    )
    for name, before in (("to", INTO), ("from", OUT_OF))
}
SECOND = re.compile(
    rf"\b(?P<first>[^\W\d_]+)(?:\s*[,&]|\s+(?:and|und|et|e|y))\s+(?P<more>[^\W\d_]+){PLEASE}[\s.!?]*$", re.IGNORECASE
)
SECOND_AHEAD = re.compile(r"\s*(?:[,&]|\b(?:and|und|et|e|y)\b)\s*(?P<more>[^\W\d_]+)\s*:\s*", re.IGNORECASE)
ENDING = re.compile(rf"{PLEASE}[\s.!?]*$", re.IGNORECASE)
LONGER = re.compile(r"^(?P<more>[^\W\d_]+)\b\s*[:,]?\s*")
REACH = 80  # characters at either end in which a language is looked for
ELSEWHERE = re.compile(rf"^(?:{WHAT})?{PLEASE}[\s.!?:]*$", re.IGNORECASE)
QUOTED = re.compile(r"^[\"“„«'](?P<text>[^\"“”„«»]+)[\"”“»']$")
WORDS_TOO = frozenset({"it", "no", "is", "so", "am", "as", "be", "my", "he", "hi", "la", "id", "us", "me", "da", "de"})


ORDER = re.compile(
    r"^\W*(?:(?:please|pls|bitte|por\s+favor|hey),?\s+)?"
    r"(?:translate|traduz(?:a|ir)?|traduce|traduzca|traduis(?:ez)?|[üu]bersetz(?:e|en)?)\s",
    re.IGNORECASE,
)  # a verb that orders, rather than one that tells of translating


@dataclass(frozen=True, slots=True)
class WantedTranslation:
    """The text, "" where it is said elsewhere, and the languages that are named."""

    text: str
    languages: dict[str, str]


def wanted(words: str) -> WantedTranslation:
    """Return what is to be translated, of words that ask for a translation, with or without the verb."""
    rest = VERB.sub("", words.strip(), count=1)
    forms: dict[str, str] = {}
    for name in ("to", "from", "to"):
        rest = _without_head(rest, name, forms)
    rest = _without_second(rest)
    for name in ("to", "from", "to"):
        rest = _without_tail(rest, name, forms)
    text = "" if is_elsewhere(rest) else rest.strip()
    if quoted := QUOTED.match(text[:-REACH] + ENDING.sub("", text[-REACH:])):
        text = quoted["text"].strip()
    return WantedTranslation(text, forms)


def is_order(words: str) -> bool:
    """Return whether the words begin by ordering a translation into a language that they name there, before a text."""
    opening = ORDER.match(words)
    if opening is None:
        return False
    forms: dict[str, str] = {}
    rest = _without_head(words[opening.end() :], "to", forms)
    return "to" in forms and bool(rest.strip())


def is_elsewhere(words: str) -> bool:
    """Return whether the words hold no text but only point at one, such as "this, please"."""
    return ELSEWHERE.match(words) is not None


def _without_head(rest: str, role: str, found: dict[str, str]) -> str:
    """Return the words after the language that they begin with, which is put among those found."""
    match = HEAD[role].match(rest[:REACH]) if role not in found else None
    if match is None:
        return rest
    longer = LONGER.match(rest[match.end() :])
    if longer and is_language(f"{match['language']} {longer['more']}"):  # Brazilian Portuguese
        found[role] = f"{match['language']} {longer['more']}"
        return rest[match.end() + longer.end() :]
    meant = match["what"] or (match["colon"] or "").strip() == ":"
    if _names(match["language"]) or (role == "to" and (meant or match["language"].casefold() in NAMES)):
        found[role] = match["language"]
        second = SECOND_AHEAD.match(rest, match.end("language"))
        return rest[second.end() if second and _names(second["more"]) else match.end() :]
    return rest


def second_ahead(words: str) -> str:
    """Return the second language of "translate to English and German: good day", "" where none is named there."""
    rest = VERB.sub("", words[:REACH].strip(), count=1)
    first = HEAD["to"].match(rest)
    second = SECOND_AHEAD.match(rest, first.end("language")) if first and _names(first["language"]) else None
    return second["more"] if second and _names(second["more"]) else ""


def _without_tail(rest: str, role: str, found: dict[str, str]) -> str:
    """Return the words before the language that they end with, which is put among those found."""
    at = max(len(rest) - REACH, 0)
    while role not in found and (match := TAIL[role].search(rest, at)):
        word, before = match["language"], rest[: match.start()].strip()
        meant = bool(before) and ELSEWHERE.match(before) is not None
        known = word.casefold() in NAMES and word.casefold() not in WORDS_TOO
        if _names(word) or (role == "to" and (meant or known)):
            found[role] = word
            return rest[: match.start()]
        at = match.start() + 1
    return rest


def _without_second(rest: str) -> str:
    """Return the words without a second language at their end, which stays open."""
    match = SECOND.search(rest, max(len(rest) - REACH, 0))
    return rest[: match.end("first")] if match and _names(match["first"]) and _names(match["more"]) else rest


def _names(word: str) -> bool:
    """Return whether the word is a language's name or code, with a region or without one."""
    return is_language(word) or is_language(word.partition("-")[0])
