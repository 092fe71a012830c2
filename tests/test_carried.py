"""Words of others that stand in a message - forwards, shares, pins, announcements, files - go with whose they are."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from discord_host import connected
from fake_discord import FakeDiscord
from fake_discord_data import ANA, BEN, GENERAL, GUILD, START, snowflake
from slack_host import LedgerHost

from adapters.chat import EVERYTHING, Carried, Deleted, Message, Person, Place, Present
from adapters.imports.discord_items import ExportedChannel, read_message, read_room
from adapters.payloads.slack import Scene
from adapters.payloads.slack import read_message as read_slack
from adapters.text.markup import Names
from bot.history import History, Scope
from bot.history.derived import vectors

NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
HERE, THERE = Place("slack", "T1", "C1"), Place("slack", "T1", "C2")
SCENE = Scene(HERE, Names({"U1": "Ana", "U2": "Bruno"}), unfolded=True)
TS = "1777809600.000100"  # of the message that is passed on, at NOON
SECRET = "the spare key lies under the green buoy"
KINDS: dict[str, dict[str, Any]] = {
    "a share": {"attachments": [{"is_share": True, "author_id": "U2", "ts": TS, "channel_id": "C2", "text": SECRET}]},
    "a link that is unfolded": {
        "attachments": [
            {"is_msg_unfurl": True, "author_id": "U2", "text": SECRET,
             "from_url": "https://h.slack.com/archives/C2/p1777809600000100"},
        ],
    },
    "a thread's root": {
        "subtype": "thread_broadcast",
        "attachments": [
            {"is_thread_root_unfurl": True, "author_id": "U2", "ts": TS, "channel_id": "C2", "text": SECRET},
        ],
    },
    "a pin": {
        "subtype": "pinned_item",
        "attachments": [{"author_id": "U2", "ts": TS, "channel_id": "C2", "fallback": SECRET}],
    },
}  # fmt: skip


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History.open(tmp_path / "history.db") as opened:
        yield opened


def slack(**item: Any) -> Message:
    message = read_slack({"user": "U1", "ts": "1777813200.000100", "text": "Please read this.", **item}, SCENE)
    assert isinstance(message, Message)
    return message


def stored(history: History, place: Place = HERE) -> list[str]:
    return [each.text for each in history.window(Scope.of(place), EVERYTHING, NOON)]


@pytest.mark.parametrize("kind", KINDS)
def test_words_that_slack_says_are_of_somebody_go_when_that_person_is_forgotten(history: History, kind: str):
    carrying = slack(**KINDS[kind])
    history.add([carrying])
    history.write(vectors.keep, "m", [(carrying, np.ones(4, dtype=np.float32))])
    assert SECRET in stored(history)[0]
    history.forget("U2")
    assert stored(history) == ["Please read this.\n[forwarded]"]
    assert history.search(Scope.of(HERE), "buoy", 5) == []
    assert history.vectors(Scope.of(HERE), [carrying.id], "m") == {}


@pytest.mark.parametrize("kind", KINDS)
def test_words_of_a_message_that_is_deleted_go_wherever_it_was_passed_on(history: History, kind: str):
    history.add([slack(**KINDS[kind])])
    history.observe(Deleted(HERE, (TS,)), NOON)  # another channel's message of the same moment
    assert SECRET in stored(history)[0]
    history.observe(Deleted(THERE, (TS,)), NOON)
    assert stored(history) == ["Please read this.\n[forwarded]"]


@pytest.mark.parametrize("kind", KINDS)
def test_words_of_somebody_who_is_left_out_never_come_in(history: History, kind: str):
    history.forget("U2")
    history.add([slack(**KINDS[kind])])
    history.observe(replace(slack(**KINDS[kind]), id="1777813300.000100"), NOON)
    assert {*stored(history)} == {"Please read this.\n[forwarded]"}


def test_words_that_were_said_after_somebody_came_back_may_be_passed_on(history: History):
    history.forget("U2", until=NOON - timedelta(hours=1))
    history.add([slack(**KINDS["a share"])])
    assert SECRET in stored(history)[0]


def test_a_message_that_vanished_while_nobody_listened_goes_from_what_passes_it_on(history: History):
    original = Message(TS, THERE, Person("U2", "Bruno"), SECRET, NOON)
    history.add([original, slack(**KINDS["a share"])])
    hour = timedelta(hours=1)
    history.observe(Present(THERE, NOON - hour, NOON + hour, ()), NOON)
    assert (stored(history), stored(history, THERE)) == (["Please read this.\n[forwarded]"], [])


def test_an_edit_that_takes_the_words_out_lets_a_later_erasure_leave_the_message_alone(history: History):
    carrying = slack(**KINDS["a share"])
    history.add([carrying])
    history.add([replace(carrying, text="Never mind.", carried=(), alone="", edited_at=NOON)])
    history.forget("U2")
    assert stored(history) == ["Never mind."]


def test_a_file_of_somebody_else_shows_its_beginning_while_they_are_stored(history: History):
    file = {"name": "plan.txt", "mode": "snippet", "plain_text": SECRET, "user": "U2", "created": 1777809600}
    history.add([slack(files=[file])])
    assert stored(history) == [f"Please read this.\n[file: plan.txt] {SECRET}"]
    history.forget("U2")
    assert stored(history) == ["Please read this.\n[file]"]


def test_ones_own_file_goes_with_its_message_alone():
    assert slack(files=[{"name": "plan.txt", "user": "U1"}]).carried == ()


# Discord's exports


def room() -> ExportedChannel:
    found = read_room({"guild": {"id": "1", "name": "Harbour"}, "channel": {"id": "2", "type": "GuildTextChat"}})
    assert isinstance(found, ExportedChannel)
    return found


def exported(**item: Any) -> Message:
    given = {"id": "30", "timestamp": NOON.isoformat(), "author": {"id": "8", "name": "Ana"}, **item}
    message = read_message(given, room())
    assert isinstance(message, Message)
    return message


def passing_on(kind: str, original: str) -> dict[str, Any]:
    if kind == "forward":
        return {"forwardedMessage": {"content": SECRET}, "reference": {"messageId": original, "channelId": "5"}}
    return {"content": SECRET, "reference": {"messageId": original, "channelId": "5", "guildId": "9"}}


@pytest.mark.parametrize("kind", ["forward", "crosspost"])
def test_a_message_of_discord_that_is_passed_on_goes_with_its_author_where_it_is_stored(history: History, kind: str):
    original = Message("20", Place("discord", "1", "5"), Person("9", "Ben"), SECRET, NOON)
    history.add([original, exported(type="Default", **passing_on(kind, "20"))])
    assert SECRET in stored(history, room().channel.place)[0]
    history.forget("9")
    assert stored(history, room().channel.place) == [f"[{kind}ed]"]


def test_a_reply_passes_nothing_on():
    reply = exported(type="Reply", content="Yes.", reference={"messageId": "20", "channelId": "2"})
    assert (reply.carried, reply.reply_to) == ((), "20")


@pytest.mark.parametrize("kind", ["21", "24", "46"])
def test_an_exported_notice_never_holds_what_somebody_else_wrote(kind: str):
    assert exported(type=kind, content=SECRET, embeds=[{"description": SECRET}]).text == ""


# Discord live


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as fake:
        yield fake


def forward(message: str, channel: str = GENERAL) -> dict[str, Any]:
    snapshot = {
        "type": 0, "content": SECRET, "mentions": [], "mention_roles": [], "attachments": [], "embeds": [],
        "timestamp": START.isoformat(), "edited_timestamp": None, "flags": 0, "components": [], "sticker_items": [],
    }  # fmt: skip
    reference = {"type": 1, "message_id": message, "channel_id": channel, "guild_id": GUILD}
    return {"message_reference": reference, "message_snapshots": [{"message": snapshot}]}


async def said(discord: FakeDiscord, host: LedgerHost, more: dict[str, Any]) -> Message:
    async with connected(discord, host):
        await discord.say(ANA, "", **more)
        await discord.until(lambda: [event for event in host.events if isinstance(event, Message)])
    return next(event for event in host.events if isinstance(event, Message))


async def test_whose_words_a_forward_holds_is_asked_of_discord(discord: FakeDiscord):
    original = discord.post(BEN, SECRET)
    message = await said(discord, LedgerHost(), forward(original["id"]))
    (carried,) = message.carried
    assert (message.text, message.alone) == (f"[forwarded] {SECRET}", "[forwarded]")
    assert (carried.author, carried.id) == (BEN, original["id"])
    assert carried.sent_at is not None
    assert abs(carried.sent_at - datetime.fromisoformat(original["timestamp"])) < timedelta(seconds=1)


@pytest.mark.parametrize("channel", [GENERAL, "299"])
async def test_a_forward_whose_author_can_not_be_learnt_is_recorded_without_its_words(
    discord: FakeDiscord, channel: str
):
    message = await said(discord, LedgerHost(), forward(snowflake(START), channel))
    assert (message.text, message.carried) == ("[forwarded]", ())


async def test_what_another_server_published_is_recorded_with_where_it_is_from(discord: FakeDiscord):
    reference = {"message_id": "77", "channel_id": "78", "guild_id": "79"}
    async with connected(discord, host := LedgerHost()):
        await discord.say(ANA, "Version 4 is out.", flags=2, message_reference=reference)
        await discord.until(lambda: [event for event in host.events if isinstance(event, Message)])
    (message,) = (event for event in host.events if isinstance(event, Message))
    assert (message.text, message.alone) == ("Version 4 is out.", "[crossposted]")
    assert message.carried == (Carried("", "77", "", message.carried[0].sent_at),)


# What older versions stored


def test_notices_of_discord_that_an_older_version_stored_lose_their_words_when_it_is_opened(tmp_path: Path):
    path, place = tmp_path / "history.db", Place("discord", "1", "2")
    starter = Message("1", place, Person("8", "Ana"), SECRET, NOON, notice=True)
    bare = Message("2", place, Person("8", "Ana"), "[recipient add]", NOON, notice=True)
    joined = Message("3", HERE, Person("U1", "Ana"), "Ana joined the channel", NOON, notice=True)
    with History.open(path) as history:
        history.add([starter, bare, joined, replace(starter, id="4", text="We sail at six.", notice=False)])
    with sqlite3.connect(path) as raw:
        raw.execute("DELETE FROM _sqlite_migrations WHERE name = 'take_words_out_of_notices'")
    raw.close()
    with History.open(path) as history:
        assert stored(history, place) == ["", "[recipient add]", "We sail at six."]
        assert stored(history) == ["Ana joined the channel"]
        assert history.search(Scope.of(place), "buoy", 5) == []
    assert b"buoy" not in path.read_bytes()
