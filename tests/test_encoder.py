"""Encoder layers in fewer steps: the same numbers as transformers', for the table's architectures and no others."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny_encoders
import tiny_models
import torch
from tiny_models import HEADS, SMALL
from torch import nn
from transformers import (
    AutoModel,
    AutoModelForQuestionAnswering,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    BartConfig,
    BartForSequenceClassification,
)

from nlp.inference.encoder import KINDS, EncoderLayer, FirstTokenLayer, streamlined
from nlp.inference.tokens import pad

ROWS = ([5, 9, 13, 7], [5, 8], [6, 7, 8, 9, 10, 11, 12, 13, 14])
CLASSIFIER, ANSWERER = AutoModelForSequenceClassification, AutoModelForQuestionAnswering
MODELS: dict[str, tuple[Any, Callable[[Path], Path]]] = {
    "bert": (CLASSIFIER, tiny_encoders.bert_classifier),
    "roberta": (CLASSIFIER, tiny_encoders.roberta_classifier),
    "xlm-roberta": (CLASSIFIER, tiny_encoders.xlm_roberta_classifier),
    "camembert": (CLASSIFIER, tiny_encoders.camembert_classifier),
    "electra": (CLASSIFIER, tiny_encoders.electra_classifier),
    "distilbert": (CLASSIFIER, tiny_encoders.distilbert_classifier),
    "bert for answers": (ANSWERER, tiny_models.bert_for_answers),
    "bert alone": (AutoModel, tiny_encoders.bert_encoder),
}


WRITERS = {
    "bart": tiny_models.bart,
    "marian": tiny_models.marian,
    "mbart": tiny_models.mbart,
    "m2m100": tiny_models.m2m100,
    "pegasus": tiny_models.pegasus,
}


def layers(model: nn.Module) -> list[type[nn.Module]]:
    return [type(module) for module in model.modules() if isinstance(module, EncoderLayer)]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("name", MODELS)
@torch.inference_mode()
def test_a_model_says_the_same_in_fewer_steps(name: str, count: int, tmp_path: Path):
    auto, build = MODELS[name]
    model = auto.from_pretrained(build(tmp_path)).eval()
    rows = pad(ROWS[:count], 1)
    shorter = streamlined(copy.deepcopy(model))
    assert len(layers(shorter)) == 2
    real = rows["attention_mask"].bool()
    found = shorter(**rows)
    for key, expected in model(**rows).items():
        of_tokens = expected.shape[:2] == real.shape
        assert torch.allclose(*(one[real] if of_tokens else one for one in (found[key], expected)), atol=1e-5)


@pytest.mark.parametrize("name", WRITERS)
@torch.inference_mode()
def test_the_encoder_of_a_model_that_writes_says_the_same(name: str, tmp_path: Path):
    model = AutoModelForSeq2SeqLM.from_pretrained(WRITERS[name](tmp_path)).eval()
    rows = pad(ROWS, model.config.pad_token_id)
    real = rows["attention_mask"].bool()
    expected = model.get_encoder()(**rows).last_hidden_state[real]
    shorter = streamlined(model)
    assert len(layers(shorter)) == 2
    assert torch.allclose(shorter.get_encoder()(**rows).last_hidden_state[real], expected, atol=1e-5)


def test_a_classifier_with_a_decoder_reads_all_that_its_encoder_says():
    model = BartForSequenceClassification(BartConfig(vocab_size=20, **SMALL, **HEADS))
    assert layers(streamlined(model)) == [EncoderLayer, EncoderLayer]


def test_every_architecture_of_the_table_is_tested_here(tmp_path: Path):
    met = {
        f"{type(module).__module__}.{type(module).__name__}"
        for i, (auto, build) in enumerate(
            [*MODELS.values(), *((AutoModelForSeq2SeqLM, made) for made in WRITERS.values())]
        )
        for module in auto.from_pretrained(build(tmp_path / str(i))).modules()
    }
    assert set(KINDS) <= met


def test_only_a_classifier_computes_its_last_layer_for_the_first_token_alone(tmp_path: Path):
    classifier = streamlined(CLASSIFIER.from_pretrained(tiny_encoders.bert_classifier(tmp_path / "classifier")))
    answerer = streamlined(ANSWERER.from_pretrained(tiny_models.bert_for_answers(tmp_path / "answerer")))
    assert layers(classifier) == [EncoderLayer, FirstTokenLayer]
    assert layers(answerer) == [EncoderLayer, EncoderLayer]


def test_a_layer_of_somebody_elses_stays_as_it_is(tmp_path: Path):
    model = CLASSIFIER.from_pretrained(tiny_encoders.bert_classifier(tmp_path))
    kind = type(model.bert.encoder.layer[0])
    own = type(kind.__name__, (kind,), {"__module__": "acme.models"})
    for layer in model.bert.encoder.layer:
        layer.__class__ = own
    assert layers(streamlined(model)) == []


def test_a_model_that_attends_another_way_stays_as_it_is(tmp_path: Path):
    folder = tiny_encoders.bert_classifier(tmp_path)
    assert layers(streamlined(CLASSIFIER.from_pretrained(folder, attn_implementation="eager"))) == []
