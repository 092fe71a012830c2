"""Builders of tiny real models with random weights: a folder each, as `from_pretrained` expects it. No network."""

import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import sentencepiece
import torch
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    BartTokenizer,
    BertConfig,
    BertForQuestionAnswering,
    BertTokenizer,
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    M2M100Config,
    M2M100ForConditionalGeneration,
    M2M100Tokenizer,
    MarianConfig,
    MarianMTModel,
    MarianTokenizer,
    MBart50Tokenizer,
    MBartConfig,
    MBartForConditionalGeneration,
    NllbTokenizer,
    PegasusConfig,
    PegasusForConditionalGeneration,
    PegasusTokenizer,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
    RobertaConfig,
    RobertaForQuestionAnswering,
    RobertaTokenizer,
    T5Config,
    T5ForConditionalGeneration,
    T5Tokenizer,
)

TEXTS = (
    "the deploy is on friday",
    "no",
    "could somebody look at the failing test before lunch please",
    "we moved the meeting to three because the room was taken",
    "thanks",
    "lunch at noon",
    "who broke the build again",
)
SMALL = {
    "tie_word_embeddings": False,
    "d_model": 32,
    "decoder_layers": 2,
    "encoder_layers": 2,
    "decoder_ffn_dim": 48,
    "encoder_ffn_dim": 48,
}
HEADS = {"decoder_attention_heads": 4, "encoder_attention_heads": 4, "max_position_embeddings": 64}
LOUD = 0.4  # spread of the random weights; at the usual 0.02, or with tied embeddings, an answer repeats one token


@cache
def pieces() -> Path:
    """A sentencepiece model trained on TEXTS."""
    folder = Path(mkdtemp())
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS),
        model_prefix=str(folder / "pieces"),
        vocab_size=60,
        minloglevel=2,
        hard_vocab_limit=False,
    )
    return folder / "pieces.model"


def scored_pieces() -> list[tuple[str, float]]:
    processor = sentencepiece.SentencePieceProcessor(model_file=str(pieces()))
    return [(processor.IdToPiece(i), processor.GetScore(i)) for i in range(3, processor.GetPieceSize())]


def save(folder: Path, tokenizer: Any, model: Any, **generation: Any) -> Path:
    if generation:
        model.generation_config.update(**generation)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def built(auto: Any, config: Any, seed: int = 0) -> Any:
    torch.manual_seed(seed)
    model = auto(config)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=LOUD)
    return model


def marian(folder: Path, targets: tuple[str, ...] = (), seed: int = 0, **generation: Any) -> Path:
    tokens = ["</s>", "<unk>", *targets, *(piece for piece, _ in scored_pieces()), "<pad>"]
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = folder / "vocab.json"
    vocabulary.write_text(json.dumps({token: i for i, token in enumerate(tokens)}), encoding="utf-8")
    tokenizer = MarianTokenizer(str(pieces()), str(pieces()), str(vocabulary), source_lang="en", target_lang="fr")
    filler = len(tokens) - 1
    special = {"pad_token_id": filler, "decoder_start_token_id": filler, "eos_token_id": 0}
    config = MarianConfig(vocab_size=len(tokens), forced_eos_token_id=0, **special, **SMALL, **HEADS)
    chosen = {"bad_words_ids": [[filler]], "max_length": 16, **generation}
    model = built(MarianMTModel, config, seed)
    for embedding in (model.model.shared, model.model.encoder.embed_tokens, model.model.decoder.embed_tokens):
        embedding.weight.data[filler] = 0  # as in every real one: decoding starts from zeros
    return save(folder, tokenizer, model, **chosen)


def t5(folder: Path, **generation: Any) -> Path:
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *scored_pieces()]
    tokenizer = T5Tokenizer(vocab=vocabulary, extra_ids=0)
    config = T5Config(
        vocab_size=len(tokenizer),
        d_model=32,
        d_kv=8,
        d_ff=48,
        num_layers=2,
        num_heads=4,
        decoder_start_token_id=0,
        tie_word_embeddings=False,
    )
    return save(folder, tokenizer, built(T5ForConditionalGeneration, config), **generation)


def bart(folder: Path, **generation: Any) -> Path:
    characters = sorted({*"".join(TEXTS).replace(" ", "Ġ"), "Ġ"})
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *characters, "<mask>"]
    tokenizer = BartTokenizer(vocab={token: i for i, token in enumerate(tokens)}, merges=[])
    config = BartConfig(vocab_size=len(tokenizer), **SMALL, **HEADS)
    chosen = {"forced_bos_token_id": 0, "no_repeat_ngram_size": 3, "min_length": 6, "max_length": 30, **generation}
    return save(folder, tokenizer, built(BartForConditionalGeneration, config), **chosen)


def mbart(folder: Path, **generation: Any) -> Path:
    tokenizer = MBart50Tokenizer(vocab=[("<unk>", 0.0), ("<s>", 0.0), ("</s>", 0.0), *scored_pieces()])
    config = MBartConfig(vocab_size=len(tokenizer), decoder_start_token_id=2, **SMALL, **HEADS)
    return save(folder, tokenizer, built(MBartForConditionalGeneration, config), **generation)


def m2m100(folder: Path, **generation: Any) -> Path:
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *(piece for piece, _ in scored_pieces())]
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = folder / "vocab.json"
    vocabulary.write_text(json.dumps({token: i for i, token in enumerate(tokens)}), encoding="utf-8")
    tokenizer = M2M100Tokenizer(str(vocabulary), str(pieces()))
    config = M2M100Config(vocab_size=len(tokens) + 108, decoder_start_token_id=2, **SMALL, **HEADS)
    model = built(M2M100ForConditionalGeneration, config)
    model.lm_head.weight.data[[1, *range(-8, 0)]] = 0  # no real one writes padding, or the last rows: nobody's tokens
    return save(folder, tokenizer, model, **generation)


def nllb(folder: Path, **generation: Any) -> Path:
    characters = sorted({*"".join(TEXTS).replace(" ", "▁"), "▁"})
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *characters]
    tokenizer = NllbTokenizer(vocab={token: i for i, token in enumerate(tokens)}, merges=[])
    config = M2M100Config(vocab_size=len(tokenizer), decoder_start_token_id=2, **SMALL, **HEADS)
    return save(folder, tokenizer, built(M2M100ForConditionalGeneration, config), **generation)


def pegasus(folder: Path, **generation: Any) -> Path:
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("<mask_1>", 0.0), ("<mask_2>", 0.0)]
    tokenizer = PegasusTokenizer(vocab=[*vocabulary, *scored_pieces()], offset=5)
    config = PegasusConfig(vocab_size=len(tokenizer), **SMALL, **HEADS)
    return save(folder, tokenizer, built(PegasusForConditionalGeneration, config), **generation)


ENCODER = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}


def bert_for_answers(folder: Path) -> Path:
    characters = sorted({*"".join(TEXTS), *"?.'0123456789"} - {" "})
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, *(f"##{one}" for one in characters)]
    tokenizer = BertTokenizer(vocab={token: i for i, token in enumerate(tokens)}, model_max_length=64)
    config = BertConfig(vocab_size=len(tokens), max_position_embeddings=64, **ENCODER)
    return save(folder, tokenizer, built(BertForQuestionAnswering, config))


def roberta_for_answers(folder: Path) -> Path:
    characters = sorted({*"".join(TEXTS).replace(" ", "Ġ"), *"Ġ?.'0123456789"})
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *characters, "<mask>"]
    tokenizer = RobertaTokenizer(vocab={token: i for i, token in enumerate(tokens)}, merges=[])
    config = RobertaConfig(vocab_size=len(tokens), max_position_embeddings=66, type_vocab_size=1, **ENCODER)
    return save(folder, tokenizer, built(RobertaForQuestionAnswering, config))


TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<end>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}" + TEMPLATE


def byte_tokenizer(template: str | None) -> Any:
    """One token for each byte, so that characters may be split between tokens."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = ["<pad>", "<end>", "<|user|>", "<|assistant|>", "<|system|>"]
    backend = Tokenizer(BPE(vocab={token: i for i, token in enumerate([*special, *alphabet])}, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(special)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, pad_token="<pad>", eos_token="<end>")
    tokenizer.chat_template = template
    return tokenizer


def causal(folder: Path, kind: Any, config: Any, template: str | None = TEMPLATE, **generation: Any) -> Path:
    chosen = {"eos_token_id": 1, "pad_token_id": 0, **generation}
    return save(folder, byte_tokenizer(template), built(kind, config), **chosen)


DECODER = {
    "vocab_size": 261,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 512,
    "tie_word_embeddings": False,
    "eos_token_id": 1,
    "pad_token_id": 0,
    "bos_token_id": None,
}


def llama(folder: Path, **generation: Any) -> Path:
    return causal(folder, LlamaForCausalLM, LlamaConfig(**DECODER), **generation)


def qwen(folder: Path, **generation: Any) -> Path:
    return causal(folder, Qwen3ForCausalLM, Qwen3Config(**DECODER), **generation)


def gemma(folder: Path, **generation: Any) -> Path:
    config = Gemma2Config(**DECODER, sliding_window=24, attn_implementation="eager")
    return causal(folder, Gemma2ForCausalLM, config, NO_SYSTEM, **generation)


def gpt2(folder: Path, **generation: Any) -> Path:
    config = GPT2Config(
        vocab_size=261, n_embd=32, n_layer=2, n_head=4, n_positions=512, eos_token_id=1, tie_word_embeddings=False
    )
    return causal(folder, GPT2LMHeadModel, config, None, **generation)
