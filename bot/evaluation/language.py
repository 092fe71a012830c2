"""Measures language identification: how often it is right, how often it says honestly that it can't know.

Each text is told by itself, without the habits of a channel or an author, which help it in a conversation.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from adapters.files import read_text
from bot.errors import UsageError
from bot.evaluation import labelled
from bot.evaluation.report import EvaluationReport, Figure, Table, interval
from nlp.text.language_id import detect
from nlp.text.names import code_of, name_of

MODEL = "fastText's lid.176 and langdetect"
SEVERAL = 3  # words
UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class LabelledLine:
    """A text and the code of the language that it is in."""

    text: str
    language: str

    @property
    def several(self) -> bool:
        """Return whether it has three words or more; a text without spaces counts by its letters."""
        return len(self.text.split()) >= SEVERAL or (not self.text.isascii() and " " not in self.text.strip())


def read(path: Path, part: str) -> list[LabelledLine]:
    """Return the texts of a table of codes and texts, or of a folder with XLM-T's parts in folders named by languages.

    Raises UsageError where there are none.
    """
    if path.is_dir():
        named = [(code_of(folder.name), folder) for folder in sorted(path.iterdir()) if folder.is_dir()]
        return [
            LabelledLine(row.text, code) for code, folder in named if code for row in labelled.read(folder, part=part)
        ] or nothing(path)
    try:
        rows = [line.split("\t", 1) for line in read_text(path).splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} can't be read ({type(error).__name__}).", "It has to be text in UTF-8.") from error
    if any(len(row) == 1 for row in rows):
        return nothing(path)
    return [LabelledLine(text, language) for language, text in rows] or nothing(path)


def nothing(path: Path) -> list[LabelledLine]:
    """Raise UsageError for a file without labelled texts."""
    raise UsageError(f"{path} holds no texts with their languages.", "Each line is a code, a tab and a text.")


def evaluate(
    examples: Sequence[LabelledLine], *, data: str, on_done: Callable[[int], None] = lambda _: None
) -> EvaluationReport:
    """Tell the language of every text."""
    told: list[str] = []
    for example in examples:
        told.append(detect(example.text) or UNKNOWN)
        on_done(len(told))
    return EvaluationReport(
        "language", MODEL, data, len(examples), figures(examples, told), (by_language(examples, told),)
    )


def figures(examples: Sequence[LabelledLine], told: Sequence[str]) -> tuple[Figure, ...]:
    """Return shares of the texts, with intervals; the last one is a share of the texts of three words or more."""
    right = np.array([each == example.language for example, each in zip(examples, told, strict=True)])
    unknown = np.array([each == UNKNOWN for each in told])
    several = np.flatnonzero([example.several for example in examples])
    found = [share("right", right), share("right or unknown", right | unknown)]
    return (*found, *([share("unknown, of three words or more", unknown[several])] if len(several) else []))


def share(name: str, held: NDArray[np.bool_]) -> Figure:
    """Return how often something held."""
    return interval(name, lambda rows: float(held[rows].mean()), len(held))


def by_language(examples: Sequence[LabelledLine], told: Sequence[str]) -> Table:
    """Return how many texts of each language are right or unknown, and for what the others are taken."""
    counts = {language: Counter[str]() for language in dict.fromkeys(example.language for example in examples)}
    for example, each in zip(examples, told, strict=True):
        counts[example.language][each] += 1
    rows = tuple(
        (name_of(language), count.total(), count[language], count[UNKNOWN], mistaken(count, language))
        for language, count in counts.items()
    )
    return Table("by language", ("language", "texts", "right", "unknown", "taken for"), rows)


def mistaken(count: Counter[str], language: str) -> str:
    """Return the languages that a language was taken for, with their numbers."""
    others = [(code, number) for code, number in count.most_common() if code not in (language, UNKNOWN)]
    return ", ".join(f"{name_of(code)} {number}" for code, number in others)
