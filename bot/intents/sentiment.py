"""How a text sounds; or, without a text, the mood of a channel over a window, in aggregate only.

The model reads English. A text in another language is translated first where a model for the pair is bound, and
otherwise left unjudged. A channel's mood never says anything about one person: it is given from MIN_AUTHORS people
and MIN_MESSAGES messages up, as shares of all of them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.chat import Command, Message, Option, Progress, Reply, Request
from bot.conversation import Conversation, Covers, read
from bot.intents import Services
from bot.judging import Judgement, judge
from nlp.jobs import Priority

COMMAND = Command(
    "sentiment",
    "Say how a text sounds, or the mood of this channel.",
    argument="text",
    options=(Option("window", "which messages, such as 2 days or last 100", "window"),),
    aliases=("mood",),
)
LABELS = ("positive", "neutral", "negative")
MIN_AUTHORS, MIN_MESSAGES = 5, 20


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
