"""Pairs of Firefox's pulled by name, by the Hub's real client against a stand-in on the loopback."""

import gzip
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard
from fake_hub import COMMIT, Hub, serving
from tiny_firefox import write_pair

from bot.cli.main import app
from bot.terminal import guarded
from nlp.errors import ModelRefused
from nlp.firefox.format import BadFile, read_bytes
from nlp.firefox.mirror import grouped, languages, pairs_of
from nlp.hub.listings import RemoteFile
from nlp.models.firefox import Firefox
from nlp.scheduler.family import Binding

MIRROR = "somebody/firefox-mirror"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pair(tmp_path_factory.mktemp("firefox") / "pair")


@pytest.fixture
def hub(tmp_path: Path, pair: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A mirror with German both ways: one packed by zstd in a folder, the other by gzip at the top."""
    folder = tmp_path / "source"
    (folder / "en-de" / "3.0").mkdir(parents=True)
    for file in pair.iterdir():
        there, back = (file.name.replace("enpt", code) for code in ("ende", "deen"))
        (folder / "en-de" / "3.0" / f"{there}.zst").write_bytes(zstandard.compress(file.read_bytes()))
        (folder / f"{back}.gz").write_bytes(gzip.compress(file.read_bytes()))
    (folder / "lex.50.50.deen.s2t.bin.gz").write_bytes(b"a shortlist that nobody reads")
    made = Hub(MIRROR, folder)
    with serving(made) as address:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
        template = address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("PARLEY_MODELS__FOLDER", str(tmp_path / "models"))
        monkeypatch.setenv("PARLEY_MODELS__FIREFOX", MIRROR)
        yield made


def test_a_language_is_pulled_in_both_directions_and_what_is_printed_binds_them(
    hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert guarded(app, ["models", "pull", "firefox:de"]) == 0
    rows = tomllib.loads(capsys.readouterr().out)["models"]["translate"]
    assert [(row["source"], row["target"]) for row in rows] == [("en", "de"), ("de", "en")]
    for row in rows:
        binding = Binding("translate", row["family"], row["model"], sha256=row["sha256"])
        assert Firefox.load(binding, "cpu").memory() > 0
    assert not hub.gets("lex.50.50.deen.s2t.bin.gz")
    assert COMMIT in (tmp_path / "models" / "parley-revisions.json").read_text()


def test_a_pair_that_the_mirror_lacks_is_refused_with_those_that_it_has(hub: Hub, capsys: pytest.CaptureFixture[str]):
    assert guarded(app, ["models", "pull", "firefox:en-de,en-fr"]) != 0
    assert "de-en, en-de" in " ".join(capsys.readouterr().err.split())
    assert not any(path.endswith((".gz", ".zst")) for _, path, _ in hub.asked)


def test_without_a_pair_those_that_the_mirror_has_are_listed_and_none_is_fetched(
    hub: Hub, capsys: pytest.CaptureFixture[str]
):
    assert guarded(app, ["models", "pull", "firefox:"]) == 0
    assert capsys.readouterr().out.split() == ["de-en", "en-de"]
    assert not any(path.endswith((".gz", ".zst")) for _, path, _ in hub.asked)


def test_a_model_that_is_not_the_one_the_hub_names_is_refused_and_not_added(
    hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    hub.promised["model.deen.intgemm.alphas.bin.gz"] = "0" * 64
    assert guarded(app, ["models", "pull", "firefox:de-en"]) != 0
    assert "SHA-256" in capsys.readouterr().err
    assert not (tmp_path / "models" / "firefox-de-en").exists()


def test_a_configured_commit_is_the_one_that_is_asked_for(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PARLEY_MODELS__FIREFOX_REVISION", "6" * 40)
    assert guarded(app, ["models", "pull", "firefox:de-en"]) != 0
    assert hub.asked[0][1].endswith("/revision/" + "6" * 40)


def test_of_several_versions_the_newest_is_taken_and_a_pair_without_vocabulary_is_none():
    names = [f"en-de/{version}/{kind}" for version in ("2.9", "2.10") for kind in ("model.ende.bin", "vocab.ende.spm")]
    names += ["enja/model.enja.bin", "enja/srcvocab.enja.spm", "enja/trgvocab.enja.spm", "model.enfr.bin"]
    found = grouped(RemoteFile(name, 1) for name in names)
    assert set(found) == {("en", "de"), ("en", "ja")}
    assert found["en", "de"][0].name == "en-de/2.10/model.ende.bin"


def test_words_name_pairs_or_languages_in_both_directions():
    assert pairs_of("en-de") == (("en", "de"),)
    assert pairs_of("de,fr") == (("en", "de"), ("de", "en"), ("en", "fr"), ("fr", "en"))
    assert languages("zhen") == ("zh", "en")
    for words in ("", "en", "de-de", "../x", "de-"):
        with pytest.raises(ModelRefused, match="pair"):
            pairs_of(words)


def test_zstd_that_is_broken_or_unpacks_beyond_the_limit_is_refused(tmp_path: Path):
    bomb = tmp_path / "model.bin.zst"
    bomb.write_bytes(zstandard.compress(bytes(3 << 20)))
    with pytest.raises(BadFile, match="larger than 1 MB"):
        read_bytes(bomb, limit=1 << 20)
    bomb.write_bytes(zstandard.compress(bytes(range(256)) * 999)[:-8])
    with pytest.raises(BadFile, match="zstd packing is broken"):
        read_bytes(bomb)
