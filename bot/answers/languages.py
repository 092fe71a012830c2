"""Puts a question into the languages of its channel, and a quotation into the language of the question.

Only along pairs that are bound. A question that no pair translates is asked as it is; the embedder may know both.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.chat import Message
from nlp.core import Core
from nlp.errors import UnsupportedPair
from nlp.text.language_id import detect, detect_all
from nlp.translation.chat import sources, translate

RECENT = 30  # messages that tell which languages a channel speaks
SHARE = 0.2  # of them, from which a language is one of the channel's


@dataclass(frozen=True, slots=True)
class Rendering:
    """A quotation in another language."""

    text: str
    language: str


def spoken(messages: Sequence[Message]) -> list[str]:
    """Return the languages that the newest messages are in, the commonest first."""
    recent = [message for message in messages if message.text.strip()][-RECENT:]
    languages = detect_all([message.text for message in recent], [message.author.id for message in recent])
    counts = Counter(filter(None, languages))
    return [language for language, count in counts.most_common() if count >= SHARE * len(recent)]


async def wordings(question: str, messages: Sequence[Message], core: Core) -> list[str]:
    """Return the question, and what it is in every other language of the channel that a bound pair translates it to."""
    if not core.pairs():
        return [question]
    translated = [await translation(question, each, core) for each in await asyncio.to_thread(spoken, messages)]
    return list(dict.fromkeys([question, *filter(None, translated)]))


async def translation(text: str, target: str, core: Core) -> str | None:
    """Return the text in another language, None where it is in it or no bound pair translates it."""
    known = sources(core, target)
    if not known:
        return None
    source = await asyncio.to_thread(detect, text, (target, *known))
    if source in (None, target):
        return None
    (made,) = await translate(core, [text], target, languages=[source], checked=False)
    return None if isinstance(made, UnsupportedPair) or made.text == text else made.text


async def rendered(quotation: str, question: str, core: Core) -> Rendering | None:
    """Return the quotation in the question's language, None where it is in it already or no bound pair leads there."""
    if not core.pairs():
        return None
    language = await asyncio.to_thread(detect, question, sorted({target for _, target in core.pairs()}))
    text = await translation(quotation, language, core) if language else None
    return Rendering(text, language) if text and language else None
