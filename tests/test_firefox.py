"""Firefox's translation models: files that are read or refused, the model, its decoding, the real pair."""

import gzip
import struct
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny_firefox import OPTIONS, SENTENCES, pack, tensors, write_pair, write_vocabulary
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from bot.cli.main import app
from bot.terminal import guarded
from nlp.core import Core
from nlp.errors import JobTooLong, ModelRefused
from nlp.firefox import auto
from nlp.firefox.auto import FirefoxForTranslation, FirefoxTokenizer
from nlp.firefox.decoding import translate
from nlp.firefox.files import add, find
from nlp.firefox.format import BadFile, parse, read_bytes
from nlp.firefox.linear import Linear, int8_is_exact
from nlp.firefox.tokenization import END, UNKNOWN
from nlp.inference.tokens import best
from nlp.jobs import Translate
from nlp.models.firefox import Firefox
from nlp.profiles import profile
from nlp.scheduler.family import Binding

GOOD = pack(tensors())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pair(tmp_path_factory.mktemp("firefox") / "pair")


@pytest.fixture(scope="module")
def pair(folder: Path) -> tuple[FirefoxForTranslation, FirefoxTokenizer]:
    return auto.load(find(folder.iterdir()))


def refusal(folder: Path, data: bytes) -> str:
    (folder / "model.enpt.bin").write_bytes(data)
    with pytest.raises(BadFile) as caught:
        find(folder.iterdir()).load()
    return str(caught.value)


@pytest.fixture
def broken(tmp_path: Path, folder: Path) -> Path:
    (tmp_path / "vocab.enpt.spm").write_bytes((folder / "vocab.enpt.spm").read_bytes())
    return tmp_path


# Files.


@pytest.mark.parametrize("length", [0, 1, 15, 100, 5000, len(GOOD) // 2, len(GOOD) - 1])
def test_a_truncated_file_is_refused(broken: Path, length: int):
    assert "cut off" in refusal(broken, GOOD[:length])


def test_a_file_of_another_kind_is_refused(broken: Path):
    assert "doesn't start as" in refusal(broken, b"PK\x03\x04" + bytes(100))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type", "s2s"),
        ("dec-cell", "gru"),
        ("transformer-decoder-autoreg", "self-attention"),
        ("transformer-preprocess", "n"),
        ("transformer-ffn-activation", "swish"),
        ("transformer-tied-layers", [1, 1]),
        ("lemma-dim-emb", 128),
    ],
)
def test_options_of_another_architecture_are_refused_by_name(broken: Path, name: str, value: object):
    assert f"{name}: {value!r}" in refusal(broken, pack(tensors(), OPTIONS | {name: value}))


@pytest.mark.parametrize("value", [0, -1, "many", None, True, 1 << 40])
def test_sizes_that_make_no_sense_are_refused(broken: Path, value: object):
    assert "enc-depth" in refusal(broken, pack(tensors(), OPTIONS | {"enc-depth": value}))


def test_a_depth_without_its_tensors_is_refused(broken: Path):
    assert "encoder_l3" in refusal(broken, pack(tensors(), OPTIONS | {"enc-depth": 3}))


def test_a_tensor_of_another_shape_is_refused(broken: Path):
    assert "shape" in refusal(broken, pack(tensors(), OPTIONS | {"transformer-dim-ffn": 64}))


def test_a_vocabulary_of_another_size_is_refused(tmp_path: Path):
    write_vocabulary(tmp_path / "vocab.enpt.spm", 36)
    assert "40 entries and the .spm file 36" in refusal(tmp_path, GOOD)


def test_a_vocabulary_that_is_none_is_refused(tmp_path: Path):
    (tmp_path / "vocab.enpt.spm").write_bytes(b"not a vocabulary")
    assert "SentencePiece" in refusal(tmp_path, GOOD)


def test_a_header_that_claims_gigabytes_costs_nothing(broken: Path):
    claimed = (
        struct.pack("<QQ", 1, 1) + struct.pack("<QQQQ", 5, 0x404, 2, 1 << 60) + b"Wemb\0" + struct.pack("<2i", 9, 9)
    )
    assert "cut off" in refusal(broken, claimed + struct.pack("<Q", 0))


def test_a_count_of_billions_is_refused(broken: Path):
    assert "claims" in refusal(broken, struct.pack("<QQ", 1, 1 << 40) + bytes(64))


def test_gzip_that_unpacks_beyond_the_limit_is_refused(tmp_path: Path):
    bomb = tmp_path / "model.bin.gz"
    bomb.write_bytes(gzip.compress(bytes(3 << 20)))
    with pytest.raises(BadFile, match="larger than 1 MB"):
        read_bytes(bomb, limit=1 << 20)


def test_broken_gzip_is_refused(broken: Path):
    assert "gzip" in refusal(broken, gzip.compress(GOOD)[:-20])


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_a_flipped_byte_is_refused_or_read_but_nothing_else(place: int, flip: int):
    data = bytearray(GOOD)
    data[place] ^= flip
    with suppress(BadFile):
        assert parse(bytes(data)).tensors


# The model.


def test_int8_weights_are_stored_the_other_way_round(folder: Path, pair: tuple[FirefoxForTranslation, Any]):
    stored = parse(read_bytes(folder / "model.enpt.intgemm.alphas.bin")).tensors["encoder_l1_ffn_W1"]
    expected = torch.from_numpy(stored.values.reshape(32, 16).copy()).float() / 100
    assert torch.allclose(pair[0].encoder[0].feed_forward.wide.weight, expected)


def test_float_weights_give_the_same_model(tmp_path: Path):
    model, _ = find(write_pair(tmp_path, quantised=False).iterdir()).load()
    assert not model.encoder[0].feed_forward.wide.scaled()
    assert model.encoder[0].feed_forward.wide.weight.shape == (32, 16)


def test_saving_and_loading_by_the_auto_classes_gives_the_same_logits(tmp_path: Path, pair: tuple[Any, Any]):
    model, tokenizer = pair
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    again = AutoModelForSeq2SeqLM.from_pretrained(tmp_path).eval()
    batch = AutoTokenizer.from_pretrained(tmp_path)(SENTENCES, padding=True, return_tensors="pt")
    assert (tmp_path / "model.safetensors").is_file()
    assert batch["input_ids"][0].tolist()[: len(SENTENCES[0].split())] == tokenizer.encode_texts(SENTENCES)[0][:6]
    with torch.inference_mode():
        assert torch.equal(again(**batch).logits, model(**batch).logits)


def test_teacher_forcing_agrees_with_decoding(pair: tuple[Any, Any]):
    model, tokenizer = pair
    source = tokenizer.encode_texts(SENTENCES[:1])
    written = translate(model, source)[0]
    with torch.inference_mode():
        logits = model(torch.tensor(source), labels=torch.tensor([written])).logits[0]
    assert logits.argmax(dim=-1).tolist() == written


def test_the_loss_reaches_every_weight(folder: Path):
    model, tokenizer = auto.load(find(folder.iterdir()))
    batch = tokenizer(SENTENCES, padding=True, return_tensors="pt")
    model(**batch, labels=batch["input_ids"]).loss.backward()
    assert [name for name, weight in model.named_parameters() if weight.grad is None] == []


@pytest.mark.parametrize("packed", [False, True])
def test_batched_equals_single(folder: Path, packed: bool):  # noqa: FBT001 - a parameter of the test
    model, tokenizer = find(folder.iterdir()).load()
    if packed and not (int8_is_exact() and model.pack()):
        pytest.skip("this CPU has no exact int8")
    sources = tokenizer.encode_texts([*SENTENCES, "a", "the house " * 20])
    assert translate(model, sources) == [translate(model, [source])[0] for source in sources]


def test_a_row_ends_at_its_limit_or_with_the_end(pair: tuple[Any, Any]):
    model, tokenizer = pair
    sources = tokenizer.encode_texts(SENTENCES)
    for source, row in zip(sources, translate(model, sources), strict=True):
        (limit,) = model.limits([len(source)])
        assert len(row) == limit or row[-1] == END
        assert END not in row[:-1]
        assert UNKNOWN not in row


def test_a_cancelled_row_stops_and_the_others_go_on(pair: tuple[Any, Any]):
    model, tokenizer = pair
    sources = tokenizer.encode_texts(SENTENCES)
    whole = translate(model, sources)
    cut = translate(model, sources, lambda row: row == 1)
    assert len(cut[1]) == 1
    assert [*cut[:1], *cut[2:]] == [*whole[:1], *whole[2:]]


@pytest.mark.parametrize("width", [128, 130, 1024])
def test_the_quick_argmax_is_argmax(width: int):
    logits = torch.randint(0, 50, (20, width)).float()
    assert torch.equal(best(logits).cpu(), logits.argmax(dim=-1))


@pytest.mark.skipif(not int8_is_exact(), reason="this CPU has no exact int8")
@pytest.mark.parametrize("relu", [False, True])
def test_int8_is_close_to_float(relu: bool):  # noqa: FBT001 - a parameter of the test
    layer = Linear(64, 32, relu=relu)
    random = torch.Generator().manual_seed(0)
    layer.weight.data = torch.randint(-127, 128, (32, 64), generator=random) / 100
    layer.bias.data = torch.randn(32, generator=random)
    layer.weight_scale[:] = 1 / 100
    layer.input_scale[:] = 4 / 127
    x = torch.randn(5, 64, generator=random).clamp(-4, 4)
    with torch.inference_mode():
        exact = layer(x)
        layer.pack()
        assert (layer(x) - exact).abs().max() < 0.5
        assert not torch.equal(layer(x), exact)


# Adding a pair.


def test_a_packed_download_is_added_unpacked_with_its_languages(tmp_path: Path, folder: Path):
    files = []
    for file in folder.iterdir():
        files.append(tmp_path / f"{file.name}.gz")
        files[-1].write_bytes(gzip.compress(file.read_bytes()))
    added = add(files, tmp_path / "models")
    assert (added.source, added.target) == ("en", "pt")
    assert sorted(path.name for path in added.folder.iterdir()) == ["model.enpt.intgemm.alphas.bin", "vocab.enpt.spm"]
    assert 'source = "en"' in added.settings()
    assert Firefox.load(Binding("translate", "firefox", str(added.folder)), "cpu").memory() > 0


def test_a_bad_download_leaves_nothing_behind(tmp_path: Path, folder: Path):
    bad = tmp_path / "model.enpt.bin"
    bad.write_bytes(GOOD[:1000])
    with pytest.raises(BadFile):
        add([bad, folder / "vocab.enpt.spm"], tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_a_lexical_shortlist_beside_the_model_is_not_taken_for_it(tmp_path: Path, folder: Path):
    (tmp_path / "lex.50.50.enpt.s2t.bin").write_bytes(b"x")
    assert find([*folder.iterdir(), *tmp_path.iterdir()]).model.name.startswith("model.")


def test_languages_that_nothing_tells_are_asked_for(tmp_path: Path, folder: Path):
    (tmp_path / "model.bin").write_bytes(GOOD)
    with pytest.raises(BadFile, match="--from"):
        add([tmp_path / "model.bin", folder / "vocab.enpt.spm"], tmp_path / "models")


# The family.


def test_a_folder_that_is_no_pair_is_refused_with_the_reason(tmp_path: Path):
    with pytest.raises(ModelRefused, match="one model"):
        Firefox.load(Binding("translate", "firefox", str(tmp_path)), "cpu")


def test_a_text_beyond_the_window_fails_alone(folder: Path):
    family = Firefox.load(Binding("translate", "firefox", str(folder)), "cpu")
    jobs = [Translate("the cat", "en", "pt"), Translate("the cat " * 1000, "en", "pt")]
    short, long = family.prepare(jobs)
    assert not isinstance(short, Exception)
    assert isinstance(long, JobTooLong)
    assert family.run([short], lambda _: False)[0].tokens > 0


def test_a_lone_surrogate_is_no_accident(folder: Path):
    family = Firefox.load(Binding("translate", "firefox", str(folder)), "cpu")
    assert not isinstance(family.prepare([Translate("\ud800 cat", "en", "pt")])[0], Exception)


@pytest.mark.starter
async def test_the_starter_pair_translates_both_ways():
    async with Core(profile("starter")) as core:
        there = await core.translate(["Can we move the meeting to Thursday?", "Thanks!"], "en", "pt")
        back = await core.translate(["Podemos mudar a reunião para quinta-feira?"], "pt", "en")
    assert [made.text for made in there] == ["Podemos mudar a reunião para quinta-feira?", "Obrigado!"]
    assert "Thursday" in back[0].text


def test_the_command_adds_a_pair_and_prints_its_settings(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("PARLEY_MODELS__FOLDER", str(tmp_path))
    assert guarded(app, ["models", "add-firefox", *map(str, folder.iterdir())]) == 0
    (binding,) = tomllib.loads(capsys.readouterr().out)["models"]["translate"]
    assert binding["model"] == (tmp_path / "firefox-en-pt").as_posix()


def test_the_command_refuses_a_bad_pair_with_the_reason(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
):
    bad = tmp_path / "model.enpt.bin"
    bad.write_bytes(GOOD[:1000])
    assert guarded(app, ["models", "add-firefox", str(bad), str(folder / "vocab.enpt.spm")]) == 2
    assert "cut off" in capsys.readouterr().err
