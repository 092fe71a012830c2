"""Tiny encoders with random weights, saved as a download would be: what family tests load instead of the Hub."""

from pathlib import Path
from typing import Any

import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    CamembertConfig,
    CamembertForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    ElectraConfig,
    ElectraForSequenceClassification,
    RobertaConfig,
    RobertaForSequenceClassification,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
)

from nlp.bench.shapes import SENTIMENTS, word_tokenizer
from nlp.bench.texts import WORDS

WIDE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
NAMED = {"id2label": SENTIMENTS, "vocab_size": WORDS + 4}
BERT = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
ROBERTA = ("<s>", "<pad>", "</s>", "<unk>")
LOUD = 0.3  # spread of the random weights, so that texts differ in their scores


def save(folder: Path, model: Any, special: tuple[str, ...], longest: int = 64) -> Path:
    torch.manual_seed(1)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=LOUD)
    marks = ("[CLS]", "[SEP]", "[PAD]") if special is BERT else ("<s>", "</s>", "<pad>")
    model.save_pretrained(folder)
    word_tokenizer(special, *marks, longest).save_pretrained(folder)
    return folder


def bert_classifier(folder: Path, **options: Any) -> Path:
    config = BertConfig(**WIDE, **{**NAMED, "max_position_embeddings": 64, **options})
    return save(folder, BertForSequenceClassification(config), BERT)


def roberta_classifier(folder: Path) -> Path:
    config = RobertaConfig(**WIDE, **NAMED, max_position_embeddings=66, type_vocab_size=1)
    return save(folder, RobertaForSequenceClassification(config), ROBERTA, 10**9)


def xlm_roberta_classifier(folder: Path) -> Path:
    config = XLMRobertaConfig(**WIDE, **NAMED, max_position_embeddings=66, type_vocab_size=1)
    return save(folder, XLMRobertaForSequenceClassification(config), ROBERTA)


def camembert_classifier(folder: Path) -> Path:
    config = CamembertConfig(**WIDE, **NAMED, max_position_embeddings=66, type_vocab_size=1)
    return save(folder, CamembertForSequenceClassification(config), ROBERTA)


def electra_classifier(folder: Path) -> Path:
    config = ElectraConfig(**WIDE, **NAMED, embedding_size=32, max_position_embeddings=64)
    return save(folder, ElectraForSequenceClassification(config), BERT)


def distilbert_classifier(folder: Path) -> Path:
    config = DistilBertConfig(**NAMED, dim=32, n_layers=2, n_heads=4, hidden_dim=48, max_position_embeddings=64)
    return save(folder, DistilBertForSequenceClassification(config), BERT)


def bert_for_entailment(folder: Path, **options: Any) -> Path:
    labels = {0: "contradiction", 1: "entailment", 2: "neutral"}
    return bert_classifier(folder, **{"id2label": labels, **options})


def roberta_for_entailment(folder: Path) -> Path:
    labels = {0: "CONTRADICTION", 1: "NEUTRAL", 2: "ENTAILMENT"}
    positions = {"max_position_embeddings": 66, "type_vocab_size": 1}
    config = RobertaConfig(**WIDE, **{**NAMED, "id2label": labels}, **positions)
    return save(folder, RobertaForSequenceClassification(config), ROBERTA, 10**9)


def bert_encoder(folder: Path) -> Path:
    config = BertConfig(**WIDE, vocab_size=WORDS + 4, max_position_embeddings=64)
    return save(folder, BertModel(config), BERT)
