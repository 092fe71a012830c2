"""Rows of token ids: how many a model takes, how rows become one tensor, and which token scores best."""

from collections.abc import Sequence
from typing import Any

import torch

from nlp.scheduler.batching import padded

BLOCK = 128  # scores whose maximum is taken together
LONGEST_GUESS = 512  # tokens, for a model that names no limit


def pad(rows: Sequence[Sequence[int]], filler: int, device: torch.device | str = "cpu") -> dict[str, torch.Tensor]:
    """Return rows as `input_ids` and `attention_mask`, both int64 of shape (rows, padded length), on the device."""
    width = padded(max(len(row) for row in rows))
    ids = torch.tensor([[*row, *[filler] * (width - len(row))] for row in rows])
    mask = (torch.arange(width) < torch.tensor([len(row) for row in rows]).unsqueeze(1)).long()
    if torch.device(device).type == "cuda":
        ids, mask = ids.pin_memory(), mask.pin_memory()
    return {
        "input_ids": ids.to(device, non_blocking=True),
        "attention_mask": mask.to(device, non_blocking=True),
    }


def token_limit(model: Any, tokenizer: Any) -> int:
    """Return the longest row, special tokens included, that both the model's positions and its tokenizer allow."""
    limit = getattr(model.config, "max_position_embeddings", None) or LONGEST_GUESS
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None:
            limit -= module.padding_idx + 1  # RoBERTa's line counts positions from behind the padding's
            break
    return min(limit, tokenizer.model_max_length)


def best(scores: torch.Tensor) -> torch.Tensor:
    """Return the place of each row's largest score, the first of equals: `argmax`, ten times faster on a CPU."""
    return likeliest(scores)[0]


def likeliest(scores: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the place of each row's largest score, the first of equals, and about its log probability.

    Maxima of blocks are vectorised where argmax isn't, so it looks only inside the block that holds the largest. The
    probability counts the largest score of each block alone, which leaves out what is much less likely than others.
    """
    rows, width = scores.shape
    if scores.device.type != "cpu" or width < BLOCK:
        found = scores.argmax(-1)
        return found, scores.gather(1, found[:, None])[:, 0] - scores.logsumexp(-1)
    count, rest = divmod(width, BLOCK)
    blocks = scores[:, : width - rest].unflatten(1, (count, BLOCK))
    peaks = blocks.amax(-1)
    block = peaks.argmax(-1)
    found = blocks[torch.arange(rows), block].argmax(-1).add_(block, alpha=BLOCK)
    if rest:
        last = scores[:, width - rest :].argmax(-1).add_(width - rest)
        value, other = scores.gather(1, torch.stack([found, last], 1)).unbind(1)
        peaks = torch.cat((peaks, other[:, None]), 1)
        found = torch.where(other > value, last, found)
    return found, scores.gather(1, found[:, None])[:, 0] - peaks.float().logsumexp(-1)
