"""From a vector for each token to one for the text."""

import torch


def mean_of_tokens(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The float32 mean of each row's real tokens: (n, tokens, width) and (n, tokens) to (n, width)."""
    weights = mask.unsqueeze(-1)
    return (states.float() * weights).sum(1) / weights.sum(1).clamp(min=1)
