"""The gateway and the REST API as they fail: the real client against a stand-in of Discord on loopback."""

from collections.abc import AsyncIterator

import pytest
from discord_host import connected
from fake_discord import FakeDiscord
from fake_discord_data import ANA, APP
from slack_host import LedgerHost

MENTION = f"<@{APP}>"


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as fake:
        yield fake


async def test_a_mention_is_answered_over_the_real_wire(discord: FakeDiscord):
    host = LedgerHost()
    async with connected(discord, host):
        asked = await discord.say(ANA, f"{MENTION} what did Ben decide?")
        await discord.until(discord.said)
    answer = discord.said()[0]
    assert answer["content"] == "ask: what did Ben decide?"
    assert str(answer["message_reference"]["message_id"]) == asked["id"]
    assert answer["allowed_mentions"]["parse"] == []


async def test_the_same_message_three_times_gives_one_reply(discord: FakeDiscord):
    host = LedgerHost()
    async with connected(discord, host):
        asked = await discord.say(ANA, f"{MENTION} who is here?")
        for _ in range(2):
            await discord.dispatch("MESSAGE_CREATE", asked)
        await discord.say(ANA, f"{MENTION} who is last?")
        await discord.until(lambda: any(one["content"] == "ask: who is last?" for one in discord.said()))
    assert [one["content"] for one in discord.said()] == ["ask: who is here?", "ask: who is last?"]


async def test_a_malformed_frame_costs_no_event(discord: FakeDiscord):
    host = LedgerHost()
    async with connected(discord, host):
        await discord.frame('{"op": 0, "t": "MESSAGE_CREATE", "d": {')
        await discord.until(lambda: discord.resumes)
        await discord.say(ANA, f"{MENTION} still there?")
        await discord.until(discord.said)
    assert len(discord.identifies) == 1


async def test_an_event_without_a_key_ends_nothing(discord: FakeDiscord):
    host = LedgerHost()
    async with connected(discord, host):
        await discord.dispatch("MESSAGE_CREATE", {"content": "no id, no author"})
        await discord.say(ANA, f"{MENTION} still there?")
        await discord.until(discord.said)
    assert not discord.resumes
    assert len(discord.identifies) == 1
