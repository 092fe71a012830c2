"""Linear layers in int8 for CPUs: weights rounded once per output row, activations per token as they come.

A token's scale depends on that token alone, so a text's result does not depend on the batch it shares. This is why
torch's own dynamic quantisation, which takes one scale for the whole batch, isn't used; it is deprecated besides. On
MiniLM's sentence vectors the worst cosine with float32 was 0.98 here and 0.81 there. torchao's eager replacement was
measured 1.8 times slower. Int8 rounds all the same: `nlp.inference.gates` holds what a model must pass before a
default uses it.

The product is oneDNN's, over weights that it has packed once. It takes unsigned activations, which is why a rounded
token is shifted by `MIDDLE`; signed ones fall to a reference kernel a thousand times slower.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import nn

LEVELS = 127
MIDDLE = 128  # what zero is rounded to
CAREFUL_LEVELS = 63  # for weights where the CPU adds two products in 16 bits and would overflow
VNNI = ("avx512_vnni", "avx_vnni", "amx_int8")  # flags of CPUs that add in 32 bits


class Int8Linear(nn.Module):
    """A linear layer whose product runs in int8. Same inputs and outputs as the float32 layer it replaces."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        weight = linear.weight.detach().float()
        scale = weight.abs().amax(1).clamp(min=1e-12) / weight_levels()
        bias = linear.bias if linear.bias is not None else torch.zeros(linear.out_features)
        self.register_buffer("weight", packed((weight / scale.unsqueeze(1)).round().to(torch.int8)))
        self.register_buffer("scale", scale)
        self.register_buffer("shift", torch.zeros(linear.out_features, dtype=torch.long))
        self.register_buffer("bias", bias.detach().float())

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Return (..., out_features) float32 for (..., in_features) float32."""
        whole, scale = rounded(states.reshape(-1, self.in_features))
        product = self.product(whole)
        product = torch.addcmul(self.bias, product, scale, out=product)  # in place: a pass that writes anew costs twice
        return product.view(*states.shape[:-1], self.out_features)

    def product(self, whole: torch.Tensor) -> torch.Tensor:
        """Return the product of rounded rows, float32 (rows, out_features) in each row's steps, without bias."""
        return torch.ops.onednn.qlinear_pointwise.default(
            *(whole, 1.0, MIDDLE),
            *(self.weight, self.scale, self.shift, None),
            *(1.0, 0, torch.float32, "none", [], "none"),
        )

    def part(self, start: int, stop: int) -> "Int8Linear":
        """Return the layer for the outputs from `start` to `stop` alone, as it rounds them here."""
        part = Int8Linear(nn.Linear(1, 1))
        part.scale, part.shift, part.bias = self.scale[start:stop], self.shift[start:stop], self.bias[start:stop]
        part.in_features, part.out_features = self.in_features, len(part.scale)
        part.weight = packed(self.weight.to_dense().t()[start:stop].contiguous())
        return part

    @staticmethod
    def merged(layers: "Sequence[Int8Linear]") -> "Int8Linear":
        """Return one layer that computes the outputs of several with the same input, one after the other."""
        whole = Int8Linear(nn.Linear(1, 1))
        whole.scale = torch.cat([layer.scale for layer in layers])
        whole.shift = torch.cat([layer.shift for layer in layers])
        whole.bias = torch.cat([layer.bias for layer in layers])
        whole.in_features, whole.out_features = layers[0].in_features, len(whole.scale)
        whole.weight = packed(torch.cat([layer.weight.to_dense().t() for layer in layers]))
        return whole

    def release(self) -> None:
        """Let go of the weights, which others hold by now; the layer can't run any more."""
        self.weight = torch.empty(0, dtype=torch.int8)


def packed(weight: torch.Tensor) -> torch.Tensor:
    """Return int8 weights (outputs, inputs) as oneDNN wants them."""
    return torch.ops.onednn.qlinear_prepack(weight, None)


def rounded(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return rows in steps of their own, shifted to 1..255 (uint8), and the size of each row's step (rows, 1)."""
    step = torch.maximum(rows.amax(1, keepdim=True), rows.amin(1, keepdim=True).neg_()).clamp_(min=1e-12).div_(LEVELS)
    signed = (rows * step.reciprocal()).round_().to(torch.int8)  # straight to uint8 would be four times slower
    return signed.view(torch.uint8).bitwise_xor_(MIDDLE), step


def weight_levels() -> int:
    """Return into how many steps weights are rounded on each side of zero."""
    flags = torch.cpu.get_capabilities()
    return LEVELS if any(flags.get(flag) for flag in VNNI) else CAREFUL_LEVELS


def can_round() -> bool:
    """Return whether this build of torch has the int8 product."""
    return bool(torch.backends.mkldnn.is_available()) and hasattr(torch.ops.onednn, "qlinear_prepack")


def quantized(model: nn.Module) -> nn.Module:
    """Return the model with its linear layers in int8, changed in place."""
    for parent, name, linear in list(linears(model)):
        setattr(parent, name, Int8Linear(linear))
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
