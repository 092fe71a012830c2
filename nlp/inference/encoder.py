"""Encoder layers of BERT's and BART's lines in fewer steps, with the same results: an architecture is a row of KINDS.

transformers computes a query, a key and a value one after the other and writes every sum and activation anew; on a CPU
each of these is a pass over memory that costs more than its arithmetic. Here the three are one product, and sums and
activations change what is there. A classifier's head reads the first token alone, so that the last layer is computed
for that token only: a twelfth of roberta-base's work, a sixth of MiniLM-L6's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

GELU = "transformers.activations.GELUActivation"
READER_OF_ONE = "ForSequenceClassification"  # how transformers names the classifiers of these architectures


@dataclass(frozen=True, slots=True)
class LayerParts:
    """The modules of one layer. `inner_norm` follows attention, `norm` the layer; with `norm_first` they go before."""

    query: nn.Linear
    key: nn.Linear
    value: nn.Linear
    out: nn.Linear
    inner_norm: nn.Module
    up: nn.Linear
    activation: Callable[[torch.Tensor], torch.Tensor]
    down: nn.Linear
    norm: nn.Module
    heads: int
    norm_first: bool = False


def bert(layer: Any) -> LayerParts:
    """Return a layer of BERT, RoBERTa, XLM-RoBERTa, CamemBERT or ELECTRA."""
    attention, own = layer.attention, layer.attention.self
    return LayerParts(
        query=own.query,
        key=own.key,
        value=own.value,
        out=attention.output.dense,
        inner_norm=attention.output.LayerNorm,
        up=layer.intermediate.dense,
        activation=layer.intermediate.intermediate_act_fn,
        down=layer.output.dense,
        norm=layer.output.LayerNorm,
        heads=own.num_attention_heads,
    )


def distilbert(layer: Any) -> LayerParts:
    """Return a layer of DistilBERT."""
    attention = layer.attention
    return LayerParts(
        query=attention.q_lin,
        key=attention.k_lin,
        value=attention.v_lin,
        out=attention.out_lin,
        inner_norm=layer.sa_layer_norm,
        up=layer.ffn.lin1,
        activation=layer.ffn.activation,
        down=layer.ffn.lin2,
        norm=layer.output_layer_norm,
        heads=attention.n_heads,
    )


def bart(layer: Any) -> LayerParts:
    """Return a layer of BART's or Marian's encoder."""
    attention = layer.self_attn
    return LayerParts(
        query=attention.q_proj,
        key=attention.k_proj,
        value=attention.v_proj,
        out=attention.out_proj,
        inner_norm=layer.self_attn_layer_norm,
        up=layer.fc1,
        activation=layer.activation_fn,
        down=layer.fc2,
        norm=layer.final_layer_norm,
        heads=attention.num_heads,
    )


def mbart(layer: Any) -> LayerParts:
    """Return a layer of mBART's, M2M100's or PEGASUS's encoder."""
    return replace(bart(layer), norm_first=True)


KINDS: dict[str, Callable[[Any], LayerParts]] = {
    "transformers.models.bert.modeling_bert.BertLayer": bert,
    "transformers.models.roberta.modeling_roberta.RobertaLayer": bert,
    "transformers.models.xlm_roberta.modeling_xlm_roberta.XLMRobertaLayer": bert,
    "transformers.models.camembert.modeling_camembert.CamembertLayer": bert,
    "transformers.models.electra.modeling_electra.ElectraLayer": bert,
    "transformers.models.distilbert.modeling_distilbert.TransformerBlock": distilbert,
    "transformers.models.bart.modeling_bart.BartEncoderLayer": bart,
    "transformers.models.marian.modeling_marian.MarianEncoderLayer": bart,
    "transformers.models.mbart.modeling_mbart.MBartEncoderLayer": mbart,
    "transformers.models.m2m_100.modeling_m2m_100.M2M100EncoderLayer": mbart,
    "transformers.models.pegasus.modeling_pegasus.PegasusEncoderLayer": mbart,
}


class EncoderLayer(nn.Module):
    """One layer for all tokens: states (rows, tokens, width) in and out, in the weights' dtype."""

    def __init__(self, parts: LayerParts) -> None:
        super().__init__()
        self.heads = parts.heads
        self.project = joined(parts.query, parts.key, parts.value)
        self.out, self.inner_norm = parts.out, parts.inner_norm
        self.up, self.down, self.norm = parts.up, parts.down, parts.norm
        self.activate = gelu if full_name(parts.activation) == GELU else parts.activation

    def forward(self, states: torch.Tensor, attention_mask: torch.Tensor | None = None, *_: Any, **__: Any) -> Any:
        """`attention_mask` is what SDPA takes, (rows, 1, tokens, tokens) or None. transformers passes more."""
        return self.feed(states, self.attended(states, attention_mask))

    def attended(self, states: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Return attention of all tokens to all, (rows, tokens, width); its memory is free again before the rest."""
        query, key, value = self.split(self.project(states), 3)
        return attend(query, key, value, mask)

    def split(self, projected: torch.Tensor, count: int) -> Sequence[torch.Tensor]:
        """Return queries, keys and values, each (rows, heads, tokens, width of a head)."""
        rows, tokens, _ = projected.shape
        return projected.view(rows, tokens, count, self.heads, -1).transpose(1, 3).unbind(2)

    def feed(self, states: torch.Tensor, attended: torch.Tensor) -> torch.Tensor:
        """Return what follows attention."""
        inner = self.inner_norm(self.out(attended).add_(states))
        del attended, states  # a fifth of what a layer holds at its widest
        return self.norm(self.down(self.activate(self.up(inner))).add_(inner))


class NormFirstLayer(EncoderLayer):
    """A layer whose blocks read normed states and add to what came in."""

    def forward(self, states: torch.Tensor, attention_mask: torch.Tensor | None = None, *_: Any, **__: Any) -> Any:
        """Return what EncoderLayer returns."""
        inner = self.out(self.attended(self.inner_norm(states), attention_mask)).add_(states)
        return self.down(self.activate(self.up(self.norm(inner)))).add_(inner)


class FirstTokenLayer(EncoderLayer):
    """A last layer that is read at each row's first token alone: (rows, tokens, width) in, (rows, 1, width) out."""

    def __init__(self, parts: LayerParts) -> None:
        super().__init__(parts)
        self.query, self.project = parts.query, joined(parts.key, parts.value)

    def forward(self, states: torch.Tensor, attention_mask: torch.Tensor | None = None, *_: Any, **__: Any) -> Any:
        """Return what EncoderLayer returns."""
        first = states[:, :1]
        mask = attention_mask if attention_mask is None else attention_mask[:, :, :1]
        (query,) = self.split(self.query(first), 1)
        key, value = self.split(self.project(states), 2)
        return self.feed(first, attend(query, key, value, mask))


def streamlined(model: Any) -> Any:
    """Return the model with its encoder layers as above, changed in place.

    Those that KINDS doesn't know stay as they are.
    """
    if getattr(model.config, "_attn_implementation", "") != "sdpa" or model.dtype == torch.float16:
        return model  # in float16 some architectures clamp what grows too large
    for layers in model.modules():
        if isinstance(layers, nn.ModuleList) and len(layers) and all(map(is_known, layers)):
            parts = [KINDS[full_name(layer)](layer) for layer in layers]
            kinds: list[type[EncoderLayer]] = [NormFirstLayer if part.norm_first else EncoderLayer for part in parts]
            if type(model).__name__.endswith(READER_OF_ONE) and not model.config.is_encoder_decoder:
                kinds[-1] = FirstTokenLayer
            for i, (kind, part) in enumerate(zip(kinds, parts, strict=True)):
                layers[i] = kind(part).eval()
    return model


def is_known(layer: nn.Module) -> bool:
    """Return whether it is an encoder's layer of an architecture in the table."""
    return full_name(layer) in KINDS and not getattr(layer, "is_decoder", False)


def full_name(layer: object) -> str:
    """Return the class with its module, so that another's class of the same name isn't meant."""
    return f"{type(layer).__module__}.{type(layer).__qualname__}"


@torch.no_grad()
def joined(*layers: nn.Linear) -> nn.Linear:
    """Return one layer that computes the outputs of several with the same input, one after the other."""
    whole = nn.Linear(1, 1)
    whole.in_features, whole.out_features = layers[0].in_features, sum(layer.out_features for layer in layers)
    whole.weight = nn.Parameter(torch.cat([layer.weight for layer in layers]), requires_grad=False)
    whole.bias = nn.Parameter(torch.cat([layer.bias for layer in layers]), requires_grad=False)
    return whole


def attend(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Return the attention over all heads, (rows, queries, width)."""
    return scaled_dot_product_attention(query, key, value, attn_mask=mask).transpose(1, 2).flatten(2)


def gelu(states: torch.Tensor) -> torch.Tensor:
    """Return the GELU of its input, which it overwrites."""
    return torch.ops.aten.gelu_(states)
