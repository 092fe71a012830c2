"""Slack as people use it by accident: odd frames, long lines, private words in the open, other people's links."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from fake_slack import FakeSlack
from fake_slack_api import ME, TEAM
from slack_host import LedgerHost, running

from adapters.chat import Message, Place, Reply, Request, Source, Standing
from adapters.clock import Clock
from adapters.slack.surfaces.escape import as_mrkdwn
from adapters.slack.surfaces.rendering import render
from adapters.text.links import GRAVE
from bot.assistant import Assistant
from bot.history import HistoryThread
from bot.intents import commands
from bot.services import Services
from nlp.core import Core


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as fake:
        fake.add_user("U1", "ana", is_admin=True)
        fake.add_user("U2", "ben")
        fake.add_channel("C1", "general", (ME, "U1", "U2"), is_channel=True)
        fake.add_channel("C9", "elsewhere", ("U1",), is_channel=True)
        fake.add_channel("D1", "", (ME, "U1"), is_im=True)
        yield fake


def saying(reply: Reply) -> LedgerHost:
    async def answer(_: Request) -> Reply:
        return reply

    return LedgerHost(answer=answer)


# Odd frames


ENVELOPE = {"envelope_id": "E1", "type": "events_api"}
ZONE = ZoneInfo("UTC")
ODD = [
    json.dumps({**ENVELOPE, "payload": None}),
    json.dumps({**ENVELOPE, "payload": ["event_callback"]}),
    json.dumps({**ENVELOPE, "payload": "text"}),
    json.dumps({**ENVELOPE, "envelope_id": {}, "payload": {}}),
    json.dumps({**ENVELOPE, "type": ["slash_commands"], "payload": {}}),
    json.dumps({**ENVELOPE, "payload": {"type": "event_callback", "event": 7}}),
    "[" * 20_000 + "]" * 20_000,
    '{"payload":' * 15_000 + "1" + "}" * 15_000,
    '"\\ud800"',
]


async def test_an_odd_frame_is_dropped_and_no_connection_ends(slack: FakeSlack, caplog: pytest.LogCaptureFixture):
    async with running(slack, LedgerHost()):
        await slack.connected(2)
        before = list(slack.sockets)
        for frame in ODD:
            for socket in before:
                await socket.send_str(frame)
        await slack.command("/summarize")
        await slack.until(lambda: slack.responses)
        assert slack.sockets == before
    assert "Traceback" not in caplog.text
    assert len(slack.called("apps.connections.open")) == 2


@pytest.mark.parametrize("body", [b"payload=null", b"payload=%5B%5D", b"[" * 50_000, b"\xff\xfe", b"{}"])
async def test_over_http_the_signature_is_looked_at_before_the_body(
    slack: FakeSlack, body: bytes, caplog: pytest.LogCaptureFixture
):
    async with running(slack, LedgerHost(), mode="http") as ready:
        url = (await ready).split(", ")[1]
        assert await slack.post_raw(url, body) in {200, 400, 401, 404}
        assert await slack.post_raw(url, body, "wrong") == (400 if body == b"\xff\xfe" else 401)
    assert "Traceback" not in caplog.text
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]


async def test_thirty_long_lines_hold_up_nobodys_acknowledgement(slack: FakeSlack):
    async with HistoryThread(None) as history, Core([]) as core:
        assistant = Assistant(Services(core, history, Clock().now, ZONE))
        host = LedgerHost()
        host.handle = assistant.handle  # type: ignore[method-assign]
        async with running(slack, host, commands()):
            line = "since i will translate last to on from " * 300
            acks = await asyncio.gather(*(slack.command("/parley", line) for _ in range(30)))
    assert len(acks) == 30
    assert max(ack["seconds"] for ack in acks) < 3.0


# Where private words are seen


async def test_a_private_answer_to_a_mention_in_the_channel_is_told_where_slack_shows_it(slack: FakeSlack):
    async with running(slack, saying(Reply("I keep 12 messages of yours.", personal=True))):
        await slack.event(slack.mention("privacy"))
        await slack.until(lambda: len(slack.whispers) == 1)
        await slack.event(slack.mention("privacy", thread_ts="1700000000.000100"))
        await slack.until(lambda: len(slack.whispers) == 2)
    assert [whisper.get("thread_ts") for whisper in slack.whispers] == [None, "1700000000.000100"]


async def test_what_has_only_notes_to_say_is_not_silent(slack: FakeSlack):
    async with running(slack, saying(Reply("", notes=("Covers 3 messages.",)))):
        await slack.command("/summarize")
        await slack.until(lambda: slack.responses)
    assert "Covers 3 messages." in str(slack.responses[0]["blocks"])


async def test_who_left_the_channel_shares_nothing_there_with_an_old_button(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        await slack.command("/summarize", "last 5", user_id="U2")
        await slack.until(lambda: slack.responses)
        button = slack.responses[0]["blocks"][-1]["elements"][-1]
        slack.members["C1"].remove("U2")
        pressed = {"channel": {"id": "C1"}, "actions": [button], "response_url": slack.response_url()}
        await slack.interact("block_actions", {**pressed, "user": {"id": "U2"}})
        await slack.until(lambda: len(slack.responses) == 2)
    assert slack.responses[1]["text"] == "You are not in that channel, so I share nothing there."
    assert len(host.requests) == 1
    assert slack.called("chat.postMessage") == []


@pytest.mark.parametrize("refusal", [True, False])
async def test_a_refusal_is_nothing_to_share(slack: FakeSlack, refusal: bool):  # noqa: FBT001 - a case
    async with running(slack, saying(Reply("I can't read this.", refusal=refusal))):
        await slack.command("/ask", "who?")
        await slack.until(lambda: slack.responses)
    assert ("Share" in str(slack.responses[0])) is not refusal


async def test_a_file_of_a_private_answer_is_said_to_come_directly(slack: FakeSlack):
    async with running(slack, saying(Reply("word " * 20_000))):
        await slack.command("/ask", "everything?")
        await slack.posted(1, "files.completeUploadExternal")
    assert next(iter(slack.files.values()))["channel"] == "DU1"
    assert "in a file that I sent you directly" in str(slack.responses)
    assert "below" not in str(slack.responses)


# Consent


async def test_a_channel_that_parley_is_not_in_is_not_kept_behind_its_members_backs(slack: FakeSlack):
    async with HistoryThread(None) as history, Core([]) as core:
        assistant = Assistant(Services(core, history, Clock().now, ZONE))
        host = LedgerHost()
        host.handle, host.standing = assistant.handle, assistant.standing  # type: ignore[method-assign]
        async with running(slack, host, commands()):
            await slack.command("/parley", "consent on", channel_id="C9")
            await slack.until(lambda: slack.responses)
            assert not (await assistant.standing(Place("slack", TEAM, "C9"))).kept
            await slack.command("/parley", "consent on", channel_id="C1")
            await slack.posted(1)
            assert (await assistant.standing(Place("slack", TEAM, "C1"))).kept
    assert "not in this channel" in slack.responses[0]["text"]
    assert "From now on I keep this channel" in slack.called("chat.postMessage")[0]["text"]


# What people wrote


async def test_people_who_are_mentioned_are_named_and_emoji_stay_whole(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host):
        await slack.event(slack.mention("what did <@U2> decide? :tada:"))
        await slack.posted(1)
        await slack.event(slack.mention(": who is <@U404>, :wave: <@U2|old>:"))
        await slack.posted(2)
    assert [request.intent.argument for request in host.requests] == [
        "what did @Ben decide? :tada:",
        "who is @U404, :wave: @Ben",
    ]


EVIL = "https://evil.example/?d=SECRET"
WRITTEN = f"Fill in [the official form]({EVIL}) or www.evil.example, join discord.gg/abc # **now** | a | b |"


def source(text: str) -> Source:
    return Source("1.1", "Eve `", datetime(2026, 5, 20, 12, tzinfo=UTC), text, "https://slack.com/archives/C1/p11")


def test_what_somebody_wrote_stays_text_below_an_answer():
    shown = render(Reply("Yes.", sources=(source(WRITTEN),)), None, ZONE).pages[0].blocks[1]["elements"][0]["text"]
    words = shown.partition("> ")[2]
    assert words.startswith(f"Fill in [the official form](`{EVIL}`) or `www.evil.example`")
    assert f"<{EVIL}" not in shown
    assert shown.count(f"<https://slack.com/archives/C1/p11|Eve {GRAVE}, 20 May 12:00>") == 1


def test_a_long_address_is_there_whole_or_not_at_all():
    long = "https://files.example/" + "a" * 90
    shown = render(Reply("Yes.", sources=(source(f"Look at the list there: {long}"),)), None, ZONE)
    assert "files.example" not in str(shown.pages[0].blocks[1])
    assert "Look at the list there:…" in str(shown.pages[0].blocks[1])


def test_bullets_before_code_are_drawn():
    assert as_mrkdwn("- `/summarize`, a summary\n- plain\n`a` - b\n  - `c`") == (
        "• `/summarize`, a summary\n• plain\n`a` - b\n  • `c`"
    )


# Time


@pytest.mark.parametrize("minutes", [-10, 10])
async def test_a_clock_that_is_off_hides_no_message_and_erases_none(slack: FakeSlack, minutes: int):
    now = datetime.now(UTC)
    for number in range(5):
        at = now - timedelta(minutes=9) + timedelta(minutes=2 * number)
        slack.keep("C1", {"user": "U2", "ts": f"{at.timestamp():.6f}", "text": f"said {number}"})
    host = LedgerHost()
    host.decided["C1"] = Standing(kept=True)
    clock = Clock(now=lambda: datetime.now(UTC) + timedelta(minutes=minutes))
    async with running(slack, host, clock=clock):
        await slack.until(lambda: '"gaps":[]' in host.marks.get("C1", ""))
    texts = [event.text for event in host.events if isinstance(event, Message)]
    assert texts == [f"said {number}" for number in (4, 3, 2, 1, 0)]
    done = datetime.fromtimestamp(float(json.loads(host.marks["C1"])["done"]), UTC)
    assert abs(done - datetime.now(UTC)) < timedelta(minutes=1)
