"""A Slack channel that translates itself: what is said, edited and deleted there, over the real client and models."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from interpreting import SOON, Harbour, harbour

from nlp.core import Core
from nlp.profiles import profile


@pytest.fixture
async def core() -> AsyncIterator[Core]:
    async with Core(profile("starter")) as opened:
        yield opened


@pytest.fixture
async def port(core: Core) -> AsyncIterator[Harbour]:
    """A channel that is put into English."""
    async with harbour(core) as there:
        await there.command("/translate", "on English")
        yield there


async def test_a_message_in_another_language_gets_its_translation_in_a_thread(port: Harbour):
    ts = await port.say("Bom dia, o barco chega amanhã de manhã.")
    (text,) = await port.translated()
    assert "boat arrives tomorrow" in text
    assert port.own()[0]["thread_ts"] == ts


GOOD = "Bom dia, o barco chega amanhã de manhã."
LATE = "O trem está muito atrasado hoje."


async def test_everyone_reads_who_turned_it_on_and_which_languages_it_takes(core: Core):
    async with harbour(core) as port:
        told = await port.command("/translate", "on English")
        said = str(told)
        assert "because Ana turned it on" in said
        assert "Into English from Portuguese" in said
        assert "/translate mine off" in said
        assert told.get("response_type") != "ephemeral"


async def test_only_an_administrator_turns_it_on(core: Core):
    async with harbour(core) as port:
        await port.slack.command("/translate", "on English", user_id="U2")
        await port.slack.until(lambda: port.slack.responses)
        assert "Only an administrator" in str(port.slack.responses[-1])
        await port.say(GOOD)
        assert "isn't translated" in str(await port.command("/translate", "off"))


async def test_a_language_that_no_model_writes_is_refused_with_what_to_do(core: Core):
    async with harbour(core) as port:
        assert "parley models pull firefox:de" in str(await port.command("/translate", "on German"))
        assert "Klingonese" in str(await port.command("/parley", "interpret on Klingonese"))


async def test_what_needs_no_translation_gets_none(port: Harbour):
    for text in (
        "The boat arrives tomorrow morning.",
        ":tada: :boat:",
        "`git pull`",
        "https://example.org/barco",
        "ok",
    ):
        await port.say(text, "U2")
    await port.say("O barco chegou.", subtype="bot_message", bot_id="B7", username="deploy")
    await port.say(GOOD)
    (text,) = await port.translated()
    assert "boat arrives" in text
    assert len(port.slack.called("chat.postMessage")) == 2  # and the notice


async def test_an_edit_rewrites_the_translation_in_its_place(port: Harbour):
    ts = await port.say(GOOD)
    await port.translated()
    await port.edit(ts, LATE)
    await port.slack.until(lambda: "train" in port.texts()[0], SOON)
    assert len(port.own()) == 1


async def test_an_edit_into_the_language_takes_the_translation_back_and_one_out_of_it_brings_it(port: Harbour):
    ts = await port.say(GOOD)
    await port.translated()
    await port.edit(ts, "Good morning, the boat arrives tomorrow.")
    await port.slack.until(lambda: not port.own(), SOON)
    await port.edit(ts, LATE)
    assert "train" in (await port.translated())[0]


async def test_a_deletion_deletes_the_translation(port: Harbour):
    first = await port.say(GOOD)
    await port.translated()
    await port.say(LATE, "U2")
    await port.translated(2)
    await port.delete(first)
    await port.slack.until(lambda: len(port.own()) == 1, SOON)
    assert "train" in port.texts()[0]


async def test_messages_of_one_person_within_a_moment_are_one_post_and_a_fragment_goes_on(port: Harbour):
    await port.say("Bom dia a todos.")
    await port.say("O barco chega amanhã")
    await port.say("de manhã cedo.")
    await port.slack.until(lambda: any("morning" in text and "boat" in text for text in port.texts()), SOON)
    await port.say(LATE, "U2")
    texts = await port.translated(2)
    assert len(texts) == 2
    assert "arrives tomorrow early morning" in texts[0]


async def test_one_of_several_messages_of_a_post_can_go_and_the_others_stay(port: Harbour):
    await port.say("Bom dia a todos.")
    second = await port.say("O barco chega amanhã.")
    await port.slack.until(lambda: any("boat" in text for text in port.texts()), SOON)
    await port.delete(second)
    await port.slack.until(lambda: port.own() and "boat" not in port.texts()[0], SOON)
    assert "morning" in port.texts()[0].lower()


async def test_an_event_that_comes_again_posts_nothing_again(port: Harbour):
    ts = await port.say(GOOD)
    await port.translated()
    for _ in range(3):
        await port.say(GOOD, ts=ts)
    await port.say(LATE, "U2")
    assert len(await port.translated(2)) == 2


async def test_a_restart_finishes_what_was_begun_and_doubles_nothing(core: Core, tmp_path: Path):
    path = tmp_path / "history.db"
    async with harbour(core, path, patience=0) as port:
        await port.command("/translate", "on English")
        await port.say(LATE, "U2")
        await port.translated()
        port.slack.cuts["chat.postMessage"] = 5  # Slack takes it, and nobody hears of it
        await port.say(GOOD)
        await port.slack.until(lambda: len(port.own()) >= 2, SOON)
        port.slack.cuts.clear()
        async with harbour(core, path, port.slack) as again:
            await again.say("O café está frio.", "U2")
            texts = await again.translated(3)
    assert len(texts) == 3
    assert sum("boat" in text for text in texts) == 1


async def test_a_person_stops_it_for_their_own_messages(port: Harbour):
    assert "no longer translate what you write" in str(await port.command("/translate", "mine off"))
    await port.say(GOOD)
    await port.say(LATE, "U2")
    (text,) = await port.translated()
    assert "train" in text
    await port.command("/translate", "mine on")
    await port.say(GOOD)
    assert len(await port.translated(2)) == 2


async def test_who_wants_to_be_forgotten_leaves_no_translation_behind(port: Harbour):
    await port.say(GOOD)
    await port.translated()
    await port.command("/parley", "privacy out")
    port.house.assistant.services.unfinished.set()
    await port.slack.until(lambda: not port.own(), SOON)


async def test_it_is_turned_off_for_everyone_to_read_and_deletions_are_still_followed(port: Harbour):
    ts = await port.say(GOOD)
    await port.translated()
    assert "because Ana turned it off" in str(await port.command("/translate", "off"))
    await port.say(LATE, "U2")
    await port.delete(ts)
    await port.slack.until(lambda: not port.own(), SOON)


async def test_people_who_write_faster_than_may_be_posted_are_told_once_and_offered_a_summary(core: Core):
    async with harbour(core, pace=0.05) as port:
        await port.command("/translate", "on English")
        for number in range(40):
            await port.say(f"O barco número {number} chega amanhã.", f"U{1 + number % 2}", wait=False)
        await port.slack.until(lambda: any("passed over" in m["text"] for m in port.slack.messages["C1"]), SOON)
        told = [each for each in port.slack.messages["C1"] if "passed over" in each["text"]]
        numbers = [int(text.split("number ")[1].split()[0]) for text in port.texts() if "number " in text]
    assert len(told) == 1
    assert "Sum them up" in str(told[0]["blocks"])
    for own in (0, 1):  # of each person the newest comes last
        of_one = [number for number in numbers if number % 2 == own]
        assert of_one == sorted(of_one)


async def test_nobody_is_mentioned_and_no_link_is_hidden(port: Harbour):
    await port.say("Olá <@U2>, <!channel> o barco chega amanhã: veja <https://example.org/barco|aqui>, *por favor*.")
    (text,) = await port.translated()
    block = str(port.own()[0]["blocks"])
    assert "<@U2>" not in text + block
    assert "<!channel>" not in text + block
    assert "https://example.org/barco" in text
    assert "*" in text


async def test_each_reader_asks_for_their_own_language_by_a_button_which_remembers(core: Core):
    async with harbour(core) as port:
        await port.command("/translate", "on for readers")
        ts = await port.say(GOOD)
        assert (await port.translated())[0].startswith("In Portuguese")
        button = next(
            each for block in port.own()[0]["blocks"] for each in block.get("elements", ()) if "value" in each
        )

        def answers(before: int) -> list[dict[str, str]]:
            return [
                each
                for each in port.slack.responses[before:]
                if "Working on it" not in each.get("text", "Working on it")
            ]

        async def press(action: dict[str, str]) -> dict[str, str]:
            before = len(port.slack.responses)
            where = {"channel_id": "C1", "message_ts": port.own()[0]["ts"], "thread_ts": ts}
            await port.slack.interact(
                "block_actions",
                {"actions": [action], "channel": {"id": "C1"}, "container": where, "user": {"id": "U2"},
                 "response_url": port.slack.response_url()},
            )  # fmt: skip
            await port.slack.until(lambda: answers(before), SOON)
            return answers(before)[-1]

        asked = await press(button)
        assert "Which language do you read?" in asked["text"]
        assert asked["response_type"] == "ephemeral"
        english = next(
            each
            for block in asked["blocks"]
            for each in block.get("elements", ())
            if each.get("text", {}).get("text") == "English"
        )
        assert "boat" in (await press(english))["text"]
        assert "boat" in (await press(button))["text"]  # it remembers
        assert len(port.own()) == 1


async def test_better_words_in_the_thread_are_used_at_once_and_word_for_word_next_time(port: Harbour):
    await port.command("/parley", "consent on")
    ts = await port.say(GOOD)
    await port.translated()
    await port.say("better: Morning! The ferry is due tomorrow.", "U2", thread_ts=ts)
    await port.slack.until(lambda: port.own() and "ferry" in port.texts()[0], SOON)
    await port.say(LATE, "U1")
    await port.translated(2)
    await port.say(GOOD, "U2")
    texts = await port.translated(3)
    assert texts[-1].startswith("Morning! The ferry is due tomorrow.")
