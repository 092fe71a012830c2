"""Measures the models bound now on answers that people here judged: what was liked should stay, the rest change.

Each example is asked again in its own place and window, by the path of every request and from the owner's history.
Nobody is trained on anything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Request
from adapters.text.counts import counted
from bot.conversation.permissions import OWNER
from bot.errors import NothingFound, ParleyError
from bot.evaluation.ask import ASKER
from bot.evaluation.report import EvaluationReport, Figure, Table, interval
from bot.history import Judged
from bot.intents import Result, commands, intent
from bot.recent_answers import afresh
from bot.services import Services
from nlp.errors import CoreError


@dataclass(frozen=True, slots=True)
class JudgedCase:
    """One judged answer, and how much of it is answered the same way now, from 0 to 1."""

    example: Judged
    same: float


async def evaluate(
    examples: Sequence[Judged], services: Services, *, data: str, on_done: Callable[[int], None] = lambda _: None
) -> EvaluationReport:
    """Ask every judged question again. Raises NothingFound where nobody has judged anything that can be."""
    repeatable = {row.name for row in commands() if row.repeatable}
    askable = [example for example in examples if example.intent.name in repeatable and example.up != example.down]
    if not askable:
        raise NothingFound(
            "Nobody has judged an answer here yet.", "👍 and 👎 stand under answers in channels that are on."
        )
    cases: list[JudgedCase] = []
    for number, example in enumerate(askable, 1):
        cases.append(JudgedCase(example, await asked_again(example, services)))
        on_done(number)
    left = len(examples) - len(askable)
    answers = counted(left, "answer")
    notes = (f"Left out: {answers} that can't be asked again, or on which people disagree.",) if left else ()
    models = ", ".join(dict.fromkeys(example.model for example in askable if example.model))
    return EvaluationReport(
        "feedback", f"those bound now (then {models})", data, len(cases), figures(cases), (table(cases),), notes
    )


async def asked_again(example: Judged, services: Services) -> float:
    """Return how much of the answer is the same when it is made anew; an answer that fails is another one."""
    request = Request(afresh(example.intent), example.place, ASKER, access=OWNER)
    try:
        result = await intent(example.intent.name).run(request, services)
    except (ParleyError, CoreError):
        return 0.0
    return agreement(example, result)


def agreement(example: Judged, result: Result) -> float:
    """Return the same message quoted, the same words or label.

    For a summary it is the share of its messages that it still names.
    """
    now = [source.id for source in result.reply().sources]
    if example.intent.name == "ask":
        return float(example.sources[:1] == tuple(now[:1]))
    if example.sources:
        return len(set(example.sources) & set(now)) / len(set(example.sources))
    document = result.document()
    return float(all(document.get(name) == example.found.get(name) for name in ("text", "label")))


def figures(cases: Sequence[JudgedCase]) -> tuple[Figure, ...]:
    """Return what was liked and stays, what was disliked and changes, and the share that was liked, with intervals."""
    liked = np.array([case.example.good for case in cases])
    same = np.array([case.same for case in cases])
    groups = {"liked, and answered so again": same[liked], "disliked, and answered otherwise now": 1 - same[~liked]}
    shares = {"liked": liked.astype(float)} | {name: values for name, values in groups.items() if len(values)}
    return tuple(interval(name, partial(_mean, values), len(values)) for name, values in shares.items())


def _mean(values: NDArray[np.float64], rows: NDArray[np.intp]) -> float:
    return float(values[rows].mean())


def table(cases: Sequence[JudgedCase]) -> Table:
    """Return how many answers of each kind and model were liked and not."""
    kinds = dict.fromkeys((case.example.intent.name, case.example.model) for case in cases)
    rows = []
    for kind in kinds:
        good = [case.example.good for case in cases if (case.example.intent.name, case.example.model) == kind]
        rows.append((*kind, sum(good), len(good) - sum(good)))
    return Table("what people thought", ("asked for", "model", "liked", "disliked"), tuple(rows))
