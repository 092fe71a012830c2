"""From rows of token ids to one vector a text: padding, and the mean over real tokens."""

from collections.abc import Sequence

import torch

from nlp.batching import padded


def pad(rows: Sequence[Sequence[int]], filler: int, device: torch.device | str = "cpu") -> dict[str, torch.Tensor]:
    """Token rows as `input_ids` and `attention_mask`, both (rows, padded length) on the device."""
    width = padded(max(len(row) for row in rows))
    ids = torch.tensor([[*row, *[filler] * (width - len(row))] for row in rows])
    mask = torch.arange(width) < torch.tensor([len(row) for row in rows]).unsqueeze(1)
    return {"input_ids": ids.to(device), "attention_mask": mask.long().to(device)}


def mean_of_tokens(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The float32 mean of each row's real tokens: (n, tokens, width) and (n, tokens) to (n, width)."""
    weights = mask.unsqueeze(-1)
    return (states.float() * weights).sum(1) / weights.sum(1).clamp(min=1)
