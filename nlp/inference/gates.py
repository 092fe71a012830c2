"""What a model that writes must still say in int8 before a default chooses it: its next tokens on a small sample."""

from typing import Any

import torch

from nlp.inference.tokens import pad
from nlp.runtime.quantize import Gate

MOST_MOVED = 0.1  # how far the probability of a next token may move
SAMPLE = (
    "Works on my machine, shipping it now.",
    "The meeting has moved to 15:30, same room.",
    "Can somebody review my change before lunch? It only touches the importer.",
)


def next_token_gate(tokenizer: Any) -> Gate:
    """The gate of an encoder-decoder or a causal model with this tokenizer."""
    return Gate(lambda model: probabilities(model, tokenizer), MOST_MOVED)


def probabilities(model: Any, tokenizer: Any) -> torch.Tensor:
    """How likely the model finds each token after SAMPLE's own tokens, float32 (tokens, vocabulary)."""
    rows = pad(tokenizer(list(SAMPLE))["input_ids"], tokenizer.pad_token_id or 0, model.device)
    decoder = {"decoder_input_ids": rows["input_ids"]} if model.config.is_encoder_decoder else {}
    scores = model(**rows, **decoder).logits.float()
    return scores[rows["attention_mask"].bool()].softmax(-1)
