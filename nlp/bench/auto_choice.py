"""Measures whether "auto" chose well: each row's own work in the arithmetic that it chose, against the best of all.

A family does the work itself, without a core around it, in batches as a core would make them. `bulk-memory` and
`interactive-under-bulk` do what `sentiment-minilm` and `sentiment-roberta` do, and `translate-burst` what
`translate-marian` does. An arithmetic for which the CPU has no units takes no turns: two short runs tell it by far.
"""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nlp.bench import Found, Setting, shapes
from nlp.bench.conversing import TEMPLATE
from nlp.bench.measure import Stopwatch, row, take_turns
from nlp.bench.natural import Natural, target_tokens
from nlp.bench.texts import chat_texts, text_of
from nlp.jobs import Classify, Generate, Job, Locate, Prepared, Summarize, Translate, Turn
from nlp.models import family
from nlp.scheduler.family import Binding

ARITHMETICS = ("float32", "bfloat16", "int8")
RUNS = 3
FEW, FAR = 2, 4  # jobs of a short run; how many times slower in it an arithmetic must be to take no turns
TOKENS = 1_024  # of an encoder's batch
SUMMARY = 64  # tokens


@dataclass(frozen=True, slots=True)
class Piece:
    """The work of a row: a model, its family's binding, and jobs that run in batches of so many padded tokens."""

    model: Callable[[Path], Path]
    task: str
    family: str
    jobs: Callable[[int], Sequence[Job]]
    count: int
    tokens: int = TOKENS
    options: dict[str, Any] = field(default_factory=dict)
    written: Callable[[str, int], int] | None = None


def moods(count: int) -> Sequence[Job]:
    """Return texts to judge."""
    return [Classify(text) for text in chat_texts(count)]


def questions(count: int) -> Sequence[Job]:
    """Contexts of full windows to find an answer in."""
    dice = random.Random(5)  # noqa: S311 - no secret hangs on it
    return [Locate(text_of(12, dice), text_of(dice.randint(116, 372), dice)) for _ in range(count)]


def sentences(count: int) -> Sequence[Job]:
    """Return texts to translate."""
    return [Translate(text, "en", "fr") for text in chat_texts(count)]


def documents(count: int) -> Sequence[Job]:
    """Long texts to sum up."""
    dice = random.Random(2)  # noqa: S311 - as above
    return [Summarize(text_of(1_000, dice), SUMMARY) for _ in range(count)]


def prompts(count: int) -> Sequence[Job]:
    """Questions about one conversation."""
    dice = random.Random(3)  # noqa: S311 - as above
    conversation = text_of(800, dice)
    return [Generate((Turn("user", f"{conversation} {text_of(200, dice)}"),), SUMMARY) for _ in range(count)]


ALL = 1 << 30
PIECES: dict[str, Piece] = {
    "sentiment-roberta": Piece(shapes.roberta_classifier, "sentiment", "classifier", moods, 192),
    "sentiment-minilm": Piece(shapes.minilm_classifier, "sentiment", "classifier", moods, 512),
    "chat-load": Piece(shapes.roberta_classifier, "sentiment", "classifier", moods, 24, 1),
    "answer-roberta": Piece(shapes.roberta_answerer, "answer", "span-qa", questions, 12, 2_048),
    "translate-marian": Piece(shapes.opus_mt, "translate", "seq2seq", sentences, 128, ALL, written=target_tokens),
    "summarize-distilbart": Piece(
        shapes.distilbart, "summarize", "seq2seq", documents, 4, ALL, written=lambda *_: SUMMARY
    ),
    "answer-smollm": Piece(shapes.smollm, "generate", "causal", prompts, 4, ALL, options={"template": TEMPLATE}),
}


async def every(setting: Setting) -> Sequence[Found]:
    """Return a row for each piece of work: the rate of what auto chose, and the best rate."""
    return [await chosen(name, piece, setting) for name, piece in PIECES.items()]


async def chosen(name: str, piece: Piece, setting: Setting) -> Found:
    """Return how auto's choice for one piece of work compares. Every arithmetic takes its turn in one process."""
    binding = Binding(piece.task, piece.family, str(piece.model(setting.folder)), options=piece.options)
    jobs = piece.jobs(max(2, piece.count // 8) if setting.quick else piece.count)
    auto = loaded(binding, piece, setting)
    choice = auto.dtype
    rest = [each for each in ARITHMETICS if each != choice]
    models = {choice: auto} | {each: loaded(replace(binding, dtype=each), piece, setting) for each in rest}
    runs = setting.runs(RUNS)
    short = {each: await glimpsed(contender(model, jobs[:FEW], piece)) for each, model in models.items()}
    near = [each for each in models if each == choice or short[each] * FAR > max(short.values())]
    rates = await take_turns({each: contender(models[each], jobs, piece) for each in near}, runs)
    rates |= {each: short[each] / short[choice] * rates[choice] for each in models if each not in near}
    best = max(rates, key=rates.__getitem__)
    others = ", ".join(f"{each} {rate / rates['float32']:.2f}" for each, rate in sorted(rates.items()))
    baseline = f"auto ({choice}) against the best, {best}; times float32: {others}"
    return row(f"auto-choice {name}", baseline, "jobs/s", (rates[choice], rates[best]), runs)


async def glimpsed(work: Callable[[int], Awaitable[float]]) -> float:
    """Return the better rate of two short runs. It tells an arithmetic for which the CPU has no units."""
    return max(await work(0), await work(1))


def loaded(binding: Binding, piece: Piece, setting: Setting) -> Any:
    """Return the family with its model, whose answers end where real ones would."""
    model = family(binding.family, binding.task).load(binding, setting.device)
    return Natural(model, piece.written) if piece.written else model


def contender(model: Any, jobs: Sequence[Job], piece: Piece) -> Callable[[int], Awaitable[float]]:
    """Return jobs a second."""
    prepared = sorted((one for one in model.prepare(jobs) if isinstance(one, Prepared)), key=lambda one: one.length)

    async def work(_: int) -> float:
        clock = Stopwatch()
        for batch in batches(prepared, piece.tokens):
            model.run(batch, lambda _: False)
        return len(prepared) / clock.seconds()

    return work


def batches(prepared: Sequence[Prepared], tokens: int) -> list[list[Prepared]]:
    """Neighbours in length, as many as so many padded tokens hold, one at least."""
    cuts: list[list[Prepared]] = []
    for one in prepared:
        if not cuts or one.length * (len(cuts[-1]) + 1) > tokens:
            cuts.append([])
        cuts[-1].append(one)
    return cuts
