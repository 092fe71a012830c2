"""Reports the mood of a channel, whether it changes, and about what: for the team, never about a person.

Every figure is made of those of whole cells (`bot.mood.figures`) and of nothing else, so that no two of them differ by
a single message. A cell under MIN_AUTHORS people or MIN_MESSAGES messages is withheld and said to be.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message, Source
from adapters.text import dates
from adapters.text.counts import counted
from bot.history.derived.moods import TopicFigure
from bot.history.derived.scores import FOREIGN, LABELS, NUMBERS, WORDLESS, Scored
from bot.history.rows import moment
from bot.mood import comparison
from bot.mood import topics as clustering
from bot.mood.cells import MIN_AUTHORS, MIN_MESSAGES, UNITS, enough
from bot.mood.change_points import shifts
from bot.mood.comparison import Side
from bot.mood.figures import Told, closest, of_topics, shown
from bot.mood.quantification import STEP, Correction, Estimate, estimate, said, total
from bot.mood.stretches import AS_FAR, Change, changes

LENGTHS = {"day": (0, 26), "week": (166, 170), "month": (28 * 24 - 2, 31 * 24 + 2), "quarter": (2150, 2215)}  # hours
LENGTHS["year"] = (365 * 24 - 2, 366 * 24 + 2)
MOST_CELLS = 92  # beyond which a report tells of larger ones, made of these
FEWEST_REACTIONS, SHOWN_REACTIONS = 5, 5  # a rare emoji points at people


@dataclass(frozen=True, slots=True)
class Cell:
    """A day, a week or a longer unit. `estimate` is None where it is withheld, and then the counts are 0."""

    start: datetime
    end: datetime
    messages: int = 0
    authors: int = 0
    estimate: Estimate | None = None

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        span = {"from": utc(self.start), "to": utc(self.end)}
        if self.estimate is None:
            return span | {"suppressed": True}
        shares = dict(zip(LABELS, self.estimate.shares, strict=True))
        band = {"low": self.estimate.low, "high": self.estimate.high}
        return span | {"messages": self.messages, "authors": self.authors} | shares | band


@dataclass(frozen=True, slots=True)
class ReportTopic:
    """A part of the conversation: its share of the messages, the negative share within, and two messages of it.

    `negative` is None where the mood of a topic was shown for another time that overlaps this one. `quotation` is a
    sentence that stands for it and names nobody, "" where there is none.
    """

    name: str
    share: float
    negative: float | None
    sources: tuple[Source, ...]
    quotation: str = ""

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        sources = [source.id for source in self.sources]
        figures = {"share": round(self.share, 2), "negative": self.negative}
        return {"name": self.name, **figures, "sources": sources, "quotation": self.quotation}

    def said(self) -> str:
        """Return the topic in a line, with a sentence that stands for it."""
        subject = "are other talk" if self.name == clustering.OTHER else f"are about {self.name}"
        sounding = "" if self.negative is None else f", {self.negative:.0%} of them negative"
        such_as = f", such as “{self.quotation}”" if self.quotation else ""
        return f"{self.share:.0%} of the messages {subject}{sounding}{such_as}"


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
    topics: tuple[ReportTopic, ...]
    notes: tuple[str, ...]
    files: tuple[str, ...] = ()
    left_out: int = 0
    moved: str = ""

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        return {
            "channel": self.channel,
            "from": utc(self.start),
            "to": utc(self.end),
            "messages": self.messages,
            "authors": self.authors,
            "cells": [cell.document() for cell in self.cells],
            "changes": [
                {"at": utc(each.at), "before": each.before.negative, "after": each.after.negative}
                for each in self.changes
            ],
            "topics": [topic.document() for topic in self.topics],
            "notes": [*([self.moved] if self.moved else []), *self.notes],
            "files": list(self.files),
        }

    @property
    def unit(self) -> str:
        """Return what most cells are: a day, a week, a longer unit or another span."""
        hours = float(np.median([(cell.end - cell.start) / timedelta(hours=1) for cell in self.cells]))
        return next((unit for unit, (low, high) in LENGTHS.items() if low <= hours <= high), "span")

    def finding(self) -> str:
        """Return what the report found, in one sentence."""
        if self.overall is None:
            return (
                f"There is too little to speak of a mood of {self.channel} without pointing at people: it takes "
                f"{MIN_MESSAGES} messages from {MIN_AUTHORS} people, and here are {self.messages} from {self.authors}."
            )
        if not self.changes:
            known = "" if all(cell.estimate for cell in self.cells) else AS_FAR
            return f"The mood of {self.channel} was steady{known}: {said(self.overall)} of the messages sound negative."
        steps = [said(self.changes[0].before), *(each.said(self.end.year) for each in self.changes)]
        return f"The mood of {self.channel} changed: messages that sound negative were {', then '.join(steps)}."


def utc(at: datetime) -> str:
    """Return a time as ISO 8601 in UTC."""
    return at.astimezone(UTC).isoformat()


def day(at: datetime, now: datetime) -> str:
    """Return the day as a person writes it, with the year where it isn't this one."""
    return dates.day(at, now.year)


def measured(told: Sequence[Told], scored: Scored, channel: str, correction: Correction, zone: ZoneInfo) -> Report:
    """Return the figures of the report, without its topics and notes; `scored` are the messages of its cells."""
    cells = tuple(_cell(group, scored, correction, zone) for group in _grouped(told, zone))
    parts = shown(told)
    overall = estimate(total([counts for _, counts in parts]), correction) if parts else None
    turned = tuple(changes(told, shifts([counts for _, counts in parts], correction), zone))
    first, last = (_there(int(scored.at[place]), zone) for place in (0, -1))
    voices = scored.voices[scored.labels < len(LABELS)]
    return Report(channel, first, last, len(voices), len(np.unique(voices)), cells, overall, turned, (), ())


def _grouped(told: Sequence[Told], zone: ZoneInfo) -> list[list[Told]]:
    """Return the cells as they are, or many of them joined to the smallest unit of which there are few."""
    groups = [[each] for each in told]
    for unit in UNITS[1:]:
        if len(groups) > MOST_CELLS:
            keyed = groupby(told, lambda each: unit(_there(each.span.start, zone).date()))  # noqa: B023 - used at once
            groups = [list(group) for _, group in keyed]
    return groups


def _cell(group: Sequence[Told], scored: Scored, correction: Correction, zone: ZoneInfo) -> Cell:
    start, end = _there(group[0].span.start, zone), _there(group[-1].span.stop, zone)
    parts = shown(group)
    if not parts:
        return Cell(start, end)
    voices = [scored.voices[part][scored.labels[part] < len(LABELS)] for part in (s.slice(scored.at) for s, _ in parts)]
    people = np.concatenate(voices)
    counts = total([counts for _, counts in parts])
    return Cell(start, end, len(people), len(np.unique(people)), estimate(counts, correction))


def _there(at: int, zone: ZoneInfo) -> datetime:
    return moment(at).astimezone(zone)


@dataclass(frozen=True, slots=True)
class Sample:
    """At most `clustering.SAMPLE` messages of a time, evenly spread, as columns, and what they are about."""

    messages: Sequence[Message]
    at: NDArray[np.int64]
    labels: NDArray[np.int8]
    voices: NDArray[np.int32]
    topics: Sequence[clustering.Topic] = ()


def topics_of(
    sample: Sample, since: int, told: Sequence[TopicFigure], correction: Correction
) -> tuple[ReportTopic, ...]:
    """Return the topics of the messages from `since` on, the largest first; how they sound is `told`."""
    recent = sample.at >= since
    nearest = closest(told, [each.centre for each in sample.topics])
    lines = []
    for number, each in enumerate(sample.topics):
        members = each.members[recent[each.members]]
        if enough(sample.voices[members]):
            figures = [figure for figure, place in zip(told, nearest, strict=True) if place == number]
            negative = estimate(of_topics(figures), correction).negative if figures else None
            examples = [place for place in each.nearest if recent[place]][: clustering.EXAMPLES]
            sources = tuple(_source(sample.messages[place]) for place in examples)
            quotation = next((sentence for place, sentence in each.quotable if recent[place]), "")
            share = len(members) / int(recent.sum())
            lines.append(ReportTopic(each.name, share, negative, sources, quotation))
    return tuple(sorted(lines, key=lambda topic: (topic.name == clustering.OTHER, -topic.share, topic.name)))


def moved(told: Sequence[Told], sample: Sample | None, border: int, last: datetime, correction: Correction) -> str:
    """Return what moved most from the cells before `border` to those from it on, in a sentence that names `last`."""
    sides = [shown([each for each in told if (each.span.start >= border) is late]) for late in (False, True)]
    if not all(sides):
        return f"There is too little to say what moved since {day(last, last)}."
    before, after = (total([counts for _, counts in side]) for side in sides)
    among = 1 + len(sample.topics) if sample else 1
    moves = [comparison.mood(before, after, correction, among), *_spoken_of(sample, border, among)]
    most = comparison.largest(moves)
    if most is None:
        return f"Nothing moved for sure since {day(last, last)}."
    return f"What moved most since {day(last, last)}: {most.words}."


def _spoken_of(sample: Sample | None, border: int, among: int) -> Iterable[comparison.Move | None]:
    """Yield how much more or less was said of each topic."""
    if sample is None:
        return
    late = sample.at >= border
    old, new = Side(sample.voices[~late]), Side(sample.voices[late])
    for each in (topic for topic in sample.topics if topic.name != clustering.OTHER):
        inside = np.isin(np.arange(len(late)), each.members)
        yield comparison.topic(comparison.Subject(each.name, inside[~late], inside[late]), old, new, among)


def _source(message: Message) -> Source:
    return Source(message.id, message.author.name, message.sent_at, message.text, message.permalink)


def notes_on(scored: Scored, made: Report, *, others: int, failed: int, corrected: bool) -> tuple[str, ...]:
    """Return what it covers, how sure it is, and what was left out."""
    counts = {name: int((scored.labels == NUMBERS[name]).sum()) for name in (FOREIGN, WORDLESS)}
    withheld, cells = sum(cell.estimate is None for cell in made.cells), len(made.cells)
    span = f"{day(made.start, made.end)} to {day(made.end, made.end)}"
    lines = [
        f"I judged {counted(made.messages, 'message')} by {counted(made.authors, 'person', 'people')}, {span}.",
        (
            f"The report covers whole {made.unit}s that are over, in steps of {STEP * 100:.0f} points, with counts "
            "blurred by a few messages, so that it doesn't show how one message sounds."
        ),
        "Shares are corrected by the model's measured mistakes."
        if corrected
        else "Shares are the model's own counts: nobody measured its mistakes.",
        "± is the 95 % band, which covers who happened to speak, how often the model may be wrong, and the blur.",
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
    lines += [f"Left out: {counted(count, 'message')} {what}." for what, count in said_of.items() if count]
    return (*lines, *_reactions(scored, made))


def _reactions(scored: Scored, made: Report) -> list[str]:
    """Return the emoji under the messages, a signal of its own: only with enough people, and only frequent ones."""
    common = [(emoji, count) for emoji, count in scored.reactions.items() if count >= FEWEST_REACTIONS]
    if made.overall is None or not common:
        return []
    ranked = sorted(common, key=lambda each: (-each[1], each[0]))[:SHOWN_REACTIONS]
    return ["Reactions, not part of the shares: " + ", ".join(f"{emoji} {count}" for emoji, count in ranked) + "."]
