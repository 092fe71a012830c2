"""How well `bot.retrieval.grounding` tells a claim that messages support from one they don't, on public meetings.

    python benchmarks/grounding.py QMSum/val.jsonl [--family embedder]

A claim is a sentence of QMSum's answers to specific questions. Its own turns are those that the annotators named for
the answer; foreign ones are as many turns that were named for an answer of another meeting. The weights are fitted on
meetings of even number and judged on the others.
"""

import argparse
import asyncio
import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from fit_retrieval import EMBEDDERS
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from adapters.chat import Message
from bot.conversation.quoting import sentences
from bot.evaluation.summarize import read_meetings
from bot.retrieval import grounding
from nlp.core import Core
from nlp.text.lexical import content_stems, coverage, document_counts, rarity, stems

CLAIMS, FEWEST, MOST, LEAST_WORDS = 240, 5, 60, 6
ALIKE = 15  # turns by which the foreign ones may differ in number
CHARACTERS = 600  # of a turn; the embedder reads no more


@dataclass(frozen=True)
class Case:
    """A claim and the turns that were named for it."""

    meeting: int
    claim: str
    turns: tuple[Message, ...]


def read_cases(path: Path) -> list[Case]:
    """Claims of answers with a handful of turns, in a fixed random order."""
    meetings = read_meetings(path)
    raw = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    cases = [
        Case(number, claim, turns)
        for number, entry in enumerate(raw)
        for query in entry["specific_query_list"]
        if FEWEST <= len(turns := named(query["relevant_text_span"], meetings[number].messages)) <= MOST
        for claim in sentences(query["answer"])
        if len(claim.split()) >= LEAST_WORDS
    ]
    random.Random(0).shuffle(cases)
    return cases[:CLAIMS]


def named(spans: list[list[str]], messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The turns of the spans."""
    ends = [(int(first), int(last)) for first, last in spans if first.isdigit() and last.isdigit()]
    places = {place for first, last in ends for place in range(first, last + 1) if place < len(messages)}
    return tuple(messages[place] for place in sorted(places))


def evidence(
    claim: str,
    asked: NDArray[np.float32],
    turns: tuple[Message, ...],
    rows: NDArray[np.float32],
    score: grounding.Score,
) -> list[float]:
    """Cosine of the best source, share of the words held, and whether the facts agree."""
    near = rows @ asked
    held = [stems(turn.text) | stems(turn.author.name) for turn in turns]
    weights = rarity(content_stems(claim), document_counts(held), len(turns))
    chosen = grounding.gathered(weights, held, near, score)
    share = coverage(weights, set().union(*(held[place] for place in chosen)))
    return [float(near[chosen].max()), share, float(grounding.agrees(claim, [turns[place] for place in chosen]))]


def pairs_of(cases: list[Case]) -> list[Case]:
    """For each case one of another meeting with about as many turns."""
    rng = random.Random(1)
    return [
        rng.choice(
            [
                other
                for other in cases
                if other.meeting != case.meeting and abs(len(other.turns) - len(case.turns)) < ALIKE
            ]
        )
        for case in cases
    ]


async def embedded(
    cases: list[Case], family: str
) -> tuple[dict[tuple[int, str], NDArray[np.float32]], NDArray[np.float32]]:
    """The vector of each turn, and of each claim."""
    turns = {(case.meeting, turn.id): turn.text[:CHARACTERS] or " " for case in cases for turn in case.turns}
    async with Core([EMBEDDERS[family]]) as core:
        rows = await core.embed(list(turns.values()))
        return dict(zip(turns, rows, strict=True)), await core.embed([case.claim for case in cases])


def main() -> None:
    """Fit, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--family", choices=sorted(EMBEDDERS), default="e5")
    given = parser.parse_args()
    cases, score = read_cases(given.data), grounding.Score.of(given.family)
    vectors, asked = asyncio.run(embedded(cases, given.family))

    def rows_of(case: Case) -> NDArray[np.float32]:
        return np.stack([vectors[case.meeting, turn.id] for turn in case.turns])

    others = pairs_of(cases)
    own = np.array(
        [evidence(case.claim, row, case.turns, rows_of(case), score) for case, row in zip(cases, asked, strict=True)]
    )
    foreign = np.array(
        [
            evidence(case.claim, row, other.turns, rows_of(other), score)
            for case, row, other in zip(cases, asked, others, strict=True)
        ]
    )
    fitted = np.array([case.meeting % 2 == 0 for case in cases])
    learnt = np.concatenate([own[fitted, :2], foreign[fitted, :2]])
    model = LogisticRegression(C=10).fit(learnt, np.repeat([1, 0], fitted.sum()))
    print(f"{len(cases)} claims; fitted: bias {model.intercept_[0]:.1f}, meaning and words {model.coef_[0].round(1)}")
    judged(own[~fitted], foreign[~fitted], score)


def judged(own: NDArray[np.float64], foreign: NDArray[np.float64], score: grounding.Score) -> None:
    """What the shipped weights make of claims that nothing was fitted on."""
    scores = [np.array([score.of_source(*row[:2]) for row in rows]) for rows in (own, foreign)]
    area = roc_auc_score(np.repeat([1, 0], [len(own), len(foreign)]), np.concatenate(scores))
    print(f"shipped weights on the {len(own)} others: area under the curve {area:.3f}")
    print("threshold  own  foreign | with numbers, names and negations: own  foreign")
    for threshold in (0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9):
        kept = [each >= threshold for each in scores]
        agreed = [each & (rows[:, 2] > 0) for each, rows in zip(kept, (own, foreign), strict=True)]
        print(f"{threshold:9.2f}  " + "  ".join(f"{each.mean():.3f}" for each in (*kept, *agreed)))


if __name__ == "__main__":
    main()
