"""What Parley reads of a channel when it is asked: what people said, or why it can't, and never a guess."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from discord_host import connected, settings
from fake_discord import FakeDiscord
from fake_discord_data import ANA, APP, BEN, GENERAL, GUILD, ROLES, START, TOKEN, Json, channel, thread
from slack_host import LedgerHost
from test_discord_gateway import IMPATIENT, MENTION
from test_discord_history import keeping, texts
from test_postings import running

from adapters.chat import Place, Reply, Request, Window
from adapters.discord.app import DiscordAdapter
from adapters.discord.check import check
from adapters.discord.reader import NOT_HERE
from adapters.errors import Unreadable
from bot.assistant import Assistant
from bot.history import HistoryThread, consent
from bot.intents import commands
from bot.services import Services
from nlp.core import Core

READ_HISTORY = 1 << 16
ARCHIVED = f"GET /channels/{GENERAL}/threads/archived/public"


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as fake:
        yield fake


def listing(window: Callable[[Request], Window]) -> LedgerHost:
    """A host that answers with what it reads, oldest first."""

    async def answer(request: Request) -> Reply:
        try:
            read = [message.text async for message in request.fetch(window(request))]
        except Unreadable as error:
            return Reply(str(error))
        return Reply(" / ".join(reversed(read)) or "Nobody wrote.")

    return LedgerHost(answer=answer)


async def asked(discord: FakeDiscord, room: str = GENERAL) -> str:
    """What Parley says when it is asked there."""
    before = len(discord.said(room))
    await discord.say(ANA, f"{MENTION} summarise", room)
    await discord.until(lambda: len(discord.said(room)) > before and discord.said(room)[-1]["content"][0] != "*")
    return str(discord.said(room)[-1]["content"])


def without_history(role: Json) -> Json:
    return {**role, "permissions": str(int(role["permissions"]) & ~READ_HISTORY & ~8)}


@pytest.mark.parametrize("where", ["channel", "thread"])
async def test_without_the_right_to_read_back_it_says_so_and_not_that_nobody_wrote(discord: FakeDiscord, where: str):
    discord.roles = tuple(map(without_history, ROLES))
    discord.threads["201"] = thread("201", "plans")
    room = GENERAL if where == "channel" else "201"
    async with connected(discord, listing(lambda _: Window())):
        assert await asked(discord, room) == NOT_HERE[0]


async def test_a_channel_that_denies_it_to_parley_alone_is_told_from_one_that_shows_its_past(discord: FakeDiscord):
    deny = {"id": APP, "type": 1, "allow": "0", "deny": str(READ_HISTORY)}
    bot = {**ROLES[1], "permissions": ROLES[0]["permissions"]}  # an administrator would read everything
    discord.roles = (ROLES[0], bot)
    discord.channels["206"] = channel("206", "closed", permission_overwrites=[deny])
    discord.post(BEN, "The boats are out.")
    async with connected(discord, listing(lambda _: Window())):
        assert await asked(discord, "206") == NOT_HERE[0]
        assert await asked(discord) == "The boats are out."


async def test_the_last_so_many_are_those_of_people_whatever_parley_said_between(discord: FakeDiscord):
    for number in range(6):
        discord.post(BEN, f"message {number}")
        discord.post(APP, f"answer {number}")
        discord.post(ANA, f"{MENTION} question {number}")
    async with connected(discord, listing(lambda _: Window(last=4))):
        assert await asked(discord) == "message 2 / message 3 / message 4 / message 5"


async def test_the_last_so_many_are_looked_for_over_pages(discord: FakeDiscord):
    discord.post(BEN, "long ago")
    for number in range(250):
        discord.post(APP, f"answer {number}")
    discord.post(BEN, "just now")
    async with connected(discord, listing(lambda _: Window(last=2))):
        assert await asked(discord) == "long ago / just now"


# Reading back


@pytest.mark.parametrize("status", [404, 500, 503])
async def test_one_refusal_to_list_archived_threads_leaves_nothing_unread(discord: FakeDiscord, status: int):
    host = keeping()
    discord.post(ANA, "in the channel")
    discord.threads["201"] = thread("201", "plans")
    discord.threads["201"]["thread_metadata"]["archived"] = True
    discord.post(BEN, "in the archive", "201")
    discord.fail(ARCHIVED, status)
    async with connected(discord, host, clock=IMPATIENT):
        await discord.until(lambda: {*texts(host)} == {"in the channel", "in the archive"})


@pytest.mark.parametrize("status", [403, 404])
async def test_a_channel_whose_archived_threads_are_never_listed_is_read_without_them(
    discord: FakeDiscord, status: int
):
    host = keeping()
    discord.post(ANA, "in the channel")
    discord.fail(ARCHIVED, status, times=1_000)
    async with connected(discord, host, clock=IMPATIENT):
        await discord.until(lambda: texts(host) == ["in the channel"])
        await discord.until(lambda: '"gaps":[]' in host.marks.get(GENERAL, ""))


async def test_a_channel_that_could_not_be_read_is_read_soon(discord: FakeDiscord, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("adapters.discord.backfill.SOON", 0.05)
    host = keeping()
    discord.post(ANA, "in the channel")
    discord.fail(f"GET /channels/{GENERAL}/messages", 400)
    async with connected(discord, host, clock=IMPATIENT):
        await discord.until(lambda: texts(host) == ["in the channel"])


# The check


async def test_the_check_passes_over_a_kind_of_channel_that_nobody_knows_yet(discord: FakeDiscord):
    discord.channels["207"] = channel("207", "from tomorrow", 99)
    *_, server = await check(settings(token=TOKEN, base_url=discord.base_url))
    assert (server.subject, server.state) == ("Harbour", "ok")
    assert server.sentence == "All 7 permissions are granted in 1 channel."


async def test_the_check_calls_a_missing_permission_no_success(discord: FakeDiscord):
    deny = {"id": GUILD, "type": 0, "allow": "0", "deny": str(READ_HISTORY)}
    discord.channels["208"] = channel("208", "closed", permission_overwrites=[deny])
    *_, server = await check(settings(token=TOKEN, base_url=discord.base_url))
    assert server.state == "warning"
    assert "read_message_history" in server.sentence


# Flags


async def flagged(discord: FakeDiscord, said: Json, *flags: str, who: str = BEN) -> None:
    for flag in flags:
        event: dict[str, Any] = {
            "user_id": who, "channel_id": GENERAL, "message_id": said["id"], "guild_id": GUILD,
            "emoji": {"id": None, "name": flag}, "message_author_id": ANA, "type": 0, "burst": False,
        }  # fmt: skip
        await discord.dispatch("MESSAGE_REACTION_ADD", event)


async def test_every_flag_under_a_message_gets_an_answer_of_its_own(discord: FakeDiscord):
    async def answer(request: Request) -> Reply:
        return Reply(f"in {request.intent.options['to']}")

    async with connected(discord, LedgerHost(answer=answer)):
        said = await discord.say(ANA, "Good morning.")
        await flagged(discord, said, "🇵🇹", "🇫🇷", "🇩🇪", "🇫🇷")
        await discord.until(lambda: len(discord.said()) == 3)
    assert sorted(one["content"] for one in discord.said()) == ["in de", "in fr", "in pt"]
    assert {str(one["message_reference"]["message_id"]) for one in discord.said()} == {said["id"]}


async def test_a_broken_answer_to_a_flag_is_still_sent_once(discord: FakeDiscord):
    discord.fail(f"POST /channels/{GENERAL}/messages", -1)  # Discord took it, and nobody heard so
    async with connected(discord, LedgerHost(), clock=IMPATIENT):
        said = await discord.say(ANA, "Good morning.")
        await flagged(discord, said, "🇵🇹")
        await discord.until(lambda: discord.calls.count(f"POST /channels/{GENERAL}/messages") == 2)
        await flagged(discord, said, "🇫🇷")
        await discord.until(lambda: len(discord.said()) == 2)


# Emoji of the server


@pytest.mark.parametrize("emoji", ["<:harbour:123456789012345678>", "<a:wave_2:223456789012345678>"])
async def test_a_servers_own_emoji_come_out_of_a_translation_as_they_went_in(discord: FakeDiscord, emoji: str):
    async with connected(discord, LedgerHost()):
        said = await discord.say(ANA, f"Good **morning** {emoji}!")
        await flagged(discord, said, "🇵🇹")
        await discord.until(lambda: len(discord.said()) == 1)
        await discord.say(BEN, f"{MENTION} translate {emoji} hello to Portuguese")
        await discord.until(lambda: len(discord.said()) == 2)
    assert discord.said()[0]["content"] == f"translate: Good morning {emoji}!"
    assert emoji in discord.said()[1]["content"]


async def test_the_record_names_such_emoji_without_their_ids(discord: FakeDiscord):
    host = keeping()
    async with connected(discord, host):
        await discord.say(ANA, "Good morning <:harbour:123456789012345678>")
        await discord.until(lambda: texts(host) == ["Good morning :harbour:"])


# What may be kept


async def test_a_channel_whose_words_parley_is_not_told_is_not_promised_to_be_kept(discord: FakeDiscord):
    discord.flags = 0
    async with HistoryThread(None) as history, Core(()) as core:
        host = Assistant(Services(core, history, lambda: START, ZoneInfo("UTC")))
        given = {"token": TOKEN, "base_url": discord.base_url, "gateway": discord.gateway, "message_content": False}
        async with running(DiscordAdapter(settings(**given)), host, commands()):
            await discord.until(lambda: discord.identifies and discord.commands)
            await discord.say(ANA, f"{MENTION} consent on")
            await discord.until(discord.said)
        kept = await history.read(consent.standing, Place("discord", GUILD, GENERAL))
    assert "my message content intent is off" in discord.said()[0]["content"]
    assert not any("From now on I keep" in one["content"] for one in discord.said())
    assert not kept.kept
