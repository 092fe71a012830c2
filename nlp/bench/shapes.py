"""Models of published architecture sizes with random weights, saved as a download would be. Needs no network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.processors import TemplateProcessing
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForSequenceClassification,
)

from nlp.bench.texts import WORDS, word

SENTIMENTS = {0: "negative", 1: "neutral", 2: "positive"}
ROBERTA_BASE = {"vocab_size": 50_265, "max_position_embeddings": 514, "type_vocab_size": 1, "num_labels": 3}
MINILM_L6 = {
    "vocab_size": 30_522,
    "hidden_size": 384,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "intermediate_size": 1_536,
    "num_labels": 3,
}


def roberta_classifier(folder: Path) -> Path:
    """roberta-base with three labels: 125 M parameters."""
    config = RobertaConfig(**ROBERTA_BASE, pad_token_id=1, bos_token_id=0, eos_token_id=2, id2label=SENTIMENTS)
    tokenizer = word_tokenizer(("<s>", "<pad>", "</s>", "<unk>"), "<s>", "</s>", "<pad>", 512)
    return save(folder / "roberta", RobertaForSequenceClassification, config, tokenizer)


def minilm_classifier(folder: Path) -> Path:
    """all-MiniLM-L6 with three labels: 23 M parameters."""
    config = BertConfig(**MINILM_L6, id2label=SENTIMENTS)
    tokenizer = word_tokenizer(("[PAD]", "[UNK]", "[CLS]", "[SEP]"), "[CLS]", "[SEP]", "[PAD]", 512)
    return save(folder / "minilm", BertForSequenceClassification, config, tokenizer)


def word_tokenizer(special: Sequence[str], first: str, last: str, filler: str, longest: int) -> Any:
    """A tokenizer with one token for each word of `nlp.bench.texts`, between `first` and `last`."""
    vocabulary = {token: i for i, token in enumerate([*special, *(word(i) for i in range(WORDS))])}
    unknown = next(token for token in special if "unk" in token.lower())
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token=unknown))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.post_processor = TemplateProcessing(
        single=f"{first} $A {last}",
        pair=f"{first} $A {last} $B:1 {last}:1",
        special_tokens=[(first, vocabulary[first]), (last, vocabulary[last])],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=filler,
        unk_token=unknown,
        bos_token=first,
        eos_token=last,
        cls_token=first,
        sep_token=last,
        model_max_length=longest,
    )


def save(folder: Path, kind: Any, config: Any, tokenizer: Any) -> Path:
    """Write a model with random weights of a fixed seed and its tokenizer, unless they are there already."""
    if not (folder / "config.json").exists():
        torch.manual_seed(0)
        kind(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return folder
