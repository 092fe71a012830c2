"""What Parley says unasked on Slack and Discord: text, chart and alt text, once, whatever breaks in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from discord_host import settings as discord_settings
from fake_discord import FakeDiscord
from fake_discord_data import ANA, APP, BEN, GENERAL, GUILD, TOKEN, channel
from fake_slack import FakeSlack
from fake_slack_api import ME, TEAM
from numpy.random import default_rng
from slack_host import COMMANDS, LedgerHost
from slack_host import settings as slack_settings

from adapters.chat import Attachment, Channel, Chart, Command, Host, Message, Person, Place, Posting, Reply
from adapters.discord.app import DiscordAdapter
from adapters.errors import Unreachable, Unwelcome
from adapters.slack.app import SlackAdapter
from bot.assistant import Assistant
from bot.history import HistoryThread, schedules
from bot.history.schedules import EVERYTHING, Schedule
from bot.intents import commands
from bot.runtime.scheduler import Clerk
from bot.services import Services
from nlp.core import Core
from nlp.scheduler.family import Binding

NINE = datetime(2027, 1, 18, 9, 0, tzinfo=UTC)  # a Monday, and about the time that the stand-in of Slack lives in
ECHO = tuple(Binding(task, "echo", "echo") for task in ("sentiment", "embed"))
ON_SLACK, ON_DISCORD = Place("slack", TEAM, "C1"), Place("discord", GUILD, GENERAL)
CHART = Chart("% of messages", ("3 May", "4 May"), (("negative", (3.0, 5.0)), ("positive", (20.0, 18.0))))
PICTURE = Attachment("mood.png", b"\x89PNG picture", "image/png", "The mood was steady.")
LINE = "Scheduled report of Monday 4 May 2026, 09:00"


def posting(place: Place, reply: Reply | None = None, tried: datetime | None = None) -> Posting:
    said = reply or Reply("The mood was steady.", notes=(f"{LINE}.",), files=(PICTURE,), private=False)
    return Posting(f"{place.channel}/20260504T0900", LINE, place, said, tried)


@asynccontextmanager
async def running(
    adapter: SlackAdapter | DiscordAdapter, host: Host | None = None, table: tuple[Command, ...] = COMMANDS
) -> AsyncIterator[None]:
    task = asyncio.create_task(adapter.run(host or LedgerHost(), table))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def slack_at_work(slack: FakeSlack, **more: object) -> AsyncIterator[SlackAdapter]:
    slack.add_channel("C1", "general", (ME,), is_channel=True)
    adapter = SlackAdapter(slack_settings(slack, **more))
    async with running(adapter):
        await slack.connected()
        yield adapter


@asynccontextmanager
async def discord_at_work(discord: FakeDiscord) -> AsyncIterator[DiscordAdapter]:
    ready = asyncio.Event()
    given = {"token": TOKEN, "base_url": discord.base_url, "gateway": discord.gateway, "patience": 0}
    adapter = DiscordAdapter(discord_settings(**given), lambda _: ready.set())
    async with running(adapter):
        await asyncio.wait_for(ready.wait(), 5)
        yield adapter


@asynccontextmanager
async def clerk(place: Place, adapter: SlackAdapter | DiscordAdapter, days: int = 7) -> AsyncIterator[Clerk]:
    """A channel in which six people wrote, and a weekly report of it that is due."""
    people = [Person(f"U{number}", f"Name{number}") for number in range(6)]
    messages = [
        Message(
            f"m{n}", place, people[n % 6], f"boat {n} is here", NINE - timedelta(days=n // 24 + 0.5, minutes=n % 24)
        )
        for n in range(24 * days)
    ]
    async with HistoryThread(None) as history, Core(ECHO) as core:
        await history.run(lambda store: store.turn_on(place, "U9", NINE - timedelta(days=30)))
        await history.run(lambda store: store.add([Channel(place, "general"), *messages]))
        schedule = Schedule(place, "0 9 * * mon", "UTC", None, NINE - timedelta(days=9))
        await history.write(schedules.put, schedule)
        steady = Services(core, history, lambda: NINE, ZoneInfo("UTC"), random=lambda: default_rng(7))
        yield Clerk(steady, {adapter.name: adapter})


async def test_a_scheduled_report_comes_to_slack_as_text_picture_and_alt_text():
    async with FakeSlack() as slack, slack_at_work(slack) as adapter, clerk(ON_SLACK, adapter, 3) as office:
        await office.look()
        await office.look()
    said = [call for call in slack.called("chat.postMessage") if call["blocks"][0]["type"] == "markdown"]
    (message,) = said
    assert message["blocks"][0]["text"].startswith("The mood of #general was steady: ")
    assert "Scheduled report of Monday 18 January 2027, 09:00." in str(message["blocks"])
    assert message["unfurl_links"] in (False, "0", "false")
    (file,) = slack.files.values()
    assert (file["name"], file["channel"]) == ("mood.png", "C1")
    assert file["content"].startswith(b"\x89PNG")
    assert file["alt_txt"].startswith("The mood of #general was steady: ")


async def test_slack_draws_the_chart_itself_where_it_can_and_then_shows_no_picture():
    async with FakeSlack(charts=True) as slack, slack_at_work(slack) as adapter, clerk(ON_SLACK, adapter, 3) as office:
        await office.look()
    text, drawn = slack.called("chat.postMessage")
    (block,) = drawn["blocks"]
    assert block["type"] == "data_visualization"
    assert block["title"] == "% of messages in #general"
    assert block["chart"]["axis_config"]["categories"] == ["15 Jan", "16 Jan", "17 Jan"]
    assert [each["name"] for each in block["chart"]["series"]][:2] == ["negative", "negative, at least"]
    assert drawn["text"].startswith("The mood of #general was steady: ")
    assert drawn["text"] not in text["text"]
    assert slack.files == {}


async def test_a_scheduled_report_comes_to_discord_as_text_picture_and_alt_text():
    async with FakeDiscord() as discord, discord_at_work(discord) as adapter, clerk(ON_DISCORD, adapter, 3) as office:
        await office.look()
        await office.look()
    (message,) = discord.said()
    assert message["content"].startswith("The mood of #general was steady: ")
    assert "-# Scheduled report of Monday 18 January 2027, 09:00." in message["content"]
    assert message["allowed_mentions"]["parse"] == []
    ((name, content),) = discord.uploads
    assert (name, content[:4]) == ("mood.png", b"\x89PNG")
    (described,) = [body for body in discord.bodies if body.get("attachments")]
    assert described["attachments"][0]["description"].startswith("The mood of #general was steady: ")


async def test_on_slack_an_administrator_sets_it_with_the_home_command_and_everyone_is_told():
    async with FakeSlack() as slack, HistoryThread(None) as history, Core(ECHO) as core:
        slack.add_user("U1", "ana", is_admin=True)
        slack.add_user("U2", "ben")
        slack.add_channel("C1", "general", (ME, "U1", "U2"), is_channel=True)
        await history.run(lambda store: store.turn_on(ON_SLACK, "U1", NINE))
        assistant = Assistant(Services(core, history, lambda: NINE, ZoneInfo("UTC")))
        async with running(SlackAdapter(slack_settings(slack)), assistant, commands()):
            await slack.command("/parley", "report weekly fri 16:00", user_id="U2")
            await slack.until(lambda: slack.responses)
            await slack.command("/parley", "report weekly fri 16:00", user_id="U1")
            (told,) = await slack.posted()
        (kept,) = await history.read(schedules.read)
    assert "Only an administrator" in str(slack.responses[0])
    assert "every Friday at 16:00 (UTC)" in str(told["blocks"])
    assert "`/parley report stop` ends it" in told["text"] + str(told["blocks"])
    assert (kept.place, kept.cron) == (ON_SLACK, "0 16 * * fri")


async def test_on_discord_an_administrator_sets_it_with_the_slash_command_and_everyone_is_told():
    async with FakeDiscord() as discord, HistoryThread(None) as history, Core(ECHO) as core:
        await history.run(lambda store: store.turn_on(ON_DISCORD, ANA, NINE))
        assistant = Assistant(Services(core, history, lambda: NINE, ZoneInfo("UTC")))
        given = {"token": TOKEN, "base_url": discord.base_url, "gateway": discord.gateway}
        async with running(DiscordAdapter(discord_settings(**given)), assistant, commands()):
            await discord.until(lambda: discord.identifies and discord.commands)
            made = await discord.slash("report", words="weekly fri 16:00")
            await discord.until(lambda: len(discord.responses.get(made["id"], [])) > 1)
            told = discord.responses[made["id"]]
        (kept,) = await history.read(schedules.read)
    assert "every Friday at 16:00 (UTC)" in str(told)
    assert "`/report stop` ends it" in str(told)
    assert (kept.place, kept.cron) == (ON_DISCORD, "0 16 * * fri")


# To one person

LOCKED = "200000000000000009"
HIDDEN = {"slack": "C2", "discord": LOCKED}


@asynccontextmanager
async def digests(place: Place, person: str, adapter: SlackAdapter | DiscordAdapter) -> AsyncIterator[Clerk]:
    """Two channels of a workspace, one of which the person may not read, and their digest of all."""
    start = NINE - timedelta(days=9)
    async with HistoryThread(None) as history, Core(ECHO) as core:
        for room, subject in ((place, "ferry"), (replace(place, channel=HIDDEN[place.platform]), "merger")):
            texts = (f"We decided to paint the {subject} green.", f"I will paint the {subject} by Friday.")
            people = (Person("U7", "Cy"), Person("U8", "Di"))
            said = [
                Message(f"{room.channel}{n}", room, people[n], text, NINE - timedelta(hours=5 - n))
                for n, text in enumerate(texts)
            ]
            await history.run(lambda store, room=room: store.turn_on(room, "U9", start))  # type: ignore[misc]
            await history.run(lambda store, room=room, said=said: store.add([Channel(room, "pier"), *said]))  # type: ignore[misc]
        schedule = Schedule(place, "0 9 * * mon", "UTC", None, start, what="digest", person=person, about=EVERYTHING)
        await history.write(schedules.put, schedule)
        yield Clerk(Services(core, history, lambda: NINE, ZoneInfo("UTC")), {adapter.name: adapter})


async def test_a_digest_of_ones_own_comes_to_slack_directly_once_and_of_what_one_may_read():
    async with FakeSlack() as slack, slack_at_work(slack) as adapter:
        slack.add_user("U1", "ana")
        slack.add_channel("C2", "board", (ME,), is_private=True)
        async with digests(ON_SLACK, "U1", adapter) as office:
            await office.look()
            await office.look()
    (said,) = slack.called("chat.postMessage")
    assert slack.channels[said["channel"]]["is_im"]
    assert "paint the ferry green" in str(said["blocks"])
    assert "merger" not in str(said["blocks"])
    assert "Scheduled digest of Monday 18 January 2027, 09:00." in str(said["blocks"])


async def test_a_digest_of_ones_own_comes_to_discord_directly_once_and_of_what_one_may_read():
    async with FakeDiscord() as discord:
        unseen = [{"id": GUILD, "type": 0, "allow": "0", "deny": str(1 << 10)}]
        discord.channels[LOCKED] = channel(LOCKED, "board", permission_overwrites=unseen)
        async with discord_at_work(discord) as adapter, digests(ON_DISCORD, BEN, adapter) as office:
            await office.look()
            await office.look()
        (said,) = discord.said(discord.direct(BEN)["id"])
        assert discord.said() == []
    assert "paint the ferry green" in said["content"]
    assert "merger" not in said["content"]
    assert "-# Scheduled digest of Monday 18 January 2027, 09:00." in said["content"]


async def test_after_a_broken_try_a_person_on_discord_gets_only_what_is_missing():
    reply = Reply("one\n\n" + "long words " * 300, notes=(f"{LINE}.",), private=False)
    own = replace(posting(ON_DISCORD, reply), person=BEN)
    async with FakeDiscord() as discord, discord_at_work(discord) as adapter:
        await adapter.post(own)
        room = discord.direct(BEN)["id"]
        whole = [message["content"] for message in discord.said(room)]
        discord.messages[room].pop()
        tried = datetime.fromisoformat(discord.said(room)[0]["timestamp"])
        for _ in range(3):
            await adapter.post(replace(own, key="another/key", tried=tried))
        assert [message["content"] for message in discord.said(room)] == whole


async def test_a_person_whom_nobody_can_write_to_is_no_place_for_a_posting():
    async with FakeSlack() as slack, slack_at_work(slack) as adapter:
        slack.fail("conversations.open", 200, "user_disabled")
        with pytest.raises(Unwelcome):
            await adapter.post(replace(posting(ON_SLACK), person="U1"))
    async with FakeDiscord() as discord, discord_at_work(discord) as adapter:
        discord.fail("POST /users/@me/channels", 403, times=9)
        with pytest.raises(Unwelcome):
            await adapter.post(replace(posting(ON_DISCORD), person=BEN))


async def test_on_slack_anybody_sets_a_digest_of_their_own_with_the_slash_command():
    async with FakeSlack() as slack, HistoryThread(None) as history, Core(ECHO) as core:
        slack.add_user("U2", "ben")
        slack.add_channel("C1", "general", (ME, "U2"), is_channel=True)
        await history.run(lambda store: store.turn_on(ON_SLACK, "U1", NINE))
        assistant = Assistant(Services(core, history, lambda: NINE, ZoneInfo("UTC")))
        async with running(SlackAdapter(slack_settings(slack)), assistant, commands()):
            await slack.command("/digest", "all weekly mon 9:00", user_id="U2")
            await slack.until(lambda: slack.responses)
        (kept,) = await history.read(schedules.read)
    assert "in every channel that you may read then" in str(slack.responses[0])
    assert (kept.person, kept.about, kept.cron) == ("U2", EVERYTHING, "0 9 * * mon")


async def test_on_discord_an_administrator_sets_the_channels_digest_in_words():
    async with FakeDiscord() as discord, HistoryThread(None) as history, Core(ECHO) as core:
        await history.run(lambda store: store.turn_on(ON_DISCORD, ANA, NINE))
        assistant = Assistant(Services(core, history, lambda: NINE, ZoneInfo("UTC")))
        given = {"token": TOKEN, "base_url": discord.base_url, "gateway": discord.gateway}
        async with running(DiscordAdapter(discord_settings(**given)), assistant, commands()):
            await discord.until(lambda: discord.identifies and discord.commands)
            await discord.say(ANA, f"<@{APP}> manda-nos um resumo todas as segundas às 9")
            await discord.until(lambda: any("every Monday" in each["content"] for each in discord.said()))
        (kept,) = await history.read(schedules.read)
    assert (kept.place, kept.what, kept.person, kept.cron) == (ON_DISCORD, "digest", "", "0 9 * * mon")


# On Slack


async def test_a_workspace_without_charts_is_asked_once_and_gets_pictures():
    reply = Reply("Text.", files=(Attachment("mood.png", b"\x89PNG", "image/png", "Words.", CHART),), private=False)
    async with FakeSlack() as slack, slack_at_work(slack) as adapter:
        for number in (1, 2):
            await adapter.post(Posting(f"C1/{number}", "", ON_SLACK, reply))
    drawn = [call for call in slack.called("chat.postMessage") if "data_visualization" in str(call["blocks"])]
    assert len(drawn) == 1
    assert len(slack.files) == 2


@pytest.mark.parametrize("charts", [True, False])
async def test_after_a_broken_try_slack_hears_only_what_is_missing(charts: bool):  # noqa: FBT001 - the case
    file = Attachment("mood.png", b"\x89PNG", "image/png", "Words.", CHART)
    reply = Reply("one\n\n" + " ".join(f"word {n}" for n in range(1_200)), files=(file,), private=False)
    async with FakeSlack(charts=charts) as slack, slack_at_work(slack, patience=0) as adapter:
        slack.fail("chat.postMessage", 503, skip=1)
        with pytest.raises(Unreachable):
            await adapter.post(posting(ON_SLACK, reply))
        before = len(slack.messages["C1"])
        tried = datetime.fromtimestamp(float(slack.messages["C1"][0]["ts"]), UTC)
        for _ in range(3):
            await adapter.post(posting(ON_SLACK, reply, tried))
    assert before == 1
    texts = [message["text"] for message in slack.messages["C1"]]
    assert len(texts) == len(set(texts)) == 4


async def test_a_channel_that_slack_lets_nobody_write_in_is_no_place_for_a_posting():
    async with FakeSlack() as slack, slack_at_work(slack) as adapter:
        slack.fail("chat.postMessage", 200, "is_archived")
        with pytest.raises(Unwelcome):
            await adapter.post(posting(ON_SLACK))
        with pytest.raises(Unwelcome):
            await adapter.post(posting(Place("slack", "T0OTHER", "C1")))


async def test_slack_that_is_not_connected_is_unreachable():
    async with FakeSlack() as slack:
        with pytest.raises(Unreachable):
            await SlackAdapter(slack_settings(slack)).post(posting(ON_SLACK))


# On Discord


async def test_after_a_broken_try_discord_hears_only_what_is_missing():
    reply = Reply("one\n\n" + "long words " * 300, notes=(f"{LINE}.",), files=(PICTURE,), private=False)
    async with FakeDiscord() as discord, discord_at_work(discord) as adapter:
        await adapter.post(posting(ON_DISCORD, reply))
        whole = [message["content"] for message in discord.said()]
        discord.messages[GENERAL].pop()  # the last page, with the picture, never came
        tried = datetime.fromisoformat(discord.said()[0]["timestamp"])
        discord.uploads.clear()
        for _ in range(3):
            await adapter.post(Posting("another/key", LINE, ON_DISCORD, reply, tried))
    assert [message["content"] for message in discord.said()] == whole
    assert [name for name, _ in discord.uploads] == ["mood.png"]


async def test_a_servers_own_emoji_are_drawn_in_a_posting():
    reply = Reply("Calm seas :gull:", notes=(f"{LINE}.",), private=False)
    async with FakeDiscord() as discord:
        discord.emojis = [{"id": "1234", "name": "gull", "available": True, "animated": False, "roles": []}]
        async with discord_at_work(discord) as adapter:
            await adapter.post(posting(ON_DISCORD, reply))
    (message,) = discord.said()
    assert message["content"].startswith("Calm seas <:gull:1234>\n")


async def test_an_answer_that_discord_never_gave_is_found_at_the_next_try():
    async with FakeDiscord() as discord, discord_at_work(discord) as adapter:
        discord.fail(f"POST /channels/{GENERAL}/messages", -1)
        with pytest.raises(Unreachable):
            await adapter.post(posting(ON_DISCORD))
        tried = datetime.fromisoformat(discord.said()[0]["timestamp"])
        await adapter.post(posting(ON_DISCORD, tried=tried))
    assert len(discord.said()) == 1


async def test_a_channel_that_discord_lets_nobody_write_in_is_no_place_for_a_posting():
    async with FakeDiscord() as discord, discord_at_work(discord) as adapter:
        discord.fail(f"POST /channels/{GENERAL}/messages", 403, times=9)
        with pytest.raises(Unwelcome):
            await adapter.post(posting(ON_DISCORD))
        with pytest.raises(Unwelcome):
            await adapter.post(posting(Place("discord", GUILD, "299999999999999999")))


async def test_discord_that_is_not_connected_is_unreachable():
    with pytest.raises(Unreachable):
        await DiscordAdapter(discord_settings()).post(posting(ON_DISCORD))
