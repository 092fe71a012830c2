"""Measures a bound model on a labelled file through the path that people's requests take: `parley eval`.

A task is one module here with an `evaluate` that returns a Report, and one command in `bot/cli/evaluate.py`. Metrics
come from the libraries that the field uses; this package joins them to the core and says how sure they are.
"""

from bot.evaluation.report import Figure, Report, Table, interval

__all__ = ["Figure", "Report", "Table", "interval"]
