"""Extractive answers against a plain call for one window at a time."""

import random
from collections.abc import Sequence
from typing import Any

import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from nlp.bench import Found, Setting
from nlp.bench.measure import Stopwatch, detail, row, take_turns
from nlp.bench.sentiment import loaded_model
from nlp.bench.shapes import roberta_answerer
from nlp.bench.texts import text_of
from nlp.core import Core
from nlp.jobs import BatchReport, Priority
from nlp.runtime.device import choose_device
from nlp.scheduler.family import Binding

WINDOWS, WINDOW = 64, 384
SHORTEST = 128  # tokens of a window
ASKED = 12  # tokens of the question
SAMPLE = 16  # windows of a baseline's run; each run takes others of the 64
RUNS = 3


async def roberta(setting: Setting) -> Sequence[Found]:
    """Measure windows a second of roberta-base with a span head."""
    folder = roberta_answerer(setting.folder)
    question, contexts = passages(setting.size(WINDOWS))
    reports: list[BatchReport] = []
    naive = one_window_at_a_time(str(folder), setting.device)
    runs = setting.runs(RUNS)
    binding = Binding("answer", "span-qa", str(folder), dtype=setting.dtype)
    async with Core([binding], device=setting.device, on_report=reports.append) as core:

        async def ours(run: int) -> float:
            reports.clear()
            chosen = contexts[:8] if run < 0 else contexts
            clock = Stopwatch()
            await core.locate(question, chosen, priority=Priority.BULK)
            return len(chosen) / clock.seconds()

        async def theirs(run: int) -> float:
            start = max(run, 0) * SAMPLE % len(contexts)
            chosen = contexts[start : start + (2 if run < 0 else SAMPLE)]
            clock = Stopwatch()
            for context in chosen:
                naive(question, context)
            return len(chosen) / clock.seconds()

        seconds = await take_turns({"ours": ours, "theirs": theirs}, runs)
        model = loaded_model(core)
    baseline = "one window at a time, float32"
    result = row("answer-roberta", baseline, "windows/s", (seconds["ours"], seconds["theirs"]), runs)
    return [result, detail("answer-roberta", reports, model, setting.device)]


def passages(count: int) -> tuple[str, list[str]]:
    """Return a question and contexts that fill windows of different lengths."""
    dice = random.Random(5)  # noqa: S311 - no secret hangs on it
    lengths = [dice.randint(SHORTEST, WINDOW) for _ in range(count)]
    return text_of(ASKED, dice), [text_of(length - ASKED, dice) for length in lengths]


def one_window_at_a_time(folder: str, device: str) -> Any:
    """Return what a user of transformers 5 writes, since its question-answering pipeline is gone."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForQuestionAnswering.from_pretrained(folder, dtype="float32").to(choose_device(device)).eval()

    @torch.inference_mode()
    def answer(question: str, context: str) -> tuple[int, int]:
        rows = tokenizer(question, context, truncation="only_second", max_length=WINDOW, return_tensors="pt")
        rows.pop("token_type_ids", None)  # RoBERTa has one type
        output = model(**rows.to(model.device))
        return int(output.start_logits.argmax()), int(output.end_logits.argmax())

    return answer
