import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from huggingface_hub.errors import OfflineModeIsEnabled

from nlp import profiles, pulling
from nlp.errors import ModelRefused, ModelUnavailable
from nlp.family import Binding
from nlp.models import family
from nlp.profiles import PROFILES, find, parse, profile, read
from nlp.pulling import listing, locked, on_hub, pull

FREE = {"Apache-2.0", "MIT", "CC-BY-4.0", "MPL-2.0"}
ROW = """
summary = "For tests."
[[models]]
task = "sentiment"
family = "echo"
model = "echo"
licence = "MIT"
size_mb = 1
good_for = "tests"
"""
HUB = Binding("sentiment", "classifier", "somebody/mood")


@pytest.mark.parametrize("name", PROFILES)
def test_every_binding_names_a_pin_a_free_licence_a_size_and_a_fitting_family(name: str):
    for each in profile(name):
        assert each.licence in FREE
        assert each.size_mb > 0
        assert each.task in family(each.family).tasks
        assert each.good_for
        if on_hub(each):
            assert len(each.revision) == 40
            assert set(each.revision) <= set("0123456789abcdef")


def test_the_starter_profile_downloads_nothing():
    assert not any(on_hub(each) for each in profile("starter"))


@pytest.mark.parametrize("name", ["gpu-8gb", "gpu-24gb", "gpu-80gb"])
def test_a_gpu_profiles_models_fit_its_gpu_one_by_one(name: str):
    room = int(name.removeprefix("gpu-").removesuffix("gb")) * 1000 * 0.8
    assert max(each.size_mb for each in profile(name)) < room


def test_the_files_are_those_of_the_table():
    folder = Path(profiles.__file__).parent / "profiles"
    assert {path.stem for path in folder.glob("*.toml")} == set(PROFILES)


def test_an_unknown_profile_names_those_there_are():
    with pytest.raises(ModelRefused, match="no profile 'huge'") as refused:
        read("huge")
    assert "gpu-24gb" in refused.value.remedy


def test_a_good_profile_is_read():
    assert parse("mine", ROW).bindings[0].name == "echo"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("summary", "sumary", "needs a summary"),
        ('licence = "MIT"', "", "a row without licence"),
        ("good_for", "god_for", "a row without good_for"),
        ('licence = "MIT"', 'licence = "MIT"\nlicense = "MIT"', "unknown key 'license'"),
        ('task = "sentiment"', 'task = "mood"', "no task of Parley's"),
        ('family = "echo"', 'family = "eco"', "unknown family 'eco'"),
        ("size_mb = 1", 'size_mb = "1"', "no whole number"),
        ("[[models]]", "[[models]", "is not TOML"),
    ],
)
def test_a_mistake_in_a_profile_is_named(old: str, new: str, complaint: str):
    with pytest.raises(ModelRefused, match=complaint):
        parse("mine", ROW.replace(old, new, 1))


def test_a_model_is_found_by_its_name():
    assert {each.task for each in find("Qwen/Qwen3-4B")} == {"summarize", "generate"}
    assert find("nobody/nothing") == ()


class Hub:
    """Answers as the Hub does, from memory."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.asked: list[str | None] = []

    def model_info(self, model: str, revision: str | None, *, files_metadata: bool) -> Any:
        assert files_metadata
        self.asked.append(revision)
        siblings = [SimpleNamespace(rfilename=name, size=len(name)) for name in self.names]
        return SimpleNamespace(sha=revision or "c" * 40, siblings=siblings, id=model)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.mark.usefixtures("cache")
def test_a_listing_leaves_out_what_is_not_needed():
    hub = Hub("model.safetensors", "pytorch_model.bin", "config.json", "onnx/model.onnx", "onnx/config.json")
    found = listing(HUB, hub)
    assert [file.name for file in found.files] == ["model.safetensors", "config.json"]
    assert found.size == len("model.safetensors") + len("config.json")


@pytest.mark.usefixtures("cache")
def test_a_model_with_pickled_weights_alone_is_not_pulled():
    with pytest.raises(ModelRefused, match="no weights in safetensors"):
        listing(HUB, Hub("pytorch_model.bin", "config.json"))


@pytest.mark.usefixtures("cache")
def test_without_a_network_the_feature_and_the_remedy_are_named():
    class Gone:
        def model_info(self, *_: Any, **__: Any) -> Any:
            raise OfflineModeIsEnabled("offline")

    with pytest.raises(ModelUnavailable, match="somebody/mood could not be fetched") as missing:
        listing(HUB, Gone())
    assert missing.value.feature == "sentiment"


def test_the_first_pull_pins_a_revision_and_later_ones_keep_to_it(cache: Path, monkeypatch: pytest.MonkeyPatch):
    fetched: list[tuple[str, str]] = []
    monkeypatch.setattr(pulling, "hf_hub_download", lambda _, name, revision: fetched.append((name, revision)))
    hub = Hub("model.safetensors", "config.json")
    heard: list[str] = []
    pull(HUB, listing(HUB, hub), lambda file: heard.append(file.name))
    assert heard == ["model.safetensors", "config.json"]
    assert fetched[0] == ("model.safetensors", "c" * 40)
    assert json.loads((cache / pulling.LOCK).read_text()) == {"somebody/mood": "c" * 40}
    listing(HUB, hub)
    assert hub.asked == [None, "c" * 40]
    assert locked("somebody/else") == ""
