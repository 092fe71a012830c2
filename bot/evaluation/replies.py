"""Measures who answers whom: links, discussions and open questions against annotated chat logs."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from bot.discussions.graph import ReplyGraph
from bot.evaluation.irc import IrcLog
from bot.evaluation.report import EvaluationReport, Figure, interval
from nlp.text.questions import is_question

Counts = NDArray[np.float64]


def evaluate(logs: Sequence[IrcLog], *, data: str, on_done: Callable[[int], None] = lambda _: None) -> EvaluationReport:
    """Compare the graph with the annotations."""
    rows: list[Counts] = []
    for number, log in enumerate(logs, 1):
        rows.append(measured(log, ReplyGraph.of(log.messages)))
        on_done(number)
    return EvaluationReport("replies", "the reply graph", data, len(logs), figures(np.stack(rows)), notes=NOTES)


NOTES = (  # what the figures count
    "Links count a message that begins something as a link to itself, as the corpus does; notices are left out.",
    "A question begins something; it is open where nobody else's message is linked to it or to what its author added.",
)


def measured(log: IrcLog, graph: ReplyGraph) -> Counts:
    """Return the counts of a log: links (right, said, wanted), the same without beginnings, overlap, open questions."""
    said = {(place, graph.question_of(place)) for place in log.answers}
    said = {(place, earlier if earlier >= 0 else place) for place, earlier in said}
    wanted = {(place, each) for place, earlier in log.answers.items() for each in earlier}
    replies, answered = ({each for each in found if each[0] != each[1]} for found in (said, wanted))
    truth = annotated(log)
    asked = [place for place in log.answers if is_question(log.messages[place].text) and truth.question_of(place) < 0]
    open_ = {place for place in asked if truth.is_open(place)}
    found = {place for place in asked if graph.is_open(place)}
    return np.array(
        [
            *(len(said & wanted), len(said), len(wanted)),
            *(len(replies & answered), len(replies), len(answered)),
            overlap(conversations(log), graph.roots, list(log.answers)) * len(log.answers),
            len(log.answers),
            *(len(open_ & found), len(found), len(open_)),
        ],
        dtype=np.float64,
    )


def annotated(log: IrcLog) -> ReplyGraph:
    """Return the graph that people made; a message that answers several is linked to the first of them."""
    before = np.full(len(log.messages), -1, dtype=np.intp)
    for place, earlier in log.answers.items():
        before[place] = min(earlier) if min(earlier) < place else -1
    return ReplyGraph(log.messages, before, np.ones(len(before), dtype=np.float32))


def conversations(log: IrcLog) -> NDArray[np.intp]:
    """Return for each message the number of what people annotated as one conversation."""
    ends = np.array([(place, each) for place, earlier in log.answers.items() for each in earlier])
    size = len(log.messages)
    labels = connected_components(coo_array((np.ones(len(ends)), ends.T), shape=(size, size)), directed=False)[1]
    return np.asarray(labels, dtype=np.intp)


def overlap(truth: NDArray[np.intp], found: NDArray[np.intp], places: Sequence[int]) -> float:
    """Return the share of messages that lie in the same group when groups are paired one to one as well as can be."""
    one = np.unique(truth[places], return_inverse=True)[1]
    other = np.unique(found[places], return_inverse=True)[1]
    shared = np.zeros((one.max() + 1, other.max() + 1))
    np.add.at(shared, (one, other), 1)
    return float(shared[linear_sum_assignment(-shared)].sum() / len(places))


def figures(rows: Counts) -> tuple[Figure, ...]:
    """Return the measures over all logs, with intervals over logs."""

    def over(name: str, metric: Callable[[Counts], float]) -> Figure:
        return interval(name, lambda chosen: metric(rows[chosen].sum(axis=0)), len(rows))

    return (
        over("F1 of links", lambda n: 2 * n[0] / (n[1] + n[2])),
        over("F1 of links between messages", lambda n: 2 * n[3] / (n[4] + n[5])),
        over("one-to-one overlap of discussions", lambda n: n[6] / n[7]),
        over("open questions, precision", lambda n: n[8] / max(n[9], 1)),
        over("open questions, recall", lambda n: n[8] / max(n[10], 1)),
    )
