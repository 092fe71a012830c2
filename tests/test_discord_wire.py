"""Commands, menus and buttons over the wire, where Discord is strict: languages, privacy, sizes, installations."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from statistics import median
from typing import Any

import pytest
from discord_host import connected, saying
from fake_discord import FakeDiscord
from fake_discord_data import ANA, APP, BEN, GENERAL, Json, channel, message, thread
from slack_host import LedgerHost
from test_discord_gateway import IMPATIENT, MENTION

from adapters.chat import Action, Intent, Message, Progress, Reply, Request, Window
from adapters.discord.commands import ASK, SUMMARISE, TRANSLATE, options_of
from adapters.discord.completion import complete_language
from adapters.discord.reader import NO_CONTENT, NOT_HERE
from adapters.discord.surfaces import actions
from adapters.discord.surfaces.answers import CLOSED
from adapters.discord.words import WORDS
from adapters.errors import ServiceStopped, Unreadable
from bot.intents import commands

ELSEWHERE: dict[str, Any] = {  # a direct message between two people, one of whom installed Parley for themselves
    "guild_id": None, "member": None, "context": 2, "authorizing_integration_owners": {"1": ANA},
    "channel": {"id": "777", "type": 1}, "channel_id": "777",
}  # fmt: skip


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as fake:
        yield fake


async def menu(discord: FakeDiscord, name: str, said: Json, **more: Any) -> Json:
    command = next(one for one in discord.commands if one["name"] == name)
    given = {"id": command["id"], "name": name, "type": 3, "target_id": said["id"]}
    return await discord.interact(2, {**given, "resolved": {"messages": {said["id"]: said}}}, **more)


async def shown(discord: FakeDiscord, used: Json, count: int = 1) -> list[tuple[str, bool]]:
    """What people see of an answer: the texts, and whether the asker alone sees them."""
    await discord.until(lambda: len(discord.shown[used["id"]]) >= count)
    return [(one.content, one.private) for one in discord.shown[used["id"]]]


# Languages


async def test_menus_ask_and_answer_in_the_language_of_the_persons_client(discord: FakeDiscord):
    host = LedgerHost()
    said = discord.post(BEN, "The boats are out.")
    async with connected(discord, host):
        used = await menu(discord, TRANSLATE, said, locale="pt-BR")
        await shown(discord, used)
        await shown(discord, await menu(discord, SUMMARISE, said, locale="pt-BR"))
        form = await menu(discord, ASK, said, locale="pt-BR")
        await discord.until(lambda: form["id"] in discord.responses)
    assert [(request.intent.argument, request.locale) for request in host.requests] == [
        ("The boats are out.", "pt-BR"),
        ("in Portuguese", "pt-BR"),
    ]
    assert dict(host.requests[0].intent.options) == {}  # the language is the request's, or what its asker chose
    assert discord.responses[form["id"]][0]["data"]["title"] == "Perguntar sobre isto"
    assert "Partilhar" in str(discord.responses[used["id"]][-1]["components"])


async def test_parleys_own_words_come_in_the_clients_language(discord: FakeDiscord):
    async with connected(discord, LedgerHost()):
        await discord.say(ANA, f"{MENTION} who?")
        await discord.until(discord.said)
        data = {"component_type": 2, "custom_id": "parley0.old"}
        used = await discord.interact(3, data, message=discord.said()[0], locale="de")
        ((told, private),) = await shown(discord, used)
    assert told == "Dieser Knopf stammt von einer früheren Version von mir.\n-# Bitte frag noch einmal."
    assert private


async def test_buttons_speak_the_clients_language(discord: FakeDiscord):
    reply = Reply("I store 12 messages of yours.", actions=(Action("Forget me", Intent("privacy", "forget")),))
    async with connected(discord, saying(reply)):
        used = await discord.slash("help", locale="es-419")
        await shown(discord, used)
    ((row,),) = [body["components"] for body in discord.responses[used["id"]] if body.get("components")]
    assert [button["label"] for button in row["components"]] == ["Olvídame"]


async def test_every_command_fits_discords_rules_and_speaks_four_more_languages(discord: FakeDiscord):
    async with connected(discord, LedgerHost(), commands=commands()):
        pass
    typed = [command for command in commands() if command.typed]
    assert {one["name"] for one in discord.commands if one["type"] == 1} == {command.name for command in typed}
    texts = (each for command in typed for each in (command, *options_of(command)))
    missing = {text for each in texts for text in (each.name, each.summary) if text not in WORDS.table}
    assert missing == set(), "no words.toml has a translation of these"


# Privacy and sizes


async def test_an_answer_for_everyone_stands_below_the_private_acknowledgement(discord: FakeDiscord):
    async with connected(discord, saying(Reply("The mood is fine.", private=False))):
        used = await discord.slash("sentiment")
        told = await shown(discord, used, 2)
    assert told == [("-# The answer is below, for everyone.", True), ("The mood is fine.", False)]


async def test_a_personal_answer_comes_directly_in_place_of_the_progress_that_all_could_see(discord: FakeDiscord):
    async def answer(request: Request) -> Reply:
        request.progress(Progress("counting"))
        await discord.until(discord.said)
        return Reply("I store 12 messages of yours.", personal=True)

    async with connected(discord, LedgerHost(answer=answer)):
        await discord.say(ANA, f"{MENTION} privacy")
        await discord.until(lambda: discord.said("5" + ANA[1:]))
    assert discord.said("5" + ANA[1:])[0]["content"] == "I store 12 messages of yours."
    assert discord.said() == []


async def test_whom_parley_may_not_write_to_reads_how_to_get_a_personal_answer(discord: FakeDiscord):
    discord.fail("POST /users/@me/channels", 403)
    async with connected(discord, saying(Reply("I store 12 messages of yours.", personal=True))):
        await discord.say(ANA, f"{MENTION} privacy")
        await discord.until(discord.said)
    assert [one["content"] for one in discord.said()] == [CLOSED]


async def test_progress_that_somebody_deletes_costs_no_answer(discord: FakeDiscord):
    async def answer(request: Request) -> Reply:
        request.progress(Progress("reading"))
        await discord.until(discord.said)
        discord.messages[GENERAL].remove(discord.said()[0])
        return Reply("The boats are out.")

    async with connected(discord, LedgerHost(answer=answer), show_every=60.0):
        await discord.say(ANA, f"{MENTION} who?")
        await discord.until(lambda: discord.said() and discord.said()[0]["content"] == "The boats are out.")


async def test_a_long_private_answer_is_private_on_every_page(discord: FakeDiscord):
    async with connected(discord, saying(Reply("word " * 1000))):
        told = await shown(discord, await discord.slash("ask", question="what?"), 3)
    assert len(told) == 3
    assert all(private for _, private in told)


async def test_the_longest_answer_fits_the_five_messages_that_a_personal_installation_allows(discord: FakeDiscord):
    reply = Reply("word " * 1590, notes=tuple(f"{number} is a note of some length" for number in range(10)))
    async with connected(discord, saying(reply)):
        used = await discord.slash("translate", text="what?", to="pt", **ELSEWHERE)
        told = await shown(discord, used, 5)
    assert len(told) == 5
    assert "9 is a note" in told[-1][0]


async def test_a_token_that_ends_in_the_middle_of_an_answer_costs_nothing(discord: FakeDiscord):
    async def answer(_: Request) -> Reply:
        discord.expired.update(discord.interactions)
        return Reply("The boats are out.")

    async with connected(discord, LedgerHost(answer=answer)):
        used = await discord.slash("ask", question="what?")
        await discord.until(lambda: discord.said("5" + ANA[1:]))
    assert discord.said("5" + ANA[1:])[0]["content"] == "The boats are out."
    assert discord.shown[used["id"]] == []


async def test_completion_offers_no_more_than_discord_takes(discord: FakeDiscord):
    async with connected(discord, LedgerHost()):
        for typed in ("", "x" * 300, "an"):
            options = [{"name": "to", "type": 3, "value": typed, "focused": True}]
            used = await discord.interact(4, {"id": "1", "name": "translate", "type": 1, "options": options})
            await discord.until(lambda used=used: used["id"] in discord.responses)
    sizes = [len(bodies[0]["data"]["choices"]) for bodies in discord.responses.values()]
    assert sizes[:2] == [25, 0]
    assert 0 < sizes[2] <= 25


def test_languages_that_can_be_translated_into_are_offered_first():
    (option,) = (each for row in commands(("de", "tr")) if row.name == "translate" for each in row.options[:1])
    assert [code for _, code in complete_language("", option.first)][:3] == ["de", "tr", "en"]
    assert complete_language("t", option.first)[0][1] == "tr"
    assert complete_language("", ())[0][1] == "en"


async def test_a_reply_to_a_message_that_is_gone_translates_nothing_else(discord: FakeDiscord):
    host = LedgerHost()
    async with connected(discord, host):
        gone = {"message_reference": {"message_id": "1500000000000000000", "channel_id": GENERAL}}
        await discord.say(ANA, f"{MENTION} translate to German", type=19, referenced_message=None, **gone)
        await discord.until(discord.said)
    assert discord.said()[0]["content"].startswith("I can't see the message")
    assert host.requests == []


# Who installed it, and what Parley may read


async def test_between_others_a_message_is_translated_and_nothing_else_is_read(discord: FakeDiscord):
    async def answer(request: Request) -> Reply:
        assert await request.access.can_read(request.place)
        assert not await request.access.can_read(replace(request.place, channel="778"))
        return Reply(" / ".join([message.text async for message in request.fetch(Window())]))

    host = LedgerHost(answer=answer)
    said = message("1500000000000000000", discord.ids.now, "777", discord.users[BEN], "The boats are out.")
    async with connected(discord, host):
        translated = await shown(discord, await menu(discord, TRANSLATE, said, **ELSEWHERE))
        summed_up = await shown(discord, await menu(discord, SUMMARISE, said, **ELSEWHERE))
        refused = await discord.slash("summarize", **ELSEWHERE)
        await shown(discord, refused)
    assert translated == summed_up == [("The boats are out.", True)]
    assert NOT_HERE[0] in discord.shown[refused["id"]][0].content
    assert {request.place.channel for request in host.requests} == {"777"}
    assert not any("/channels/777" in call for call in discord.calls)
    assert "Share" not in str(discord.responses)


async def test_in_a_direct_message_parley_reads_what_was_said_there_for_the_one_who_is_in_it(discord: FakeDiscord):
    async def answer(request: Request) -> Reply:
        assert await request.access.can_read(request.place)
        return Reply(" / ".join([message.text async for message in request.fetch(Window())]))

    room = discord.direct(ANA)["id"]
    discord.post(ANA, "The boats are out.", room)
    async with connected(discord, LedgerHost(answer=answer)):
        await discord.say(ANA, "summarise", room)
        await discord.until(lambda: discord.said(room))
    assert discord.said(room)[0]["content"] == "summarise / The boats are out."


async def test_a_channel_of_a_server_that_parley_is_not_in_is_answered_politely(discord: FakeDiscord):
    async def answer(request: Request) -> Reply:
        return Reply(" / ".join([message.text async for message in request.fetch(Window())]))

    picked = {"id": "778", "name": "boats", "type": 0, "permissions": "0"}
    async with connected(discord, LedgerHost(answer=answer)):
        command = next(one for one in discord.commands if one["name"] == "summarize")
        options = [{"name": "channel", "type": 7, "value": "778"}]
        data = {"id": command["id"], "name": "summarize", "type": 1, "options": options}
        other = {"guild_id": "101", "channel": {**channel("779", "talk"), "guild_id": "101"}, "channel_id": "779"}
        used = await discord.interact(
            2, {**data, "resolved": {"channels": {"778": picked}}}, **other,
            authorizing_integration_owners={"1": ANA},
        )  # fmt: skip
        ((told, private),) = await shown(discord, used)
    assert NOT_HERE[0] in told
    assert private


async def test_without_the_intent_words_come_only_where_parley_is_spoken_to(discord: FakeDiscord):
    discord.flags = 0
    host = LedgerHost()
    async with connected(discord, host, message_content=False):
        said = await discord.say(BEN, "The boats are out.")
        await discord.say(ANA, f"{MENTION} who brings the projector?")
        await discord.until(discord.said)
        await discord.say(ANA, f"{MENTION} translate to German", type=19, referenced_message=said,
                          message_reference={"message_id": said["id"], "channel_id": GENERAL})  # fmt: skip
        await discord.until(lambda: len(discord.said()) == 2)
        await shown(discord, await menu(discord, TRANSLATE, said))
    assert [request.intent.argument for request in host.requests] == ["who brings the projector?", "The boats are out."]
    assert discord.said()[1]["content"].startswith(NO_CONTENT[0])
    assert not any(isinstance(event, Message) for event in host.events)


async def test_the_switch_for_contents_is_told_once_in_a_channel_and_not_again_after_a_restart(
    discord: FakeDiscord, tmp_path: Any
):
    discord.flags = 0
    for _ in range(2):
        async with connected(discord, LedgerHost(tmp_path / "ledger.db"), message_content=False):
            count = len(discord.said())
            await discord.say(ANA, f"{MENTION} summarise")
            await discord.until(lambda count=count: len(discord.said()) > count)
    assert ["MESSAGE_CONTENT=true" in one["content"] for one in discord.said()] == [True, False]


async def test_contents_that_the_portal_does_not_grant_end_with_the_switch(discord: FakeDiscord):
    discord.flags = 0
    with pytest.raises(ServiceStopped) as stopped:
        async with connected(discord, LedgerHost()):
            pass
    assert "PARLEY_DISCORD__MESSAGE_CONTENT=false" in stopped.value.remedy


# Threads


async def test_a_thread_opens_under_an_answer_and_talk_goes_on_there(discord: FakeDiscord):
    async def answer(request: Request) -> Reply:
        again = (Action("Ask again", Intent("ask", "again?")),)
        text = "**What happened**\n\nThe boats are out." if request.intent.name == "summarize" else "Ben."
        read.extend([message.text async for message in request.fetch(request.intent.window)])
        return Reply(text, actions=again if request.intent.name == "summarize" else ())

    host, read = LedgerHost(answer=answer), []
    async with connected(discord, host):
        await discord.say(ANA, f"{MENTION} summarise")
        await discord.until(discord.said)
        (row,) = discord.said()[0]["components"]
        left = [{**row, "components": row["components"][:1]}]
        await discord.press(actions.plain(actions.THREAD))
        await discord.until(lambda: discord.threads)
        (opened,) = discord.threads
        await discord.until(lambda: discord.said(opened) and discord.said()[0]["components"] == left)
        assert discord.threads[opened]["name"] == "What happened The boats are out."
        discord.post(BEN, "I bring the boat.")
        await discord.say(BEN, "who brings the boat?", opened)
        await discord.until(lambda: len(discord.said(opened)) == 2)
        await discord.press(actions.plain(actions.THREAD))
        await discord.until(lambda: "may not open a thread" in str(discord.responses))
    assert [one["content"] for one in discord.said(opened)] == [
        "Let's go on here; there is no need to mention me.",
        "Ben.",
    ]
    assert "I bring the boat." in read
    assert not any("who brings" in text for text in read)
    assert not any(isinstance(event, Message) for event in host.events)


async def test_a_forums_post_is_a_conversation_of_its_own(discord: FakeDiscord):
    host = LedgerHost()
    discord.channels["205"] = channel("205", "ideas", 15, available_tags=[], default_sort_order=None)
    discord.threads["206"] = thread("206", "a boat", "205")
    async with connected(discord, host):
        await discord.say(ANA, f"{MENTION} summarise", "206")
        await discord.until(lambda: discord.said("206"))
    assert (host.requests[0].place.channel, host.requests[0].place.thread) == ("205", "206")
    assert host.requests[0].intent == Intent("summarize", window=Window(thread="206"))


async def test_work_that_the_host_refuses_is_told_with_what_to_do(discord: FakeDiscord):
    async def refuse(_: Request) -> Reply:
        raise Unreadable("I can't read this.", "Let me see it.")

    async with connected(discord, LedgerHost(answer=refuse), clock=IMPATIENT):
        await discord.say(ANA, f"<@{APP}> who?")
        await discord.until(discord.said)
        await asyncio.sleep(0)
    assert discord.said()[0]["content"] == "I can't read this.\n-# Let me see it."


async def test_forty_commands_behind_a_busy_model_are_acknowledged_before_any_is_answered(
    discord: FakeDiscord, capsys: pytest.CaptureFixture[str]
):
    free = asyncio.Event()

    async def answer(_: Request) -> Reply:
        await free.wait()
        return Reply("done")

    seconds: list[float] = []
    async with connected(discord, LedgerHost(answer=answer), show_after=60.0):
        for number in range(40):
            used = await discord.slash("ask", question=f"what {number}?")
            started = time.perf_counter()
            await discord.until(lambda used=used: used["id"] in discord.responses)
            seconds.append(time.perf_counter() - started)
        kinds = {bodies[0]["type"] for bodies in discord.responses.values()}
        answered = sum(len(shown) for shown in discord.shown.values())
        free.set()
        await discord.until(lambda: sum(map(len, discord.shown.values())) == 40, 20)
    with capsys.disabled():
        middle, slowest = (round(1000 * each) for each in (median(seconds), max(seconds)))
        sys.stdout.write(f"\n40 commands behind a busy model: acknowledged in {middle} ms, slowest {slowest} ms\n")
    assert (kinds, answered) == ({5}, 0)
