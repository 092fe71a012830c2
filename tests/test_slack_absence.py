"""What people asked on Slack while no socket was open is answered when one is again, and nobody is answered twice."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from fake_slack import FakeSlack
from fake_slack_api import ME
from slack_host import LedgerHost, running

from adapters.chat import Standing


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as fake:
        fake.add_user("U1", "ana")
        fake.add_channel("C1", "general", (ME, "U1"), is_channel=True)
        fake.add_channel("C2", "elsewhere", ("U1",), is_channel=True)
        fake.add_channel("D1", "", (ME, "U1"), is_im=True)
        yield fake


def ago(**more: float) -> str:
    return f"{(datetime.now(UTC) - timedelta(**more)).timestamp():.6f}"


def asked(host: LedgerHost) -> list[str]:
    return sorted(request.intent.argument for request in host.requests)


async def test_mentions_and_direct_messages_of_an_absence_are_answered_afterwards(slack: FakeSlack):
    root = ago(hours=3)
    slack.keep("C1", {"user": "U1", "ts": root, "text": "the crane", "reply_count": 1, "latest_reply": ago(seconds=1)})
    async with running(slack, host := LedgerHost()):
        await slack.connected(2)
        await slack.abort()
        slack.keep("C1", {"user": "U1", "ts": ago(seconds=3), "text": f"<@{ME}> who repairs the crane?"})
        slack.keep("C1", {"user": "U1", "ts": ago(seconds=2), "text": "who repairs the boat?"})
        slack.keep("C1", {"user": "U1", "ts": ago(seconds=1), "text": f"<@{ME}> since when?", "thread_ts": root})
        slack.keep("C2", {"user": "U1", "ts": ago(seconds=1), "text": f"<@{ME}> who is there?"})
        slack.keep("D1", {"user": "U1", "ts": ago(seconds=1), "text": "who has the key?"})
        await slack.until(lambda: len(host.requests) >= 3)
        await slack.until(lambda: not host_owes(host))
    assert asked(host) == ["since when?", "who has the key?", "who repairs the crane?"]


def host_owes(host: LedgerHost) -> bool:
    (owed,) = host._ledger.execute("SELECT count(*) FROM ledger WHERE NOT done").fetchone()
    return bool(owed)


async def test_what_was_answered_before_the_connection_broke_is_not_answered_again(slack: FakeSlack):
    async with running(slack, host := LedgerHost()):
        mention = slack.mention("who repairs the crane?") | {"ts": ago(seconds=1)}
        await slack.event(mention)
        slack.keep("C1", {**mention, "type": "message"})
        await slack.until(lambda: host.requests)
        await slack.abort()
        slack.keep("D1", {"user": "U1", "ts": ago(seconds=0), "text": "who has the key?"})
        await slack.until(lambda: len(host.requests) >= 2)
        await slack.until(lambda: not host_owes(host))
    assert asked(host) == ["who has the key?", "who repairs the crane?"]


async def test_a_thread_that_goes_on_without_a_mention_does_so_over_an_absence(slack: FakeSlack):
    host = LedgerHost()
    host.decided = {"C1": Standing(follow=True)}
    async with running(slack, host):
        root = ago(seconds=20)
        await slack.event(slack.mention("who repairs the crane?") | {"ts": root})
        await slack.until(lambda: host.requests and not host_owes(host))
        await slack.abort()
        slack.keep("C1", {"user": "U1", "ts": root, "text": "?", "reply_count": 2, "latest_reply": ago(seconds=0)})
        slack.keep("C1", {"user": "U1", "ts": ago(seconds=1), "text": "and since when?", "thread_ts": root})
        await slack.until(lambda: len(host.requests) >= 2)
        await slack.until(lambda: not host_owes(host))
    assert asked(host) == ["and since when?", "who repairs the crane?"]


async def test_a_channel_that_can_not_be_read_costs_the_others_nothing(slack: FakeSlack):
    async with running(slack, host := LedgerHost()):
        await slack.connected(2)
        slack.add_channel("C0", "broken", (ME, "U1"), is_channel=True)
        slack.fail("conversations.history", error="not_in_channel")
        await slack.abort()
        slack.keep("D1", {"user": "U1", "ts": ago(seconds=1), "text": "who has the key?"})
        await slack.until(lambda: host.requests)
        await slack.until(lambda: not host_owes(host))
    assert asked(host) == ["who has the key?"]
