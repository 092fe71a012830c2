"""Decoders of BART's line, one token a step: Marian, BART, mBART, M2M100, NLLB and PEGASUS.

transformers' own forward builds masks, positions and caches anew at every step and pads every row to the longest
source. Here the loaded modules are read once into layers of fewer products. Rows lie in groups of about the same
source length, each with caches of its own that are written in place; what has weights runs over all groups at once.
Another architecture of the line is a row in LINE. Knows tokens and states; which token comes next is decided elsewhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from nlp.inference.decoding.greedy import NEVER
from nlp.inference.decoding.kv_cache import SPARE, append, select
from nlp.inference.decoding.lm_head import Output
from nlp.inference.encoder import joined
from nlp.runtime.quantize import Int8Linear


@dataclass(frozen=True, slots=True)
class Shape:
    """Holds where an architecture's norms stand, and which row of its position table is the first token's.

    `blank` tells that a padding token has a position of its own, behind which the others are counted (M2M100).
    """

    norm_first: bool
    first: int
    blank: bool = False


LINE: dict[str, Shape] = {
    "bart": Shape(norm_first=False, first=2),
    "marian": Shape(norm_first=False, first=0),
    "mbart": Shape(norm_first=True, first=2),
    "m2m_100": Shape(norm_first=True, first=1, blank=True),
    "pegasus": Shape(norm_first=True, first=0),
}


class Group:
    """Rows that read sources of about one length: what a decoder keeps of them between steps.

    Keys and values of a layer are one tensor, (rows, 2 x heads, tokens, width of a head): `memory` holds those of the
    source, `own` has room for those of the tokens to come. `mask` is (rows, 1, 1, source), or None. All attention is
    computed in their dtype.
    """

    def __init__(self, memory: Sequence[torch.Tensor], mask: torch.Tensor | None) -> None:
        self.memory, self.mask = list(memory), mask
        rows, heads, _, width = memory[0].shape
        self.own = [memory[0].new_empty(rows, heads, SPARE, width) for _ in memory]

    def __len__(self) -> int:
        return len(self.memory[0])

    @property
    def kept(self) -> torch.dtype:
        """Return the dtype of what is kept."""
        return self.memory[0].dtype

    def attend_own(self, layer: int, projected: torch.Tensor, written: int) -> torch.Tensor:
        """Add the newest keys and values and attend to all: (rows, 3, heads, 1, width) to (rows, heads, 1, width)."""
        own = self.own[layer] = append(self.own[layer], written, projected[:, 1:].flatten(1, 2))
        keys, values = own[:, :, : written + 1].chunk(2, 1)
        return scaled_dot_product_attention(projected[:, 0], keys, values)

    def attend_source(self, layer: int, query: torch.Tensor) -> torch.Tensor:
        """Attend to the source: (rows, heads, 1, width) in and out."""
        keys, values = self.memory[layer].chunk(2, 1)
        return scaled_dot_product_attention(query, keys, values, attn_mask=self.mask)

    def keep(self, rows: torch.Tensor, written: int) -> None:
        """Go on with these rows, in this order."""
        self.own = [select(own, rows, written) for own in self.own]
        self.memory = [select(memory, rows, memory.shape[2]) for memory in self.memory]
        self.mask = None if self.mask is None else self.mask[rows]


class DecoderLayer(nn.Module):
    """One layer: attention to what was written, attention to the source, feed-forward."""

    def __init__(self, layer: Any, heads: int, *, norm_first: bool) -> None:
        super().__init__()
        own, source = layer.self_attn, layer.encoder_attn
        self.heads, self.norm_first = heads, norm_first
        self.project = taken_over(own.q_proj, own.k_proj, own.v_proj)
        self.out, self.own_norm = own.out_proj, layer.self_attn_layer_norm
        self.ask, self.answer, self.source_norm = source.q_proj, source.out_proj, layer.encoder_attn_layer_norm
        self.up, self.down, self.norm = layer.fc1, layer.fc2, layer.final_layer_norm
        self.activate = layer.activation_fn

    def forward(self, states: torch.Tensor, groups: Sequence[Group], at: int, written: int) -> torch.Tensor:
        """Return states (rows, width) in and out; the layer is the `at`th and `written` tokens lie in the caches."""
        kept = groups[0].kept
        projected = self.split(self.project(self.before(self.own_norm, states)).to(kept), 3)
        attended = [group.attend_own(at, part, written) for group, part in shares(groups, projected)]
        states = self.after(self.own_norm, self.out(whole(attended, states)).add_(states))
        query = self.split(self.ask(self.before(self.source_norm, states)).to(kept), 1)
        attended = [group.attend_source(at, part[:, 0]) for group, part in shares(groups, query)]
        states = self.after(self.source_norm, self.answer(whole(attended, states)).add_(states))
        change = self.down(self.activate(self.up(self.before(self.norm, states))))
        return self.after(self.norm, change.add_(states))

    def split(self, projected: torch.Tensor, count: int) -> torch.Tensor:
        """Return (rows, count, heads, 1, width of a head) for (rows, count x width)."""
        return projected.view(len(projected), count, self.heads, 1, -1)

    def before(self, norm: nn.Module, states: torch.Tensor) -> torch.Tensor:
        """Return what a block reads."""
        return norm(states) if self.norm_first else states

    def after(self, norm: nn.Module, states: torch.Tensor) -> torch.Tensor:
        """Return what a block leaves."""
        return states if self.norm_first else norm(states)


class Decoder(nn.Module):
    """The decoder of a loaded model, from whose module it takes the weights over: that one can't run any more.

    It attends in the dtype `kept`, else in its weights' own.
    """

    def __init__(self, model: Any, kept: torch.dtype | None = None) -> None:
        super().__init__()
        self.kept = kept or model.dtype
        stack, shape = model.get_decoder(), LINE[model.config.model_type]
        heads = model.config.decoder_attention_heads
        self.embed, self.scale = stack.embed_tokens, getattr(stack, "embed_scale", 1.0)
        self.first_norm, self.last_norm = (
            getattr(stack, "layernorm_embedding", None),
            getattr(stack, "layer_norm", None),
        )
        table = stack.embed_positions
        self.positions = table.weights if shape.blank else table.weight
        self.blank = model.config.pad_token_id if shape.blank else None
        self.first = shape.first + (self.blank or 0)
        self.memory = taken_over(*(part for layer in stack.layers for part in memory_of(layer)))
        self.layers = nn.ModuleList(DecoderLayer(layer, heads, norm_first=shape.norm_first) for layer in stack.layers)
        self.heads = heads

    def remember(self, states: torch.Tensor, mask: torch.Tensor) -> Group:
        """Return rows at their beginning, from the encoder's output (rows, source, width) and mask (rows, source)."""
        rows, tokens, _ = states.shape
        memory = self.memory(states).to(self.kept).view(rows, tokens, len(self.layers), 2 * self.heads, -1)
        hidden = None
        if not bool(mask.all()):
            hidden = memory.new_zeros(mask.shape).masked_fill_(mask == 0, NEVER)[:, None, None]
        return Group(memory.permute(2, 0, 3, 1, 4).contiguous().unbind(), hidden)

    def forward(self, tokens: torch.Tensor, groups: Sequence[Group], written: int) -> torch.Tensor:
        """Read the newest tokens (rows,), which stand behind `written` others: states (rows, width)."""
        states = self.embed(tokens) * self.scale + self.place(tokens, written)
        if self.first_norm is not None:
            states = self.first_norm(states)
        for at, layer in enumerate(self.layers):
            states = layer(states, groups, at, written)
        return states if self.last_norm is None else self.last_norm(states)

    def place(self, tokens: torch.Tensor, written: int) -> torch.Tensor:
        """Return the position's vector, (width,), or (rows, width) where padding tokens have another."""
        here = self.positions[self.first + written]
        if self.blank is None:
            return here
        return torch.where((tokens == self.blank).unsqueeze(1), self.positions[self.blank], here)


def memory_of(layer: Any) -> tuple[nn.Module, nn.Module]:
    """Return the products that make a layer's keys and values of the source."""
    return layer.encoder_attn.k_proj, layer.encoder_attn.v_proj


def taken_over(*layers: Any) -> Any:
    """Return one layer instead of several, which keep no weights of their own afterwards."""
    if isinstance(layers[0], Int8Linear):
        together = Int8Linear.merged(layers)
        for layer in layers:
            layer.release()
        return together
    together = joined(*layers)
    for layer, weight in zip(layers, together.weight.split([layer.out_features for layer in layers]), strict=True):
        layer.weight = nn.Parameter(weight, requires_grad=False)
    return together


def shares(groups: Sequence[Group], rows: torch.Tensor) -> Iterable[tuple[Group, torch.Tensor]]:
    """Yield each group with its rows of a tensor that holds all of them."""
    return zip(groups, rows.split([len(group) for group in groups]), strict=True)


def whole(found: Sequence[torch.Tensor], like: torch.Tensor) -> torch.Tensor:
    """Return what all groups found, (rows, width), in the dtype of `like`."""
    return (found[0] if len(found) == 1 else torch.cat(list(found))).flatten(1).to(like.dtype)


class Grouped:
    """A decoder in the middle of writing a batch, whose rows are those of its groups one after the other."""

    def __init__(self, decoder: Decoder, output: Output, groups: Sequence[Group]) -> None:
        self._decoder, self._output = decoder, output
        self._groups = list(groups)
        self._written = 0

    @property
    def sizes(self) -> list[int]:
        """Return rows of each group."""
        return [len(group) for group in self._groups]

    def step(self, newest: torch.Tensor) -> torch.Tensor:
        """Return scores of the next token, (rows, vocabulary)."""
        return self._output.scores(self._read(newest))

    def pick(self, newest: torch.Tensor, never: Sequence[int]) -> torch.Tensor:
        """Return the likeliest next tokens, (rows,)."""
        return self._output.pick(self._read(newest), never)

    def _read(self, newest: torch.Tensor) -> torch.Tensor:
        states: torch.Tensor = self._decoder(newest[:, 0], self._groups, self._written)
        self._written += 1
        return states

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with these rows; each group's come together, in the order of the groups."""
        start, left = 0, []
        for group in self._groups:
            stop = start + len(group)
            here = rows[(rows >= start) & (rows < stop)] - start
            if 0 < len(here) < len(group):
                group.keep(here, self._written)
            if len(here):
                left.append(group)
            start = stop
        self._groups = left
