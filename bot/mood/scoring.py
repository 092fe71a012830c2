"""Sees to it that every message of a window has been judged once by the model that is bound now.

Texts go through the core's bulk lane page by page, so that people who wait are served first and memory doesn't grow
with the channel. Labels go into the history; nothing is returned about any message.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import compress

from adapters.chat import OnProgress, Progress, Window
from bot.history import Scope
from bot.history.derived import scores
from bot.history.derived.scores import FOREIGN, WORDLESS, Unscored
from bot.mood.sentiment import NATIVE, Judgement, has_words, judge, languages_read
from bot.services import Services
from nlp.core import Core
from nlp.errors import JobFailed, JobTooLong
from nlp.hub.model_card import MeasuredMetric
from nlp.jobs import Priority
from nlp.text.pastes import without_pastes

LEFT_OUT = "pastes-1"  # the version of what is left out of a text before it is judged
PAGE = 1024  # texts that are judged together


async def score(
    scope: Scope, window: Window, now: datetime, services: Services, progress: OnProgress
) -> tuple[MeasuredMetric, int]:
    """Judge what has not been judged; with what is known of the model, and how many texts it failed on.

    Raises ModelUnavailable. Those it failed on are tried again the next time.
    """
    model = await asyncio.to_thread(_known, services.core)
    total = await services.history.run(lambda history: history.count(scope, window, now))
    done = failed = 0

    async def page_after(key: int) -> ScoringPage:
        rows = await services.history.run(
            lambda history: history.unscored(scope, window, now, *model.keys, after=key, limit=PAGE)
        )
        return await asyncio.to_thread(_prepared, rows, services.core)

    async def keep(page: ScoringPage) -> None:
        nonlocal done, failed
        if not page.rows:
            return
        labels = await _labels(page, services)
        pairs = [(each, label) for each, label in zip(page.rows, labels, strict=True) if label]
        name = model.key_in(services.core.computed_in("sentiment"))
        await services.history.write(scores.keep, name, pairs)
        done, failed = done + len(page.rows), failed + len(page.rows) - len(pairs)
        progress(Progress("reading the mood", done, total))

    foreign = ScoringPage((), (), ())
    following = asyncio.create_task(page_after(0))
    try:
        while (page := await following).rows:
            following = asyncio.create_task(page_after(page.rows[-1].key))  # while the model works
            native, others = page.parted()
            foreign = foreign.joined(others)
            await keep(native)
            if len(foreign.rows) >= PAGE:
                await keep(foreign)
                foreign = ScoringPage((), (), ())
        await keep(foreign)
    finally:
        following.cancel()
    return model, failed


@dataclass(frozen=True, slots=True)
class ScoringPage:
    """Texts that are judged together: their rows, what a person wrote of each, and what that is in, "" for no words."""

    rows: Sequence[Unscored]
    texts: Sequence[str]
    languages: Sequence[str]

    def parted(self) -> "tuple[ScoringPage, ScoringPage]":
        """Return the texts that need no translator, and those that do and wait for more."""
        foreign = [language not in ("", NATIVE) for language in self.languages]
        return self._part([not each for each in foreign]), self._part(foreign)

    def joined(self, other: "ScoringPage") -> "ScoringPage":
        """Return both, one after the other."""
        return ScoringPage((*self.rows, *other.rows), (*self.texts, *other.texts), (*self.languages, *other.languages))

    def _part(self, inside: Sequence[bool]) -> "ScoringPage":
        texts, languages = (tuple(compress(each, inside)) for each in (self.texts, self.languages))
        return ScoringPage(tuple(compress(self.rows, inside)), texts, languages)


def _prepared(rows: Sequence[Unscored], core: Core) -> ScoringPage:
    texts = [without_pastes(each.text).strip() for each in rows]
    worded = [has_words(text) for text in texts]
    detected = iter(languages_read(list(compress(texts, worded)), core))
    return ScoringPage(rows, texts, [next(detected) if each else "" for each in worded])


def _known(core: Core) -> MeasuredMetric:
    """Return what is known of the model.

    A model with other translators before it, or other pastes left out, counts as another one; none stands before a
    model that reads every language.
    """
    model = core.measured("sentiment")
    translated = set() if core.reads_every_language("sentiment") else core.pairs()
    languages = sorted(source for source, target in translated if target == NATIVE)
    return replace(model, key=" ".join((model.key, LEFT_OUT, *languages)))


async def _labels(page: ScoringPage, services: Services) -> list[str]:
    """Return what is kept for each text: a label, why there is none, or "" where the model failed."""
    worded = [bool(language) for language in page.languages]
    texts = list(compress(page.texts, worded))
    judgements = iter(await _judged(texts, list(compress(page.languages, worded)), services))
    return [next(judgements) if has_words else WORDLESS for has_words in worded]


async def _judged(texts: Sequence[str], languages: Sequence[str], services: Services) -> list[str]:
    if not texts:
        return []
    try:
        judgements = await judge(texts, services.core, languages=languages, priority=Priority.BULK)
    except (JobFailed, JobTooLong):
        if len(texts) == 1:
            return [""]
        half = len(texts) // 2  # find the text that fails without losing the others
        first = await _judged(texts[:half], languages[:half], services)
        return [*first, *await _judged(texts[half:], languages[half:], services)]
    return [_kept(each) for each in judgements]


def _kept(judgement: Judgement) -> str:
    return judgement.label or FOREIGN
