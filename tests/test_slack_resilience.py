"""Slack when things go wrong: busy models, repeats, cut connections, limits, refused tokens, a killed process."""

import asyncio
import json
import logging
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fake_slack import FakeSlack
from fake_slack_api import APP_TOKEN, BOT_TOKEN, ME, SECRET, TEAM
from slack_host import COMMANDS, LedgerHost, QuickClock, running, settings

from adapters.chat import Attachment, Intent, Pending, Person, Place, Reply, Request
from adapters.errors import ServiceStopped
from adapters.platform.replies import UNSENT
from adapters.slack.app import SlackAdapter
from adapters.slack.settings import SlackSettings
from adapters.slack.surfaces.outgoing import metadata_of
from adapters.slack.surfaces.rendering import stage_page

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as fake:
        fake.add_user("U1", "ana")
        fake.add_channel("C1", "general", (ME, "U1"), is_channel=True)
        fake.add_channel("C2", "random", (ME, "U1"), is_channel=True)
        fake.add_channel("D1", "", (ME, "U1"), is_im=True)
        yield fake


# A busy model


BUSY_SECONDS = float(os.environ.get("PARLEY_TEST_BUSY_SECONDS", "2"))


async def test_every_command_is_acknowledged_within_a_second_while_the_model_works(
    slack: FakeSlack, figure: Callable[[str], None]
):
    def work(seconds: float) -> None:
        """A model's worst: pure Python on a thread, which hardly lets the event loop run."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            sum(range(10_000))

    async def answer(request: Request) -> Reply:
        await busy
        return Reply(request.intent.name)

    async with running(slack, LedgerHost(answer=answer)):
        busy = asyncio.create_task(asyncio.to_thread(work, BUSY_SECONDS))
        acks: list[dict[str, Any]] = []
        while not busy.done():
            acks.append(await slack.command("/summarize", "last 50"))
            acks.append(await slack.event(slack.mention(f"question {len(acks)}")))
            acks.append(await slack.interact("shortcut", {"callback_id": "pick_channel"}))
            await asyncio.sleep(0.05)
        await slack.until(lambda: answered(slack).count("summarize") == len(acks) // 3, 30)
    slowest = max(ack["seconds"] for ack in acks)
    figure(f"slack: {len(acks)} requests in {BUSY_SECONDS:.0f} s of a busy model, slowest ack {slowest * 1000:.0f} ms")
    assert len(acks) >= 3
    assert slowest < 1.0


def answered(slack: FakeSlack) -> list[str]:
    return [response["text"] for response in slack.responses]


async def test_a_hundred_commands_at_once_are_acknowledged_within_a_second(
    slack: FakeSlack, figure: Callable[[str], None]
):
    free = asyncio.Event()

    async def answer(request: Request) -> Reply:
        await free.wait()
        return Reply(request.intent.name)

    async with running(slack, LedgerHost(answer=answer)):
        acks = await asyncio.gather(
            *(slack.command("/summarize", "last 50") for _ in range(50)),
            *(slack.event(slack.mention(f"question {number}")) for number in range(50)),
        )
        assert slack.responses == []
        free.set()
        await slack.until(lambda: len(slack.responses) == 50 and len(slack.called("chat.postMessage")) == 50)
    slowest = max(ack["seconds"] for ack in acks)
    figure(f"slack: 100 requests at once behind a busy model, slowest ack {slowest * 1000:.0f} ms")
    assert slowest < 1.0


async def test_a_slow_ledger_does_not_hold_up_the_acknowledgement(slack: FakeSlack):
    class SlowLedger(LedgerHost):
        async def claim(self, pending):  # noqa: ANN001, ANN202 - as the parent's
            await asyncio.sleep(1.2)
            return await super().claim(pending)

    async with running(slack, SlowLedger()):
        ack = await slack.command("/summarize")
        await slack.until(lambda: slack.responses)
    assert ack["seconds"] < 1.1


# Repeats


async def test_the_same_event_three_times_gives_one_reply(slack: FakeSlack, figure: Callable[[str], None]):
    host = LedgerHost()
    async with running(slack, host):
        mention = slack.mention("what did Ana decide?")
        for retry in range(3):
            await slack.event(mention, "Ev1", retry)
        await slack.posted(1)
        await slack.event({**mention, "type": "message", "channel_type": "channel"}, "Ev2")
        await asyncio.sleep(0.2)
    figure(f"slack: the same event three times gave {len(slack.called('chat.postMessage'))} reply")
    assert len(host.requests) == 1
    assert len(slack.called("chat.postMessage")) == 1


async def test_the_same_event_after_a_restart_gives_no_second_reply(slack: FakeSlack, tmp_path: Path):
    mention = slack.mention("what did Ana decide?")
    first = LedgerHost(tmp_path / "ledger.db")
    async with running(slack, first):
        await slack.event(mention, "Ev1")
        await slack.posted(1)
        while await first.unsettled("slack"):  # noqa: ASYNC110 - the ledger is a file
            await asyncio.sleep(0.01)
    host = LedgerHost(tmp_path / "ledger.db")
    async with running(slack, host):
        await slack.event(mention, "Ev1", 1)
        await asyncio.sleep(0.2)
    assert host.requests == []
    assert len(slack.called("chat.postMessage")) == 1


async def test_the_same_command_on_two_connections_is_served_once(slack: FakeSlack):
    async with running(slack, LedgerHost()):
        body = slack.command_body("/summarize")
        await asyncio.gather(*(slack.send("slash_commands", body) for _ in range(4)))
        await slack.until(lambda: slack.responses)
        await asyncio.sleep(0.1)
    assert len(slack.responses) == 1


# A killed process

KILLED = """
import asyncio, sys
sys.path.insert(0, "tests")
from slack_host import COMMANDS, LedgerHost
from adapters.slack.app import SlackAdapter
from adapters.slack.settings import SlackSettings
from adapters.slack.surfaces.outgoing import metadata_of
from adapters.slack.surfaces.rendering import stage_page

async def never(request):
    print("working", flush=True)
    await asyncio.Event().wait()

asyncio.run(SlackAdapter(SlackSettings({bot!r}, {app!r}, base_url={base!r})).run(LedgerHost({path!r}, never), COMMANDS))
"""


async def test_a_kill_between_acknowledgement_and_reply_is_told_after_the_restart(
    slack: FakeSlack, tmp_path: Path, figure: Callable[[str], None]
):
    path = tmp_path / "ledger.db"
    script = KILLED.format(bot=BOT_TOKEN, app=APP_TOKEN, base=slack.base_url, path=str(path))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    await slack.until(lambda: slack.sockets, 30)
    mention = slack.mention("what did Ana decide?")
    await slack.event(mention)
    await slack.command("/summarize", "last 50")
    assert process.stdout is not None
    assert await process.stdout.readline() == b"working\n"
    assert await process.stdout.readline() == b"working\n"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    process._transport.close()  # type: ignore[attr-defined]  # or its pipe is closed only by the collector
    assert slack.called("chat.postMessage") == slack.responses == []
    host = LedgerHost(path)
    rows = len(await host.unsettled("slack"))
    async with running(slack, host):
        told = (await slack.posted())[0]
        await slack.until(lambda: slack.whispers)
        assert await host.unsettled("slack") == ()
    figure(f"slack: kill -9 between acknowledgement and reply left {rows} rows; {rows} people told after the restart")
    assert (told["channel"], told["thread_ts"]) == ("C1", mention["ts"])
    assert told["text"] == slack.whispers[0]["text"] == "I was restarted before I could answer you. Please ask again."
    assert slack.whispers[0]["user"] == "U1"


@pytest.mark.parametrize(
    ("part", "block", "told"),
    [
        ("stage", stage_page("reading", "message:C1:{}").blocks[-1], "replaced"),
        ("0", None, "nothing"),
        ("", None, "anew"),
    ],
)
async def test_what_stands_there_of_an_answer_is_told_in_its_place_or_not_at_all(
    slack: FakeSlack, tmp_path: Path, part: str, block: dict[str, Any] | None, told: str
):
    host, asked = LedgerHost(tmp_path / "ledger.db"), slack.mention("what did Ana decide?")
    key = f"message:C1:{asked['ts']}"
    place = Place("slack", TEAM, "C1", asked["ts"])
    await host.claim(Pending(f"slack/{TEAM}/{key}", place, Person("U1", "Ana"), datetime.now(UTC)))
    slack.keep("C1", {name: asked[name] for name in ("user", "ts", "text")})
    ours = {
        "user": ME,
        "ts": slack.ts(),
        "thread_ts": asked["ts"],
        "text": "so far",
        "blocks": [block] if block else [],
    }
    slack.keep("C1", {**ours, "metadata": metadata_of(f"{key}#{part}" if part else "another")})
    async with running(slack, host):
        await slack.connected(2)
        assert await host.unsettled("slack") == ()
    updated, posted = slack.called("chat.update"), slack.called("chat.postMessage")
    assert [told == "replaced", told == "anew"] == [bool(updated), bool(posted)]
    assert all("restarted" in each["text"] for each in (*updated, *posted))


# Connections


async def test_two_connections_are_open_and_both_are_served(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host) as ready:
        await slack.connected(2)
        assert ready.result() == "slack ready: Harbour, Socket Mode, 2 connections"
        for _ in range(4):
            await slack.command("/summarize")
        await slack.until(lambda: len(slack.responses) == 4)


@pytest.mark.parametrize("ending", ["abort", "disconnect"])
async def test_a_lost_connection_is_replaced(slack: FakeSlack, ending: str):
    async with running(slack, LedgerHost()):
        await slack.connected(2)
        before = list(slack.sockets)
        await getattr(slack, ending)()
        await slack.until(lambda: len(slack.sockets) == 2 and not set(map(id, slack.sockets)) & set(map(id, before)))
        await slack.command("/summarize")
        await slack.until(lambda: slack.responses)


async def test_garbage_on_a_connection_harms_nobody(slack: FakeSlack):
    async with running(slack, LedgerHost()):
        await slack.connected(2)
        for socket in list(slack.sockets):
            for frame in ("{", "[]", "null", '{"type": 5}', '{"type": "events_api"}', '{"type": "hello"}'):
                await socket.send_str(frame)
        await slack.event({"type": "app_mention"})
        await slack.event({"type": "message", "channel": 5, "user": [], "message": "x", "subtype": "message_changed"})
        await slack.interact("block_actions", {"actions": "none", "user": 5, "container": []})
        await slack.interact("view_submission", {"view": {"state": {"values": [1]}, "private_metadata": "{"}})
        await slack.command("/summarize")
        await slack.until(lambda: slack.responses)


async def test_connections_keep_coming_back_while_slack_is_down(slack: FakeSlack):
    clock = QuickClock()
    async with running(slack, LedgerHost(), clock=clock.clock(), patience=0):
        await slack.connected(2)
        slack.fail("apps.connections.open", status=503, times=20)
        await slack.abort()
        await slack.until(lambda: len(slack.called("apps.connections.open")) > 20)
        await slack.until(lambda: len(slack.sockets) == 2)
    assert max(clock.slept) > 1.0


# Refusals


@pytest.mark.parametrize("error", ["invalid_auth", "account_inactive", "token_revoked"])
async def test_a_refused_token_ends_with_one_clear_line(slack: FakeSlack, error: str):
    slack.fail("auth.test", error=error)
    with pytest.raises(ServiceStopped) as stopped:
        await SlackAdapter(settings(slack)).run(LedgerHost(), COMMANDS)
    assert "Slack bot token" in str(stopped.value)
    assert "PARLEY_SLACK__BOT_TOKEN" in stopped.value.remedy


async def test_a_refused_app_token_ends_with_one_clear_line(slack: FakeSlack):
    with pytest.raises(ServiceStopped, match="Slack doesn't know the Slack app token") as stopped:
        await SlackAdapter(settings(slack, app_token="xapp-wrong")).run(LedgerHost(), COMMANDS)
    assert "PARLEY_SLACK__APP_TOKEN" in stopped.value.remedy


async def test_a_token_revoked_while_running_ends_the_adapter(slack: FakeSlack):
    host = LedgerHost()
    ready = asyncio.Event()
    run = asyncio.create_task(SlackAdapter(settings(slack), lambda _: ready.set()).run(host, COMMANDS))
    await ready.wait()
    slack.fail("chat.postMessage", error="token_revoked")
    await slack.event(slack.mention("hello?"))
    with pytest.raises(ServiceStopped, match="was revoked"):
        await asyncio.wait_for(run, 5)


async def test_socket_mode_turned_off_ends_the_adapter(slack: FakeSlack):
    ready = asyncio.Event()
    run = asyncio.create_task(SlackAdapter(settings(slack), lambda _: ready.set()).run(LedgerHost(), COMMANDS))
    await ready.wait()
    await slack.disconnect("link_disabled")
    with pytest.raises(ServiceStopped, match="Socket Mode is turned off"):
        await asyncio.wait_for(run, 5)


@pytest.mark.parametrize(
    ("given", "setting"),
    [
        (SlackSettings(""), "PARLEY_SLACK__BOT_TOKEN"),
        (SlackSettings("xoxb-1"), "PARLEY_SLACK__APP_TOKEN"),
        (SlackSettings("xoxb-1", mode="http"), "PARLEY_SLACK__SIGNING_SECRET"),
    ],
)
async def test_a_missing_secret_is_named_before_anything_is_tried(given: SlackSettings, setting: str):
    with pytest.raises(ServiceStopped) as stopped:
        await SlackAdapter(given).run(LedgerHost(), COMMANDS)
    assert setting in stopped.value.remedy


# Limits and failures of the Web API


async def test_a_rate_limit_is_waited_out_as_long_as_slack_says(slack: FakeSlack):
    clock = QuickClock()
    async with running(slack, LedgerHost(), clock=clock.clock()):
        slack.fail("chat.postMessage", status=429, retry_after="37", times=2)
        await slack.event(slack.mention("what did Ana decide?"))
        await slack.until(lambda: any("ask:" in str(kept.get("text")) for kept in slack.messages["C1"]))
    assert clock.slept.count(37.0) == 2


async def test_server_errors_are_tried_again(slack: FakeSlack):
    clock = QuickClock()
    async with running(slack, LedgerHost(), clock=clock.clock()):
        slack.fail("chat.postMessage", status=503, times=3)
        await slack.event(slack.mention("what did Ana decide?"))
        await slack.until(lambda: any("ask:" in str(kept.get("text")) for kept in slack.messages["C1"]))


PAGE = "<html><body>Bad gateway</body></html>"


@pytest.mark.parametrize("error", ["fatal_error", "internal_error", "service_unavailable", "ratelimited", PAGE])
@pytest.mark.parametrize("method", ["chat.postMessage", "users.info"])
async def test_an_error_in_a_200_is_tried_again_with_growing_pauses(slack: FakeSlack, error: str, method: str):
    clock = QuickClock()
    async with running(slack, LedgerHost(), clock=clock.clock()):
        slack.fail(method, error=error, times=4)
        await slack.event(slack.mention("what did Ana decide?"))
        await slack.until(lambda: any("ask:" in str(kept.get("text")) for kept in slack.messages["C1"]))
    pauses = [pause for pause in clock.slept if 0.1 <= pause < 30]
    assert any(pauses[at : at + 4] == [0.1, 0.2, 0.4, 0.8] for at in range(len(pauses)))
    assert sum("ask:" in str(kept.get("text")) for kept in slack.messages["C1"]) == 1


async def test_server_errors_are_tried_again_ever_more_slowly(slack: FakeSlack):
    clock = QuickClock()
    async with running(slack, LedgerHost(), clock=clock.clock()):
        slack.fail("users.info", status=502, times=10)
        await slack.event(slack.mention("what did Ana decide?"))
        await slack.posted(1)
    pauses = [pause for pause in clock.slept if 0.1 <= pause <= 30]
    assert pauses[:10] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0]


async def test_whose_answer_slack_never_took_is_told_when_it_takes_calls_again(slack: FakeSlack):
    clock, host = QuickClock(), LedgerHost()
    async with running(slack, host, clock=clock.clock(), patience=2):
        slack.fail("chat.postMessage", error="fatal_error", times=3)
        mention = slack.mention("what did Ana decide?")
        await slack.event(mention)
        await slack.until(lambda: slack.messages["C1"])
        while await host.unsettled("slack"):  # noqa: ASYNC110 - the ledger is a file
            await asyncio.sleep(0.01)
    (told,) = slack.messages["C1"]
    assert (told["text"], told["thread_ts"]) == (UNSENT, mention["ts"])


@pytest.mark.parametrize("place", ["C1", "D1"])
async def test_an_answer_that_slack_took_before_the_connection_broke_is_not_said_twice(slack: FakeSlack, place: str):
    clock = QuickClock()
    direct = {"type": "message", "channel_type": "im"} if place == "D1" else {}
    async with running(slack, LedgerHost(), clock=clock.clock()):
        for number in range(3):
            asked = slack.mention(f"what did Ana decide on day {number}?", place, **direct)
            slack.keep(place, {**asked, "text": "asked"})
            slack.cuts["chat.postMessage"] = 1
            await slack.event(asked)
            await slack.until(lambda: slack.cuts["chat.postMessage"] == 0)
        await slack.until(lambda: len(slack.called("conversations.replies")) >= 3)
        await asyncio.sleep(0.2)
    said = [kept["text"] for kept in slack.messages[place] if kept["user"] == ME]
    assert said == [f"ask: what did Ana decide on day {number}?" for number in range(3)]


async def test_a_file_that_slack_took_before_the_connection_broke_is_not_put_up_twice(slack: FakeSlack):
    file = Attachment("mood.png", b"PNG", "image/png", "The mood.")

    async def answer(_: Request) -> Reply:
        return Reply("Calm.", files=(file,))

    async with running(slack, LedgerHost(answer=answer), clock=QuickClock().clock()):
        slack.cuts["files.completeUploadExternal"] = 1
        asked = slack.mention("how's the mood?")
        slack.keep("C1", {**asked, "text": "asked"})
        await slack.event(asked)
        await slack.until(lambda: len(slack.called("conversations.replies")) >= 1)
        await asyncio.sleep(0.2)
    assert len(slack.called("files.completeUploadExternal")) == 1


async def test_a_stream_that_slack_opened_before_the_connection_broke_is_gone_on_with(slack: FakeSlack):
    async def answer(request: Request) -> Reply:
        for number in range(3):
            request.text(f"Sentence {number}. ")
            await slack.until(lambda: slack.called("chat.startStream"))
            await asyncio.sleep(0.05)
        return Reply("Sentence 0. Sentence 1. Sentence 2.")

    async with running(slack, LedgerHost(answer=answer), show_after=0.01, show_every=0.01):
        slack.cuts["chat.startStream"] = 1
        asked = slack.mention("what about the venue?")
        slack.keep("C1", {**asked, "text": "asked"})
        await slack.event(asked)
        await slack.posted(1, "chat.update")
    said = [kept["text"] for kept in slack.messages["C1"] if kept["user"] == ME]
    assert said == ["Sentence 0. Sentence 1. Sentence 2."]
    assert len(slack.called("chat.startStream")) == 1


async def test_a_private_answer_is_not_said_twice_and_its_asker_is_told_that_it_may_be_missing(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host, clock=QuickClock().clock()):
        slack.cuts["chat.postEphemeral"] = 1
        url = slack.response_url()
        slack.use_up(url)
        await slack.command("/ask", "who?", response_url=url)
        await slack.until(lambda: len(slack.whispers) == 2)
    assert [each["text"] for each in slack.whispers] == ["ask: who?", UNSENT]


async def test_each_channel_has_its_own_pace(slack: FakeSlack):
    async with running(slack, LedgerHost(), pace=0.15):
        for _ in range(3):
            await slack.event(slack.mention("hello there", "C1"))
        await slack.event(slack.mention("hello there", "C2"))
        await slack.posted(4)
    at = {channel: [] for channel in ("C1", "C2")}
    for call in slack.calls:
        if call.method == "chat.postMessage":
            at[call.params["channel"]].append(call.at)
    assert all(later - earlier >= 0.14 for earlier, later in zip(at["C1"], at["C1"][1:], strict=False))
    assert at["C2"][0] < at["C1"][-1]


async def test_a_reply_that_cannot_be_posted_reaches_the_asker_directly(slack: FakeSlack):
    async with running(slack, LedgerHost()):
        slack.fail("chat.postMessage", error="not_in_channel")
        await slack.event(slack.mention("what did Ana decide?"))
        await slack.until(lambda: slack.whispers)
    assert slack.whispers[0]["user"] == "U1"


async def test_an_unreachable_slack_leaves_the_row_for_the_next_start(slack: FakeSlack):
    host = LedgerHost()
    clock = QuickClock()
    async with running(slack, host, clock=clock.clock(), patience=0):
        slack.fail("chat.postMessage", status=503, times=99)
        await slack.event(slack.mention("what did Ana decide?"))
        await slack.until(lambda: host.requests)
        await asyncio.sleep(0.2)
        assert [pending.asker.id for pending in await host.unsettled("slack")] == ["U1"]


# Secrets


async def test_no_secret_and_no_text_is_in_logs_or_repr(slack: FakeSlack, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("aiohttp").setLevel(logging.WARNING)

    async def answer(request: Request) -> Reply:
        raise ValueError(request.intent.argument)

    async with running(slack, LedgerHost(answer=answer)):
        await slack.command("/ask", "planted-question")
        await slack.event(slack.mention("planted-question"))
        await slack.event({"type": "unheard_of", "text": "planted-question"})
        await slack.until(lambda: "ValueError" in caplog.text)
        await slack.abort()
        await slack.connected(2)
    said = caplog.text + repr(settings(slack)) + repr(SlackAdapter(settings(slack)))
    for secret in (BOT_TOKEN, APP_TOKEN, SECRET, "planted", "ticket="):
        assert secret not in said


# HTTP


async def served(slack: FakeSlack, ready: "asyncio.Future[str]", **how: object) -> int:
    url = (await ready).split(", ")[1]
    return (await slack.post_signed(url, slack.command_body("/summarize", "last 5"), **how))[0]  # type: ignore[arg-type]


async def test_a_signed_request_is_served_over_http(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host, mode="http") as ready:
        assert await served(slack, ready) == 200
        await slack.until(lambda: slack.responses)
        url = ready.result().split(", ")[1]
        mention = {"type": "event_callback", "event_id": "Ev1", "event": slack.mention("who?"), "team_id": "T0PARLEY"}
        assert (await slack.post_signed(url, mention))[0] == 200
        await slack.posted(1)
    assert host.requests[0].intent == Intent("summarize", window=host.requests[0].intent.window)


async def test_buttons_and_forms_are_served_over_http(slack: FakeSlack):
    host = LedgerHost()
    async with running(slack, host, mode="http") as ready:
        url = (await ready).split(", ")[1]
        said = {"type": "message", "user": "U1", "ts": "2.2", "text": "who goes?"}
        about = {"channel": {"id": "C1"}, "user": {"id": "U1"}, "response_url": slack.response_url()}
        pressed = {"type": "message_action", "callback_id": "ask_thread", "message": said, **about}
        await slack.post_signed(url, {"payload": json.dumps({**pressed, "trigger_id": slack.trigger()})})
        await slack.until(lambda: slack.modals)
        view = {**slack.modals[0], "state": {"values": {"words": {"words": {"value": "who decided?"}}}}}
        sent = {"type": "view_submission", "view": view, "user": {"id": "U1"}, "trigger_id": slack.trigger()}
        assert (await slack.post_signed(url, {"payload": json.dumps(sent)})) == (200, "")
        await slack.until(lambda: slack.responses)
    assert host.requests[0].intent.argument == "who decided?"


async def test_the_address_is_verified_when_slack_asks(slack: FakeSlack):
    async with running(slack, LedgerHost(), mode="http") as ready:
        url = (await ready).split(", ")[1]
        status, said = await slack.post_signed(url, {"type": "url_verification", "challenge": "3eZbrw1a"})
    assert (status, "3eZbrw1a" in said) == (200, True)


@pytest.mark.parametrize(
    "how",
    [
        {"ahead": -301},
        {"ahead": 400},
        {"secret": "wrong"},
        {"drop": ("X-Slack-Signature",)},
        {"drop": ("X-Slack-Request-Timestamp",)},
        {"drop": ("X-Slack-Signature", "X-Slack-Request-Timestamp")},
        {"at": float("inf")},
    ],
    ids=["stale", "future", "wrong", "no signature", "no timestamp", "neither", "no number"],
)
async def test_a_bad_signature_is_refused_without_work(
    slack: FakeSlack, how: dict[str, object], request: pytest.FixtureRequest, figure: Callable[[str], None]
):
    host = LedgerHost()
    if "ahead" in how:
        how = {"at": time.time() + float(str(how["ahead"]))}  # of now, not of when the tests were collected
    async with running(slack, host, mode="http") as ready:
        assert await served(slack, ready, **how) == 401
    work = [*host.requests, *slack.responses, *slack.called("users.info")]
    figure(f"slack: a request whose signature is “{request.node.callspec.id}”: 401, {len(work)} pieces of work")
    assert work == []


@pytest.mark.parametrize("body", [b"\xff\xfe", b"{", b"payload=%7B"])
async def test_a_body_that_cannot_be_read_is_refused(slack: FakeSlack, body: bytes):
    async with running(slack, LedgerHost(), mode="http") as ready:
        url = ready.result().split(", ")[1]
        assert await slack.post_raw(url, body) in {400, 401}
