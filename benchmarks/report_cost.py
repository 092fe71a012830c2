"""What a report costs beside the scoring itself: `python benchmarks/report_cost.py [MESSAGES]`, 100,000 by default.

An invented channel of 200 people over two years is stored, scored by the echo family (which costs next to nothing, so
that everything else is visible), and reported twice: at first, and again when all scores are there.
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
from bot.scoring import score
from nlp.core import Core
from nlp.family import Binding

START = datetime(2024, 1, 1, tzinfo=UTC)
PLACE = Place("slack", "T1", "C1")
TALK = "the boat leaves at noon and we have no bread left but they said it is fine so please ask again tomorrow"
ECHO = tuple(Binding(task, "echo", "echo") for task in ("sentiment", "embed"))


def messages(count: int) -> Iterator[Channel | Message]:
    """A channel and its invented messages, the same every time."""
    random, words = Random(0), TALK.split()
    yield Channel(PLACE, "general")
    for number in range(count):
        author = f"U{random.randrange(200)}"
        text = " ".join(random.choices(words, k=random.randint(5, 25)))
        yield Message(str(number), PLACE, Person(author, author), text, START + timedelta(minutes=10.5 * number))


async def measure(count: int, folder: Path) -> None:
    """Store, score, report, draw; a line of seconds for each, and the peak of memory."""
    async with HistoryThread(folder / "history.db") as history, Core(ECHO) as core:
        services = Services(core, history, lambda: START + timedelta(days=3000), ZoneInfo("UTC"))
        await history.run(lambda store: store.add(messages(count)))
        request = Request(Intent("sentiment"), PLACE, Person("owner", "owner"), access=OWNER)
        marks = [perf_counter()]
        await score(Scope.of(PLACE), EVERYTHING, services.now(), services, no_progress)
        marks.append(perf_counter())
        found = await report(request, services)
        marks.append(perf_counter())
        size = len(picture(found)) + len(page(found))
        marks.append(perf_counter())
    names = ("detect languages, score and store", "report on stored scores", f"draw ({size // 1024} KB)")
    for name, start, end in zip(names, marks, marks[1:], strict=False):
        print(f"{name}: {end - start:.1f} s, {(end - start) / count * 1e6:.0f} µs a message")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, Path(made)))
