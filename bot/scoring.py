"""Sees to it that every message of a window has been judged once by the model that is bound now.

Texts go through the core's bulk lane page by page, so that people who wait are served first and memory doesn't grow
with the channel. Labels go into the history; nothing is returned about any message.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from adapters.chat import OnProgress, Progress, Window
from bot.history import History, Scope
from bot.history.scores import FOREIGN, WORDLESS, Unscored
from bot.intents import Services
from bot.judging import NATIVE, Judgement, judge
from nlp.core import Core
from nlp.errors import JobFailed, JobTooLong
from nlp.jobs import Priority
from nlp.measured import Measured

PAGE = 1024  # texts that are judged together


async def score(
    scope: Scope, window: Window, now: datetime, services: Services, progress: OnProgress
) -> tuple[Measured, int]:
    """Judge what has not been judged; with what is known of the model, and how many texts it failed on.

    Raises ModelUnavailable. Those it failed on are tried again the next time.
    """
    model = await asyncio.to_thread(_known, services.core)
    total = await services.history.run(lambda history: history.count(scope, window, now))
    after, done, failed = 0, 0, 0

    async def unscored() -> list[Unscored]:
        read = partial(History.unscored, scope=scope, window=window, now=now, model=model.key, after=after, limit=PAGE)
        return await services.history.run(read)

    while page := await unscored():
        labels = await _labels(page, services)
        pairs = [(each, label) for each, label in zip(page, labels, strict=True) if label]
        await services.history.run(partial(History.keep_scores, model=model.key, pairs=pairs))
        after, done, failed = page[-1].key, done + len(page), failed + len(page) - len(pairs)
        progress(Progress("reading the mood", done, total))
    return model, failed


def _known(core: Core) -> Measured:
    """What is known of the model; with other translators before it, it is another one."""
    model = core.measured("sentiment")
    languages = sorted(source for source, target in core.pairs() if target == NATIVE)
    return replace(model, key=" ".join((model.key, *languages)))


async def _labels(page: Sequence[Unscored], services: Services) -> list[str]:
    """What is kept for each text: a label, why there is none, or "" where the model failed."""
    worded = [each.text for each in page if any(map(str.isalnum, each.text))]
    found = iter(await _judged(worded, services))
    return [next(found) if any(map(str.isalnum, each.text)) else WORDLESS for each in page]


async def _judged(texts: Sequence[str], services: Services) -> list[str]:
    if not texts:
        return []
    try:
        return [_kept(each) for each in await judge(texts, services.core, priority=Priority.BULK)]
    except (JobFailed, JobTooLong):
        if len(texts) == 1:
            return [""]
        half = len(texts) // 2  # find the text that fails without losing the others
        return [*await _judged(texts[:half], services), *await _judged(texts[half:], services)]


def _kept(judgement: Judgement) -> str:
    return judgement.label or FOREIGN
