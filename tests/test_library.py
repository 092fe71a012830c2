"""The core as a library: the page's examples print what stands below them, and a family of one's own serves."""

import json
import re
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from bot.cli.main import app
from bot.terminal import guarded
from nlp.core import Core
from nlp.errors import ModelRefused
from nlp.models import family
from nlp.models.echo import Echo
from nlp.profiles import KEYS
from nlp.scheduler.family import Binding

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)


def test_every_example_of_the_page_has_its_output():
    assert len(EXAMPLES) == PAGE.count("```python") >= 4


@pytest.mark.starter
@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_prints_what_stands_below_it(number: int, capsys: pytest.CaptureFixture[str]):
    code, output = EXAMPLES[number]
    exec(compile(code, f"docs/library.md, example {number + 1}", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out == output


def test_the_table_of_tasks_names_methods_of_the_core():
    named = re.findall(r"^\| `(\w+)\(", PAGE, re.MULTILINE)
    assert len(named) == 8
    assert all(callable(getattr(Core, name)) for name in named)


def test_the_example_family_is_trained_saved_bound_and_served_by_one_script_and_by_the_bot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    script = ROOT / "examples" / "tree_of_phrases.py"
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "tree")], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    labels = [line.split()[0] for line in done.stdout.splitlines()[:3]]
    assert labels == ["positive", "neutral", "negative"]
    assert 'family = "tree_of_phrases:TreeFamily"' in done.stdout
    assert {path.name for path in (tmp_path / "tree").iterdir()} == {"model.safetensors", "config.json"}
    monkeypatch.syspath_prepend(script.parent)
    (tmp_path / "config.toml").write_text(done.stdout[done.stdout.index("[models.") :], encoding="utf-8")
    words = ["sentiment", "it was great, but now it is broken", "--json", "--config", str(tmp_path / "config.toml")]
    assert guarded(app, words) == 0
    assert json.loads(capsys.readouterr().out)["label"] == "negative"


# A family of one's own


async def test_a_class_that_a_binding_names_with_consent_serves():
    async with Core([Binding("sentiment", "nlp.models.echo:Echo", "mine", own_code=True)], device="cpu") as core:
        assert (await core.sentiment(["hello"]))[0].label
        assert core.status()[0].loaded


async def test_without_consent_it_is_not_even_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "spy_of_a_test.py").write_text(f"from pathlib import Path\nPath({str(tmp_path / 'ran')!r}).touch()\n")
    monkeypatch.syspath_prepend(tmp_path)
    async with Core([Binding("sentiment", "spy_of_a_test:Spy", "mine")], device="cpu") as core:
        with pytest.raises(ModelRefused, match="is code of spy_of_a_test, which isn't Parley's") as refused:
            await core.sentiment(["hello"])
    assert "own_code = true" in refused.value.remedy
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("no_such_module:Class", "can't be imported"),
        ("nlp.models.echo:Nobody", "can't be imported"),
        ("nlp.jobs:Classify", "has no tasks, limits, load"),
    ],
)
def test_what_is_no_family_is_refused_with_a_sentence(name: str, sentence: str):
    with pytest.raises(ModelRefused, match=sentence):
        family(name, "sentiment", own_code=True)


def test_a_package_offers_families_by_entry_points(monkeypatch: pytest.MonkeyPatch):
    point = EntryPoint("mine", "nlp.models.echo:Echo", "parley.families")
    shadow = EntryPoint("causal", "nlp.models.echo:Echo", "parley.families")
    monkeypatch.setattr("nlp.models.own.entry_points", lambda **_: (point, shadow))
    assert family("mine") is Echo
    assert family("causal") is not Echo, "Parley's own names stay Parley's"


def test_no_profile_can_give_the_consent():
    assert "own_code" not in KEYS
