"""Reads wishes for what comes round, a digest or a report of the mood: set, stopped or shown, for whom, about what.

Patterns over folded text in English, Portuguese, Spanish, German and French. When it comes is `recurrence`'s business.
"""

import re
from dataclasses import dataclass
from typing import Literal

from bot.understanding.recurrence_words import LONG
from bot.understanding.times.words import any_of, fold

READ = 600  # characters

EACH = r"(?<!of )(?:every|each|cada|todas? (?:as|las)|todos? (?:os|los)|jede[nrsm]?|chaque|tous les|toutes les)"
UNIT = (
    r"(?:(?:week|work)?days?|weeks?|months?|mornings?|evenings?|dias?|semanas?|mes(?:es)?|manhas?|mananas?|tage?|wochen?"
    rf"|monat[es]?|werktage?|morgen|abend|jours?|semaines?|mois|matins?|soirs?|{any_of(LONG)})\b"
)
REGULAR = (
    r"\b(?:daily|weekly|monthly|weekdays|diari[oa](?:mente)?|semanal(?:mente)?|mensal(?:mente)?|mensual(?:mente)?"
    r"|taglich\w*|wochentlich\w*|monatlich\w*|werktags|quotidien\w*|hebdomadaire\w*|mensuel\w*)\b"
)
ON_DAYS = (
    rf"(?:\b{EACH}\s+{UNIT}|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days\b"
    r"|\b(?:mon|diens|donners|frei|sams|sonn)tags\b|\bmittwochs\b"
    r"|\b(?:monday|segunda|lunes|montags?|lundi)(?:-feira)? (?:to|through|a|bis|au)"
    r" (?:friday|sexta|viernes|freitag|vend))"
)
WISH = (
    r"^(?:(?:please|parley|(?:could|can|would) you|(?:i|we)(?:'d| would) like|(?:i|we) (?:want|need)|podes|pode|puedes"
    r"|puede|queremos|quero|quiero|gostaria de|kannst du|(?:ich|wir) (?:mochten?|will|wollen|hatten? gern)"
    r"|(?:je|on|nous) (?:veux|veut|voulons|voudrais|voudrait|voudrions)|peux[- ]tu|tu peux|por favor|bitte)[, ]+)*"
)
SEND = (
    r"(?:post|send|schedule|set|start|deliver|dm|mail|subscribe"
    r"|envi\w+|mand\w+|publi\w+|agend\w+|program\w+|schick\w*|sende?|poste?|liefer\w*|plane?|envoi\w*|envoy\w*)\b"
)
AT = r".*\b(?:at|as|a|um|a las) \d"
GIVE = rf"(?:{SEND}|(?:give|get|make|write|share|faz\w*|haz\w*|dame|danos|da-nos|da-me|mach\w*|gib|fai(?:s|tes)"
GIVE += r"|donne\w*)\b)"
START = r"(?:schedule|set up|start|subscribe|agend\w+|program\w+|plane?|richte|abonn\w+)\b"
DIGEST = (
    r"\b(?:digests?|newsletters?|summar(?:y|ies)|recaps?|round-?ups?|resumos?|resumen(?:es)?|resumes?|boletim|boletin"
    r"|bulletin|recapitulatif|zusammenfassung(?:en)?|uberblick|ubersicht)\b"
)
NAMED_DIGEST = r"\b(?:digests?|newsletters?|boletim|boletin)\b"
REPORT = r"\b(?:moods?|reports?|relatorios?|informes?|humor|animo|stimmung\w*|berichte?|rapports?|ambiance)\b"
NAMED_REPORT = (
    r"\b(?:reports?|stimmungsberichte?|(?:relatorios?|informes?|rapports?) (?:de |d')(?:humor|animo|ambiance))\b"
)
SUM_UP = r"(?:summ?ari[sz]e|recap|sum up|resum[ae]|resumir|fasse?|resume[rz]?)\b"
END = (
    r"^(?:(?:please|por favor|bitte)[, ]+)?(?:stop|cancel|end|turn off|para[rs]?|pare|cancel\w*|termin\w*|dejen? de"
    r"|dejar?|stopp?e?|beende\w*|arrete\w*|annule\w*|acaba com)\s+(?:[^\s.,;]+\s+){0,5}?"
)


def _wishes(noun: str, named: str, *more: str) -> re.Pattern[str]:
    """Return the pattern of wishes for a `noun` that comes round, or no longer where it is called by its own name."""
    often, at_times = rf"(?:{ON_DAYS}|{REGULAR})", rf"(?:{ON_DAYS}|{REGULAR}{AT})"
    patterns = (
        rf"{WISH}{SEND}.*{noun}.*{often}",
        rf"{WISH}{GIVE}.*(?:{noun}.*{at_times}|{at_times}.*{noun}|{REGULAR}.*{noun}{AT})",
        rf"{WISH}{START}.*{REGULAR}.*{noun}",
        rf"{WISH}(?<=[, ])(?:a|an|um|uma|un|una|eine?n?|une) (?:\S+ ){{0,3}}?{noun}.*{at_times}",
        rf"{WISH}(?<=[, ])(?:a|an|um|uma|un|una|eine?n?|une) {REGULAR}\s+{noun}{AT}",
        rf"{WISH}(?<=[, ]){at_times}.*{noun}",
        rf"^{ON_DAYS}.*{SEND}.*{noun}",
        rf"{END}{named}",
        rf"{END}{noun}.*{often}|{END}{often}\s+{noun}",
        rf"^{named}.*{often}|^{named}\s+(?:stop|off|list|status|show)\W*$",
        *more,
    )
    return re.compile("|".join(f"(?:{each})" for each in patterns), re.DOTALL)


ROUNDS = {
    "report": _wishes(REPORT, NAMED_REPORT, rf"{WISH}{GIVE}.*{REPORT}.*{REGULAR}"),
    "digest": _wishes(DIGEST, NAMED_DIGEST, rf"{WISH}{SUM_UP}.*{ON_DAYS}"),
}
NAME = re.compile(r"/?(?:report|digest)\b[:,]?", re.IGNORECASE)
LIST = re.compile(r"(?:list|show|status|lista|liste)?", re.IGNORECASE)
OFF = re.compile(rf"(?:stop|off|cancel|end|aus|desliga\w*|apaga\w*)\b[^:\d]*|{END}.*", re.DOTALL)
DIRECT = (
    r"(?:(?:in|by|as|via|per|por|como|par|als) )?(?:an? |uma |un |eine? )?(?:dms?|direct messages?|private messages?"
    r"|mensagem (?:direta|privada)|mensaje (?:directo|privado)|(?:direkt|privat)nachricht|message (?:prive|direct))"
)
OWN = re.compile(
    r"\b(?:(?:to|for|para|a|an|fur) )?(?:me|mim|mi|mir|mich|moi|myself)\b(?! gust)"
    rf"|\b(?:privately|directly)\b|\b{DIRECT}\b"
)
SENT_TO_ME = re.compile(r"\b(?:(?:envi|mand|public)ame|dame|hazme)\b")
ALL = re.compile(
    r"\b(?:everywhere|everything|(?:of |about |for |from )?(?:all|every) (?:of )?(?:the |my |your |our )?channels?"
    r"|(?:of |about |from )?(?:all|everything) (?:that )?(?:i|we) (?:may|can) (?:read|see)"
    r"|(?:de |em )?todos os (?:meus )?canais|tudo(?: o que (?:eu )?posso ler)?|em todo o lado"
    r"|(?:de |en )?todos (?:los|mis) canales|todo lo que puedo leer|en todas partes"
    r"|(?:von |in |aus )?alle[nr]? (?:meine[nr]? )?kanale?n?|uberall|alles(?:,? was ich lesen (?:kann|darf))?"
    r"|(?:de |dans )?tous (?:les|mes) (?:salons|canaux)|partout|tout ce que je peux lire)\b"
    r"|^\W*(?:me\s+)?all\b(?=\s*$|\s+(?:off|stop|daily|weekly|monthly|weekdays|every|each|mon|tue|wed|thu|fri|sat|sun"
    r"|\d))"
)
CHANNEL = re.compile(
    r"(?:\b(?:in|of|from|about|for|on|and|em|do|da|de|e|en|y|von|aus|im|und|et|dans)\s+)*"
    r"(?:<#(?P<id>\w+)(?:\|[^<>]*)?>|(?<![\w#/&])#(?P<name>[^\W_](?:[\w-]{0,98}\w)?))"
)


@dataclass(frozen=True, slots=True)
class Round:
    """A wish about what comes round: whether it is set, stopped or shown, and the words that say when.

    `own` says that it is for the asker alone, `everything` that it is about all that they may read, else about the
    `channels` that are named, by name or id, or the one where it is said.
    """

    change: Literal["", "set", "stopped"]
    when: str = ""
    own: bool = False
    everything: bool = False
    channels: tuple[str, ...] = ()


def comes_round(words: str) -> str | None:
    """Return the command that the words ask for by something that comes round, None where they don't."""
    plain = fold(words[:READ]).strip()
    return next((name for name, pattern in ROUNDS.items() if pattern.search(plain)), None)


def read(words: str) -> Round:
    """Return what is wished of a command's argument, or of free text that `comes_round`."""
    head = words[:READ].strip()
    rest = NAME.sub("", head, count=1) if NAME.match(head) else head
    channels = tuple(dict.fromkeys(found["id"] or found["name"] for found in CHANNEL.finditer(rest)))
    _, rest = _without(CHANNEL, rest)
    everything, rest = _without(ALL, rest)
    own, rest = _without(OWN, rest)
    own = own or SENT_TO_ME.search(fold(rest)) is not None
    plain = fold(rest).strip(" .!?,")
    change: Literal["", "set", "stopped"] = (
        "" if LIST.fullmatch(plain) else "stopped" if OFF.fullmatch(plain) else "set"
    )
    return Round(change, rest.strip(), own, everything, channels)


def _without(pattern: re.Pattern[str], text: str) -> tuple[bool, str]:
    """Return whether the pattern is found in the text as it is folded, and the text without it."""
    found = list(pattern.finditer(fold(text)))
    for each in reversed(found):
        text = f"{text[: each.start()]} {text[each.end() :]}"
    return bool(found), text
