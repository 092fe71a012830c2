"""Chat logs whose replies are annotated, read from the zips in which the Ubuntu IRC corpus is published.

A log is `NAME.ascii.txt` with a line a message, `[03:10] <ana> text`; `NAME.annotation.txt` holds `a b -` where line b
answers line a, or begins something where they are the same. What the server says is left out.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from adapters.chat import Message, Person, Place
from bot.errors import UsageError
from bot.evaluation.dialogues import BEGIN, PLATFORM, WORKSPACE

SPOKEN = re.compile(r"\[(\d\d):(\d\d)\] {1,2}(?:<([^>]+)>|\* (\S+)) ?(.*)")
DATED = re.compile(r"\d{4}-\d\d-\d\d")
TEXT, LABELS = ".ascii.txt", ".annotation.txt"


@dataclass(frozen=True, slots=True)
class IrcLog:
    """The messages of a log, and for the place of each that is annotated the places of those that it answers.

    One that answers itself begins something.
    """

    title: str
    messages: tuple[Message, ...]
    answers: Mapping[int, frozenset[int]]


def read_logs(path: Path) -> list[IrcLog]:
    """Return the annotated logs of a zip in the order of their names. Raises UsageError."""
    try:
        with ZipFile(path) as archive:
            names = sorted(name for name in archive.namelist() if name.endswith(TEXT))
            found = [_log(archive, name.removesuffix(TEXT)) for name in names]
    except (OSError, BadZipFile, KeyError, ValueError) as error:
        raise UsageError(f"{path} holds no annotated chat logs ({type(error).__name__}).") from error
    if not found:
        raise UsageError(f"{path} holds no annotated chat logs.", f"They are pairs of NAME{TEXT} and NAME{LABELS}.")
    return found


def _log(archive: ZipFile, name: str) -> IrcLog:
    lines = archive.read(name + TEXT).decode("utf-8", "replace").split("\n")
    spoken = dict(_spoken(name, lines))
    places = {number: place for place, number in enumerate(spoken)}
    answers: dict[int, set[int]] = defaultdict(set)
    for label in archive.read(name + LABELS).decode("ascii").splitlines():
        earlier, later = sorted(map(int, label.split()[:2]))
        if earlier in places and later in places:
            answers[places[later]].add(places[earlier])
    return IrcLog(name, tuple(spoken.values()), {place: frozenset(each) for place, each in answers.items()})


def _spoken(name: str, lines: Sequence[str]) -> Iterator[tuple[int, Message]]:
    """Yield what people said with the numbers of the lines; a clock that goes back has passed midnight."""
    dated = DATED.search(name)
    day = datetime.fromisoformat(dated[0]).replace(tzinfo=UTC) if dated else BEGIN
    place, last = Place(PLATFORM, WORKSPACE, name), timedelta()
    for number, line in enumerate(lines):
        if (found := SPOKEN.match(line)) is None:
            continue
        hours, minutes, speaker, actor, text = found.groups()
        at = timedelta(hours=int(hours), minutes=int(minutes))
        if at < last - timedelta(hours=12):
            day += timedelta(days=1)
        last = at
        author = speaker or actor
        yield number, Message(str(number), place, Person(author, author), text, day + at)
