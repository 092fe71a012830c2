"""Lists how people name spans of time and counts of messages, in English, Portuguese, Spanish, German and French.

Tables, and patterns made of them, for text as `bot.understanding.times.spans` folds it: small letters without accents.
Names of months and days are CLDR's. Knows no time and no zone.
"""

import unicodedata
from collections.abc import Iterable, Mapping

from babel.dates import get_day_names, get_month_names

LANGUAGES = ("en", "pt", "es", "de", "fr")


def fold(text: str) -> str:
    """Return the text in small letters without accents, each letter in its place."""
    return "".join(map(_plain, text))


def _plain(letter: str) -> str:
    bare = unicodedata.normalize("NFKD", letter.lower().replace("\u2019", "'"))[:1]
    return bare if bare and not unicodedata.combining(bare) else letter[:1]


def _names(of: Mapping[str, Mapping[int, str]], more: Mapping[str, int]) -> dict[str, int]:
    """Return the number of each name, without the full stops of abbreviations."""
    numbers = {fold(name).rstrip("."): number for names in of.values() for number, name in names.items()}
    return {**numbers, **more}


def any_of(words: Iterable[str]) -> str:
    """Return a pattern for these words, the longest first."""
    return "|".join(sorted(words, key=len, reverse=True))


MONTHS = _names({tongue: get_month_names("wide", "format", tongue) for tongue in LANGUAGES}, {})
SHORT_MONTHS = {
    name: number
    for name, number in _names(
        {tongue: get_month_names("abbreviated", "format", tongue) for tongue in LANGUAGES},
        {"sep": 9, "maerz": 3, "mrz": 3, "okt": 10},
    ).items()
    if name not in {"out", "set"}  # "5 out of 10", "2 set"
}
ANY_MONTH = {**SHORT_MONTHS, **MONTHS}
CLEAR_SHORT_MONTHS = {*SHORT_MONTHS} - {"mar", "ago", "mai", "dez", "may"}  # which are no other words
UNCLEAR = {"may", "march", "mars"}  # words too: months only beside a number or behind a preposition
WEEKDAYS = {
    form: number
    for name, number in _names({tongue: get_day_names("wide", "format", tongue) for tongue in LANGUAGES}, {}).items()
    for form in (name, f"{name}s", name.replace("-feira", " feira"))
} | {"sonnabend": 5}
SHORT_WEEKDAYS = {  # only behind a preposition
    "mon": 0, "tue": 1, "tues": 1, "wed": 2, "weds": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4, "sat": 5, "sun": 6,
    "segunda": 0, "terca": 1, "quarta": 2, "quinta": 3, "sexta": 4,
}  # fmt: skip

NUMBERS = {
    "half": 0.5, "half a": 0.5, "half an": 0.5, "meia": 0.5, "media": 0.5, "halbe": 0.5, "halben": 0.5, "demi-": 0.5,
    "a": 1, "an": 1, "one": 1, "um": 1, "uma": 1, "un": 1, "una": 1, "ein": 1, "eine": 1, "einem": 1, "einer": 1,
    "une": 1, "two": 2, "couple of": 2, "a couple of": 2, "dois": 2, "duas": 2, "dos": 2, "zwei": 2, "deux": 2,
    "three": 3, "tres": 3, "drei": 3, "trois": 3, "few": 3, "some": 3, "alguns": 3, "algumas": 3, "algunos": 3,
    "algunas": 3, "paar": 3, "quelques": 3, "four": 4, "quatro": 4, "cuatro": 4, "vier": 4, "quatre": 4, "five": 5,
    "cinco": 5, "funf": 5, "cinq": 5, "six": 6, "seis": 6, "sechs": 6, "seven": 7, "sete": 7, "siete": 7, "sieben": 7,
    "sept": 7, "eight": 8, "oito": 8, "ocho": 8, "acht": 8, "huit": 8, "nine": 9, "nove": 9, "nueve": 9, "neun": 9,
    "neuf": 9, "ten": 10, "dez": 10, "diez": 10, "zehn": 10, "dix": 10, "twelve": 12, "fifteen": 15, "quinze": 15,
    "twenty": 20, "thirty": 30, "fifty": 50, "hundred": 100, "a hundred": 100,
}  # fmt: skip
PARTS = {  # of a day, and the hours from which and to which they last
    r"mornings?|manha|manana|morgen|vormittag|fruh|matin(?:ee)?|madrugada": (5, 12),
    r"noon|midday|mittag|meio-?dia|mediodia|midi": (11, 14),
    r"afternoons?|tarde|nachmittag|apres-midi": (12, 18),
    r"evenings?|abend|soir|soiree": (18, 24),
    r"nights?|noite|noche|nacht|nuit": (18, 30),
}
DAYS_AGO = {
    r"today|hoje|hoy|heute|aujourd'hui": 0,
    r"yesterday|ontem|ayer|gestern|hier": 1,
    r"day before yesterday|anteontem|antes de ontem|anteayer|antier|antes de ayer|vorgestern|avant-hier": 2,
}
PERIODS = {
    "week": r"week|semana|woche|semaine",
    "weekend": r"week-?end|week end|fim de semana|final de semana|fin de semana|wochenendes?|finde",
    "business week": r"(?:business|work|working|office) week|workweek|semana (?:util|laboral|de trabalh?o)|arbeitswoche"
    r"|semaine (?:de travail|ouvree)",
    "fortnight": r"fortnight|quinzena|quincena|quinzaine|vierzehn tage|quinze dias|quince dias|quinze jours",
    "month": r"month|mes|monat(?:e?s)?|mois",
    "quarter": r"quarter|trimestre|quartals?",
    "year": r"year|ano|jahr(?:e?s)?|annee|an",
}
PERIOD = "|".join(
    PERIODS[name] for name in ("business week", "weekend", "fortnight", "week", "month", "quarter", "year")
)
QUARTERS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "primeiro": 1, "segundo": 2, "terceiro": 3, "quarto": 4,
    "primer": 1, "tercer": 3, "cuarto": 4, "premier": 1, "deuxieme": 2, "troisieme": 3, "quatrieme": 4,
    **{f"{stem}{end}": place for place, stem in enumerate(("erste", "zweite", "dritte", "vierte"), 1)
       for end in ("", "n", "s", "r", "m")},
}  # fmt: skip
# Weeks of a month by their place in it; all but "second" and the like are said of weeks alone.
NTH = {
    r"first|1st|primeira|primera|erste[nr]?|premiere": 1,
    r"second|2nd|segunda|zweite[nr]?|deuxieme|seconde": 2,
    r"third|3rd|terceira|tercera|dritte[nr]?|troisieme": 3,
    r"fourth|4th|quarta|cuarta|vierte[nr]?|quatrieme": 4,
    r"fifth|5th|quinta|funfte[nr]?|cinquieme": 5,
    r"last|ultima|letzte[nr]?|derniere": -1,
}
WEEK_OF = r"(?:weeks?|semana|woche|semaine)\s+(?:(?:of|in|im|de|do|del|des?|von|vom)\s+|d')?"
MONTHS_SAID = r"(?P<that>month|monats?|mes|mois)"
MIDNIGHT = ("midnight", "meia noite", "meia-noite", "medianoche", "mitternacht", "minuit")
THIS = r"this|current|est[ae]|nest[ae]|dest[ae]|diese[nrsm]?|cet|cette|ce"
LAST = r"(?:last|past|previous|ultim[oa]s?|letzte[nrsm]?|vergangene[nrsm]?|vorige[nrsm]?|derniere?s?)"
AFTER = r"(?:passad[oa]s?|pasad[oa]s?|anterior|derniere?s?|passee?s?|precedente?)"
THE = r"(?:the|o|a|os|as|el|la|los|las|le|les|l'|der|die|das|den|dem|des|del|do|da|dos|das|du|ao|al|au|zum|zur)"
GERMAN = r"\b(?:was|ist|war|wie|wer|los|geht|wurde|worum|woruber|stimmung|zusammen\w*|fass\w*|und|die|der|das)\b"
FIRST_DAY = r"first|primeiro|primero|premier|erste[nr]?"
ORDINAL = r"(?:st|nd|rd|th|er|\.|o|a)"

_WORDED = any_of(NUMBERS)
AMOUNT = rf"(?P<amount>\d{{1,9}}|{_WORDED})"
UNITS = {
    "minute": r"minut(?:e|o|en)?s?|mins?",
    "hour": r"hours?|hrs?|horas?|stunden?|std|heures?",
    "day": r"days?|dias?|tage?n?|jours?",
    "week": r"weeks?|wks?|semanas?|wochen?|semaines?",
    "fortnight": r"fortnights?|quinzenas?|quincenas?|quinzaines?",
    "month": r"months?|mes(?:es)?|monate?n?|mois",
    "year": r"years?|anos?|jahre?n?|annees?|ans?",
}
UNIT = rf"(?P<unit>{'|'.join(UNITS.values())}|[mhdw])\b"
DURATION = rf"{AMOUNT}\s*{UNIT}"
_IN = (
    r"(?:\b(?:in|over|during|for|within|of|from|n[ao]s?|d[ao]s?|en|de|del|durante|der|den|pendant|dans|des)\s+)?"
    r"(?:\b(?:the|a|o|as|os|el|la|los|las|die|den|der|das|le|les)\s+|\bl')?"
)
_MESSAGES = (
    r"(?:(?:(?:chat|new|unread|newest|latest|recent)\s+)?(?:messages|msgs|posts|lines|comments|replies|entries|texts)"
    r"|mensage(?:m|ns)|comentarios|linhas|lineas|mensajes|nachrichten|beitrage|zeilen|kommentare|lignes|commentaires)"
)
_MESSAGE = r"(?:message|post|mensagem|mensaje|nachricht|beitrag)"
UNREAD = r"\b(?:unread|since\s+i\s+was\s+(?:last\s+)?here|nao lid[ao]s?|sin leer|ungelesen\w*|non lus?)\b"
ALL = r"\b(?:everything|all\s+(?:messages|of\s+it))\b"
_AFTER_COUNT = r"(?:as|this|das|des|thanks|plus|sans|dans|lets|please|perhaps|always|depois|despues|alles|gracias)\b"
COUNTS = (
    rf"{_IN}\b{LAST}\s+(?P<amount>\d{{1,9}})(?:\s+{_MESSAGES})?\b(?!\s*%)(?!\s+(?!{_AFTER_COUNT})[a-z]{{4,}}s\b)",
    rf"{_IN}\b{LAST}\s+{AMOUNT}\s+{_MESSAGES}\b",
    rf"{_IN}\b{AMOUNT}\s+{LAST}\s+{_MESSAGES}\b",
    rf"{_IN}\b{LAST}\s+{_MESSAGE}\b",
)
SPANS = (
    rf"{_IN}\b{LAST}\s+{AMOUNT}\s*{UNIT}",
    rf"{_IN}\b{AMOUNT}\s+{LAST}\s+{UNIT}",
    rf"{_IN}\b{LAST}\s+(?P<unit>{UNITS['minute']}|{UNITS['hour']}|{UNITS['day']}|{UNITS['fortnight']})\b",
    rf"{_IN}\bpast\s+(?P<unit>week|month|year)\b",
)
_CLOCK_HOUR = r"\s\d{1,2}(?:\s?h(?:oras)?\b|\s(?:de|y|hasta)\b|\W*$)"  # behind an article: "desde las 9"
SINCE_HOUR = r"(?:desde|depuis|a partir de|ab)\s+(?=(?:[6-9]|1\d|2[0-3])h\b)"  # an hour, not a length: "depuis 9h"
SINCE = rf"\b(?:since|starting|desde|seit|depuis|a partir de|ab)\s+(?:(?:hace|ha|os|las(?!{_CLOCK_HOUR}))\s+)?"
UNTIL = r"\b(?:until|till|up to|hasta|ate|bis(?: zu[mr]?)?|jusqu'(?:a|au|en))\s+"
BEFORE = r"(?<!day )\b(?:before|antes d[eoa]l?|avant|vor(?: de[mnr])?)\s+"
AFTERWARDS = r"\b(?:after|depois d[eoa]s?|despues del?|apres|nach(?: de[mr])?)\s+"
FROM = r"\b(?:(?:from|between|desde|entre|von|vom|zwischen|du|de|del|d[ao])\s+|d')"
TO = (
    r"\s{0,8}(?:\b(?:to|until|till|through|thru|and|a|ao?|ate|hasta|e|y|bis|und|au|et|al)\b|-|\u2013|\u2014)\s*"
    r"(?:zu[mr]\s+)?"
)
DASH = r"\s{0,8}(?:\b(?:to|until|till|through|thru|bis|ate|hasta|au|al|a)\b|-|\u2013|\u2014)\s*"  # without "from", too
ON = (
    r"\b(?:on|of|over|during|for|in|from|am|im|vom|en|em|n[ao]s?|d[aeo]s?|del|durante|du|pendant|au|ao|ubers|uber"
    r"|seit)\s+"
)
EDGES = {  # of a period: which part of it, as a share of its days
    r"(?:the )?(?:very )?(?:start|beginning)|early|(?:o )?(?:inicio|comeco)|(?:el )?(?:inicio|comienzo|principios?)"
    r"|anfang|beginn|(?:le )?debut": (0, 1 / 3),
    r"(?:the )?first half|(?:der )?ersten? halfte|(?:a )?primeira metade|(?:la )?primera mitad"
    r"|(?:la )?premiere moitie": (0, 1 / 2),
    r"(?:the )?second half|(?:der )?zweiten? halfte|(?:a )?segunda metade|(?:la )?segunda mitad"
    r"|(?:la )?(?:deuxieme|seconde) moitie": (1 / 2, 1),
    r"(?:the )?middle|mid|meados|mediados|mitte|(?:le )?milieu|mi": (1 / 3, 2 / 3),
    r"(?:the )?end|late|(?:o )?(?:fim|final)|(?:el )?fin(?:al(?:es)?)?|ende|(?:la )?fin": (2 / 3, 1),
}
ABOUT = r"\b(?:about|regarding|concerning|sobre|uber|acerca de|a propos de?)\s+(?!(?:the )?last\b)[^,.;?!]+"
_ANY_PERIOD = (
    r"(?:quarter|trimestre|quartals?|fortnight|quin[zc]\w{2,6}"
    r"|\w{0,20}(?:woche|monat|jahr)(?:e?s)?(?:anfang|beginn|mitte|ende)?)"
)
_MEALS = (
    r"lunch(?:time)?|dinner|breakfast|noon|midday|mittag(?:essen)?|abendessen|fruhstuck|almoco|jantar|almuerzo|cena"
    r"|dejeuner|diner|midnight|meia-noite|medianoche|mitternacht|minuit"
)
_FEASTS = (
    r"christmas|xmas|easter|thanksgiving|halloween|new year'?s?(?: (?:eve|day))?|(?:the )?holidays|natal|pascoa"
    r"|carnaval|ano novo|reveillon|navidad|semana santa|pascua|ano nuevo|weihnachten|ostern|pfingsten|silvester"
    r"|fasching|noel|paques|toussaint|(?:as )?ferias|(?:las )?vacaciones|(?:den )?ferien"
)
_SEASONS = (
    r"spring|summer|autumn|winter|primavera|verao|outono|inverno|verano|otono|invierno|fruhling|fruhjahr|sommer|herbst"
    r"|printemps|automne|hiver"
)
_MY = r"(?:(?:my|your|his|her|our|mein\w*|meu|minha|mi|mon|ma)\s+)?"
_BIRTHDAY = r"(?:birthdays?|geburtstag|aniversario|cumpleanos|anniversaire)"
_AHEAD = any_of((*PERIODS.values(), *UNITS.values(), *WEEKDAYS, *SHORT_WEEKDAYS, *({*MONTHS} - UNCLEAR)))
FUTURE = (  # a time to come, in which nobody has said anything
    r"\b(?:next|coming|upcoming|proxim[oa]s?|nachste[nrsm]?|kommende[nrsm]?|prochaine?s?)\s+"
    rf"(?:{AMOUNT}\s+)?(?:{_AHEAD})\b(?!')"
    rf"|\b(?:{_AHEAD})\s+(?:prochaine?s?|que v(?:iene|em)|proxim[oa]s?|siguiente|seguinte|after next|a venir)\b"
    r"|\b(?:tomorrow|amanha|demain|ubermorgen|pasado manana|apres-demain)\b"
)
_CALENDAR = any_of({*MONTHS, *WEEKDAYS} - UNCLEAR)
_WHY = r"(?!i (?:have|need|don't|can't)|i'm|it's|you\b|there)"  # "since I have no time" gives a reason
_TALK = r"thing|word|discussion|thread|conversation|topic|question|decision|point|part|bit\b|talk|debat|diskussion"
TIMES = (  # what speaks of a time, where nobody read it
    (
        r"\b(?:since|until|till|desde|seit|depuis|hasta|bis|jusqu'\w+|during|durante|wahrend|pendant|over the|starting)"
        rf"\s+{_WHY}\w"
    ),
    rf"\b(?:\d{{1,2}}\.?\s+(?:of\s+|de\s+)?)?(?:{_CALENDAR}|yesterday|ontem|ayer|gestern|vorgestern|anteontem|anteayer)\b(?!')",
    r"\b\d{4}-\d\d?(?:-\d\d?)?\b|\b\d{1,2}/\d\d(?:/\d{2,4})?\b(?!/)|\b\d{1,2}\.\d{1,2}\.(?:\d{2,4})?(?!\w)",
    r"\b\d{1,2}(?:st|nd|rd|th)\b(?!\s[a-z])|\bq\d\b|\b\d{1,2}:\d\d\b|\b\d{1,2}\s?[ap]m\b|\b\w+ \w+ ago\b",
    r"\b(?:from|between|de|entre|von|zwischen|vom)\s+\d{1,2}\.?\s+(?:to|and|a|e|y|bis|und|et)\s+\d{1,2}\b",
    rf"\b(?:for|within|durante|pendant)\s+{DURATION}",
    # What is left of a time of which a part was read.
    (
        rf"\b(?:{PERIOD}|days?|half|tage?|dias?|jours?)\s{{1,8}}(?:of|in|im|de|do|del|des|von|d')\s{{0,8}}$"
        r"|\b\w{3,20}woche\b"
    ),
    r"\b(?:and a half|e meia|y media|et demie?|anderthalb|this time)\b",
    rf"\b(?:first|primeir[oa]s?|primer[oa]s?|premi(?:er|ere)s?|ersten?)\s+(?:{AMOUNT}\s+)?{UNIT}",
    rf"\b(?:{any_of(CLEAR_SHORT_MONTHS)})\.?\s+\d{{1,2}}\b|\b\d{{1,2}}\.?\s+(?:{any_of(CLEAR_SHORT_MONTHS)})\b",
    rf"\b{LAST}\s+(?:\d{{1,9}}\s+)?(?!one\b|time\b|{_TALK})[a-z]{{3,}}",
    rf"(?<!guten )(?<!buenos )(?<!gute )(?:{FUTURE})",
)
LOOSE_TIMES = (  # the same, in words that hold nothing but an order
    rf"\b(?:before|after|(?:antes|depois|despues) d\w{{1,3}}|avant|apres)\s+(?!(?:all|i|we|you)\b)(?:{THE}\s+)?\w",
    r"\b(?:vor|nach)\s+(?:de[mnr]|unser\w*|mein\w*)\s+\w",
    rf"\b(?:around|over|by|at|between|entre|zwischen|gegen|um|zu[mr]?|vers|uber|no|ao?)\s+(?:{THE}\s+)?(?:{_MEALS})\b",
    rf"\b(?:{'|'.join(EDGES)})\s+(?:of|von|d[aeo]s?|del|du|der)\s+\w",
    r"\b(?:semest(?:re|er)|halbjahr|half-year|decad[ae]|dekade|century|siglo|seculo|weekdays|dias uteis|werktags?)\b",
    rf"\b(?:this|last|in|during|no|na|en|el|la|im|au)\s+(?:the\s+)?(?:{_SEASONS})\b|\b\d0s\b",
    r"\b(?:dias|tage|les|los|os)\s+\d{1,2}\.?\s+(?:e|y|et|und)\s+\d{1,2}\b",
    rf"\b(?:{_FEASTS})\b",
    rf"\b(?:on|at|in|am|an|em|n[ao]|en|el|le|zu[mr]?|a|aux?)\s+{_MY}{_BIRTHDAY}\b",
    r"\b(?:recently|lately|these days|ultimamente|recientemente|recentemente|neulich|kurzlich|recemment)\b",
    r"(?<!la )(?<!esta )(?<!de )(?<!por )\bmanana\b",
    r"(?<!heute )(?<!gestern )(?<!guten )(?<!am )(?<!jeden )\bmorgen\b",
    rf"\b(?:dia|el|le|am|the|o|vom|zum)\s+\d{{1,3}}\.?\W*$|\b{_ANY_PERIOD}\b|\b(?:19|20)\d\d\W*$",
)
