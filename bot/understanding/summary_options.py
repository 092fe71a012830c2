"""Reads from people's words how they would like their summary: how many points, about what, in which language."""

import re
from dataclasses import dataclass

from bot.understanding.classifier import is_language
from nlp.text.names import code_of

MOST = 30  # points that anybody gets
NUMBERS = {
    word: number
    for number, words in enumerate(
        ("one um uno ein une", "two dois dos zwei deux", "three três tres drei trois", "four quatro cuatro vier quatre",
         "five cinco fünf cinq", "six seis sechs", "seven sete siete sieben sept", "eight oito ocho acht huit",
         "nine nove nueve neun neuf", "ten dez diez zehn dix"), 1)
    for word in words.split()
}  # fmt: skip
POINTS = re.compile(
    rf"\b(?P<points>\d{{1,3}}|{'|'.join(NUMBERS)})\s+(?:\w+\s+)?"
    r"(?:bullets?|bullet points?|points?|lines?|sentences?|pontos?|puntos?|punkten?|frases?|phrases?|sätzen?)\b",
    re.IGNORECASE,
)
LANGUAGE = re.compile(r"\b(?:in|em|en|auf|into|to)\s+(?P<language>[^\W\d_]{2,})\b", re.IGNORECASE)
FOCUS = re.compile(
    r"\b(?:about|regarding|concerning|only|sobre|apenas|só|solo|über|nur|seulement|uniquement)\s+"
    r"(?:(?:about|on|sobre|über|sur|the|o|a|os|as|el|la|los|las|den|die|das|le|les)\s+)*(?P<focus>[^,.;?!]+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """The wishes for a summary; None and "" stand for nothing."""

    points: int | None = None
    focus: str = ""
    language: str | None = None


def wishes(words: str) -> Wishes:
    """Return the wishes in the words; whatever else they say is passed over."""
    match = POINTS.search(words)
    rest = POINTS.sub(",", words)
    named = next((each for each in LANGUAGE.finditer(rest) if is_language(each["language"])), None)
    rest = rest.replace(named[0], ",") if named else rest
    focus = FOCUS.search(rest)
    return Wishes(
        _points(match["points"]) if match else None,
        re.sub(r"\s+(?:in|em|en|auf)$", "", focus["focus"].strip()) if focus else "",
        code_of(named["language"]) if named else None,
    )


def _points(word: str) -> int:
    return min(max(NUMBERS.get(word.casefold()) or int(word), 1), MOST)
