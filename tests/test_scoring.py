"""Every message is judged once per model and version, and its score goes with it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from adapters.chat import EVERYTHING, Channel, Message, Person, Place, Progress, Reaction, ignore
from bot.history import HistoryThread, Scope
from bot.history.derived.scores import LABELS, NUMBERS, Scored
from bot.mood.scoring import PAGE, score
from bot.services import Services
from nlp.core import Core
from nlp.errors import ModelUnavailable
from nlp.hub.model_card import measured
from nlp.scheduler.family import Binding

NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
NOW = NOON + timedelta(days=2)
PLACE = Place("slack", "T1", "C1")
SCOPE = Scope.of(PLACE)
ECHO = Binding("sentiment", "echo", "echo")
SHIPPED = Binding("sentiment", "adapted-classifier", "wheel:nlp/weights/sentiment-minilm")
GERMAN = "Das ist heute leider wieder nicht gut gegangen, und ich bin sehr müde."


def said(number: int, text: str = "well done", author: str = "U1") -> Message:
    return Message(str(number), PLACE, Person(author, author), text, NOON + timedelta(seconds=number))


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    async with HistoryThread(None) as history, Core([ECHO]) as core:
        yield Services(core, history, lambda: NOW, ZoneInfo("UTC"))


async def store(services: Services, *messages: Message | Channel) -> None:
    await services.history.run(lambda history: history.add([Channel(PLACE, "general"), *messages]))


async def scored(services: Services, scope: Scope = SCOPE) -> Scored:
    model, _ = await score(scope, EVERYTHING, NOW, services, ignore)
    return await services.history.run(lambda history: history.scored(scope, EVERYTHING, NOW, model.key))


async def pages(services: Services) -> list[int]:
    """How many texts each page of another round judges."""
    heard: list[Progress] = []
    await score(SCOPE, EVERYTHING, NOW, services, heard.append)
    return [each.done for each in heard]


async def test_every_message_is_judged_once(services: Services):
    await store(services, *(said(n, f"number {n}") for n in range(PAGE + 5)))
    assert await pages(services) == [PAGE, PAGE + 5]
    assert await pages(services) == []


async def test_a_score_is_the_models_label_of_that_text(services: Services):
    await store(services, *(said(n, f"number {n}") for n in range(30)))
    found = await scored(services)
    expected = [each.label for each in await services.core.sentiment([f"number {n}" for n in range(30)])]
    assert [LABELS[label] for label in found.labels] == expected
    assert found.ids == tuple(map(str, range(30)))


async def test_an_edited_message_is_judged_again(services: Services):
    await store(services, said(1), said(2))
    await scored(services)
    await store(services, replace(said(1, "it is broken"), edited_at=NOW))
    assert await pages(services) == [1]


async def test_the_score_of_a_deleted_or_forgotten_message_is_gone(services: Services):
    await store(services, said(1), said(2, author="U2"), said(3, author="U3"))
    await scored(services)
    await services.history.run(lambda history: history.delete(PLACE, ["1"]))
    await services.history.run(lambda history: history.forget("U2"))
    assert (await scored(services)).ids == ("3",)
    rows = await services.history.run(lambda history: history._db.execute("SELECT count(*) FROM score").fetchone())
    assert rows == (1,)


async def test_who_opted_out_is_not_counted_in_a_later_import_either(services: Services):
    await services.history.run(lambda history: history.forget("U2"))
    await store(services, said(1), said(2, author="U2"))
    assert (await scored(services)).ids == ("1",)


async def test_bots_and_notices_are_not_judged(services: Services):
    await store(services, said(1), replace(said(2), from_bot=True), replace(said(3), notice=True))
    assert (await scored(services)).ids == ("1",)


@pytest.mark.parametrize("kind", ["direct", "group"])
async def test_a_conversation_of_a_few_is_never_judged_not_even_for_the_owner(services: Services, kind: str):
    await store(services, Channel(PLACE, "Ana, Bo", kind), said(1))
    assert len(await scored(services)) == 0


async def test_a_live_scope_judges_only_a_channel_that_is_on(services: Services):
    await store(services, said(1))
    live = replace(SCOPE, live=True, here=PLACE.channel)
    assert len(await scored(services, live)) == 0
    await services.history.run(lambda history: history.turn_on(PLACE, "U9", NOON))
    assert len(await scored(services, live)) == 1


async def test_foreign_and_wordless_texts_are_marked_and_not_guessed_at(services: Services):
    await store(services, said(1, GERMAN), said(2, "🎉🎉 !"))
    found = await scored(services)
    assert found.labels.tolist() == [NUMBERS["foreign"], NUMBERS["wordless"]]
    assert await pages(services) == []


async def test_a_model_that_reads_every_language_judges_all_with_words_whatever_is_translated(services: Services):
    every = replace(ECHO, options={"multilingual": True})
    await store(services, said(1, GERMAN), said(2, "🎉🎉 !"), said(3))
    async with Core([every]) as core:
        found = await scored(replace(services, core=core))
    assert [label < len(LABELS) for label in found.labels.tolist()] == [True, False, True]
    async with Core([every, Binding("translate", "echo", "echo-de", source="de", target="en")]) as core:
        assert await pages(replace(services, core=core)) == [], "a translator that isn't asked makes no other model"


async def test_foreign_texts_of_many_pages_go_to_their_translator_together(services: Services):
    texts = [GERMAN if n % 100 == 0 else f"this is number {n}" for n in range(2 * PAGE)]
    await store(services, *(said(n, text) for n, text in enumerate(texts)))
    german = texts.count(GERMAN)
    translating = (ECHO, Binding("translate", "echo", "echo-de", source="de", target="en"))
    async with Core(translating) as core:
        assert await pages(replace(services, core=core)) == [PAGE - 11, 2 * PAGE - german, 2 * PAGE]
        assert await pages(replace(services, core=core)) == []


async def test_people_are_numbered_and_their_ids_stay(services: Services):
    messages = [said(n, author=f"U{n % 3}") for n in range(6)]
    await store(services, *(replace(each, reactions=(Reaction("tada", 2),)) for each in messages))
    found = await scored(services)
    assert found.voices.tolist() == [0, 1, 2, 0, 1, 2]
    assert found.reactions == {"tada": 12}
    assert "U1" not in repr(found)


async def test_without_a_model_the_feature_says_so(services: Services):
    async with Core([]) as core:
        with pytest.raises(ModelUnavailable, match="sentiment"):
            await score(SCOPE, EVERYTHING, NOW, replace(services, core=core), ignore)


def test_the_shipped_model_knows_its_confusion():
    found = measured(SHIPPED)
    assert found.labels == ("negative", "neutral", "positive")
    assert len(found.confusion) == 3
    assert found == measured(SHIPPED)


def test_other_weights_are_another_version(tmp_path: Path):
    (tmp_path / "classifier.json").write_text(
        '{"labels": ["a"], "temperature": 1, "max_tokens": 9, "base_sha256": "", "confusion": [[1]]}'
    )
    own = replace(SHIPPED, model=str(tmp_path))
    first = measured(own).key
    (tmp_path / "head.safetensors").write_bytes(b"trained again")
    assert measured(own).key != first
