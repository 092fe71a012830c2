"""How a text sounds; or, without a text, the mood of a channel over a window, in aggregate only.

The model reads English. A text in another language is translated first where a model for the pair is bound, and
otherwise left unjudged. A channel's mood never says anything about one person: it is given from MIN_AUTHORS people
and MIN_MESSAGES messages up, as shares of all of them.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.chat import Command, Message, Option, Progress, Reply, Request
from bot.conversation import Conversation, Covers, read
from bot.intents import Services
from nlp.core import Core
from nlp.errors import CoreError, JobFailed, JobTooLong, UnsupportedPair
from nlp.jobs import Priority, Sentiment
from nlp.language import detect
from nlp.translation import translate

COMMAND = Command(
    "sentiment",
    "Say how a text sounds, or the mood of this channel.",
    argument="text",
    options=(Option("window", "which messages, such as 2 days or last 100", "window"),),
    aliases=("mood",),
)
LABELS = ("positive", "neutral", "negative")
NATIVE = "en"
MIN_AUTHORS, MIN_MESSAGES = 5, 20
LINES = 1024  # texts of a stream that are judged together


@dataclass(frozen=True, slots=True)
class Judgement:
    """How one text sounds; `label` is None where `language` is not supported."""

    label: str | None
    scores: Mapping[str, float]
    model: str
    language: str = NATIVE

    @property
    def note(self) -> str:
        """Why there is no label, or that it is a translation's; empty otherwise."""
        if self.label is None:
            return f"not supported for {self.language}"
        return "" if self.language == NATIVE else f"judged by its translation from {self.language}"

    def reply(self) -> Reply:
        """As a person reads it."""
        if self.label is None:
            return Reply(f"I can't say how this sounds: sentiment is {self.note}.")
        notes = (f"The text was {self.note}.",) if self.note else ()
        return Reply(f"This sounds **{self.label}** ({self.scores[self.label]:.0%} sure).", notes=notes)

    def document(self) -> dict[str, Any]:
        """As a program reads it."""
        said = {"label": self.label, "scores": dict(self.scores), "model": self.model}
        return said | ({"note": self.note} if self.note else {})


@dataclass(frozen=True, slots=True)
class Mood:
    """The shares of a window's labels, which add up to 1; none where there is too little to tell.

    `messages` and `authors` count what was judged, `unsupported` what was not for its language.
    """

    covers: Covers
    model: str
    messages: int
    authors: int
    shares: Mapping[str, float] = field(default_factory=dict)
    unsupported: int = 0

    def reply(self) -> Reply:
        """As a person reads it."""
        if not self.shares:
            return Reply(self._withheld(), notes=self.notes())
        listed = "\n".join(f"- {label}: {self.shares[label]:.0%}" for label in LABELS)
        return Reply(f"The mood of {self.covers.channel}:\n\n{listed}", notes=self.notes())

    def document(self) -> dict[str, Any]:
        """As a program reads it."""
        return {
            "shares": dict(self.shares),
            "messages": self.messages,
            "authors": self.authors,
            "covers": self.covers.document(),
            "notes": [*([] if self.shares else [self._withheld()]), *self.notes()],
            "model": self.model,
        }

    def notes(self) -> tuple[str, ...]:
        """What it covers and what it doesn't."""
        left = f"{self.unsupported} messages in languages without a translator were left out."
        return (f"Judged {self.covers.sentence()}.", *([left] if self.unsupported else []))

    def _withheld(self) -> str:
        return (
            f"There is too little to speak of a mood without pointing at people: it takes {MIN_MESSAGES} messages "
            f"from {MIN_AUTHORS} people, and here are {self.messages} from {self.authors}."
        )


async def run(request: Request, services: Services) -> Judgement | Mood:
    """Judge the argument, or the window of the channel where there is none."""
    core = services.core
    if text := request.intent.argument.strip():
        return (await judge([text], core))[0]
    conversation = await read(request, services)
    material = [message for message in conversation.material if message.text.strip()]

    def tell(done: int) -> None:
        request.progress(Progress("reading the mood", done, len(material)))

    judged = await judge([message.text for message in material], core, priority=Priority.BULK, on_done=tell)
    return mood(conversation, material, judged, core.model_name("sentiment"))


def mood(conversation: Conversation, material: Sequence[Message], judged: Sequence[Judgement], model: str) -> Mood:
    """The aggregate over a conversation, withheld where it is too small."""
    told = [(message, found.label) for message, found in zip(material, judged, strict=True) if found.label]
    authors, counts = len({message.author.id for message, _ in told}), Counter(label for _, label in told)
    enough = authors >= MIN_AUTHORS and len(told) >= MIN_MESSAGES
    shares = {label: counts[label] / len(told) for label in LABELS} if enough else {}
    covers = replace(conversation.covers, left_out=conversation.covers.messages - len(told))
    return Mood(covers, model, len(told), authors, shares, len(judged) - len(told))


async def judge(
    texts: Sequence[str],
    core: Core,
    *,
    language: str | None = None,
    priority: Priority = Priority.INTERACTIVE,
    on_done: Callable[[int], None] = lambda _: None,
) -> list[Judgement]:
    """How each text sounds, in their order. `language` is what they are all in; it is detected without.

    A text whose language can't be told is taken for English. Raises ModelUnavailable.
    """
    model = core.model_name("sentiment")
    languages = [language] * len(texts) if language else await asyncio.to_thread(detect_all, texts)
    english = await into_english(texts, languages, core, priority)
    places = [place for place, text in enumerate(english) if text is not None]
    readable = [text for text in english if text is not None]
    found: dict[int, Sentiment] = {}
    if readable:
        found = dict(zip(places, await core.sentiment(readable, priority=priority, on_done=on_done), strict=True))
    return [judgement(found.get(place), model, language) for place, language in enumerate(languages)]


def judgement(found: Sentiment | None, model: str, language: str) -> Judgement:
    """A model's finding, or that there is none for the language."""
    return Judgement(found.label if found else None, found.scores if found else {}, model, language)


def detect_all(texts: Sequence[str]) -> list[str]:
    """The language of each text; English where it can't be told."""
    return [detect(text) or NATIVE for text in texts]


async def into_english(
    texts: Sequence[str], languages: Sequence[str], core: Core, priority: Priority
) -> list[str | None]:
    """Each text in English, None where no bound model translates it."""
    made = await translate(core, texts, NATIVE, languages=languages, priority=priority)
    return [None if isinstance(each, UnsupportedPair) else each.text for each in made]


async def judge_stream(texts: AsyncIterator[str], services: Services) -> AsyncIterator[Judgement | CoreError]:
    """How each text of a stream sounds, in order, in memory that does not grow with the stream.

    Texts that the model fails on yield the error in their place. Raises ModelUnavailable.
    """
    async for chunk in chunks(texts):
        try:
            found: Sequence[Judgement | CoreError] = await judge(chunk, services.core, priority=Priority.BULK)
        except (JobFailed, JobTooLong) as error:
            found = [error] * len(chunk)
        for each in found:
            yield each


async def chunks(texts: AsyncIterator[str]) -> AsyncIterator[list[str]]:
    """The texts in lists of LINES, the last one shorter."""
    chunk: list[str] = []
    async for text in texts:
        chunk.append(text)
        if len(chunk) == LINES:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
