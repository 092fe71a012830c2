"""Reading labelled files, the metrics against scikit-learn's, and the command that measures."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score

from adapters.clock import Clock
from bot.cli.commands.evaluate import show
from bot.errors import UsageError
from bot.evaluation import EvaluationReport, Figure, Table, interval
from bot.evaluation.labelled import Labelled, read
from bot.evaluation.sentiment import calibration_error, evaluate, macro_recall
from bot.history import HistoryThread
from bot.services import Services
from nlp.core import Core
from nlp.scheduler.family import Binding

numbers = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=60)


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    async with HistoryThread(None) as history, Core([Binding("sentiment", "echo", "echo")]) as core:
        yield Services(core, history, Clock().now, ZoneInfo("UTC"))


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'text,label\n"well, done",Positive\nmeh,neutral\n'),
        ("a.tsv", "label\ttext\npositive\twell, done\nneutral\tmeh\n"),
        ("a.jsonl", '{"text": "well, done", "label": "positive"}\n{"text": "meh", "label": "neutral"}\n'),
    ],
)
def test_tables_with_text_and_label_are_read(tmp_path: Path, name: str, content: str):
    assert read(written(tmp_path / name, content)) == [Labelled("well, done", "positive"), Labelled("meh", "neutral")]


def test_tweets_and_labels_a_line_each_are_read_with_their_escapes_decoded(tmp_path: Path):
    written(tmp_path / "val_text.txt", 'it\\u2019s fine\n"\\""""quoted\\"""" \\u002c \\ud83d\\ude00"\n')
    written(tmp_path / "val_labels.txt", "1\n2\n")
    expected = [Labelled("it\u2019s fine", "neutral"), Labelled('"quoted" , \U0001f600', "positive")]
    assert read(tmp_path) == expected
    assert read(tmp_path / "val_text.txt", tmp_path / "val_labels.txt") == expected


def test_emotions_are_grouped_and_those_that_may_be_either_have_no_label(tmp_path: Path):
    written(tmp_path / "labels.txt", "joy\nanger\nsurprise\nneutral\n")
    file = written(tmp_path / "x.tsv", "text\tlabel\na\t0,2\nb\t1\nc\t2\nd\t0,1\ne\t3\nf\t2,3\n")
    assert [row.label for row in read(file)] == ["positive", "negative", None, None, "neutral", None]
    assert read(file)[0].tags == ("joy", "surprise")


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.csv", "text,label\nhi,great\n", "row 1: 'great' isn't a label"),
        ("a.csv", "words,label\nhi,positive\n", "row 1: there is no text"),
        ("a.csv", "text,label\n", "no labelled text"),
        ("a.jsonl", "[1]\n", "line 1: not a JSON object"),
        ("a.jsonl", "[" * 100_000, "line 1: not a JSON object"),
    ],
)
def test_an_unusable_file_is_refused_with_the_place(tmp_path: Path, name: str, content: str, complaint: str):
    with pytest.raises(UsageError, match=complaint):
        read(written(tmp_path / name, content))


def test_a_file_that_is_not_text_or_not_there_is_refused(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes(b"text,label\n\xff\xfe,positive\n")
    with pytest.raises(UsageError, match="can't be read"):
        read(tmp_path / "a.csv")
    with pytest.raises(UsageError, match="no labelled data"):
        read(tmp_path / "nowhere")


@given(numbers)
def test_macro_recall_is_the_mean_recall_of_the_labels_that_occur(pairs: list[tuple[int, int]]):
    true, chosen = map(np.array, zip(*pairs, strict=True))
    recalls = [np.mean(chosen[true == label] == label) for label in np.unique(true)]
    assert macro_recall(true, chosen) == pytest.approx(np.mean(recalls))
    if set(chosen) <= set(true) and len(set(true)) > 1:
        assert macro_recall(true, chosen) == pytest.approx(balanced_accuracy_score(true, chosen))


def test_calibration_error_is_the_gap_between_confidence_and_truth():
    sure = np.array([0.95, 0.95, 0.55, 0.55])
    assert calibration_error(sure, np.array([True, True, True, False])) == pytest.approx(0.05)
    assert calibration_error(np.ones(4), np.array([False] * 4)) == 1


@given(st.lists(st.booleans(), min_size=2, max_size=40), st.integers(0, 5))
def test_an_interval_holds_its_value_and_repeats_with_its_seed(right: list[bool], seed: int):
    hits = np.array(right, dtype=float)
    first, again = (interval("hits", lambda rows: hits[rows].mean(), len(hits), rounds=99, seed=seed) for _ in range(2))
    assert first == again
    assert first.low is not None
    assert first.high is not None
    assert first.low <= hits.mean() <= first.high


def test_an_interval_narrows_with_more_examples():
    def width(count: int) -> float:
        hits = np.arange(count) % 2
        figure = interval("hits", lambda rows: float(hits[rows].mean()), count)
        return (figure.high or 0) - (figure.low or 0)

    assert width(1000) < width(50) / 3


async def test_an_evaluation_counts_what_was_declined_as_wrong_and_says_so(services: Services):
    german = "Das ist heute leider wieder nicht gut gegangen, und ich bin sehr müde."
    rows = [Labelled(german, "negative"), Labelled("this is one", "neutral"), Labelled("and this another", None)]
    report = await evaluate(rows, services, data="x.csv")
    document = report.document()
    json.dumps(document)
    assert document["examples"] == 2
    assert document["figures"]["accuracy"]["value"] <= 0.5
    assert [note[:2] for note in document["notes"]] == ["1 ", "1 "]
    confusion = document["tables"]["confusion"]
    assert confusion["columns"] == ["true", "negative", "neutral", "positive", "not judged"]
    assert confusion["rows"][0] == ["negative", 0, 0, 0, 1]


def test_a_report_prints_its_figures_tables_and_notes(capsys: pytest.CaptureFixture[str]):
    table = Table("by size", ("size", "share"), (("small", 0.25),))
    show(
        EvaluationReport(
            "sentiment", "m", "x.csv", 4, (Figure("accuracy", 0.5, 0.25, 0.75),), (table,), ("2 left out.",)
        )
    )
    printed = capsys.readouterr()
    for told in ("accuracy", "0.500", "0.250 to 0.750", "by size", "small"):
        assert told in printed.out
    assert "2 left out." in printed.err
