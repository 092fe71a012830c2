"""Measures how well the bound models translate: chrF and BLEU against reference translations, by sacrebleu.

The labelled file is a table whose header names two languages, a sentence and its translation a row; it is measured in
the direction that is asked for, through the same path as people's requests.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.base import Metric
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from adapters.text.counts import counted
from bot.errors import UsageError
from bot.evaluation.pairs import read_table, translated
from bot.evaluation.report import EvaluationReport, Figure, interval
from bot.services import Services
from nlp.translation.chat import ChatTranslation

ROUNDS = 200  # of the bootstrap; chrF of a few hundred sentences takes a tenth of a second


async def evaluate(
    data: Path, services: Services, *, source: str, target: str, on_done: Callable[[int], None] = lambda _: None
) -> EvaluationReport:
    """Translate the column `source` and compare it with the column `target`. Raises UsageError, UnsupportedPair."""
    texts, references = read(data, source, target)
    done = await translated(services.core, texts, source, target)
    on_done(len(done))
    left = sum(bool(each.warnings) for each in done)
    notes = (f"{counted(left, 'text')} came with a warning.",) if left else ()
    return EvaluationReport("translate", done[0].model, str(data), len(texts), figures(done, references), notes=notes)


def figures(made: list[ChatTranslation], references: list[str]) -> tuple[Figure, ...]:
    """Return both metrics with their bootstrap intervals."""

    def metric(scorer: Metric) -> Callable[[NDArray[np.intp]], float]:
        def score(rows: NDArray[np.intp]) -> float:
            chosen = [made[i].text for i in rows]
            return float(scorer.corpus_score(chosen, [[references[i] for i in rows]]).score)

        return score

    scorers: dict[str, Metric] = {"chrF": CHRF(), "BLEU": BLEU()}
    return tuple(interval(name, metric(scorer), len(made), rounds=ROUNDS) for name, scorer in scorers.items())


def read(data: Path, source: str, target: str) -> tuple[list[str], list[str]]:
    """Return the two columns of a TSV or CSV file. Raises UsageError for a file that hasn't both."""
    rows = read_table(data)
    pairs = [(row.get(source), row.get(target)) for row in rows]
    whole = [(text, reference) for text, reference in pairs if text and reference]
    if not whole or len(whole) < len(pairs):
        raise UsageError(
            f"{data} hasn't a sentence in the columns {source} and {target} in every row.",
            "The header of the table names languages.",
        )
    return [text for text, _ in whole], [reference for _, reference in whole]
