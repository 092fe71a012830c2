"""From a vector for each token to one for the text, by the names that sentence-transformers gives the ways."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor


def mean_of_tokens(states: Tensor, mask: Tensor) -> Tensor:
    """Return the float32 mean of each row's real tokens: (n, tokens, width) and (n, tokens) to (n, width)."""
    weights = mask.unsqueeze(-1)
    return (states.float() * weights).sum(1) / weights.sum(1).clamp(min=1)


def mean_over_root(states: Tensor, mask: Tensor) -> Tensor:
    """Return the sum of each row's real tokens, divided by the square root of their number."""
    weights = mask.unsqueeze(-1)
    return (states.float() * weights).sum(1) / weights.sum(1).clamp(min=1).sqrt()


def weighted_mean(states: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of each row's real tokens, in which the nth counts n times."""
    weights = (mask * torch.arange(1, mask.shape[1] + 1, device=mask.device)).unsqueeze(-1)
    return (states.float() * weights).sum(1) / weights.sum(1).clamp(min=1)


def first_token(states: Tensor, _: Tensor) -> Tensor:
    """Return each row's first token; rows are padded at their end."""
    return states[:, 0].float()


def last_token(states: Tensor, mask: Tensor) -> Tensor:
    """Return each row's last real token."""
    return states[torch.arange(len(states), device=states.device), mask.sum(1).clamp(min=1) - 1].float()


def largest(states: Tensor, mask: Tensor) -> Tensor:
    """Return the largest value of each dimension over each row's real tokens."""
    return states.float().masked_fill(mask.unsqueeze(-1) == 0, float("-inf")).amax(1)


POOLINGS: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cls": first_token,
    "max": largest,
    "mean": mean_of_tokens,
    "mean_sqrt_len_tokens": mean_over_root,
    "weightedmean": weighted_mean,
    "lasttoken": last_token,
}


def pooled(states: Tensor, mask: Tensor, modes: Sequence[str]) -> Tensor:
    """Return one float32 row a text, in which the ways of pooling stand side by side."""
    return torch.cat([POOLINGS[mode](states, mask) for mode in modes], 1)
