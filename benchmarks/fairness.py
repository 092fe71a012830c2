"""What one person's hundred requests cost the others: `python benchmarks/fairness.py [ROUNDS]`, 5 by default.

Four people ask for a mix of answers, translations and judgements over the sample workspace, with the starter models: a
quarter of a minute alone, one beside somebody who always has a hundred requests waiting, one beside a hundred that take
no turns, and so on. Printed: the others' p95 in each, and the ratios.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from random import Random
from statistics import quantiles
from time import perf_counter
from zoneinfo import ZoneInfo

from adapters.chat import Intent, Person, Place, Request, Window
from adapters.imports.slack import SlackExport
from bot import sample
from bot.admission.fair_queue import FairQueue
from bot.admission.rate_limits import Limiter
from bot.assistant import Assistant
from bot.history import HistoryThread
from bot.sections import RateLimits
from bot.services import Services
from nlp.core import Core
from nlp.profiles import profile

NOW = datetime(2026, 4, 11, tzinfo=UTC)
PHASE, PAUSE, OTHERS, CROWD = 15.0, 2.0, 4, 100  # s, s between two questions of a person, people, requests
UNLIMITED = RateLimits(person=10**6, channel=10**6, workspace=10**6)
WISHES = (
    Intent("ask", "When does regatta mode go live?"),
    Intent("translate", "The pump failed at noon and we changed the filter. It works again.", options={"to": "pt"}),
    Intent("sentiment", "I am so glad that this is over."),
    Intent("ask", "Who is on call this week?"),
)
CROWDED = (*WISHES, Intent("summarize", window=Window(last=400)), Intent("summarize"))


class Everything:
    """An access to every channel."""

    async def can_read(self, place: Place) -> bool:
        """Yes."""
        return bool(place)

    async def is_admin(self, place: Place) -> bool:
        """No."""
        return not place


Ask = Callable[[str, Intent], Awaitable[float]]


def asking(assistant: Assistant, place: Place) -> Ask:
    """Ask, and return how long it took, in s."""

    async def ask(person: str, intent: Intent) -> float:
        started = perf_counter()
        await assistant.handle(Request(intent, place, Person(person, person), access=Everything()))
        return perf_counter() - started

    return ask


async def phase(ask: Ask, random: Random, names: list[str]) -> list[float]:
    """What the others wait, in s, while `names` insist: a request after the other each."""
    took: list[float] = []

    async def now_and_then(person: str) -> None:
        ending = perf_counter() + PHASE
        while perf_counter() < ending:
            await asyncio.sleep(random.expovariate(1 / PAUSE))
            took.append(await ask(person, random.choice(WISHES)))

    async def insist(person: str) -> None:
        while True:
            await ask(person, random.choice(CROWDED))

    crowd = [asyncio.ensure_future(insist(name)) for name in names]
    await asyncio.gather(*(now_and_then(f"person {number}") for number in range(OTHERS)))
    for task in crowd:
        task.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)
    return took


async def measure(rounds: int) -> None:
    """Phases alone, beside one person's hundred, and beside a hundred that nobody keeps in turns."""
    async with HistoryThread(None) as history, Core(profile("starter")) as core:
        await history.run(lambda store: store.add(SlackExport().read(sample.path())))
        (channel, *_) = await history.run(lambda store: store.channels("general"))
        await history.run(lambda store: store.turn_on(channel.place, "owner", NOW, 36_500))
        services = Services(core, history, lambda: NOW, ZoneInfo("UTC"))
        fair = asking(Assistant(services, limiter=Limiter(UNLIMITED)), channel.place)
        free = asking(Assistant(services, limiter=Limiter(UNLIMITED), turns=FairQueue(together=10**6)), channel.place)
        for intent in CROWDED:
            await fair("warming up", intent)
        took: dict[str, list[float]] = {"alone": [], "beside a hundred, in turns": [], "beside a hundred, no turns": []}
        for number in range(rounds):
            random = Random(number)
            took["alone"] += await phase(fair, random, [])
            took["beside a hundred, in turns"] += await phase(fair, random, ["crowd"] * CROWD)
            took["beside a hundred, no turns"] += await phase(free, random, [f"crowd {each}" for each in range(CROWD)])
    p95 = {name: quantiles(values, n=20)[-1] for name, values in took.items()}
    for name, value in p95.items():
        p50 = quantiles(took[name], n=2)[0]
        print(
            f"{name}: p95 {value:.2f} s, {value / p95['alone']:.2f} times; p50 {p50:.2f} s; {len(took[name])} requests"
        )


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
