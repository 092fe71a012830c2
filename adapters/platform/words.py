"""Parley's own words in the languages of its users: tables, and one way to look things up.

A table is a TOML file whose keys are the English texts; `{}` in one stands for what is put in, such as a name or a
number. What isn't in a table is said in English.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from adapters.chat import Action, Progress, Reply

LANGUAGES = ("de", "es", "fr", "pt")
GAP = "{}"

Table = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Words:
    """Texts in several languages. `_patterns` finds the entry of a text with gaps that are filled."""

    table: Table
    _patterns: tuple[tuple[re.Pattern[str], str], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        patterns = ((_pattern(english), english) for english in self.table if GAP in english and english != GAP)
        object.__setattr__(self, "_patterns", tuple(patterns))

    @classmethod
    def read(cls, file: Path, base: "Words | None" = None) -> Self:
        """Return the words of a file, beside those of `base`."""
        return cls({**(base.table if base else {}), **tomllib.loads(file.read_text(encoding="utf-8"))})

    def say(self, english: str, locale: str) -> str:
        """Return the words in the language of a locale such as `pt-BR`; in English where they aren't known."""
        language = locale.partition("-")[0]
        if language not in LANGUAGES:
            return english
        if row := self.table.get(english):
            return row.get(language, english)
        for pattern, entry in self._patterns:
            if match := pattern.fullmatch(english):
                return _filled(self.table[entry].get(language, entry), match.groups())
        return english

    def fill(self, english: str, locale: str, *values: object) -> str:
        """Return the words with the values in their gaps."""
        return _filled(self.say(english, locale), tuple(map(str, values)))

    def stage(self, step: Progress, locale: str) -> str:
        """Return a step of the work as people read it: "lese Nachrichten 3 von 9"."""
        words = self.say(step.stage, locale)
        if step.total:
            return f"{words} {self.fill('{} of {}', locale, step.done, step.total)}"
        return f"{words} {step.done}" if step.done else words

    def reply(self, reply: Reply, locale: str) -> Reply:
        """Return the reply with those of its texts that are Parley's own in that language, and its buttons."""
        return replace(
            reply,
            text=self.say(reply.text, locale),
            notes=tuple(self.say(note, locale) for note in reply.notes),
            actions=tuple(Action(self.say(each.label, locale), each.intent) for each in reply.actions),
        )


def _pattern(english: str) -> re.Pattern[str]:
    """Return a pattern for a text with gaps: each is filled by a short text on one line."""
    return re.compile("([^\n]{1,200}?)".join(map(re.escape, english.split(GAP))))


def _filled(text: str, values: tuple[str, ...]) -> str:
    """Return the text with the values in its gaps, in order."""
    parts = text.split(GAP)
    return parts[0] + "".join(value + part for value, part in zip(values, parts[1:], strict=True))


SHARED = Words.read(Path(__file__).with_name("words.toml"))
