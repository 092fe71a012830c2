"""Model folders that would take all of the machine: refused before anything is built or read."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tiny_encoders import bert_classifier, bert_encoder, roberta_classifier
from tiny_models import gpt2, marian

from nlp.errors import ModelRefused
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
    with pytest.raises(ModelRefused, match=f"holds {name}, which is no plain file"):
        Classifier.load(Binding("sentiment", "classifier", str(tmp_path)), "cpu")


def test_a_link_to_a_device_is_refused_at_once(tmp_path: Path):
    bert_classifier(tmp_path)
    (tmp_path / "special_tokens_map.json").unlink(missing_ok=True)
    (tmp_path / "special_tokens_map.json").symlink_to("/dev/zero")
    with pytest.raises(ModelRefused, match="no plain file"):
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
