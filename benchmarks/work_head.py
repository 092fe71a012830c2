"""Fits the head for talk at work: `python benchmarks/work_head.py goemotions/dev.tsv xlmt/english OUT`.

It learns `benchmarks/work_mood.csv`, beside 1,000 comments of GoEmotions' dev part and 400 tweets of XLM-T's English
train part. How near a text is to talk at work is a logistic regression of the first against the others. Tested on
`tests/data/work-mood.csv`, of which nothing is learnt; `parley eval sentiment` judges both heads together.
"""

import random
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from bot.evaluation.labelled import LABELS, read
from nlp.inference.pooling import mean_of_tokens
from nlp.inference.tokens import pad
from nlp.jobs import Classify
from nlp.models.adapted_classifier import WORK, AdaptedClassifier
from nlp.scheduler.family import Binding
from nlp.training.classifier_head import Head, Lesson, regress

SHIPPED = Binding("sentiment", "adapted-classifier", "wheel:nlp/weights/sentiment-minilm")
BATCH = 64
OWN, OTHERS = 3.0, 0.3  # what a text counts for the second head
STRENGTH = 0.01  # of both regressions


@torch.inference_mode()
def features(model: AdaptedClassifier, texts: Sequence[str]) -> NDArray[np.float64]:
    """The mean token vector of each text, shape (n, width)."""
    rows = [job.inputs for job in model.prepare([Classify(text) for text in texts])]  # type: ignore[union-attr]
    found = []
    for start in range(0, len(rows), BATCH):
        inputs = pad(rows[start : start + BATCH], 0)
        found.append(mean_of_tokens(model.model(**inputs).last_hidden_state, inputs["attention_mask"]).float().numpy())
    return np.concatenate(found).astype(np.float64)


def lesson(model: AdaptedClassifier, file: Path, most: int, weight: float) -> Lesson:
    """At most so many texts of a file, chosen by chance, each counting `weight`."""
    rows = [row for row in read(file, part="train") if row.label]
    random.Random(0).shuffle(rows)
    rows = rows[:most]
    labels = np.array([LABELS.index(row.label or "") for row in rows])
    return Lesson(features(model, [row.text for row in rows]), labels, np.full(len(rows), weight))


def tensors(name: str, head: Head) -> dict[str, torch.Tensor]:
    """A head as the file holds it."""
    both = {"weight": head.weight, "bias": head.bias}
    return {f"{name}{key}": torch.tensor(value).float().contiguous() for key, value in both.items()}


def main(goemotions: Path, tweets: Path, out: Path) -> None:
    """Fit and write."""
    model = AdaptedClassifier.load(SHIPPED, "cpu")
    own = lesson(model, Path(__file__).with_name("work_mood.csv"), 10_000, OWN)
    others = [lesson(model, file, most, OTHERS) for file, most in ((goemotions, 1_000), (tweets, 400))]
    parts = [own, *others]
    every, labels, weights = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("features", "labels", "weights")
    )
    is_own = (np.arange(len(labels)) < len(own.labels)).astype(np.intp)
    even = np.where(is_own == 1, 1 / is_own.sum(), 1 / (1 - is_own).sum()) * len(labels) / 2
    near = regress(Lesson(every, is_own, even), STRENGTH)
    head = regress(Lesson(every, labels, weights), STRENGTH)
    save_file({**tensors("near_", near), **tensors("", head)}, out / WORK)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
