"""Fine-tuning a tiny random BERT: seeded, resumable, and the result loads as any classifier does."""

import csv
import json
import random
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.progress import Progress
from transformers import BertConfig, BertModel, BertTokenizer
from typer.testing import CliRunner

from bot.cli.commands.train import app
from bot.errors import UsageError
from bot.evaluation.labelled import Labelled, as_csv, read
from bot.training import CHECKPOINT, Plan, balanced, carry_out, translate
from nlp.core import Core
from nlp.hub.model_card import read_card
from nlp.hub.publishing import outgoing
from nlp.scheduler.family import Binding
from nlp.training.classifier_head import Lesson, fit, fit_temperature, surprise
from nlp.training.fine_tuning import Encoded, Example, Run, TrainingRecipe, build, encode, features, plan

SAID = {"positive": "love great good", "neutral": "at on the", "negative": "hate bad awful"}
RECIPE = TrainingRecipe(epochs=2, batch=8, rank=2, alpha=4, tags=3, seed=3)  # a tag per label


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *" ".join(SAID.values()).split(), "we", "it"]
    BertTokenizer(vocab={word: number for number, word in enumerate(words)}).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24
    )
    BertModel(config).save_pretrained(folder)
    return folder


def texts(count: int, seed: int = 0) -> list[tuple[str, str]]:
    draw = random.Random(seed)
    made = []
    for number in range(count):
        label = list(SAID)[number % 3]
        words = [*draw.choices(SAID[label].split(), k=3), *draw.choices(["we", "it"], k=draw.randrange(4))]
        draw.shuffle(words)
        made.append((" ".join(words), label))
    return made


def examples(count: int = 80) -> list[Example]:
    numbers = {label: number for number, label in enumerate(SAID)}
    return [Example(text, numbers[label], (numbers[label],)) for text, label in texts(count)]


def table(path: Path, rows: list[tuple[str, str]]) -> Path:
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([("text", "label"), *rows])
    return path


def trained(base: Path, file: Path | None = None, stop: int | None = None) -> tuple[Run, list[float]]:
    network = build(base, 3, RECIPE)
    run = Run(network, encode(examples(), base, RECIPE.max_tokens), RECIPE, file)
    run.resume()
    losses = []
    for step in run.steps(save_every=4):
        losses.append(step.loss)
        if step.done == stop:
            break
    return run, losses


def weights(run: Run) -> dict[str, torch.Tensor]:
    return {name: p.detach() for name, p in run.network.named_parameters() if p.requires_grad}


def same(first: Run, second: Run) -> bool:
    mine, theirs = weights(first), weights(second)
    return all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_training_lowers_the_loss_and_leaves_the_base_alone(base: Path):
    run, losses = trained(base)
    assert len(losses) == run.total == 20
    assert np.mean(losses[-4:]) < 0.95 * np.mean(losses[:4])
    fresh = build(base, 3, RECIPE)
    for name, tensor in run.network.named_parameters():
        if not tensor.requires_grad:
            assert torch.equal(tensor, dict(fresh.named_parameters())[name])


def test_the_same_seed_gives_the_same_weights(base: Path):
    assert same(trained(base)[0], trained(base)[0])


def test_a_run_that_was_stopped_goes_on_to_the_same_weights(base: Path, tmp_path: Path):
    whole, losses = trained(base)
    _, first = trained(base, tmp_path / "run", stop=10)
    resumed, rest = trained(base, tmp_path / "run")
    assert resumed.done == 20
    assert first[:8] + rest == losses, "the checkpoint is of step 8"
    assert same(resumed, whole)


def test_a_checkpoint_of_another_recipe_is_not_used(base: Path, tmp_path: Path):
    trained(base, tmp_path / "run", stop=10)
    other = replace(RECIPE, seed=4)
    run = Run(build(base, 3, other), encode(examples(), base, 64), other, tmp_path / "run")
    assert not run.resume()
    assert run.done == 0


def test_what_comes_out_is_the_mean_of_the_second_half(base: Path):
    recipe = replace(RECIPE, averaged=5)
    run = Run(build(base, 3, recipe), encode(examples(), base, 64), recipe)
    counted = [{name: p.clone() for name, p in weights(run).items()} for step in run.steps() if step.done == 15]
    last = replace(RECIPE, averaged=0)
    plain = Run(build(base, 3, last), encode(examples(), base, 64), last)
    list(plain.steps())
    for name, mean in weights(run).items():
        assert torch.allclose(mean, (counted[0][name] + weights(plain)[name]) / 2, atol=1e-6)


def test_texts_without_a_label_teach_their_tags_alone(base: Path):
    network = build(base, 3, RECIPE)
    before = network.head.weight.detach().clone(), network.tagger.weight.detach().clone()
    rows = [Encoded([2, 5, 3], None, (1,)) for _ in range(8)]
    list(Run(network, rows, replace(RECIPE, epochs=1)).steps())
    assert torch.allclose(network.head.weight, before[0], atol=1e-3), "weight decay alone moves it"
    assert not torch.allclose(network.tagger.weight, before[1], atol=1e-3)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=300), st.integers(1, 3))
def test_every_epoch_visits_each_text_once(lengths: list[int], epochs: int):
    recipe = TrainingRecipe(epochs=epochs, batch=8)
    visited = [row for batch in plan(lengths, recipe) for row in batch]
    steps = sum(1 for _ in plan(lengths, recipe))
    assert steps == (round(epochs * len(lengths) / 8) or 1)
    first = visited[: len(lengths)]
    assert len(set(first)) == len(first)


def test_features_do_not_depend_on_the_batch(base: Path):
    encoder = build(base, 3, RECIPE).encoder
    rows = encode(examples(20), base, 64)
    np.testing.assert_allclose(features(encoder, rows, batch=20), features(encoder, rows, batch=1), atol=1e-5)
    assert features(encoder, []).shape == (0, 16)


def test_a_temperature_undoes_overconfidence():
    draw = np.random.default_rng(0)
    logits = draw.normal(size=(3000, 3))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    true = Lesson(logits, np.array([draw.choice(3, p=row) for row in chances]), np.ones(3000))
    assert fit_temperature(logits * 3, true) == pytest.approx(3, rel=0.1)
    assert surprise(logits * 3, true, 3.0) < surprise(logits * 3, true, 1.0)


def test_sets_of_any_size_count_the_same():
    weights = balanced([30, 10])
    assert weights[:30].sum() == pytest.approx(weights[30:].sum())
    assert weights.mean() == pytest.approx(1)


def test_a_head_is_judged_on_folds_it_had_not_seen():
    draw = np.random.default_rng(0)
    noise = Lesson(draw.normal(size=(300, 40)), np.arange(300) % 3, np.ones(300))
    nothing = Lesson(np.empty((0, 40)), np.empty(0, dtype=np.intp), np.empty(0))
    found = fit(noise, nothing)
    assert sum(map(sum, found.confusion)) == 300
    assert found.macro_recall == pytest.approx(1 / 3, abs=0.1), "there is nothing to learn in noise"


def quiet() -> Progress:
    return Progress(console=Console(quiet=True))


async def test_a_trained_folder_serves_sentiment(base: Path, tmp_path: Path):
    data = table(tmp_path / "own.csv", texts(90))
    learn = table(tmp_path / "broad.csv", texts(80, seed=1))
    with quiet() as bar:
        made = carry_out(Plan((data,), tmp_path / "out", str(base), tmp_path, learn=(learn,), recipe=RECIPE), bar)
    assert (tmp_path / "out" / CHECKPOINT).exists()
    assert made.fitted.macro_recall > 0.9
    async with Core([Binding("sentiment", "adapted-classifier", str(tmp_path / "out"))]) as core:
        found = await core.sentiment(["we love great good", "it hate awful bad"])
    assert [each.label for each in found] == ["positive", "negative"]


async def test_an_owners_texts_refit_the_head_of_a_trained_adapter(base: Path, tmp_path: Path):
    first = Plan((table(tmp_path / "a.csv", texts(90)),), tmp_path / "first", str(base), tmp_path, recipe=RECIPE)
    swapped = {"positive": "negative", "negative": "positive", "neutral": "neutral"}
    own = table(tmp_path / "own.csv", [(text, swapped[label]) for text, label in texts(90, seed=5)])
    with quiet() as bar:
        carry_out(replace(first, learn=first.data), bar)
        carry_out(replace(first, data=(own,), out=tmp_path / "second", start=tmp_path / "first"), bar)
    assert (tmp_path / "first/adapter_model.safetensors").read_bytes() == (
        tmp_path / "second/adapter_model.safetensors"
    ).read_bytes()
    async with Core([Binding("sentiment", "adapted-classifier", str(tmp_path / "second"))]) as core:
        assert (await core.sentiment(["we love great good"]))[0].label == "negative"


def test_an_adapter_goes_on_learning_or_stays_as_it_is_in_no_epochs(base: Path, tmp_path: Path):
    data = table(tmp_path / "a.csv", texts(700))
    first = Plan((), tmp_path / "first", str(base), tmp_path, split=(data, data), recipe=replace(RECIPE, epochs=0.2))
    on = replace(first, out=tmp_path / "on", start=first.out, further=True)
    same = replace(on, out=tmp_path / "same", recipe=replace(RECIPE, epochs=0))
    with quiet() as bar:
        made = [carry_out(each, bar) for each in (first, on, same)]
    assert [each.texts for each in made] == [105, 105, 105], "what is held out counts once"
    adapters = [each.out.joinpath("adapter_model.safetensors").read_bytes() for each in (first, on, same)]
    assert adapters[0] == adapters[2] != adapters[1]


def test_too_few_texts_are_refused_with_the_count(base: Path, tmp_path: Path):
    rows = [row for row in texts(90) if row[1] != "negative"] + texts(9)
    with quiet() as bar, pytest.raises(UsageError, match="The data holds 3 negative texts"):
        carry_out(Plan((table(tmp_path / "few.csv", rows),), tmp_path / "out", str(base), tmp_path), bar)
    shutil.rmtree(tmp_path / "out", ignore_errors=True)


async def test_labelled_texts_are_translated_with_their_labels_kept(tmp_path: Path):
    rows = [Labelled("bom dia", "positive"), Labelled("nada", "neutral")]
    async with Core([Binding("translate", "echo", "echo", source="pt", target="en")]) as core:
        made = await translate(rows, core, "pt", "en", lambda _: None)
    (tmp_path / "en.csv").write_bytes(as_csv(made))
    assert read(tmp_path / "en.csv") == [Labelled("[en] bom dia", "positive"), Labelled("[en] nada", "neutral")]


def test_the_command_trains_on_a_csv_and_prints_one_document(base: Path, tmp_path: Path):
    data = str(table(tmp_path / "own.csv", texts(90)))
    out = tmp_path / "out"
    line = [
        "sentiment",
        "--data",
        data,
        "--learn",
        data,
        "--base",
        str(base),
        "--out",
        str(out),
        "--rank",
        "2",
        "--json",
    ]
    result = CliRunner().invoke(app, line, catch_exceptions=False)
    document = json.loads(result.stdout)
    assert document["folder"] == str(out)
    assert document["texts"] == 90
    assert read_card(out).confusion == tuple(map(tuple, document["confusion"]))
    page = (out / "README.md").read_text()
    assert "`own.csv`" in page
    assert str(tmp_path) not in page
    assert {file.name for file in outgoing(out)} >= {"README.md", "adapter_model.safetensors", "head.safetensors"}
