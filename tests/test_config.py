"""Configuration: a file, the environment, defaults, and sentences for what can't be used."""

import re
from pathlib import Path

import pytest

from bot import config
from bot.errors import UsageError
from nlp.scheduler.family import Binding

ROOT = Path(__file__).resolve().parent.parent


def written(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_a_file_everything_has_a_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config.read().models.profile == "starter"


def test_the_example_is_valid_as_it_is():
    assert config.read(ROOT / "config.example.toml").models.profile == "starter"


def test_every_commented_setting_of_the_example_is_valid_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MODELS_KEY", "not-a-real-key")
    example = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    uncommented = re.sub(r"^# (\[|\w+ = )", r"\1", example, flags=re.MULTILINE)
    read = config.read(written(tmp_path, uncommented))
    assert next(one for one in read.models.own() if one.task == "translate") == Binding(
        task="translate",
        family="seq2seq",
        model="Helsinki-NLP/opus-mt-en-fr",
        revision="the commit you reviewed",
        source="en",
        target="fr",
    )
    assert read.timezone == "Europe/Lisbon"


def test_one_task_may_have_several_models(tmp_path: Path):
    table = '[[models.translate]]\nfamily = "echo"\nmodel = "{}"\n'
    read = config.read(written(tmp_path, table.format("first") + table.format("second")))
    assert [binding.model for binding in read.models.own()] == ["first", "second"]


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PARLEY_MODELS__PROFILE", "gpu-8gb")
    assert config.read(written(tmp_path, '[models]\nprofile = "cpu"\ndevice = "cpu"\n')).models.profile == "gpu-8gb"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[models]\nprofil = "cpu"\n', "models.profil"),
        ('timezone = "Mars/Olympus"\n', "Mars/Olympus"),
        ("[models\n", "not valid TOML"),
        ("[models]\nprofile = 3\n", "models.profile"),
    ],
)
def test_a_setting_that_can_not_be_used_is_named(tmp_path: Path, text: str, named: str):
    with pytest.raises(UsageError, match=re.escape(named)):
        config.read(written(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(UsageError, match=r"missing\.toml"):
        config.read(tmp_path / "missing.toml")
