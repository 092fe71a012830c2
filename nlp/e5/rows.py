"""Weights in Q4_0 blocks: a float16 scale and 32 nibbles, of which byte j holds weight j low and weight j + 16 high.

A weight is (nibble - 8) * scale. Rows of words stay packed, 216 bytes where float32 takes 1,536, and are unpacked when
a text has them; layers are unpacked once. Source: ggml's Q4_0,
https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nlp.e5.format import BLOCK, BLOCK_BYTES

HALF = BLOCK // 2


def unpack(blocks: Tensor) -> Tensor:
    """Return float32 weights, (..., 32), of uint8 blocks, (..., 18)."""
    scales = blocks[..., :2].contiguous().view(torch.float16).float()
    nibbles = blocks[..., 2:]
    weights = torch.empty(*blocks.shape[:-1], BLOCK, device=blocks.device)  # filled in place: half the time of copies
    weights[..., :HALF] = nibbles & 0x0F
    weights[..., HALF:] = nibbles >> 4
    return weights.sub_(8).mul_(scales)


def matrix(blocks: NDArray[np.uint8], rows: int) -> Tensor:
    """Return a float32 matrix of so many rows."""
    return unpack(torch.from_numpy(np.array(blocks))).reshape(rows, -1)


class PackedRows(nn.Module):
    """The rows of words, looked up from their blocks: token ids (...) to float32 vectors (..., width).

    On a CPU the blocks stay where the file is mapped: only the rows of words that occur are ever read.
    """

    blocks: Tensor

    def __init__(self, blocks: NDArray[np.uint8], rows: int) -> None:
        super().__init__()
        self.register_buffer("blocks", torch.from_numpy(blocks).view(rows, -1, BLOCK_BYTES))

    def forward(self, ids: Tensor) -> Tensor:
        """Return each token's vector."""
        return unpack(self.blocks[ids]).flatten(-2)
