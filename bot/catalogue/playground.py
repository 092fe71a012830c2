"""Tries every bound model on a text of the visitor's, and says what free text is taken for. Reads no message."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter

import numpy as np

from adapters.web.catalogue import Meant, Tried, Turned
from bot.catalogue.reading import NO_WORDS
from bot.catalogue.status import BatchPace
from bot.conversation.quoting import sentences
from bot.errors import ParleyError
from bot.intents import commands
from bot.mood.sentiment import judge
from bot.services import Services
from bot.translations.languages import known_language
from bot.understanding.meant import meaning
from nlp.core import Core
from nlp.errors import CoreError, UnsupportedPair
from nlp.text.extractive import Passages, choose
from nlp.text.language_id import detect
from nlp.text.names import name_of
from nlp.translation.chat import translate

LONGEST, MOST_CELLS = 20_000, 500
QUOTED, QUOTED_WORDS = 3, 90
WRITTEN = 96  # tokens
Work = Callable[[Core], Awaitable[str]]
EXTRACTIVE = {"summarize": "its own sentences, by", "answer": "its nearest sentence, by"}
TASKS = ("translate", "sentiment", "summarize", "answer")
NO_QUESTION = "Type a question about the text, too."


async def tried(services: Services, pace: BatchPace, text: str, question: str, to: str) -> list[Tried]:
    """Return what each bound model makes of a text; where no model writes, what is quoted of it by the embedder."""
    text, target = text[:LONGEST], known_language(to)
    works: dict[str, Work] = {
        "translate": lambda core: _translated(core, text, target),
        "sentiment": lambda core: _judged(core, text),
        "summarize": lambda core: _summed_up(core, text),
        "answer": lambda core: _answered(core, text, question),
    }
    pair = (await asyncio.to_thread(detect, text) or "", target)
    return [each for task in TASKS for each in await _each_model(services.core, pace, task, works[task], pair)]


def serves(core: Core, task: str, model: str, pair: tuple[str, str]) -> bool:
    """Return whether the model does this task, of translations the one between these languages."""
    try:
        return core.model_name(task, *(pair if task == "translate" else ())) == model
    except CoreError:
        return False


async def _each_model(core: Core, pace: BatchPace, task: str, work: Work, pair: tuple[str, str]) -> list[Tried]:
    models = list(dict.fromkeys(each.model for each in core.status() if each.task == task))
    models = [model for model in models if serves(core.led_by(task, model), task, model, pair)] or models[:1]
    if not models and task in EXTRACTIVE and core.bound("embed"):
        name = core.model_name("embed")
        return [await _timed(pace, task, f"{EXTRACTIVE[task]} {name}", name, work(core))]
    if not models:
        return [Tried(task, "", "No model is bound to this task.", 0.0, failed=True)]
    return [await _timed(pace, task, model, model, work(core.led_by(task, model))) for model in models]


async def _timed(pace: BatchPace, task: str, label: str, model: str, work: Awaitable[str]) -> Tried:
    """Return the result with its time and with the tokens that the model read meanwhile."""
    started, before = perf_counter(), pace.tokens(model)
    try:
        text, failed = await work, False
    except (CoreError, ParleyError) as error:
        text, failed = f"{error} {error.remedy}".strip(), True
    tokens = pace.tokens(model) - before
    return Tried(task, label, text, perf_counter() - started, tokens or None, failed)


async def _translated(core: Core, text: str, target: str) -> str:
    (made,) = await translate(core, [text], target)
    if isinstance(made, UnsupportedPair):
        raise made
    return made.text


async def _judged(core: Core, text: str) -> str:
    (judged,) = await judge([text], core)
    if judged.label is None:
        return judged.note
    scores = ", ".join(
        f"{name} {score:.0%}" for name, score in sorted(judged.scores.items(), key=lambda each: -each[1])
    )
    return f"{judged.label} ({scores})"


async def _summed_up(core: Core, text: str) -> str:
    if core.bound("summarize"):
        (made,) = await core.summarize([text], max_tokens=WRITTEN)
        return made.text
    parts = await asyncio.to_thread(sentences, text)
    vectors = await core.embed(parts)
    passages = Passages(parts, vectors, [""] * len(parts), np.ones(len(parts)))
    chosen = await asyncio.to_thread(choose, passages, QUOTED, QUOTED_WORDS) if parts else []
    return " ".join(parts[place] for place in sorted(chosen)) or "There is no sentence in it."


async def _answered(core: Core, text: str, question: str) -> str:
    if not question.strip():
        return NO_QUESTION
    if core.bound("answer"):
        (made,) = await core.locate(question, [text])
        return made.spans[0].text if made.spans else "It isn't in the text."
    parts = await asyncio.to_thread(sentences, text)
    if not parts:
        return "There is no sentence in it."
    vectors, (asked,) = await core.embed(parts), await core.embed([question], query=True)
    return parts[int((vectors @ asked).argmax())]


async def meant(services: Services, text: str) -> Meant:
    """Return what free text is taken for; no model runs."""
    found = await asyncio.to_thread(meaning, text[:LONGEST], commands(), services.now(), services.zone)
    details = {name: value for name, value in found.items() if name not in {"intent", "confidence"} and value}
    return Meant(found["intent"], found["confidence"], details)


async def table(services: Services, rows: Sequence[Sequence[str]], to: str) -> list[list[Turned]]:
    """Return a table with each of its cells in another language; what no model translates stays and says so."""
    target = known_language(to)
    flat = [cell for row in rows for cell in row][:MOST_CELLS]
    worded = [place for place, cell in enumerate(flat) if any(map(str.isalpha, cell))]
    made = dict(zip(worded, await translate(services.core, [flat[place] for place in worded], target), strict=True))
    turned = [_turned(cell, made.get(place), target) for place, cell in enumerate(flat)]
    cells = iter(turned)
    return [row for row in ([each for _, each in zip(row, cells, strict=False)] for row in rows) if row]


def _turned(cell: str, made: object, target: str) -> Turned:
    if made is None:
        return Turned(cell)
    if isinstance(made, UnsupportedPair):
        return Turned(cell, NO_WORDS)
    warnings = " ".join(getattr(made, "warnings", ()))
    return Turned(str(getattr(made, "text", cell)), warnings or f"Into {name_of(target)}")
