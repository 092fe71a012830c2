"""How the mood of a channel is, whether it changes, and about what: a report for the team, never about a person.

Every figure rests on at least MIN_AUTHORS people and MIN_MESSAGES messages; what doesn't is withheld and said to be.
Totals are made of the shown cells alone, so that no withheld one can be found by subtraction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message, Source
from adapters.text import dates
from bot.history.rows import microseconds, moment
from bot.history.scores import FOREIGN, LABELS, NUMBERS, WORDLESS, Scored
from bot.mood import comparison
from bot.mood import topics as clustering
from bot.mood.change_points import MIN_AUTHORS, MIN_MESSAGES, enough, shifts
from bot.mood.comparison import Side
from bot.mood.quantification import Correction, Estimate, estimate, said

A_DAY = 26  # hours, at most, where clocks change
LONGEST_BY_DAY = 92  # days beyond which cells are weeks
FEWEST_REACTIONS, SHOWN_REACTIONS = 5, 5  # a rare emoji points at people
Labels = NDArray[np.int8]
Voices = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Cell:
    """A day or a week. `estimate` is None where it is withheld, and then the counts are 0."""

    start: datetime
    end: datetime
    messages: int = 0
    authors: int = 0
    estimate: Estimate | None = None

    def document(self) -> dict[str, Any]:
        """As a program reads it."""
        span = {"from": utc(self.start), "to": utc(self.end)}
        if self.estimate is None:
            return span | {"suppressed": True}
        shares = dict(zip(LABELS, map(rounded, self.estimate.shares), strict=True))
        band = {"low": rounded(self.estimate.low), "high": rounded(self.estimate.high)}
        return span | {"messages": self.messages, "authors": self.authors} | shares | band


@dataclass(frozen=True, slots=True)
class Change:
    """When the negative share changed, and what it was on both sides."""

    at: datetime
    before: Estimate
    after: Estimate


@dataclass(frozen=True, slots=True)
class Topic:
    """A part of the conversation: its share of the messages, the negative share within, and two messages of it."""

    name: str
    share: float
    negative: float
    sources: tuple[Source, ...]

    def document(self) -> dict[str, Any]:
        """As a program reads it."""
        sources = [source.id for source in self.sources]
        return {"name": self.name, "share": rounded(self.share), "negative": rounded(self.negative), "sources": sources}


@dataclass(frozen=True, slots=True)
class Report:
    """All that is said about a channel. Times are in the reader's zone.

    `messages` and `authors` were judged; `left_out` messages of the window were not. `moved` says what moved most since
    another time, "" where none was named.
    """

    channel: str
    start: datetime
    end: datetime
    messages: int
    authors: int
    cells: tuple[Cell, ...]
    overall: Estimate | None
    changes: tuple[Change, ...]
    topics: tuple[Topic, ...]
    notes: tuple[str, ...]
    files: tuple[str, ...] = ()
    left_out: int = 0
    moved: str = ""

    def document(self) -> dict[str, Any]:
        """As a program reads it."""
        return {
            "channel": self.channel,
            "from": utc(self.start),
            "to": utc(self.end),
            "messages": self.messages,
            "authors": self.authors,
            "cells": [cell.document() for cell in self.cells],
            "changes": [
                {"at": utc(each.at), "before": rounded(each.before.negative), "after": rounded(each.after.negative)}
                for each in self.changes
            ],
            "topics": [topic.document() for topic in self.topics],
            "notes": [*([self.moved] if self.moved else []), *self.notes],
            "files": list(self.files),
        }

    @property
    def unit(self) -> str:
        """What a cell is: a day, a week or another span."""
        hours = (self.cells[0].end - self.cells[0].start) / timedelta(hours=1)
        return "day" if hours < A_DAY else "week" if abs(hours - 7 * 24) < 2 else "span"  # noqa: PLR2004 - clocks change

    def finding(self) -> str:
        """What the report found, in one sentence."""
        if self.overall is None:
            return (
                f"There is too little to speak of a mood of {self.channel} without pointing at people: it takes "
                f"{MIN_MESSAGES} messages from {MIN_AUTHORS} people, and here are {self.messages} from {self.authors}."
            )
        if not self.changes:
            return f"The mood of {self.channel} was steady: {said(self.overall)} of the messages sound negative."
        steps = [f"{said(self.changes[0].before)}"]
        steps += [f"{said(each.after)} from {day(each.at, self.end)} on" for each in self.changes]
        return f"The mood of {self.channel} changed: messages that sound negative were {', then '.join(steps)}."


def utc(at: datetime) -> str:
    """ISO 8601 in UTC."""
    return at.astimezone(UTC).isoformat()


def rounded(share: float) -> float:
    """As precise as it can be meant."""
    return round(share, 2)


def day(at: datetime, now: datetime) -> str:
    """The day as a person writes it, with the year where it isn't this one."""
    return dates.day(at, now.year)


def measured(scored: Scored, channel: str, correction: Correction, zone: ZoneInfo) -> Report:
    """The figures of the report, without its topics and notes."""
    worded = scored.labels < len(LABELS)
    at, labels, voices = scored.at[worded], scored.labels[worded], scored.voices[worded]
    first, last = (moment(int(scored.at[place])).astimezone(zone) for place in (0, -1))
    bounds = _bounds(first, last, at)
    cuts = np.searchsorted(at, [microseconds(each) for each in bounds])
    cells = [
        _cell(start, end, labels[a:b], voices[a:b], correction)
        for (start, end), (a, b) in zip(pairwise(bounds), pairwise(cuts), strict=True)
    ]
    shown = np.repeat([cell.estimate is not None for cell in cells], np.diff(cuts))
    overall = estimate(labels[shown], voices[shown], correction) if shown.any() else None
    found = shifts(labels, voices, correction) if overall else []
    changes = tuple(Change(moment(int(at[each.first])).astimezone(zone), each.before, each.after) for each in found)
    people = len(np.unique(voices))
    return Report(channel, first, last, len(labels), people, tuple(cells), overall, changes, (), ())


def _bounds(first: datetime, last: datetime, at: NDArray[np.int64]) -> list[datetime]:
    """Midnights between which the cells lie: each day's, each Monday's where days hold too little, or one cell."""
    start = datetime.combine(first.date(), time(), first.tzinfo)
    days = (last.date() - first.date()).days + 1
    midnights = [start + timedelta(days=number) for number in range(days + 1)]
    if days <= LONGEST_BY_DAY:
        counts = np.diff(np.searchsorted(at, [microseconds(each) for each in midnights]))
        if np.median(counts[counts > 0] if counts.any() else [0]) >= MIN_MESSAGES:
            return midnights
    monday = start - timedelta(days=start.weekday())
    weeks = [monday + timedelta(weeks=number) for number in range((last.date() - monday.date()).days // 7 + 2)]
    if np.diff(np.searchsorted(at, [microseconds(each) for each in weeks])).max() >= MIN_MESSAGES:
        return weeks
    return [start, midnights[-1]]


def _cell(start: datetime, end: datetime, labels: Labels, voices: Voices, correction: Correction) -> Cell:
    if not enough(voices):
        return Cell(start, end)
    return Cell(start, end, len(labels), len(np.unique(voices)), estimate(labels, voices, correction))


@dataclass(frozen=True, slots=True)
class Chosen:
    """At most `clustering.SAMPLE` messages of a time, evenly spread, and as columns."""

    messages: Sequence[Message]
    at: NDArray[np.int64]
    side: Side


@dataclass(frozen=True, slots=True)
class Sample(Chosen):
    """Some messages, and what they are about."""

    topics: Sequence[clustering.Topic]


def topics_of(sample: Sample, since: int, correction: Correction) -> tuple[Topic, ...]:
    """The topics of the messages from `since` on, the largest first."""
    recent = sample.at >= since
    found = []
    for each in sample.topics:
        members = each.members[recent[each.members]]
        if enough(sample.side.voices[members]):
            negative = estimate(sample.side.labels[members], sample.side.voices[members], correction).negative
            shown = [number for number in each.nearest if recent[number]][: clustering.EXAMPLES]
            sources = tuple(_source(sample.messages[number]) for number in shown)
            found.append(Topic(each.name, len(members) / int(recent.sum()), negative, sources))
    return tuple(sorted(found, key=lambda topic: (-topic.share, topic.name)))


def moved(whole: Scored, sample: Sample | None, last: datetime, correction: Correction) -> str:
    """What moved most from before `last` to after it, in a sentence."""
    worded = whole.labels < len(LABELS)
    everything = Side(whole.labels[worded], whole.voices[worded])
    late = whole.at[worded] >= microseconds(last)
    before, after = everything.part(~late), everything.part(late)
    if not (enough(before.voices) and enough(after.voices)):
        return f"There is too little to say what moved since {day(last, last)}."
    among = 1 + 2 * len(sample.topics) if sample else 1
    moves = [comparison.mood(before, after, correction, among=among)]
    if sample:
        late = sample.at >= microseconds(last)
        old, new = sample.side.part(~late), sample.side.part(late)
        for each in sample.topics:
            inside = np.isin(np.arange(len(late)), each.members)
            subject = comparison.Subject(each.name, inside[~late], inside[late])
            moves.append(comparison.topic(subject, old, new, among))
            parts = old.part(subject.before), new.part(subject.after)
            moves.append(comparison.mood(*parts, correction, f" about “{each.name}”", among))
    most = comparison.largest(moves)
    if most is None:
        return f"Nothing moved for sure since {day(last, last)}."
    return f"What moved most since {day(last, last)}: {most.words}."


def _source(message: Message) -> Source:
    return Source(message.id, message.author.name, message.sent_at, message.text, message.permalink)


def notes_on(scored: Scored, made: Report, *, others: int, failed: int, corrected: bool) -> tuple[str, ...]:
    """What it covers, how sure it is, and what was left out."""
    counts = {name: int((scored.labels == NUMBERS[name]).sum()) for name in (FOREIGN, WORDLESS)}
    withheld, cells = sum(cell.estimate is None for cell in made.cells), len(made.cells)
    span = f"{day(made.start, made.end)} to {day(made.end, made.end)}"
    lines = [
        f"Judged {made.messages} messages by {made.authors} people, {span}.",
        "Shares are corrected by the model's measured mistakes."
        if corrected
        else "Shares are the model's own counts: nobody measured its mistakes.",
        "± is half of the 95 % band, which covers who happened to speak and how often the model may be wrong.",
    ]
    if withheld:
        unit = f"{made.unit}s" if cells > 1 else made.unit
        lines.append(
            f"Withheld: {withheld} of {cells} {unit} with under {MIN_MESSAGES} messages or {MIN_AUTHORS} people."
        )
    said_of = {
        "by bots or notices": others,
        "in languages without a translator": counts[FOREIGN],
        "without words": counts[WORDLESS],
        "that the model failed on": failed,
    }
    lines += [f"Left out: {count} message{'s' * (count != 1)} {what}." for what, count in said_of.items() if count]
    return (*lines, *_reactions(scored, made))


def _reactions(scored: Scored, made: Report) -> list[str]:
    """The emoji under the messages, a signal of its own: only with enough people, and only frequent ones."""
    common = [(emoji, count) for emoji, count in scored.reactions.items() if count >= FEWEST_REACTIONS]
    if made.overall is None or not common:
        return []
    ranked = sorted(common, key=lambda each: (-each[1], each[0]))[:SHOWN_REACTIONS]
    return ["Reactions, not part of the shares: " + ", ".join(f"{emoji} {count}" for emoji, count in ranked) + "."]
