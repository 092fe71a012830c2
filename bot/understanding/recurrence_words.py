"""Says in plain English when something comes round that people say in five languages: "jeden Montag um 9 Uhr".

Tables of patterns over folded text, put to use one after the other. Knows no calendar and no clock.
"""

import re

from bot.understanding.times.words import WEEKDAYS, any_of, fold
from nlp.text.lexical import words

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PLURALS = {"segundas": 0, "tercas": 1, "quartas": 2, "quintas": 3, "sextas": 4}
LONG = WEEKDAYS | PLURALS | {f"{name}-feiras": day for name, day in PLURALS.items()}
LONG |= {name.removesuffix("s"): day for name, day in PLURALS.items()}
SHORT = {
    "seg": 0, "ter": 1, "qua": 2, "qui": 3, "sex": 4, "sab": 5, "dom": 6, "lun": 0, "mar": 1, "mie": 2, "jue": 3,
    "vie": 4, "mer": 2, "jeu": 3, "ven": 4, "sam": 5, "dim": 6, "mo": 0, "di": 1, "mi": 2, "do": 3, "fr": 4, "sa": 5,
    "so": 6,
}  # fmt: skip
BEFORE_A_TIME = r"(?=\.?\s*(?:,\s*[a-z]{2,4}\b|(?:e|y|et|und)\s+[a-z]{2,4}\b|(?:as?|a las|um|at)?\s*\d))"
WEEKDAY = re.compile(rf"\b(?:am\s+)?(?:(?P<long>{any_of(LONG)})|(?P<short>{any_of(SHORT)}){BEFORE_A_TIME})\b")
CLOCK = r"(?:[:.h]\d\d)?)\s*(?:uhr|horas?|heures?|h)?"
MONDAY_TO_FRIDAY = re.compile(r"(?:\b(?:from|de|du|von)\s+)?\bmon\s*(?:-|to|through|a|ate|bis|au)\s*fri\b")
HOUR = rf"(?P<hour>\d{{1,2}}{CLOCK}"
TWELVE, MORE = rf"(?P<hour>(?:1[0-2]|0?[1-9]){CLOCK}", rf"(?P<hour>(?:1[3-9]|2[0-3]){CLOCK}"
OF_THE = r"\s*,?\s*(?:(?:in the|at|da|de la|de l'|du|por la|pela|am|a la|na)\s*)?"
MORNING = r"(?:morning|manha|manana|madrugada|morgens?|fruh|vormittags?|matin)"
LATER = r"(?:afternoon|evening|night|tarde|noite|noche|nachmittags?|abends?|soir|apres-midi)"
FILLERS = frozenset(  # words around a time that say nothing of it
    words(
        "set post send give get share schedule start deliver write please a an the on at and of in to for from here"
        " this that our my me us i we you can could would like want need d ll channel mood report reports digest"
        " digests summary recap news update every each with about what is was new happened decided discussed up o clock"
        " summarise summarize sum morning mornings"
        " envia enviar envie enviem manda mandar mande mandem publica publicar faz fazer quero queremos podes pode por"
        " favor nos um uma o os as de da do das dos em no na aqui este esta canal resumo resumos relatorio humor"
        " novidades ao e com para mim gostaria recapitula resuma resumir manha manhas"
        " enviame envianos mandame mandanos danos dame haz hacer quiero puedes puede el la los las del al en un una"
        " resumen resumenes informe animo novedades y con mi nuestro manana mananas"
        " schick schicke sende poste mach mache gib bitte uns mir ein eine einen einer den die das der dem am um im und"
        " fur von vom hier diesen dieses diesem kanal kanals zusammenfassung zusammenfassungen uberblick bericht"
        " stimmung stimmungsbericht ich wir mochte mochten will wollen kannst du eure unsere neuigkeiten auch fass"
        " fasse zusammen morgen vormittag"
        " envoie envoyez poste postez publie donne fais s il te vous plait moi nous je on voudrais veux veut voudrions"
        " voudrait peux peut le les du des au aux dans ce cet cette salon resume resumes resumez resumer rapport"
        " ambiance nouveautes et avec pour tu recapitulatif l matin"
    )
)

# Each pattern with what it means in English; the first lines go before those that would take a part of theirs.
PATTERNS: tuple[tuple[str, str], ...] = (
    (r"\b(\d{1,2})\s*(?:uhr|horas?|heures?|h)\s*([0-5]\d)\b", r"\1:\2"),
    (rf"\b{HOUR}{OF_THE}{MORNING}\b", r"\g<hour> am"),
    (rf"\b{TWELVE}{OF_THE}{LATER}\b", r"\g<hour> pm"),
    (rf"\b{MORE}{OF_THE}{LATER}\b", r"\g<hour>"),
    (r"\b(\d{1,2}(?::\d\d)?)\s*(?:uhr|horas?|heures?|h)\b", r"\1 o'clock"),
    (r"(?<=\d)(:\d\d) o'clock", r"\1"),
    (r"\b(?:noon|midday|meio[- ]dia|mediodia|mittags?|midi)\b", "12:00"),
    (r"\b(?:midnight|meia[- ]noite|medianoche|mitternachts?|minuit)\b", "0:00"),
    (r"\b(?:dias? (?:uteis|util|laborables?|habiles|de (?:la )?semana)|entre semana|durante a semana)\b", "weekdays"),
    (r"\b(?:werktags?|werktaglich|wochentags?|arbeitstags?)\b|\bworking days?\b", "weekdays"),
    (r"\b(?:jours? (?:ouvres?|ouvrables?|de (?:la )?semaine)|en semaine)\b", "weekdays"),
    (r"\b(?:todas? (?:as|las)|todos? (?:os|los)|toda|todo|cada|jede[nrsm]?|chaque|tous les|toutes les)\s+", "every "),
    (rf"\b(?:every|each) (?:{MORNING}|mananas|manhas|matins|{LATER}|tardes|noites|noches|abend|soirs)\b", "daily"),
    (r"\bevery (?:dias?|tage?|jours?)\b|\b(?:diari[oa](?:mente)?|diariamente)\b", "daily"),
    (r"\btaglich(?:e[nrs]?)?\b|\bquotidien(?:ne)?(?:ment)?\b", "daily"),
    (r"\b(?:semanal(?:mente)?|wochentlich(?:e[nrs]?)?|hebdomadaire(?:ment)?)\b", "weekly"),
    (r"\b(?:mensal(?:mente)?|mensual(?:mente)?|monatlich(?:e[nrs]?)?|mensuel(?:le)?(?:ment)?)\b", "monthly"),
    (r"\b(?:semanas?|wochen?|semaines?)\b", "week"),
    (r"\b(?:meses|mes|mois|monats?)\b", "month"),
    (r"\b(\d{1,2})er\b", r"\1st"),
    (r"\b(?:am|zum|jeden|every)\s+(\d{1,2})\.(?=\s|$)", r"\1th"),
    (r"\b(?:el|le)\s+(\d{1,2})(?=\s|$)(?!\s*(?:am|pm|o'clock))", r"\1th"),
    (r"\bdia\s+(\d{1,2})\.?o?\b", r"day \1"),
)  # fmt: skip
TABLE = tuple((re.compile(pattern), meaning) for pattern, meaning in PATTERNS)


def in_english(text: str) -> str:
    """Return the text, folded, with its days, times and how often in English; other words stay."""
    plain = fold(text)
    for pattern, meaning in TABLE:
        plain = pattern.sub(meaning, plain)
    plain = WEEKDAY.sub(lambda found: DAYS[LONG[found["long"]] if found["long"] else SHORT[found["short"]]], plain)
    return MONDAY_TO_FRIDAY.sub("weekdays", plain)
