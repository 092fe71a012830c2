"""Key and value caches for decoding that are written in place, where transformers' own concatenate at every step.

Concatenation copies the whole cache for each token: at 1,000 tokens of prompt that was more than half of a decode
step. Layers of other kinds (sliding windows, recurrent states) stay as transformers makes them.
"""

from typing import Any

import torch
from transformers import DynamicCache, EncoderDecoderCache
from transformers.cache_utils import DynamicLayer

SPARE = 32  # tokens that a full buffer grows by at least


class GrowingLayer(DynamicLayer):
    """One layer's keys and values, each (rows, heads, tokens, width), as views of buffers with room to grow."""

    def __init__(self) -> None:
        super().__init__()
        self._key_room = self._value_room = torch.empty(0)

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append new keys and values and return all of them; the first ones are taken over as they are."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        before = self.get_seq_length()
        after = before + key_states.shape[-2]
        if before == 0:
            self._key_room, self._value_room = key_states, value_states
        else:
            self._key_room = append(self._key_room, before, key_states)
            self._value_room = append(self._value_room, before, value_states)
        self.keys, self.values = self._key_room[:, :, :after], self._value_room[:, :, :after]
        return self.keys, self.values

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """Keep these rows, in this order. Rows that stay where they are aren't copied."""
        if length := self.get_seq_length():
            self._key_room = select(self._key_room, indices, length)
            self._value_room = select(self._value_room, indices, length)
            self.keys, self.values = self._key_room[:, :, :length], self._value_room[:, :, :length]

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Repeat every row, for several continuations of one prompt."""
        super().batch_repeat_interleave(repeats)
        self._key_room, self._value_room = self.keys, self.values


def append(buffer: torch.Tensor, length: int, states: torch.Tensor) -> torch.Tensor:
    """Write states behind the first `length` tokens of a buffer, or of a larger one where it is full."""
    after = length + states.shape[-2]
    if after > buffer.shape[-2]:
        buffer = grown(buffer[:, :, :length], max(after + SPARE, length * 3 // 2))
    buffer[:, :, length:after] = states
    return buffer


def grown(states: torch.Tensor, room: int) -> torch.Tensor:
    """Return a buffer with room for `room` tokens that begins with `states`."""
    rows, heads, length, width = states.shape
    buffer = states.new_empty(rows, heads, room, width)
    buffer[:, :, :length] = states
    return buffer


def select(buffer: torch.Tensor, rows: torch.Tensor, length: int) -> torch.Tensor:
    """Return these rows of a buffer: in place where only the last rows move into the places of dropped ones."""
    places = torch.arange(len(rows), device=rows.device)
    moved = (rows != places).nonzero()[:, 0]
    sources = rows[moved]
    if (sources < len(rows)).any():
        return buffer[rows, :, :length]
    buffer[moved, :, :length] = buffer[sources, :, :length]
    return buffer[: len(rows)]


def growing(config: Any) -> DynamicCache:
    """Return an empty cache for a model's decoder, with growing layers wherever the model's attention is a full one."""
    cache = DynamicCache(config=config.get_text_config(decoder=True))
    cache.layers = [GrowingLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache


def growing_pair(config: Any) -> EncoderDecoderCache:
    """Return empty caches for self-attention and for attention to the encoder's output."""
    return EncoderDecoderCache(growing(config), growing(config))
