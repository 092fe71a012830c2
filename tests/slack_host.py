"""A small honest host for the Slack tests: a ledger in SQLite, everything observed, and replies that a test decides."""

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from weakref import finalize
from zoneinfo import ZoneInfo

from fake_slack import FakeSlack
from fake_slack_api import APP_TOKEN, BOT_TOKEN, SECRET

from adapters.chat import (
    Command,
    Entrances,
    Event,
    Message,
    Option,
    Pending,
    Person,
    Place,
    Prompt,
    Reply,
    Request,
    Standing,
    Typed,
)
from adapters.clock import Clock
from adapters.slack.app import SlackAdapter
from adapters.slack.settings import SlackSettings
from bot.assistant import apology, with_text
from bot.errors import UsageError
from bot.understanding.parse import Heard, asks, understand

WINDOW = Option("window", "which messages", "window")
COMMANDS = (
    Command(
        "summarize",
        "Summarise a channel or a thread.",
        options=(WINDOW,),
        aliases=("summarise",),
        entrances=Entrances("summarize", "window", Prompt("Summarise {}", "summarize today")),
    ),
    Command(
        "translate",
        "Translate a text.",
        "text",
        (Option("to", "the language", "language", required=True), Option("from", "the language", "language")),
        entrances=Entrances("translate", "text"),
    ),
    Command("ask", "Answer a question.", "question", (WINDOW,), entrances=Entrances("ask", "question")),
    Command(
        "sentiment",
        "Say the mood.",
        "text",
        (WINDOW,),
        aliases=("mood",),
        entrances=Entrances("mood", prompt=Prompt("How is the mood in {}?", "mood this week")),
    ),
    Command("help", "Say what Parley can do.", entrances=Entrances(section="What I can do")),
)


async def echo(request: Request) -> Reply:
    return Reply(f"{request.intent.name}: {request.intent.argument}")


def understood(request: Request, commands: tuple[Command, ...]) -> Request:
    """The request as the assistant reads it."""
    if request.typed is not None:
        heard = Heard(commands, datetime.now(UTC), request.zone or ZoneInfo("UTC"), request.place.thread)
        request = replace(request, intent=understand(request.typed, heard))
    return with_text(request, commands)


class LedgerHost:
    def __init__(self, path: Path | str = ":memory:", answer: Callable[[Request], Awaitable[Reply]] = echo) -> None:
        self.requests: list[Request] = []
        self.events: list[Event] = []
        self.answer = answer
        self.commands = COMMANDS  # those of the adapter that it is running with
        self.decided: dict[str, Standing] = {}
        self.marks: dict[str, str] = {}
        self.places: dict[str, Place] = {}
        self._ledger = sqlite3.connect(path, check_same_thread=False)  # the collector closes it in any thread
        finalize(self, self._ledger.close)
        self._ledger.execute(
            "CREATE TABLE IF NOT EXISTS ledger "
            "(key TEXT PRIMARY KEY, platform, workspace, channel, thread, asker, at, done)"
        )

    async def handle(self, request: Request) -> Reply:
        try:
            request = understood(request, self.commands)
        except UsageError as error:
            return apology(error)
        self.requests.append(request)
        return replace(await self.answer(request), understood=request.intent)

    async def asks(self, typed: Typed) -> bool:
        return asks(typed.words)

    async def observe(self, event: Event) -> None:
        self.events.append(event)

    async def standing(self, place: Place) -> Standing:
        return replace(self.decided.get(place.channel, Standing()), mark=self.marks.get(place.channel, ""))

    async def mark(self, place: Place, mark: str) -> None:
        self.marks[place.channel] = mark
        self.places[place.channel] = replace(place, thread=None)

    async def marked(self, platform: str) -> tuple[Place, ...]:
        return tuple(place for place in self.places.values() if place.platform == platform)

    async def threads(self, place: Place, since: datetime, until: datetime) -> Mapping[str, int]:
        said = {event.id: event for event in self.events if isinstance(event, Message)}.values()
        return Counter(
            each.place.thread
            for each in said
            if each.place.channel == place.channel and each.place.thread and since < each.sent_at < until
        )

    async def claim(self, pending: Pending) -> bool:
        place = pending.place
        row = (pending.key, place.platform, place.workspace, place.channel, place.thread, pending.asker.id)
        with self._ledger:
            done = self._ledger.execute(
                "INSERT OR IGNORE INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, 0)", (*row, pending.at.isoformat())
            )
        return done.rowcount == 1

    async def settle(self, key: str) -> None:
        with self._ledger:
            self._ledger.execute("UPDATE ledger SET done = 1 WHERE key = ?", (key,))

    async def unsettled(self, platform: str) -> tuple[Pending, ...]:
        rows = self._ledger.execute("SELECT * FROM ledger WHERE platform = ? AND NOT done ORDER BY at", (platform,))
        return tuple(
            Pending(key, Place(platform, workspace, channel, thread), Person(asker, asker), datetime.fromisoformat(at))
            for key, platform, workspace, channel, thread, asker, at, _ in rows
        )

    def close(self) -> None:
        self._ledger.close()


class QuickClock:
    """A clock on which an hour of waiting takes 3.6 ms; it remembers what was waited for."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.ahead = 0.0

    def elapsed(self) -> float:
        return time.monotonic() + self.ahead

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.ahead += seconds
        await asyncio.sleep(seconds / 1e6)

    def clock(self) -> Clock:
        return Clock(lambda: datetime.now(UTC), self.elapsed, self.sleep)


def settings(slack: FakeSlack, **more: object) -> SlackSettings:
    given = {
        "bot_token": BOT_TOKEN, "app_token": APP_TOKEN, "signing_secret": SECRET, "base_url": slack.base_url,
        "pace": 0.0, "port": 0, **more,
    }  # fmt: skip
    return SlackSettings(**given)


@asynccontextmanager
async def running(
    slack: FakeSlack, host: LedgerHost, commands: tuple[Command, ...] = COMMANDS, **more: object
) -> AsyncIterator[asyncio.Future[str]]:
    """The adapter at work; yields its ready line."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    host.commands = commands
    adapter = SlackAdapter(settings(slack, **more), ready.set_result)
    task = asyncio.create_task(adapter.run(host, commands))
    done, _ = await asyncio.wait({task, ready}, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    if task in done:
        task.result()
    try:
        yield ready
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        host.close()
