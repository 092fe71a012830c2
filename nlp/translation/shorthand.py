"""Spells chat's abbreviations out before a translator sees them: "brb", "vc", "pq". A table for each language.

A full form that ends in a comma keeps it only in front of a sentence: "btw it works", "it works btw".
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from nlp.text.masking import find

ACRONYM = 3  # letters from which capitals are an abbreviation of chat; two are more often a name


@cache
def table(language: str) -> Mapping[str, str]:
    """Return the abbreviations of a language and what they stand for."""
    text = (files("nlp.translation") / "shorthand.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    return {short: long for code, short, long in rows if code == language}


@cache
def pattern(language: str) -> re.Pattern[str] | None:
    """Return a regex of the abbreviations of a language, longest first, or None where it has none."""
    shorts = sorted(table(language), key=len, reverse=True)
    return re.compile(rf"(?<![\w'@#/.-])(?i:{'|'.join(map(re.escape, shorts))})(?![\w'@/])") if shorts else None


def spelled_out(text: str, language: str) -> str:
    """Return a text with its abbreviations in full. What is protected stays as it is."""
    shorts = pattern(language)
    if shorts is None or shorts.search(text) is None:
        return text
    spans = [(span.start, span.end) for span in find(text)]

    def full(match: re.Match[str]) -> str:
        inside = any(start < match.end() and match.start() < end for start, end in spans)
        if inside:
            return match[0]
        long = table(language)[match[0].lower()]
        leads = match.start() == 0 and text[match.end() :].lstrip()[:1].isalpha()
        return written(match[0], long if leads else long.rstrip(","), first=match.start() == 0)

    return shorts.sub(full, text)


def written(short: str, long: str, *, first: bool) -> str:
    """Return the full form, with a capital where the abbreviation begins a sentence with one."""
    if len(short) < ACRONYM and short.isupper():
        return short  # "plan U", "GM"
    return long[:1].upper() + long[1:] if first and short[:1].isupper() else long
