"""A bridge with a Discord channel: through the real client and a webhook of the stand-in's, to Discord and to Slack."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from discord_host import settings as discord_settings
from fake_discord import FakeDiscord
from fake_discord_data import ANA, BEN, GENERAL, GUILD, Json, channel, thread
from fake_slack import FakeSlack
from fake_slack_api import ME, TEAM
from interpreting import SOON, Harbour, House, guild, house, stopped
from slack_host import settings as slack_settings

from adapters.chat import Place
from adapters.discord.app import DiscordAdapter
from adapters.discord.messages import BRIDGED
from adapters.discord.surfaces.relays import named
from adapters.slack.app import SlackAdapter
from bot.history.bridged import bridges
from bot.history.bridged.bridges import BridgeSide
from bot.intents import commands
from nlp.core import Core
from nlp.profiles import profile

OTHER = "200000000000000002"
HERE, THERE = Place("discord", GUILD, GENERAL), Place("discord", GUILD, OTHER)
CODE = re.compile(r"/bridge ([A-Z2-9]{4}-[A-Z2-9]{4})")
GOOD = "Bom dia, o **barco** chega amanhã de manhã."
LATE = "O trem está muito atrasado hoje."


@pytest.fixture
async def core() -> AsyncIterator[Core]:
    async with Core(profile("starter")) as opened:
        yield opened


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as fake:
        fake.channels[OTHER] = channel(OTHER, "equipa-pt")
        fake.messages[OTHER] = []
        yield fake


@asynccontextmanager
async def bridged(core: Core, discord: FakeDiscord, path: Path | None = None, **more: object) -> AsyncIterator[House]:
    """Parley at work between #general in English and #equipa-pt in Portuguese."""
    async with guild(core, discord, path, **more) as inside:
        history = inside.assistant.services.history
        if await history.read(bridges.of, HERE) is None:
            now = inside.assistant.services.now()
            one = BridgeSide(HERE, "general", "public", "en", ANA, "Ana")
            two = BridgeSide(THERE, "equipa-pt", "public", "pt", ANA, "Ana")
            assert await history.write(bridges.ask, one, "AAAA-2222", now)
            await history.write(bridges.confirm, two, "AAAA-2222", now)
        yield inside


def carried(discord: FakeDiscord, room: str = GENERAL) -> list[Json]:
    """What stands in a channel under people's names."""
    return [each for each in discord.messages.get(room, ()) if each.get("webhook_id")]


async def until(discord: FakeDiscord, count: int, room: str = GENERAL) -> list[str]:
    await discord.until(lambda: len(carried(discord, room)) >= count, SOON)
    return [each["content"] for each in carried(discord, room)]


async def test_a_message_stands_in_the_other_channel_under_its_authors_name_and_nothing_comes_back(
    core: Core, discord: FakeDiscord
):
    async with bridged(core, discord):
        await discord.say(ANA, GOOD, OTHER)
        (text,) = await until(discord, 1)
        await discord.say(BEN, "The train is late.", GENERAL)
        await until(discord, 1, OTHER)
        await discord.say(BEN, "The last one.", GENERAL)
        await until(discord, 2, OTHER)
    assert "boat" in text
    assert "Translated from Portuguese" in text
    (post,) = carried(discord)
    assert post["author"]["username"] == "Ana"
    assert post["author"]["avatar_url"].startswith("https://")
    assert len(discord.webhooks) == 2


async def test_an_edit_rewrites_it_and_a_deletion_takes_it_back(core: Core, discord: FakeDiscord):
    async with bridged(core, discord):
        said = await discord.say(ANA, GOOD, OTHER)
        await until(discord, 1)
        said |= {"content": LATE, "edited_timestamp": datetime.now(UTC).isoformat()}
        await discord.dispatch("MESSAGE_UPDATE", said)
        await discord.until(lambda: "train" in carried(discord)[0]["content"], SOON)
        await discord.dispatch("MESSAGE_DELETE", {"id": said["id"], "channel_id": OTHER, "guild_id": GUILD})
        await discord.until(lambda: not carried(discord), SOON)


async def test_a_thread_is_opened_on_the_other_side_and_goes_on_from_there(core: Core, discord: FakeDiscord):
    async with bridged(core, discord):
        root = await discord.say(ANA, GOOD, OTHER)
        await until(discord, 1)
        copy = carried(discord)[0]["id"]
        discord.threads[root["id"]] = thread(root["id"], "o barco", OTHER)
        await discord.dispatch("THREAD_CREATE", discord.threads[root["id"]])
        await discord.say(ANA, "Quem traz as chaves?", root["id"])
        await until(discord, 1, copy)
        assert discord.threads[copy]["name"] == f"{BRIDGED}Ana"
        await discord.say(BEN, "I bring the keys.", copy)
        (back,) = await until(discord, 1, root["id"])
    assert "chaves" in back


async def test_mentions_are_names_and_ping_nobody(core: Core, discord: FakeDiscord):
    async with bridged(core, discord):
        await discord.say(ANA, f"<@{BEN}> @everyone please pull `main`", GENERAL)
        (text,) = await until(discord, 1, OTHER)
    assert "@Ben" in text.replace("\u200b", "")
    assert "<@" not in text
    assert "@everyone" not in text
    assert "`main`" in text


async def test_what_discord_took_unanswered_is_found_again_and_not_said_twice(core: Core, discord: FakeDiscord):
    async with bridged(core, discord, patience=0):
        discord.fail("POST /webhooks/*", -1, times=1)
        await discord.say(ANA, "O barco chegou.", OTHER)
        await discord.say(BEN, "O barco chegou.", OTHER)
        await discord.say(ANA, LATE, OTHER)
        texts = await until(discord, 3)
    assert len(texts) == 3
    assert [each["author"]["username"] for each in carried(discord)] == ["Ana", "Ben", "Ana"]


async def test_a_webhook_that_somebody_took_away_is_made_again(core: Core, discord: FakeDiscord):
    async with bridged(core, discord):
        await discord.say(ANA, GOOD, OTHER)
        await until(discord, 1)
        discord.webhooks.clear()
        await discord.say(BEN, LATE, OTHER)
        await until(discord, 2)


async def test_what_is_carried_is_no_part_of_the_record(core: Core, discord: FakeDiscord):
    async with bridged(core, discord) as inside:
        history = inside.assistant.services.history
        now = inside.assistant.services.now()
        await history.run(lambda store: store.turn_on(HERE, ANA, now), writes=True)
        await discord.say(ANA, GOOD, OTHER)
        await until(discord, 1)
        await discord.say(BEN, "The train is late.", GENERAL)
        await until(discord, 1, OTHER)
        kept = await history.run(lambda store: [each["text"] for each in store.export() if each["record"] == "message"])
    assert kept == ["The train is late."]


async def test_an_administrator_asks_by_the_command_and_gets_the_code_alone(core: Core, discord: FakeDiscord):
    async with guild(core, discord):
        asked = await discord.slash("bridge", ANA, words="new in English")
        await discord.until(lambda: any(CODE.search(each.content) for each in discord.shown[asked["id"]]), SOON)
        (shown,) = [each for each in discord.shown[asked["id"]] if CODE.search(each.content)]
        assert shown.private
        refused = await discord.slash("bridge", BEN, words="new")
        await discord.until(
            lambda: any("Only an administrator" in each.content for each in discord.shown[refused["id"]]), SOON
        )


async def test_a_slack_channel_and_a_discord_channel_read_each_other_with_threads(core: Core, discord: FakeDiscord):
    loop = asyncio.get_running_loop()
    async with FakeSlack() as slack:
        slack.add_user("U1", "zoe")
        slack.add_channel("C1", "general", ("U1", ME))
        ready: list[asyncio.Future[str]] = [loop.create_future(), loop.create_future()]
        where = {"base_url": discord.base_url, "gateway": discord.gateway}
        adapters = {
            "slack": SlackAdapter(slack_settings(slack), ready[0].set_result),
            "discord": DiscordAdapter(discord_settings(**where), ready[1].set_result),
        }
        early = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)  # before what either stand-in sends
        async with house(core, adapters, now=lambda: early) as inside:
            tasks = [asyncio.create_task(each.run(inside.assistant, commands())) for each in adapters.values()]
            await asyncio.wait_for(asyncio.gather(*ready), 20)
            port = Harbour(slack, inside)
            history = inside.assistant.services.history
            one = BridgeSide(Place("slack", TEAM, "C1"), "general", "public", "en", "U1", "Zoe")
            await history.write(bridges.ask, one, "AAAA-2222", early)
            two = BridgeSide(THERE, "equipa-pt", "public", "pt", ANA, "Ana")
            await history.write(bridges.confirm, two, "AAAA-2222", early)
            root = await port.say("The boat arrives tomorrow.")
            await until(discord, 1, OTHER)
            assert carried(discord, OTHER)[0]["author"]["username"] == "Zoe"
            await port.say("I bring the keys.", thread_ts=root)
            copy = carried(discord, OTHER)[0]["id"]
            await until(discord, 1, copy)
            await discord.say(ANA, "Quem traz o café?", copy)
            await discord.until(lambda: [each for each in port.own() if "coffee" in each["text"]], SOON)
            (back,) = [each for each in port.own() if each.get("username")]
            assert back["username"] == "Ana"
            assert back["thread_ts"] == root
            for task in tasks:
                await stopped(task)


@pytest.mark.parametrize("name", ["Discord fan", "clyde", "Ana" * 50, "   "])
def test_a_name_is_one_that_a_webhook_may_have(name: str):
    assert 1 <= len(named(name)) <= 80
    assert "discord" not in named(name).lower()
    assert "clyde" not in named(name).lower()
