from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny_models
from tiny_models import TEXTS

from nlp.errors import ModelRefused, ModelUnavailable
from nlp.jobs import Generated, Job, Prepared, Summarize, Translate
from nlp.models import ctranslate
from nlp.models.ctranslate import CTranslate
from nlp.models.seq2seq import Seq2Seq
from nlp.scheduler.family import Binding

pytest.importorskip("ctranslate2", reason='the extra "fast" is not installed')

BUILDERS = {
    "marian": tiny_models.marian,
    "t5": tiny_models.t5,
    "mbart": tiny_models.mbart,
    "m2m100": tiny_models.m2m100,
    "nllb": tiny_models.nllb,
}


def load(family: Any, folder: Path, task: str = "translate", dtype: str = "float32", **options: Any) -> Any:
    return family.load(Binding(task, "", str(folder), dtype=dtype, options=options), "cpu")


def nobody_left(_: int) -> bool:
    return False


def run(family: Any, jobs: list[Job], cancelled: Callable[[int], bool] = nobody_left) -> list[Generated]:
    made = family.prepare(jobs)
    assert all(isinstance(job, Prepared) for job in made), made
    return family.run(made, cancelled)


@pytest.mark.parametrize("name", BUILDERS)
def test_it_writes_what_pytorch_writes(name: str, tmp_path: Path):
    folder = BUILDERS[name](tmp_path / name)
    jobs: list[Job] = [Translate(text, "en", "fr") for text in TEXTS]
    expected = run(load(Seq2Seq, folder, max_tokens=12), jobs)
    made = run(load(CTranslate, folder, cache=str(tmp_path / "cache"), max_tokens=12), jobs)
    assert [one.text for one in made] == [one.text for one in expected]


@pytest.mark.parametrize("build", [tiny_models.bart, tiny_models.pegasus], ids=["bart", "pegasus"])
def test_summaries_are_those_of_pytorch(build: Any, tmp_path: Path):
    folder = build(tmp_path / "model", forced_eos_token_id=None)
    jobs: list[Job] = [Summarize(text, max_tokens=14, min_tokens=8) for text in TEXTS]
    expected = run(load(Seq2Seq, folder, "summarize"), jobs)
    made = run(load(CTranslate, folder, "summarize", cache=str(tmp_path / "cache")), jobs)
    assert [one.text for one in made] == [one.text for one in expected]


def test_every_row_has_its_own_limit(tmp_path: Path):
    family = load(CTranslate, tiny_models.t5(tmp_path / "t5"), "summarize", cache=str(tmp_path / "cache"))
    made = run(family, [Summarize(TEXTS[2], limit, 1) for limit in (3, 9, 1)])
    assert [one.tokens for one in made] == [3, 9, 1]
    assert all(one.cut for one in made)


def test_a_cancelled_row_stops_early(tmp_path: Path):
    family = load(CTranslate, tiny_models.t5(tmp_path / "t5"), "summarize", cache=str(tmp_path / "cache"))
    made = run(family, [Summarize(TEXTS[2], 20, 1), Summarize(TEXTS[2], 20, 1)], lambda row: row == 0)
    assert made[0].tokens <= 1
    assert made[1].tokens > 5


def test_rows_with_different_least_lengths_keep_apart(tmp_path: Path):
    family = load(CTranslate, tiny_models.t5(tmp_path / "t5"), "summarize", cache=str(tmp_path / "cache"))
    short, long, other = family.prepare([Summarize("no", 9, 2), Summarize("no", 9, 5), Summarize("yes", 7, 2)])
    assert short.options == other.options != long.options


def test_a_model_is_converted_once_and_again_when_it_changes(tmp_path: Path):
    folder, cache = tiny_models.marian(tmp_path / "marian"), tmp_path / "cache"
    load(CTranslate, folder, cache=str(cache))
    (made,) = cache.iterdir()
    before = (made / "model.bin").stat().st_mtime_ns
    load(CTranslate, folder, cache=str(cache))
    assert (made / "model.bin").stat().st_mtime_ns == before
    tiny_models.marian(folder, seed=1)
    load(CTranslate, folder, cache=str(cache))
    assert len(list(cache.iterdir())) == 2


def test_on_a_cpu_it_computes_in_int8_by_default(tmp_path: Path):
    family = load(CTranslate, tiny_models.marian(tmp_path / "marian"), dtype="auto", cache=str(tmp_path / "cache"))
    assert family.dtype.startswith("int8")
    assert family.device == "cpu"
    assert family.memory() > 0
    assert run(family, [Translate("no", "en", "fr")])[0].tokens > 0


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
def test_an_arithmetic_that_it_lacks_is_refused_before_anything_is_converted(
    dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ctranslate2.get_supported_compute_types", lambda _: {"int8", "float32"})
    with pytest.raises(ModelRefused, match=f"can't run in {dtype} by CTranslate2 on this cpu") as refused:
        load(CTranslate, tiny_models.marian(tmp_path / "marian"), dtype=dtype, cache=str(tmp_path / "cache"))
    assert refused.value.remedy == 'Set its dtype to auto or family = "seq2seq".'
    assert not (tmp_path / "cache").exists()


def test_beams_are_used_where_the_binding_asks(tmp_path: Path):
    folder = tiny_models.t5(tmp_path / "t5")
    jobs: list[Job] = [Translate(text, "en", "fr") for text in TEXTS]
    greedy, searched = (
        run(load(CTranslate, folder, cache=str(tmp_path / "cache"), max_tokens=10, beams=beams), jobs)
        for beams in (1, 4)
    )
    assert [one.text for one in greedy] != [one.text for one in searched]


def test_rules_it_cannot_follow_are_refused(tmp_path: Path):
    folder = tiny_models.bart(tmp_path / "bart", encoder_no_repeat_ngram_size=3)
    with pytest.raises(ModelRefused, match="encoder_no_repeat_ngram_size"):
        load(CTranslate, folder, cache=str(tmp_path / "cache"))


def test_an_architecture_without_a_converter_is_refused_and_leaves_nothing(tmp_path: Path):
    with pytest.raises(ModelRefused, match="converted"):
        load(CTranslate, tiny_models.bert_for_answers(tmp_path / "bert"), cache=str(tmp_path / "cache"))
    assert list((tmp_path / "cache").iterdir()) == []


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ctranslate, "find_spec", lambda _: None)
    with pytest.raises(ModelUnavailable, match="not installed") as refused:
        load(CTranslate, tmp_path)
    assert "fast" in refused.value.remedy
