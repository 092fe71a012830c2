"""Lets people write in channels that translate themselves, on loopback Slack and Discord together, and counts faults.

`python benchmarks/bridge.py --seconds 300 --rate 20` runs `parley run` with the packaged models in a process of its
own: messages in Portuguese, every tenth step an edit or a deletion, connections that are cut, calls that are refused.
At the end each message is compared with what stands beside it; `rate` is of both platforms together.
"""

import argparse
import asyncio
import contextlib
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

from fake_discord import FakeDiscord  # noqa: E402 - the project's own stand-ins
from fake_discord_data import APP, GUILD  # noqa: E402
from fake_slack_api import ME, TEAM  # noqa: E402
from soak import LIMITS, Slack, Soak, carried_out, options, prepared, room, standing  # noqa: E402
from soak_findings import errors, slope  # noqa: E402

from adapters.chat import Place  # noqa: E402
from bot.history import History  # noqa: E402
from bot.history.translated import companions  # noqa: E402
from bot.history.translated.companions import Setting  # noqa: E402

SHARES = (0.5, 0.95, 0.99)
NUMBER = re.compile(r"\b(\d{4,})\b")
SAID = (
    "O barco {} chega amanhã de manhã.",
    "Temos de pintar o barco {} esta semana.",
    "Ninguém encontrou as chaves do barco {}.",
    "O barco {} precisa de um motor novo.",
    "A reunião sobre o barco {} foi adiada.",
)
Key = tuple[str, str, str]


class Heard(Slack):
    """The stand-in of Slack, which notes when each number was first said by Parley."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.seen: dict[int, float] = {}

    def do_chat_post_message(self, params: dict[str, Any]) -> dict[str, Any]:
        """Take a message of Parley's."""
        note(self.seen, params.get("text", ""))
        return super().do_chat_post_message(params)

    def do_chat_update(self, params: dict[str, Any]) -> dict[str, Any]:
        """Take another text of one."""
        note(self.seen, params.get("text", ""))
        return super().do_chat_update(params)


class Told(FakeDiscord):
    """The stand-in of Discord, which notes the same."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[int, float] = {}

    def post(self, who: str, content: str, *given: Any, **more: Any) -> Any:
        """Take a message."""
        if who == APP:
            note(self.seen, content)
        return super().post(who, content, *given, **more)


def note(seen: dict[int, float], text: str) -> None:
    """Note when the numbers in a text were first seen."""
    for number in NUMBER.findall(text):
        seen.setdefault(int(number), time.monotonic())


@dataclass
class Run(Soak):
    """One run. `numbers` has the numbers that each message ever held, `said` when each was said first."""

    numbers: dict[Key, list[int]] = field(default_factory=lambda: defaultdict(list))
    said: dict[int, float] = field(default_factory=dict)
    last: int = 999

    def sentence(self) -> str:
        """Return a sentence with a number that no other one has."""
        self.last += 1
        return SAID[self.last % len(SAID)].format(self.last)

    def tell(self, key: Key, text: str | None, what: str) -> None:
        """Note what a message says from now on."""
        super().tell(key, text, what)
        if text is not None:
            number = int(NUMBER.findall(text)[0])
            self.numbers[key].append(number)
            if what == "said":
                self.said[number] = time.monotonic()

    async def stop(self) -> None:
        """Let the program end in order, and don't wait for ever."""
        with contextlib.suppress(TimeoutError):
            await super().stop()

    async def ask(self) -> None:
        """Ask for nothing: Parley speaks unasked here."""

    async def is_done(self) -> bool:
        """Return whether every message is as it should be."""
        return not self.tasks and not any(self.faults().values())

    def posts(self) -> Iterator[tuple[str, str, str]]:
        """Yield what Parley says beside messages now: the platform, the channel and the text."""
        for where, kept in self.slack.messages.items():
            yield from (("slack", where, each["text"]) for each in kept if each["user"] == ME and each.get("thread_ts"))
        for where, kept in self.discord.messages.items():
            ours = (each for each in kept if each["author"]["id"] == APP and each.get("message_reference"))
            yield from (("discord", where, each["content"]) for each in ours)

    def faults(self) -> dict[str, int]:
        """Count messages without a translation, with several, and words that should no longer stand there."""
        shown = Counter(int(number) for *_, text in self.posts() for number in set(NUMBER.findall(text)))
        live = {key: numbers[-1] for key, numbers in self.numbers.items() if self.told[key] is not None}
        old = {number for key, numbers in self.numbers.items() for number in numbers if live.get(key) != number}
        return {
            "lost": sum(not shown[number] for number in live.values()),
            "doubled": sum(shown[number] > 1 for number in live.values()),
            "stale": sum(shown[number] > 0 for number in old),
        }

    def wrong(self) -> Iterator[str]:
        """Yield each message that has no translation, with what it says now."""
        shown = {int(number) for *_, text in self.posts() for number in NUMBER.findall(text)}
        for key, text in self.told.items():
            if text is not None and self.numbers[key][-1] not in shown:
                yield f"{' '.join(key)}: {text}"

    def out_of_order(self) -> int:
        """Count translations of messages as they were said that stand before an earlier one of the same channel."""
        latest: dict[tuple[str, str], int] = defaultdict(int)
        wrong = 0
        for platform, where, text in self.posts():
            for number in sorted(map(int, set(NUMBER.findall(text)))):
                if number in self.said:
                    wrong += number < latest[platform, where]
                    latest[platform, where] = max(latest[platform, where], number)
        return wrong


def arranged(run: Run) -> None:
    """Put people and channels in place, every channel put into English, by the packaged models."""
    prepared(run)
    with History.open(run.database) as history:
        for number in range(run.options.channels):
            place = Place("discord", GUILD, room(number)) if number % 2 else Place("slack", TEAM, f"C{number}")
            history.write(companions.put, place, Setting(("en",), readers=False, by="U0", since=datetime.now(UTC)))
    (run.folder / "config.toml").write_text(f'timezone = "UTC"\n{LIMITS}', encoding="utf-8")


def figures(run: Run, slack: Heard, discord: Told) -> dict[str, Any]:
    """Return what was counted and timed."""
    seen = {**slack.seen, **discord.seen}
    waits = sorted(seen[number] - at for number, at in run.said.items() if number in seen)
    at = [round(waits[min(len(waits) - 1, int(len(waits) * share))], 2) if waits else 0.0 for share in SHARES]
    sizes = [size for _, size in run.sizes if size]
    return {
        "messages": len(run.told), **run.faults(), "out of order": run.out_of_order(),
        "from message to translation p50, p95, p99, s": at,
        "the stand-ins themselves late by up to, s": round(run.late, 3),
        "memory at start, end, MB": [round(sizes[0]), round(sizes[-1])] if sizes else [],
        "memory slope, MB a minute": round(slope(run.sizes, run.options.seconds / 2), 2),
        "without a translation": list(run.wrong())[:10],
        "log": dict(errors(run.folder / "log").most_common(20)),
    }  # fmt: skip


async def measured(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run all of it and return the figures."""
    async with Heard() as slack, standing(Told()) as discord:
        run = Run(given, slack, discord, folder)
        arranged(run)
        await carried_out(run)
        return figures(run, slack, discord)


if __name__ == "__main__":
    chosen = options(["--seconds", "300", "--rate", "20", "--channels", "40", *sys.argv[1:]])
    chosen.kill = False
    with tempfile.TemporaryDirectory() as made:
        for name, value in asyncio.run(measured(chosen, Path(made))).items():
            print(f"{name}: {value}")
