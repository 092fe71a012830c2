"""Tells whether a sentence denies what it speaks of, and whether a text contradicts what a question presumes.

By words, in English, Portuguese, Spanish, German and French. A denial reaches as far as its clause; two in one clause
cancel where the second is of another sort ("don't forget to pay"). Pure.
"""

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum

from nlp.text.lexical import content_stems, fold, likeliest, stem, stems, words

ELIDED = re.compile(r"\b(n|qu|[cdjlmst])['’]")  # noqa: RUF001 - what phones type
SPACED = re.compile(r"(?<!\s)\s+n['’]t\b")  # noqa: RUF001 - what phones type
APOSTROPHES = re.compile(r"['’`´ʼ]")  # noqa: RUF001 - what phones type
SHARE = 0.5  # of a question's words, from which a clause speaks of the same
SAME = 0.6  # of a clause's words, from which another says nearly the same
INITIAL = 2  # letters that the forms of one word share
EXTRA = 2  # other words in such a clause where only one word of the question tells
CONTRACTED = (
    "cannot cant dont doesnt didnt wont isnt arent aint wasnt werent havent hasnt hadnt wouldnt couldnt shouldnt"
    " mustnt neednt"
)
NOBODY = frozenset(
    words(
        "nobody none nothing neither noone ninguem nenhum nenhuma nada nadie ningun ninguno ninguna niemand"
        " nichts keiner keine keines personne aucun aucune rien"
    )
)
NOT = {
    "en": frozenset(words(f"no not never nor neither nobody noone none nothing nope nowhere {CONTRACTED}")),
    "pt": frozenset(words("nao nunca jamais nem ninguem nenhum nenhuma nada")),
    "es": frozenset(words("no nunca jamas ni nadie ninguno ninguna ningun nada tampoco")),
    "de": frozenset(
        words(
            "nicht nie niemals kein keine keinen keinem keiner keines niemand niemanden niemandem nichts nirgends"
            " weder nirgendwo"
        )
    ),
    "fr": frozenset(words("ne pas jamais aucun aucune rien ni nul nulle guere")),
}
SURE = frozenset.union(*NOT.values()) - {"no", "ni", "ne", "nul"}  # the same in whatever language
WITH_NE = re.compile(r"\b(?:todavia|aun) no\b|\bne\b[^.!?]{0,40}?\b(?:personne|plus)\b|\bpersonne ne\b")
LACKS = re.compile(
    r"\b(?:fail(?:s|ed|ing)? to|forg[eo]t(?:s|ten|ting)? to|refus(?:e|es|ed|ing) to|declin(?:e|es|ed) to|unable to"
    r"|impossible to|neglect(?:s|ed)? to|(?:is|are|have|has) yet to|still (?:have|has|need|needs) to|lacks?"
    r"|hardly|barely|scarcely|rarely|seldom|without"
    r"|deix(?:ei|ou|amos|aram) de|esquec\w+ de|esqueci-me de|recus\w+ a|ainda (?:tenho|tem|temos|falta)\b"
    r"|incapaz de|sem"
    r"|dej(?:e|o|amos|aron) de|olvid\w+|me niego a|todavia (?:tengo|tiene|tenemos|falta)|sin"
    r"|vergessen|kaum|weiger\w*|unmoglich|ausserstande|ohne"
    r"|oublie\w* d[e']?|refus\w+ d[e']?|impossible de|incapable de|(?:dois|doit|devons) encore|sans)(?!\w)"
)
IDIOMS = re.compile(
    r"\b(?:no (?:doubt|problem|worries|wonder|matter|question|later than|more than|less than|fewer than|sooner)|no \d"
    r"|not (?:only|just|least|to mention|bad)|nothing but|none other|if not|(?:or|why) not|cant wait|in no time"
    r"|(?:dont|do not) (?:forget|worry)"
    r"|nao (?:so|apenas|somente|obstante|faz mal)|a nao ser|sem (?:duvida|problema)|pois nao|nao (?:se )?esquec\w+"
    r"|no (?:solo|solamente|obstante|pasa nada|olvid\w+)|sin (?:duda|problema)"
    r"|nicht (?:nur|zuletzt|wahr|schlecht)|kein problem|keine (?:frage|sorge|ahnung)|ohne (?:zweifel|weiteres)"
    r"|nicht vergessen|vergiss nicht|ne? ?oubli\w+ pas"
    r"|(?:pas|non) seulement|pas (?:de probleme|mal)|nest-?ce pas|sans (?:doute|probleme)|nimporte"
    r"|ne (?!\w+ (?:pas|plus|rien|jamais))\w+(?: \w+)? que)\b"
)
RATHER = re.compile(
    r"\b(?:not|nicht|kein\w*|nao|no|pas|\w+nt)\b[^.!?]{0,80}?\b"
    r"(?:sondern|sino|but(?! (?:i|we|you|he|she|it|they|that|this|the|will|have|has|is|are|was|can)\b)|mas sim|e sim"
    r"|mais (?:a|au|le|la|les|un|une)\b)"
)
RAISED = re.compile(
    r"\b(?:(?:dont|doesnt|didnt|do not|does not|did not) (?:think|believe|guess|suppose|expect)"
    r"|nao (?:acho|creio|penso) que|no (?:creo|pienso) que|glaube (?:ich )?(?:nicht|kaum),?|denke (?:ich )?nicht,?"
    r"|(?:crois|pense) pas qu\w*)\b,?"
)
SENTENCE = re.compile(r"(?<=[.!?])\s|\n")
CLAUSE = re.compile(
    r"[;:,()\u2013\u2014]|\s-\s|\b(?:but|because|although|though|while|whereas|however|since|and|porque|embora|enquanto"
    r"|pero|aunque|mientras|aber|weil|obwohl|wahrend|und|mais|parce|quoique|tandis|et"
    r"|that|which|whom?|says?|said|saying|que|dass)\b"
)
HEADLESS = re.compile(
    r"\s*(?:has|have|had|is|are|was|were|will|can|did|does|hat|haben|ist|sind|war|ont|est|tem|foi)\b|.*\bzu \w+$"
)
WHO = frozenset(
    words(
        "who whom whose anyone anybody someone somebody quem alguem quien quienes alguien wer wem wen wessen jemand qui"
    )
)
QUESTION_WORD = re.compile(r"\b(?:who|whom|whose|quem|qui[ée]n|wer|wem|wen|qui)\b", re.IGNORECASE)
PEOPLE = frozenset(map(stem, WHO))
WHICH = {
    "en": frozenset(words("when where which what")),
    "pt": frozenset(words("quando onde qual quais que")),
    "es": frozenset(words("cuando donde cual cuales que")),
    "de": frozenset(words("wann wo welche welcher welches welchen welchem was")),
    "fr": frozenset(words("quand ou quel quelle quels quelles que quoi")),
}
NOT_SO = "\N{NOT SIGN}"  # stands for words that deny the clause after them
EARLY = 4  # words, among which a question word asks
UNTIL = re.compile(r"\b(?:until|till|before|antes|ate|hasta|vor|erst|avant)\b")
FIRST_PERSON = re.compile(r"\b(?:i|im|ive|ill|id|my|we|our|eu|meu|minha|yo|mi|ich|mein\w*|wir|je|j|mon|ma|nous)\b")


class Stand(IntEnum):
    """The stand of a text to what a question takes for granted: with it, for nobody and nothing, or against it."""

    WITH = 0
    NOBODY = 1
    AGAINST = 2


def plain(text: str) -> str:
    """Return the text folded and without apostrophes, as the tables of this module hold their words."""
    folded = SPACED.sub("nt", fold(text))
    opened = ELIDED.sub(lambda found: {"n": "ne ", "qu": "que "}.get(found[1], f"{found[1]} "), folded)
    return APOSTROPHES.sub("", opened)


def denies(text: str) -> bool:
    """Return whether the text, taken as one clause, denies what it speaks of."""
    return _denied(plain(text), likeliest(text))


def _denied(clause: str, language: str) -> bool:
    """Return the same for a plain clause of a text in that language."""
    if RATHER.search(clause):
        return False
    bare = IDIOMS.sub(" ", clause)
    return _negated(bare, language) != bool(LACKS.search(bare))


def _negated(clause: str, language: str) -> bool:
    words = set(re.findall(r"\w+", clause))
    return bool(words & (SURE | NOT[language])) or bool(WITH_NE.search(clause))


def denied_before(text: str) -> bool:
    """Return whether the last clause of the text, or a belief before it, denies what comes next."""
    clause = plain(last_clause(text))
    if RAISED.search(plain(text)) or clause.split()[-1:] == ["no"]:  # Portuguese "no" stands before no verb
        return True
    return _denied(clause, likeliest(text))


def last_clause(text: str) -> str:
    """Return the text from where its last clause begins."""
    ends = [found.end() for found in (*CLAUSE.finditer(text), *SENTENCE.finditer(text))]
    return text[max(ends, default=0) :]


def clauses(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each clause of the text, plain, and whether it is denied."""
    language = likeliest(text)
    for sentence in SENTENCE.split(IDIOMS.sub(" ", plain(text))):
        if sentence.rstrip().endswith("?") or RATHER.search(sentence):
            yield sentence, False
        else:
            yield from _clauses(RAISED.sub(f" {NOT_SO} ", sentence), language)


def _clauses(sentence: str, language: str) -> Iterator[tuple[str, bool]]:
    turned = before = False
    for clause in filter(str.strip, CLAUSE.split(sentence)):
        turned = turned or NOT_SO in clause
        inherits = before and HEADLESS.match(clause) is not None
        before = (_denied(clause, language) or inherits) != turned
        yield clause.replace(NOT_SO, " "), before


def contradicts(one: str, other: str) -> bool:
    """Return whether a clause of one text denies what a clause of the other that says nearly the same claims."""
    theirs = [(stems(clause), denied) for clause, denied in clauses(other)]
    return any(_opposed(content_stems(clause), denied, theirs) for clause, denied in clauses(one))


def _opposed(said: set[str], denied: bool, theirs: Sequence[tuple[set[str], bool]]) -> bool:  # noqa: FBT001
    nearest, other = max(theirs, key=lambda each: len(said & each[0]), default=(set(), denied))
    return bool(said) and len(said & nearest) >= SAME * len(said) and denied != other


def stand(question: str, text: str, *, alike: bool = False) -> Stand:
    """Return how the text stands to the question.

    It is WITH where that stays open, or the question takes nothing for granted.

    `alike` says that the text is known to be about what is asked, though not in its words.
    """
    asked, denied = _taken_for_granted(question)
    by_person = asks_for_person(question)
    if not asked or not (by_person or _asks_for_thing(question)):
        return Stand.WITH
    statements = list(clauses(text))
    relevant = [each for each in statements if _speaks_of(asked, each[0], by_person=by_person)]
    if not relevant and (_denies_all(statements, asked) or (alike and by_person and _speaks_of_oneself(statements))):
        relevant = statements
    if not relevant or any(each == denied for _, each in relevant):
        return Stand.WITH
    if not by_person and any(UNTIL.search(clause) for clause, _ in relevant):
        return Stand.WITH
    emptied = any(NOBODY & set(clause.split()) for clause, _ in relevant)
    return Stand.NOBODY if emptied and not FIRST_PERSON.search(relevant[0][0]) else Stand.AGAINST


def _taken_for_granted(question: str) -> tuple[set[str], bool]:
    """Return the stems of what the question takes for granted, and whether it denies that."""
    parts = ((content_stems(clause) - PEOPLE, denied) for clause, denied in clauses(_asking(question)))
    return next((part for part in parts if part[0]), (set(), False))


def _asking(question: str) -> str:
    """Return the question from its first question word on, without its mark."""
    match = QUESTION_WORD.search(question)
    return question[match.start() if match else 0 :].rstrip(" ?")


def _denies_all(said: Sequence[tuple[str, bool]], asked: set[str]) -> bool:
    """Return whether every clause is denied, and all of them together hold what is asked."""
    return (
        len(said) > 1
        and all(denied for _, denied in said)
        and asked <= set().union(*(stems(clause) for clause, _ in said))
    )


def _speaks_of_oneself(said: Sequence[tuple[str, bool]]) -> bool:
    return len(said) == 1 and FIRST_PERSON.search(said[0][0]) is not None


def _speaks_of(asked: set[str], clause: str, *, by_person: bool) -> bool:
    """Return whether the clause says, or denies, what the question with these stems takes for granted."""
    held = stems(clause)
    shared, lacking = asked & held, asked - held
    if not shared or len(shared) < SHARE * len(asked):
        return False
    if len(shared) > 1:
        return True
    if any(not any(word.startswith(each[:INITIAL]) for word in held) for each in lacking):
        return False  # "paid" may stand for "pay", "looking" for nothing
    return by_person or len(content_stems(clause) - asked) <= EXTRA


def asks_for_person(question: str) -> bool:
    """Return whether the question asks who, or whether there is anybody."""
    words = plain(question).split()
    return bool(WHO & {word.strip("?!.,¿¡") for word in words}) or "quelquun" in plain(question)


def _asks_for_thing(question: str) -> bool:
    early = re.findall(r"\w+", plain(question))[:EARLY]
    return bool(WHICH[likeliest(question)] & set(early))
