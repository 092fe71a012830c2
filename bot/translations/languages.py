"""Tells from which language each message is to be translated, and which one a word names, or that it names none."""

from collections.abc import Sequence

from bot.errors import UsageError
from nlp.core import Core
from nlp.text.language_id import detect_all, resolved
from nlp.text.names import code_of
from nlp.translation.chat import PIVOT, sources


def languages_of(texts: Sequence[str], speakers: Sequence[str], hint: Sequence[str], target: str) -> list[str | None]:
    """Return the language to translate each text of a conversation from, helped by what its speakers usually speak."""
    detected = detect_all(texts, speakers, hint)
    bound = [language for language in hint if language != target]
    return [resolved(text, each, target, bound) for text, each in zip(texts, detected, strict=True)]


def known_language(word: str) -> str:
    """Return the code that `word` means. Raises UsageError."""
    code = code_of(word)
    if code is None:
        raise unknown_language(word)
    return code


def unknown_language(word: str) -> UsageError:
    """Return an error for a word that names no language."""
    return UsageError(f"I don't know the language “{word}”.", "Use a code such as pt, or a name in English.")


def ways(core: Core, target: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the languages that are translated into `target` directly, and those through English alone."""
    direct = sources(core, target)
    around = sources(core, PIVOT) if PIVOT in direct else ()
    return direct, tuple(source for source in around if source not in {*direct, target})
