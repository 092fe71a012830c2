"""Pulling models, by the Hub's real client against a stand-in on the loopback."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_line import Parley
from fake_hub import COMMIT, Hub, reached
from tiny_encoders import bert_classifier

from bot.cli.main import app
from bot.terminal import guarded
from nlp import profiles
from nlp.core import Core
from nlp.errors import ModelRefused, ModelUnavailable
from nlp.hub.checkpoint import find_folder
from nlp.hub.download import pull
from nlp.hub.listings import listing
from nlp.hub.revisions import LOCK
from nlp.models.classifier import Classifier
from nlp.scheduler.family import Binding

WEIGHTS = "model.safetensors"
MOOD = Binding("sentiment", "classifier", "somebody/mood", licence="MIT", size_mb=1, good_for="tests")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    made = Hub(MOOD.model, bert_classifier(tmp_path / "source"))
    (made.folder / "pytorch_model.bin").write_bytes(b"pickled")
    with reached(made, monkeypatch, tmp_path / "cache"):
        yield made


@pytest.fixture
def mood(tmp_path: Path) -> Binding:
    return replace(MOOD, folder=str(tmp_path / "models"))


def fetch(binding: Binding) -> list[int]:
    heard: list[int] = []
    pull(binding, listing(binding), heard.append)
    return heard


def test_a_listing_leaves_out_what_is_not_needed(hub: Hub, mood: Binding):
    (hub.folder / "onnx").mkdir()
    (hub.folder / "onnx" / "config.json").write_text("{}")
    names = {file.name for file in listing(mood).files}
    assert names == {"model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json"}


def test_a_model_with_pickled_weights_alone_is_not_pulled(hub: Hub, mood: Binding):
    (hub.folder / WEIGHTS).unlink()
    with pytest.raises(ModelRefused, match="no weights in safetensors"):
        listing(mood)


async def test_what_was_pulled_lies_in_the_owners_folder_and_serves(hub: Hub, mood: Binding):
    with pytest.raises(ModelUnavailable, match="not on this machine"):
        find_folder(mood)
    fetch(mood)
    found = find_folder(mood)
    assert found.is_relative_to(mood.folder)
    assert found.name == COMMIT
    assert not (found / "pytorch_model.bin").exists()
    before = len(hub.asked)
    async with Core([replace(mood, dtype="float32")], device="cpu") as core:
        assert (await core.sentiment(["ba be"]))[0].label in {"negative", "neutral", "positive"}
    assert len(hub.asked) == before, "loading asks nobody"


@pytest.mark.usefixtures("hub")
def test_progress_counts_every_byte_once(mood: Binding):
    size = listing(mood).size
    assert sum(fetch(mood)) == size
    assert sum(fetch(mood)) == size, "what is here already counts as done"


def test_a_model_without_a_revision_is_pinned_by_its_first_pull(hub: Hub, mood: Binding):
    fetch(mood)
    assert json.loads((Path(mood.folder) / LOCK).read_text()) == {MOOD.model: COMMIT}
    hub.commit = "6" * 40  # the author pushes
    with pytest.raises(ModelUnavailable):
        listing(mood)  # it still asks for the old one, which this Hub no longer has
    assert f"/api/models/{MOOD.model}/revision/{COMMIT}" in [path for _, path, _ in hub.asked]
    assert find_folder(mood).name == COMMIT


def test_a_pinned_revision_is_the_one_that_is_fetched(hub: Hub, mood: Binding):
    fetch(replace(mood, revision=COMMIT))
    assert not (Path(mood.folder) / LOCK).exists()
    assert find_folder(replace(mood, revision=COMMIT)).name == COMMIT
    with pytest.raises(ModelUnavailable):
        find_folder(replace(mood, revision="7" * 40))
    with pytest.raises(ModelUnavailable):
        listing(replace(mood, revision="7" * 40))
    assert hub.gets(WEIGHTS)


def test_weights_with_another_hash_than_promised_are_thrown_away(hub: Hub, mood: Binding):
    hub.promised[WEIGHTS] = "0" * 64
    with pytest.raises(ModelRefused, match="SHA-256"):
        fetch(mood)
    with pytest.raises(ModelRefused, match="so sentiment is off"):
        Classifier.load(replace(mood, revision=COMMIT), "cpu")
    hub.promised.clear()
    fetch(mood)
    assert (find_folder(mood) / WEIGHTS).is_file()


def test_a_connection_that_breaks_is_taken_up_where_it_broke(hub: Hub, mood: Binding, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1_000)
    hub.cuts[WEIGHTS] = [10_000]
    size = listing(mood).size
    assert sum(fetch(mood)) == size
    assert hub.gets(WEIGHTS) == ["", "bytes=10000-"]
    assert (find_folder(mood) / WEIGHTS).read_bytes() == (hub.folder / WEIGHTS).read_bytes()


def test_a_pull_that_was_stopped_half_way_is_refused_and_later_finished(hub: Hub, mood: Binding):
    class Stop(Exception):
        pass

    def stop(_: int) -> None:
        if hub.gets(WEIGHTS):
            raise Stop

    with pytest.raises(ModelUnavailable, match="could not be fetched"):
        pull(mood, listing(mood), stop)
    small = len(hub.gets("config.json"))
    with pytest.raises(ModelRefused, match="so sentiment is off"):
        Classifier.load(replace(mood, revision=COMMIT), "cpu")
    fetch(mood)
    assert len(hub.gets("config.json")) == small == 1, "what was whole is not fetched again"
    assert Classifier.load(replace(mood, dtype="float32"), "cpu").memory()


def test_what_lies_in_the_hubs_own_cache_is_not_fetched_again(hub: Hub, mood: Binding):
    fetch(MOOD)
    before = len(hub.gets(WEIGHTS))
    fetch(mood)
    assert len(hub.gets(WEIGHTS)) == before == 1
    assert "cache" in find_folder(mood).parts


@pytest.fixture
def parley(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parley: Parley) -> Parley:
    file = tmp_path / "config.toml"
    file.write_text(f'[models]\nfolder = "{tmp_path / "models"}"\n', encoding="utf-8")
    monkeypatch.setenv("PARLEY_CONFIG", str(file))
    monkeypatch.setattr(profiles, "profile", lambda _, __=None: (MOOD,))
    monkeypatch.setattr(profiles, "find", lambda _: (MOOD,))
    return parley


@pytest.mark.usefixtures("hub")
def test_the_command_pulls_into_the_configured_folder_and_info_says_where(parley: Any, mood: Binding):
    code, _, err = parley("models", "pull", "cpu")
    assert code == 0, err
    assert f"somebody/mood is here, at revision {COMMIT[:12]}." in err
    code, out, err = parley("models", "info", "somebody/mood")
    assert code == 0, err
    assert COMMIT in "".join(out.replace("│", "").split())
    assert find_folder(mood).is_relative_to(mood.folder)


def test_the_command_says_what_to_do_where_the_hub_is_out_of_reach(parley: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    code, out, err = parley("models", "pull", "cpu")
    assert (code, out) == (5, "")
    assert "HF_HUB_OFFLINE is set, so the Hub isn't asked for somebody/mood." in err
    assert "Unset it and pull again" in err
    assert "Traceback" not in err
    assert sys.exc_info() == (None, None, None)


# A Hub that lies


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlp.hub.connection.SILENCE", 0.6)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("what", ["listing", "config.json", WEIGHTS])
def test_a_hub_that_sends_a_byte_now_and_then_is_left_with_a_sentence(hub: Hub, mood: Binding, what: str):
    hub.slow[what] = 0.1
    with pytest.raises(ModelUnavailable, match="nothing came from the Hub"):
        fetch(mood)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("what", ["listing", WEIGHTS])
def test_a_hub_that_wants_a_day_of_patience_is_left_with_a_sentence(hub: Hub, mood: Binding, what: str):
    hub.busy[what] = 100_000
    with pytest.raises(ModelUnavailable, match="could not be fetched"):
        fetch(mood)


@pytest.mark.usefixtures("impatient")
def test_what_came_before_the_silence_is_kept_and_the_next_pull_finishes(hub: Hub, mood: Binding):
    hub.busy[WEIGHTS] = 100_000
    with pytest.raises(ModelUnavailable):
        fetch(mood)
    asked = len(hub.gets("config.json"))
    hub.busy.clear()
    fetch(mood)
    assert len(hub.gets("config.json")) == asked
    assert Classifier.load(mood, "cpu")


@pytest.mark.parametrize(
    "name",
    [
        "../evil.json",
        "1_Pooling/../../evil.json",
        "/etc/evil.json",
        "a\\..\\evil.json",
        "C:evil.json",
        "x//y.json",
        "a\n.json",
    ],
)
def test_a_name_that_leads_out_of_the_folder_is_refused(hub: Hub, mood: Binding, name: str, tmp_path: Path):
    hub.listed.append(name)
    with pytest.raises(ModelRefused, match="leads out of its folder"):
        fetch(mood)
    assert not list(tmp_path.rglob("*evil*"))


def test_files_without_end_are_refused(hub: Hub, mood: Binding):
    hub.listed += [f"{number}.json" for number in range(20_000)]
    with pytest.raises(ModelRefused, match="lists 2000"):
        listing(mood)


@pytest.mark.parametrize("commit", ["../../../evil", "main", "5" * 39 + "\n"])
def test_a_commit_that_is_none_is_refused(hub: Hub, mood: Binding, commit: str):
    hub.commit = commit
    with pytest.raises(ModelRefused, match="another commit"):
        listing(mood)


def test_a_file_that_is_longer_than_its_listing_says_is_refused(hub: Hub, mood: Binding):
    (hub.folder / WEIGHTS).write_bytes(bytes(3 << 20))
    hub.sizes[WEIGHTS] = 1_000
    with pytest.raises(ModelRefused, match="more of them come"):
        fetch(mood)


def test_a_model_that_the_disk_has_no_room_for_is_not_begun(hub: Hub, mood: Binding):
    hub.sizes[WEIGHTS] = 10**18
    with pytest.raises(ModelUnavailable, match="MB are free"):
        fetch(mood)
    assert hub.gets("config.json") == []


def test_the_steps_of_a_sentence_embedder_are_pulled_with_it(hub: Hub, mood: Binding):
    for name in ("1_Pooling", "2_Dense"):
        (hub.folder / name).mkdir()
        (hub.folder / name / "config.json").write_text("{}")
    assert {"1_Pooling/config.json", "2_Dense/config.json"} <= {file.name for file in listing(mood).files}


def test_the_command_ends_with_a_sentence_where_the_hub_lies(
    parley: Any, hub: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("nlp.hub.connection.SILENCE", 0.5)
    hub.slow["listing"] = 0.2
    del parley
    assert guarded(app, ["models", "pull", "cpu"]) == 5
    assert "unexpected" not in capsys.readouterr().err
