"""Linear layers in int8 for CPUs: weights rounded once per output row, activations per token as they come.

A token's scale depends on that token alone, so a text's result does not depend on the batch it shares. This is why
torch's own dynamic quantisation, which takes one scale for the whole batch, isn't used; it is deprecated besides. On
MiniLM's sentence vectors the worst cosine with float32 was 0.98 here and 0.81 there. torchao's eager replacement was
measured 1.8 times slower. Int8 rounds all the same: `nlp.inference.gates` holds what a model must pass before a
default uses it.

`nlp.runtime.int8_products` chooses the library whose product it is, for many rows or for few.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import torch
from torch import nn

from nlp.runtime.int8_products import LEVELS, Fbgemm, OneDnn, library, library_of_steps, weight_levels


class Int8Linear(nn.Module):
    """A linear layer whose product runs in int8. Same inputs and outputs as the float32 layer it replaces.

    `product` is the library whose product it is: that for many rows unless another is named.
    """

    def __init__(self, linear: nn.Linear, product: type[OneDnn | Fbgemm] | None = None) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        weight = linear.weight.detach().float()
        scale = weight.abs().amax(1).clamp(min=1e-12) / weight_levels()
        bias = linear.bias if linear.bias is not None else torch.zeros(linear.out_features)
        self.weights: Any = (product or library())((weight / scale.unsqueeze(1)).round().to(torch.int8), scale)
        self.register_buffer("bias", bias.detach().float())

    @property
    def weight(self) -> torch.Tensor:
        """Return an empty tensor in the dtype of the weights, which transformers' T5 asks for."""
        return torch.empty(0, dtype=torch.int8)

    @classmethod
    def of(
        cls, product: type[OneDnn | Fbgemm], weight: torch.Tensor, scale: torch.Tensor, bias: torch.Tensor
    ) -> "Int8Linear":
        """Return a layer of rounded weights (outputs, inputs), the size of each row's step, and a bias (outputs,)."""
        layer = cls(nn.Linear(1, 1))
        layer.out_features, layer.in_features = weight.shape
        layer.weights, layer.bias = product(weight, scale), bias
        return layer

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Return (..., out_features) float32 for (..., in_features) float32."""
        whole, step = self.rounded(states.reshape(-1, self.in_features))
        product = self.product(whole)
        product = torch.addcmul(self.bias, product, step, out=product)  # in place: a pass that writes anew costs twice
        return product.view(*states.shape[:-1], self.out_features)

    def rounded(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return rows as `product` takes them, and the size of each row's step (rows, 1)."""
        step = steps(rows)
        return self.weights.rounded(rows, step), step

    def product(self, whole: torch.Tensor) -> torch.Tensor:
        """Return the product of rounded rows, float32 (rows, out_features) in each row's steps, without bias."""
        done: torch.Tensor = self.weights(whole)
        return done

    def part(self, start: int, stop: int) -> "Int8Linear":
        """Return the layer for the outputs from `start` to `stop` alone, as it rounds them here."""
        weight = self.weights.plain()[start:stop].contiguous()
        return Int8Linear.of(type(self.weights), weight, self.weights.scale[start:stop], self.bias[start:stop])

    @staticmethod
    def merged(layers: "Sequence[Int8Linear]") -> "Int8Linear":
        """Return one layer that computes the outputs of several with the same input, one after the other."""
        weight = torch.cat([layer.weights.plain() for layer in layers])
        scale = torch.cat([layer.weights.scale for layer in layers])
        return Int8Linear.of(type(layers[0].weights), weight, scale, torch.cat([layer.bias for layer in layers]))

    def release(self) -> None:
        """Let go of the weights, which others hold by now; the layer can't run any more."""
        self.weights = None


def steps(rows: torch.Tensor) -> torch.Tensor:
    """Return the size of each row's step, (rows, 1): LEVELS of them reach its largest number."""
    return torch.maximum(rows.amax(1, keepdim=True), rows.amin(1, keepdim=True).neg_()).clamp_(min=1e-12).div_(LEVELS)


def can_round() -> bool:
    """Return whether this build of torch has the int8 product."""
    return bool(torch.backends.mkldnn.is_available()) and hasattr(torch.ops.onednn, "qlinear_prepack")


def quantized(model: nn.Module, few: Collection[nn.Module] = ()) -> nn.Module:
    """Return the model with its linear layers in int8, changed in place; those among `few` take few rows at a time."""
    for parent, name, linear in list(linears(model)):
        setattr(parent, name, Int8Linear(linear, library_of_steps() if linear in few else library()))
    return model


def linears(model: nn.Module) -> Iterator[tuple[nn.Module, str, nn.Linear]]:
    """Yield every plain linear layer with the module that holds it."""
    for parent in model.modules():
        for name, child in parent.named_children():
            if type(child) is nn.Linear:
                yield parent, name, child


def is_quantized(model: nn.Module) -> bool:
    """Return whether any layer runs in int8."""
    return any(isinstance(module, Int8Linear) for module in model.modules())
