"""Folders of sentence-transformers: what Parley makes of a text is what that library makes of it, or a refusal."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer
from tiny_encoders import bert_encoder
from torch import nn

from nlp.bench.texts import chat_texts
from nlp.errors import ModelRefused
from nlp.jobs import Embed
from nlp.models.embedder import Embedder
from nlp.scheduler.family import Binding

TEXTS = [*chat_texts(12), "ba", "", "ba bo " * 40]
OLD = {
    "cls": "cls_token",
    "max": "max_tokens",
    "mean": "mean_tokens",
    "mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "weightedmean": "weightedmean_tokens",
    "lasttoken": "lasttoken",
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bert_encoder(tmp_path_factory.mktemp("base"))


def saved(folder: Path, base: Path, *steps: nn.Module, pooling: Any = "mean", **options: Any) -> SentenceTransformer:
    encoder = Transformer(str(base), max_seq_length=48)
    model = SentenceTransformer(modules=[encoder, Pooling(32, pooling_mode=pooling), *steps], device="cpu", **options)
    model.save(str(folder))
    return model


def made(folder: Path, *, query: bool = False) -> Any:
    embedder = Embedder.load(Binding("embed", "embedder", str(folder), dtype="float32"), "cpu")
    prepared: list[Any] = embedder.prepare([Embed(text, query) for text in TEXTS])
    return np.stack(embedder.run(prepared, lambda _: False))


def alike(ours: Any, theirs: Any) -> float:
    """The smallest cosine of two rows."""
    return float((ours * theirs).sum(1).min())


@pytest.mark.parametrize("old", [False, True], ids=["version 6", "older"])
@pytest.mark.parametrize("mode", [*OLD, ("cls", "mean"), ("max", "lasttoken")], ids=str)
def test_every_pooling_gives_that_librarys_vectors_in_both_forms(tmp_path: Path, base: Path, mode: Any, *, old: bool):
    model = saved(tmp_path, base, pooling=mode)
    if old:
        named = {f"pooling_mode_{OLD[each]}": each in mode if isinstance(mode, tuple) else each == mode for each in OLD}
        (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": 32, **named}))
        model = SentenceTransformer(str(tmp_path), device="cpu")
    assert alike(made(tmp_path), model.encode(TEXTS, normalize_embeddings=True)) > 0.99999


@pytest.mark.parametrize(
    "steps",
    [
        (Dense(32, 16),),
        (Dense(32, 24, bias=False, activation_function=nn.Identity()), Normalize()),
        (Normalize(), Dense(32, 32, activation_function=nn.GELU(), use_residual=True)),
        (Dense(32, 48, activation_function=nn.ReLU(), use_residual=True), Dense(48, 8)),
    ],
    ids=["dense", "dense and length", "residual", "two"],
)
def test_dense_layers_and_lengths_are_applied_in_their_order(tmp_path: Path, base: Path, steps: tuple[nn.Module, ...]):
    model = saved(tmp_path, base, *steps, pooling="cls")
    ours = made(tmp_path)
    theirs = model.encode(TEXTS, normalize_embeddings=True)
    assert ours.shape == theirs.shape
    assert alike(ours, theirs) > 0.99999


def test_a_default_prompt_stands_before_every_text(tmp_path: Path, base: Path):
    model = saved(tmp_path, base, prompts={"query": "bo ba: "}, default_prompt_name="query")
    theirs = model.encode(TEXTS, normalize_embeddings=True)
    assert alike(made(tmp_path), theirs) > 0.99999
    assert alike(made(tmp_path, query=True), theirs) > 0.99999
    assert alike(theirs, model.encode(TEXTS, prompt="", normalize_embeddings=True)) < 0.999


def test_queries_and_documents_have_their_own_prompts(tmp_path: Path, base: Path):
    model = saved(tmp_path, base, prompts={"query": "bo ba: ", "document": "ba be bi "})
    assert alike(made(tmp_path), model.encode_document(TEXTS, normalize_embeddings=True)) > 0.99999
    assert alike(made(tmp_path, query=True), model.encode_query(TEXTS, normalize_embeddings=True)) > 0.99999


def test_a_lower_casing_encoder_reads_capitals_as_small_letters(tmp_path: Path, base: Path):
    saved(tmp_path, base)
    (tmp_path / "sentence_bert_config.json").write_text('{"max_seq_length": 48, "do_lower_case": true}')
    embedder = Embedder.load(Binding("embed", "embedder", str(tmp_path)), "cpu")
    prepared: list[Any] = embedder.prepare([Embed("BA Bo"), Embed("ba bo")])
    assert prepared[0].inputs == prepared[1].inputs


CLS = {"embedding_dimension": 32, "pooling_mode": "cls"}


def module(kind: str, path: str) -> dict[str, str]:
    return {"type": f"sentence_transformers.models.{kind}", "path": path}


@pytest.mark.parametrize(
    ("file", "content", "complaint"),
    [
        ("1_Pooling/config.json", {"pooling_mode": "attention"}, "pools by attention"),
        ("1_Pooling/config.json", {"pooling_mode": []}, "pools by nothing"),
        ("1_Pooling/config.json", {"pooling_mode_mean_tokens": False}, "pools by none"),
        ("1_Pooling/config.json", [], "damaged config.json"),
        ("modules.json", [module("StaticEmbedding", "")], "begins with StaticEmbedding"),
        ("modules.json", [], "begins with nothing"),
        ("modules.json", {"a": 1}, "damaged modules.json"),
        ("modules.json", [module("Transformer", "0_Transformer"), module("Pooling", "1_Pooling")], "in 0_Transformer"),
        ("modules.json", [module("Transformer", ""), module("Pooling", "../1_Pooling")], "leads out"),
        (
            "modules.json",
            [module("Transformer", ""), module("Pooling", "1_Pooling"), module("LSTM", "2_LSTM")],
            "a step 'LSTM'",
        ),
        ("2_Dense/config.json", {"activation_function": "os.system"}, "activation that Parley doesn't know"),
        ("2_Dense/config.json", {"in_features": 9, "out_features": 16}, "don't fit"),
        ("2_Dense/config.json", {"module_input_name": "token_embeddings"}, "dense layer over tokens"),
        ("config_sentence_transformers.json", {"prompts": ["a"]}, "damaged config_sentence"),
        ("sentence_bert_config.json", {"transformer_task": "fill-mask"}, "something else from its encoder"),
    ],
)
def test_what_is_not_known_is_refused(tmp_path: Path, base: Path, file: str, content: Any, complaint: str):
    saved(tmp_path, base, Dense(32, 16))
    (tmp_path / file).write_text(json.dumps(content))
    with pytest.raises(ModelRefused, match=complaint):
        Embedder.load(Binding("embed", "embedder", str(tmp_path)), "cpu")


def test_a_prompt_that_is_left_out_of_the_pooling_is_refused(tmp_path: Path, base: Path):
    saved(tmp_path, base, prompts={"query": "bo "})
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps({**CLS, "include_prompt": False}))
    with pytest.raises(ModelRefused, match="prompt out of the pooling"):
        Embedder.load(Binding("embed", "embedder", str(tmp_path)), "cpu")


def test_a_dense_layer_in_a_pickle_alone_is_refused(tmp_path: Path, base: Path):
    saved(tmp_path, base, Dense(32, 16))
    (tmp_path / "2_Dense" / "model.safetensors").rename(tmp_path / "2_Dense" / "pytorch_model.bin")
    with pytest.raises(ModelRefused, match=r"lacks 2_Dense/model\.safetensors"):
        Embedder.load(Binding("embed", "embedder", str(tmp_path)), "cpu")


def test_a_folder_with_pooling_alone_is_read_too(tmp_path: Path, base: Path):
    model = saved(tmp_path, base, pooling="max")
    (tmp_path / "modules.json").unlink()
    assert alike(made(tmp_path), model.encode(TEXTS, normalize_embeddings=True)) > 0.99999
