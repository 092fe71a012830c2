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
TALK = "discussion|conversation|debate|talk|chat|thread|argument|topic|exchange|thing|business|story"
TALKS = (
    "discussion|discussão|discusión|conversation|conversa|conversación|debate|débat|debatte|talk|charla|chat|thread|hilo"
    "|fil|tópico|topic|thema|diskussion|gespräch|unterhaltung"
)
NO_SUBJECT = (  # what stands beside "discussion", or behind "summarize the", and doesn't say what it is about
    "the this that last latest whole entire full long short recent current previous above below following new old"
    " first second main same general other group team channel open unread slack discord today's yesterday's today"
    " yesterday morning morning's afternoon evening day days week week's weeks weekly month months daily all my your"
    " our earlier interesting important heated ongoing rest best most discussions? conversations? messages? chats? talk"
    " threads? room text article document link page pdf file e-?mail post comments? answers? questions? decisions?"
    " tasks? points? key highlights news situation history status state progress mood activity summary meeting call"
    " please bitte por standup top past content everything something what which who que qué quoi"
    " hoje ontem hoy ayer heute gestern hier semana semaine matin manhã mañana dia día mês mes canal canais grupo"
    " groupe equipa equipe équipe sala conversas? conversa mensage\\w* mensajes? messages? discussão discusión charla"
    " debate débat última?s? último?s? letzte\\w* ganze\\w* todo tout toute tudo texto mais más thread hilo fil kanal"
    " gruppe nachricht\\w* gespräch diskussion unterhaltung dernier\\w* reunião reunión réunion besprechung"
)
_NOT = rf"(?!(?:{'|'.join(NO_SUBJECT.split())}|\w+day(?:'s)?)\b)"
NAMED_BEFORE = re.compile(
    rf"\b(?:the|our|that|this|a)\s+(?P<focus>(?:{_NOT}[\w'+#.-]+\s+){{1,3}})(?:{TALK})\b(?!\s+(?:about|on|regarding)\b)",
    re.IGNORECASE,
)
NAMED_AFTER = re.compile(
    rf"\b(?:{TALKS})\s+(?:(?:on|regarding|around|de la|del|das|dos|d[aoe]|des|du|sur|à propos d[eu]|zum|zur|um|zu)\s+"
    r"|(?:de )?l'|d')(?:(?:the|o|a|os|as|el|la|los|las|le|les|den|die|das)\s+)?"
    rf"(?P<focus>{_NOT}[^\W\d_][^,.;?!]{{0,80}})",
    re.IGNORECASE,
)
COMPOUND = re.compile(
    r"\b(?:die|das|der)\s+(?P<focus>[^\W\d_]{3,30}?)s?(?:diskussion|debatte|gespräch)\b", re.IGNORECASE
)
ORDERED = (
    r"(?:summari[sz]e|sum up|recap|tl;?dr|summary|(?:faz |me |haz )?(?:um |un )?resum(?:o|e|a|ir|en)|résume[rz]?|fasse?"
    r"|zusammenfassung)"
)
SUBJECT = re.compile(
    rf"^{ORDERED}\s+(?:of\s+|for me\s+)?(?:(?:the|our|o|a|os|as|do|da|dos|das|el|la|los|las|del|le|les|du|des|den"
    rf"|die|der)\s+|l'|de l')(?P<focus>(?:{_NOT}[\w'+#.-]+\s*){{1,3}}?)(?:zusammen(?:fassen)?|please|bitte|por favor"
    r"|for (?:me|us))?[\s.!?]*$",
    re.IGNORECASE,
)
TAIL = re.compile(
    r"(?<!\s)\s+(?:in|em|en|auf|zusammen(?:fassen)?|please|bitte|por favor|for me|para mim|für mich)$", re.IGNORECASE
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
    return Wishes(
        _points(match["points"]) if match else None,
        focused(rest),
        code_of(named["language"]) if named else None,
    )


def focused(words: str) -> str:
    """Return what a summary is to be about, "" where that isn't said: "about the outage", "the outage discussion"."""
    for pattern in (FOCUS, NAMED_BEFORE, NAMED_AFTER, COMPOUND, SUBJECT):
        if found := pattern.search(words):
            return TAIL.sub("", found["focus"].strip())
    return ""


def _points(word: str) -> int:
    return min(max(NUMBERS.get(word.casefold()) or int(word), 1), MOST)
