"""A Discord channel that translates itself: over the real client, the stand-in of Discord, and the packaged models."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fake_discord import FakeDiscord
from fake_discord_data import ANA, APP, BEN, GENERAL, GUILD, Json, thread
from interpreting import SOON, House, guild

from adapters.chat import Place
from bot.history.translated import companions
from bot.history.translated.companions import Setting
from nlp.core import Core
from nlp.profiles import profile

PLACE = Place("discord", GUILD, GENERAL)
GOOD = "Bom dia, o **barco** chega amanhã de manhã."
LATE = "O trem está muito atrasado hoje."


@pytest.fixture
async def core() -> AsyncIterator[Core]:
    async with Core(profile("starter")) as opened:
        yield opened


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as fake:
        yield fake


async def put_into_english(inside: House) -> None:
    since = inside.assistant.services.now()
    await inside.assistant.services.history.write(
        companions.put, PLACE, Setting(("en",), readers=False, by=ANA, since=since)
    )


def beside(discord: FakeDiscord, said: Json) -> list[Json]:
    """What Parley says in reply to a message now."""
    return [
        each for each in discord.said() if str((each.get("message_reference") or {}).get("message_id")) == said["id"]
    ]


async def test_the_command_tells_everyone_and_a_message_gets_a_reply_that_pings_nobody(
    core: Core, discord: FakeDiscord
):
    async with guild(core, discord):
        asked = await discord.slash("translate", ANA, text="on English")
        await discord.until(lambda: [each for each in discord.shown[asked["id"]] if "Ana turned" in each.content], SOON)
        told = next(each for each in discord.shown[asked["id"]] if "Ana turned" in each.content)
        assert "Into English from Portuguese" in told.content
        assert not told.private
        said = await discord.say(BEN, GOOD)
        await discord.until(lambda: beside(discord, said), SOON)
    (reply,) = beside(discord, said)
    assert "boat" in reply["content"]
    assert "**" in reply["content"]
    assert reply["allowed_mentions"] == {"parse": [], "replied_user": False}
    assert "Ben, Portuguese → English" in reply["content"]


async def test_an_edit_rewrites_it_and_a_deletion_deletes_it(core: Core, discord: FakeDiscord):
    async with guild(core, discord) as inside:
        await put_into_english(inside)
        said = await discord.say(BEN, GOOD)
        await discord.until(lambda: beside(discord, said), SOON)
        said |= {"content": LATE, "edited_timestamp": discord.ids()[1].isoformat()}
        await discord.dispatch("MESSAGE_UPDATE", said)
        await discord.until(lambda: "train" in beside(discord, said)[0]["content"], SOON)
        await discord.dispatch("MESSAGE_DELETE", {"id": said["id"], "channel_id": GENERAL, "guild_id": GUILD})
        await discord.until(lambda: not beside(discord, said), SOON)


async def test_what_the_bot_and_bots_say_is_not_translated(core: Core, discord: FakeDiscord):
    discord.users["7"] = {**discord.users[BEN], "id": "7", "username": "deploy", "bot": True}
    async with guild(core, discord) as inside:
        await put_into_english(inside)
        for content in ("The boat is here.", "🎉 <:barco:123456>", "```\nbom dia\n```", "https://example.org/bom-dia"):
            await discord.say(ANA, content)
        await discord.say("7", LATE)
        await discord.say(APP, LATE)
        said = await discord.say(BEN, GOOD)
        await discord.until(lambda: beside(discord, said), SOON)
    assert len(discord.said()) == 2  # what is above, and this


async def test_a_call_that_is_cut_after_it_was_done_posts_nothing_twice(
    core: Core, discord: FakeDiscord, tmp_path: Path
):
    path = tmp_path / "history.db"
    async with guild(core, discord, path) as inside:
        await put_into_english(inside)
        discord.fail("POST /channels/*/messages", -1, times=2)
        said = await discord.say(BEN, GOOD)
        await discord.until(lambda: beside(discord, said), SOON)
    async with guild(core, discord, path):
        other = await discord.say(ANA, LATE)
        await discord.until(lambda: beside(discord, other), SOON)
    assert len(beside(discord, said)) == 1


async def test_a_message_that_is_gone_before_its_translation_stands_gets_none(core: Core, discord: FakeDiscord):
    async with guild(core, discord) as inside:
        await put_into_english(inside)
        said = await discord.say(BEN, GOOD)
        discord.messages[GENERAL].remove(said)  # and no event tells of it
        other = await discord.say(ANA, LATE)
        await discord.until(lambda: beside(discord, other), SOON)
        assert await inside.told(companions.known, PLACE, said["id"]) is None
    assert not beside(discord, said)


async def test_what_is_said_in_a_thread_is_translated_there(core: Core, discord: FakeDiscord):
    room = "200000000000000099"
    discord.threads[room] = thread(room, "harbour")
    async with guild(core, discord) as inside:
        await put_into_english(inside)
        await discord.say(BEN, LATE, room)
        await discord.until(lambda: discord.said(room), SOON)
    assert "train" in discord.said(room)[0]["content"]


async def test_better_words_as_a_reply_are_taken_where_the_channel_is_kept(core: Core, discord: FakeDiscord):
    async with guild(core, discord) as inside:
        history = inside.assistant.services.history
        now = inside.assistant.services.now()
        await history.run(lambda store: store.turn_on(PLACE, ANA, now))
        await put_into_english(inside)
        said = await discord.say(BEN, LATE)
        await discord.until(lambda: beside(discord, said), SOON)
        (reply,) = beside(discord, said)
        await discord.say(
            ANA, "better: The train is running late.", type=19, referenced_message=reply,
            message_reference={"message_id": reply["id"], "channel_id": GENERAL, "guild_id": GUILD},
        )  # fmt: skip
        await discord.until(lambda: "running late" in beside(discord, said)[0]["content"], SOON)


async def test_a_reader_presses_for_their_own_language_and_alone_sees_it(core: Core, discord: FakeDiscord):
    async with guild(core, discord) as inside:
        await put_into_english(inside)
        said = await discord.say(BEN, GOOD)
        await discord.until(lambda: beside(discord, said), SOON)
        (reply,) = beside(discord, said)
        button = reply["components"][0]["components"][0]
        assert button["label"] == "In my language"
        pressed = await discord.press(button["custom_id"], ANA)
        await discord.until(lambda: any("boat" in each.content for each in discord.shown[pressed["id"]]), SOON)
    (shown,) = discord.shown[pressed["id"]]
    assert shown.private
