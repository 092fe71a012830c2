"""The commonest short phrases of chat, for pairs that have a table: what they mean is known, and no model has to guess.

Translators invent most where a text is shortest. `benchmarks/check_phrases.py` checks the tables and writes them.
"""

import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from nlp.languages.everyday import LISTED

MOST_WORDS = 6
EDGES = " .,!?\u2026;:\"'()\u00a1\u00bf"
DRAWN = re.compile(r"([^\W\d_])\1{2,}")  # "yesss"
END = re.compile(r"(?<![.,!?\u2026;:\s])[.,!?\u2026;:\s]*$")


def phrase(text: str, source: str, target: str, *, whole: bool = True) -> str | None:
    """Return the translation of a short phrase, written as the phrase is, or None where it isn't in the pair's table.

    One that isn't the whole of a sentence isn't a question unless it is written as one.
    """
    table = phrases(source, target)
    if not table or text.count(" ") >= MOST_WORDS:
        return None
    known_phrase = next((table[key] for key in keys(text, whole=whole) if key in table), None)
    return None if known_phrase is None else dressed(known_phrase, text)


def keys(text: str, *, whole: bool) -> list[str]:
    """Return what a phrase may stand under in a table, likeliest first."""
    plain = folded(text)
    spellings = dict.fromkeys((plain, DRAWN.sub(r"\1", plain), DRAWN.sub(r"\1\1", plain)))
    asked = text.rstrip().endswith("?")
    ends = ("?", "") if asked else ("", "?") if whole and " " in plain else ("",)
    return [spelling + end for spelling in spellings for end in ends if spelling]


def folded(text: str) -> str:
    """Return a phrase in small letters, without commas and the punctuation at its edges."""
    return " ".join(text.replace("\u2019", "'").replace(",", " ").casefold().split()).strip(EDGES)


def dressed(found: str, text: str) -> str:
    """Return a translation with the capitals and the last punctuation of its source."""
    end = END.search(text)
    body = found.rstrip(".!?") + (end[0] if end else "")
    if text.isupper() and sum(map(str.isalpha, text)) > 1:
        return body.upper()
    return body[:1].upper() + body[1:] if text.lstrip(EDGES)[:1].isupper() else body


def tables() -> list[Traversable]:
    """Return the files of all pairs."""
    folder = files("nlp.translation") / "phrases"
    return sorted((each for each in folder.iterdir() if each.name.endswith(".tsv")), key=lambda each: each.name)


@cache
def phrases(source: str, target: str) -> dict[str, str]:
    """Return the table of a pair, empty where there is none. The first of several translations of a phrase counts."""
    found: dict[str, str] = {}
    for path in tables():
        for line in path.read_text(encoding="utf-8").splitlines():
            first, second, text, translation, _ = line.split("\t")
            if (first, second) == (source, target):
                end = "?" if text.endswith("?") else ""
                found.setdefault(folded(text) + end, translation)
    return found


@cache
def ordinary_words(language: str) -> frozenset[str]:
    """Return a language's words that aren't acronyms in capitals either: everyday ones, and those of the phrases."""
    listed = set(LISTED.get(language, ()))
    for path in tables():
        rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
        listed |= {word.strip(EDGES) for row in rows if row[0] == language for word in row[2].split()}
    return frozenset(listed - {"ok"})
