"""Words that tell what a sentence does: leaves open, decides, explains. English and four other languages.

Cues, not understanding: they shift what a summary prefers and name its points, and nothing else rests on them.
"""

import re
from typing import Literal

Kind = Literal["open question", "decision", "finding"]

PHRASES: dict[Kind, tuple[str, ...]] = {
    "open question": (
        r"open question|still (?:don't|do not) know|nobody knows|no idea why|not clear yet|unclear|unexplained",
        r"em aberto|ninguém sabe|ainda não sab\w+|por esclarecer",
        r"pregunta abierta|sin resolver|nadie sabe|aún no sab\w+",
        r"offene frage|niemand weiß|noch unklar|ungeklärt",
        r"question ouverte|personne ne sait|on ne sait (?:pas|toujours)",
    ),
    "decision": (
        r"decid(?:ed|e|es|ing)|decisions?|agreed|approved|postponed|cancell?ed|chang(?:e|ed) (?:my|our) mind",
        r"we(?:'ll| will)? (?:go with|go to|move to|leave|keep|drop|launch|do not|don't)|let's go with",
        r"(?:roll|rolling|rolled) back|i was wrong|moves to",
        r"decidi\w*|decis(?:ão|ões)|combinado|aprovad[oa]|adiad[oa]|vamos (?:com|ficar|mudar)|afinal",
        r"decisi(?:ón|ones)|acorda(?:mos|do)|quedamos en|aprobad[oa]|aplazad[oa]|en vez de",
        r"entschieden|entscheidung|beschlossen|geeinigt|abgemacht|genehmigt|verschoben|stattdessen",
        r"décid(?:é|ée|ons)|décision|convenu|on part sur|validée?s?|reportée?s?|à la place",
    ),
    "finding": (
        r"root cause|caused by|because of|the (?:cause|reason|problem|fix) (?:is|was)|fix is|fixed|turns out",
        r"found (?:it|the)|resolved|works? again",
        r"por causa|a causa|resolvid[oa]|corrigid[oa]|descobr\w+",
        r"la causa|debido a|resuelt[oa]|arreglad[oa]|corregid[oa]",
        r"ursache|wegen|behoben|gelöst|liegt an",
        r"la cause|à cause|résolue?s?|corrigée?s?|réparée?s?",
    ),
}
CUES = {kind: re.compile(rf"\b(?:{'|'.join(phrases)})\b", re.IGNORECASE) for kind, phrases in PHRASES.items()}


def kind_of(sentence: str) -> Kind | None:
    """The first kind of the table whose cue stands in the sentence; None for plain talk."""
    plain = sentence.replace("’", "'")  # noqa: RUF001 - what phones type
    return next((kind for kind, cue in CUES.items() if cue.search(plain)), None)
