"""What every chat service in the table promises, by the same scenarios: asked, answered once, politely, and stopped."""

import asyncio
import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from queue import Queue
from zoneinfo import ZoneInfo

import pytest
from discord_host import connected
from fake_discord import FakeDiscord
from fake_discord_data import ANA, APP
from fake_slack import FakeSlack
from fake_slack_api import ME
from rich.console import Console
from slack_host import COMMANDS, LedgerHost, running

from adapters import ADAPTERS
from adapters.chat import Place, Progress, Reply, Request
from adapters.console import ConsoleAdapter
from adapters.platform.progress import Answering
from adapters.text.pages import utf16_length

QUESTION = "who is here?"
Answer = Callable[[Request], Awaitable[Reply]]


class Stage:
    """A service with Parley on it: `ask` says something to Parley and `again` delivers it once more."""

    limit: int | None = None  # of a page, in UTF-16 units
    repeats = True

    def __init__(self) -> None:
        self.stack = AsyncExitStack()

    async def ask(self, words: str) -> None:
        raise NotImplementedError

    def answers(self) -> list[str]:
        raise NotImplementedError

    def pages(self) -> list[str]:
        return self.answers()

    def in_place(self) -> bool:
        """Whether every answer stands where it was asked, tied to the question."""
        return True

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110 - what is waited for changes in many places
                await asyncio.sleep(0.01)


class OnConsole(Stage):
    repeats = False

    async def start(self, host: LedgerHost) -> None:
        self.lines: Queue[str] = Queue()
        self.screen = io.StringIO()
        console = Console(file=self.screen, width=200, force_terminal=False)
        place = Place("console", "", "sample")
        adapter = ConsoleAdapter(place, console, self.lines.get, ZoneInfo("UTC"))
        task = asyncio.create_task(adapter.run(host, COMMANDS))
        self.stack.push_async_callback(self.end, task)

    async def end(self, task: asyncio.Task[None]) -> None:
        self.lines.put("/quit")
        with suppress(asyncio.CancelledError):
            await task

    async def ask(self, words: str) -> None:
        self.lines.put(words)

    def answers(self) -> list[str]:
        text = self.screen.getvalue().strip()
        return [text] if text else []


class OnSlack(Stage):
    limit = 12_000

    async def start(self, host: LedgerHost) -> None:
        self.slack = await self.stack.enter_async_context(FakeSlack())
        self.slack.add_user("U1", "ana")
        self.slack.add_channel("C1", "general", (ME, "U1"), is_channel=True)
        await self.stack.enter_async_context(running(self.slack, host, show_after=0.05, show_every=0.02))

    async def ask(self, words: str) -> None:
        self.said = self.slack.mention(words)
        await self.slack.event(self.said)

    async def again(self) -> None:
        await self.slack.event(self.said)

    def answers(self) -> list[str]:
        return [one["text"] for one in self.slack.called("chat.postMessage") + self.slack.called("chat.update")]

    def pages(self) -> list[str]:
        said = self.slack.called("chat.postMessage") + self.slack.called("chat.update")
        return ["".join(str(block.get("text", "")) for block in one["blocks"]) for one in said if "blocks" in one]

    def in_place(self) -> bool:
        said = self.slack.called("chat.postMessage")
        return all((one["channel"], one.get("thread_ts")) == ("C1", self.said["ts"]) for one in said)

    async def cancel(self) -> None:
        await self.until(
            lambda: any("Cancel" in str(one.get("blocks")) for one in self.slack.called("chat.postMessage"))
        )
        stage = self.slack.called("chat.postMessage")[0]
        pressed = {"channel": {"id": "C1"}, "actions": [stage["blocks"][-1]["elements"][0]]}
        await self.slack.interact("block_actions", pressed)

    async def own(self) -> None:
        await self.slack.event({**self.slack.mention(QUESTION), "user": ME, "bot_id": "B1"})


class OnDiscord(Stage):
    limit = 2_000

    async def start(self, host: LedgerHost) -> None:
        self.discord = await self.stack.enter_async_context(FakeDiscord())
        await self.stack.enter_async_context(connected(self.discord, host))

    async def ask(self, words: str) -> None:
        self.said = await self.discord.say(ANA, f"<@{APP}> {words}")

    async def again(self) -> None:
        await self.discord.dispatch("MESSAGE_CREATE", self.said)

    async def own(self) -> None:
        made = self.discord.post(ANA, f"<@{APP}> {QUESTION}")
        await self.discord.dispatch("MESSAGE_CREATE", {**made, "author": self.discord.users[APP]})

    def answers(self) -> list[str]:
        return [one["content"] for one in self.discord.said()]

    def in_place(self) -> bool:
        (answer,) = self.discord.said()
        return str(answer["message_reference"]["message_id"]) == self.said["id"]

    async def cancel(self) -> None:
        await self.until(lambda: any(one["components"] for one in self.discord.said()))
        (row,) = self.discord.said()[0]["components"]
        await self.discord.press(row["components"][0]["custom_id"])


STAGES = {"console": OnConsole, "slack": OnSlack, "discord": OnDiscord}


def test_every_adapter_where_messages_arrive_has_a_stage():
    assert set(ADAPTERS) - set(STAGES) == {"web"}, "pages are no channel; tests/test_web.py asks on them"


@pytest.fixture(params=STAGES)
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    made = STAGES[request.param]()
    async with made.stack:
        yield made


async def test_what_is_asked_is_answered_in_the_same_place(stage: Stage):
    host = LedgerHost()
    await stage.start(host)
    await stage.ask(QUESTION)
    await stage.until(lambda: any(QUESTION in answer for answer in stage.answers()))
    assert host.requests[0].place.platform in ADAPTERS
    assert stage.in_place()


async def test_the_same_message_twice_gives_one_reply(stage: Stage):
    if not stage.repeats:
        pytest.skip("a terminal delivers nothing twice")
    host = LedgerHost()
    await stage.start(host)
    await stage.ask(QUESTION)
    await stage.again()
    await stage.ask("who is last?")
    await stage.until(lambda: any("last" in answer for answer in stage.answers()))
    assert len(host.requests) == 2
    assert sum(QUESTION in answer for answer in stage.answers()) == 1


async def test_what_parley_itself_says_is_not_answered(stage: Stage):
    if not stage.repeats:
        pytest.skip("a terminal doesn't hear itself")
    host = LedgerHost()
    await stage.start(host)
    await stage.own()
    await stage.ask("who is last?")
    await stage.until(lambda: any("last" in answer for answer in stage.answers()))
    assert [request.intent.argument for request in host.requests] == ["who is last?"]


async def test_a_long_reply_comes_whole_in_pages_that_the_service_takes(stage: Stage):
    words = [f"word{number}" for number in range(800)]

    async def answer(_: Request) -> Reply:
        return Reply(" ".join(words))

    await stage.start(LedgerHost(answer=answer))
    await stage.ask(QUESTION)
    await stage.until(lambda: "word799" in "".join(stage.pages()))
    pages = stage.pages()
    assert re.findall(r"word\d+", " ".join(pages)) == words
    assert stage.limit is None or all(utf16_length(page) <= stage.limit for page in pages)


async def test_mass_mentions_are_inert(stage: Stage):
    async def answer(_: Request) -> Reply:
        return Reply("hey @everyone and <!channel> and <@U1>, done")

    await stage.start(LedgerHost(answer=answer))
    await stage.ask(QUESTION)
    await stage.until(lambda: any("done" in answer for answer in stage.answers()))
    if stage.repeats:  # a terminal mentions nobody
        assert not re.search(r"@everyone|<!channel>|<@U1>", "".join(stage.answers()))


async def test_an_error_is_shown_politely(stage: Stage):
    async def answer(_: Request) -> Reply:
        return Reply("That took too long.", notes=("Ask for less.",))

    await stage.start(LedgerHost(answer=answer))
    await stage.ask(QUESTION)
    await stage.until(lambda: any("took too long" in answer for answer in stage.answers()))
    assert "Traceback" not in "".join(stage.answers())


async def test_work_that_its_asker_cancels_stops_and_the_next_question_is_answered(stage: Stage):
    if not stage.repeats:
        pytest.skip("a terminal has no buttons")
    stopped = asyncio.Event()

    async def answer(request: Request) -> Reply:
        if "last" in request.intent.argument:
            return Reply("next: nobody")
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return Reply("never")

    await stage.start(LedgerHost(answer=answer))
    await stage.ask(QUESTION)
    await stage.cancel()
    await stage.until(stopped.is_set)
    await stage.until(lambda: any(re.fullmatch(r"Stopped\.", answer) for answer in stage.answers()))
    await stage.ask("who is last?")
    await stage.until(lambda: any("next: nobody" in answer for answer in stage.answers()))
    assert not any("never" in answer for answer in stage.answers())


async def test_every_service_shows_the_same_stages(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """The words of a stage are the vocabulary's own, whoever shows them."""
    shown: list[str] = []
    go_on = asyncio.Event()
    plain = Answering._step

    async def step(answering: Answering) -> None:
        await plain(answering)
        shown.append(answering._shown_stage)

    monkeypatch.setattr(Answering, "_step", step)

    async def answer(request: Request) -> Reply:
        request.progress(Progress("reading messages", 3, 9))
        await go_on.wait()
        return Reply("forty-two")

    await stage.start(LedgerHost(answer=answer))
    await stage.ask(QUESTION)
    await stage.until(lambda: "reading messages 3 of 9" in shown)
    go_on.set()
    await stage.until(lambda: any("forty-two" in each for each in stage.answers()))


async def test_an_adapter_that_is_cancelled_in_the_middle_of_work_stops(stage: Stage):
    stopped = asyncio.Event()

    async def answer(_: Request) -> Reply:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return Reply("never")

    if not stage.repeats:
        pytest.skip("a terminal stops between two lines")
    host = LedgerHost(answer=answer)
    await stage.start(host)
    await stage.ask(QUESTION)
    await stage.until(lambda: len(host.requests) == 1)
    async with asyncio.timeout(5):
        await stage.stack.aclose()
    assert stopped.is_set()
