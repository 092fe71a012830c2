"""Translates chat without damage: what must survive does, and what can't be translated safely stays as it was.

A text is cut into sentences and layout, protected spans become placeholders, and the sentences of all texts go through
the model in one batch. A translation is taken only if every placeholder came back exactly once, its numbers are the
source's and its length is sane. Otherwise the words between the spans are translated by themselves; if that fails
too, the sentence stays in the original and a warning names it. Knows no chat service.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from nlp.core import Core
from nlp.errors import CoreError, JobFailed, JobTooLong, UnsupportedPair
from nlp.jobs import Generated, Priority, Translate
from nlp.text.language_id import detect
from nlp.text.names import name_of
from nlp.text.segments import Piece, cut, has_words
from nlp.text.sentences import NO_GLOSSARY, Glossary, Sentence, between, joined, like, prepared

PIVOT = "en"
QUOTED = 60  # characters of a sentence that a warning shows
WINDOW = 256  # texts of a stream that are translated together


@dataclass(frozen=True, slots=True)
class ChatTranslation:
    """A translated text. `source_language` is None, and `text` the original, where it wasn't recognised."""

    text: str
    source_language: str | None
    target_language: str
    model: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """The pairs of languages that a text goes through, one after the other, and the models' names."""

    legs: tuple[tuple[str, str], ...]
    model: str

    def warning(self) -> str:
        """That the text takes a detour; "" where it doesn't."""
        pair = " into ".join(map(name_of, self.ends()))
        return "" if len(self.legs) == 1 else f"Translated through {name_of(PIVOT)}: no model translates {pair}."

    def ends(self) -> tuple[str, str]:
        """The first and the last language."""
        return self.legs[0][0], self.legs[-1][1]


async def translate(
    core: Core,
    texts: Sequence[str],
    target: str,
    *,
    languages: Sequence[str | None] | None = None,
    glossary: Glossary = NO_GLOSSARY,
    priority: Priority = Priority.INTERACTIVE,
) -> list[ChatTranslation | UnsupportedPair]:
    """Each text in `target`, in their order; an UnsupportedPair in place of a text that no bound model translates.

    `languages` says what each text is in, None for one that nobody knows; they are guessed without it. Raises
    ModelUnavailable where a model can't be loaded.
    """
    if languages is None:
        languages = await asyncio.to_thread(guess, texts, likely(core, target))
    done: list[ChatTranslation | UnsupportedPair] = [
        untranslated(text, language, target) for text, language in zip(texts, languages, strict=True)
    ]
    for language in sorted({language for language in languages if language and language != target}):
        members = [i for i, text in enumerate(texts) if languages[i] == language and text.strip()]
        try:
            route = find_route(core, language, target)
        except UnsupportedPair as error:
            done = [error if i in members else each for i, each in enumerate(done)]
            continue
        made = await translate_along(core, [texts[i] for i in members], route, glossary, priority)
        for i, translation in zip(members, made, strict=True):
            done[i] = translation
    return done


def likely(core: Core, target: str) -> tuple[str, ...]:
    """The languages that a text to be put into `target` is likely in: those that can be, and `target` itself."""
    return (*sorted(source for source, into in core.pairs() if into == target), target)


def guess(texts: Sequence[str], hint: Sequence[str] = ()) -> list[str | None]:
    """The language of each text, None where it can't be known."""
    return [detect(text, hint) for text in texts]


def untranslated(text: str, language: str | None, target: str) -> ChatTranslation:
    """What is said of a text that needs no model, or that none can be chosen for."""
    warning = f"The text is already in {name_of(target)}." if language == target else ""
    if language is None:
        words = has_words(text)
        warning = "The language of the text was not recognised; name it to translate it." if words else "No words here."
    return ChatTranslation(text, language, target, warnings=(warning,) if warning else ())


def find_route(core: Core, source: str, target: str) -> Route:
    """The direct way, else the one through English. Raises UnsupportedPair with what there is and how to get more."""
    pairs = core.pairs()
    for legs in (((source, target),), ((source, PIVOT), (PIVOT, target))):
        if all(leg in pairs for leg in legs):
            return Route(legs, " + ".join(core.model_name("translate", *leg) for leg in legs))
    there = ", ".join(f"{a}→{b}" for a, b in sorted(pairs)) or "none"
    raise UnsupportedPair(
        "translate",
        f"No model here translates from {name_of(source)} into {name_of(target)}; the pairs that are there: {there}.",
        "Add a pair with `parley models add-firefox FILES…`, or bind a model of your own in [models.translate].",
    )


async def translate_along(
    core: Core, texts: Sequence[str], route: Route, glossary: Glossary, priority: Priority
) -> list[ChatTranslation]:
    """Texts of one language in another, all their sentences in one batch."""
    layouts = [cut(text) for text in texts]
    sources = list(dict.fromkeys(piece.text for pieces in layouts for piece in pieces if piece.words))
    found = dict(zip(sources, await translate_sentences(core, sources, route, glossary, priority), strict=True))
    return [assembled(pieces, found, route) for pieces in layouts]


def assembled(pieces: Sequence[Piece], found: Mapping[str, str | None], route: Route) -> ChatTranslation:
    """A text out of its layout and its sentences' translations; None marks those that stay as they were."""
    left = [piece.text for piece in pieces if piece.words and found[piece.text] is None]
    text = "".join((found[piece.text] or piece.text) if piece.words else piece.text for piece in pieces)
    warnings = [route.warning()] if route.warning() else []
    warnings += [f"Left in the original, for it could not be translated safely: “{shortened(each)}”" for each in left]
    return ChatTranslation(text, *route.ends(), route.model, tuple(warnings))


async def translate_sentences(
    core: Core, sources: Sequence[str], route: Route, glossary: Glossary, priority: Priority
) -> list[str | None]:
    """Each sentence's translation, None where neither it nor its parts could be translated safely."""
    sentences = [prepared(source, glossary) for source in sources]
    made = await through(core, [sentence.shown for sentence in sentences], route, priority)
    done = [sentence.accepted(each) for sentence, each in zip(sentences, made, strict=True)]
    failed = [i for i, text in enumerate(done) if text is None]
    if failed:
        again = await translate_between(core, [sources[i] for i in failed], route, glossary, priority)
        for i, text in zip(failed, again, strict=True):
            done[i] = text
    return done


async def translate_between(
    core: Core, sources: Sequence[str], route: Route, glossary: Glossary, priority: Priority
) -> list[str | None]:
    """Each sentence with only the words between its protected spans and numbers translated, None where that fails."""
    layouts = [between(source, glossary) for source in sources]
    words = list(dict.fromkeys(piece.text for pieces in layouts for piece in pieces if piece.words))
    found: dict[str, str | None] = {}
    for source, made in zip(words, await through(core, words, route, priority), strict=True):
        text = Sentence(source, source, ()).accepted(made)
        found[source] = text and like(source, text)
    return [joined(pieces, found) for pieces in layouts]


async def through(core: Core, texts: Sequence[str], route: Route, priority: Priority) -> list[Generated | CoreError]:
    """Raw translations along every leg; a text that fails alone has its error in its place, any other error raises."""
    made: list[Generated | CoreError] = [Generated(text, 0) for text in texts]
    for source, target in route.legs:
        whole = {i: each.text for i, each in enumerate(made) if isinstance(each, Generated) and not each.cut}
        jobs = [Translate(text, source, target) for text in whole.values()]
        results = [each async for each in core.stream(jobs, "translate", priority=priority)]
        for i, result in zip(whole, results, strict=True):
            if isinstance(result, CoreError) and not isinstance(result, JobFailed | JobTooLong):
                raise result
            made[i] = result
    return made


def shortened(text: str) -> str:
    """The start of a sentence, for a warning."""
    return text if len(text) <= QUOTED else text[:QUOTED].rstrip() + "…"


async def translate_stream(
    core: Core, texts: AsyncIterator[str], target: str, *, source: str | None = None, glossary: Glossary = NO_GLOSSARY
) -> AsyncIterator[ChatTranslation | UnsupportedPair]:
    """Each text of a stream, in order, in memory that doesn't grow with it."""
    async for batch in arrived(texts, WINDOW):
        languages = [source] * len(batch) if source else None
        made = await translate(core, batch, target, languages=languages, glossary=glossary, priority=Priority.BULK)
        for each in made:
            yield each


async def arrived(texts: AsyncIterator[str], most: int) -> AsyncIterator[list[str]]:
    """Batches of what has arrived since the last one, up to `most` texts; someone who types a line gets its answer."""
    waiting: asyncio.Queue[str | None] = asyncio.Queue(maxsize=most)

    async def pump() -> None:
        try:
            async for text in texts:
                await waiting.put(text)
        finally:
            await waiting.put(None)

    pumping = asyncio.create_task(pump())
    try:
        last: str | None = ""
        while last is not None and (last := await waiting.get()) is not None:
            batch = [last]
            while len(batch) < most and not waiting.empty() and (last := waiting.get_nowait()) is not None:
                batch.append(last)
            yield batch
        await pumping
    finally:
        pumping.cancel()
