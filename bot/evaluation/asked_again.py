"""Questions of annotated chat logs, asked again word for word in the channel where they stand and were answered."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from adapters.chat import Message
from bot.evaluation.dialogues import Dialogue, LabelledAnswer, LabelledQuestion, read_dialogues
from bot.evaluation.irc import IrcLog, read_logs
from nlp.text.questions import is_question


def read_questions(path: Path) -> list[Dialogue]:
    """Return the dialogues of a file, or the logs of a zip with their own questions. Raises UsageError."""
    return [asked_again(log) for log in read_logs(path)] if path.suffix == ".zip" else read_dialogues(path)


def asked_again(log: IrcLog) -> Dialogue:
    """Return a log with its questions that begin something, and what people annotated as others' answers to them."""
    messages, answered = log.messages, defaultdict[int, list[int]](list)
    for place, earlier in sorted(log.answers.items()):
        for each in earlier:
            if messages[each].author.id != messages[place].author.id:
                answered[each].append(place)
    begun = [place for place, earlier in sorted(log.answers.items()) if earlier == {place}]
    asked = [place for place in begun if is_question(messages[place].text)]
    return Dialogue(log.title, messages, tuple(_again(messages, place, answered[place]) for place in asked))


def _again(messages: Sequence[Message], place: int, answers: Sequence[int]) -> LabelledQuestion:
    labelled = tuple(LabelledAnswer(messages[each].id, "") for each in answers)
    return LabelledQuestion(messages[place].text, labelled, "asked again" if answers else "open")
