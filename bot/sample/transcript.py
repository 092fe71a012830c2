"""Reads a transcript: the compact text in which the sample conversations are written.

    # 2026-03-02                          a day; every time is UTC
    09:01 maud: Good morning, @yusuf      a message, in the Markdown that people type
    | and a second line of it
      file: plan.pdf | The plan | 2048    a file of the message above: name, title, bytes
      +tada priya gil                     a reaction to the message above, and who put it there
      09:03 priya: welcome (edited 09:04) a reply in the thread of the last message that isn't indented
      03-17 10:22 maud: not any more        a reply of a later day, in that thread
    09:10 gil joins maud                  joined the channel, here at maud's invitation

Knows no chat service and no names: whether an author exists is for whoever reads the result.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time

DAY = re.compile(r"# (\d{4}-\d\d-\d\d)")
SAID = re.compile(
    r"(?: {1,8}(?P<later>\d\d-\d\d )?)?(?P<time>\d\d:\d\d) (?P<author>\w+): "
    r"(?P<text>.+?)(?: \(edited (?P<edited>\d\d:\d\d)\))?"
)
JOINED = re.compile(r"(?P<time>\d\d:\d\d) (?P<author>\w+) joins(?: (?P<inviter>\w+))?")
CONTINUED = re.compile(r"\| ?(.*)")
REACTED = re.compile(r" {1,8}\+(\w+) ([\w ]+)")
FILE = re.compile(r" {1,8}file: ([^|]+) \| ([^|]+) \| (\d+)")


@dataclass(frozen=True, slots=True)
class Upload:
    """A shared file: its name, its title and its size in bytes."""

    name: str
    title: str
    size: int


@dataclass(frozen=True, slots=True)
class TypedReaction:
    """An emoji by name, and the people who put it there."""

    emoji: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Utterance:
    """One message of a transcript; `root` is the place in the transcript of the message it replies to."""

    author: str
    said_at: datetime
    text: str = ""
    root: int | None = None
    edited_at: datetime | None = None
    reactions: tuple[TypedReaction, ...] = ()
    file: Upload | None = None
    joins: bool = False
    inviter: str | None = None


def parse(lines: Iterable[str]) -> list[Utterance]:
    """Return the messages of a transcript in the order it tells them. Raises ValueError for a line it can't read."""
    day = datetime.min.replace(tzinfo=UTC)
    spoken: list[Utterance] = []
    root: int | None = None
    for number, line in enumerate(lines, start=1):
        if match := DAY.fullmatch(line):
            day = datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
        elif (utterance := _begin(line, day)) is not None:
            is_reply = line.startswith(" ")
            spoken.append(replace(utterance, root=root if is_reply else None))
            root = root if is_reply else len(spoken) - 1
        elif spoken and (longer := _extend(spoken[-1], line)) is not None:
            spoken[-1] = longer
        else:
            raise ValueError(f"line {number} isn't part of a transcript: {line!r}")
    return spoken


def _begin(line: str, day: datetime) -> Utterance | None:
    if match := SAID.fullmatch(line):
        if match["later"]:
            day = datetime.strptime(f"{day.year}-{match['later']}+0000", "%Y-%m-%d %z")
        edited_at = _at(day, match["edited"]) if match["edited"] else None
        return Utterance(match["author"], _at(day, match["time"]), match["text"], edited_at=edited_at)
    if joined := JOINED.fullmatch(line):
        return Utterance(joined["author"], _at(day, joined["time"]), joins=True, inviter=joined["inviter"])
    return None


def _extend(last: Utterance, line: str) -> Utterance | None:
    if continued := CONTINUED.fullmatch(line):
        return replace(last, text=f"{last.text}\n{continued[1]}")
    if reacted := REACTED.fullmatch(line):
        return replace(last, reactions=(*last.reactions, TypedReaction(reacted[1], tuple(reacted[2].split()))))
    if file := FILE.fullmatch(line):
        return replace(last, file=Upload(file[1], file[2], int(file[3])))
    return None


def _at(day: datetime, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=UTC)
