"""The last layer of a model that writes, in blocks of its vocabulary small enough for a CPU's cache.

Scores of 256 rows over 58,000 tokens are 60 MB, and every pass over them costs as much as the product itself. Taking
the best token block by block never holds them; the tokens are exactly those of the whole. On a GPU the layer stays
whole.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from nlp.inference.decoding.greedy import likeliest
from nlp.runtime.quantize import Int8Linear

BLOCK = 16_384  # tokens of the vocabulary: 8 MB of scores for 128 rows


class Output(nn.Module):
    """Chooses the next tokens from a decoder's last states, (rows, width). It takes an int8 layer's weights over."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        layer = model.get_output_embeddings()
        bias = getattr(model, "final_logits_bias", None)
        bias = None if bias is None or not bool(bias.any()) else bias[0]
        width = BLOCK if model.device.type == "cpu" else layer.out_features
        self._starts = range(0, layer.out_features, width)
        self._blocks = nn.ModuleList(part_of(layer, start, start + width) for start in self._starts)
        if isinstance(layer, Int8Linear):
            layer.release()
        self._ordered = isinstance(layer, Int8Linear) and bias is None and not bool(layer.bias.any())
        self._biases = [None if bias is None else bias[start : start + width] for start in self._starts]

    def scores(self, states: torch.Tensor) -> torch.Tensor:
        """Return the scores of all tokens, (rows, vocabulary)."""
        return torch.cat([self._score(i, states) for i in range(len(self._blocks))], 1)

    def pick(self, states: torch.Tensor, never: Sequence[int]) -> torch.Tensor:
        """Return the likeliest token of each row that isn't among `never`, (rows,)."""
        values, tokens = [], []
        whole = self._blocks[0].rounded(states)[0] if self._ordered else states
        for i, start in enumerate(self._starts):
            scores = self._order(i, whole)
            places = likeliest(scores, [token - start for token in never if start <= token < start + scores.shape[1]])
            values.append(scores.gather(1, places.unsqueeze(1)))
            tokens.append(places.add_(start).unsqueeze(1))
        if len(tokens) == 1:
            return tokens[0][:, 0]
        return torch.cat(tokens, 1).gather(1, torch.cat(values, 1).argmax(1, keepdim=True))[:, 0]

    def _order(self, block: int, rows: torch.Tensor) -> torch.Tensor:
        """Return what orders a block's tokens as their scores do.

        Without a bias an int8 product does, from rounded rows.
        """
        layer: Any = self._blocks[block]
        return layer.product(rows) if self._ordered else self._score(block, rows)

    def _score(self, block: int, states: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self._blocks[block](states)
        bias = self._biases[block]
        return scores if bias is None else scores.add_(bias)


def part_of(layer: nn.Linear | Int8Linear, start: int, stop: int) -> nn.Module:
    """Return the layer for the tokens from `start` to `stop` alone; a float layer's part shares its weights."""
    if isinstance(layer, Int8Linear):
        return layer.part(start, stop)
    part: Any = nn.Linear(1, 1, bias=False)
    part.weight = nn.Parameter(layer.weight[start:stop], requires_grad=False)
    if layer.bias is not None:
        part.bias = nn.Parameter(layer.bias[start:stop], requires_grad=False)
    return part
