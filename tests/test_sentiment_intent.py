"""How a text sounds and how a channel feels, with the shipped classifier and an echo of a translator."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from adapters.chat import Channel, Intent, Message, Person, Place, Progress, Request, Window
from bot.conversation.permissions import OWNER
from bot.errors import NothingFound
from bot.history import HistoryThread
from bot.intents.sentiment import MoodResult, run
from bot.mood.sentiment import LINES, Judgement, judge, judge_stream
from bot.services import Services
from nlp.core import Core
from nlp.errors import ModelUnavailable
from nlp.scheduler.family import Binding
from nlp.translation.chat import ChatTranslation, translate

SHIPPED = Binding("sentiment", "adapted-classifier", "wheel:nlp/weights/sentiment-minilm")
ECHO = Binding("sentiment", "echo", "echo")
EVERY = Binding("sentiment", "echo", "echo", options={"multilingual": True})
PORTUGUESE = Binding("translate", "echo", "echo", source="pt", target="en")
NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
PLACE = Place("slack", "T1", "C1")
BOM_DIA = "Obrigado a todos, vocês fizeram um trabalho muito bom hoje!"
GERMAN = "Das ist heute leider wieder nicht gut gegangen, und ich bin sehr müde."


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    async with HistoryThread(None) as history, Core([ECHO, PORTUGUESE]) as core:
        yield Services(core, history, lambda: NOON + timedelta(days=1), ZoneInfo("UTC"))


def said(number: int, author: int, text: str = "well done") -> Message:
    name = f"Person{author}"
    return Message(str(number), PLACE, Person(name, name), text, NOON + timedelta(minutes=number))


async def store(services: Services, *messages: Message) -> None:
    await services.history.run(lambda history: history.add([Channel(PLACE, "general"), *messages]))


def asked(text: str = "", heard: list[Progress] | None = None) -> Request:
    progress = (lambda _: None) if heard is None else heard.append
    return Request(Intent("sentiment", text), PLACE, Person("P", "P"), progress=progress, access=OWNER)


@pytest.mark.starter
async def test_an_english_text_gets_a_label_its_scores_and_the_model():
    async with Core([SHIPPED]) as core:
        (found,) = await judge(["I am so happy with this, thank you all!"], core)
    document = found.document()
    assert set(document) == {"label", "scores", "model"}
    assert document["label"] == "positive"
    assert sum(document["scores"].values()) == pytest.approx(1, abs=1e-5)
    assert document["model"] == SHIPPED.name


async def test_a_text_in_another_language_is_judged_by_its_translation(services: Services):
    (found,) = await judge([BOM_DIA], services.core)
    (english,) = await translate(services.core, [BOM_DIA], "en", languages=["pt"])
    assert isinstance(english, ChatTranslation)
    (expected,) = await services.core.sentiment([english.text])
    assert (found.label, found.scores) == (expected.label, expected.scores)
    assert found.document()["note"] == "judged by its translation from pt"


async def test_a_text_without_a_translator_is_not_guessed_at(services: Services):
    (found,) = await judge([GERMAN], services.core)
    assert found.document() == {"label": None, "scores": {}, "model": "echo", "note": "not supported for de"}
    assert "not supported for de" in found.reply().text


async def test_a_model_that_reads_every_language_gets_each_text_as_it_is():
    async with Core([EVERY, PORTUGUESE]) as core:
        found = await judge([BOM_DIA, GERMAN, LOG], core)
        expected = await core.sentiment([BOM_DIA, GERMAN])
    assert [each.label for each in found] == [*(each.label for each in expected), None]
    assert [each.note for each in found[:2]] == ["", ""]


LOG = "2026-05-03 08:00:01 ERROR pump-12 lost its pressure\n2026-05-03 08:00:02 ERROR pump-12 gave up"


async def test_what_is_pasted_from_a_machine_has_no_mood(services: Services):
    (found,) = await judge([LOG], services.core)
    assert found.label is None
    assert "pasted" in found.document()["note"]
    assert "sounds **" not in found.reply().text


async def test_what_a_person_wrote_beside_a_paste_is_judged_alone(services: Services):
    beside, alone = await judge([f"that looks fine to me\n{LOG}", "that looks fine to me"], services.core)
    assert beside.scores == alone.scores


async def test_pastes_count_as_messages_without_words_in_a_channels_mood(services: Services):
    await store(services, *(said(n, n % 5, LOG if n % 2 else "that looks fine to me") for n in range(60)))
    document = (await run(asked(), services)).document()
    assert (document["messages"], document["covers"]["left_out"]) == (30, 30)


async def test_each_of_many_texts_gets_its_own_answer_in_order(services: Services):
    texts = ["the first one is here", GERMAN, BOM_DIA, "and this is the last of them"]
    together = await judge(texts, services.core)
    assert together == [(await judge([text], services.core))[0] for text in texts]
    assert [found.language for found in together] == ["en", "de", "pt", "en"]


async def test_a_text_whose_language_nobody_can_tell_is_taken_for_english(services: Services):
    (found,) = await judge(["ok"], services.core)
    assert found.language == "en"
    assert found.label


async def test_a_stream_is_judged_in_order_across_its_parts(services: Services):
    async def lines() -> AsyncIterator[str]:
        for number in range(LINES + 3):
            yield f"{number}"

    found = [each async for each in judge_stream(lines(), services)]
    assert len(found) == LINES + 3
    assert found[-1] == (await judge([f"{LINES + 2}"], services.core))[0]


async def test_the_argument_is_judged_rather_than_the_channel(services: Services):
    assert isinstance(await run(asked("that went well"), services), Judgement)


async def test_the_mood_of_a_channel_is_shares_that_name_nobody(services: Services):
    await store(services, *(said(n, n % 5, f"message number {n}") for n in range(25)))
    heard: list[Progress] = []
    found = await run(asked(heard=heard), services)
    assert isinstance(found, MoodResult)
    document = found.document()
    assert sum(document["shares"].values()) == pytest.approx(1)
    assert (document["messages"], document["authors"], document["covers"]["left_out"]) == (25, 5, 0)
    assert heard[-1] == Progress("reading the mood", 25, 25)
    assert "Person" not in found.reply().text + str(document)
    reply = found.reply()
    assert reply.text.startswith("The mood of #general was steady: ")
    assert reply.notes[0].startswith("I judged 25 messages by 5 people")
    (chart,) = reply.files
    assert (chart.media_type, chart.content[:4]) == ("image/png", b"\x89PNG")
    assert chart.description.startswith(reply.text.partition("\n")[0])


@pytest.mark.parametrize(("messages", "authors"), [(19, 5), (40, 4)])
async def test_too_few_people_or_messages_have_no_mood(services: Services, messages: int, authors: int):
    await store(services, *(said(n, n % authors) for n in range(messages)))
    found = await run(asked(), services)
    assert found.document()["shares"] == {}
    assert found.reply().text.startswith("There is too little to speak of a mood")
    assert f"here are {messages} from {authors}" in found.document()["notes"][0]


async def test_messages_nobody_could_read_do_not_count_towards_a_mood(services: Services):
    readable = [said(n, n % 4) for n in range(24)]
    await store(services, *readable, *(said(100 + n, 4, GERMAN) for n in range(3)))
    document = (await run(asked(), services)).document()
    assert (document["shares"], document["messages"], document["authors"]) == ({}, 24, 4)
    assert document["covers"]["left_out"] == 3


async def test_a_live_channel_that_is_off_is_neither_fetched_nor_judged(services: Services):
    async def fetch(_: object) -> AsyncIterator[Message]:
        raise AssertionError
        yield

    await store(services, *(said(n, n % 5) for n in range(25)))
    live = replace(asked(), access=None, fetch=fetch)
    with pytest.raises(NothingFound, match="I keep nothing"):
        await run(live, services)
    await services.history.run(lambda history: history.turn_on(PLACE, "U9", NOON))
    assert (await run(live, services)).reply().files


async def test_the_newest_messages_are_judged_with_the_rest_of_their_days(services: Services):
    days = [replace(said(n, n % 5), sent_at=NOON + timedelta(days=n // 30 - 3, minutes=n)) for n in range(90)]
    await store(services, *days)
    newest = replace(asked(), intent=Intent("sentiment", window=Window(last=25)))
    assert (await run(newest, services)).document()["messages"] == 30


async def test_a_small_channel_is_judged_over_a_long_time(services: Services):
    asked_at = NOON + timedelta(days=400)
    services = replace(services, now=lambda: asked_at)
    await store(services, *(replace(said(n, n % 5), sent_at=NOON - timedelta(days=3 * n)) for n in range(25)))
    assert sum((await run(asked(), services)).document()["shares"].values()) == pytest.approx(1)


async def test_an_empty_channel_has_nothing_to_judge(services: Services):
    with pytest.raises(NothingFound):
        await run(asked(), services)


async def test_without_a_model_the_feature_says_so():
    async with Core([]) as core:
        with pytest.raises(ModelUnavailable, match="sentiment"):
            await judge(["hello"], core)
