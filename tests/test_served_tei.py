"""Models behind text-embeddings-inference: same results as here, lists of its length, and servers that lie."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_encoders
from model_server import ModelServer, answering, serving

from nlp.core import Core
from nlp.errors import ModelRefused
from nlp.jobs import Classify, Embed, Entail, Job
from nlp.models import family
from nlp.models.tei import pieces
from nlp.remote import server as remote
from nlp.scheduler.family import Binding, Endpoint, Family

TEXTS = ["the deploy is on friday", "lunch at noon", "we moved the meeting to three because the room was taken"]
PAIRS = [("Ana: the deploy is on friday", "the deploy is on friday"), ("lunch at noon", "there is no lunch")]
MOODS = ("negative", "neutral", "positive")
ROLES = ("contradiction", "entailment", "neutral")
BUILDERS = {
    "embed": ("embedder", tiny_encoders.bert_encoder, ()),
    "sentiment": ("classifier", tiny_encoders.bert_classifier, MOODS),
    "entail": ("entailment", tiny_encoders.bert_for_entailment, ROLES),
}
Serve = Any


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Family]:
    place: Path = tmp_path_factory.mktemp("models")
    bindings = {task: Binding(task, kind, str(build(place / task)), dtype="float32")
                for task, (kind, build, _) in BUILDERS.items()}  # fmt: skip
    return {task: family(each.family).load(each, "cpu") for task, each in bindings.items()}


@pytest.fixture
def server(request: pytest.FixtureRequest, models: dict[str, Family], monkeypatch: pytest.MonkeyPatch
           ) -> Iterator[ModelServer]:  # fmt: skip
    """A server of one model, as these are: of the task that a test names, else of the embedder."""
    monkeypatch.setattr(remote, "PAUSES", (0.0, 0.0, 0.0))
    task = getattr(request, "param", "embed")
    with serving(ModelServer({task: models[task]}, labels=BUILDERS[task][2])) as running:
        yield running


def bound(server: ModelServer, task: str = "embed", **options: Any) -> Binding:
    return Binding(task, "tei", "tiny", endpoint=Endpoint(server.url), options=options)


def alone(model: Family, jobs: list[Job]) -> list[Any]:
    return [model.run(model.prepare([job]), lambda _: False)[0] for job in jobs]  # type: ignore[arg-type]


async def test_vectors_are_those_of_its_model(server: ModelServer, models: dict[str, Family]):
    async with Core([bound(server)]) as core:
        rows = await core.embed(TEXTS)
    assert np.allclose(rows, np.stack(alone(models["embed"], [Embed(text) for text in TEXTS])), atol=1e-6)


@pytest.mark.parametrize("server", ["sentiment"], indirect=True)
async def test_moods_are_those_of_its_model(server: ModelServer, models: dict[str, Family]):
    async with Core([bound(server, "sentiment")]) as core:
        made = await core.sentiment(TEXTS)
    for one, other in zip(made, alone(models["sentiment"], [Classify(text) for text in TEXTS]), strict=True):
        assert one.label == other.label
        assert one.scores == pytest.approx(other.scores, abs=1e-6)


@pytest.mark.parametrize("server", ["entail"], indirect=True)
async def test_what_follows_is_what_its_model_says(server: ModelServer, models: dict[str, Family]):
    async with Core([bound(server, "entail")]) as core:
        made = await core.entail(PAIRS)
    for one, other in zip(made, alone(models["entail"], [Entail(*pair) for pair in PAIRS]), strict=True):
        assert one.entailment == pytest.approx(other.entailment, abs=1e-6)
        assert one.contradiction == pytest.approx(other.contradiction, abs=1e-6)


@pytest.mark.parametrize("server", ["entail"], indirect=True)
async def test_a_long_premise_is_read_in_pieces_and_the_one_that_says_most_counts(server: ModelServer):
    premise = " ".join(f"word{n}" for n in range(100))
    async with Core([bound(server, "entail")]) as core:
        (whole,) = await core.entail([(premise, "noon")])
        sent = [pair[0] for path, body in server.asked if path == "/predict" for pair in body["inputs"]]
        each = await core.entail([(piece, "noon") for piece in sent])
    assert len(sent) > 2
    assert whole.entailment == pytest.approx(max(one.entailment for one in each))


def test_pieces_hold_every_word_and_none_is_too_long():
    text = " ".join(f"word{n}" for n in range(100))
    cut = pieces(text, 150)
    assert all(len(piece) <= 150 for piece in cut)
    assert {word for piece in cut for word in piece.split()} >= set(text.split())
    assert len(pieces("a" * 1_000, 200)) < 12


async def test_lists_have_the_length_that_the_server_names(server: ModelServer):
    server.most = 4
    async with Core([bound(server)]) as core:
        await core.embed(TEXTS * 5)
    assert max(len(body["inputs"]) for path, body in server.asked if path == "/embed") <= 4


async def test_a_list_that_is_refused_all_the_same_goes_in_halves(server: ModelServer):
    server.most, server.extra = 2, {"max_client_batch_size": 64}
    model = family("tei").load(bound(server), "auto")
    assert len(model.run(model.prepare([Embed(text) for text in TEXTS * 2]), lambda _: False)) == 6  # type: ignore[arg-type]


async def test_another_model_than_the_bound_one_is_refused_unless_the_owner_takes_it(server: ModelServer):
    server.name = "/data/other"
    with pytest.raises(ModelRefused, match="isn't the model of"):
        family("tei").load(bound(server), "auto")
    assert family("tei").load(bound(server, unlisted=True), "auto")


async def test_another_commit_than_the_pinned_one_is_refused(server: ModelServer):
    with pytest.raises(ModelRefused, match="another commit"):
        family("tei").load(replace(bound(server), revision="beef"), "auto")
    assert family("tei").load(replace(bound(server), revision="c0ffee"), "auto")


async def test_a_model_of_another_kind_is_refused(server: ModelServer):
    with pytest.raises(ModelRefused, match=r"kind embedding .* classifier is needed"):
        family("tei").load(bound(server, "sentiment"), "auto")


@pytest.mark.parametrize("server", ["sentiment"], indirect=True)
async def test_labels_whose_mood_is_unclear_are_refused_before_anything_is_sent(server: ModelServer):
    server.labels = ("LABEL_0", "LABEL_1", "LABEL_2")
    with pytest.raises(ModelRefused, match="mood is unclear"):
        family("tei").load(bound(server, "sentiment"), "auto")
    assert server.paths() == ["/info"]


@pytest.mark.parametrize("told", [b"<html>", b"[]", b"{}", b'{"model_id": "tiny"}'])
async def test_a_server_that_says_nothing_of_its_model_is_refused(server: ModelServer, told: bytes):
    server.told = told
    with pytest.raises(ModelRefused, match="sent "):
        family("tei").load(bound(server), "auto")


def scored(**scores: Any) -> Any:
    return answering([[{"label": label, "score": score} for label, score in scores.items()]])


LIES = {
    "no rows": answering([]),
    "a document": answering({}),
    "another label": scored(negative=0.5, neutral=0.5, joyful=0.0),
    "a label less": scored(negative=0.5, neutral=0.5),
    "a label twice": answering([[{"label": label, "score": 0.25} for label in (*MOODS, "neutral")]]),
    "no number": scored(negative=float("nan"), neutral=0.5, positive=0.5),
    "no probability": scored(negative=7.0, neutral=0.5, positive=0.5),
    "words": scored(negative="0.1", neutral=0.5, positive=0.5),
    "a page": answering(b"<html>", kind="text/html"),
}


@pytest.mark.parametrize("server", ["sentiment"], indirect=True)
@pytest.mark.parametrize("lie", LIES)
async def test_scores_that_were_not_asked_for_are_refused(server: ModelServer, lie: str):
    server.faults = [LIES[lie]]
    async with Core([bound(server, "sentiment")]) as core:
        with pytest.raises(ModelRefused, match="sent "):
            await core.sentiment(["noon"])
