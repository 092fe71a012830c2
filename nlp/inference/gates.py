"""Checks what a model must still say in bfloat16 or int8 before a default chooses that instead of float32."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from nlp.inference.arithmetic import encoder_layers, in_arithmetic
from nlp.inference.probe import Work, faster, reason
from nlp.inference.tokens import pad, token_limit
from nlp.runtime.half import MIXED

log = logging.getLogger(__name__)

MOST_MOVED = 0.1  # how far the probability of a next token may move
SAMPLE = (
    "Works on my machine, shipping it now.",
    "The meeting has moved to 15:30, same room.",
    "Can somebody review my change before lunch? It only touches the importer.",
)


@dataclass(frozen=True, slots=True)
class Gate:
    """The agreement that another arithmetic must reach with float32 before a default chooses it.

    `outputs` runs a model on a family's own sample and returns what its users see (probabilities, mostly); no number
    in it may move by more than `most`. `work` says at which the arithmetic must be fast.
    """

    outputs: Callable[[Any], torch.Tensor]
    most: float
    work: Work


def admitted(load: Callable[[], Any], gate: Gate) -> Any:
    """Return the model in the fastest arithmetic that passes the gate, else in float32; `load` makes it anew.

    It is changed in place and loaded again where it fails, because two of a large model may not fit the memory. Why it
    computes in what it does stands in its `reason`.
    """
    model, exact = load(), None
    failed: list[str] = []
    for name in candidates(model, gate.work):
        exact = said(model, gate) if exact is None else exact
        model = in_arithmetic(model, name)
        moved = (exact - said(model, gate)).abs().max().item()
        log.info("%s moves outputs by %.3f, %.3f are allowed", name, moved, gate.most)
        if moved <= gate.most:  # NaN is not
            break
        failed.append(f"{name} moves its probabilities by {moved:.2f} where {gate.most} is allowed")
        model = load()
    works = (Work.BATCH, gate.work) if reads_and_writes(model, gate.work) else (gate.work,)
    model.reason = "; ".join([*failed, *map(reason, works)])
    return model


def candidates(model: Any, work: Work) -> list[str]:
    """Return what is clearly faster than float32 at the work, the fastest first.

    An encoder-decoder does both kinds: its encoder reads batches, for which another arithmetic may be the fastest.
    """
    names = list(faster(work))
    if reads_and_writes(model, work) and "int8" in names and faster(Work.BATCH)[:1] == ("bfloat16",):
        names.insert(names.index("int8"), MIXED)
    return names


def reads_and_writes(model: Any, work: Work) -> bool:
    """Return whether an encoder of layers that we know stands before the decoder that the work is probed for."""
    return work is Work.STEP and any(map(encoder_layers, model.modules()))


@torch.inference_mode()
def said(model: Any, gate: Gate) -> torch.Tensor:
    """Return the sample's outputs, float32."""
    return gate.outputs(model).float()


def next_token_gate(tokenizer: Any) -> Gate:
    """Return the gate of an encoder-decoder or a causal model with this tokenizer."""
    return Gate(lambda model: probabilities(model, tokenizer), MOST_MOVED, Work.STEP)


def probabilities(model: Any, tokenizer: Any) -> torch.Tensor:
    """Return how likely the model finds each token after SAMPLE's own tokens, float32 (tokens, vocabulary)."""
    read = tokenizer(list(SAMPLE), truncation=True, max_length=token_limit(model, tokenizer))
    rows = pad(read["input_ids"], tokenizer.pad_token_id or 0, model.device)
    decoder = {"decoder_input_ids": rows["input_ids"]} if model.config.is_encoder_decoder else {}
    scores = model(**rows, **decoder).logits.float()
    return scores[rows["attention_mask"].bool()].softmax(-1)
