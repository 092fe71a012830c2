"""What people asked while the gateway was away is answered when it is back, or apologised for: once, and to them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from discord_host import connected
from fake_discord import FakeDiscord
from fake_discord_data import ANA, APP, BEN, GENERAL, channel, thread
from slack_host import LedgerHost
from test_discord_gateway import MENTION, hurry

from adapters.chat import Place, Standing
from adapters.clock import Clock
from adapters.platform.replies import AWAY


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as fake:
        yield fake


@asynccontextmanager
async def away(
    discord: FakeDiscord, happened: Callable[[], Awaitable[None]], *, hours: int = 0, **more: Any
) -> AsyncIterator[LedgerHost]:
    """Parley back in a new session, after something happened in the meantime, so many hours later."""
    discord.refuse_resume = True
    host, held, late = LedgerHost(), list[datetime](), timedelta(hours=hours)
    clock = Clock(now=lambda: held[0] if held else discord.ids.now + late, sleep=hurry)
    async with connected(discord, host, clock=clock, **more):
        await discord.say(BEN, f"{MENTION} who was heard?")
        await discord.until(discord.said)
        held.append(discord.ids.now)  # the connection is gone from here on
        await happened()
        discord.cut()
        await discord.until(lambda: len(discord.identifies) == 2)
        held.clear()
        yield host


def said(discord: FakeDiscord, room: str = GENERAL) -> list[str]:
    return [one["content"] for one in discord.said(room)]


async def test_a_question_of_that_time_is_answered_as_a_reply_and_no_other_once_more(discord: FakeDiscord):
    asked = []

    async def happened() -> None:
        discord.post(BEN, "Nobody asked for this.")
        asked.append(discord.post(ANA, f"{MENTION} who brings the boat?"))

    async with away(discord, happened):
        await discord.until(lambda: "ask: who brings the boat?" in said(discord))
        await discord.say(BEN, f"{MENTION} who is last?")
        await discord.until(lambda: "ask: who is last?" in said(discord))
    assert said(discord) == ["ask: who was heard?", "ask: who brings the boat?", "ask: who is last?"]
    assert str(discord.said()[1]["message_reference"]["message_id"]) == asked[0]["id"]


async def test_threads_and_conversations_with_parley_alone_are_looked_into_as_well(discord: FakeDiscord):
    discord.threads["201"] = thread("201", "plans")
    direct = discord.direct(ANA)["id"]

    async def happened() -> None:
        await discord.say(ANA, "who is there?", direct)
        await discord.until(lambda: discord.said(direct))
        discord.post(ANA, "who pays?", direct)
        discord.post(BEN, f"{MENTION} who brings the key?", "201")

    async with away(discord, happened):
        await discord.until(lambda: said(discord, direct) == ["ask: who is there?", "ask: who pays?"])
        await discord.until(lambda: said(discord, "201") == ["ask: who brings the key?"])


async def test_a_question_from_long_ago_is_apologised_for(discord: FakeDiscord):
    async def happened() -> None:
        discord.post(ANA, f"{MENTION} summarise today")

    async with away(discord, happened, hours=5):
        await discord.until(lambda: AWAY.text in said(discord))
    assert said(discord) == ["ask: who was heard?", AWAY.text]


async def test_a_channel_that_can_not_be_read_keeps_nobody_elsewhere_waiting(discord: FakeDiscord):
    discord.channels["199"] = channel("199", "first")
    discord.messages["199"] = []

    async def happened() -> None:
        discord.post(ANA, f"{MENTION} who is unlucky?", "199")
        discord.post(ANA, f"{MENTION} who is next?")
        discord.fail("GET /channels/199/messages", 500, times=1_000)

    async with away(discord, happened, message_content=False):
        await discord.until(lambda: "ask: who is next?" in said(discord))


async def test_many_messages_are_looked_through_page_by_page(discord: FakeDiscord):
    async def happened() -> None:
        discord.post(ANA, f"{MENTION} who is first?")
        for number in range(230):
            discord.post(BEN, f"message {number}")

    async with away(discord, happened):
        await discord.until(lambda: "ask: who is first?" in said(discord))


async def test_a_session_that_goes_on_and_a_first_start_look_for_nothing(discord: FakeDiscord):
    discord.post(ANA, f"{MENTION} who asked before the start?")
    clock = Clock(now=lambda: discord.ids.now, sleep=hurry)
    async with connected(discord, LedgerHost(), clock=clock):
        await discord.say(BEN, f"{MENTION} who is there?")
        await discord.until(discord.said)
        discord.cut()
        await discord.until(lambda: discord.resumes)
        await discord.say(BEN, f"<@{APP}> who is still there?")
        await discord.until(lambda: len(discord.said()) == 2)
    assert f"GET /channels/{GENERAL}/messages" not in discord.calls


async def test_what_was_asked_as_parley_died_is_answered_at_the_next_start_and_only_once(
    discord: FakeDiscord, tmp_path: Path
):
    clock = Clock(now=lambda: discord.ids.now, sleep=hurry)
    kept = {GENERAL: Standing(kept=True)}
    marks, places = dict[str, str](), dict[str, Place]()
    for start in range(3):
        host = LedgerHost(tmp_path / "ledger.db")
        host.decided, host.marks, host.places = kept, marks, places
        async with connected(discord, host, clock=clock):
            await discord.until(lambda: '"gaps":[]' in marks.get(GENERAL, ""))
            if start == 1:
                await discord.until(discord.said)
        if start == 0:
            discord.post(ANA, f"{MENTION} who brings the boat?")  # to a process that is dead
    assert said(discord) == ["ask: who brings the boat?"]
