"""Measures a bound model on a labelled file through the path that people's requests take: `parley eval`.

A task is one module here with an `evaluate` that returns an EvaluationReport, and one command in
`bot/cli/commands/evaluate.py`.
Metrics come from the libraries that the field uses; this package joins them to the core and says how sure they are.
"""

from bot.evaluation.report import EvaluationReport, Figure, Table, interval

__all__ = ["EvaluationReport", "Figure", "Table", "interval"]
