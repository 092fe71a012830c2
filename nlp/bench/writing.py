"""Translations and summaries against a plain loop over generate, and against CTranslate2 where it is installed."""

import asyncio
import random
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from nlp.bench import Found, Setting, shapes
from nlp.bench.measure import Stopwatch, detail, percentile, row, take_turns
from nlp.bench.natural import Natural, target_tokens
from nlp.bench.texts import chat_texts, text_of
from nlp.jobs import BatchReport, Job, Priority, Summarize, Translate
from nlp.models import family
from nlp.runtime.device import choose_device
from nlp.scheduler.batcher import Batcher
from nlp.scheduler.family import Binding, Family

SENTENCES, SAMPLE = 256, 12  # a baseline's run takes SAMPLE of them, each run others
BURST, LOCKED = 64, 64
DOCUMENTS, DOCUMENT, SUMMARY = 8, 1_000, 128
RUNS = 3


async def marian(setting: Setting) -> Sequence[Found]:
    """Measure target tokens a second, opus-mt shape, greedy: generate one at a time, CTranslate2 int8, its family."""
    folder = shapes.opus_mt(setting.folder)
    texts = chat_texts(setting.size(SENTENCES))
    reports: list[BatchReport] = []
    batchers = {name: writer(name, folder, "translate", setting, reports=reports) for name in installed()}
    naive = generator(folder, setting.device)
    runs = setting.runs(RUNS)

    def ours(name: str) -> Any:
        async def contender(_: int) -> float:
            clock = Stopwatch()
            await asyncio.gather(*batchers[name].submit([translation(text) for text in texts], Priority.BULK))
            return translated(texts) / clock.seconds()

        return contender

    async def theirs(run: int) -> float:
        chosen = turn(texts, 2 if run < 0 else setting.size(SAMPLE), run)
        clock = Stopwatch()
        for text in chosen:
            naive(text)
        return translated(chosen) / clock.seconds()

    contenders = {name: ours(name) for name in batchers} | {"naive": theirs}
    for name in batchers:
        await ours(name)(-1)  # a second warm-up: the size of a batch is learnt from the first ones
        await ours(name)(-1)
    if "ctranslate" in batchers:
        contenders["library"] = plain_ctranslate(batchers["ctranslate"], texts)
    seconds = await take_turns(contenders, runs)
    model = loaded(batchers["seq2seq"]).model
    ran = [report for report in reports if report.model == "seq2seq"]
    for batcher in batchers.values():
        await batcher.close()
    return [*compared(seconds, runs), detail("translate-marian", ran[len(ran) // 2 :], model, setting.device)]


def compared(found: dict[str, float], runs: int) -> list[Found]:
    """Return a row for each baseline and each of our two families."""
    against = {"naive": "generate one at a time, float32", "library": "CTranslate2 int8"}
    return [
        row("translate-marian", f"{baseline} (ours: {ours})", "tokens/s", (found[ours], found[theirs]), runs)
        for theirs, baseline in against.items()
        for ours in ("seq2seq", "ctranslate")
        if ours in found and theirs in found
    ]


async def burst(setting: Setting) -> Sequence[Found]:
    """Measure 64 translations at once against a lock around generate in float32: texts a second, and the p95."""
    folder = shapes.opus_mt(setting.folder)
    texts = chat_texts(setting.size(BURST), seed=11)
    batcher = writer("seq2seq", folder, "translate", setting, reports=[])
    naive, lock = generator(folder, setting.device), asyncio.Lock()
    waits: dict[str, list[float]] = {"ours": [], "theirs": []}

    async def locked(text: str) -> None:
        async with lock:
            await asyncio.to_thread(naive, text)

    async def batched(text: str) -> None:
        await batcher.submit([translation(text)], Priority.INTERACTIVE)[0]

    def contender(name: str, ask: Callable[[str], Any]) -> Any:
        async def rush(run: int) -> float:
            chosen = texts[:2] if run < 0 and name == "theirs" else texts
            clock = Stopwatch()
            seconds = await asyncio.gather(*(timed(ask(text), clock) for text in chosen))
            if run >= 0:
                waits[name].append(percentile(seconds, 0.95))
            return len(chosen) / clock.seconds()

        return rush

    runs = setting.runs(1)
    await contender("ours", batched)(-1)
    durations = await take_turns({"ours": contender("ours", batched), "theirs": contender("theirs", locked)}, runs)
    await batcher.close()
    baseline = "lock around generate, float32"
    ours, theirs = (sorted(waits[name])[len(waits[name]) // 2] for name in ("ours", "theirs"))
    return [
        row("translate-burst", baseline, "texts/s", (durations["ours"], durations["theirs"]), runs),
        row("translate-burst", f"{baseline}, p95", "s", (ours, theirs), runs),
    ]


async def timed(work: Any, clock: Stopwatch) -> float:
    """Return seconds on the clock once the work is done."""
    await work
    return clock.seconds()


async def distilbart(setting: Setting) -> Sequence[Found]:
    """Measure distilbart's shape: documents of 1,000 tokens to summaries of 128, greedy on both sides."""
    folder = shapes.distilbart(setting.folder)
    dice = random.Random(2)  # noqa: S311 - no secret hangs on it
    length, summary = (200, 16) if setting.quick else (DOCUMENT, SUMMARY)
    texts = [text_of(length, dice) for _ in range(DOCUMENTS)]
    reports: list[BatchReport] = []
    naive = generator(folder, setting.device, lambda *_: summary)
    batchers = {
        name: writer(name, folder, "summarize", setting, reports=reports, tokens=lambda *_: summary)
        for name in installed()
    }
    runs = setting.runs(1)

    def ours(name: str) -> Any:
        async def contender(run: int) -> float:
            chosen = texts[:1] if run < 0 else texts
            clock = Stopwatch()
            await asyncio.gather(*batchers[name].submit([Summarize(text, summary) for text in chosen], Priority.BULK))
            return len(chosen) / clock.seconds()

        return contender

    async def theirs(run: int) -> float:
        chosen = turn(texts, 1 if run < 0 else 2, run)
        clock = Stopwatch()
        for text in chosen:
            naive(text)
        return len(chosen) / clock.seconds()

    for name in batchers:
        await ours(name)(0)  # the size of a batch is learnt from the first ones
    seconds = await take_turns({name: ours(name) for name in batchers} | {"naive": theirs}, runs)
    model = loaded(batchers["seq2seq"]).model
    for batcher in batchers.values():
        await batcher.close()
    baseline = "generate one at a time, float32"
    rows = [
        row(
            "summarize-distilbart", f"{baseline} (ours: {name})", "documents/s", (seconds[name], seconds["naive"]), runs
        )
        for name in batchers
    ]
    ran = [report for report in reports if report.model == "seq2seq"]
    return [*rows, detail("summarize-distilbart", ran, model, setting.device)]


def installed() -> tuple[str, ...]:
    """Return the families that can run an encoder-decoder here."""
    return ("seq2seq", "ctranslate") if find_spec("ctranslate2") else ("seq2seq",)


def writer(
    name: str,
    folder: Path,
    task: str,
    setting: Setting,
    *,
    reports: list[BatchReport],
    tokens: Callable[[str, int], int] = target_tokens,
) -> Batcher:
    """Return a batcher over a family whose answers have natural lengths."""
    options = {"cache": str(setting.folder / "converted")} if name == "ctranslate" else {}
    dtype = setting.dtype if name == "seq2seq" else "auto"
    binding = Binding(task, name, str(folder), dtype=dtype, options=options)

    def load() -> Any:
        return Natural(family(name).load(binding, setting.device), tokens)

    return Batcher(name, cast("Callable[[], Family]", load), on_report=reports.append)


def loaded(batcher: Batcher) -> Any:
    """Return the family behind a batcher of `writer`."""
    natural: Any = batcher.family
    return natural.family


def translation(text: str) -> Job:
    """Return a job; models of random weights know no languages."""
    return Translate(text, "en", "fr")


def translated(texts: Sequence[str]) -> int:
    """Return target tokens of the texts' translations."""
    return sum(target_tokens(text, source_tokens(text)) for text in texts)


def source_tokens(text: str) -> int:
    """Return tokens of a text, its end included."""
    return len(text.split()) + 1


def turn(texts: Sequence[str], count: int, run: int) -> list[str]:
    """Return the run's share of the texts, going round."""
    start = max(run, 0) * count % len(texts)
    return [*texts, *texts][start : start + count]


def generator(folder: Path, device: str, tokens: Callable[[str, int], int] = target_tokens) -> Callable[[str], str]:
    """Return greedy generation as users of transformers 5 write it, since the pipelines for both tasks are gone."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSeq2SeqLM.from_pretrained(folder, dtype="float32").to(choose_device(device)).eval()

    @torch.inference_mode()
    def write(text: str) -> str:
        rows = tokenizer(text, return_tensors="pt").to(model.device)
        count = tokens(text, rows["input_ids"].shape[1])
        generated = model.generate(
            **rows, num_beams=1, do_sample=False, max_length=None, min_new_tokens=count, max_new_tokens=count
        )
        return str(tokenizer.decode(generated[0], skip_special_tokens=True))

    return write


def plain_ctranslate(batcher: Batcher, texts: Sequence[str]) -> Any:
    """Run CTranslate2 as its documentation says: all sentences in one call, its own batching by tokens.

    Each answer ends where everybody else's does, by the library's own callback.
    """
    model: Any = loaded(batcher)
    counts = [target_tokens(text, source_tokens(text)) for text in texts]

    async def contender(_: int) -> float:
        rows = [[*text.split(), "</s>"] for text in texts]
        clock = Stopwatch()
        written = await asyncio.to_thread(
            model.translator.translate_batch,
            rows,
            beam_size=1,
            max_batch_size=2_048,
            batch_type="tokens",
            max_decoding_length=max(counts),
            callback=lambda step: step.step >= counts[step.batch_id] - 1,
        )
        return sum(len(one.hypotheses[0]) for one in written) / clock.seconds()

    return contender
