"""Causal models from GGUF files: what they write, what is refused before anything is built, where they are found."""

import hashlib
import json
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import tiny_gguf
import torch
from command_line import Parley
from fake_hub import COMMIT, Hub, reached
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_encoders import bert_classifier
from tiny_gguf import KINDS
from tiny_models import TEXTS

from nlp.errors import ModelRefused, ModelUnavailable
from nlp.hub import gguf as files
from nlp.hub.gguf import check_file
from nlp.inference.gguf import check_architecture
from nlp.jobs import Generate, Prepared, Turn
from nlp.models.causal import Causal
from nlp.models.seq2seq import Seq2Seq
from nlp.scheduler.family import Binding

WANT = 12


def binding(file: Path, **changes: Any) -> Binding:
    return Binding("generate", "causal", str(file), **{"dtype": "float32", **changes})


def written(family: Causal, text: str) -> str:
    made = family.prepare([Generate((Turn("user", text),), max_tokens=WANT)])
    assert isinstance(made[0], Prepared), made
    return family.run(made, lambda _: False)[0].text


@pytest.mark.parametrize("kind", [KINDS.F32, KINDS.F16, KINDS.Q8_0, KINDS.Q4_1], ids=lambda kind: kind.name)
def test_a_gguf_file_writes_what_its_weights_say(kind: Any, tmp_path: Path):
    model = tiny_gguf.llama(tmp_path / "tiny.gguf", kind)
    family = Causal.load(binding(tmp_path / "tiny.gguf"), "cpu")
    for text in TEXTS:
        prompt = family.prepare([Generate((Turn("user", text),), max_tokens=WANT)])[0].inputs.ids
        with torch.inference_mode():
            ids = model.generate(torch.tensor([prompt]), do_sample=False, max_new_tokens=WANT, eos_token_id=1)[0]
        assert written(family, text) == family._spell(ids[len(prompt) :].tolist())


def test_its_tokenizer_and_chat_template_are_those_of_the_file(tmp_path: Path):
    tiny_gguf.llama(tmp_path / "tiny.gguf")
    family = Causal.load(binding(tmp_path / "tiny.gguf"), "cpu")
    ids = family.prepare([Generate((Turn("user", "this"),))])[0].inputs.ids
    assert [tiny_gguf.TOKENS[each] for each in ids] == ["<|user|>", "th", "i", "s", "<end>", "<|assistant|>"]


@pytest.mark.parametrize("dtype", ["bfloat16", "int8", "auto"])
def test_it_loads_in_every_arithmetic(dtype: str, tmp_path: Path):
    tiny_gguf.llama(tmp_path / "tiny.gguf", KINDS.Q8_0)
    family = Causal.load(binding(tmp_path / "tiny.gguf", dtype=dtype), "cpu")
    assert dtype in (family.dtype, "auto")
    assert family.prepare([Generate((Turn("user", "no"),))])


def test_nothing_beside_the_file_is_read(tmp_path: Path):
    """Its pin says nothing of them."""
    tiny_gguf.llama(tmp_path / "tiny.gguf")
    before = written(Causal.load(binding(tmp_path / "tiny.gguf"), "cpu"), "no")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gpt2", "auto_map": {"AutoConfig": "evil.Config"}}))
    (tmp_path / "generation_config.json").write_text(json.dumps({"eos_token_id": 40, "repetition_penalty": 9.0}))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ 1 / 0 }}"}))
    assert written(Causal.load(binding(tmp_path / "tiny.gguf"), "cpu"), "no") == before


# Refusals


def refusal(file: Path, **changes: Any) -> str:
    with pytest.raises((ModelRefused, ModelUnavailable)) as caught:
        Causal.load(binding(file, **changes), "cpu")
    return f"{caught.value} {caught.value.remedy}"


def test_what_is_no_gguf_file_is_refused(tmp_path: Path):
    file = tmp_path / "tiny.gguf"
    file.write_bytes(b"PK\x03\x04" + bytes(100))
    assert "isn't a GGUF file, whatever its name says, so generate is off." in refusal(file)
    file.write_bytes(b"")
    assert "isn't a GGUF file" in refusal(file)


def test_a_file_that_is_not_there_is_unavailable(tmp_path: Path):
    assert "There is no file" in refusal(tmp_path / "tiny.gguf")
    assert "There is no folder" in refusal(tmp_path / "elsewhere" / "tiny.gguf")


@pytest.mark.parametrize("share", [0.02, 0.3, 0.999])
def test_a_truncated_file_is_refused(share: float, tmp_path: Path):
    file = tmp_path / "tiny.gguf"
    tiny_gguf.llama(file)
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    assert "Pull it again." in refusal(file)


def header(*parts: bytes, tensors: int = 0, settings: int = 0) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, tensors, settings) + b"".join(parts)


def string(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


HUGE = 1 << 60
HOSTILE = {
    "settings without end": header(settings=HUGE),
    "tensors without end": header(tensors=HUGE),
    "a name without end": header(struct.pack("<Q", HUGE), settings=1),
    "a list without end": header(string("a"), struct.pack("<IIQ", 9, 4, HUGE), settings=1),
    "strings without end": header(string("a"), struct.pack("<IIQ", 9, 8, HUGE), settings=1),
    "lists in lists": header(string("a"), struct.pack("<IIQ", 9, 9, 1), settings=1),
    "one thing twice": header(*[string("a") + struct.pack("<IB", 7, 1)] * 2, settings=2),
    "an unknown kind": header(string("a"), struct.pack("<I", 77), settings=1),
    "many sides": header(string("a"), struct.pack("<I", 4_000_000_000), tensors=1),
    "no model": header(),
    "another version": b"GGUF" + struct.pack(">I", 3) + bytes(40),
    "names that aren't text": header(struct.pack("<Q", 2), b"\xff\xfe", settings=1),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_header_that_asks_for_more_than_the_file_holds_is_refused(case: str, tmp_path: Path):
    file = tmp_path / "tiny.gguf"
    file.write_bytes(HOSTILE[case] + bytes(64) if case != "no model" else HOSTILE[case])
    assert "so generate is off." in refusal(file)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 400), value=st.integers(0, 255))
def test_a_damaged_byte_of_the_header_never_becomes_another_error(place: int, value: int, tmp_path: Path):
    whole = tmp_path / "whole.gguf"
    if not whole.exists():
        tiny_gguf.llama(whole)
    content = bytearray(whole.read_bytes())
    content[place] = value
    file = tmp_path / "tiny.gguf"
    file.write_bytes(content)
    with suppress(ModelRefused):
        check_file(file, binding(file))


@pytest.mark.parametrize(
    "changed",
    [
        {"block_count": 4_000_000},
        {"embedding_length": 4_000_000_000},
        {"attention.head_count": 1_000_000},
        {"rope.dimension_count": 1_000_000},
        {"context_length": 1 << 31},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_settings_that_the_weights_do_not_fit_are_refused(changed: dict[str, int], tmp_path: Path):
    tiny_gguf.llama(tmp_path / "tiny.gguf", **changed)
    assert "has settings that its weights don't fit (llama." in refusal(tmp_path / "tiny.gguf")


def test_settings_that_are_small_but_wrong_are_refused(tmp_path: Path):
    tiny_gguf.llama(tmp_path / "tiny.gguf", embedding_length=64)
    assert "does not load as a causal" in refusal(tmp_path / "tiny.gguf")
    tiny_gguf.llama(tmp_path / "deeper.gguf", block_count=3)
    assert "has no weights for model.layers.2" in refusal(tmp_path / "deeper.gguf")


def test_an_unknown_architecture_is_refused_by_its_name(tmp_path: Path):
    tiny_gguf.llama(
        tmp_path / "tiny.gguf",
        change=lambda writer: setattr(writer.kv_data[0]["general.architecture"], "value", "clip"),
    )
    said = refusal(tmp_path / "tiny.gguf")
    assert "is of an architecture that transformers doesn't read from GGUF files ('clip')" in said


@pytest.mark.parametrize("name", ["llama", "qwen3", "qwen2moe", "qwen35moe", "gpt-oss", "gemma3", "lfm2"])
def test_architectures_are_known_by_the_names_of_llama_cpp(name: str):
    check_architecture(name, Binding("generate", "causal", "tiny.gguf"))


def test_an_encoder_decoder_is_refused():
    with pytest.raises(ModelRefused):
        check_architecture("t5", Binding("generate", "causal", "tiny.gguf"))


def test_one_part_of_several_is_refused(tmp_path: Path):
    tiny_gguf.llama(tmp_path / "tiny.gguf", change=lambda writer: writer.add_uint16("split.count", 3))
    assert "is one of several parts" in refusal(tmp_path / "tiny.gguf")


def test_a_template_that_loops_is_refused(tmp_path: Path):
    endless = "".join(f"{{% for {each} in range(99999) %}}" for each in "abc") + "{% endfor %}" * 3
    tiny_gguf.llama(
        tmp_path / "tiny.gguf",
        change=lambda writer: setattr(writer.kv_data[0]["tokenizer.chat_template"], "value", endless),
    )
    assert "has a chat template that doesn't end" in refusal(tmp_path / "tiny.gguf")


def test_weights_that_are_not_finite_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    building = tiny_gguf.built

    def broken(*arguments: Any) -> Any:
        model = building(*arguments)
        model.model.norm.weight.data[3] = float("nan")
        return model

    monkeypatch.setattr(tiny_gguf, "built", broken)
    tiny_gguf.llama(tmp_path / "tiny.gguf")
    assert "has weights that aren't finite numbers (model.norm.weight)" in refusal(tmp_path / "tiny.gguf")


def test_a_broken_pin_is_refused_and_the_files_own_hash_is_one(tmp_path: Path):
    file = tmp_path / "tiny.gguf"
    tiny_gguf.llama(file)
    (tmp_path / "another.gguf").write_bytes(b"of no account")
    assert Causal.load(binding(file, sha256=hashlib.sha256(file.read_bytes()).hexdigest()), "cpu")
    assert "does not have the expected SHA-256" in refusal(file, sha256="0" * 64)


def test_without_the_extra_it_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tiny_gguf.llama(tmp_path / "tiny.gguf")
    monkeypatch.setattr(files, "find_spec", lambda _: None)
    assert 'The package gguf is not installed, so generate is off. Install Parley with its extra "gguf".' in refusal(
        tmp_path / "tiny.gguf"
    )


def test_other_families_refuse_such_a_file(tmp_path: Path):
    tiny_gguf.llama(tmp_path / "tiny.gguf")
    with pytest.raises(ModelRefused, match="is a GGUF file, which seq2seq doesn't read"):
        Seq2Seq.load(Binding("summarize", "seq2seq", str(tmp_path / "tiny.gguf")), "cpu")


# Commands

REPOSITORY = "somebody/tiny-GGUF"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    (tmp_path / "source").mkdir()
    tiny_gguf.llama(tmp_path / "source" / "tiny.Q8_0.gguf", KINDS.Q8_0)
    tiny_gguf.llama(tmp_path / "source" / "tiny.F16.gguf", KINDS.F16)
    (tmp_path / "source" / "config.json").write_text("{}")
    made = Hub(REPOSITORY, tmp_path / "source")
    made.also["somebody/mood"] = bert_classifier(tmp_path / "mood")
    made.facts = {"gguf": {"total": 44_000, "architecture": "llama", "chat_template": "{{ messages }}"}}
    with reached(made, monkeypatch, tmp_path / "cache"):
        yield made


@pytest.fixture
def parley(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parley: Parley) -> Parley:
    file = tmp_path / "config.toml"
    file.write_text(f'[models]\nfolder = "{tmp_path / "models"}"\n', encoding="utf-8")
    monkeypatch.setenv("PARLEY_CONFIG", str(file))
    return parley


def test_a_file_of_a_repository_is_pulled_alone_and_loads(hub: Hub, parley: Parley, tmp_path: Path):
    code, out, err = parley("models", "pull", f"{REPOSITORY}/tiny.Q8_0.gguf")
    assert code == 0, err
    assert f"{REPOSITORY} at {COMMIT[:12]}: 1 file" in err
    assert f'family = "causal"\nmodel = "{REPOSITORY}/tiny.Q8_0.gguf"\nrevision = "{COMMIT}"' in out
    assert not hub.gets("tiny.F16.gguf")
    assert not hub.gets("config.json")
    bound = Binding(
        "generate", "causal", f"{REPOSITORY}/tiny.Q8_0.gguf", revision=COMMIT, folder=str(tmp_path / "models")
    )
    assert Causal.load(bound, "cpu")


def test_before_a_download_the_hubs_own_facts_say_what_it_fits(hub: Hub, parley: Parley):
    code, out, err = parley("models", "try", f"{REPOSITORY}/tiny.F16.gguf")
    assert code == 0, err
    assert "It fits generate (family causal): about 0 MB of weights" in err
    assert f'model = "{REPOSITORY}/tiny.F16.gguf"' in out
    assert not hub.gets("tiny.F16.gguf")


@pytest.mark.usefixtures("hub")
def test_after_a_download_an_example_of_it_is_run(parley: Parley):
    code, out, err = parley("models", "try", f"{REPOSITORY}/tiny.F16.gguf", "--pull", "--json")
    assert code == 0, err
    assert json.loads(out)["trial"]["per_second"] > 0


def test_an_architecture_that_is_not_read_is_seen_before_a_download(hub: Hub, parley: Parley):
    hub.facts = {"gguf": {"total": 1, "architecture": "clip"}}
    code, _, err = parley("models", "try", f"{REPOSITORY}/tiny.F16.gguf", "--pull")
    assert code == 5
    assert "('clip')" in err
    assert not hub.gets("tiny.F16.gguf")


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("name", [REPOSITORY, f"{REPOSITORY}/tiny.Q2_K.gguf"])
def test_the_files_of_a_repository_are_named_where_none_is_chosen(name: str, parley: Parley):
    code, _, err = parley("models", "pull", name)
    assert code == 5
    assert f"Name one of its files, as {REPOSITORY}/FILE: tiny.F16.gguf, tiny.Q8_0.gguf." in " ".join(err.split())


@pytest.mark.usefixtures("hub")
def test_a_repository_without_such_files_says_so(parley: Parley):
    code, _, err = parley("models", "pull", "somebody/mood/tiny.gguf")
    assert code == 5
    assert "somebody/mood has no file tiny.gguf." in err


def test_a_file_on_this_machine_is_tried_and_pinned(parley: Parley, tmp_path: Path):
    file = tmp_path / "own.gguf"
    tiny_gguf.llama(file)
    code, out, err = parley("models", "try", str(file), "--task", "generate")
    assert code == 0, err
    assert "[models.generate]" in out
    assert "tokens a second" in err
    code, out, err = parley("models", "pin", str(file))
    assert out.strip() == hashlib.sha256(file.read_bytes()).hexdigest()


def test_check_says_what_is_wrong_with_a_bound_file(parley: Parley, tmp_path: Path):
    (tmp_path / "own.gguf").write_bytes(b"nothing")
    with (tmp_path / "config.toml").open("a") as config:
        config.write(f'[models.generate]\nfamily = "causal"\nmodel = "{tmp_path / "own.gguf"}"\n')
    _, out, err = parley("check")
    assert "isn't a GGUF file, whatever its name says" in " ".join((out + err).split())
