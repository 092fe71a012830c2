"""Reading Slack's channels back: all of a channel at first, every gap later, resumable, and at Slack's speed."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fake_slack import FakeSlack
from fake_slack_api import BOT, ME, TEAM
from slack_host import LedgerHost, QuickClock, running

from adapters.chat import EVERYTHING, Channel, Event, Message, Person, Place, Standing
from adapters.payloads.slack import moment
from adapters.platform.cursor import Mark
from bot.history import History, Scope, reconciliation

START = 1_700_000_000
KEPT = Standing(kept=True)


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as fake:
        for number in range(20):
            fake.add_user(f"U{number}", f"person {number}")
        fake.add_channel("C1", "general", (ME, "U1"), is_channel=True)
        yield fake


def keeping(*channels: str) -> LedgerHost:
    host = LedgerHost()
    host.decided = dict.fromkeys(channels or ("C1",), KEPT)
    return host


def fill(slack: FakeSlack, count: int, every: int = 10, replies: int = 3, start: int = START) -> set[str]:
    """`count` messages, every `every`th of them a root with `replies` replies; their timestamps."""
    made: list[dict[str, object]] = []
    while len(made) < count:
        ts = f"{start + len(made)}.000100"
        root: dict[str, object] = {"user": f"U{len(made) % 20}", "ts": ts, "text": f"message {len(made)}"}
        made.append(root)
        if len(made) % every == 1:
            answers = [
                {"user": "U2", "ts": f"{start + len(made) + each}.000100", "text": "reply", "thread_ts": ts}
                for each in range(min(replies, count - len(made)))
            ]
            if answers:
                root |= {"reply_count": len(answers), "latest_reply": answers[-1]["ts"], "thread_ts": ts}
            made += answers
    for item in made:
        slack.keep("C1", item)
    return {str(item["ts"]) for item in made}


def read(host: LedgerHost) -> Counter[str]:
    return Counter(event.id for event in host.events if isinstance(event, Message))


async def done(slack: FakeSlack, host: LedgerHost, channel: str = "C1") -> None:
    await slack.until(lambda: '"gaps":[]' in host.marks.get(channel, ""), 30)


async def test_ten_thousand_messages_through_rate_limits_have_no_gap_and_no_duplicate(
    slack: FakeSlack, tmp_path: Path, figure: Callable[[str], None]
):
    wanted = fill(slack, 10_000, every=50)
    clock, host = QuickClock(), keeping()
    slack.limits = {"conversations.history": (3, "60"), "conversations.replies": (10, "30")}
    started = time.perf_counter()
    async with running(slack, host, clock=clock.clock()):
        await done(slack, host)
    seconds = time.perf_counter() - started
    with History.open(tmp_path / "history.db") as history:
        history.add(event for event in host.events if isinstance(event, Channel | Message))
        stored = history.stats().messages
    waits = clock.slept.count(60.0) + clock.slept.count(30.0)
    repeated = sum(read(host).values()) - len(read(host))
    figure(
        f"slack: 10,000 messages in {seconds:.1f} s through {waits} rate limits: "
        f"{len(read(host))} read, {repeated} twice, {len(wanted - set(read(host)))} missed"
    )
    assert waits >= 40
    assert set(read(host)) == wanted
    assert set(read(host).values()) == {1}
    assert stored == 10_000


async def test_a_page_holds_fifteen_messages_where_slack_gives_no_more(slack: FakeSlack):
    wanted = fill(slack, 100, replies=0)
    host = keeping()
    async with running(slack, host, page_size=15):
        await done(slack, host)
    assert set(read(host)) == wanted
    assert {int(call["limit"]) for call in slack.called("conversations.history")} == {15}
    assert len(slack.called("conversations.history")) == 7


async def test_a_stop_in_the_middle_costs_at_most_a_page(slack: FakeSlack):
    wanted = fill(slack, 300)
    first = keeping()
    slack.fail("conversations.history", status=429, retry_after="3600", times=99, skip=4)
    async with running(slack, first, page_size=20):
        await slack.until(lambda: len(slack.called("conversations.history")) >= 5, 10)
        await asyncio.sleep(0.05)
    slack._failures.clear()
    second = keeping()
    second.marks = first.marks
    async with running(slack, second, page_size=20):
        await done(slack, second)
    assert 0 < len(read(first)) < 300
    assert set(read(first)) | set(read(second)) == wanted
    assert len(set(read(first)) & set(read(second))) <= 25


async def test_a_channel_that_is_not_kept_is_not_read(slack: FakeSlack):
    fill(slack, 10)
    host = LedgerHost()
    async with running(slack, host):
        await slack.posted(1, "users.conversations")
        await asyncio.sleep(0.1)
    assert host.events == []
    assert slack.called("conversations.history") == []


async def test_a_channel_that_is_turned_on_is_read_soon_after(slack: FakeSlack):
    wanted = fill(slack, 10)
    host = LedgerHost()
    async with running(slack, host):
        await slack.posted(1, "users.conversations")
        host.decided["C1"] = KEPT
        await slack.command("/parley", "help")
        await done(slack, host)
    assert set(read(host)) == wanted


async def test_a_channel_that_parley_joins_is_read(slack: FakeSlack):
    slack.add_channel("C2", "later", is_channel=True)
    slack.keep("C2", {"user": "U1", "ts": f"{START}.000100", "text": "before you came"})
    host = keeping("C2")
    async with running(slack, host):
        await slack.posted(1, "users.conversations")
        slack.members["C2"].append(ME)
        await slack.event({"type": "member_joined_channel", "user": ME, "channel": "C2"})
        await done(slack, host, "C2")
    assert set(read(host)) == {f"{START}.000100"}


async def test_after_a_reconnect_the_gap_is_filled_with_edits_and_late_replies(slack: FakeSlack):
    now = datetime.now(UTC).timestamp()
    old, edited = f"{now - 3600:.6f}", f"{now - 3500:.6f}"
    slack.keep("C1", {"user": "U1", "ts": old, "text": "root"})
    slack.keep("C1", {"user": "U1", "ts": edited, "text": "tomorrow at nine"})
    slack.keep("C1", {"user": "U1", "ts": f"{now - 3400:.6f}", "text": "untouched"})
    host = keeping()
    async with running(slack, host):
        await done(slack, host)
        host.events.clear()
        await slack.abort()
        away = [f"{datetime.now(UTC).timestamp() + each / 1000:.6f}" for each in range(3)]
        slack.keep("C1", {"user": "U2", "ts": away[0], "text": "while you were away"})
        slack.keep("C1", {"user": "U2", "ts": away[1], "text": "late reply", "thread_ts": old})
        slack.messages["C1"][0] |= {"reply_count": 1, "latest_reply": away[1], "thread_ts": old}
        slack.messages["C1"][1] |= {"text": "tomorrow at ten", "edited": {"ts": away[2], "user": "U1"}}
        await slack.until(lambda: len(read(host)) >= 3)
        await done(slack, host)
    texts = {event.text for event in host.events if isinstance(event, Message)}
    assert texts >= {"while you were away", "late reply", "tomorrow at ten"}
    assert "untouched" not in texts


async def test_what_is_said_to_parley_and_by_it_is_not_read_back(slack: FakeSlack):
    now = datetime.now(UTC).timestamp()
    slack.keep("C1", {"user": "U1", "ts": f"{now - 50:.6f}", "text": "the slipway is closed"})
    slack.keep("C1", {"user": "U1", "ts": f"{now - 40:.6f}", "text": f"<@{ME}> what is closed?"})
    slack.keep("C1", {"user": ME, "bot_id": BOT, "ts": f"{now - 30:.6f}", "text": "“the slipway is closed”"})
    host = keeping()
    async with running(slack, host):
        await done(slack, host)
    assert [event.text for event in host.events if isinstance(event, Message)] == ["the slipway is closed"]


# What was deleted meanwhile


@asynccontextmanager
async def remembering(
    slack: FakeSlack, *kept: dict[str, object], **more: Any
) -> AsyncIterator[tuple[LedgerHost, History]]:
    """A channel that has been read into a real history, and is read again after each `abort`."""
    for item in kept:
        slack.keep("C1", item)
    host = keeping()
    with History.open(None) as history:
        history.turn_on(slack_place(), "U1", datetime.now(UTC))

        async def observe(event: Event) -> None:
            host.events.append(event)
            history.observe(event, datetime.now(UTC))

        async def threads(*span: Any) -> Mapping[str, int]:
            return history.read(reconciliation.replies, *span)

        host.observe, host.threads = observe, threads  # type: ignore[method-assign]
        async with running(slack, host, **more):
            await done(slack, host)
            yield host, history


def slack_place(thread: str | None = None) -> Place:
    return Place("slack", TEAM, "C1", thread)


def ago(seconds: float) -> str:
    return f"{datetime.now(UTC).timestamp() - seconds:.6f}"


def started(root: str, *replies: str) -> dict[str, object]:
    thread = {"thread_ts": root, "reply_count": len(replies), "latest_reply": replies[-1]}
    return {"user": "U1", "ts": root, "text": "root", **thread}


async def look_again(slack: FakeSlack, host: LedgerHost) -> None:
    before = host.marks["C1"]
    await slack.abort()
    await slack.until(lambda: host.marks["C1"] != before)
    await done(slack, host)


def stored(history: History) -> set[str]:
    return {message.text for message in history.window(Scope.of(slack_place()), EVERYTHING, datetime.now(UTC))}


async def test_a_message_that_was_deleted_while_parley_was_away_is_erased(slack: FakeSlack):
    said = [{"user": "U1", "ts": ago(3600 - each), "text": f"message {each}"} for each in range(5)]
    async with remembering(slack, *said) as (host, history):
        assert len(stored(history)) == 5
        del slack.messages["C1"][4], slack.messages["C1"][1]
        await look_again(slack, host)
        assert stored(history) == {"message 0", "message 2", "message 3"}


async def test_what_goes_between_two_pages_costs_no_other_message(slack: FakeSlack):
    said = [{"user": "U1", "ts": ago(3600 - each), "text": f"message {each}"} for each in range(40)]
    async with remembering(slack, *said, page_size=15) as (host, history):
        assert len(stored(history)) == 40
        page = slack.do_conversations_history

        def and_then_the_newest_goes(params: dict[str, Any]) -> dict[str, Any]:
            shown = page(params)
            if len(slack.messages["C1"]) > 37:
                slack.messages["C1"].pop()
            return shown

        slack.do_conversations_history = and_then_the_newest_goes  # type: ignore[method-assign]
        await look_again(slack, host)
        assert len(slack.messages["C1"]) == 37
        assert {f"message {each}" for each in range(37)} <= stored(history)


async def test_a_reply_that_was_deleted_while_parley_was_away_is_erased(slack: FakeSlack):
    root, replies = ago(3600), [ago(3500), ago(3400)]
    threaded = started(root, *replies)
    said = [{"user": "U1", "ts": ts, "text": f"reply {ts}", "thread_ts": root} for ts in replies]
    async with remembering(slack, threaded, *said) as (host, history):
        assert len(stored(history)) == 3
        del slack.messages["C1"][1]
        slack.messages["C1"][0]["reply_count"] = 1
        await look_again(slack, host)
        assert stored(history) == {"root", f"reply {replies[1]}"}
        calls = len(slack.called("conversations.replies"))
        await look_again(slack, host)
        assert len(slack.called("conversations.replies")) == calls  # a thread that lacks nothing is not read again


async def test_a_late_reply_in_an_old_thread_is_found_and_a_deleted_one_erased(slack: FakeSlack):
    root, heard, late = ago(9 * 86_400), ago(3600), ago(1800)
    threaded = started(root, heard)
    async with remembering(slack, threaded, {"user": "U2", "ts": heard, "text": "heard", "thread_ts": root}) as (
        host,
        history,
    ):
        assert stored(history) == {"root", "heard"}
        slack.messages["C1"][1:] = [{"type": "message", "user": "U2", "ts": late, "text": "late", "thread_ts": root}]
        host.marks["C1"] = Mark(done=ago(2700)).text()  # away since before the late reply
        await look_again(slack, host)
        assert stored(history) == {"root", "late"}


async def test_a_deleted_root_whose_replies_stay_is_erased(slack: FakeSlack):
    root, reply = ago(3600), ago(3500)
    threaded = started(root, reply)
    async with remembering(slack, threaded, {"user": "U2", "ts": reply, "text": "reply", "thread_ts": root}) as (
        host,
        history,
    ):
        slack.messages["C1"][0] |= {"subtype": "tombstone", "user": "USLACKBOT", "text": "This message was deleted."}
        await look_again(slack, host)
        assert stored(history) == {"reply"}


async def test_what_an_import_brought_from_before_the_plans_limit_stays(slack: FakeSlack):
    async with remembering(slack, {"user": "U1", "ts": ago(3600), "text": "shown"}) as (host, history):
        hidden = Message(ago(99 * 86_400), slack_place(), Person("U1", "Ana"), "hidden", moment(ago(99 * 86_400)))
        history.add([hidden])
        host.marks["C1"] = ""
        await look_again(slack, host)
        assert stored(history) == {"shown", "hidden"}


async def test_a_message_of_the_last_moments_is_not_taken_for_deleted(slack: FakeSlack):
    async with remembering(slack, {"user": "U1", "ts": ago(3600), "text": "old"}) as (host, history):
        just_heard = Message(ago(5), slack_place(), Person("U1", "Ana"), "just heard", datetime.now(UTC))
        history.observe(just_heard, datetime.now(UTC))
        await look_again(slack, host)
        assert stored(history) == {"old", "just heard"}


async def test_a_connection_that_slack_renews_while_another_is_up_misses_nothing(slack: FakeSlack):
    async with remembering(slack, {"user": "U1", "ts": ago(3600), "text": "old"}) as (host, _):
        await slack.connected(2)
        before, opened = host.marks["C1"], len(slack.called("apps.connections.open"))
        await slack.sockets[0].send_json({"type": "disconnect", "reason": "refresh_requested"})
        await slack.until(lambda: len(slack.called("apps.connections.open")) > opened)
        await slack.connected(2)
        await slack.event({"type": "unheard_of"})
        assert host.marks["C1"] == before


async def test_a_channel_that_cannot_be_read_does_not_stop_the_others(slack: FakeSlack):
    wanted = fill(slack, 5)
    slack.add_channel("C0", "broken", (ME,), is_channel=True)
    slack.channels = dict(sorted(slack.channels.items()))
    slack.fail("conversations.history", error="invalid_cursor")
    host = keeping("C0", "C1")
    async with running(slack, host):
        await done(slack, host)
    assert set(read(host)) == wanted
    assert '"gaps":[[' in host.marks["C0"]
