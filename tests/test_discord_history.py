"""What Discord's channels leave in the record: events as they come, and what is read back for those that didn't."""

from collections.abc import AsyncIterator

import pytest
from discord_host import connected
from fake_discord import FakeDiscord
from fake_discord_data import ANA, APP, BEN, GENERAL, GUILD, channel, thread
from slack_host import LedgerHost
from test_discord_gateway import IMPATIENT

from adapters.chat import EVERYTHING, Channel, Deleted, Gone, Message, Place, Reply, Request, Standing

PLACE = Place("discord", GUILD, GENERAL)


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as fake:
        yield fake


def keeping(*channels: str) -> LedgerHost:
    host = LedgerHost()
    host.decided = dict.fromkeys(channels or (GENERAL,), Standing(kept=True))
    return host


def texts(host: LedgerHost) -> list[str]:
    return [event.text for event in host.events if isinstance(event, Message)]


async def test_messages_edits_and_deletions_are_observed_as_they_come(discord: FakeDiscord):
    host = LedgerHost()
    async with connected(discord, host):
        said = await discord.say(ANA, "The boats are **out**.")
        await discord.dispatch("MESSAGE_UPDATE", {**said, "content": "in", "edited_timestamp": said["timestamp"]})
        gone = {"id": said["id"], "channel_id": GENERAL, "guild_id": GUILD}
        await discord.dispatch("MESSAGE_DELETE", gone)
        await discord.dispatch("MESSAGE_DELETE_BULK", {**gone, "ids": ["7", "5"]})
        await discord.until(lambda: len(host.events) == 5)
    assert isinstance(host.events[0], Channel)
    assert sorted(texts(host)) == ["The boats are out.", "in"]
    assert {event for event in host.events if isinstance(event, Deleted)} == {
        Deleted(PLACE, (said["id"],)),
        Deleted(PLACE, ("5", "7")),
    }


async def test_what_is_said_to_parley_and_by_it_is_no_part_of_the_record(discord: FakeDiscord):
    host = keeping()
    discord.post(ANA, "The boats are out.")
    discord.post(ANA, f"<@{APP}> who brings the projector?")
    discord.post(APP, "I did not find this.")
    async with connected(discord, host, clock=IMPATIENT):
        await discord.say(BEN, f"<@{APP}> summarise")
        await discord.say(BEN, "So are mine.")
        await discord.until(lambda: {*texts(host)} == {"So are mine.", "The boats are out."})
        asked = next(request for request in host.requests if request.intent.name == "summarize")
        read = [message.text async for message in asked.fetch(EVERYTHING)]
    assert {*texts(host)} == {"So are mine.", "The boats are out."}
    assert "The boats are out." in read
    assert not any("projector" in text or "summarise" in text for text in read)


async def test_what_an_edit_turns_into_a_question_to_parley_leaves_the_record(discord: FakeDiscord):
    host = LedgerHost()
    async with connected(discord, host):
        said = await discord.say(ANA, "The key is under the mat.")
        await discord.until(lambda: texts(host))
        asks = {"content": f"<@{APP}> where is the key?", "mentions": [discord.users[APP]]}
        await discord.dispatch("MESSAGE_UPDATE", {**said, **asks, "edited_timestamp": said["timestamp"]})
        await discord.until(lambda: Deleted(PLACE, (said["id"],)) in host.events)


async def test_a_channel_is_read_as_soon_as_it_is_turned_on_by_a_command(discord: FakeDiscord):
    host = LedgerHost()
    discord.post(ANA, "The boats are out.")

    async def turn_on(_: Request) -> Reply:
        host.decided[GENERAL] = Standing(kept=True)
        return Reply("This channel is on.", private=False)

    host.answer = turn_on
    async with connected(discord, host, clock=IMPATIENT):
        await discord.slash("help")
        await discord.until(lambda: texts(host) == ["The boats are out."])


async def test_files_stickers_and_notices_are_named(discord: FakeDiscord):
    host = LedgerHost()
    file = {"id": "1", "filename": "plan.pdf", "size": 1, "url": "x", "proxy_url": "x"}
    sticker = {"id": "2", "name": "wave", "format_type": 1}
    async with connected(discord, host):
        await discord.say(ANA, "see", attachments=[file], sticker_items=[sticker])
        await discord.say(BEN, "", type=6)
        await discord.until(lambda: len(texts(host)) == 2)
    first, notice = (event for event in host.events if isinstance(event, Message))
    assert first.text == "see\n[file: plan.pdf]\n[sticker: wave]"
    assert notice.notice
    assert "pinned" in notice.text


@pytest.mark.parametrize("kind", [4, 18, 21, 24, 31])
async def test_a_notice_never_keeps_what_somebody_else_wrote(discord: FakeDiscord, kind: int):
    host, words = LedgerHost(), "the combination of the safe is 4711"
    async with connected(discord, host):
        original = discord.post(ANA, words)
        reference = {"message_id": original["id"], "channel_id": GENERAL}
        embed = {"type": "auto_moderation_message", "description": words}
        content = words if kind != 21 else ""
        await discord.say(
            BEN, content, type=kind, message_reference=reference, referenced_message=original, embeds=[embed]
        )
        await discord.until(lambda: texts(host))
    (kept,) = (event for event in host.events if isinstance(event, Message))
    assert kept.notice
    assert "safe" not in kept.text
    assert "4711" not in kept.text


async def test_what_is_said_in_a_public_thread_stands_in_its_channel(discord: FakeDiscord):
    host = LedgerHost()
    discord.threads["201"] = thread("201", "plans")
    async with connected(discord, host):
        await discord.say(ANA, "in the thread", "201")
        await discord.until(lambda: texts(host))
    message = next(event for event in host.events if isinstance(event, Message))
    assert message.place == Place("discord", GUILD, GENERAL, "201")


async def test_a_deleted_channel_and_a_left_server_are_gone(discord: FakeDiscord):
    host = LedgerHost()
    discord.channels["202"] = channel("202", "other")
    async with connected(discord, host):
        await discord.dispatch("CHANNEL_DELETE", discord.channels["202"])
        await discord.until(lambda: len(host.events) == 1)
        await discord.dispatch("GUILD_DELETE", {"id": GUILD})
        await discord.until(lambda: len(host.events) == 2)
    assert host.events == [Gone(Place("discord", GUILD, "202")), Gone(PLACE)]


async def test_a_channel_is_read_back_a_hundred_a_call_without_gap_or_duplicate(discord: FakeDiscord):
    host = keeping()
    for number in range(250):
        discord.post(ANA, f"message {number}")
    async with connected(discord, host, clock=IMPATIENT):
        await discord.until(lambda: len(texts(host)) == 250)
    assert sorted(texts(host)) == sorted(f"message {number}" for number in range(250))
    assert discord.calls.count(f"GET /channels/{GENERAL}/messages") == 3


async def test_reading_back_goes_on_where_it_stopped(discord: FakeDiscord):
    host = keeping()
    for number in range(250):
        discord.post(ANA, f"message {number}")
    async with connected(discord, host, clock=IMPATIENT):
        await discord.until(lambda: len(texts(host)) >= 100)
    again = keeping()
    again.marks = dict(host.marks)
    async with connected(discord, again, clock=IMPATIENT):
        await discord.until(lambda: "message 0" in texts(host) + texts(again))
    assert {*texts(host), *texts(again)} == {f"message {number}" for number in range(250)}


async def test_what_was_missed_is_read_after_a_new_session(discord: FakeDiscord):
    host = keeping()
    discord.refuse_resume = True
    async with connected(discord, host, clock=IMPATIENT):
        await discord.until(lambda: host.marks)
        discord.cut()
        discord.post(BEN, "said while nobody listened")
        await discord.until(lambda: "said while nobody listened" in texts(host))


async def test_what_parley_says_is_not_recorded_and_channels_that_are_off_are_not_read(discord: FakeDiscord):
    host = LedgerHost()
    discord.post(ANA, "before")
    async with connected(discord, host):
        await discord.say(APP, "an answer")
        await discord.say(ANA, "later")
        await discord.until(lambda: texts(host))
    assert texts(host) == ["later"]
    assert f"GET /channels/{GENERAL}/messages" not in discord.calls
