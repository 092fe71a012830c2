"""Bulk sentiment against the transformers pipeline, one text at a time and in its batches of 32."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import pipeline

from nlp.bench import Found, Setting
from nlp.bench.measure import Stopwatch, detail, row, take_turns
from nlp.bench.shapes import minilm_classifier, roberta_classifier
from nlp.bench.texts import chat_texts
from nlp.core import Core
from nlp.jobs import BatchReport, Priority
from nlp.runtime.device import choose_device
from nlp.scheduler.batcher import Batcher
from nlp.scheduler.family import Binding

TEXTS = 2_000
SAMPLE = 96  # texts of a baseline's run; each run takes others of the 2,000
RUNS = 3


async def roberta(setting: Setting) -> Sequence[Found]:
    """Measure roberta-base against the pipeline one at a time and in batches of 32, both in float32."""
    folder = roberta_classifier(setting.folder)
    return await compare(setting, "sentiment-roberta", folder, {"one at a time": 1, "batch_size=32": 32})


async def minilm(setting: Setting) -> Sequence[Found]:
    """Measure MiniLM-L6 against the pipeline one at a time in float32."""
    return await compare(setting, "sentiment-minilm", minilm_classifier(setting.folder), {"one at a time": 1})


async def compare(setting: Setting, work: str, folder: Path, batches: dict[str, int]) -> Sequence[Found]:
    """Return texts a second of the core and of the pipeline at several batch sizes."""
    texts = chat_texts(setting.size(TEXTS))
    reports: list[BatchReport] = []
    pipe = naive_pipeline(folder, setting)
    runs = setting.runs(RUNS)
    async with Core([classifier(folder, setting)], device=setting.device, on_report=reports.append) as core:

        async def ours(run: int) -> float:
            reports.clear()
            clock = Stopwatch()
            await core.sentiment(texts[:100] if run < 0 else texts, priority=Priority.BULK)
            return (100 if run < 0 else len(texts)) / clock.seconds()

        def theirs(batch: int) -> Any:
            async def contender(run: int) -> float:
                sample = cut(texts, setting.size(SAMPLE) if run >= 0 else 16, max(run, 0))
                clock = Stopwatch()
                if batch == 1:
                    for text in sample:
                        pipe(text)
                else:
                    pipe(sample, batch_size=batch)
                return len(sample) / clock.seconds()

            return contender

        contenders = {"ours": ours} | {name: theirs(batch) for name, batch in batches.items()}
        seconds = await take_turns(contenders, runs)
        model = loaded_model(core)
    rows = [
        row(work, f"pipeline, {name}, float32", "texts/s", (seconds["ours"], seconds[name]), runs) for name in batches
    ]
    return [*rows, detail(work, reports, model, setting.device)]


def cut(texts: Sequence[str], count: int, turn: int) -> list[str]:
    """Return the turn's share of the texts, going round."""
    start = turn * count % len(texts)
    return [*texts, *texts][start : start + count]


def classifier(folder: Path, setting: Setting) -> Binding:
    """Return the binding of a classifier in a folder."""
    return Binding("sentiment", "classifier", str(folder), dtype=setting.dtype)


def naive_pipeline(folder: Path, setting: Setting) -> Any:
    """Return what the documentation of transformers tells a user to write, in float32."""
    device = choose_device(setting.device)
    return pipeline("text-classification", model=str(folder), device=device, dtype="float32")


def loaded_model(core: Core) -> Any:
    """Return the PyTorch module behind a core's only binding."""
    (batcher,) = core.batchers()
    assert isinstance(batcher, Batcher)
    family: Any = batcher.family
    return family.model
