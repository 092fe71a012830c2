"""Linear layers in int8: what they compute is what their rounded numbers say, whatever else is in the batch."""

import resource
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from transformers import MarianConfig, MarianMTModel

from nlp.inference.arithmetic import in_int8
from nlp.runtime import int8_products, quantize
from nlp.runtime.device import weights_size
from nlp.runtime.half import Bfloat16Linear, can_pack
from nlp.runtime.int8_products import CAREFUL_LEVELS, LEVELS, MIDDLE, Fbgemm, OneDnn, adds_in_32_bits, weight_levels
from nlp.runtime.quantize import Int8Linear, steps

STATM = Path("/proc/self/statm")
SIZES = ("d_model", "encoder_ffn_dim", "decoder_ffn_dim", "encoder_attention_heads", "decoder_attention_heads")
TINY = dict(zip(SIZES, (16, 32, 32, 2, 2), strict=True)) | {
    "vocab_size": 50,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "pad_token_id": 0,
    "decoder_start_token_id": 0,
}
SPREAD = torch.tensor([[1e-3], [1.0], [50.0]])  # rows whose numbers differ in size


def resident_mb() -> float:
    return int(STATM.read_text().split()[1]) * resource.getpagesize() / 1e6


def layer(inputs: int = 48, outputs: int = 20, *, bias: bool = True) -> nn.Linear:
    torch.manual_seed(3)
    return nn.Linear(inputs, outputs, bias=bias).requires_grad_(requires_grad=False)


def states(inputs: int = 48) -> torch.Tensor:
    return torch.randn(3, inputs, generator=torch.Generator().manual_seed(4)) * SPREAD


AVX2 = pytest.mark.skipif(
    "fbgemm" not in torch.backends.quantized.supported_engines, reason="FBGEMM is a library for x86 CPUs with AVX2"
)


@pytest.fixture(params=[OneDnn, pytest.param(Fbgemm, marks=AVX2)])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantize, "library", lambda: request.param)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("bias", [True, False])
def test_the_product_is_exactly_that_of_the_rounded_numbers(bias: object, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(quantize, "weight_levels", lambda: CAREFUL_LEVELS)  # as a CPU without VNNI needs it
    linear, rows = layer(bias=bool(bias)), states()
    step = steps(rows)
    scale = linear.weight.abs().amax(1) / CAREFUL_LEVELS
    weight = (linear.weight / scale.unsqueeze(1)).round().double()
    expected = ((rows / step).round().double() @ weight.T) * step.double() * scale.double()
    expected += 0 if linear.bias is None else linear.bias.double()
    assert torch.allclose(Int8Linear(linear)(rows).double(), expected, rtol=1e-5, atol=1e-6)


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=4, max_size=4))
def test_a_row_is_rounded_to_within_half_a_step(row: list[float]):
    rows = torch.tensor([row])
    step = steps(rows)
    whole = OneDnn.rounded(rows, step)
    assert ((whole.float() - MIDDLE) * step - rows).abs().max() <= step * 0.501
    assert whole.float().sub(MIDDLE).abs().max() <= LEVELS


@pytest.mark.usefixtures("library")
def test_a_row_does_not_depend_on_its_neighbours():
    small, rows = Int8Linear(layer()), states()
    assert torch.equal(torch.cat([small(rows[i : i + 1]) for i in range(3)]), small(rows))


@pytest.mark.usefixtures("library")
def test_leading_dimensions_are_kept_and_zeros_give_the_bias():
    small = Int8Linear(layer())
    assert small(torch.zeros(2, 5, 48)).shape == (2, 5, 20)
    assert torch.equal(small(torch.zeros(1, 48))[0], layer().bias)


@pytest.mark.usefixtures("library")
def test_a_part_of_a_layer_computes_those_outputs_alone():
    small, rows = Int8Linear(layer()), states()
    part = small.part(16, 32)
    assert (part.in_features, part.out_features) == (48, 4)
    assert torch.equal(part(rows), small(rows)[:, 16:])


@pytest.mark.usefixtures("library")
@pytest.mark.skipif(not STATM.exists(), reason="only Linux tells a process's memory so")
def test_many_batch_sizes_do_not_pile_up_memory():
    small, rows = Int8Linear(layer(64, 64)), torch.randn(1_020, 64)
    for count in range(20, 320):  # as many as are kept, and what their workspaces need
        small(rows[:count])
    before = resident_mb()
    for count in range(320, 1_020):  # 0.5 MB each, were they kept
        small(rows[:count])
    assert resident_mb() - before < 60


@pytest.mark.usefixtures("library")
def test_layers_that_are_merged_compute_what_each_did(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(quantize, "weight_levels", lambda: CAREFUL_LEVELS)
    one, other, rows = Int8Linear(layer()), Int8Linear(layer(outputs=7)), states()
    assert torch.equal(Int8Linear.merged([one, other])(rows), torch.cat([one(rows), other(rows)], 1))


@pytest.mark.parametrize(
    ("flags", "chosen"),
    [
        pytest.param({"avx2": True}, Fbgemm, marks=AVX2),
        ({"avx2": True, "avx512_vnni": True}, OneDnn),
        ({}, OneDnn),
    ],
)
def test_the_product_is_by_the_library_that_suits_the_cpu(
    flags: dict[str, bool], chosen: type[nn.Module], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: flags)
    assert int8_products.library() is chosen


@pytest.mark.skipif(not adds_in_32_bits(), reason="needs units that add products of bytes in 32 bits")
@AVX2
def test_both_libraries_give_the_same_numbers_where_nothing_overflows():
    linear, rows = layer(outputs=512, inputs=768), torch.randn(7, 768)
    assert torch.equal(Int8Linear(linear, OneDnn)(rows), Int8Linear(linear, Fbgemm)(rows))


def test_a_decoder_beside_an_encoder_has_the_product_for_few_rows(monkeypatch: pytest.MonkeyPatch):
    class ForSteps(OneDnn):
        pass

    monkeypatch.setattr(quantize, "library_of_steps", lambda: ForSteps)
    model = in_int8(MarianMTModel(MarianConfig(**TINY)).eval())
    assert isinstance(model.model.decoder.layers[0].fc1.weights, ForSteps)
    assert isinstance(model.lm_head.weights, ForSteps)
    assert type(model.model.encoder.layers[0].fc1.weights) is quantize.library()
    assert isinstance(Int8Linear.merged([model.lm_head, model.lm_head]).weights, ForSteps)
    assert isinstance(model.lm_head.part(0, 3).weights, ForSteps)


def test_the_product_for_few_rows_is_timed_only_where_both_would_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(int8_products, "probed", lambda: pytest.fail("timed"))
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    assert int8_products.library_of_steps() is OneDnn


@pytest.mark.usefixtures("library")
def test_what_a_library_packs_counts_as_memory_of_the_model():
    assert weights_size(Int8Linear(layer())) >= 20 * 48


def test_a_cpu_that_would_overflow_gets_smaller_weights(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    linear, rows = layer(), states()
    assert weight_levels() == CAREFUL_LEVELS
    assert (Int8Linear(linear)(rows) - linear(rows)).abs().max() < 0.05 * linear(rows).abs().max()


@pytest.mark.skipif(not can_pack(), reason="oneDNN packs bfloat16 only on CPUs with AVX512 or AVX-NE-CONVERT")
def test_a_packed_bfloat16_layer_computes_what_the_plain_one_does():
    plain, rows = layer().bfloat16(), states().bfloat16()
    packed = Bfloat16Linear(plain)
    assert packed(rows).dtype == torch.bfloat16
    torch.testing.assert_close(packed(rows), plain(rows), rtol=2**-7, atol=2**-7)
    assert torch.equal(packed(rows.unsqueeze(1)).squeeze(1), packed(rows))
