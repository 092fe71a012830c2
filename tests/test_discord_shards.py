"""A bot in so many servers that Discord asks for several connections, against a stand-in that asks for two."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from discord_host import connected
from fake_discord import FakeDiscord
from fake_discord_data import ANA, APP, GENERAL, GUILD
from slack_host import LedgerHost

from adapters.clock import Clock


async def hurry(_: float) -> None:
    await asyncio.sleep(0.001)


MENTION = f"<@{APP}>"
HERE = (int(GUILD) >> 22) % 2  # the shard that the server is on


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as fake:
        fake.shards = 2
        yield fake


async def test_as_many_connections_as_discord_recommends_serve_servers_and_direct_messages(discord: FakeDiscord):
    async with connected(discord, LedgerHost(), clock=Clock(sleep=hurry)):
        await discord.until(lambda: len(discord._by_shard) == 2, 60)
        direct = discord.direct(ANA)["id"]
        for room in (GENERAL, direct):
            await discord.say(ANA, f"{MENTION} who is here?", room)
            await discord.until(lambda room=room: discord.said(room), 60)
    assert sorted(each["shard"] for each in discord.identifies) == [[0, 2], [1, 2]]
    assert [each["content"] for room in (GENERAL, direct) for each in discord.said(room)] == ["ask: who is here?"] * 2


async def test_what_a_shard_was_asked_while_it_was_away_is_answered_when_it_is_back(discord: FakeDiscord):
    held: list[datetime] = []
    clock = Clock(now=lambda: held[0] if held else discord.ids.now, sleep=hurry)
    discord.refuse_resume = True
    async with connected(discord, host := LedgerHost(), clock=clock):
        await discord.until(lambda: len(discord._by_shard) == 2, 60)
        await discord.say(ANA, f"{MENTION} who is here?")
        await discord.until(discord.said, 60)
        held.append(discord.ids.now)  # the connection is gone from here on
        discord.post(ANA, f"{MENTION} who brings the boat?")
        await discord._by_shard.pop(HERE).close(code=4000)
        await discord.until(lambda: HERE in discord._by_shard, 60)
        held.clear()
        await discord.until(lambda: len(discord.said()) == 2, 60)
    assert [request.intent.argument for request in host.requests] == ["who is here?", "who brings the boat?"]
    assert len(discord.identifies) == 3


async def test_one_connection_is_enough_where_discord_recommends_no_more(discord: FakeDiscord):
    discord.shards = 1
    async with connected(discord, LedgerHost()):
        await discord.until(lambda: discord.identifies, 60)
    assert "shard" not in discord.identifies[0]
