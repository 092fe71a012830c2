"""Answers of a causal model to people who ask about the same conversation, against a plain loop over generate."""

import asyncio
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from nlp.bench import Found, Setting, shapes
from nlp.bench.measure import Stopwatch, detail, row, take_turns
from nlp.bench.texts import text_of
from nlp.jobs import BatchReport, Generate, Priority, Turn
from nlp.models import family
from nlp.runtime.device import choose_device
from nlp.scheduler.batcher import Batcher
from nlp.scheduler.family import Binding

PEOPLE, SAMPLE = 8, 2  # a baseline's run answers SAMPLE of them, each run others
SHARED, OWN, ANSWER = 800, 200, 64  # tokens of the conversation, of each question, of each answer
RUNS = 1
TEMPLATE = "{{ messages | map(attribute='content') | join(' ') }}"


async def smollm(setting: Setting) -> Sequence[Found]:
    """Measure new tokens a second, SmolLM2-135M shape, greedy: 1,000 tokens of prompt, the first 800 shared."""
    folder = shapes.smollm(setting.folder)
    shared, own, answer = (80, 20, 8) if setting.quick else (SHARED, OWN, ANSWER)
    dice = random.Random(3)  # noqa: S311 - no secret hangs on it
    conversation = text_of(shared, dice)
    prompts = [f"{conversation} {text_of(own, dice)}" for _ in range(PEOPLE)]
    reports: list[BatchReport] = []
    binding = Binding("generate", "causal", str(folder), dtype=setting.dtype, options={"template": TEMPLATE})
    batcher = Batcher("causal", lambda: family("causal").load(binding, setting.device), on_report=reports.append)
    naive = generator(folder, setting.device, answer)

    async def ours(run: int) -> float:
        chosen = prompts[:2] if run < 0 else prompts
        clock = Stopwatch()
        jobs = [Generate((Turn("user", prompt),), answer) for prompt in chosen]
        replies = await asyncio.gather(*batcher.submit(jobs, Priority.BULK))
        return sum(one.tokens for one in replies) / clock.seconds()

    async def theirs(run: int) -> float:
        start = max(run, 0) * SAMPLE % PEOPLE
        chosen = prompts[:1] if run < 0 else prompts[start : start + SAMPLE]
        clock = Stopwatch()
        return sum(map(naive, chosen)) / clock.seconds()

    await ours(0)  # a batch's size is learnt from the first ones
    runs = setting.runs(RUNS)
    seconds = await take_turns({"ours": ours, "theirs": theirs}, runs)
    loaded: Any = batcher.family
    await batcher.close()
    values = seconds["ours"], seconds["theirs"]
    return [
        row("answer-smollm", "generate one at a time, float32", "tokens/s", values, runs),
        detail("answer-smollm", reports, loaded.model, setting.device),
    ]


def generator(folder: Path, device: str, count: int) -> Callable[[str], int]:
    """Return what a user of transformers writes: tokenise and generate, greedily.

    It returns how many tokens it wrote.
    """
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype="float32").to(choose_device(device)).eval()

    @torch.inference_mode()
    def write(prompt: str) -> int:
        rows = tokenizer(prompt, return_tensors="pt", add_special_tokens=False).to(model.device)
        tokens = model.generate(**rows, do_sample=False, min_new_tokens=count, max_new_tokens=count)
        return int(tokens.shape[1] - rows["input_ids"].shape[1])

    return write
