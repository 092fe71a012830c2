"""Finds where a text names a time or how long something takes, as people write it in five languages. Pure."""

import re
from collections.abc import Iterator, Sequence

from nlp.text.lexical import fold

Place = tuple[int, int]  # where it begins and ends

WEEKDAYS = (
    "monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun"
    "|(?:segunda|terca|quarta|quinta|sexta)(?:-feira)?|sabado|domingo|lunes|martes|miercoles|jueves|viernes"
    "|montags?|dienstags?|mittwochs?|donnerstags?|freitags?|samstags?|sonnabends?|sonntags?"
    "|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
)
MONTHS = (
    "january|february|march|april|june|july|august|september|october|november|december|jan|feb|apr|jun|jul|aug"
    "|sept?|oct|nov"
    "|dec|janeiro|fevereiro|marco|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro"
    "|enero|febrero|marzo|mayo|junio|julio|septiembre|octubre|noviembre|diciembre"
    "|januar|februar|marz|mai|juni|juli|oktober|dezember|janvier|fevrier|mars|avril|juin|juillet|aout"
    "|septembre|octobre"
    "|novembre|decembre"
)
SHORT = "may|mar"  # months beside a number only
UNITS = (
    "seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|segundos?|minutos?|horas?|dias?"
    "|semanas?|mes(?:es)?"
    "|anos?|sekunden?|minuten?|stunden?|tagen?|tage?|wochen?|monaten?|monate?|jahren?|jahre?|secondes?|heures?|jours?"
    "|semaines?|mois|ans?|annees?"
)
COUNT = (
    r"(?:\d+(?:[.,]\d+)?|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|(?:a )?few"
    r"|(?:a )?couple of|several|half an?"
    r"|an? half|uma?|dois|duas|tres|quatro|cinco|un[ao]?|dos|cuatro|eine?[nr]?|zwei|drei|vier|funf|une?|deux"
    r"|trois|quatre|cinq)"
)
LENGTH = rf"{COUNT}(?: ?-? ?|-)(?:{UNITS})(?: and a half| e meia| y media)?"
DAY_PART = (
    r"(?: (?:morning|afternoon|evening|night|noon|de manha|a tarde|a noite|por la (?:manana|tarde|noche)|fruh"
    r"|morgen|abend|matin|soir))?"
)
NAMED = (
    r"\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d)?",
    rf"\d{{1,2}}(?:st|nd|rd|th|er|\.)?(?: (?:of|de))? (?:{MONTHS}|{SHORT})\b\.?(?:,? (?:de )?\d{{4}})?",
    rf"(?:{MONTHS}|{SHORT})\.? (?:the )?\d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}})?",
    (
        rf"(?:the )?(?:week|weekend|semana|fim de semana|fin de semana|woche|semaine) (?:of|de|vom"
        rf"|du)(?: the)? \d{{1,2}}(?:st|nd|rd|th)?"
        rf"(?: (?:of|de))? (?:{MONTHS}|{SHORT})"
    ),
    (
        rf"(?:(?:early|mid|late|the (?:start|beginning|middle|end) of|fim de|finales de|ende"
        rf"|fin)[ -])?(?:{MONTHS})(?:,? (?:de )?\d{{4}})?"
    ),
    r"\d{1,2}/\d{1,2}(?:/\d{2,4})?|\d{1,2}\.\d{1,2}\.(?:\d{2,4})?",
    r"(?:half past|quarter (?:past|to)|\d{1,2} (?:past|to)) \w+",
    (
        r"\d{1,2}[:h]\d\d(?: ?[ap]\.? ?m\b\.?)?(?: (?:utc|gmt|cet|est|pst|uhr))?|\d{1,2} ?[ap]\.?m\b\.?"
        r"|\d{1,2} (?:uhr|o ?'? ?clock|horas|heures)|\d{1,2}h\b"
    ),
    r"noon|midnight|midday|meio-dia|meia-noite|mediodia|medianoche|mittags?|mitternacht|midi|minuit",
    (
        rf"(?:(?:next|this|last|every|coming|on|proxim[ao]|na|no|el|proximo|nachsten?|kommenden?|am|jeden"
        rf"|tous les) )?(?:{WEEKDAYS})"
        rf"(?: (?:next|que vem|que viene|prochain)(?: week)?)?{DAY_PART}"
    ),
    (
        rf"(?:the day after tomorrow|tomorrow|today|yesterday|hoje|amanha|depois de amanha|ontem|hoy|ayer"
        rf"|pasado manana|heute|ubermorgen|morgen"
        rf"|gestern|aujourd'hui|apres-demain|demain|hier){DAY_PART}"
    ),
    (
        r"(?:very |really )?soon|every (?:day|week|month|year|morning|evening|night)|tonight|last night"
        r"|that (?:evening|morning|night)|this (?:morning|afternoon|evening|weekend)|right now|later today"
        r"|esta noite|esta noche|ce soir"
    ),
    (
        r"(?:(?:by|at|until|before) )?(?:the |this |next |last )(?:end of (?:the |this |next )?)?(?:week(?:end)?"
        r"|month|quarter|year|sprint|summer|winter"
        r"|spring|autumn|fall|christmas)(?! (?:of|vom) )"
    ),
    (
        r"(?:na |a )?(?:proxima|proximo|esta|este|ultima|ultimo) (?:semana|mes|ano|fim de semana)|(?:nachste|diese"
        r"|letzte)[nrs]? "
        r"(?:woche|monat|jahr|wochenende)|(?:la semaine|le mois|l'an(?:nee)?) (?:prochaine?|derniere?)"
    ),
    (
        rf"(?:in|within|daqui a|dentro de|em|en|dans|vor|seit|ha|hace|il y a|for) (?:about |around )?{LENGTH}"
        rf"|{LENGTH} (?:ago|from now|later|atras)"
    ),
    r"(?:in|since|until|by|from|em|desde|ate|en|hasta|seit|bis|depuis) (?:19|20)\d\d",
)
NAMES_TIME = re.compile(rf"(?<![\w/.-])(?:{'|'.join(NAMED)})(?![\w/])")
CLOCK = re.compile(
    r"\d[:h]\d\d|\d ?[ap]\.?m\b|\d (?:uhr|o ?'? ?clock|horas|heures)|\dh\b|noon|midnight|midi|minuit|mittag"
    r"|past|meio-dia"
)
JOINS = re.compile(
    r",? ?(?:(?:at|on|the|in|um|am|as|a|de|da|las?|le|a las|and|from|to|until|till|bis|ate|hasta|jusqu'a|-"
    r"|\u2013|around|about|,|de la"
    r"|dem|den|o|el) ?){0,3}"
)
LASTS = re.compile(rf"(?<![\w.])(?:(?:about|around|almost|over|up to|cerca de|unos|etwa|environ) )?{LENGTH}(?!\w)")
CLAUSE = re.compile(
    r"\b(?:when(?:ever)?|while|after|before|during|until|once|as soon as|quando|depois d\w+|antes d\w+|cuando"
    r"|despues de|sobald|wenn"
    r"|nachdem|bevor|quand|apres|avant) [^.!?;,]{3,80}"
)


def times(text: str) -> list[Place]:
    """Return where the text names times; what belongs together ("Tuesday 14 April at 10:00") is one."""
    plain = same_length(text)
    return list(_joined(plain, [found.span() for found in NAMES_TIME.finditer(plain)]))


def has_clock(named: str) -> bool:
    """Return whether a time says the hour."""
    return CLOCK.search(same_length(named)) is not None


def lengths(text: str) -> list[Place]:
    """Return where the text says how long something takes."""
    return [found.span() for found in LASTS.finditer(same_length(text))]


def occasions(text: str) -> list[Place]:
    """Return the clauses that tell a time by what else happens: "when the lift is fixed"."""
    return [found.span() for found in CLAUSE.finditer(same_length(text))]


def same_length(text: str) -> str:
    """Return the text folded letter by letter, so that places in it are places in the text."""
    plain = fold(text)
    if len(plain) == len(text):
        return plain
    return "".join(folded if len(folded := fold(letter)) == 1 else letter for letter in text)


def _joined(plain: str, places: Sequence[Place]) -> Iterator[Place]:
    start, end = places[0] if places else (0, 0)
    for first, last in places[1:]:
        if JOINS.fullmatch(plain, end, first):
            end = last
        else:
            yield start, end
            start, end = first, last
    if places:
        yield start, end
