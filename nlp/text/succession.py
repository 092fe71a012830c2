"""Tells, by words, values and times, whether a later statement replaces an earlier one about the same thing.

Two statements are about the same thing where the later one holds what the earlier one holds of the question, speaks of
the same subject, and gives another value of the same kind, or says nearly the same, or says that something changed.
"""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from nlp.text.extractive import concepts
from nlp.text.lexical import content_stems, fold, stem, stems, words
from nlp.text.polarity import FIRST_PERSON, plain

HELD = 0.5  # of the question's words, from which a statement is about what is asked
SPOKEN_OF = 0.3  # of what the one says before the question's words, the share that the other speaks of anywhere
ALIKE, OTHER = 0.6, 2  # of two sentences that say nearly the same: the share that both hold, the words one may lack
TIME_WORDS = (
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august"
    " september october november december tomorrow weekend"
    " segunda terca quarta quinta sexta sabado domingo janeiro fevereiro marco abril maio junho julho agosto setembro"
    " outubro novembro dezembro amanha"
    " lunes martes miercoles jueves viernes enero febrero marzo mayo junio julio septiembre octubre noviembre diciembre"
    " manana"
    " montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag januar februar marz mai juni juli oktober"
    " dezember morgen wochenende"
    " lundi mardi mercredi jeudi vendredi samedi dimanche janvier fevrier mars avril juin juillet aout septembre"
    " octobre novembre decembre demain"
)
DAYS = frozenset(words(TIME_WORDS))
ADJUNCTS = DAYS | frozenset(
    words(
        "day week month year every each now today new from since update correction again also sorry news fyi"
        " dia semana mes ano cada agora hoje novo nova desde ahora hoy nuevo nueva tag woche monat jahr jeden"
        " jetzt heute ab neu neue jour semaine mois annee chaque maintenant nouveau nouvelle des"
        " change changes plan plans reminder mudanca plano planos cambio planes anderung plananderung changement"
    )
)
VALUES: Mapping[str, re.Pattern[str]] = {
    "time": re.compile(
        r"\b\d{1,2}(?::\d\d|h(?:\d\d)?)\b|\b\d{1,2} ?(?:am|pm|uhr|heures?|horas?|o'?clock)\b"
        r"|\b(?:noon|midnight|meio-dia|meia-noite|mediodia|medianoche|mittags?|mitternacht|midi|minuit)\b"
    ),
    "day": re.compile(rf"\b(?:{'|'.join(sorted(DAYS))})\b|\b\d{{1,2}}(?:st|nd|rd|th)\b|\b\d{{1,2}}[./]\d{{1,2}}\b"),
    "code": re.compile(
        r"(?<![\w.@/-])[a-z]{1,40}(?:[-_.@/][a-z0-9]{1,40}){0,6}[-_.@/]?\d[\w.@/-]*"
        r"|(?<![\w.-])[\w.-]{1,64}@[\w-]{1,64}\.\w+|https?://\S+"
    ),
    "number": re.compile(r"(?<![\w:.,])\d+(?:[.,]\d+)*(?![\w:])"),
}
CHANGED = re.compile(
    r"\b(?:now|from \w+ on|as of|starting|instead|moved?s? to|chang(?:ed|es) to|no longer|any ?more|new|correction"
    r"|update"
    r"|agora|a partir d\w+|em vez|pass(?:a|ou) (?:para|a)|mud(?:a|ou) para|ja nao|nov[ao]"
    r"|ahora|en lugar|pas(?:a|o) a|cambi(?:a|o) a|ya no|nuev[ao]"
    r"|jetzt|ab (?:sofort|jetzt|\w+tag)|statt|stattdessen|verlegt|geandert|nicht mehr|neue?r?s?"
    r"|maintenant|desormais|a partir d\w+|au lieu|plutot|deplacee?s?|changee?s?|nouve(?:au|lle))\b"
)


def succeeds(question: str, earlier: str, later: str, *, one_speaker: bool) -> bool:
    """Return whether the later statement says anew what the earlier one said of what is asked."""
    asked = content_stems(question)
    held = asked & stems(earlier)
    if not held or len(held) < HELD * len(asked) or not held <= stems(later) or earlier == later:
        return False
    texts = plain(earlier), plain(later)
    if not one_speaker and any(map(FIRST_PERSON.search, texts)):
        return False  # each speaks of themselves
    return _same_subject(held, *texts) and _anew(*texts)


def _same_subject(held: AbstractSet[str], earlier: str, later: str) -> bool:
    """Return whether nothing before the words of the question tells the one subject from the other.

    Where one text opens with them, it has to speak of what the other says before them, if that is more than a word.
    """
    one, other = _before(held, earlier), _before(held, later)
    if one and other:
        return not one.isdisjoint(other)
    named, text = (one, later) if one else (other, earlier)
    return len(named) <= 1 or len(named & stems(text)) >= SPOKEN_OF * len(named)


def _before(held: AbstractSet[str], text: str) -> set[str]:
    parts: list[str] = []
    for word in words(text):
        if stem(word) in held:
            break
        parts.append(word)
    return content_stems(" ".join(word for word in parts if word not in ADJUNCTS))


def _anew(earlier: str, later: str) -> bool:
    old, new = values(earlier), values(later)
    shared = [kind for kind in VALUES if old[kind] and new[kind]]
    if shared:
        return any(not new[kind] <= old[kind] for kind in shared)
    if any(old.values()):
        return False
    one, other = concepts(earlier), concepts(later)
    share = len(one & other) / max(min(len(one), len(other)), 1)
    nearly = share >= ALIKE and max(len(one - other), len(other - one)) <= OTHER
    return one != other and (nearly or (share >= HELD and CHANGED.search(later) is not None))


def values(text: str) -> dict[str, set[str]]:
    """Return the values of each kind that the folded text names."""
    left, found = fold(text), {}
    for kind, pattern in VALUES.items():
        found[kind] = set(pattern.findall(left))
        left = pattern.sub(" ", left)
    return found
