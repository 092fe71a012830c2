import itertools
from pathlib import Path

import pytest
import tiny_models
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_models import TEXTS

from nlp.errors import JobTooLong, ModelRefused
from nlp.jobs import Job, Locate, Located, Prepared
from nlp.models.span_qa import SpanQa, groups
from nlp.scheduler.family import Binding

LONG = ". ".join(TEXTS * 2)
BUILDERS = {"bert": tiny_models.bert_for_answers, "roberta": tiny_models.roberta_for_answers}


@pytest.fixture(scope="module", params=BUILDERS)
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SpanQa:
    return load(BUILDERS[request.param](tmp_path_factory.mktemp(request.param)))


def load(folder: Path, dtype: str = "float32", **options: int) -> SpanQa:
    return SpanQa.load(Binding("answer", "span-qa", str(folder), dtype=dtype, options=options), "cpu")


def run(family: SpanQa, jobs: list[Job]) -> list[Located]:
    made = family.prepare(jobs)
    assert all(isinstance(job, Prepared) for job in made), made
    return family.run(made, lambda _: False)


def by_hand(family: SpanQa, question: str, context: str) -> tuple[str, float, float]:
    """The best span, its probability and that of no answer, one window and one span at a time."""
    stride = min(128, family._limit // 4)
    made = family._tokenizer(
        question,
        context,
        truncation="only_second",
        max_length=family._limit,
        stride=stride,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    best: dict[tuple[int, int], float] = {}
    text: dict[tuple[int, int], str] = {}
    nothing, at = [], 0
    for i, ids in enumerate(made["input_ids"]):
        inputs = {"input_ids": torch.tensor([ids])}
        if "token_type_ids" in made:
            inputs["token_type_ids"] = torch.tensor([made["token_type_ids"][i]])
        with torch.inference_mode():
            scores = family.model(**inputs)
        starts, ends = scores.start_logits[0].tolist(), scores.end_logits[0].tolist()
        nothing.append(starts[0] + ends[0])
        inside = [place for place, part in enumerate(made.sequence_ids(i)) if part == 1]
        for first in inside:
            for last in (place for place in inside if first <= place < first + 30):
                span = (at + first - inside[0], at + last - inside[0])
                best[span] = max(best.get(span, float("-inf")), starts[first] + ends[last])
                text[span] = context[made["offset_mapping"][i][first][0] : made["offset_mapping"][i][last][1]]
        at += len(inside) - stride
    chances = torch.tensor([*best.values(), min(nothing)]).softmax(0).tolist()
    chance, span = max(zip(chances, best, strict=False))
    return text[span], chance, chances[-1]


@pytest.mark.parametrize("context", [TEXTS[3], LONG], ids=["one window", "many windows"])
def test_scores_are_those_of_every_span_weighed_by_hand(family: SpanQa, context: str):
    text, chance, nothing = by_hand(family, "when is the meeting?", context)
    found = run(family, [Locate("when is the meeting?", context, best=3)])[0]
    assert found.spans[0].text == text.strip()
    assert found.spans[0].score == pytest.approx(chance, abs=1e-5)
    assert found.no_answer == pytest.approx(nothing, abs=1e-5)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(context=st.text(max_size=120), best=st.integers(1, 5))
def test_spans_are_pieces_of_the_context_best_first_and_apart(family: SpanQa, context: str, best: int):
    found = run(family, [Locate("who?", context, best)])[0]
    assert len(found.spans) <= best
    assert all(context[span.start : span.end] == span.text == span.text.strip() != "" for span in found.spans)
    scores = [span.score for span in found.spans]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) + found.no_answer <= 1 + 1e-5
    taken = sorted((span.start, span.end) for span in found.spans)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(taken))


def test_a_job_reads_the_same_alone_and_among_others(family: SpanQa):
    jobs: list[Job] = [Locate("when?", text, best=2) for text in (*TEXTS, LONG)]
    for together, job in zip(run(family, jobs), jobs, strict=True):
        alone = run(family, [job])[0]
        assert [span.text for span in together.spans] == [span.text for span in alone.spans]
        assert together.no_answer == pytest.approx(alone.no_answer, abs=1e-4)


def test_an_answer_is_never_longer_than_asked(tmp_path: Path):
    short = load(tiny_models.bert_for_answers(tmp_path), longest=2)
    found = run(short, [Locate("who?", LONG, best=5)])[0]
    assert found.spans
    assert all(len(span.text) <= 3 for span in found.spans)


def test_an_empty_context_holds_no_answer(family: SpanQa):
    assert run(family, [Locate("who?", "")]) == [Located((), 1.0)]


def test_a_question_that_leaves_no_room_is_refused_alone(family: SpanQa):
    made = family.prepare([Locate("who broke it " * 20, "no"), Locate("who?", "no")])
    assert isinstance(made[0], JobTooLong)
    assert isinstance(made[1], Prepared)


def test_an_unknown_option_is_refused(tmp_path: Path):
    with pytest.raises(ModelRefused, match="option"):
        load(tmp_path, strides=4)


def test_int8_is_taken_only_where_it_agrees(tmp_path: Path):
    family = load(tiny_models.bert_for_answers(tmp_path), dtype="int8")
    assert family.dtype == "int8"
    assert run(family, [Locate("who?", LONG)])[0].spans


@given(st.lists(st.integers(1, 400), max_size=40))
def test_windows_run_together_by_length_and_each_once(lengths: list[int]):
    made = list(groups(lengths))
    assert sorted(i for group in made for i in group) == list(range(len(lengths)))
    assert all(len(group) == 1 or max(lengths[i] for i in group) * len(group) <= 3072 for group in made)
