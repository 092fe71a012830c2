"""Conversations with questions whose answers are known, read from the files that people publish them in.

Two forms: FriendsQA's JSON, and one JSON object a line, `{"title", "messages": [{"author", "text"}], "questions":
[{"question", "answers": [{"text", "message"}]}]}`, where `message` is the number of the message, from 0. A question
without answers has none there.
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
    """A right answer: the message that holds it, and its words there or the author who is the answer, "" if unknown."""

    message: str
    text: str
    author: str = ""


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question and every right answer to it, none where the conversation has none. `kind` is the file's word."""

    text: str
    answers: tuple[LabelledAnswer, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One conversation, in a channel of its own."""

    title: str
    messages: tuple[Message, ...]
    questions: tuple[LabelledQuestion, ...]

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


def utterance(title: str, number: int, author: str, text: str, sent_at: float | None = None) -> Message:
    """Return a message of a conversation without ids, and without times where `sent_at`, in seconds, is None."""
    at = BEGIN + timedelta(minutes=number) if sent_at is None else datetime.fromtimestamp(sent_at, UTC)
    return Message(str(number), Place(PLATFORM, WORKSPACE, title), Person(author, author), text, at)


def _friendsqa(document: dict[str, Any]) -> Iterator[Dialogue]:
    for entry in document["data"]:
        title = entry["title"]
        for paragraph in entry["paragraphs"]:
            spoken = paragraph.get("utterances:") or paragraph["utterances"]
            messages = (
                utterance(title, each["uid"], ", ".join(each["speakers"]), each["utterance"]) for each in spoken
            )
            yield Dialogue(title, tuple(messages), tuple(map(_friendsqa_question, paragraph["qas"])))


def _friendsqa_question(entry: dict[str, Any]) -> LabelledQuestion:
    return LabelledQuestion(entry["question"], tuple(map(_friendsqa_answer, entry["answers"])))


def _friendsqa_answer(entry: dict[str, Any]) -> LabelledAnswer:
    text = entry["answer_text"]
    return LabelledAnswer(str(entry["utterance_id"]), *(("", text) if entry["is_speaker"] else (text, "")))


def _lines(text: str) -> Iterator[Dialogue]:
    for entry in map(json.loads, filter(str.strip, text.splitlines())):
        title = entry["title"]
        messages = (utterance(title, number, **each) for number, each in enumerate(entry["messages"]))
        yield Dialogue(title, tuple(messages), tuple(map(_question, entry["questions"])))


def _question(entry: dict[str, Any]) -> LabelledQuestion:
    """Return a question with answers, or one whose `messages` hold the `answer`."""
    if "answers" in entry:
        answers = [LabelledAnswer(str(each["message"]), each["text"]) for each in entry["answers"]]
    else:
        answers = [LabelledAnswer(str(number), entry["answer"]) for number in entry["messages"]]
    return LabelledQuestion(entry["question"], tuple(answers), entry.get("kind", ""))
