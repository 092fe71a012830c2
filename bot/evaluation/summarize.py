"""Measures how much a summary says of what a person's says: ROUGE, beside naive summaries of the same length.

Each meeting becomes a channel of its own and is summed up by the intent. The rivals are its first words, its last words
and sentences drawn at random, each cut at exactly as many words as the summary has.
"""

import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rouge_score.rouge_scorer import RougeScorer

from adapters.chat import Channel, Intent, Message, Place, Request
from adapters.files import read_text
from bot.conversation.permissions import OWNER
from bot.conversation.quoting import sentences
from bot.errors import UsageError
from bot.evaluation.ask import ASKER
from bot.evaluation.dialogues import PLATFORM, WORKSPACE, utterance
from bot.evaluation.report import EvaluationReport, Figure, Table, interval
from bot.intents import summarize
from bot.services import Services

METRICS = ("rouge1", "rouge2", "rougeL")
DRAWS = 5  # random summaries a meeting, averaged
ANNOTATION = re.compile(r"\{[^{}]*\}")  # such as {vocalsound}
LOOSE_STOP = re.compile(r"(?<!\s)\s+([.,?!;:'])")


@dataclass(frozen=True, slots=True)
class Meeting:
    """A conversation in a channel of its own, and a person's summary of it."""

    place: Place
    messages: tuple[Message, ...]
    reference: str


def read_meetings(path: Path) -> list[Meeting]:
    """Return QMSum's meetings, one JSON object a line, each with its general summary. Raises UsageError."""
    try:
        lines = [line for line in read_text(path).splitlines() if line.strip()]
        return [meeting(number, json.loads(line)) for number, line in enumerate(lines)]
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, IndexError):
        raise UsageError(
            f"{path} holds no meetings with summaries.", "`parley docs quality` shows the form that is read."
        ) from None


def meeting(number: int, entry: dict[str, list[dict[str, str]]]) -> Meeting:
    """Return one line of the file."""
    title = f"meeting-{number}"
    turns = ((turn["speaker"], written(turn["content"])) for turn in entry["meeting_transcripts"])
    messages = tuple(utterance(title, place, speaker, text) for place, (speaker, text) in enumerate(turns))
    return Meeting(Place(PLATFORM, WORKSPACE, title), messages, entry["general_query_list"][0]["answer"])


def written(text: str) -> str:
    """Return a transcript's words without its annotations, spaced as people write."""
    return " ".join(LOOSE_STOP.sub(r"\1", ANNOTATION.sub(" ", text)).split())


async def evaluate(
    meetings: Sequence[Meeting], services: Services, *, data: str, on_done: Callable[[int], None] = lambda _: None
) -> EvaluationReport:
    """Sum up every meeting and compare."""
    systems: dict[str, list[NDArray[np.float64]]] = {"summary": [], "first": [], "last": [], "random": []}
    lengths: list[int] = []
    for number, each in enumerate(meetings, 1):
        text = await summed_up(each, services)
        lengths.append(len(text.split()))
        for name, texts in {"summary": [text], **rivals(each.messages, lengths[-1])}.items():
            systems[name].append(np.mean([rouge(each.reference, rival) for rival in texts], axis=0))
        on_done(number)
    scores = {name: np.stack(rows) for name, rows in systems.items()}
    note = f"Summaries and rivals have {np.mean(lengths):.0f} words on average."
    core = services.core
    model = core.model_name("summarize") if core.bound("summarize") else f"{core.model_name('embed')} (extractive)"
    return EvaluationReport("summarize", model, data, len(meetings), figures(scores), (table(scores),), (note,))


async def summed_up(each: Meeting, services: Services) -> str:
    """Return what the intent says, by the path of every request."""
    await services.history.run(lambda history: history.add([Channel(each.place, each.place.channel), *each.messages]))
    result = await summarize.run(Request(Intent("summarize"), each.place, ASKER, access=OWNER), services)
    return " ".join(item.text for item in result.items)


def rivals(messages: Sequence[Message], length: int) -> dict[str, list[str]]:
    """Return the naive summaries of `length` words."""
    spoken = [sentence for message in messages for sentence in sentences(message.text)]
    everything = " ".join(spoken).split()
    draws = (random.Random(seed).sample(spoken, len(spoken)) for seed in range(DRAWS))  # noqa: S311 - no secret
    return {
        "first": [" ".join(everything[:length])],
        "last": [" ".join(everything[len(everything) - length :])],
        "random": [" ".join(" ".join(draw).split()[:length]) for draw in draws],
    }


def rouge(reference: str, text: str) -> NDArray[np.float64]:
    """Return ROUGE-1, -2 and -L as F-measures of stemmed words, 0 to 1. Shape (3,)."""
    scores = RougeScorer(list(METRICS), use_stemmer=True).score(reference, text)
    return np.array([scores[name].fmeasure for name in METRICS])


def figures(scores: dict[str, NDArray[np.float64]]) -> tuple[Figure, ...]:
    """Return the summary's scores, and how far its ROUGE-1 is ahead of the best rival's."""
    ours = scores["summary"]
    best = max((scores[name] for name in ("first", "last", "random")), key=lambda rows: float(rows[:, 0].mean()))
    own = [mean_of(name, ours[:, column]) for column, name in enumerate(METRICS)]
    return (*own, mean_of("rouge1 ahead of the best rival", (ours - best)[:, 0]))


def mean_of(name: str, values: NDArray[np.float64]) -> Figure:
    """Return the mean over meetings with its interval."""
    return interval(name, lambda rows: float(values[rows].mean()), len(values))


def table(scores: dict[str, NDArray[np.float64]]) -> Table:
    """Return all systems."""
    rows = tuple((name, *map(float, rows.mean(axis=0))) for name, rows in scores.items())
    return Table("beside summaries of the same length", ("system", *METRICS), rows)
