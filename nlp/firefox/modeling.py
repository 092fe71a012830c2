"""The architecture of Firefox's translation students: a transformer encoder, an SSRU decoder.

Encoder: post-norm transformer layers with ReLU. Decoder: each layer is a simpler simple recurrent unit (Kim et al.,
"From Research to Production and Back: Ludicrously Fast Neural Machine Translation", 2019) in place of self-attention,
then cross-attention and a feed-forward block, all post-norm. The output layer is tied to the target embeddings.
Knows ids only, no text; `decoding` writes with it.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - as everybody writes it

from nlp.firefox.linear import Linear, int8_is_exact
from nlp.firefox.tokenization import END

NORM_EPSILON = 1e-6
MASKED = -1e9
SPARE_TOKENS = 4  # a very short source may need a few tokens more than the factor allows


@dataclass(frozen=True, slots=True)
class StudentSizes:
    """Sizes of a student. `source_vocab_size` is 0 where both sides share one vocabulary."""

    vocab_size: int
    source_vocab_size: int
    d_model: int
    ffn_dim: int
    encoder_layers: int
    decoder_layers: int
    attention_heads: int
    max_length_factor: float = 2.5


class Residual(nn.LayerNorm):
    """Adds a block's output to its input and normalises the sum."""

    def __init__(self, size: int) -> None:
        super().__init__(size, eps=NORM_EPSILON)

    def forward(self, before: Tensor, change: Tensor) -> Tensor:
        """Return the normalised sum of both, (..., size)."""
        return super().forward(before + change)


class FeedForward(nn.Module):
    """Two linear layers with a ReLU between them."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.wide = Linear(config.d_model, config.ffn_dim, relu=True)
        self.narrow = Linear(config.ffn_dim, config.d_model, after_relu=True)
        self.norm = Residual(config.d_model)

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., d) for (..., d)."""
        return self.norm(x, self.narrow(self.wide(x)))


class Attention(nn.Module):
    """Multi-head attention over keys and values that are given, with its own query and output layers."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.heads = config.attention_heads
        self.output = Linear(config.d_model, config.d_model)
        self.norm = Residual(config.d_model)

    def split(self, x: Tensor) -> Tensor:
        """Return (batch, heads, time, d / heads) for (batch, time, d)."""
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)

    def attend(self, x: Tensor, query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
        """`x` with what its `query` finds added to it; mask is (batch, 1, 1, source), 0 or a large negative."""
        attended = F.scaled_dot_product_attention(self.split(query), keys, values, attn_mask=mask)
        return self.norm(x, self.output(attended.transpose(1, 2).reshape(x.shape)))


class StudentEncoderLayer(Attention):
    """Self-attention with query, key and value in one product, then the feed-forward block."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.query_key_value = Linear(config.d_model, 3 * config.d_model)
        self.feed_forward = FeedForward(config)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Return (batch, source, d) for (batch, source, d)."""
        query, keys, values = self.query_key_value(x).chunk(3, dim=-1)
        return self.feed_forward(self.attend(x, query, self.split(keys), self.split(values), mask))


class StudentDecoderLayer(Attention):
    """One step in time: the SSRU, cross-attention, the feed-forward block."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.cell = Linear(config.d_model, 2 * config.d_model)
        self.cell_norm = Residual(config.d_model)
        self.query = Linear(config.d_model, config.d_model)
        self.feed_forward = FeedForward(config)

    def forward(
        self, x: Tensor, cell: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Return the next x and the next state of the cell; `x` and `cell` are (batch, 1, d)."""
        new, forget = self.cell(x).chunk(2, dim=-1)
        cell = torch.lerp(new, cell, forget.sigmoid())
        x = self.cell_norm(x, F.relu(cell))
        x = self.attend(x, self.query(x), keys, values, mask)
        return self.feed_forward(x), cell


@dataclass(slots=True)
class State:
    """Holds what decoding carries from step to step, a row of the batch each.

    `memory` is (batch, layers x 2, heads, source, d / heads): keys and values of every decoder layer. `cells` holds
    one (batch, 1, d) for each layer. `mask` is (batch, 1, 1, source) or None where no row is padded.
    """

    memory: Tensor
    cells: list[Tensor]
    mask: Tensor | None

    def keep(self, rows: Tensor) -> "State":
        """Return the state of these rows alone."""
        mask = None if self.mask is None else self.mask[rows]
        return State(self.memory[rows], [cell[rows] for cell in self.cells], mask)


def table(count: int, size: int) -> nn.Embedding:
    """Return embeddings that a file brings."""
    return nn.Embedding.from_pretrained(torch.empty(count, size), freeze=False)


class FirefoxNetwork:
    """The computation of a student, for whichever kind of module holds it.

    Source and target ids end with END; padding is END with attention_mask 0.
    """

    config: Any
    device: Any
    dtype: Any
    modules: Any

    def build(self, config: Any) -> None:
        """Make the layers; the output layer shares the target side's embeddings."""
        self.shared = table(config.vocab_size, config.d_model)
        self.source = table(config.source_vocab_size, config.d_model) if config.source_vocab_size else None
        self.encoder = nn.ModuleList(StudentEncoderLayer(config) for _ in range(config.encoder_layers))
        self.decoder = nn.ModuleList(StudentDecoderLayer(config) for _ in range(config.decoder_layers))
        self.memory = Linear(config.d_model, 2 * config.decoder_layers * config.d_model)
        self.output = Linear(config.d_model, config.vocab_size)
        self.output.weight = self.shared.weight

    def pack(self) -> bool:
        """Compute in int8 from now on, if this CPU does so exactly and every layer's scales are known."""
        layers = [module for module in self.modules() if isinstance(module, Linear)]
        ready = self.device.type == "cpu" and self.dtype == torch.float32 and int8_is_exact()
        if not (ready and all(layer.scaled() for layer in layers)):
            return False
        for layer in layers:
            layer.pack()
        return True

    def positions(self, count: int) -> Tensor:
        """Return sinusoids of the first `count` positions, (count, d): sines first, then cosines."""
        half = self.config.d_model // 2
        step = -math.log(10000.0) / max(half - 1, 1)
        rates = torch.exp(torch.arange(half, dtype=torch.float32, device=self.device) * step)
        angles = torch.arange(count, dtype=torch.float32, device=self.device)[:, None] * rates
        return torch.cat((angles.sin(), angles.cos()), dim=1).to(self.dtype)

    def embed(self, ids: Tensor, table: nn.Embedding | None = None) -> Tensor:
        """Return ids of any shape as (…, d), scaled; those of the target side without `table`."""
        return (table or self.shared)(ids) * math.sqrt(self.config.d_model)

    def encode(self, ids: Tensor, attention_mask: Tensor | None = None) -> State:
        """Read the source, (batch, source) ids, and set up decoding."""
        mask = None
        if attention_mask is not None and not bool(attention_mask.all()):
            mask = (1 - attention_mask[:, None, None, :].to(self.dtype)) * MASKED
        x = self.embed(ids, self.source) + self.positions(ids.shape[1])
        for layer in self.encoder:
            x = layer(x, mask)
        memory = self.memory(x).view(*ids.shape, 2 * len(self.decoder), self.config.attention_heads, -1)
        cells = [x.new_zeros(len(ids), 1, self.config.d_model) for _ in self.decoder]
        return State(memory.permute(0, 2, 3, 1, 4).contiguous(), cells, mask)

    def step(self, x: Tensor, state: State) -> Tensor:
        """Return one step of the decoder: x is (batch, 1, d), logits are (batch, vocabulary). Moves the cells on."""
        for i, layer in enumerate(self.decoder):
            keys, values = state.memory[:, 2 * i], state.memory[:, 2 * i + 1]
            x, state.cells[i] = layer(x, state.cells[i], keys, values, state.mask)
        return self.output(x[:, 0])

    def limits(self, lengths: list[int]) -> list[int]:
        """Return how many ids a translation of each length of source may take."""
        return [int(self.config.max_length_factor * length) + SPARE_TOKENS for length in lengths]

    def logits(self, state: State, labels: Tensor | None) -> Tensor:
        """Return what is said at each position of `labels`, given those before it; at the first one without them.

        (batch, target, vocabulary).
        """
        inputs = torch.zeros_like(state.cells[0])
        if labels is not None:
            inputs = torch.cat((inputs, self.embed(labels[:, :-1].clamp(min=END))), dim=1)
        inputs = inputs + self.positions(inputs.shape[1])
        return torch.stack([self.step(x, state) for x in inputs.split(1, dim=1)], dim=1)


class Student(FirefoxNetwork, nn.Module):
    """A loaded student."""

    def __init__(self, config: StudentSizes) -> None:
        nn.Module.__init__(self)
        self.config = config
        self.build(config)

    @property
    def device(self) -> torch.device:
        """Return where it runs."""
        return self.shared.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """Return what it computes in, unless it is packed."""
        return self.shared.weight.dtype
