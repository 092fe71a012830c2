"""Machines that share a history: what one computed in its arithmetic is what the other reads, and says which it was."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.random import default_rng
from tiny_encoders import bert_classifier

from adapters.chat import EVERYTHING, Channel, Intent, Message, Person, Place, Progress, Request
from bot.conversation.permissions import OWNER
from bot.history import HistoryThread, Scope
from bot.mood.report_page import page
from bot.mood.reporting import report
from bot.mood.scoring import LEFT_OUT, score
from bot.retrieval.embeddings import message_vectors
from bot.services import Services
from nlp.bench.texts import SENTENCES
from nlp.core import Core
from nlp.hub.model_card import measured
from nlp.inference import gates
from nlp.models import FAMILIES, family
from nlp.profiles import profile
from nlp.scheduler.family import ARITHMETICS, KEPT, Binding

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PLACE = Place("slack", "T1", "C1")
SCOPE = Scope.of(PLACE)
ZONE = ZoneInfo("UTC")
STARTER = tuple(each for each in profile("starter") if each.task in {"embed", "sentiment"})
STEP = 2**-12  # between neighbours in the half precision of stored vectors, for parts of 0.25 to 0.5
KINDS = (("bfloat16",), ("int8",), ())  # what is faster than float32, by kind of machine

Machine = Callable[[tuple[str, ...]], None]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Work on a machine that is faster than float32 in this."""
    return lambda fast: monkeypatch.setattr(gates, "faster", lambda _: fast)


def messages() -> list[Message]:
    people = [Person(f"U{n % 6}", f"Name{n % 6}") for n in range(60)]
    texts = [f"{SENTENCES[n % len(SENTENCES)]} {n}" for n in range(60)]
    return [
        Message(str(n), PLACE, people[n], texts[n], START + timedelta(hours=n), permalink=f"https://chat.example/{n}")
        for n in range(60)
    ]


async def opened(path: Path, bindings: tuple[Binding, ...], look: Callable[[Services], Any]) -> Any:
    async with HistoryThread(path) as history, Core(bindings, device="cpu") as core:
        services = Services(core, history, lambda: START + timedelta(days=9), ZONE, random=lambda: default_rng(7))
        await history.run(lambda store: store.add([Channel(PLACE, "general"), *messages()]))
        return await look(services)


async def labels(services: Services) -> tuple[list[int], list[int]]:
    """The labels of all messages, and how many texts had to be judged for them."""
    heard: list[Progress] = []
    model, failed = await score(SCOPE, EVERYTHING, services.now(), services, heard.append)
    assert not failed
    found = await services.history.run(lambda store: store.scored(SCOPE, EVERYTHING, services.now(), *model.keys))
    return found.labels.tolist(), [each.done for each in heard]


async def written(services: Services) -> bytes:
    """The report, as programs and as people read it."""
    request = Request(Intent("sentiment"), PLACE, Person("P", "P"), access=OWNER)
    made = await report(request, services)
    return json.dumps(made.document()).encode() + page(made).encode()


async def keys(services: Services) -> set[str]:
    """The models under whose names the history holds labels."""
    return await services.history.run(lambda store: {row[0] for row in store._db.execute("SELECT model FROM score")})


async def vectors(services: Services) -> np.ndarray:
    return await message_vectors(messages(), SCOPE, services)


@pytest.fixture
def owned(tmp_path: Path) -> tuple[Binding, ...]:
    """An owner's own classifier, which has a gate and may compute in another arithmetic by default."""
    return (Binding("sentiment", "classifier", str(bert_classifier(tmp_path / "mood"))), STARTER[0])


@pytest.mark.starter
@pytest.mark.parametrize("first", KINDS)
@pytest.mark.parametrize("second", KINDS)
async def test_a_history_made_in_one_arithmetic_gives_the_same_labels_and_report_in_another(
    first: tuple[str, ...], second: tuple[str, ...], owned: tuple[Binding, ...], machine: Machine, tmp_path: Path
):
    machine(first)
    made, judged = await opened(tmp_path / "h.db", owned, labels)
    before = await opened(tmp_path / "h.db", owned, written)
    assert judged
    machine(second)
    assert await opened(tmp_path / "h.db", owned, labels) == (made, [])  # none was judged again
    assert await opened(tmp_path / "h.db", owned, written) == before


@pytest.mark.starter
@pytest.mark.parametrize("fast", KINDS)
async def test_a_label_says_in_which_arithmetic_it_was_computed(
    fast: tuple[str, ...], owned: tuple[Binding, ...], machine: Machine, tmp_path: Path
):
    machine(fast)
    await opened(tmp_path / "h.db", owned, labels)
    version = f"{measured(owned[0]).key} {LEFT_OUT}"
    assert await opened(tmp_path / "h.db", owned, keys) == {" ".join((version, *fast))}


@pytest.mark.starter
async def test_the_packaged_models_give_every_machine_the_same_labels_report_and_vectors(
    machine: Machine, tmp_path: Path
):
    found, rows = [], []
    for number, fast in enumerate(KINDS):
        machine(fast)
        path = tmp_path / f"{number}.db"
        rows.append(await opened(path, STARTER, vectors))
        found.append((await opened(path, STARTER, labels), await opened(path, STARTER, written)))
    assert found[0] == found[1] == found[2]
    assert np.ptp(rows, axis=0).max() <= STEP


@pytest.mark.starter
@pytest.mark.parametrize("dtype", ["bfloat16", "int8"])
async def test_an_owners_own_choice_is_named_and_never_taken_for_the_default(dtype: str, tmp_path: Path):
    chosen = tuple(replace(each, dtype=dtype) for each in STARTER)
    path = tmp_path / "h.db"
    _, judged = await opened(path, chosen, labels)
    rough = await opened(path, chosen, vectors)
    again, judged_again = await opened(path, STARTER, labels)
    assert judged == judged_again  # what the default says of them is asked of the default
    assert await opened(path, STARTER, keys) == {
        f"{measured(STARTER[1]).key} {LEFT_OUT}{more}" for more in ("", f" {dtype}")
    }
    assert not np.array_equal(await opened(path, STARTER, vectors), rough)
    assert len(again) == len(messages())


async def test_a_message_that_was_judged_in_two_arithmetics_counts_once(owned: tuple[Binding, ...], tmp_path: Path):
    path = tmp_path / "h.db"
    for dtype in ("int8", "float32"):
        await opened(path, (replace(owned[0], dtype=dtype),), labels)
    found, judged = await opened(path, owned[:1], labels)
    assert len(found) == len(messages())
    assert not judged


def test_what_was_computed_in_float32_has_the_plain_key_and_the_rest_names_its_arithmetic(owned: tuple[Binding, ...]):
    model = measured(owned[0])
    assert model.keys == (model.key, *(f"{model.key} {each}" for each in ARITHMETICS[1:]))
    assert model.key_in("") == model.key_in("none") == model.key
    assert model.key_in("int8_float32") == f"{model.key} int8"  # as CTranslate2 says it
    assert measured(replace(owned[0], dtype="int8")).keys == (f"{model.key} int8",)
    assert measured(STARTER[0]).keys == (measured(STARTER[0]).key,)


@pytest.mark.parametrize("name", sorted(set(FAMILIES) - {"echo"}))
def test_every_family_whose_vectors_are_stored_is_kept_in_one_arithmetic(name: str):
    if "embed" in family(name).tasks:
        assert name in KEPT
