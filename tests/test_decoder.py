"""A decoder's steps in groups: the same scores as transformers' own forward, whoever shares the batch or leaves it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny_models
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForSeq2SeqLM

from nlp.inference.decoding.decoder import LINE, Decoder, Group, Grouped
from nlp.inference.decoding.greedy import stay
from nlp.inference.decoding.lm_head import Output
from nlp.inference.tokens import pad
from nlp.models.seq2seq import MOST_AT_ONCE, READ_AT_ONCE, STEP, shares, spans
from nlp.runtime.device import weights_size
from nlp.runtime.quantize import quantized
from nlp.runtime.thread_pool import LEAST_ROWS
from nlp.scheduler.batching import padded

SOURCES = ([5, 9, 13, 7], [5, 8, 6, 7], [6, 7, 8, 9, 10, 11, 12, 13, 14])
WRITTEN = torch.tensor([[4, 9, 6, 3], [4, 5, 5, 8], [4, 12, 7, 7]])  # what each row's decoder has read
BUILDERS: dict[str, Callable[[Path], Path]] = {
    "bart": tiny_models.bart,
    "marian": tiny_models.marian,
    "mbart": tiny_models.mbart,
    "m2m_100": tiny_models.m2m100,
    "pegasus": tiny_models.pegasus,
}


def opened(folder: Path, name: str) -> Any:
    return AutoModelForSeq2SeqLM.from_pretrained(BUILDERS[name](folder)).eval()


def grouped(model: Any, decoder: Decoder, output: Output, groups: list[list[list[int]]]) -> Grouped:
    read = [pad(group, model.config.pad_token_id) for group in groups]
    made = [decoder.remember(model.get_encoder()(**one).last_hidden_state, one["attention_mask"]) for one in read]
    return Grouped(decoder, output, made)


@pytest.mark.parametrize("name", LINE)
@torch.inference_mode()
def test_scores_are_those_of_transformers(name: str, tmp_path: Path):
    model = opened(tmp_path, name)
    written = WRITTEN.clone()
    written[1, 2] = model.config.pad_token_id  # M2M100 gives it no position
    expected = model(**pad(SOURCES, model.config.pad_token_id), decoder_input_ids=written).logits
    if LINE[name].blank:  # a forward over all at once counts positions past a padding token, a step doesn't
        expected[1, 3] = torch.nan
    writer = grouped(model, Decoder(model), Output(model), [list(SOURCES[:2]), list(SOURCES[2:])])
    for step, newest in enumerate(written.split(1, 1)):
        known = ~expected[:, step, 0].isnan()
        assert torch.allclose(writer.step(newest)[known], expected[known, step], atol=1e-4)


@torch.inference_mode()
def test_attending_in_bfloat16_moves_scores_less_than_int8_does(tmp_path: Path):
    def said(dtype: str, kept: torch.dtype) -> torch.Tensor:
        model = quantized(opened(tmp_path, "marian")) if dtype == "int8" else opened(tmp_path, "marian")
        writer = grouped(model, Decoder(model, kept), Output(model), [list(SOURCES)])
        return torch.stack([writer.step(newest) for newest in WRITTEN.split(1, 1)])

    exact, whole = (said(dtype, torch.float32) for dtype in ("float32", "int8"))
    both = said("int8", torch.bfloat16)
    assert not torch.equal(both, whole)
    assert (both - whole).nan_to_num().norm() < (whole - exact).nan_to_num().norm()


@pytest.mark.parametrize(
    ("whole", "kept"),
    [(False, torch.float32), (True, torch.float32), (True, torch.bfloat16)],
    ids=["float32", "int8", "int8, attending in bfloat16"],
)
@torch.inference_mode()
def test_rows_that_leave_change_nothing_for_those_that_stay(whole: object, kept: torch.dtype, tmp_path: Path):
    model = opened(tmp_path, "marian")
    model = quantized(model) if whole else model
    decoder, output = Decoder(model, kept), Output(model)
    groups = [[[5, 9, 13, 7], [5, 8, 6, 7], [9, 9, 5, 6]], [[6, 7, 8, 9, 10, 11, 12]], [[5, 6]]]
    writer = grouped(model, decoder, output, groups)
    tokens = torch.tensor([[4], [9], [6], [3], [8]])
    writer.step(tokens)
    order = stay([True, False, False, False, True], writer.sizes)
    assert order == [2, 1, 3]
    writer.keep(torch.tensor(order))
    assert writer.sizes == [2, 1]
    after = [writer.step(tokens[order]) for _ in range(40)]  # past the room that a cache begins with
    for place, source in enumerate(([9, 9, 5, 6], [5, 8, 6, 7], [6, 7, 8, 9, 10, 11, 12])):
        alone = grouped(model, decoder, output, [[source]])
        own = tokens[order][place : place + 1]
        alone.step(own)
        for step in after:
            assert torch.allclose(alone.step(own)[0], step[place], atol=1e-4)


@torch.inference_mode()
def test_what_is_put_together_is_not_held_twice(tmp_path: Path):
    exact, rounded = opened(tmp_path, "marian"), quantized(opened(tmp_path, "marian"))
    own = exact.model.decoder.layers[0].self_attn
    Decoder(exact)
    assert own.q_proj.weight.data_ptr() != own.k_proj.weight.data_ptr()
    assert own.q_proj.weight.untyped_storage().data_ptr() == own.k_proj.weight.untyped_storage().data_ptr()
    Decoder(rounded)
    assert (
        weights_size(rounded.model.decoder.layers[0].self_attn.q_proj) == own.q_proj.bias.numel() * 4
    )  # its bias alone


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=6), min_size=1, max_size=5))
def test_rows_stay_in_their_group_and_only_the_last_ones_move(groups: list[list[bool]]):
    ended, sizes = [one for group in groups for one in group], list(map(len, groups))
    order = stay(ended, sizes)
    assert sorted(order) == [place for place, one in enumerate(ended) if not one]
    group_of = [i for i, size in enumerate(sizes) for _ in range(size)]
    assert [group_of[place] for place in order] == sorted(group_of[place] for place in order)
    for i in range(len(sizes)):
        inside = [place - group_of.index(i) for place in order if group_of[place] == i]
        assert all(place in (at, *range(len(inside), sizes[i])) for at, place in enumerate(inside))


lengths = st.lists(st.integers(1, 500), min_size=1, max_size=200)


@given(lengths, st.integers(1, 4))
def test_lanes_share_rows_so_that_none_takes_much_longer_than_it_must(rows: list[int], count: int):
    parts = shares(rows, count)
    assert sorted(place for part in parts for place in part) == list(range(len(rows)))
    assert len(parts) <= count
    costs = [sum(rows[i] for i in part) + STEP * max(rows[i] for i in part) for part in parts]
    assert max(costs) <= sum(rows) + STEP * max(rows)


def test_long_rows_keep_apart_from_short_ones():
    assert [len(part) for part in shares([5] * 60 + [120], 2)] == [60, 1]


@given(lengths)
def test_groups_hold_neighbours_in_length_and_pad_little(rows: list[int]):
    rows = sorted(rows)
    found = spans(rows, "cpu")
    assert [place for start, stop in found for place in range(start, stop)] == list(range(len(rows)))
    cost = [(stop - start, padded(rows[stop - 1]) * (stop - start)) for start, stop in found]
    assert all(size == 1 or spent <= (MOST_AT_ONCE if size <= LEAST_ROWS else READ_AT_ONCE) for size, spent in cost)
    assert spans(rows, "cuda") == [(0, len(rows))]


def test_a_group_counts_its_rows():
    assert len(Group([torch.zeros(3, 8, 5, 4)], None)) == 3
