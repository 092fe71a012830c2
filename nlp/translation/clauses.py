"""Cuts a sentence into the clauses that the table of phrases knows and the rest: "no worries, take your time"."""

import re

from nlp.text.masking import find
from nlp.text.segments import mask
from nlp.translation.phrasebook import phrase

CLAUSE = re.compile(r"(?<![\s,;!?\u2026])\s*(?:[,;!?\u2026]|(?<!\.)\.{3,})+\s+|(?<!\s)\s+[-\u2013\u2014]\s+")
CONTINUES = re.compile(r"[,;\u2013\u2014-]\s*$")
MOST_NAMES = 3  # words of a name
COURTESIES = """
thanks, thank you, thanks a lot, sorry, please, bye, ok, cheers, everyone, guys, team, folks, obrigado, obrigada, muito
obrigado, muito obrigada, desculpa, desculpe, valeu, tchau, por favor, galera, pessoal, gente, beleza, abraço, abraços
"""
LAST = frozenset(" ".join(COURTESIES.split()).split(", "))  # what may follow a sentence's last comma


def in_clauses(text: str, languages: tuple[str, str]) -> list[tuple[str, str | None]]:
    """Return a sentence cut into what the table of phrases knows, with its translation, and the rest with None.

    What is known may be all of it, what stands before its first comma, or a courtesy behind the last.
    """
    if known := phrase(text, *languages):
        return [(text, known)]
    masked = mask(text, list(find(text)))
    cuts = list(CLAUSE.finditer(masked))
    if not cuts:
        return [(text, None)]
    first, last = cuts[0], cuts[-1]
    head, tail = phrase(text[: first.start()], *languages), None
    if text[last.end() :].strip(" .!?").casefold() in LAST:
        tail = phrase(text[last.end() :], *languages)
    if head and tail and first is last:
        return [(text[: first.start()], head), (first[0], ""), (text[first.end() :], tail)]
    start, end = first.end() if head else 0, last.start() if tail else len(text)
    before = [(text[: first.start()], head), (first[0], "")] if head else []
    after = [(last[0], ""), (text[last.end() :], tail)] if tail else []
    middle = text[start:end]
    known = middle if head and is_name(middle) else phrase(middle, *languages)
    return [*before, (middle, known), *after]


def is_name(text: str) -> bool:
    """Return whether a clause is nothing but capitalised words: somebody who is spoken to."""
    tokens = re.findall(r"[^\W\d_]+", text)
    return 0 < len(tokens) <= MOST_NAMES and all(word[0].isupper() and not word.isupper() for word in tokens)


def continued(text: str, separator: str, source: str) -> str:
    """Return a clause's translation with a small first letter where the sentence goes on, unless it is "I"."""
    goes_on = CONTINUES.search(separator) and (source[:1].islower() or re.match(r"I\b", source))
    return text[:1].lower() + text[1:] if goes_on and not re.match(r"I\b", text) else text
