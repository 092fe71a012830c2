"""Translates chat without damage: what must survive does, and what can't be translated safely stays as it was.

A text is cut into sentences and layout, protected spans become placeholders, and the sentences of all texts go through
the model in one batch. A translation is taken only if every placeholder came back exactly once, its numbers are the
source's and its length is sane. Otherwise the words between the spans are translated by themselves; if that fails
too, the sentence stays in the original and a warning names it. Knows no chat service.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace

from nlp.core import Core
from nlp.errors import UnsupportedPair
from nlp.jobs import Priority
from nlp.text.language_id import detect, resolved
from nlp.text.names import name_of
from nlp.text.segments import Piece, cut, has_words
from nlp.text.sentences import NO_GLOSSARY, Glossary, around
from nlp.translation.emphasis import Plain, parts, remarked, unmarked
from nlp.translation.phrasebook import ordinary_words
from nlp.translation.rendering import Rendering, Route, Task, render

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


async def translate(
    core: Core,
    texts: Sequence[str],
    target: str,
    *,
    languages: Sequence[str | None] | None = None,
    glossary: Glossary = NO_GLOSSARY,
    priority: Priority = Priority.INTERACTIVE,
    checked: bool = True,
    sure: bool = False,
) -> list[ChatTranslation | UnsupportedPair]:
    """Return each text in `target`, in their order.

    An UnsupportedPair stands in place of a text that no bound model translates.

    `languages` says what each text is in, None for one that nobody knows; they are guessed without it. Without
    `checked` nothing is asked twice, for those who read the translations by a model; with `sure` a doubted sentence
    stays in the original. Raises ModelUnavailable where a model can't be loaded.
    """
    if languages is None:
        languages = await asyncio.to_thread(guess, texts, likely(core, target), target)
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
        task = Task(core, route, glossary, priority, checked)
        translations = await translate_along(task, [texts[i] for i in members], sure=sure)
        for i, translation in zip(members, translations, strict=True):
            done[i] = translation
    return done


def sources(core: Core, target: str) -> tuple[str, ...]:
    """Return the languages that a model translates into `target`."""
    return tuple(sorted(source for source, into in core.pairs() if into == target))


def targets(core: Core) -> tuple[str, ...]:
    """Return the languages that some model translates into."""
    return tuple(sorted({target for _, target in core.pairs()}))


def likely(core: Core, target: str) -> tuple[str, ...]:
    """Return the languages that a text to be put into `target` is likely in: those that can be, and `target` itself."""
    return (*sources(core, target), target)


def guess(texts: Sequence[str], hint: Sequence[str], target: str) -> list[str | None]:
    """Return the language to translate each text from into `target`, None where it can't be known.

    `hint` is `likely`'s.
    """
    bound = [language for language in hint if language != target]
    return [resolved(text, detect(text, hint), target, bound) for text in texts]


def untranslated(text: str, language: str | None, target: str) -> ChatTranslation:
    """Return the result for a text that needs no model, or for which none can be chosen."""
    warning = f"The text is already in {name_of(target)}." if language == target else ""
    if language is None:
        words = has_words(text)
        warning = (
            "The language of the text was not recognised; name it to translate it."
            if words
            else "The text has no words to translate."
        )
    return ChatTranslation(text, language, target, warnings=(warning,) if warning else ())


def find_route(core: Core, source: str, target: str) -> Route:
    """Return the direct way, else the one through English.

    Raises UnsupportedPair with what there is and how to get more.
    """
    pairs = core.pairs()
    for legs in (((source, target),), ((source, PIVOT), (PIVOT, target))):
        if all(leg in pairs for leg in legs):
            return Route(legs, " + ".join(core.model_name("translate", *leg) for leg in legs))
    there = ", ".join(f"{a}→{b}" for a, b in sorted(pairs)) or "none"
    others = [language for language in (source, target) if language != PIVOT]
    lacking = [each for each in others if not {(each, PIVOT), (PIVOT, each)} <= set(pairs)] or others
    raise UnsupportedPair(
        "translate",
        f"No model here translates from {name_of(source)} into {name_of(target)}; the pairs that are there: {there}.",
        f"Choose one of these, or ask whoever runs Parley: `parley models pull firefox:{','.join(lacking)}` adds "
        f"{' and '.join(map(name_of, lacking))} from and into {name_of(PIVOT)}; `parley models pull firefox:` "
        "lists all that can be added.",
    )


def detour(route: Route) -> str:
    """Return the note that a text takes a detour, or "" where it doesn't."""
    pair = " into ".join(map(name_of, route.ends()))
    return "" if len(route.legs) == 1 else f"Translated through {name_of(PIVOT)}: no model translates {pair}."


async def translate_along(task: Task, texts: Sequence[str], *, sure: bool = False) -> list[ChatTranslation]:
    """Return texts of one language in another, all their sentences in one batch."""
    layouts = await asyncio.to_thread(lambda: [cut(text) for text in texts])
    sources = list(dict.fromkeys(piece.text for pieces in layouts for piece in pieces if piece.words))
    renderings = dict(zip(sources, await translate_marked(task, sources), strict=True))
    if sure:
        renderings = {source: replace(each, text=None) if each.doubts else each for source, each in renderings.items()}
    return [assembled(pieces, renderings, task.route) for pieces in layouts]


async def translate_marked(task: Task, sources: Sequence[str]) -> list[Rendering]:
    """Return each sentence's translation with its marks of emphasis, links and tags around the same words."""
    plain, texts = await asyncio.to_thread(unmarked_all, sources, task.route.ends()[0])
    renderings = dict(zip(texts, await render(task, texts), strict=True))
    done = await asyncio.to_thread(lambda: [replaced(sentence, renderings) for sentence in plain])
    lost = [i for i, each in enumerate(done) if each is None]
    again = await in_parts(task, [sources[i] for i in lost])
    for i, rendering in zip(lost, again, strict=True):
        done[i] = rendering
    return [each for each in done if each is not None]


def unmarked_all(sources: Sequence[str], language: str) -> tuple[list[Plain], list[str]]:
    """Return the sentences without their marks, and all that is to be translated: these and what the marks enclose."""
    ordinary = ordinary_words(language)
    plain = [unmarked(source, ordinary) for source in sources]
    fragments = [each for sentence in plain for each in sentence.fragments() if has_words(each)]
    return plain, list(dict.fromkeys([*(each.text for each in plain), *fragments]))


def replaced(sentence: Plain, made: Mapping[str, Rendering]) -> Rendering | None:
    """Return a sentence's rendering with its marks, None where one of them has no place in it."""
    whole = made[sentence.text]
    if whole.text is None or not sentence.marks:
        return whole
    inner = [made[each].text if each in made else each for each in sentence.fragments()]
    text = remarked(whole.text, sentence, inner)
    return None if text is None else Rendering(text, whole.doubts)


async def in_parts(task: Task, sources: Sequence[str]) -> list[Rendering]:
    """Return each sentence with the parts between its marks translated by themselves."""
    cuts = [list(parts(source)) for source in sources]
    pieces = [[*around(text)] if not mark else [Piece(text, words=False)] for some in cuts for text, mark in some]
    sentences = list(dict.fromkeys(piece.text for some in pieces for piece in some if piece.words))
    renderings = dict(zip(sentences, await render(task, sentences), strict=True))
    done = []
    for some in cuts:
        own = [piece for text, mark in some for piece in ([Piece(text, words=False)] if mark else around(text))]
        texts = [renderings[piece.text].text if piece.words else piece.text for piece in own]
        doubted = tuple(dict.fromkeys(doubt for piece in own if piece.words for doubt in renderings[piece.text].doubts))
        done.append(Rendering(None if None in texts else "".join(text or "" for text in texts), doubted))
    return done


def assembled(pieces: Sequence[Piece], found: Mapping[str, Rendering], route: Route) -> ChatTranslation:
    """Return a text out of its layout and its sentences' translations; those without one stay as they were."""
    shown = [(piece, found[piece.text] if piece.words else Rendering(piece.text)) for piece in pieces]
    text = "".join(piece.text if each.text is None else each.text for piece, each in shown)
    warnings = [warning(piece.text, each) for piece, each in shown if each.doubts or each.text is None]
    return ChatTranslation(
        text, *route.ends(), route.model, tuple(filter(None, (detour(route), *dict.fromkeys(warnings))))
    )


def warning(source: str, rendering: Rendering) -> str:
    """Return the warning for a sentence that stayed as it was or is doubtful."""
    reason = (
        str(rendering.doubts[0])
        if rendering.doubts
        else "Left in the original, because it could not be translated safely"
    )
    return f"{reason}: \u201c{shortened(source)}\u201d"


def shortened(text: str) -> str:
    """Return the start of a sentence, for a warning."""
    return text if len(text) <= QUOTED else text[:QUOTED].rstrip() + "…"


async def translate_stream(
    core: Core, texts: AsyncIterator[str], target: str, *, source: str | None = None, glossary: Glossary = NO_GLOSSARY
) -> AsyncIterator[ChatTranslation | UnsupportedPair]:
    """Yield each text of a stream, in order, in memory that doesn't grow with it."""
    async for batch in arrived(texts, WINDOW):
        languages = [source] * len(batch) if source else None
        translations = await translate(
            core, batch, target, languages=languages, glossary=glossary, priority=Priority.BULK
        )
        for each in translations:
            yield each


async def arrived(texts: AsyncIterator[str], most: int) -> AsyncIterator[list[str]]:
    """Yield batches of what has arrived since the last one, up to `most` texts.

    Someone who types a line gets its answer.
    """
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
