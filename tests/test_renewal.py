"""Vectors that are lacking, or another embedder's, are made in the background, the newest messages first."""

import asyncio
from dataclasses import replace

import pytest
from talk import PLACE, request, said, serving, talk

from bot.errors import HistoryBusy
from bot.history import History, Scope, consent
from bot.history.derived import vectors
from bot.history.index import blocks
from bot.history.index.blocks import SIZE
from bot.intents import ask, health
from bot.retrieval.embeddings import key, message_vectors
from bot.runtime import renewal
from bot.services import Services
from nlp.jobs import Priority
from nlp.models.echo import embed

SCOPE = Scope.of(PLACE)
MESSAGES = talk(*(f"Ana: boat number {n}" for n in range(5)))


def outdate(history: History) -> None:
    history.write(vectors.keep, "another", [(message, embed("old")) for message in MESSAGES])


def models(history: History) -> list[tuple[str, str]]:
    return list(history._db.execute("SELECT id, model FROM vector JOIN message ON message.key = vector.message"))


async def told(services: Services) -> tuple[int, int, int]:
    document = (await health.run(request("health"), services)).document()["vectors"]
    return document["renewed"], document["left"], document["missing"]


async def test_every_message_gets_a_vector_of_the_bound_embedder_in_the_place_of_the_old_one():
    async with serving(MESSAGES) as services:
        await services.history.run(outdate)
        assert await told(services) == (0, 5, 0)
        assert await renewal.renew_all(services) == 5
        assert await told(services) == (5, 0, 0)
        assert {model for _, model in await services.history.run(models)} == {key(services.core)}
        rows = await message_vectors(MESSAGES, SCOPE, services, most=0)
    assert all(row.any() for row in rows)


async def test_the_newest_messages_go_first_and_progress_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(renewal, "AT_ONCE", 2)
    steps: list[set[str]] = []
    async with serving(MESSAGES) as services:
        await services.history.run(outdate)
        model, whole = key(services.core), services.core.embed

        async def watched(texts: list[str], *, priority: Priority) -> object:
            assert priority is Priority.BULK
            steps.append({id_ for id_, name in await services.history.run(models) if name == model})
            return await whole(texts, priority=priority)

        monkeypatch.setattr(services.core, "embed", watched)
        await renewal.renew_all(services)
    assert steps == [set(), {"4", "3"}, {"4", "3", "2", "1"}]


async def test_a_message_that_is_edited_or_gone_meanwhile_keeps_no_vector_of_its_old_text():
    async with serving(MESSAGES) as services:
        await services.history.run(outdate)
        model = key(services.core)
        keys = await services.history.read(vectors.lacking, model, 0, SIZE)
        await services.history.run(lambda history: history.add([replace(MESSAGES[4], text="another text")]))
        await renewal.renew(services, model, keys)
        assert await services.history.read(vectors.lacking, model, 0, SIZE) == []


async def test_a_history_that_is_busy_is_tried_again_later(monkeypatch: pytest.MonkeyPatch):
    slept: list[float] = []
    async with serving(MESSAGES) as services:
        await services.history.run(outdate)
        once = iter((HistoryBusy("busy"),))

        async def renew_all(wanted: Services, real=renewal.renew_all) -> None:  # noqa: ANN001
            if (error := next(once, None)) is not None:
                raise error
            await real(wanted)

        async def sleep(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == 2:
                raise asyncio.CancelledError

        monkeypatch.setattr(renewal, "renew_all", renew_all)
        with pytest.raises(asyncio.CancelledError):
            await renewal.renew_vectors(services, sleep)
        assert (await told(services))[1] == 0
    assert slept == [renewal.PAUSE, renewal.LOOK]


async def test_without_an_embedder_nothing_is_renewed_and_health_counts_nothing():
    async with serving(MESSAGES, ()) as services:
        await renewal.renew_vectors(services)
        assert (await health.run(request("health"), services)).document()["vectors"] is None


async def test_messages_get_vectors_as_they_come_and_after_an_edit():
    async with serving(MESSAGES) as services:
        assert await told(services) == (0, 0, 5)
        assert (
            "5 messages are found by their words alone" in (await health.run(request("health"), services)).reply().text
        )
        assert await renewal.renew_all(services) == 5
        changed = [said(9, "Ben", "a new boat"), replace(MESSAGES[1], text="sold", edited_at=MESSAGES[1].sent_at)]
        await services.history.run(lambda history: history.add(changed))
        assert await told(services) == (4, 0, 2)
        assert await renewal.renew_all(services) == 2
        assert await renewal.renew_all(services) == 0


async def test_notices_empty_texts_and_apps_that_count_for_nothing_get_no_vector():
    others = [
        said(10, "Ben", "Ben joined", notice=True),
        said(11, "Ben", "  "),
        said(12, "Bot", "build 7 is green", from_bot=True),
    ]
    async with serving([*MESSAGES, *others]) as services:
        assert await renewal.renew_all(services) == len(MESSAGES)
        await services.history.write(consent.set_apps, PLACE, apps=True)
        assert await renewal.renew_all(services) == 1


async def test_full_blocks_are_sealed_once_and_the_one_that_grows_is_not(monkeypatch: pytest.MonkeyPatch):
    for module in (blocks, renewal):
        monkeypatch.setattr(module, "SIZE", 2)
    async with serving(MESSAGES) as services:
        await renewal.renew_all(services)
        assert await services.history.read(blocks.unsealed, key(services.core)) == [2]
        writes: list[object] = []
        monkeypatch.setattr(services.history, "write", lambda *given: writes.append(given))
        await renewal.renew_all(services)
    assert writes == []


async def test_a_question_waits_for_few_vectors_those_of_the_likeliest_messages(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ask, "MADE", 2)
    async with serving([*MESSAGES, said(9, "Ben", "the key hangs in the shed")]) as services:
        answer = await ask.run(request("ask", "which boat is number 1?"), services)
        kept = {id_ for id_, _ in await services.history.run(models)}
    assert "1" in kept
    assert len(kept) == 2
    assert any(note.startswith("4 messages were compared by words only") for note in answer.reply().notes)
