"""Measures how long one person waits: under chat's random arrivals, and while a bulk job runs."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from nlp.bench import Found, Setting
from nlp.bench.measure import Stopwatch, percentile, row, take_turns
from nlp.bench.sentiment import classifier, loaded_model, naive_pipeline
from nlp.bench.shapes import roberta_classifier
from nlp.bench.texts import chat_texts
from nlp.core import Core
from nlp.jobs import Classify, Priority

RATE = 24.0  # requests a second
REQUESTS = 96
ALONE = 40
RUNS = 3
INTERACTIVE_RATE = 2.0
INTERACTIVE_REQUESTS = 40
BULK_TEXTS = 10_000

Ask = Callable[[str], Awaitable[Any]]


async def chat(setting: Setting) -> Sequence[Found]:
    """Measure 24 single requests a second at random against a lock around the pipeline, and one at a time."""
    folder = roberta_classifier(setting.folder)
    texts = chat_texts(setting.size(REQUESTS))
    exact, same = naive_pipeline(folder, setting), naive_pipeline(folder, setting)
    runs = setting.runs(RUNS)
    async with Core([classifier(folder, setting)], device=setting.device) as core:
        await core.sentiment(texts)
        same.model = loaded_model(core)
        dtype = core.status()[0].dtype
        asks = {"ours": one_by_one(core), "float32": locked(exact), dtype: locked(same)}
        seconds = await take_turns({name: waiting(ask, texts, RATE, 0.95) for name, ask in asks.items()}, runs)
        alone = {"ours": quietly(one_by_one(core), texts), "direct": quietly(directly(same), texts)}
        single = await take_turns(alone, runs)
    rows = [
        row("chat-load", f"lock around the pipeline, {name}, p95", "ms", (seconds["ours"], seconds[name]), runs)
        for name in dict.fromkeys(("float32", dtype))
    ]
    direct = row("chat-load", f"direct call, alone, {dtype}, p50", "ms", (single["ours"], single["direct"]), runs)
    return [*rows, direct]


async def under_bulk(setting: Setting) -> Sequence[Found]:
    """Return the p95 of two interactive requests a second while a bulk job runs, against the same on an idle core."""
    folder: Path = roberta_classifier(setting.folder)
    texts = chat_texts(setting.size(INTERACTIVE_REQUESTS), seed=3)
    bulk = [Classify(text) for text in chat_texts(BULK_TEXTS)]
    async with Core([classifier(folder, setting)], device=setting.device) as core:
        await core.sentiment(chat_texts(400), priority=Priority.BULK)
        ask = waiting(one_by_one(core), texts, INTERACTIVE_RATE, 0.95)

        async def busy(run: int) -> float:
            job = asyncio.create_task(drain(core, bulk))
            await asyncio.sleep(1)
            try:
                return await ask(run)
            finally:
                job.cancel()
                await asyncio.gather(job, return_exceptions=True)

        runs = setting.runs(RUNS)
        seconds = await take_turns({"busy": busy, "idle": ask}, runs)
    return [
        row("interactive-under-bulk", "the same on an idle core, p95", "ms", (seconds["busy"], seconds["idle"]), runs)
    ]


async def drain(core: Core, jobs: Sequence[Classify]) -> None:
    """Ask for everything, over and over, and throw the answers away."""
    while True:
        async for _ in core.stream(jobs, "sentiment"):
            pass


def one_by_one(core: Core) -> Ask:
    """Return the core, asked for single texts."""

    async def ask(text: str) -> Any:
        return await core.sentiment([text])

    return ask


def locked(pipe: Any) -> Ask:
    """Return what a bot without a batcher does: one model, one lock, one text at a time."""
    lock = asyncio.Lock()

    async def ask(text: str) -> Any:
        async with lock:
            return await asyncio.to_thread(pipe, text)

    return ask


def directly(pipe: Any) -> Ask:
    """Return a plain call."""

    async def ask(text: str) -> Any:
        return pipe(text)

    return ask


def waiting(ask: Ask, texts: Sequence[str], rate: float, share: float) -> Callable[[int], Awaitable[float]]:
    """Return milliseconds below which a share of requests is answered that arrive at random, `rate` a second."""

    async def one(text: str) -> float:
        clock = Stopwatch()
        await ask(text)
        return clock.seconds() * 1e3

    async def contender(run: int) -> float:
        dice = random.Random(run)  # noqa: S311 - no secret hangs on it
        tasks = []
        for text in texts if run >= 0 else texts[:4]:
            tasks.append(asyncio.create_task(one(text)))
            await asyncio.sleep(dice.expovariate(rate))
        return percentile(await asyncio.gather(*tasks), share)

    return contender


def quietly(ask: Ask, texts: Sequence[str]) -> Callable[[int], Awaitable[float]]:
    """Return the median in milliseconds of requests that follow one another."""

    async def contender(run: int) -> float:
        waits = []
        for text in texts[: ALONE if run >= 0 else 4]:
            clock = Stopwatch()
            await ask(text)
            waits.append(clock.seconds() * 1e3)
        return percentile(waits, 0.5)

    return contender
