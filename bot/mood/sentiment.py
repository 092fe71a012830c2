"""Judges how texts sound, in any language that the bound model reads or a bound translator puts into English.

The packaged model reads every language as it is. Before one that reads English alone, a text in another language is
translated where a model for the pair is bound, and otherwise left unjudged. Knows no channel and no person.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.chat import Reply
from bot.services import Services
from nlp.core import Core
from nlp.errors import CoreError, JobFailed, JobTooLong, UnsupportedPair
from nlp.jobs import Priority, Sentiment
from nlp.text.language_id import presumed
from nlp.text.pastes import is_pasted, without_pastes
from nlp.translation.chat import translate

NATIVE = "en"  # what a model reads that doesn't read every language; also said of a text that is read as it is
PASTED = "zxx"  # ISO 639: no linguistic content
LINES = 1024  # texts of a stream that are judged together


@dataclass(frozen=True, slots=True)
class Judgement:
    """The sound of one text; `label` is None where `language` is not supported."""

    label: str | None
    scores: Mapping[str, float]
    model: str
    language: str = NATIVE

    @property
    def note(self) -> str:
        """Return why there is no label, or that it is a translation's; empty otherwise."""
        if self.language == PASTED:
            return "nothing that a person wrote: it is pasted, from a machine"
        if self.label is None:
            return f"not supported for {self.language}"
        return "" if self.language == NATIVE else f"judged by its translation from {self.language}"

    def reply(self) -> Reply:
        """Return the reply as a person reads it."""
        if self.label is None:
            subject = "there is" if self.language == PASTED else "sentiment is"
            return Reply(f"I can't say how this sounds: {subject} {self.note}.")
        notes = (f"The text was {self.note}.",) if self.note else ()
        return Reply(f"This sounds **{self.label}** ({self.scores[self.label]:.0%} sure).", notes=notes)

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        fields = {"label": self.label, "scores": dict(self.scores), "model": self.model}
        return fields | ({"note": self.note} if self.note else {})


async def judge(
    texts: Sequence[str],
    core: Core,
    *,
    language: str | None = None,
    languages: Sequence[str] | None = None,
    priority: Priority = Priority.INTERACTIVE,
    on_done: Callable[[int], None] = lambda _: None,
) -> list[Judgement]:
    """Return how each text sounds, in their order.

    `language` is the language of all, `languages` that of each; without them it is detected, for a model that doesn't
    read every language. A text in Latin letters of unknown language is taken for that of most others, one alone for
    English. Raises ModelUnavailable.
    """
    model = core.model_name("sentiment")
    written = await asyncio.to_thread(lambda: [without_pastes(text).strip() for text in texts])
    if languages is None:
        known = [language] * len(texts) if language else None
        languages = await asyncio.to_thread(lambda: languages_read(written, core, known))
    languages = [PASTED if is_pasted(text) else language for text, language in zip(texts, languages, strict=True)]
    english = await into_english(written, languages, core, priority)
    places = [place for place, text in enumerate(english) if text is not None]
    readable = [text for text in english if text is not None]
    sentiments: dict[int, Sentiment] = {}
    if readable:
        sentiments = dict(zip(places, await core.sentiment(readable, priority=priority, on_done=on_done), strict=True))
    return [judgement(sentiments.get(place), model, language) for place, language in enumerate(languages)]


def has_words(text: str) -> bool:
    """Return whether there is anything in it to judge."""
    return any(map(str.isalnum, text))


def judgement(found: Sentiment | None, model: str, language: str) -> Judgement:
    """Return a model's finding, or that there is none for the language."""
    return Judgement(found.label if found else None, found.scores if found else {}, model, language)


def languages_read(texts: Sequence[str], core: Core, known: Sequence[str] | None = None) -> Sequence[str]:
    """Return the language of each text of a conversation as far as it matters: NATIVE for one that is read as it is."""
    if core.reads_every_language("sentiment"):
        return [NATIVE] * len(texts)
    return known or presumed(texts, NATIVE)


async def into_english(
    texts: Sequence[str], languages: Sequence[str], core: Core, priority: Priority
) -> list[str | None]:
    """Return each text in English, None where no bound model translates it or nobody wrote it."""
    translations = await translate(core, texts, NATIVE, languages=languages, priority=priority, checked=False)
    return [
        None if isinstance(each, UnsupportedPair) or language == PASTED else each.text
        for each, language in zip(translations, languages, strict=True)
    ]


async def judge_stream(texts: AsyncIterator[str], services: Services) -> AsyncIterator[Judgement | CoreError]:
    """Yield how each text of a stream sounds, in order, in memory that does not grow with the stream.

    Texts that the model fails on yield the error in their place. Raises ModelUnavailable.
    """
    async for chunk in chunks(texts):
        try:
            judgements: Sequence[Judgement | CoreError] = await judge(chunk, services.core, priority=Priority.BULK)
        except (JobFailed, JobTooLong) as error:
            judgements = [error] * len(chunk)
        for each in judgements:
            yield each


async def chunks(texts: AsyncIterator[str]) -> AsyncIterator[list[str]]:
    """Yield the texts in lists of LINES, the last one shorter."""
    chunk: list[str] = []
    async for text in texts:
        chunk.append(text)
        if len(chunk) == LINES:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
