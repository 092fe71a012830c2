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
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertForSequenceClassification,
    LlamaConfig,
    LlamaForCausalLM,
    MarianConfig,
    MarianMTModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForQuestionAnswering,
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


OPUS_MT = {
    "vocab_size": 58_101,
    "d_model": 512,
    "encoder_layers": 6,
    "decoder_layers": 6,
    "encoder_attention_heads": 8,
    "decoder_attention_heads": 8,
    "encoder_ffn_dim": 2_048,
    "decoder_ffn_dim": 2_048,
    "max_position_embeddings": 512,
    "activation_function": "swish",
    "scale_embedding": True,
}
DISTILBART_12_6 = {
    "vocab_size": 50_264,
    "d_model": 1_024,
    "encoder_layers": 12,
    "decoder_layers": 6,
    "encoder_attention_heads": 16,
    "decoder_attention_heads": 16,
    "encoder_ffn_dim": 4_096,
    "decoder_ffn_dim": 4_096,
    "max_position_embeddings": 1_024,
}
SMOLLM_135M = {
    "vocab_size": 49_152,
    "hidden_size": 576,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "intermediate_size": 1_536,
    "max_position_embeddings": 8_192,
    "rope_theta": 100_000.0,
    "tie_word_embeddings": True,
}


def roberta_classifier(folder: Path) -> Path:
    """Make roberta-base with three labels: 125 M parameters."""
    config = RobertaConfig(**ROBERTA_BASE, pad_token_id=1, bos_token_id=0, eos_token_id=2, id2label=SENTIMENTS)
    tokenizer = word_tokenizer(("<s>", "<pad>", "</s>", "<unk>"), "<s>", "</s>", "<pad>", 512)
    return save(folder / "roberta", RobertaForSequenceClassification, config, tokenizer)


def minilm_classifier(folder: Path) -> Path:
    """Make all-MiniLM-L6 with three labels: 23 M parameters."""
    config = BertConfig(**MINILM_L6, id2label=SENTIMENTS)
    tokenizer = word_tokenizer(("[PAD]", "[UNK]", "[CLS]", "[SEP]"), "[CLS]", "[SEP]", "[PAD]", 512)
    return save(folder / "minilm", BertForSequenceClassification, config, tokenizer)


def roberta_answerer(folder: Path) -> Path:
    """Make roberta-base with a span head."""
    config = RobertaConfig(**(ROBERTA_BASE | {"num_labels": 2}), pad_token_id=1, bos_token_id=0, eos_token_id=2)
    tokenizer = word_tokenizer(("<s>", "<pad>", "</s>", "<unk>"), "<s>", "</s>", "<pad>", 512)
    return save(folder / "roberta-qa", RobertaForQuestionAnswering, config, tokenizer)


def opus_mt(folder: Path) -> Path:
    """Return a Marian model of the opus-mt line: 6 + 6 layers, 74 M parameters."""
    last = 58_100
    config = MarianConfig(**OPUS_MT, pad_token_id=last, eos_token_id=0, decoder_start_token_id=last)
    tokenizer = ending_tokenizer(("</s>", "<unk>"), ("<pad>",), 58_101, 512)
    return save(folder / "opus-mt", MarianMTModel, config, tokenizer, bad_words_ids=[[last]], forced_eos_token_id=None)


def distilbart(folder: Path) -> Path:
    """Make distilbart-12-6, a summariser: 306 M parameters, without its slow ban on repeated n-grams."""
    config = BartConfig(**DISTILBART_12_6, pad_token_id=1, bos_token_id=0, eos_token_id=2, decoder_start_token_id=2)
    tokenizer = ending_tokenizer(("<s>", "<pad>", "</s>", "<unk>"), (), config.vocab_size, 1_024)
    return save(
        folder / "distilbart", BartForConditionalGeneration, config, tokenizer, forced_eos_token_id=None, num_beams=1
    )


def smollm(folder: Path) -> Path:
    """Make SmolLM2-135M: a Llama of 30 thin layers, 135 M parameters. It never ends an answer by itself."""
    config = LlamaConfig(**SMOLLM_135M, bos_token_id=1, eos_token_id=None, pad_token_id=2)
    tokenizer = ending_tokenizer(("<unk>", "<s>", "<pad>", "</s>"), (), config.vocab_size, 8_192)
    return save(folder / "smollm", LlamaForCausalLM, config, tokenizer)


def ending_tokenizer(special: Sequence[str], behind: Sequence[str], size: int, longest: int) -> Any:
    """Return a tokenizer of `size` tokens, one for each word, that ends texts with </s>.

    `behind` are its last tokens.
    """
    words = (word(i) for i in range(size - len(special) - len(behind)))
    vocabulary = {token: i for i, token in enumerate([*special, *words, *behind])}
    names = {"pad_token": "<pad>", "unk_token": "<unk>", "eos_token": "</s>"}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token=names["unk_token"]))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", vocabulary["</s>"])])
    if "<s>" in vocabulary:
        names |= {"bos_token": "<s>", "cls_token": "<s>"}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=longest, **names)


def word_tokenizer(special: Sequence[str], first: str, last: str, filler: str, longest: int) -> Any:
    """Return a tokenizer with one token for each word of `nlp.bench.texts`, between `first` and `last`."""
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


def save(folder: Path, kind: Any, config: Any, tokenizer: Any, **generation: Any) -> Path:
    """Write a model with random weights of a fixed seed and its tokenizer, unless they are there already."""
    if not (folder / "config.json").exists():
        torch.manual_seed(0)
        model = kind(config)
        if generation:
            model.generation_config.update(**generation)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return folder
