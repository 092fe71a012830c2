"""What a summary costs again when the channel has grown: `python benchmarks/summary_growth.py [MESSAGES]`, 20,000.

An invented channel is summed up, then again as it is, and after 10, 100 and 1,000 new messages, one edit and one
deletion. Once by a model that writes: the echo family, which costs next to nothing, so that the seconds are what
surrounds a model, and the jobs and tokens what a real one would have to read. And once extractively. Embeddings are
the starter profile's, or `--embedder echo`. Times are the processor's, which others on the machine don't change.
"""

import argparse
import asyncio
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import process_time
from zoneinfo import ZoneInfo

from adapters.chat import Channel, Intent, Message, Person, Place, Request
from bot.conversation.permissions import OWNER
from bot.history import HistoryThread
from bot.intents import summarize
from bot.services import Services
from nlp.bench.texts import chat_texts
from nlp.core import Core
from nlp.jobs import BatchReport
from nlp.profiles import profile
from nlp.scheduler.family import Binding

START = datetime(2025, 1, 6, 8, tzinfo=UTC)
PLACE = Place("slack", "T1", "C1")
NEW = (10, 100, 1_000)
WRITER = Binding("summarize", "echo", "writer")
PAUSE, BREAK, LINGER = 4.0, 600.0, 0.96  # minutes between messages, now and then many; one in three answers in a thread


def messages(count: int) -> list[Message]:
    """Invented messages, the same every time; those of a shorter channel are the first of a longer one."""
    dice, sent, made, thread = Random(0), START, [], None
    for number, text in enumerate(chat_texts(count)):
        sent += timedelta(minutes=dice.expovariate(1 / (PAUSE if dice.random() < LINGER else BREAK)))
        thread = (thread or str(number - 1)) if made and dice.random() < 1 / 3 else None
        author = f"U{dice.randrange(40)}"
        place = replace(PLACE, thread=thread)
        made.append(Message(str(number), place, Person(author, author), f"{text.capitalize()}.", sent))
    return made


class Work:
    """What models did since it was last read."""

    def __init__(self) -> None:
        self.jobs: Counter[str] = Counter()
        self.tokens: Counter[str] = Counter()

    def hear(self, report: BatchReport) -> None:
        """Add a batch."""
        self.jobs[report.model] += report.size
        self.tokens[report.model] += report.tokens


async def measure(bindings: tuple[Binding, ...], count: int, folder: Path) -> None:
    """Ask, let the channel grow, ask again; a line for each."""
    told, work = messages(count + sum(NEW)), Work()
    seen = count
    async with HistoryThread(folder / "history.db") as history, Core(bindings, on_report=work.hear) as core:
        services = Services(core, history, lambda: START + timedelta(days=3_000), ZoneInfo("UTC"))
        await history.run(lambda store: store.add([Channel(PLACE, "general"), *told[:count]]))

        async def ask(name: str, fresh: float = 0.0) -> float:
            work.jobs.clear(), work.tokens.clear()
            started = process_time()
            await summarize.run(Request(Intent("summarize"), PLACE, Person("o", "o"), access=OWNER), services)
            spent = process_time() - started
            share = f"{spent / fresh:7.3f}" if fresh else "  1.000"
            written, embedded = work.jobs["writer"], sum(work.jobs.values()) - work.jobs["writer"]
            print(f"{name:16} {spent:8.2f} s {share}  {written:6} {work.tokens['writer']:8}  {embedded:8}", flush=True)
            return spent

        fresh = await ask("fresh")
        await ask("again", fresh)
        for more in NEW:
            await history.run(lambda store, new=told[seen : seen + more]: store.add(new))
            seen += more
            await ask(f"{more} new", fresh)
        edited = replace(told[count // 2], text="Something else was meant.", edited_at=told[-1].sent_at)
        await history.run(lambda store: store.add([edited]))
        await ask("one edit", fresh)
        await history.run(lambda store: store.delete(PLACE, [told[count // 3].id]))
        await ask("one deletion", fresh)


def main() -> None:
    """Both ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("messages", type=int, nargs="?", default=20_000)
    parser.add_argument("--embedder", choices=["starter", "echo"], default="starter")
    options = parser.parse_args()
    starter = tuple(each for each in profile("starter") if each.task == "embed")
    embed = starter if options.embedder == "starter" else (Binding("embed", "echo", "echo"),)
    for name, bindings in (("written", (*embed, WRITER)), ("extractive", embed)):
        print(f"{name:16}processor    of fresh  jobs   tokens  texts embedded")
        with tempfile.TemporaryDirectory() as made:
            asyncio.run(measure(bindings, options.messages, Path(made)))


if __name__ == "__main__":
    main()
