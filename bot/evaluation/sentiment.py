"""Measures sentiment: macro-averaged recall, accuracy, calibration error and the confusion matrix.

A text that the assistant declines to judge (a language without a translator) counts as judged wrongly.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, recall_score

from bot.evaluation.labelled import LABELS, Labelled
from bot.evaluation.report import EvaluationReport, Figure, Table, interval
from bot.mood.sentiment import Judgement, judge
from bot.services import Services
from nlp.jobs import Priority

BINS = 10
DECLINED = len(LABELS)  # a column no true label has


async def evaluate(
    examples: Sequence[Labelled],
    services: Services,
    *,
    data: str,
    language: str | None = None,
    on_done: Callable[[int], None] = lambda _: None,
) -> EvaluationReport:
    """Judge every labelled text. `language` is what they are in; it is detected text by text without."""
    core = services.core
    known = [example for example in examples if example.label is not None]
    texts = [example.text for example in known]
    judged = await judge(texts, core, language=language, priority=Priority.BULK, on_done=on_done)
    true = np.array([LABELS.index(example.label) for example in known if example.label])
    return EvaluationReport(
        "sentiment",
        core.model_name("sentiment"),
        data,
        len(known),
        figures(true, judged),
        (confusion(true, judged),),
        notes(len(examples) - len(known), sum(found.label is None for found in judged)),
    )


def figures(true: NDArray[np.intp], judged: Sequence[Judgement]) -> tuple[Figure, ...]:
    """Return the metrics over numbers of labels, shape (n,), and judgements, n of them."""
    chosen, sure = choices(judged), confidences(judged)

    def recall(rows: NDArray[np.intp]) -> float:
        return macro_recall(true[rows], chosen[rows])

    def accuracy(rows: NDArray[np.intp]) -> float:
        return float(accuracy_score(true[rows], chosen[rows]))

    def error(rows: NDArray[np.intp]) -> float:
        return calibration_error(sure[rows], true[rows] == chosen[rows])

    measure = partial(interval, examples=len(true))
    named = {"macro-averaged recall": recall, "accuracy": accuracy, "expected calibration error": error}
    return tuple(measure(name, metric) for name, metric in named.items())


def choices(judged: Sequence[Judgement]) -> NDArray[np.intp]:
    """Return the number of each chosen label, DECLINED for none."""
    return np.array([LABELS.index(found.label) if found.label in LABELS else DECLINED for found in judged])


def confidences(judged: Sequence[Judgement]) -> NDArray[np.float64]:
    """Return the probability of each chosen label, 0 for none."""
    return np.array([max(found.scores.values(), default=0.0) for found in judged])


def macro_recall(true: NDArray[np.intp], chosen: NDArray[np.intp]) -> float:
    """Return the mean over the labels that occur of the share of their texts that was found."""
    return float(recall_score(true, chosen, labels=np.unique(true), average="macro", zero_division=0))


def calibration_error(sure: NDArray[np.float64], right: NDArray[np.bool_], bins: int = BINS) -> float:
    """Return how far confidence is from the share of right answers, over equally wide bins weighted by their texts."""
    bin_of = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [abs(np.sum(sure[bin_of == number] - right[bin_of == number])) for number in range(bins)]
    return float(sum(gaps) / len(sure))


def confusion(true: NDArray[np.intp], judged: Sequence[Judgement]) -> Table:
    """Return the table with a row for each true label and a column for each judged one."""
    counts = confusion_matrix(true, choices(judged), labels=range(len(LABELS) + 1))
    rows = tuple((label, *map(int, row)) for label, row in zip(LABELS, counts, strict=False))
    return Table("confusion", ("true", *LABELS, "not judged"), rows)


def notes(unlabelled: int, declined: int) -> tuple[str, ...]:
    """Return what was left out, in words."""
    document = {
        "texts have no clear label and were left out.": unlabelled,
        "texts were not judged, their language not being supported; they count as wrong.": declined,
    }
    return tuple(f"{count} {words}" for words, count in document.items() if count)
