"""Says what speaks against a translation, by signs that cost no model: an echo, invention, a negation or a person lost.

A doubt is a reason to try again and, if it stays, to warn; it isn't a proof. Negation and person are compared between
languages that have a table here. Pure functions of text.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import pairwise

from nlp.languages.everyday import LISTED
from nlp.text.masking import strip
from nlp.translation.phrasebook import phrases

WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
SHORT = 4  # words up to which a sentence may not grow much
CARRIED = 0.6  # share of a translation's words that stood in the source already
LEAST_CARRIED = 2
LEAST_LETTERS = 3  # of a word that is looked for in both


class Doubt(StrEnum):
    """A fault that a translation may have, as a warning says it."""

    ECHO = "Not translated, or only in part"
    INVENTED = "Left in the original, because the translation said more"
    MEANING = "Left in the original, because the translation said something else"
    REPEATED = "Words repeat here that don't repeat in the original"
    NEGATION = "A negation may be lost or added here"
    PERSON = "The person meant may have changed here"
    NAME = "A name may have been translated here"
    UNSURE = "The translator is unsure here"
    HEADLINE = "It is written like a headline"


def sets(table: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Return words of each language for looking up."""
    return {language: frozenset(listed.split()) for language, listed in table.items()}


DENIALS = sets(
    {
        "en": "not no never nobody nothing none neither nor without cannot nowhere nope nah no-one unable",
        "pt": "não nunca ninguém nada nenhum nenhuma nenhuns nenhumas nem jamais sem tampouco",
        "es": "no nunca nadie nada ningún ninguno ninguna ni jamás sin tampoco",
        "fr": "ne pas jamais personne rien aucun aucune ni sans non",
        "de": "nicht kein keine keinen keinem keiner keines nie niemals niemand nichts weder ohne nein",
        "it": "non no mai nessuno nessuna niente nulla né senza neanche nemmeno",
        "nl": "niet geen nooit niemand niets noch zonder nee",
    }
)
SOFT = sets(
    {
        "en": "hardly barely until unless fail fails failed failing lack lacks miss missing refuse refused impossible "
        "avoid stop except only out otherwise stay stays",
        "pt": "mal quase até menos falhar falha falhou falharam falta faltam impossível evitar evite parar pare exceto "
        "só somente deixar deixe fora senão incapaz",
    }
)
DENYING = re.compile(r"n['\u2019]t$|^n['\u2019]")
NEGATIVE = {
    "en": re.compile(r"^(?:un|in|im|ir|dis)\w{4,}|(?<!\w)\w+less$"),
    "pt": re.compile(r"^(?:in|im|ir|des)\w{4,}"),
}
TWICE = re.compile(
    r"(?:n['\u2019]t|\bnot|\bcannot)\s+not\b|\b(?:never|nobody|nothing|no one)\b[^,.;]*(?:n['\u2019]t|\bnot)\b"
)
CONCORD = frozenset({"pt", "es", "it", "fr"})  # languages in which two words deny once
SECOND = re.compile(r"\bdeixar de\b|\bsem\b|\bdejar de\b|\bsin\b")  # how these deny a second time
TAG = re.compile(
    r"(?<!\s),?\s*(?:right|isn't it|doesn't it|don't you|né|não é|no|verdade|ne|nicht wahr)\s*\?", re.IGNORECASE
)
FIRST = sets(
    {
        "en": "i i'm i've i'll i'd me my mine myself we we're we've we'll we'd us our ours ourselves let's",
        "pt": "eu me mim meu minha meus minhas comigo nós nos nosso nossa nossos nossas conosco",
    }
)
THIRD = sets(
    {
        "en": "he he's he'll he'd she she's she'll she'd him her his hers himself herself",
        "pt": "ele ela dele dela nele nela",
    }
)
OTHERS = sets(
    {
        "en": "it it's its they they're them their theirs one someone somebody everyone everybody anyone anybody "
        "nobody who this that these those",
        "pt": "eles elas deles delas se lhe lhes o a os as seu sua seus suas alguém ninguém quem isso isto aquilo esse "
        "essa este esta",
    }
)
SPEAKING = re.compile(
    r"^(?:\w{2,}(?:ei|mos)|vou|estou|tô|sou|tenho|fui|fiz|vi|dou|sei|posso|quero|preciso|acho|digo|faço|venho|trago|ponho|peço|"
    r"subi|abri|saí|caí|li|ouvi|pedi|perdi|vendi|escrevi|recebi|respondi|consegui|decidi|entendi|esqueci|corrigi)$"
)


def doubts(source: str, text: str, languages: tuple[str, str]) -> tuple[Doubt, ...]:
    """Return what speaks against `text` as the translation of `source`; `languages` are theirs."""
    before, after = strip(source), strip(text)
    if before in after and before != after:  # a model that puts something to its source and leaves it
        return (Doubt.INVENTED,) if invents(before, after) else ()
    raised = {
        Doubt.ECHO: echoes(before, after, languages),
        Doubt.INVENTED: invents(before, after),
        Doubt.REPEATED: repeats(before, after, languages),
        Doubt.NEGATION: negation_differs(before, after, languages),
        Doubt.PERSON: person_differs(before, after, languages),
        Doubt.HEADLINE: is_headline(before, after),
    }
    return tuple(doubt for doubt, applies in raised.items() if applies)


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text in small letters."""
    return tuple(WORD.findall(text.casefold().replace("\u2019", "'")))


def echoes(source: str, text: str, languages: tuple[str, str]) -> bool:
    """Return whether a translation is its source, or mostly words of it.

    Names and words of both languages don't count.
    """
    own, shared = LISTED.get(languages[0], frozenset()), LISTED.get(languages[1], frozenset())
    both = {word for word in words(text) if word in shared or phrases(*languages).get(word) == word}
    tokens = [match[0] for match in WORD.finditer(text)]
    counted = [word for word in tokens if len(word) >= LEAST_LETTERS and word.casefold() not in both]
    before = set(words(source))
    carried = [word for word in counted if word.casefold() in before and (word.islower() or word.casefold() in own)]
    if words(source) == words(text):
        return bool(carried)
    return len(carried) >= LEAST_CARRIED and len(carried) >= CARRIED * len(tokens)


def invents(source: str, text: str) -> bool:
    """Return whether a translation adds brackets or is much longer than a short source allows."""
    before, after = words(source), words(text)
    brackets = text.count("(") > source.count("(") or ("none" in after and "none" not in before and len(after) == 1)
    return brackets or (len(before) <= SHORT and len(after) > 2 * len(before) + (len(before) > 1))


def is_headline(source: str, text: str) -> bool:
    """Return whether a translation writes words with capitals inside, as its source doesn't."""
    return len(capitals(text)) > len(capitals(source))


def capitals(text: str) -> list[str]:
    """Return the words inside a text that begin with a capital, "I" and English days apart."""
    tokens = [match[0] for match in WORD.finditer(text)][1:]
    return [word for word in tokens if word[0].isupper() and not re.match(r"I\b|\w+day\b", word)]


def repeats(source: str, text: str, languages: tuple[str, str]) -> bool:
    """Return whether a translation says a word over and over that its source doesn't. Everyday words may return."""
    everyday = LISTED.get(languages[1], frozenset())
    tokens = words(text)
    often = Counter(word for word in tokens if word not in everyday)
    most = max(Counter(words(source)).values(), default=0)
    return run(tokens) > max(run(words(source)), 2) or max(often.values(), default=0) > max(2, most)


def run(told: Sequence[str]) -> int:
    """Return how often the most repeated word stands in a row."""
    longest = here = 1
    for first, second in pairwise(told):
        here = here + 1 if first == second else 1
        longest = max(longest, here)
    return longest


def negation_differs(source: str, text: str, languages: tuple[str, str]) -> bool:
    """Return whether one of the two denies and the other doesn't, or denies twice and the other once."""
    if not all(language in DENIALS for language in languages):
        return False
    before, after = TAG.sub("", source), TAG.sub("", text)
    here, there = denials(before, languages[0]), denials(after, languages[1])
    if here and languages[0] not in CONCORD and TWICE.search(before.casefold()):
        return there + bool(languages[1] in CONCORD and SECOND.search(after.casefold())) < 2  # noqa: PLR2004 - twice
    if bool(here) == bool(there):
        return False
    return not (softly(after, languages[1]) if here else softly(before, languages[0]))


def denials(text: str, language: str) -> int:
    """Return how many words of a text deny."""
    listed = DENIALS[language]
    return sum(word in listed or bool(DENYING.search(word) and language in {"en", "fr"}) for word in words(text))


def softly(text: str, language: str) -> bool:
    """Return whether a text denies without a word that only denies: "unable", "hardly", "impossível"."""
    pattern, listed = NEGATIVE.get(language), SOFT.get(language, frozenset())
    return any(word in listed or bool(pattern and pattern.search(word)) for word in words(text))


def person_differs(source: str, text: str, languages: tuple[str, str]) -> bool:
    """Return whether "he" or "she" comes from nowhere where somebody speaks of themselves, or who speaks is gone."""
    if not all(language in FIRST for language in languages):
        return False
    before, after = set(words(source)), set(words(text))
    here, there = languages
    third = bool(after & THIRD[there]) and not before & (THIRD[here] | OTHERS[here])
    own = before & FIRST[here] or (here == "pt" and any(map(SPEAKING.match, before)))
    if not own or any(match[0][0].isupper() for match in list(WORD.finditer(source))[1:] if match[0] != "I"):
        return False
    kept = after & FIRST[there] or there == "pt"
    return third if there == "pt" else not kept
