"""`parley models pull`: any model of the Hub, several at once, and a sentence for whatever may go wrong."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from command_line import Parley
from fake_hub import COMMIT, Hub, reached, serving
from tiny_encoders import bert_classifier, bert_encoder, bert_for_entailment

from nlp.hub.checkpoint import find_folder
from nlp.hub.download import pull
from nlp.hub.listings import listing
from nlp.hub.pins import WEIGHTS
from nlp.hub.revisions import LOCK
from nlp.scheduler.family import Binding

MOOD, OTHER = "somebody/mood", "other/nli"
REQUEST, OTHER_COMMIT = "refs/pr/3", "6" * 40


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    made = Hub(MOOD, bert_classifier(tmp_path / "source"))
    made.also[OTHER] = bert_for_entailment(tmp_path / "nli")
    (made.folder / "pytorch_model.bin").write_bytes(b"pickled")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with reached(made, monkeypatch, tmp_path / "cache"):
        yield made


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(f'[models]\nfolder = "{tmp_path / "models"}"\n', encoding="utf-8")
    monkeypatch.setenv("PARLEY_CONFIG", str(file))
    return file


@pytest.fixture
def parley(configuration: Path, parley: Parley) -> Parley:
    del configuration
    return parley


# Any model


def test_a_model_that_no_profile_names_is_pulled_and_its_lines_are_printed(hub: Hub, parley: Parley, tmp_path: Path):
    code, out, err = parley("models", "pull", MOOD)
    assert code == 0, err
    assert f"{MOOD} at {COMMIT[:12]}: 4 files" in err
    assert "MB to fetch" in err
    assert "[models.sentiment]" in out
    assert f'revision = "{COMMIT}"' in out
    assert not hub.gets("pytorch_model.bin")
    bound = tmp_path / "bound.toml"
    bound.write_text(f'{out}\n[models]\nfolder = "{tmp_path / "models"}"\n', encoding="utf-8")
    code, out, err = parley("sentiment", "ba be", "--config", str(bound), "--json")
    assert code == 0, err
    assert json.loads(out)["model"] == MOOD


def test_a_revision_of_ones_own_choice_is_pulled(hub: Hub, parley: Parley, tmp_path: Path):
    hub.revisions["v2"] = (OTHER_COMMIT, bert_classifier(tmp_path / "newer"))
    code, out, err = parley("models", "pull", f"{MOOD}@v2")
    assert code == 0, err
    assert f'revision = "{OTHER_COMMIT}"' in out
    bound = Binding("sentiment", "classifier", MOOD, folder=str(tmp_path / "models"))
    named = Binding("sentiment", "classifier", MOOD, revision="v2", folder=str(tmp_path / "models"))
    assert find_folder(named).name == OTHER_COMMIT
    assert MOOD not in json.loads((tmp_path / "models" / LOCK).read_text()), "main isn't pinned by a pull of v2"
    pull(bound, listing(bound), lambda _: None)
    assert find_folder(bound).name == COMMIT
    assert find_folder(named).name == OTHER_COMMIT


def test_several_are_pulled_at_once_and_what_fails_keeps_nothing_back(hub: Hub, parley: Parley):
    code, out, err = parley("models", "pull", MOOD, "nobody/nothing", OTHER, "--json")
    assert code == 3
    assert [row["model"] for row in json.loads(out)["pulled"]] == [MOOD, OTHER]
    assert "The Hub has no model nobody/nothing, or it is private." in err
    assert hub.gets(WEIGHTS)


@pytest.mark.usefixtures("hub")
def test_without_a_name_all_that_the_configuration_binds_is_pulled(parley: Parley, configuration: Path):
    tables = f'[models.sentiment]\nfamily = "classifier"\nmodel = "{MOOD}"\n'
    tables += f'[models.entail]\nfamily = "entailment"\nmodel = "{OTHER}"\n'
    configuration.write_text(configuration.read_text() + tables, encoding="utf-8")
    code, out, err = parley("models", "pull", "--config", str(configuration), "--json")
    assert code == 0, err
    assert [row["model"] for row in json.loads(out)["pulled"]] == [MOOD, OTHER]


@pytest.mark.usefixtures("hub")
def test_a_binding_of_a_branch_is_pinned_to_the_commit_that_was_pulled(hub: Hub, tmp_path: Path):
    hub.revisions["beta"] = (OTHER_COMMIT, bert_classifier(tmp_path / "beta"))
    beta = Binding("sentiment", "classifier", MOOD, revision="beta", folder=str(tmp_path / "models"))
    pull(beta, listing(beta), lambda _: None)
    hub.revisions["beta"] = ("7" * 40, bert_classifier(tmp_path / "later"))
    assert find_folder(beta).name == OTHER_COMMIT


@pytest.mark.usefixtures("hub")
def test_a_model_that_fits_no_task_is_pulled_and_says_so(hub: Hub, parley: Parley):
    config = json.loads((hub.folder / "config.json").read_text())
    (hub.folder / "config.json").write_text(json.dumps({**config, "architectures": ["BertForMaskedLM"]}))
    code, out, err = parley("models", "pull", MOOD)
    assert (code, out) == (0, "")
    assert "is a BertForMaskedLM, which none of Parley's families runs" in err


def test_weights_of_other_libraries_are_not_fetched(hub: Hub, parley: Parley):
    for name in ("consolidated.safetensors", "model.fp16.safetensors", "tf_model.h5", "pytorch_model.bin"):
        (hub.folder / name).write_bytes(b"x")
    assert parley("models", "pull", MOOD)[0] == 0
    assert {path.rpartition("/")[2] for _, path, _ in hub.asked if "/resolve/" in path} == {
        WEIGHTS,
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
    }


@pytest.mark.parametrize("name", ["wheel:nlp/x", "/srv/models/x", "./x", "@main", "~/x"])
def test_what_is_no_model_of_the_hub_is_not_pulled(parley: Parley, name: str):
    code, _, err = parley("models", "pull", name)
    assert code == 2
    assert "isn't a model of the Hub" in err


# A pull request


def test_safetensors_of_a_pull_request_are_found_and_its_pin_is_printed(hub: Hub, parley: Parley, tmp_path: Path):
    hub.revisions["refs/pr/2"] = ("2" * 40, bert_encoder(tmp_path / "older"))
    hub.revisions[REQUEST] = (OTHER_COMMIT, bert_classifier(tmp_path / "converted"))
    newest = tmp_path / "newest"
    newest.mkdir()
    (newest / "README.md").write_text("only words")
    hub.revisions["refs/pr/10"] = ("8" * 40, newest)
    (hub.folder / WEIGHTS).unlink()
    code, _, err = parley("models", "pull", MOOD)
    assert code == 5
    assert f"no weights in safetensors but in its pull request {REQUEST}, which anybody may have opened" in err
    assert f"/{MOOD}/discussions/3)" in err
    pinned = f"{MOOD}@{OTHER_COMMIT}"
    assert f"parley models pull {pinned}" in err
    code, out, err = parley("models", "pull", pinned)
    assert code == 0, err
    assert f'revision = "{OTHER_COMMIT}"' in out


def test_a_model_without_safetensors_anywhere_says_so(hub: Hub, parley: Parley, tmp_path: Path):
    hub.revisions["refs/pr/../../x"] = (OTHER_COMMIT, bert_classifier(tmp_path / "evil"))
    (hub.folder / WEIGHTS).unlink()
    code, _, err = parley("models", "pull", MOOD)
    assert code == 5
    assert f"{MOOD} has no weights in safetensors." in err
    assert "pickled weights can run code" in err


# What may go wrong, each in its own sentence


GATED = (403, {"X-Error-Code": "GatedRepo"})
SENTENCES = {
    "gated": (GATED, "is gated: its authors give access to single accounts", "HF_TOKEN"),
    "gated without a token": ((401, {"X-Error-Code": "GatedRepo"}), "is gated", "HF_TOKEN"),
    "missing": (
        (404, {"X-Error-Code": "RepoNotFound"}),
        "The Hub has no model somebody/mood, or it is private.",
        "name",
    ),
    "private": ((401, {}), "or it is private", "HF_TOKEN"),
    "wrong token": (
        (401, {"X-Error-Message": "Invalid credentials in Authorization header"}),
        "The Hub doesn't know your token",
        "HF_TOKEN",
    ),
    "narrow token": ((403, {}), "refuses somebody/mood to the account of your token", "permission"),
    "disabled": ((403, {"X-Error-Message": "Access to this resource is disabled."}), "is disabled", "another model"),
    "broken": ((500, {}), "the Hub answered 500", "Pull again later"),
}


@pytest.mark.parametrize("case", SENTENCES)
@pytest.mark.parametrize("when", ["listing", "weights"])
def test_each_refusal_of_the_hub_has_its_sentence(
    hub: Hub, parley: Parley, case: str, when: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("time.sleep", lambda _: None)
    if "token" in case and "without" not in case:
        monkeypatch.setenv("HF_TOKEN", "hf_x")
    answer, sentence, remedy = SENTENCES[case]
    hub.denied[MOOD if when == "listing" else WEIGHTS] = answer
    code, out, err = parley("models", "pull", MOOD)
    assert (code, out) == (5, "")
    if when == "weights" and case in ("private", "missing"):
        return  # the Hub says neither of a file whose listing it gave
    assert sentence in err.replace("\n", " ")
    assert remedy in err
    assert "Traceback" not in err


@pytest.mark.usefixtures("hub")
def test_a_revision_that_is_not_there_has_its_sentence(parley: Parley):
    code, _, err = parley("models", "pull", f"{MOOD}@v9")
    assert code == 5
    assert f"{MOOD} has no revision v9 on the Hub." in err
    assert f"/{MOOD}/commits" in err


@pytest.mark.parametrize("name", ["a/b/c", "so mebody/mood", "../../etc/passwd", "-x-/..y"])
@pytest.mark.usefixtures("hub")
def test_a_name_that_no_model_can_have_has_its_sentence(parley: Parley, name: str):
    code, _, err = parley("models", "pull", "--", name)
    assert code in (2, 5)
    assert "can't be the name of a model" in err or "isn't a model of the Hub" in err


def test_a_model_that_was_renamed_is_pulled_by_its_new_name(hub: Hub, parley: Parley, tmp_path: Path):
    hub.renamed["old/mood"] = MOOD
    code, out, err = parley("models", "pull", "old/mood")
    assert code == 0, err
    assert f"old/mood is called {MOOD} on the Hub now" in err
    assert f'model = "{MOOD}"' in out
    assert find_folder(Binding("sentiment", "classifier", MOOD, folder=str(tmp_path / "models")))


def test_a_bound_model_that_was_renamed_is_pulled_by_the_name_that_is_bound(
    hub: Hub, parley: Parley, configuration: Path, tmp_path: Path
):
    hub.renamed["old/mood"] = MOOD
    table = '[models.sentiment]\nfamily = "classifier"\nmodel = "old/mood"\n'
    configuration.write_text(configuration.read_text() + table, encoding="utf-8")
    code, _, err = parley("models", "pull", "old/mood")
    assert code == 0, err
    assert "the configuration may name it so" in err
    assert find_folder(Binding("sentiment", "classifier", "old/mood", folder=str(tmp_path / "models")))


@pytest.mark.usefixtures("hub")
def test_a_full_disk_has_its_sentence(parley: Parley, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object, **__: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("nlp.hub.download.hf_hub_download", full)
    code, _, err = parley("models", "pull", MOOD)
    assert code == 5
    assert f"The disk is full, so {MOOD} could not be fetched." in err


@pytest.mark.usefixtures("hub")
def test_too_little_room_is_seen_before_anything_is_fetched(parley: Parley, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1_000))
    code, _, err = parley("models", "pull", MOOD)
    assert code == 5
    assert "0 MB are free in" in err


def test_a_hub_out_of_reach_has_its_sentence(parley: Parley, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:1")
    code, _, err = parley("models", "pull", MOOD)
    assert code == 5
    assert "the Hub at http://127.0.0.1:1 can't be reached" in err
    assert "HF_ENDPOINT" in err


@pytest.mark.usefixtures("hub")
def test_offline_what_is_here_already_is_pulled(parley: Parley, monkeypatch: pytest.MonkeyPatch):
    assert parley("models", "pull", MOOD)[0] == 0
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    code, _, err = parley("models", "pull", MOOD)
    assert code == 0, err
    assert f"{MOOD} is here, at revision {COMMIT[:12]}." in err
    assert parley("models", "pull", OTHER)[0] == 5


# The Hub's own settings


def own_process(address: str, tmp_path: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command as a program of its own, since the Hub's client reads its settings once."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING", "PARLEY"))}
    (tmp_path / "config.toml").touch()
    home = {"HF_HOME": str(tmp_path / "hf"), "XDG_DATA_HOME": str(tmp_path / "data")}
    home["PARLEY_CONFIG"] = str(tmp_path / "config.toml")
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        env={**known, **home, "HF_ENDPOINT": address, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_address_home_token_and_being_offline_are_the_hubs_own_variables(tmp_path: Path):
    hub = Hub(MOOD, bert_classifier(tmp_path / "source"))
    with serving(hub) as address:
        done = own_process(address, tmp_path, "models", "pull", MOOD, HF_TOKEN="hf_secret")
        assert done.returncode == 0, done.stderr
        assert "Bearer hf_secret" in hub.tokens
        assert "hf_secret" not in done.stdout + done.stderr
        cached = tmp_path / "hf" / "hub" / "models--somebody--mood" / "snapshots" / COMMIT
        assert (cached / WEIGHTS).is_file(), "it lies where every program of the Hub's finds it"
        before = len(hub.asked)
        done = own_process(address, tmp_path, "models", "pull", MOOD, HF_HUB_OFFLINE="1")
        assert done.returncode == 0, done.stderr
        done = own_process(address, tmp_path, "models", "pull", OTHER, HF_HUB_OFFLINE="1")
        assert done.returncode == 5
        assert "HF_HUB_OFFLINE is set" in done.stderr
        assert len(hub.asked) == before
