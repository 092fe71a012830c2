"""Measures a question over every channel of a large history: time, memory, and how much of an exact search it finds.

The history is generated: English function words among made-up ones, as frequent as in a language (Zipf), and unit
vectors around the middles of topics, so that nothing has to be embedded. The question goes the way of every request.
"""

import asyncio
import random
import resource
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from adapters.chat import EVERYTHING, Channel, Intent, Message, Person, Place, Request
from bot.conversation.permissions import OWNER, scope_of
from bot.history import History, HistoryThread, Scope
from bot.history.derived.vectors import STORED
from bot.history.index import blocks
from bot.history.index.nearest import Best, Query, nearest
from bot.intents import serve
from bot.services import Services
from bot.understanding.everywhere import of_everything
from nlp.bench import BenchRow, Found, Setting
from nlp.bench.measure import percentile, row
from nlp.bench.texts import word
from nlp.core import Core
from nlp.profiles import profile
from nlp.text.lexical import FUNCTION_WORDS

MESSAGES, QUESTIONS = 1_000_000, 40
CHANNELS, AUTHORS, TOPICS, KNOWN = 40, 400, 2_000, 30_000
DIMENSIONS, SPREAD = 384, 1.2  # of the vectors; a topic's messages have a cosine of about 0.4 with each other
BEST = 50
SMALL = 0.45  # of the words are English function words, which tell the language
ALLOWED = 300.0  # MB above what Parley takes before a question
START = datetime(2020, 1, 1, tzinfo=UTC)
ASKER = Person("owner", "the owner")


async def measured(setting: Setting) -> Sequence[Found]:
    """Return the rows of a question over all messages, beside the index of words alone and an exact search."""
    path, count = setting.folder / "everywhere.db", setting.size(MESSAGES)
    async with Core(profile("starter"), device=setting.device) as core:
        await core.embed(["warm"])
        model = core.measured("embed").keys[0]
        with ProcessPoolExecutor(1, get_context("spawn")) as elsewhere:  # its memory isn't the search's
            sizes = await asyncio.get_running_loop().run_in_executor(elsewhere, build, path, count, model)
        async with HistoryThread(path) as history:
            services = Services(core, history, lambda: START, ZoneInfo("UTC"))
            before = resident()
            seconds, most = await asked(services, setting.size(QUESTIONS))
            alone = await by_words(history, setting.size(QUESTIONS) // 4)
            recall, near, exact = await history.run(lambda store: compared(store, model, setting.size(QUESTIONS)))
    name = f"ask everywhere, {count:,} messages"
    return [
        row(f"{name}, p95", "BM25 alone, p95", "s", (percentile(seconds, 0.95), percentile(alone, 0.95)), len(seconds)),
        row(f"{name}, p50", "BM25 alone, p50", "s", (percentile(seconds, 0.5), percentile(alone, 0.5)), len(seconds)),
        row(
            "nearest vectors, p95", "all vectors compared", "s", (percentile(near, 0.95), percentile(exact, 0.95)), BEST
        ),
        BenchRow(
            f"of the nearest {BEST} found", "exact search", round(100 * recall, 2), 100.0, "%", round(recall, 3), 1
        ),
        row("memory above idle", "allowed", "MB", (most - before, ALLOWED), len(seconds)),
        row("file with vectors", "without", "MB", (sizes[1], sizes[0]), 1),
        row("file with vectors and codes", "without", "MB", (sizes[2], sizes[0]), 1),
    ]


# What is searched


def build(path: Path, count: int, model: str) -> tuple[float, float, float]:
    """Write the history, and return its size in MB: of messages alone, with vectors, with their codes too."""
    sizes = []
    with History.open(path) as history:
        history.add(records(count))
        sizes.append(megabytes(history))
        dice = np.random.default_rng(7)
        middles = unit(dice.standard_normal((TOPICS, DIMENSIONS)))
        for first in range(1, count + 1, blocks.SIZE):
            keys = range(first, min(first + blocks.SIZE, count + 1))
            history.write(add_vectors, model, keys, around(middles, len(keys), dice))
        sizes.append(megabytes(history))
        for key in history.read(blocks.unsealed, model):
            history.write(blocks.seal, model, key)
        sizes.append(megabytes(history))
    return sizes[0], sizes[1], sizes[2]


def records(count: int) -> Iterator[Channel | Message]:
    """Yield channels, then messages in the order of time."""
    dice = random.Random(7)  # noqa: S311 - no secret hangs on it
    names, small = [word(number) for number in range(KNOWN)], sorted(FUNCTION_WORDS["en"])
    places = [Place("slack", "T1", f"C{number}") for number in range(CHANNELS)]
    yield from (Channel(place, f"channel-{number}") for number, place in enumerate(places))
    people = [Person(f"U{number}", f"{word(number)} {word(number + 7)}") for number in range(AUTHORS)]
    for number in range(count):
        spoken = (
            dice.choice(small) if dice.random() < SMALL else names[rank(dice)] for _ in range(dice.randint(3, 24))
        )
        text = " ".join(spoken)
        yield Message(str(number), dice.choice(places), dice.choice(people), text, START + timedelta(seconds=number))


def rank(dice: random.Random) -> int:
    """Return the rank of a word, as often as Zipf's law has it."""
    return min(int(KNOWN ** dice.random()) - 1, KNOWN - 1)


def add_vectors(db: Any, model: str, keys: Sequence[int], vectors: NDArray[np.float32]) -> None:
    """Store the vectors of the messages with these keys."""
    rows = [(key, model, vector.astype(STORED).tobytes()) for key, vector in zip(keys, vectors, strict=True)]
    db.conn.executemany("INSERT INTO vector (message, model, value) VALUES (?, ?, ?)", rows)


def around(middles: NDArray[np.float32], count: int, dice: np.random.Generator) -> NDArray[np.float32]:
    """Return unit vectors around the middles of random topics."""
    noise = dice.standard_normal((count, DIMENSIONS)) * (SPREAD / DIMENSIONS**0.5)
    return unit(middles[dice.integers(len(middles), size=count)] + noise)


def unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the rows at length 1."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    shortened: NDArray[np.float32] = (rows / lengths).astype(np.float32)
    return shortened


def megabytes(history: History) -> float:
    """Return how large the history's files are."""
    return round(history.size().bytes / 1e6, 1)


# How it is searched


async def asked(services: Services, count: int) -> tuple[list[float], float]:
    """Return the seconds of each question over everything, and the most memory in MB on the way."""
    seconds = []
    for question in questions(count):
        request = Request(of_everything(Intent("ask", question)), Place("console", "", ""), ASKER, access=OWNER)
        started = time.perf_counter()
        await serve(request, services)
        seconds.append(time.perf_counter() - started)
    return seconds, resident()


def questions(count: int) -> list[str]:
    """Return questions of a few words, rare and common ones."""
    dice = random.Random(8)  # noqa: S311 - no secret hangs on it
    return [f"when is the {' '.join(word(rank(dice)) for _ in range(dice.randint(2, 6)))}?" for _ in range(count)]


async def by_words(history: HistoryThread, count: int) -> list[float]:
    """Return the seconds of the same questions to the index of words alone."""
    seconds = []
    scope = await history.run(everything)
    for question in questions(count):
        started = time.perf_counter()
        await history.run(partial(History.search, scope=scope, query=question, limit=BEST))
        seconds.append(time.perf_counter() - started)
    return seconds


def everything(history: History) -> Scope:
    """Return the scope of all channels."""
    owner = Request(Intent("ask"), Place("slack", "T1", ""), ASKER, access=OWNER)
    return scope_of(owner, [each.place for each in history.channels()])


def compared(history: History, model: str, count: int) -> tuple[float, list[float], list[float]]:
    """Return which share of the nearest is found, and the seconds of each search: by codes, and of all vectors."""
    dice = np.random.default_rng(7)
    middles = unit(dice.standard_normal((TOPICS, DIMENSIONS)))
    scope, right, near, exact = everything(history), 0, [], []
    for vector in around(middles, count, np.random.default_rng(9)):
        started = time.perf_counter()
        found = history.read(nearest, scope, Query("", model, vector, EVERYTHING, START), BEST)
        near.append(time.perf_counter() - started)
        best = history.read(all_compared, model, vector)
        exact.append(time.perf_counter() - started - near[-1])
        right += len(set(found) & set(best))
    return right / (count * BEST), near, exact


def all_compared(db: Any, model: str, vector: NDArray[np.float32]) -> list[int]:
    """Return the nearest messages of all vectors."""
    best = Best(vector, BEST)
    best.take(db.execute("SELECT message, value FROM vector WHERE model = ?", [model]))
    return best.keys


def resident() -> float:
    """Return the most memory that this process has taken so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
