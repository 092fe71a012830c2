"""What a serving bot holds in memory, and what holds up its event loop: `python benchmarks/serving.py [OPTIONS]`.

`parley run` serves a stand-in of Slack on loopback with the starter models: 50 messages a second into five channels,
long ones, edits and deletions among them, and two requests a second of every kind. `--stored` puts messages into the
history beforehand, so that a few minutes show what an hour would: 180,000 is an hour. Printed: the resident memory over
time and how it grows; what the process holds at the end, by type; how often and for how long the loop came late, and
where it stood.
Needs `PYTHONPATH=.:tests`, where the stand-in is. An hour from nothing: `--seconds 3600 --stored 0`.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

from fake_slack import FakeSlack
from fake_slack_api import APP_TOKEN, BOT_TOKEN, ME, TEAM
from serving_bot import LATE, resident

from adapters.chat import Channel, Message, Person, Place
from adapters.imports.slack import SlackExport
from bot import sample
from bot.history import History

SERVED = Path(__file__).with_name("serving_bot.py")
CHANNELS, PEOPLE = 5, 40
SAMPLES = 10  # of memory for each that is printed
Sample = tuple[float, float]  # seconds since the start, MB
EVERY_REQUEST, AT_ONCE, PATIENCE = 0.5, 4, 120.0  # s between requests, how many wait for their answer, and how long
ASKED = (
    ("/ask", "When does regatta mode go live?"),
    ("/ask", "Who is on call this week?"),
    ("/ask", "What was decided about the harbour pump number {}?"),
    ("/summarize", "last 100"),
    ("/summarize", "2 hours"),
    ("/summarize", ""),
    ("/catchup", ""),
    ("/translate", "to:pt The pump number {} failed at noon and we changed the filter. It works again."),
    ("/mood", "last 500"),
    ("/mood", "I am so glad that this is over, take {}."),
)


class Workspace(FakeSlack):
    """The stand-in, asked whether it got an answer."""

    def answered(self, url: str) -> bool:
        """Return whether something was sent to the response URL."""
        return self._uses[url.rpartition("/")[2]] > 0


def lines() -> list[str]:
    """Return what people of the sample workspace say."""
    return [each.text for each in SlackExport().read(sample.path()) if isinstance(each, Message) and each.text]


def text(said: list[str], number: int, dice: Random) -> str:
    """Return a message of its own: a line, and now and then a page."""
    if dice.random() < 0.005:  # noqa: PLR2004 - one in 200 is as long as a message may be
        return " ".join(dice.choices(said, k=200))[:12_000]
    return f"{dice.choice(said)} ({number})"


def stored(database: Path, said: list[str], count: int) -> None:
    """Put messages into the history as if they had come in the last days, in channels that are on."""
    now, dice = datetime.now(UTC), Random(1)
    with History.open(database) as history:
        places = [Place("slack", TEAM, f"C{number}") for number in range(CHANNELS)]
        history.add([Channel(place, f"channel{number}", "public") for number, place in enumerate(places)])
        for place in places:
            history.turn_on(place, "U0", now - timedelta(days=2), 90)
        step = timedelta(seconds=0.02)
        history.add(
            Message(
                f"{(at := now - (count - number) * step).timestamp():.6f}",
                places[number % CHANNELS],
                Person(f"U{number % PEOPLE}", f"Person {number % PEOPLE}"),
                text(said, number, dice),
                at,
            )
            for number in range(count)
        )


async def load(slack: Workspace, said: list[str], seconds: float, rate: float) -> list[float]:
    """Send messages, edits, deletions and requests; return how long each acknowledgement took."""
    dice, acks, started, number = Random(2), list[float](), time.time(), 0
    asking = [asyncio.create_task(requests(slack, started + seconds, acks, each)) for each in range(AT_ONCE)]
    while (elapsed := time.time() - started) < seconds:
        while number < min(elapsed, seconds) * rate:
            number += 1
            with suppress(TimeoutError):
                await slack.event(event(said, number, dice), wait=number % 10 == 0)  # a slow machine sets the pace
        await asyncio.sleep(0.01)
    await asyncio.gather(*asking)
    sys.stdout.write(f"{number:,} messages, {len(acks)} requests in {time.time() - started:.0f} s\n")
    return acks


def event(said: list[str], number: int, dice: Random) -> dict[str, Any]:
    """Return a message, or an edit or deletion of one."""
    channel, ts = f"C{dice.randrange(CHANNELS)}", f"{time.time():.6f}"
    user = f"U{dice.randrange(PEOPLE)}"
    message = {"type": "message", "channel": channel, "channel_type": "channel", "user": user, "ts": ts}
    message["text"] = text(said, number, dice)
    if number % 50 == 0:
        changed = {"type": "message", "user": user, "text": message["text"], "ts": ts, "edited": {"ts": ts}}
        return {**message, "subtype": "message_changed", "message": changed, "previous_message": changed}
    if number % 90 == 0:
        return {**message, "subtype": "message_deleted", "deleted_ts": ts}
    return message


async def requests(slack: Workspace, ending: float, acks: list[float], number: int) -> None:
    """Ask for everything, in turns, each when the one before is answered; a person never has two."""
    dice, people = Random(number), range(number, PEOPLE, AT_ONCE)
    while time.time() < ending:
        name, words = dice.choice(ASKED)
        url = slack.response_url()
        more = {"channel_id": f"C{dice.randrange(CHANNELS)}", "user_id": f"U{dice.choice(people)}"}
        with suppress(TimeoutError):
            ack = await slack.command(name, words.format(dice.randrange(1000)), response_url=url, **more)
            acks.append(ack["seconds"])
            await slack.until(lambda at=url: slack.answered(at), PATIENCE)
        await asyncio.sleep(AT_ONCE * EVERY_REQUEST)


@asynccontextmanager
async def served(slack: FakeSlack, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start the bot and wait until it serves."""
    named = {"bot_token": BOT_TOKEN, "app_token": APP_TOKEN, "base_url": slack.base_url, "pace": "0"}
    settings = {f"PARLEY_SLACK__{name.upper()}": value for name, value in named.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(SERVED),
        str(folder / "history.db"),
        env={**os.environ, **settings, "PYTHONPATH": str(SERVED.parents[1])},
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 22,
    )
    assert process.stdout is not None
    sys.stdout.write((await process.stdout.readline()).decode())
    await slack.connected()
    try:
        yield process
    finally:
        process.terminate()
        await process.wait()


async def told(process: asyncio.subprocess.Process, what: signal.Signals) -> dict[str, Any]:
    """Return what the bot prints about itself."""
    process.send_signal(what)
    assert process.stdout is not None
    while not (line := await process.stdout.readline()).startswith(b"{"):
        pass
    return dict(json.loads(line))


async def memory_over_time(process: asyncio.subprocess.Process, every: float, samples: list[Sample]) -> None:
    """Note the bot's own memory ten times as often as it is printed."""
    started = time.time()
    while True:
        held, files = resident(process.pid)
        samples.append((time.time() - started, held - files))
        if len(samples) % SAMPLES == 1:
            sys.stdout.write(f"{samples[-1][0]:6.0f} s  {held:6.0f} MB, {files:.0f} of it libraries and files\n")
            sys.stdout.flush()
        await asyncio.sleep(every / SAMPLES)


def growth(samples: Sequence[Sample]) -> float:
    """Return how many MB an hour are added in the second half, whatever came in steps apart.

    It is the median slope between samples that are at most a tenth of the time apart: what is loaded at its first use,
    such as a library, moves few of them.
    """
    later = samples[len(samples) // 2 :]
    near = samples[-1][0] / 10
    pairs = ((one, other) for one, other in combinations(later, 2) if other[0] - one[0] <= near)
    slopes = [(held - before) / (at - start) for (start, before), (at, held) in pairs]
    return 3_600 * median(slopes) if slopes else 0.0


async def measure(seconds: float, rate: float, count: int) -> None:
    """Serve the load, and print what it did."""
    said = lines()
    with TemporaryDirectory() as folder:
        stored(Path(folder, "history.db"), said, count)
        async with Workspace() as slack:
            people = tuple(f"U{number}" for number in range(PEOPLE))
            for each in people:
                slack.add_user(each, f"person {each[1:]}", tz="UTC", locale="en-GB")
            for number in range(CHANNELS):
                slack.add_channel(f"C{number}", f"channel{number}", (ME, *people), is_channel=True)
            async with served(slack, Path(folder)) as process:
                await told(process, signal.SIGUSR2)  # how it started doesn't count
                samples: list[Sample] = []
                printing = asyncio.create_task(memory_over_time(process, max(5.0, seconds / 20), samples))
                acks = await load(slack, said, seconds, rate)
                await asyncio.sleep(5)
                printing.cancel()
                sys.stdout.write(f"its own memory grows by {growth(samples):.0f} MB an hour in the second half\n")
                report(await told(process, signal.SIGUSR1), await told(process, signal.SIGUSR2), acks)
                answers = Counter(" ".join(str(each.get("text")).split()[:6]) for each in slack.responses)
                most = answers.most_common(8)
                sys.stdout.write(f"answers: {len(slack.responses)} to {len(acks)} requests\n")
                sys.stdout.writelines(f"  {number:5} {words} …\n" for words, number in most)


def report(held: dict[str, Any], loop: dict[str, Any], acks: list[float]) -> None:
    """Print what is held, and what came late."""
    parts = ", ".join(f"{name} {size:.0f}" for name, size in held["malloc"].items())
    sys.stdout.write(f"at the end {held['resident'][0]:.0f} MB (malloc: {parts})\n")
    sys.stdout.writelines(f"  {number:9,} {name}\n" for name, number in held["types"])
    late, own = loop["late"], [each for each in loop["own"] if each > LATE]
    sys.stdout.write(
        f"the loop came over {LATE * 1000:.0f} ms late {len(late)} times, at most {max(late, default=0):.3f} s;"
        f" by work of its own {len(own)} times, at most {max(own, default=0):.3f} s\n"
    )
    sys.stdout.writelines(f"  {number:5} {where}\n" for where, number in loop["stood"])
    sys.stdout.write(f"acknowledgements: p95 {quantiles(acks, n=20)[-1]:.3f} s, at most {max(acks):.3f} s\n")


def main() -> None:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--rate", type=float, default=50.0, help="messages a second")
    parser.add_argument("--stored", type=int, default=180_000, help="messages in the history beforehand")
    given = parser.parse_args()
    asyncio.run(measure(given.seconds, given.rate, given.stored))


if __name__ == "__main__":
    main()
