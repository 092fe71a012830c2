"""Slack, line by line as the owner reads it: the real app against a stand-in of Slack on loopback."""

from collections.abc import AsyncIterator

import pytest
from fake_slack import FakeSlack
from slack_host import LedgerHost, running


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as fake:
        fake.add_user("U1", "ana", tz="Europe/Lisbon", locale="pt-PT")
        fake.add_user("U2", "ben")
        fake.add_channel("C1", "general", ("U0PARLEY", "U1", "U2"))
        yield fake


async def test_a_mention_is_answered_in_its_thread(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        mention = slack.mention("what did Ana decide?")
        await slack.event(mention)
        posted = await slack.posted()
    assert posted[0]["channel"] == "C1"
    assert posted[0]["thread_ts"] == mention["ts"]
    assert posted[0]["text"] == "ask: what did Ana decide?"


async def test_a_slash_command_is_answered_to_the_asker_alone(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        await slack.command("/summarize", "last 50")
        await slack.until(lambda: slack.responses)
    assert slack.responses[0]["response_type"] == "ephemeral"
    assert host.requests[0].intent.window.last == 50
