"""Vectors of another embedder are replaced in the background, the newest messages first."""

import asyncio
from dataclasses import replace

import pytest
from talk import ECHO, PLACE, request, serving, talk

from bot.errors import HistoryBusy
from bot.history import History, Scope, vectors
from bot.intents import health
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


async def told(services: Services) -> tuple[int, int]:
    document = (await health.run(request("health"), services)).document()["vectors"]
    return document["renewed"], document["left"]


async def test_every_message_gets_a_vector_of_the_bound_embedder_in_the_place_of_the_old_one():
    async with serving(MESSAGES) as services:
        await services.history.run(outdate)
        assert await told(services) == (0, 5)
        await renewal.renew_vectors(services)
        assert await told(services) == (5, 0)
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
            assert priority is Priority.BACKGROUND
            steps.append({id_ for id_, name in await services.history.run(models) if name == model})
            return await whole(texts, priority=priority)

        monkeypatch.setattr(services.core, "embed", watched)
        await renewal.renew_vectors(services)
    assert steps == [set(), {"4", "3"}, {"4", "3", "2", "1"}]


async def test_a_message_that_is_edited_or_gone_meanwhile_keeps_no_vector_of_its_old_text():
    async with serving(MESSAGES) as services:
        await services.history.run(outdate)
        model = key(services.core)
        keys = await services.history.run(lambda history: history.outdated_vectors(model))
        await services.history.run(lambda history: history.add([replace(MESSAGES[4], text="another text")]))
        await renewal.renew(services, model, keys)
        assert await services.history.run(lambda history: history.outdated_vectors(model)) == []


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
            await asyncio.sleep(0)

        monkeypatch.setattr(renewal, "renew_all", renew_all)
        await renewal.renew_vectors(services, sleep)
        assert (await told(services))[1] == 0
    assert slept == [renewal.PAUSE]


async def test_without_an_embedder_nothing_is_renewed_and_health_counts_nothing():
    async with serving(MESSAGES, ()) as services:
        await renewal.renew_vectors(services)
        assert (await health.run(request("health"), services)).document()["vectors"] is None


async def test_a_message_without_any_vector_is_left_until_somebody_asks():
    async with serving(MESSAGES, ECHO) as services:
        await renewal.renew_vectors(services)
        assert await services.history.run(models) == []
