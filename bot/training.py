"""`parley train sentiment` from files to a folder that can be bound: reads, trains, calibrates, writes.

Two parts. The encoder's adapter learns from many texts of any domain (`learn`), or is taken from an earlier training.
The head is then fitted on texts like those that will be judged (`data`), and says by cross-validation how good it is.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from adapters.text.counts import counted
from bot.errors import UsageError
from bot.evaluation.labelled import LABELS, TAGS, Labelled, read
from nlp.core import Core
from nlp.hub.checkpoint import find_folder
from nlp.hub.model_card import CARD, Card
from nlp.hub.pins import pin_of
from nlp.jobs import Priority
from nlp.scheduler.family import Binding
from nlp.training.bases import is_multilingual
from nlp.training.classifier_head import Fitted, Lesson, fit
from nlp.training.fine_tuning import Encoded, Example, Run, TrainingRecipe, build, encode, features, save
from nlp.training.readme import Provenance, write_readme

CHECKPOINT = "adapter.checkpoint"
MARKS = (CHECKPOINT, CARD)  # what tells a folder of an earlier training from any other
HELD, SEED = 0.15, 17  # the share of a file of `split` that is judged, and what draws it
FEWEST = 20  # labelled texts of each label, below which neither head nor calibration means anything


@dataclass(frozen=True, slots=True)
class Plan:
    """Holds what was asked for.

    `data` is what the head is fitted to and judged on, each file counting the same; a text of `beside` counts
    `beside_weight` and is not judged. `learn` trains a new adapter, or the one in `start` `further`; without it, or in
    no epochs, the one in `start` is used as it is. Of each file of `split` the adapter learns most, and the rest is
    judged, once however often the file is named.
    """

    data: tuple[Path, ...]
    out: Path
    base: str
    start: Path
    learn: tuple[Path, ...] = ()
    beside: tuple[Path, ...] = ()
    beside_weight: float = 0.5
    split: tuple[Path, ...] = ()
    further: bool = False
    recipe: TrainingRecipe = field(default_factory=TrainingRecipe)
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Trained:
    """Holds what came out, and how the head does on folds of `data` that it had not learnt."""

    folder: Path
    texts: int
    fitted: Fitted

    def sentence(self) -> str:
        """Return it as a person reads it."""
        texts, recall = counted(self.texts, "text"), self.fitted.macro_recall
        return f"Wrote {self.folder}. Macro-averaged recall on held-out parts of {texts}: {recall:.3f}."

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        return {
            "folder": str(self.folder),
            "texts": self.texts,
            "macro_recall": self.fitted.macro_recall,
            "temperature": self.fitted.temperature,
            "confusion": [list(row) for row in self.fitted.confusion],
        }


def carry_out(plan: Plan, bar: Progress) -> Trained:
    """Train as planned and write the folder. Raises UsageError, and ModelUnavailable without the base."""
    sets = [labelled([file]) for file in plan.data] + [
        with_label(parted(file)[1]) for file in dict.fromkeys(plan.split)
    ]
    judged = [example for examples in sets for example in examples]
    beside = labelled(plan.beside)
    check(judged)
    base = find_folder(Binding("sentiment", "adapted-classifier", plan.base))
    encoder = adapt(plan, base, bar)
    task = bar.add_task("reading the texts", total=None)
    fitted = fit(
        lesson(encoder, encoded(plan, base, judged), judged, balanced([len(examples) for examples in sets])),
        lesson(encoder, encoded(plan, base, beside), beside, np.full(len(beside), plan.beside_weight)),
        seed=plan.recipe.seed,
    )
    bar.remove_task(task)
    known = Card(
        LABELS, fitted.temperature, base_sha256=pin_of(base), confusion=fitted.confusion,
        multilingual=is_multilingual(base),
    )  # fmt: skip
    save(encoder, fitted.head, plan.out, plan.base, known)
    write_readme(plan.out, known, provenance(plan, base, len(judged)), fitted.macro_recall)
    return Trained(plan.out, len(judged), fitted)


def provenance(plan: Plan, base: Path, texts: int) -> Provenance:
    """Return what the page of a trained model says of its making: names of files, never their folders or texts."""
    files = dict.fromkeys(file.name for file in (*plan.data, *plan.split, *plan.learn, *plan.beside))
    today = datetime.now(UTC).date()
    return Provenance(plan.out.name, plan.base, tuple(files), texts, plan.licence, today, not is_multilingual(base))


def adapt(plan: Plan, base: Path, bar: Progress) -> Any:
    """Return the encoder with its adapter: trained, going on from a checkpoint where there is one, or loaded."""
    if not (plan.learn or plan.split) or not plan.recipe.epochs:
        return build(base, len(LABELS), plan.recipe, plan.start).encoder
    examples = gather(plan.learn) + [example for file in plan.split for example in parted(file)[0]]
    recipe = replace(plan.recipe, tags=len(TAGS) if any(example.tags for example in examples) else 0)
    network = build(base, len(LABELS), recipe, plan.start if plan.further else None)
    run = Run(network, encoded(plan, base, examples), recipe, plan.out / CHECKPOINT)
    run.resume()
    task = bar.add_task("learning", total=run.total, completed=run.done)
    for step in run.steps():
        bar.update(task, completed=step.done, description=f"learning (loss {step.loss:.2f})")
    return network.encoder


def gather(files: Sequence[Path]) -> list[Example]:
    """Return the labelled texts of every file, in their order; a file named twice counts twice."""
    known = {name: number for number, name in enumerate(LABELS)}
    tags = {name: number for number, name in enumerate(TAGS)}
    return [
        Example(row.text, None if row.label is None else known[row.label], tuple(tags[tag] for tag in row.tags))
        for file in files
        for row in read(file, part="train")
    ]


def parted(file: Path) -> tuple[list[Example], list[Example]]:
    """Return a file's texts in two parts, always the same: what the adapter learns, and what it never sees."""
    examples = gather([file])
    order = list(range(len(examples)))
    random.Random(SEED).shuffle(order)  # noqa: S311 (an order, not a secret)
    held = set(order[: int(len(order) * HELD)])
    return [e for i, e in enumerate(examples) if i not in held], [e for i, e in enumerate(examples) if i in held]


def labelled(files: Sequence[Path]) -> list[Example]:
    """Return the texts of every file that have a label."""
    return with_label(gather(files))


def with_label(examples: Sequence[Example]) -> list[Example]:
    """Return those that have a label."""
    return [example for example in examples if example.label is not None]


def balanced(sizes: Sequence[int]) -> NDArray[np.float64]:
    """Return a weight for each text of each set, so that every set counts the same whatever its size; 1 on average."""
    even = sum(sizes) / len(sizes)
    return np.concatenate([np.full(size, even / size) if size else np.empty(0) for size in sizes])


def check(examples: Sequence[Example]) -> None:
    """Refuse too few texts. Raises UsageError."""
    for number, label in enumerate(LABELS):
        count = sum(example.label == number for example in examples)
        if count < FEWEST:
            raise UsageError(
                f"The data holds {counted(count, f'{label} text')}.",
                f"Training takes at least {FEWEST} of each label; add some.",
            )


def encoded(plan: Plan, base: Path, examples: Sequence[Example]) -> list[Encoded]:
    """Return the examples as the encoder reads them."""
    return encode(examples, base, plan.recipe.max_tokens)


def lesson(encoder: Any, rows: Sequence[Encoded], examples: Sequence[Example], weights: NDArray[np.float64]) -> Lesson:
    """Return the examples' features and labels, and how much each counts."""
    labels = np.array([example.label for example in examples], dtype=np.intp)
    return Lesson(features(encoder, rows), labels, weights)


async def translate(
    rows: Sequence[Labelled], core: Core, source: str, target: str, on_done: Callable[[int], None]
) -> list[Labelled]:
    """Return the same rows in another language. Raises UnsupportedPair."""
    texts = [row.text for row in rows]
    translations = await core.translate(texts, source, target, priority=Priority.BULK, on_done=on_done)
    return [replace(row, text=translation.text) for row, translation in zip(rows, translations, strict=True)]
