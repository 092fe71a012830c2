"""Conversations with questions whose answers are known, read from the files that people publish them in.

Two forms: FriendsQA's JSON, and one JSON object a line, `{"title", "messages": [{"author", "text"}], "questions":
[{"question", "answers": [{"text", "message"}]}]}`, where `message` is the number of the message, from 0.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.chat import Message, Person, Place
from adapters.files import read_text
from bot.errors import UsageError

BEGIN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)  # the files have no times: one message a minute from here
FRIENDSQA = re.compile(r'\s*\{\s*"data"')
PLATFORM, WORKSPACE = "evaluation", "evaluation"


@dataclass(frozen=True, slots=True)
class LabelledAnswer:
    """A right answer: the message that holds it, and its words there; none where the author is the answer."""

    message: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question and every right answer to it."""

    text: str
    answers: tuple[LabelledAnswer, ...]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One conversation, in a channel of its own."""

    title: str
    messages: tuple[Message, ...]
    questions: tuple[Question, ...]

    @property
    def place(self) -> Place:
        """Return its channel."""
        return Place(PLATFORM, WORKSPACE, self.title)


def read_dialogues(path: Path) -> list[Dialogue]:
    """Return the dialogues of a file in the order of their titles. Raises UsageError for a file of another form."""
    try:
        text = read_text(path)
        dialogues = list(_friendsqa(json.loads(text)) if FRIENDSQA.match(text) else _lines(text))
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise UsageError(
            f"{path} holds no questions about conversations.", "`parley docs quality` shows the forms that are read."
        ) from None
    return sorted(dialogues, key=lambda dialogue: dialogue.title)


def utterance(title: str, number: int, author: str, text: str) -> Message:
    """Return a message of a conversation without times and ids."""
    sent_at = BEGIN + timedelta(minutes=number)
    return Message(str(number), Place(PLATFORM, WORKSPACE, title), Person(author, author), text, sent_at)


def _friendsqa(document: dict[str, Any]) -> Iterator[Dialogue]:
    for entry in document["data"]:
        title = entry["title"]
        for paragraph in entry["paragraphs"]:
            spoken = paragraph.get("utterances:") or paragraph["utterances"]
            messages = (
                utterance(title, each["uid"], ", ".join(each["speakers"]), each["utterance"]) for each in spoken
            )
            yield Dialogue(title, tuple(messages), tuple(map(_friendsqa_question, paragraph["qas"])))


def _friendsqa_question(entry: dict[str, Any]) -> Question:
    return Question(
        entry["question"],
        tuple(
            LabelledAnswer(str(each["utterance_id"]), "" if each["is_speaker"] else each["answer_text"])
            for each in entry["answers"]
        ),
    )


def _lines(text: str) -> Iterator[Dialogue]:
    for entry in map(json.loads, filter(str.strip, text.splitlines())):
        title, messages = entry["title"], enumerate(entry["messages"])
        yield Dialogue(
            title,
            tuple(utterance(title, number, each["author"], each["text"]) for number, each in messages),
            tuple(
                Question(
                    each["question"],
                    tuple(LabelledAnswer(str(answer["message"]), answer["text"]) for answer in each["answers"]),
                )
                for each in entry["questions"]
            ),
        )
