"""Measures whether the names of topics let a reader guess their messages, by labels that somebody gave beforehand.

A channel is a log of a zip of the Ubuntu IRC corpus, the scenes of a season of FriendsQA, or a meeting of QMSum. The
labels are a table: data, channel and name of a topic, and 1 where the name alone lets a reader guess the messages.
"""

import csv
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np

from adapters.chat import Channel, Intent, Message, Place, Request
from adapters.files import read_text
from bot.conversation.permissions import OWNER, granted
from bot.errors import UsageError
from bot.evaluation.ask import ASKER
from bot.evaluation.dialogues import PLATFORM, WORKSPACE, read_dialogues, utterance
from bot.evaluation.irc import read_logs
from bot.evaluation.report import EvaluationReport, Figure, Table, interval
from bot.mood.topics import OTHER, Topic, spread, topics
from bot.retrieval.embeddings import message_vectors
from bot.services import Services

SHOWN, LONGEST = 6, 90  # messages of a topic beside its name, drawn by chance, and their characters
SEASON = 3  # letters of a scene's title that name its season
FEWEST = 600  # messages of a channel that is looked at
PEOPLE = 5  # who must speak in it
MARK = re.compile(r"\{\w+\}")  # of a transcript: {disfmarker}, {vocalsound}
Key = tuple[str, str]  # channel and name


@dataclass(frozen=True, slots=True)
class Named:
    """A topic of a channel, and some of its messages."""

    channel: str
    topic: Topic
    share: float
    examples: tuple[str, ...]


def read_channels(path: Path, most: int | None = None) -> list[tuple[str, list[Message]]]:
    """Return the channels of a file by their titles, as far as enough people say enough in them.

    `most` of them, evenly spread. Raises UsageError.
    """
    if path.suffix == ".zip":
        found = [(log.title.rpartition("/")[2], list(log.messages)) for log in read_logs(path)]
    elif path.suffix == ".jsonl":
        found = list(_meetings(path))
    else:
        found = list(_seasons(path))
    large = [each for each in found if len(each[1]) >= FEWEST and len({one.author.id for one in each[1]}) >= PEOPLE]
    return [large[place] for place in spread(len(large), most or len(large)).tolist()] if large else []


def _seasons(path: Path) -> Iterator[tuple[str, list[Message]]]:
    """Yield the scenes of each season of FriendsQA, one after the other."""
    for season, scenes in groupby(read_dialogues(path), lambda scene: scene.title[:SEASON]):
        said = [message for scene in scenes for message in scene.messages]
        yield season, [utterance(season, number, each.author.name, each.text) for number, each in enumerate(said)]


def _meetings(path: Path) -> Iterator[tuple[str, list[Message]]]:
    """Yield the meetings of a file of QMSum's."""
    try:
        for number, line in enumerate(filter(str.strip, read_text(path).splitlines())):
            turns = enumerate(json.loads(line)["meeting_transcripts"])
            title = f"meeting {number}"
            yield title, [utterance(title, n, turn["speaker"], MARK.sub("", turn["content"])) for n, turn in turns]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} holds no meetings ({type(error).__name__}).") from error


def read_labels(path: Path) -> dict[Key, bool]:
    """Return the labels of a table, by channel and name. Raises UsageError."""
    try:
        rows = csv.reader(read_text(path).splitlines(), delimiter="\t")
        return {(channel, name): label == "1" for channel, name, label in rows}
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} holds no labels of topics ({type(error).__name__}).") from error


async def evaluate(
    channels: Sequence[tuple[str, list[Message]]],
    labels: Mapping[Key, bool],
    services: Services,
    *,
    data: str,
    on_done: Callable[[int], None] = lambda _: None,
) -> EvaluationReport:
    """Name the topics of every channel, and count how many names are labelled as telling what the messages are."""
    found: list[Named] = []
    for number, (title, messages) in enumerate(channels, 1):
        found += await _named(title, messages, services)
        on_done(number)
    names = [each for each in found if each.topic.name != OTHER]
    judged = np.array(
        [labels[key] for each in names if (key := (each.channel, each.topic.name)) in labels], dtype=float
    )
    figures = [Figure("labelled", len(judged) / max(len(names), 1))]
    if len(judged):
        figures += [interval("names that let a reader guess", lambda chosen: float(judged[chosen].mean()), len(judged))]
    figures.append(
        Figure("messages in named topics", sum(len(each.topic.members) for each in names) / _count(channels))
    )
    table = Table(
        "names beside messages", ("channel", "share", "name", "label", "messages"), tuple(_rows(found, labels))
    )
    model = services.core.model_name("embed")
    return EvaluationReport("topics", model, data, len(channels), tuple(figures), (table,))


def _count(channels: Sequence[tuple[str, list[Message]]]) -> int:
    return max(sum(len(messages) for _, messages in channels), 1)


async def _named(title: str, messages: Sequence[Message], services: Services) -> list[Named]:
    """Return the topics of a channel as a report finds them, each with messages that are drawn by chance."""
    place = Place(PLATFORM, WORKSPACE, title)
    said = [replace(message, place=place, id=str(number)) for number, message in enumerate(messages)]
    await services.history.run(lambda history: history.add([Channel(place, title), *said]))
    scope = await granted(Request(Intent("report"), place, ASKER, access=OWNER))
    vectors = await message_vectors(said, scope, services)
    voices = np.unique([message.author.id for message in said], return_inverse=True)[1].astype(np.int32)
    draw = random.Random(title)  # noqa: S311 - no secret
    return [
        Named(title, each, len(each.members) / len(said), tuple(_drawn(draw, said, each.members.tolist())))
        for each in topics(said, vectors, voices)
    ]


def _drawn(draw: random.Random, messages: Sequence[Message], members: Sequence[int]) -> Iterator[str]:
    for place in sorted(draw.sample(members, min(SHOWN, len(members)))):
        yield " ".join(messages[place].text.split())[:LONGEST]


def _rows(found: Sequence[Named], labels: Mapping[Key, bool]) -> Iterator[tuple[object, ...]]:
    for each in found:
        label = labels.get((each.channel, each.topic.name))
        said = " / ".join(each.examples)
        yield each.channel, round(each.share, 2), each.topic.name, "" if label is None else int(label), said
