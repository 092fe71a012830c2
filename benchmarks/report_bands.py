"""How often the true share lies in a report's band: `python benchmarks/report_bands.py FILE…` with labelled texts.

Channels are invented from texts whose labels are known and which no model was trained on: people with tendencies of
their own, around a share of negative and positive messages that is drawn anew for each channel. The shipped model
judges each text once; then each channel is estimated as a report does it, and by counting what the model says. The
truth is the share of negative messages in the channel by their labels. The last column says how often two halves of
such a channel, drawn by chance, are taken to differ. Last comes in how many channels a report claims a change: where
nothing changed, and where the negative share rose from about 7 to about 22 % half-way.
"""

import asyncio
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.evaluation.labelled import read
from bot.history.derived.scores import LABELS
from bot.mood.change_points import shifts
from bot.mood.quantification import Correction, Counts, Estimate, blur_for, blurred, estimate, worth
from nlp.core import Core
from nlp.hub.model_card import measured
from nlp.profiles import profile

SHIPPED = next(each for each in profile("starter") if each.task == "sentiment")
CHANNELS = 400
SIZES = ((20, 5), (60, 8), (200, 12), (1_000, 30), (5_000, 60))  # messages and people
LEVELS = ((0.0, 0.05), (0.05, 0.15), (0.15, 0.3), (0.3, 0.6))  # true shares of negative messages
CELLS = 5  # in which a change is looked for
LIKENESS = 8.0  # how alike people are: the concentration of their tendencies around the channel's shares
Numbers = NDArray[np.int8]


@dataclass(frozen=True)
class Judged:
    """Texts of one file, by number of label: what is true, and what the model says."""

    true: Numbers
    said: Numbers

    def channel(self, messages: int, people: int, level: tuple[float, float], random: np.random.Generator) -> "Channel":
        """An invented channel whose share of negative messages lies about there."""
        negative = random.uniform(*level)
        positive = random.uniform(0.1, 0.5) * (1 - negative)
        shares = np.array([positive, 1 - negative - positive, negative])
        tendencies = random.dirichlet(np.maximum(shares * LIKENESS, 1e-3), size=people)
        loudness = random.dirichlet(np.full(people, 1.0))
        voices = np.concatenate([np.arange(people), random.choice(people, messages - people, p=loudness)])
        true = (random.random((messages, 1)) > tendencies[voices].cumsum(axis=1)[:, :2]).sum(axis=1)
        said = np.zeros(messages, dtype=np.int8)
        for label in range(len(LABELS)):
            said[true == label] = random.choice(self.said[self.true == label], (true == label).sum())
        return Channel(true.astype(np.int8), said, voices.astype(np.int32))


@dataclass(frozen=True)
class Channel:
    """Messages of people: their true labels and the model's."""

    true: Numbers
    said: Numbers
    voices: NDArray[np.int32]


async def judged(file: Path) -> Judged:
    """The labelled texts of a file and what the shipped model says of them."""
    rows = [row for row in read(file) if row.label]
    async with Core([SHIPPED]) as core:
        found = await core.sentiment([row.text for row in rows])
    return Judged(_numbers(row.label for row in rows), _numbers(each.label for each in found))


def _numbers(labels: Iterable[str | None]) -> Numbers:
    return np.array([LABELS.index(label) for label in labels if label], dtype=np.int8)


def table(texts: Judged, correction: Correction) -> None:
    """A line for each size and level of share."""
    print("messages people   negative    in the band   half-width   off: corrected   counted   differ", flush=True)
    for messages, people in SIZES:
        for level in LEVELS:
            random = np.random.default_rng(messages)
            rows = np.array(
                [_row(texts.channel(messages, people, level, random), correction, random) for _ in range(CHANNELS)]
            )
            inside, differ, *sizes = rows.mean(axis=0)
            what = f"{messages:8} {people:6}   {level[0]:.0%} to {level[1]:.0%}".ljust(30)
            print(
                f"{what}{inside:.3f}   {''.join(f'{each * 100:9.1f} pts' for each in sizes)}   {differ:.3f}", flush=True
            )


def changes(texts: Judged, correction: Correction, messages: int = 200, people: int = 12, channels: int = 80) -> None:
    """A line: how often a change is claimed where there is none, and where there is one."""
    random = np.random.default_rng(messages)
    steady = [[texts.channel(messages, people, (0.05, 0.3), random)] for _ in range(channels)]
    levels = (0.05, 0.1), (0.2, 0.25)
    risen = [[texts.channel(messages // 2, people, level, random) for level in levels] for _ in range(channels)]
    false, found = (sum(_claimed(parts, correction, random) for parts in each) / channels for each in (steady, risen))
    size = f"{messages} messages, {people} people"
    print(f"{size}: a change is claimed in {false:.3f} of steady channels and {found:.3f} of risen ones")


def _claimed(parts: Sequence[Channel], correction: Correction, random: np.random.Generator) -> bool:
    """Whether a change is claimed in channels that follow each other, in each of which people speak in any order."""
    orders = [random.permutation(len(part.said)) for part in parts]
    said = np.concatenate([part.said[order] for part, order in zip(parts, orders, strict=True)])
    voices = np.concatenate([part.voices[order] for part, order in zip(parts, orders, strict=True)])
    cells = zip(np.array_split(said, CELLS), np.array_split(voices, CELLS), strict=True)
    return bool(shifts([_counts(*cell, random) for cell in cells], correction))


def _counts(said: Numbers, voices: NDArray[np.int32], random: np.random.Generator) -> Counts:
    blur = blur_for(said)
    return Counts(blurred(said, random, blur), len(said), worth(voices), blur**2)


def _estimate(
    said: Numbers, voices: NDArray[np.int32], correction: Correction, random: np.random.Generator
) -> Estimate:
    return estimate(_counts(said, voices, random), correction)


def _row(channel: Channel, correction: Correction, random: np.random.Generator) -> tuple[float, ...]:
    truth = float((channel.true == LABELS.index("negative")).mean())
    found = _estimate(channel.said, channel.voices, correction, random)
    counted = float((channel.said == LABELS.index("negative")).mean())
    half = np.arange(len(channel.said)) % 2 == 0
    one, other = (_estimate(channel.said[each], channel.voices[each], correction, random) for each in (half, ~half))
    inside = found.low <= truth <= found.high
    wide = (found.high - found.low) / 2
    return inside, one.differs(other), wide, abs(found.negative - truth), abs(counted - truth)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        known = asyncio.run(judged(Path(name)))
        print(f"{name}: {len(known.true)} texts, {(known.true == known.said).mean():.3f} judged right")
        table(known, Correction.of(measured(SHIPPED)))
        changes(known, Correction.of(measured(SHIPPED)))
