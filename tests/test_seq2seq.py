from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny_models
import torch
from tiny_models import TEXTS
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from nlp.errors import JobTooLong, ModelRefused, UnsupportedPair
from nlp.inference import gates
from nlp.inference.probe import Work
from nlp.inference.tokens import pad
from nlp.jobs import Generated, Job, Prepared, Summarize, Translate
from nlp.models.seq2seq import Seq2Seq
from nlp.runtime.half import MIXED, has_bfloat16
from nlp.runtime.thread_pool import Lanes
from nlp.scheduler.family import Binding

WANT = 12  # tokens of every reference answer


def load(folder: Path, task: str = "translate", dtype: str = "float32", **options: Any) -> Seq2Seq:
    return Seq2Seq.load(Binding(task, "seq2seq", str(folder), dtype=dtype, options=options), "cpu")


def nobody_left(_: int) -> bool:
    return False


def run(family: Seq2Seq, jobs: list[Job], cancelled: Callable[[int], bool] = nobody_left) -> list[Generated]:
    made = family.prepare(jobs)
    assert all(isinstance(job, Prepared) for job in made), made
    return family.run(made, cancelled)


def reference(folder: Path, text: str, source: str = "", **settings: Any) -> str:
    """What transformers itself writes for one text alone."""
    model, tokenizer = AutoModelForSeq2SeqLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    if source:
        tokenizer.src_lang = source
    first = settings.pop("first", None)
    if first:
        settings["forced_bos_token_id"] = tokenizer.convert_tokens_to_ids(first)
    chosen = {"num_beams": 1, "do_sample": False, **settings}
    with torch.inference_mode():
        written = model.generate(**tokenizer(text, return_tensors="pt"), **chosen)
    return tokenizer.decode(written[0], skip_special_tokens=True, clean_up_tokenization_spaces=False).strip()


def test_marian_writes_what_generate_writes_batched_and_alone(tmp_path: Path):
    folder = tiny_models.marian(tmp_path / "marian")
    family = load(folder)
    jobs: list[Job] = [Translate(text, "en", "fr") for text in TEXTS]
    expected = [reference(folder, text, max_length=16) for text in TEXTS]
    assert [made.text for made in run(family, jobs)] == expected
    assert [run(family, [job])[0].text for job in jobs] == expected
    assert len(set(expected)) > 3


def test_a_marian_of_several_targets_is_told_the_target(tmp_path: Path):
    folder = tiny_models.marian(tmp_path / "marian", targets=(">>fra<<", ">>por<<"))
    jobs: list[Job] = [Translate(TEXTS[0], "en", "pt"), Translate(TEXTS[0], "en", "fr")]
    assert [made.text for made in run(load(folder), jobs)] == [
        reference(folder, f">>{code}<< {TEXTS[0]}", max_length=16) for code in ("por", "fra")
    ]


def test_t5_reads_the_task_from_a_prefix(tmp_path: Path):
    folder = tiny_models.t5(tmp_path / "t5")
    family = load(folder, prefix="$source to $target: ", codes={"en": "the", "fr": "room"}, max_tokens=WANT)
    made = run(family, [Translate(text, "en", "fr") for text in TEXTS])
    assert [one.text for one in made] == [
        reference(folder, f"the to room: {text}", max_new_tokens=WANT) for text in TEXTS
    ]


@pytest.mark.parametrize(
    ("build", "source", "target"),
    [
        (tiny_models.mbart, "en_XX", "fr_XX"),
        (tiny_models.m2m100, "en", "__fr__"),
        (tiny_models.nllb, "eng_Latn", "fra_Latn"),
    ],
    ids=["mbart", "m2m100", "nllb"],
)
def test_multilingual_models_are_told_both_languages(build: Any, source: str, target: str, tmp_path: Path):
    folder = build(tmp_path / "model")
    family = load(folder, max_tokens=WANT)
    made = run(family, [Translate(text, "en", "fr") for text in TEXTS])
    assert [one.text for one in made] == [
        reference(folder, text, source, first=target, max_new_tokens=WANT) for text in TEXTS
    ]


def test_one_batch_may_hold_several_target_languages(tmp_path: Path):
    folder = tiny_models.nllb(tmp_path / "nllb")
    jobs: list[Job] = [Translate(TEXTS[0], "en", "fr"), Translate(TEXTS[0], "pt", "zh")]
    made = run(load(folder, max_tokens=WANT), jobs)
    assert [one.text for one in made] == [
        reference(folder, TEXTS[0], "eng_Latn", first="fra_Latn", max_new_tokens=WANT),
        reference(folder, TEXTS[0], "por_Latn", first="zho_Hans", max_new_tokens=WANT),
    ]


@pytest.mark.parametrize("build", [tiny_models.bart, tiny_models.pegasus], ids=["bart", "pegasus"])
def test_summarisers_write_what_generate_writes(build: Any, tmp_path: Path):
    folder = build(tmp_path / "model")
    made = run(load(folder, "summarize"), [Summarize(text, max_tokens=20) for text in TEXTS])
    assert [one.text for one in made] == [reference(folder, text, max_length=21) for text in TEXTS]


def test_every_row_has_its_own_limits(tmp_path: Path):
    folder = tiny_models.bart(tmp_path / "bart")
    bounds = [(4, 0), (20, 15), (9, 8), (30, 0), (12, 3)]
    jobs: list[Job] = [Summarize(TEXTS[2], limit, least) for limit, least in bounds]
    made = run(load(folder, "summarize", min_tokens=0), jobs)
    assert [one.text for one in made] == [
        reference(folder, TEXTS[2], max_length=limit + 1, min_length=least + 1) for limit, least in bounds
    ]
    assert all(least <= one.tokens <= limit for one, (limit, least) in zip(made, bounds, strict=True))


@pytest.mark.parametrize(
    "settings",
    [
        {"repetition_penalty": 1.7},
        {"encoder_no_repeat_ngram_size": 2},
        {"encoder_repetition_penalty": 0.6},
        {"suppress_tokens": [5, 6, 7, 8]},
        {"begin_suppress_tokens": [9, 10]},
        {"bad_words_ids": [[5], [7, 8], [9]]},
        {"exponential_decay_length_penalty": (5, 1.4)},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_the_rules_of_the_generation_config_are_kept(settings: dict[str, Any], tmp_path: Path):
    folder = tiny_models.bart(tmp_path / "bart", **settings)
    made = run(load(folder, "summarize"), [Summarize(text, max_tokens=24) for text in TEXTS])
    assert [one.text for one in made] == [reference(folder, text, max_length=25) for text in TEXTS]


def test_beams_are_used_where_the_binding_asks(tmp_path: Path):
    folder = tiny_models.marian(tmp_path / "marian")
    made = run(
        load(folder, beams=3, length_penalty=0.8, max_tokens=15), [Translate(text, "en", "fr") for text in TEXTS]
    )
    assert [one.text for one in made] == [
        reference(folder, text, max_length=16, num_beams=3, length_penalty=0.8) for text in TEXTS
    ]


def test_in_int8_a_text_reads_the_same_alone_and_in_a_batch(tmp_path: Path):
    family = load(tiny_models.marian(tmp_path / "marian"), dtype="int8")
    jobs: list[Job] = [Translate(text, "en", "fr") for text in TEXTS]
    assert family.dtype == "int8"
    assert run(family, jobs) == [run(family, [job])[0] for job in jobs]


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_rows_shared_among_cores_read_as_they_do_alone(dtype: str, tmp_path: Path):
    family = load(tiny_models.marian(tmp_path / "marian"), dtype=dtype)
    family._lanes = Lanes(2)
    jobs: list[Job] = [Translate(text, "en", "fr") for text in TEXTS]
    assert run(family, jobs * 3) == [run(family, [job])[0] for job in jobs] * 3


def test_by_default_a_model_is_measured_before_it_is_rounded(tmp_path: Path):
    family = load(tiny_models.marian(tmp_path / "marian"), dtype="auto")
    assert family.dtype in ("float32", "bfloat16", "int8", MIXED)
    assert run(family, [Translate("no", "en", "fr")])[0].tokens > 0


FASTEST = {Work.BATCH: ("bfloat16", "int8"), Work.STEP: ("int8", "bfloat16"), Work.ATTENTION: ()}


@pytest.mark.parametrize(("name", "task"), [("marian", "translate"), ("bart", "summarize"), ("m2m100", "translate")])
def test_an_encoder_reads_in_one_arithmetic_and_the_decoder_writes_in_another_where_each_is_faster(
    name: str, task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = getattr(tiny_models, name)(tmp_path / name)
    monkeypatch.setattr(gates, "faster", FASTEST.__getitem__)
    monkeypatch.setattr(gates, "said", lambda *_: torch.zeros(()))
    family, exact = (load(folder, task, dtype=dtype, max_tokens=8) for dtype in ("auto", "float32"))
    assert family.dtype == MIXED
    assert all(text in family.reason for text in (Work.BATCH.value, Work.STEP.value))
    sources = pad([[5, 2, 3, 4], [5, 4, 2, 3, 2]], 0)
    read, expected = (one.model.get_encoder()(**sources).last_hidden_state for one in (family, exact))
    assert read.dtype == torch.float32
    assert (read - expected).norm() < 0.05 * expected.norm()  # bfloat16 keeps 8 bits of each of a few products


def test_a_mixture_that_fails_the_gate_gives_way_to_int8_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gates, "faster", FASTEST.__getitem__)
    monkeypatch.setattr(gates, "said", lambda model, _: torch.tensor(float(has_bfloat16(model))))
    assert load(tiny_models.marian(tmp_path / "marian"), dtype="auto").dtype == "int8"


def test_an_answer_that_hits_its_limit_says_so(tmp_path: Path):
    folder = tiny_models.t5(tmp_path / "t5")
    made = run(load(folder, "summarize"), [Summarize(TEXTS[0], 1), Summarize(TEXTS[0], 60)])
    assert made[0].cut
    assert made[0].tokens == 1
    assert made[1].cut == (made[1].tokens == 60)


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_choosing_block_by_block_chooses_the_same_words(dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tiny_models.marian(tmp_path / "marian")
    jobs: list[Job] = [Translate(text, "en", "fr") for text in TEXTS]
    whole = run(load(folder, dtype=dtype), jobs)
    monkeypatch.setattr("nlp.inference.decoding.lm_head.BLOCK", 7)
    assert run(load(folder, dtype=dtype), jobs) == whole
    assert len({one.text for one in whole}) > 3


def test_an_end_that_the_limit_forced_is_a_cut(tmp_path: Path):
    family = load(tiny_models.bart(tmp_path / "bart"), "summarize", min_tokens=0)
    made = run(family, [Summarize(TEXTS[2], limit) for limit in (6, 30)])
    assert made[0].cut
    assert made[0].tokens == 5


def test_a_cancelled_row_stops_and_its_neighbours_go_on(tmp_path: Path):
    folder = tiny_models.bart(tmp_path / "bart")
    family = load(folder, "summarize", min_tokens=20)
    asked: list[int] = []

    def left(row: int) -> bool:
        asked.append(row)
        return row == 1 and asked.count(1) > 3

    jobs: list[Job] = [Summarize(text, max_tokens=24) for text in TEXTS[:3]]
    made = run(family, jobs, left)
    assert made[1].tokens <= 4
    assert [made[0], made[2]] == run(family, [jobs[0], jobs[2]])


def test_a_batch_that_everybody_left_ends_at_once(tmp_path: Path):
    family = load(tiny_models.bart(tmp_path / "bart"), "summarize", min_tokens=20)
    made = run(family, [Summarize(text, max_tokens=24) for text in TEXTS], lambda _: True)
    assert [one.tokens <= 1 for one in made] == [True] * len(TEXTS)


def test_a_language_the_model_lacks_fails_that_job_alone(tmp_path: Path):
    family = load(tiny_models.marian(tmp_path / "marian", targets=(">>fra<<", ">>por<<")))
    made = family.prepare([Translate("no", "en", "fr"), Translate("no", "en", "ja"), Translate("no", "en", "pt")])
    assert [type(one) for one in made] == [Prepared, UnsupportedPair, Prepared]


def test_a_text_longer_than_the_window_is_refused_before_it_is_queued(tmp_path: Path):
    family = load(tiny_models.marian(tmp_path / "marian"))
    made = family.prepare([Translate("the deploy " * 60, "en", "fr"), Translate("no", "en", "fr")])
    assert isinstance(made[0], JobTooLong)
    assert isinstance(made[1], Prepared)


def test_an_unknown_option_is_refused(tmp_path: Path):
    with pytest.raises(ModelRefused, match="option"):
        load(tmp_path, beam=4)


def test_an_empty_text_is_still_answered(tmp_path: Path):
    made = run(load(tiny_models.marian(tmp_path / "marian")), [Translate("", "en", "fr")])
    assert made[0].tokens >= 0
