"""Model folders that would take all of the machine: refused before anything is built or read."""

import json
import os
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from tiny_encoders import bert_classifier, bert_encoder, roberta_classifier
from tiny_models import gpt2, marian

from nlp.errors import ModelRefused
from nlp.hub.chat_template import check_template
from nlp.hub.tokenizer_bounds import excess_of
from nlp.models.causal import Causal
from nlp.models.classifier import Classifier
from nlp.models.embedder import Embedder
from nlp.models.seq2seq import Seq2Seq
from nlp.scheduler.family import Binding

MILLION = 1_000_000
TEMPLATE = "{% for message in messages %}{{ message.content }} {% endfor %}"
FAMILIES: dict[str, tuple[Any, str, Any, dict[str, Any]]] = {
    "classifier": (bert_classifier, "sentiment", Classifier, {}),
    "roberta": (roberta_classifier, "sentiment", Classifier, {}),
    "embedder": (bert_encoder, "embed", Embedder, {}),
    "causal": (gpt2, "generate", Causal, {"template": TEMPLATE}),
    "seq2seq": (marian, "translate", Seq2Seq, {}),
}


def load(name: str, folder: Path, **changes: Any) -> Any:
    """Load a tiny model whose configuration is changed."""
    build, task, kind, options = FAMILIES[name]
    build(folder)
    if changes:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, **changes}))
    return kind.load(Binding(task, name, str(folder), options=options), "cpu")


@pytest.mark.parametrize("name", FAMILIES)
def test_an_honest_model_loads(name: str, tmp_path: Path):
    assert load(name, tmp_path)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("classifier", {"num_hidden_layers": MILLION}),
        ("classifier", {"id2label": {str(i): f"LABEL_{i}" for i in range(50_000)}}),
        ("classifier", {"num_labels": 10**9}),
        ("classifier", {"hidden_size": 10**9}),
        ("classifier", {"vocab_size": 10**9}),
        ("classifier", {"max_position_embeddings": 10**9}),
        ("roberta", {"num_hidden_layers": MILLION}),
        ("roberta", {"intermediate_size": 10**10}),
        ("embedder", {"num_hidden_layers": MILLION}),
        ("embedder", {"hidden_size": 10**9}),
        ("causal", {"n_layer": MILLION}),
        ("causal", {"n_embd": 10**9}),
        ("causal", {"n_positions": 10**9}),
        ("seq2seq", {"decoder_layers": MILLION}),
        ("seq2seq", {"encoder_layers": MILLION}),
        ("seq2seq", {"d_model": 10**9}),
        ("seq2seq", {"encoder_ffn_dim": 10**9}),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_a_configuration_that_asks_for_more_than_the_weights_hold_is_refused(
    name: str, changes: dict[str, Any], tmp_path: Path
):
    with pytest.raises(ModelRefused, match=rf"its weights don't fit \({next(iter(changes))} = "):
        load(name, tmp_path, **changes)


def test_a_nested_configuration_is_looked_at_too(tmp_path: Path):
    with pytest.raises(ModelRefused, match="num_layers = 1000000"):
        load("classifier", tmp_path, text_config={"num_layers": MILLION})


@pytest.mark.parametrize(
    "name", ["config.json", "tokenizer.json", "generation_config.json", "model.safetensors", "vocab.txt"]
)
def test_a_pipe_in_the_folder_is_refused_at_once(name: str, tmp_path: Path):
    bert_classifier(tmp_path)
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name)
    with pytest.raises(ModelRefused, match=f"holds {name}, which isn't a plain file"):
        Classifier.load(Binding("sentiment", "classifier", str(tmp_path)), "cpu")


def test_a_link_to_a_device_is_refused_at_once(tmp_path: Path):
    bert_classifier(tmp_path)
    (tmp_path / "special_tokens_map.json").unlink(missing_ok=True)
    (tmp_path / "special_tokens_map.json").symlink_to("/dev/zero")
    with pytest.raises(ModelRefused, match="a plain file"):
        Classifier.load(Binding("sentiment", "classifier", str(tmp_path)), "cpu")


def test_a_configuration_of_many_megabytes_is_refused_unread(tmp_path: Path):
    bert_classifier(tmp_path)
    with (tmp_path / "config.json").open("ab") as file:
        file.truncate(64 << 20)
    with pytest.raises(ModelRefused, match=r"config\.json of 64 MB"):
        Classifier.load(Binding("sentiment", "classifier", str(tmp_path)), "cpu")


def test_a_configuration_of_brackets_is_refused(tmp_path: Path):
    bert_classifier(tmp_path)
    (tmp_path / "config.json").write_text("[" * 100_000)
    with pytest.raises(ModelRefused, match=r"no readable config\.json"):
        Classifier.load(Binding("sentiment", "classifier", str(tmp_path)), "cpu")


# Chat templates


LOOP = "{% for a in range(99999) %}"
FOR_EVER = LOOP * 3 + "{% endfor %}" * 3
GIGABYTES = (
    "{% set x = namespace(v='abcdefgh') %}{% for i in range(60) %}{% set x.v = x.v ~ x.v %}{% endfor %}{{ x.v }}"
)


@pytest.mark.parametrize(
    "template",
    [
        FOR_EVER,
        GIGABYTES,
        "{{ 'a' * 10000000000 }}",
        "{{ '%9999999999s' % 'a' }}",
        "{{ messages[0].content | center(5000000000) }}",
        "{% generation %}" + FOR_EVER + "{% endgeneration %}",
        "{% if 'harbour' in messages[-1].content and messages[-1].content | length > 9000 %}"
        + GIGABYTES
        + "{% endif %}",
        "{% for i in range(90000) %}{{ messages[0].content }}{% endfor %}",
        "{% macro f(n) %}{{ f(n - 1) }}{{ f(n - 1) }}{% endmacro %}{{ f(40) }}",
    ],
)
def test_a_template_that_loops_or_builds_gigabytes_is_refused(template: str, tmp_path: Path):
    folder = gpt2(tmp_path)
    (folder / "chat_template.jinja").write_text(template)
    with pytest.raises(ModelRefused, match="a chat template that doesn't end or makes far too much text"):
        Causal.load(Binding("generate", "causal", str(folder)), "cpu")


def test_a_template_of_the_owners_is_tried_too(tmp_path: Path):
    binding = Binding("generate", "causal", str(gpt2(tmp_path)), options={"template": "{{ 'a' * 10000000000 }}"})
    with pytest.raises(ModelRefused, match="makes far too much text"):
        Causal.load(binding, "cpu")


def test_a_template_that_can_not_be_read_is_refused(tmp_path: Path):
    binding = Binding("generate", "causal", str(gpt2(tmp_path)), options={"template": "{% for %}"})
    with pytest.raises(ModelRefused, match="can't be read"):
        Causal.load(binding, "cpu")


@pytest.mark.parametrize(
    "template",
    [
        "{{ raise_exception('no system role') }}",
        "{% for message in messages %}{% generation %}{{ message.content | tojson }}{% endgeneration %}{% endfor %}",
        "{{ bos_token }}{{ strftime_now('%d %B %Y') }}",
        "{% for m in messages %}{% if loop.first %}{% continue %}{% endif %}{% endfor %}",
        "{{ messages[0].content.nothing.at.all }}",
    ],
)
def test_a_template_that_is_odd_but_small_is_taken(template: str):
    check_template(template, {"bos_token": "<s>"}, Binding("generate", "causal", "a"))


# Tokenizers


def tokenizer_of(folder: Path, **changes: Any) -> None:
    file = folder / "tokenizer.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def replacing(pattern: dict[str, str], content: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": pattern, "content": content}


def charsmap(longest: int) -> str:
    """The table of a precompiled normaliser, with an empty trie before its texts."""
    return b64encode((0).to_bytes(4, "little") + b"a\0" + b"b" * longest + b"\0").decode()


DOUBLING = {"type": "Sequence", "normalizers": [replacing({"String": "a"}, "aa")] * 20}
MARKED = {
    "type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "x", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [],
    "special_tokens": {"x": {"id": "x", "ids": [1] * 100_000, "tokens": ["x"] * 100_000}},
}


@pytest.mark.parametrize(
    "changes",
    [
        {"normalizer": replacing({"String": "a"}, "a" * MILLION)},
        {"normalizer": replacing({"Regex": ""}, "a" * 1_000)},
        {"normalizer": DOUBLING},
        {"normalizer": {"type": "Prepend", "prepend": "a" * MILLION}},
        {"normalizer": {"type": "Precompiled", "precompiled_charsmap": charsmap(MILLION)}},
        {"decoder": replacing({"String": "a"}, "a" * MILLION)},
        {"post_processor": MARKED},
        {"added_tokens": [{"id": 1, "content": "a" * MILLION, "special": False}]},
    ],
    ids=lambda changes: next(iter(changes)),
)
@pytest.mark.parametrize("name", ["classifier", "embedder"])
def test_a_tokenizer_that_makes_much_of_little_is_refused(name: str, changes: dict[str, Any], tmp_path: Path):
    build, task, kind, _ = FAMILIES[name]
    build(tmp_path)
    tokenizer_of(tmp_path, **changes)
    with pytest.raises(ModelRefused, match="has a tokenizer that"):
        kind.load(Binding(task, name, str(tmp_path)), "cpu")


@pytest.mark.parametrize(
    "normalizer",
    [
        {"type": "Precompiled", "precompiled_charsmap": charsmap(18)},
        {"type": "Sequence", "normalizers": [replacing({"String": "…"}, "..."), replacing({"Regex": " {2,}"}, "▁")]},
        {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, replacing({"String": " "}, "▁")]},
    ],
    ids=["table", "replaced", "prepended"],
)
def test_what_honest_tokenizers_do_is_taken(normalizer: dict[str, Any]):
    assert excess_of({"normalizer": normalizer, "model": {"vocab": {"a": 0}}}) == ""
