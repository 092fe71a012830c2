"""Asks the bound models to read the retrieved messages: a span model quotes them, a generative one writes sentences.

Retriever and reader, as in open-domain question answering (Chen et al. 2017). A reader sees the retrieved messages
alone, and its answer counts only as far as they hold it: a span lies inside its message, a sentence is supported by
some of them. A reader that fails costs its own word, never the answer. Knows no ranking and no reply.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.chat import Message, OnText, ignore
from bot.history import Scope
from bot.retrieval.grounding import supports
from bot.services import Services
from bot.summaries.writing import cited, without_citations
from nlp.errors import CoreError, JobTooLong
from nlp.jobs import Generated
from nlp.text.polarity import Stand, stand
from nlp.text.prompts import NOTHING, answer_turns

log = logging.getLogger(__name__)

TASKS = ("answer", "generate")
MOST_READ = 8  # messages that a reader sees
MOST_LETTERS = 1_500  # of each
MOST_TOKENS = 160
LEAST = 0.25  # the chance from which a span counts as read


@dataclass(frozen=True, slots=True)
class Reading:
    """The reading of one model: the answer in its words, "" for none, what proves it, and how sure it is, 0 to 1.

    `dropped` are sentences that no message supports, `failed` is why the model could not be asked. `task` is the
    core's: answer or generate.
    """

    task: str
    model: str
    text: str
    sources: tuple[Message, ...] = ()
    score: float = 0.0
    dropped: int = 0
    failed: str = ""

    @property
    def abstains(self) -> bool:
        """Return whether the model looked and found no answer."""
        return not self.text and not self.failed


@dataclass(frozen=True, slots=True)
class ReadingMaterial:
    """The question, the retrieved messages, the best first, and the scope they are from."""

    question: str
    messages: Sequence[Message]
    scope: Scope


async def read(material: ReadingMaterial, services: Services, on_text: OnText = ignore) -> tuple[Reading, ...]:
    """Return what every bound reader read; `on_text` gets sentences as they are written, before they are checked."""
    readings: list[Reading] = []
    for task in filter(services.core.bound, TASKS):
        try:
            reading = located(material, services) if task == "answer" else written(material, services, on_text)
            readings.append(await reading)
        except CoreError as error:
            log.info("no reading by %s: %s", task, type(error).__name__)
            readings.append(Reading(task, services.core.model_name(task), "", failed=str(error)))
    return tuple(readings)


async def located(material: ReadingMaterial, services: Services) -> Reading:
    """Return the likeliest span of all messages, unless its message more likely holds no answer."""
    core, model = services.core, services.core.model_name("answer")
    contexts = [spoken(message) for message in material.messages[:MOST_READ]]
    best = Reading("answer", model, "")
    for message, context, made in zip(
        material.messages, contexts, await core.locate(material.question, contexts), strict=False
    ):
        for span in made.spans[:1]:
            inside = context[span.start : span.end] == span.text
            if inside and span.score > max(best.score, made.no_answer, LEAST):
                best = Reading("answer", model, span.text, (message,), span.score)
    return best


def spoken(message: Message) -> str:
    """Return the message with its speaker, as a model reads it."""
    return f"{message.author.name}: {message.text[:MOST_LETTERS]}"


async def written(material: ReadingMaterial, services: Services, on_text: OnText = ignore) -> Reading:
    """Return the sentences that a model writes from the messages, as far as they support them."""
    model = services.core.model_name("generate")
    generated = await _generated(material, material.messages[:MOST_READ], services, on_text)
    claims = [] if NOTHING in generated.text else [each.text for each in cited(generated.text, ())]
    judged = await supports(claims, material.messages[:MOST_READ], services, scope=material.scope)
    proven = [each for each in judged if each.verified and stand(material.question, each.claim) is not Stand.AGAINST]
    sources = dict.fromkeys(source for each in proven for source in each.sources)
    score = min((each.score for each in proven), default=0.0)
    text = " ".join(each.claim for each in proven)
    return Reading("generate", model, text, tuple(sources), score, len(claims) - len(proven))


async def _generated(
    material: ReadingMaterial, messages: Sequence[Message], services: Services, on_text: OnText
) -> Generated:
    """Return the model's answer from as many of the best messages as it can read. Raises CoreError."""
    turns = answer_turns(material.question, [spoken(message) for message in messages])
    try:
        return await services.core.generate(turns, max_tokens=MOST_TOKENS, on_text=without_citations(on_text))
    except JobTooLong:
        if len(messages) == 1:
            raise
    return await _generated(material, messages[: len(messages) // 2], services, on_text)
