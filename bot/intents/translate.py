"""Translates a text, or what was said in a window of the channel, and says what was not translated and why.

Knows what is asked and how it is shown; how chat is translated without damage is `nlp/translation/chat.py`.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from adapters import realm
from adapters.chat import (
    EVERYTHING,
    Action,
    Command,
    Entrances,
    Intent,
    Message,
    Option,
    Progress,
    Reply,
    Request,
    Window,
)  # fmt: skip
from adapters.text.markup import markdown_from_plain
from bot.conversation.context import read
from bot.conversation.glossary import names_in, words_for
from bot.conversation.permissions import channel, granted, may_read
from bot.errors import NothingFound, UsageError
from bot.glossary import glossary
from bot.history import preferences
from bot.history.translated import companions, corrections
from bot.services import Services
from bot.translations.bursts import Unit, words_of
from bot.translations.languages import known_language, languages_of
from bot.translations.renditions import lines_in
from nlp.errors import UnsupportedPair
from nlp.text.names import code_of, name_of
from nlp.translation.chat import ChatTranslation, likely, targets, translate
from nlp.translation.chat import translate_stream as stream

COMMAND = Command(
    "translate",
    "Translate a text, or what was said here.",
    argument="text",
    options=(
        Option("to", "the language to translate into, such as pt or Portuguese", "language"),
        Option("from", "the language it is in; guessed without it", "language"),
        Option("window", "which messages, such as 2 days or last 20", "window"),
    ),
    aliases=("tr", "traduzir"),
    judged=True,
    repeatable=True,
    entrances=Entrances("translate", menu="text"),
)
MOST_TRANSLATED = 100  # messages of one request
MOST_OFFERED = 4  # languages
MEMORY = "translation memory"  # stands for the model where somebody's better words are used
CORRECTED = "As a reader corrected it."
RECENT = Window(last=50)  # the messages that tell which languages a channel speaks


@dataclass(frozen=True, slots=True)
class Translated:
    """A translation; `source_language` is None where it wasn't recognised or there are several."""

    text: str
    source_language: str | None
    target_language: str
    model: str
    warnings: tuple[str, ...] = ()

    def reply(self) -> Reply:
        """Return the reply as a person reads it."""
        known = self.model and self.source_language
        pair = f"{name_of(str(self.source_language))} → {name_of(self.target_language)}"
        return Reply(self.text, notes=(*([pair] if known else []), *self.warnings))

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        return {
            "text": self.text,
            "source_language": self.source_language,
            "target_language": self.target_language,
            "model": self.model,
            "warnings": list(self.warnings),
        }


async def run(request: Request, services: Services) -> "Translated | ForReader":
    """Translate the argument, or the messages of the window where there is none, or one message for its reader.

    Raises UsageError for a language that isn't one, UnsupportedPair, NothingFound for an empty window.
    """
    if request.intent.options.get("of"):
        return await translate_one(request, services)
    target = language(request, "to")
    if target is None:
        raise UsageError("Into which language?", "Say it first: translate to pt Good morning.")
    source = language(request, "from")
    text = request.intent.argument.strip()
    if not text and request.intent.window == EVERYTHING:
        raise UsageError(
            "There is no text to translate.", "Write it after the language, or say which messages: last 20, today …"
        )
    if not text:
        return await translate_messages(request, services, source, target)
    recent = await recently_said(request, services)
    chosen = source
    if chosen is None:
        texts = [*(message.text for message in recent), text]
        speakers = [*(message.author.id for message in recent), request.asker.id]
        languages = await asyncio.to_thread(languages_of, texts, speakers, likely(services.core, target), target)
        chosen = languages[-1]
    if text in (better := await services.history.read(corrections.find, request.place, [text], target)):
        return Translated(better[text], chosen, target, MEMORY, (CORRECTED,))
    words = await words_for(request.place, services, target, names_in(recent) | set(request.asker.name.split()))
    (made,) = await translate(services.core, [text], target, languages=[chosen], glossary=words)
    return told(made)


@dataclass(frozen=True, slots=True)
class ForReader:
    """A message in the language of one reader, with others to choose; one that is chosen is remembered."""

    translated: Translated | None
    id: str
    others: tuple[str, ...]

    def reply(self) -> Reply:
        """Return the translation for its reader alone."""
        buttons = (
            Action(name_of(code), Intent("translate", options={"of": self.id, "to": code})) for code in self.others
        )
        reply = self.translated.reply() if self.translated else Reply("Which language do you read? I remember it.")
        return replace(reply, actions=tuple(buttons), personal=True)

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        return self.translated.document() if self.translated else {"text": None}


async def translate_one(request: Request, services: Services) -> ForReader:
    """Translate a message that stands beside its translation, for one reader. Raises NothingFound where it is gone."""
    place, id_ = channel(request.place), request.intent.options["of"]
    if chosen := language(request, "to") if request.intent.options.get("to") else None:
        person, where = request.asker.id, realm(place)
        await services.history.write(preferences.set_language, person, chosen, where)
    known = await services.history.read(companions.read_of, place, id_)
    if known is None or not await may_read(request, place):
        raise NothingFound("I don't have that message any more.")
    source = next(each for each in known.sources if each.id == id_)
    window = Window(since=source.sent_at, until=source.sent_at, thread=known.place.thread)
    message = next((each for each in [each async for each in request.fetch(window)] if each.id == id_), None)
    if message is None:
        raise NothingFound("I can't see that message any more.", "It may have been deleted.")
    target = chosen or language(request, "to")
    others = tuple(code for code in targets(services.core) if code != target)[:MOST_OFFERED]
    if target is None:
        return ForReader(None, id_, others)
    before = await recently_said(request, services)
    lines = await lines_in(target, message, [Unit(words_of(message), message.author.id)], before, services)
    if not lines:
        made = Translated(
            words_of(message), None, target, "", (f"I found nothing in it to put into {name_of(target)}.",)
        )
    else:
        made = Translated(lines[0].text, lines[0].source, target, "bound", lines[0].warnings)
    return ForReader(made, id_, others)


async def translate_stream(
    texts: AsyncIterator[str], services: Services, *, to: str, from_: str | None = None
) -> AsyncIterator[Translated | UnsupportedPair]:
    """Yield each text of a stream, in order, batched, in flat memory.

    Raises UsageError for a language that isn't one.
    """
    target, source = known_language(to), known_language(from_) if from_ else None
    async for chunk in stream(
        services.core, texts, target, source=source, glossary=glossary(services.terms, "", target)
    ):
        yield chunk if isinstance(chunk, UnsupportedPair) else told(chunk)


async def translate_messages(request: Request, services: Services, source: str | None, target: str) -> Translated:
    """Return the window's messages, a line each under their author's name."""
    messages = (await read(request, services)).material
    material = messages[-MOST_TRANSLATED:]
    request.progress(Progress("translating", 0, len(material)))
    texts = [message.text for message in material]
    speakers = [message.author.id for message in material]
    guessed = asyncio.to_thread(languages_of, texts, speakers, likely(services.core, target), target)
    languages = [source] * len(texts) if source else await guessed
    words = await words_for(request.place, services, target, names_in(material))
    translations = await translate(services.core, texts, target, languages=languages, glossary=words)
    result = gathered(material, translations, target)
    if len(messages) == len(material):
        return result
    note = f"These are the newest {len(material)} of {len(messages):,} messages; say a shorter time for the others."
    return replace(result, warnings=(*result.warnings, note))


def gathered(material: Sequence[Message], made: Sequence[ChatTranslation | UnsupportedPair], target: str) -> Translated:
    """Return many messages' translations as one. Raises UnsupportedPair where no message could be translated at all."""
    failures = [each for each in made if isinstance(each, UnsupportedPair)]
    if len(failures) == len(made):
        raise failures[0]
    texts = [
        message.text if isinstance(each, UnsupportedPair) else each.text
        for message, each in zip(material, made, strict=True)
    ]
    lines = [
        f"**{markdown_from_plain(message.author.name)}:** {text}" for message, text in zip(material, texts, strict=True)
    ]
    translations = [each for each in made if isinstance(each, ChatTranslation)]
    sources = Counter(each.source_language for each in translations if each.model)
    models = dict.fromkeys(each.model for each in translations if each.model)
    source = next(iter(sources)) if len(sources) == 1 else None
    return Translated("\n".join(lines), source, target, ", ".join(models), told_once(made))


def told_once(made: Iterable[ChatTranslation | UnsupportedPair]) -> tuple[str, ...]:
    """Return every warning of many translations once, with its count where it came several times."""
    warnings: Counter[str] = Counter()
    for each in made:
        warnings.update([str(each)] if isinstance(each, UnsupportedPair) else each.warnings)
    return tuple(f"{warning} ({count} messages)" if count > 1 else warning for warning, count in warnings.items())


def told(made: ChatTranslation | UnsupportedPair) -> Translated:
    """Return one translation as a result. Raises the UnsupportedPair."""
    if isinstance(made, UnsupportedPair):
        raise made
    return Translated(made.text, made.source_language, made.target_language, made.model, made.warnings)


async def recently_said(request: Request, services: Services) -> Sequence[Message]:
    """Return the channel's latest messages, which tell its languages and its members' names."""
    scope, now = await granted(request), services.now()
    return await services.history.run(lambda history: history.window(scope, RECENT, now))


def language(request: Request, option: str) -> str | None:
    """Return the code of the language that an option names; without it the asker's own to translate to, else None.

    Raises UsageError.
    """
    word = request.intent.options.get(option)
    if word:
        return known_language(word)
    return code_of(request.locale) if option == "to" and request.locale else None
