"""How long the server takes for each page over a large history, and how much memory it holds: prints a line a page.

python benchmarks/web_pages.py [--messages 1000000] [--times 20]
"""

import argparse
import asyncio
import resource
import statistics
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from web_site import Browser, channel, site  # noqa: E402 - after the path

from adapters.chat import Channel, Message, Person, Place  # noqa: E402 - as above
from bot.history import History  # noqa: E402 - as above

CHANNELS, PEOPLE = 20, 50
WORDS = ("boat", "map", "tide", "crew", "harbour", "nine", "meets", "back", "turns", "the", "and", "at")
START = datetime(2024, 1, 1, tzinfo=UTC)


def place(number: int) -> Place:
    """Return one of the channels."""
    return Place("slack", "T0", f"C{number}")


def history(count: int) -> Iterator[Channel | Message]:
    """Yield channels and messages, a fifth of them replies."""
    yield from (Channel(place(number), f"channel-{number}") for number in range(CHANNELS))
    for number in range(count):
        thread = (
            str(number - number % 5 * CHANNELS) if number % 5 and number > 5 * CHANNELS and number % 3 == 0 else None
        )
        where = place(number % CHANNELS)
        where = Place(where.platform, where.workspace, where.channel, thread)
        text = " ".join(WORDS[(number + step) % len(WORDS)] for step in range(12)) + f" {number % 997}"
        author = Person(f"U{number % PEOPLE}", f"person {number % PEOPLE}")
        yield Message(str(number), where, author, text, START + timedelta(seconds=60 * number))


async def timed(browser: Browser, path: str, times: int) -> str:
    """Return the median and the longest time of a page, and its size."""
    taken, size = [], 0
    for _ in range(times):
        started = perf_counter()
        status, page = await browser.get(path)
        taken.append(perf_counter() - started)
        assert status == 200, (path, status)  # noqa: PLR2004 - all went well
        size = len(page.encode())
    return f"{statistics.median(taken) * 1000:6.0f} ms, longest {max(taken) * 1000:6.0f} ms, {size / 1000:5.0f} kB"


async def measure(database: Path, times: int) -> None:
    """Print the figures of each page."""
    here = channel(place(7))
    async with site(database, empty=True) as browser:
        first = await timed(browser, "/", 1)
        print(f"{'first page, first time':28} {first}")
        _, part = await browser.get(f"{here}/messages")
        earlier = part.split("before=", 1)[1].split('"', 1)[0]
        pages = {
            "first page": "/",
            "channel": here,
            "earlier page": f"{here}/messages?before={earlier}",
            "middle of the channel": f"{here}/messages?around={7 + CHANNELS * 20_000}",
            "search, common words": f"{here}/search?q=boat%20ti",
            "time line and languages": f"{here}/profile",
        }
        for name, path in pages.items():
            print(f"{name:28} {await timed(browser, path, times)}")
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB at most")


def main() -> None:
    """Make the history, and measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "history.db"
        with History.open(database) as store:
            store.add(history(options.messages))
        asyncio.run(measure(database, options.times))


if __name__ == "__main__":
    main()
