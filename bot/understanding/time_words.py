"""How people name spans of time and counts of messages, in English, Portuguese, Spanish, German and French.

Patterns for text as `bot.understanding.time_windows` folds it, in small letters without accents. Knows no time and no
zone.
"""

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
    r"morning|manha|manana|morgen|vormittag|fruh|matin": (5, 12),
    r"afternoon|tarde|nachmittag|apres-midi": (12, 18),
    r"evening|abend|soir|soiree": (18, 24),
    r"night|noite|noche|nacht|nuit": (18, 30),
}
DAYS_AGO = {
    r"today|hoje|hoy|heute|aujourd'hui": 0,
    r"yesterday|ontem|ayer|gestern|hier": 1,
    r"(?:the )?day before yesterday|anteontem|anteayer|antes de ayer|vorgestern|avant-hier": 2,
}
WEEK, MONTH, YEAR = r"week|semana|woche|semaine", r"month|mes|monat|mois", r"year|ano|jahr|annee"
THIS = r"this|esta|este|diese[nrsm]?|cet|cette|ce"
GERMAN = r"\b(?:was|ist|war|wie|wer|los|geht|wurde|worum|woruber|stimmung|zusammen\w*|fass\w*|und|die|der|das)\b"

_WORDED = "|".join(sorted(NUMBERS, key=len, reverse=True))
AMOUNT = rf"(?P<amount>\d{{1,9}}|{_WORDED})"
UNIT = (
    r"(?P<unit>minut(?:e|o|en)?s?|mins?|hours?|hrs?|horas?|stunden?|heures?|days?|dias?|tage?n?|jours?|weeks?|wks?|semanas?"
    r"|wochen?|semaines?|months?|mes(?:es)?|monate?n?|mois|years?|anos?|jahre?n?|annees?|ans?|[mhdw])\b"
)
DURATION = rf"{AMOUNT}\s*{UNIT}"
LAST = r"(?:last|past|previous|ultim[oa]s?|letzte[nrsm]?|vergangene[nrsm]?|derniere?s?)"
_AFTER = r"(?:passad[oa]s?|pasad[oa]s?|anterior|derniere?s?|passee?s?)"
_BEFORE = (
    r"(?:\b(?:in|over|during|for|within|of|n[ao]s?|d[ao]s?|en|de|del|durante|der|den|pendant|dans|des)\s+)?"
    r"(?:\b(?:the|a|o|as|os|el|la|los|las|die|den|der|das|le|les)\s+|\bl')?"
)
_MESSAGES = r"(?:messages?|posts?|mensage(?:m|ns)|mensajes?|nachrichten?|beitrage)"
UNREAD = r"\b(?:unread|since\s+i\s+was\s+(?:last\s+)?here|nao lid[ao]s?|sin leer|ungelesen\w*|non lus?)\b"
ALL = r"\b(?:everything|all\s+(?:messages|of\s+it))\b"
COUNTS = (
    rf"{_BEFORE}\b{LAST}\s+(?P<amount>\d{{1,9}})(?:\s+{_MESSAGES})?\b",
    rf"{_BEFORE}\b{LAST}\s+{AMOUNT}\s+{_MESSAGES}\b",
    rf"{_BEFORE}\b{AMOUNT}\s+{LAST}\s+{_MESSAGES}\b",
)
SPANS = (
    rf"{_BEFORE}\b{LAST}\s+{AMOUNT}\s*{UNIT}",
    rf"{_BEFORE}\b{AMOUNT}\s+{LAST}\s+{UNIT}",
    rf"{_BEFORE}\b{LAST}\s+{UNIT}",
    rf"{_BEFORE}\b(?P<unit>{WEEK}|{MONTH}|{YEAR})\s+{_AFTER}\b",
)
THIS_PERIOD = rf"{_BEFORE}\b(?:{THIS})\s+(?P<unit>{WEEK}|{MONTH}|{YEAR})\b"
AGO = (
    rf"\b{AMOUNT}\s+{UNIT}\s+(?:ago|atras)\b",
    rf"\b(?:ha|hace|vor|il y a)\s+{AMOUNT}\s+{UNIT}",
)
_PART = rf"(?P<part>{'|'.join(PARTS)})\b"
_JOIN = r"\s+(?:(?:in the|a|de|da|por la|pela|por|en la|dans l'|au)\s+)?"
DAYS = (
    rf"\b(?:d')?(?P<day>{'|'.join(DAYS_AGO)})\b(?:{_JOIN}{_PART})?",
    rf"\b(?P<this>{THIS}){_JOIN}{_PART}",
    r"\b(?P<tonight>tonight|this evening|heute nacht|ce soir|esta noche|esta noite)\b",
    r"\b(?P<night>last night|anoche|letzte nacht|la nuit derniere|noite passada)\b",
)
_WEEKDAY = (
    r"mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|segunda-feira|terca-feira|quarta-feira"
    r"|quinta-feira|sexta-feira|sabado|domingo|lunes|martes|miercoles|jueves|viernes|montags?|dienstags?|mittwochs?"
    r"|donnerstags?|freitags?|samstags?|sonntags?|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    r"|(?<=\bna )(?:segunda|terca|quarta|quinta|sexta)|(?<=\bda )(?:segunda|terca|quarta|quinta|sexta)"
)
_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|janeiro|fevereiro|marco"
    r"|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro|enero|febrero|marzo|mayo|junio|julio|septiembre"
    r"|octubre|noviembre|diciembre|januar|februar|marz|mai|juni|juli|oktober|dezember|janvier|fevrier|mars|avril|juin"
    r"|juillet|aout|septembre|octobre|novembre|decembre)"
)
_ON = r"(?:\b(?:on|of|am|vom|en|em|n[ao]|d[aeo]|del)\s+)?(?:\b(?:the|el|le|o|a|den|dem)\s+)?"
DATES = (
    rf"{_ON}(?:\b{LAST}\s+)?\b(?P<date>{_WEEKDAY})(?:\s+{_AFTER})?(?:{_JOIN}{_PART})?\b(?!')",
    rf"{_ON}\b(?P<date>\d{{4}}-\d\d-\d\d)\b",
    rf"{_ON}\b(?P<date>\d{{1,2}}(?:st|nd|rd|th|\.)?\s+(?:(?:of|de)\s+)?{_MONTH}(?:\s+(?:de\s+)?\d{{4}})?)\b",
    rf"{_ON}\b(?P<date>{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+\d{{4}})?)\b",
)
IN_MONTH = rf"\b(?:in|im|em|en|no mes de|au mois de)\s+(?P<date>{_MONTH}(?:\s+(?:de\s+)?\d{{4}})?)\b"
SINCE = r"\b(?:since|desde|seit|depuis|a partir de|ab)\s+(?:(?:the|o|a|el|la|os|as|le|dem|der|den)\s+)?"
RANGE = (
    r"\b(?:from|between|desde|entre|von|vom|zwischen|du|de)\s+(?P<first>.{1,30}?)"
    r"\s+(?:to|until|till|through|and|a|ate|hasta|e|y|bis|und|au|et|al|zum)\s+(?=\S)"
)
