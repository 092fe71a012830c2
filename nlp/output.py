"""The last layer of a model that writes, in blocks of its vocabulary small enough for a CPU's cache.

Scores of 256 rows over 58,000 tokens are 60 MB, and every pass over them costs as much as the product itself. Taking
the best token block by block never holds them; the tokens are exactly those of the whole. On a GPU the layer stays
whole.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from nlp.decoding import NEVER, likeliest
from nlp.quantize import Int8Linear

BLOCK = 2_048  # tokens of the vocabulary: 2 MB of scores for 256 rows
PLAIN = frozenset({"bart", "marian", "mbart", "m2m_100", "pegasus"})  # scores are this layer's output and a bias


class Output:
    """Chooses the next tokens from a decoder's last states, (rows, width)."""

    def __init__(self, model: Any) -> None:
        layer = model.get_output_embeddings()
        bias = getattr(model, "final_logits_bias", None)
        whole = model.device.type != "cpu"
        width = layer.out_features if whole else BLOCK
        self._starts = range(0, layer.out_features, width)
        self._blocks = [part_of(layer, start, start + width) for start in self._starts]
        self._biases = [None if bias is None else bias[0, start : start + width] for start in self._starts]

    def pick(self, states: torch.Tensor, never: Sequence[int]) -> torch.Tensor:
        """The likeliest token of each row that isn't among `never`, (rows,)."""
        best = states.new_full((len(states),), NEVER)
        tokens = torch.zeros(len(states), dtype=torch.long, device=states.device)
        for start, block, bias in zip(self._starts, self._blocks, self._biases, strict=True):
            scores = block(states)
            if bias is not None:
                scores += bias
            places = likeliest(scores, [token - start for token in never if start <= token < start + scores.shape[1]])
            values = scores.gather(1, places.unsqueeze(1)).squeeze(1)
            better = values > best
            best, tokens = torch.where(better, values, best), torch.where(better, places + start, tokens)
        return tokens


def part_of(layer: nn.Linear | Int8Linear, start: int, stop: int) -> nn.Module:
    """The layer for the tokens from `start` to `stop` alone; a float layer's part shares its weights."""
    if isinstance(layer, Int8Linear):
        return layer.part(start, stop)
    part: Any = nn.Linear(1, 1, bias=False)
    part.weight = nn.Parameter(layer.weight[start:stop], requires_grad=False)
    if layer.bias is not None:
        part.bias = nn.Parameter(layer.bias[start:stop], requires_grad=False)
    return part
