"""What a translator is unsure of is said: a likelihood that a translation misleads, from signs that cost no model."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from bot.errors import UsageError
from bot.evaluation.judged import figures, is_judged, read_verdicts
from nlp.translation.trust import SIGNS, risk, signs, unsure, weights

JUDGED = Path(__file__).parent / "data" / "judged.tsv"
PAIR = ("en", "pt")
SOURCE, TEXT = "the boat leaves the harbour at noon", "o barco sai do porto ao meio-dia"
SURE, UNSURE = (-0.01,) * 9, (-1.5,) * 9


def test_a_translation_that_the_model_was_unsure_of_is_riskier():
    assert risk(SOURCE, TEXT, UNSURE, PAIR) > risk(SOURCE, TEXT, SURE, PAIR)
    assert unsure(SOURCE, TEXT, UNSURE, PAIR)
    assert not unsure(SOURCE, TEXT, SURE, PAIR)


def test_words_of_the_source_that_stay_and_phrasal_verbs_are_risks():
    plain = risk(SOURCE, TEXT, SURE, PAIR)
    assert risk(SOURCE, "o boat leaves do harbour ao noon", SURE, PAIR) > plain
    assert risk("they put it off and get away with it", TEXT, SURE, PAIR) > plain


def test_a_model_that_says_no_scores_is_not_doubted_by_them():
    assert not unsure(SOURCE, TEXT, (), PAIR)


def test_every_sign_has_a_weight_and_is_bounded():
    assert set(weights().signs) == set(SIGNS)
    assert 0 < weights().threshold < 1
    assert len(signs(SOURCE, TEXT, UNSURE, PAIR)) == len(SIGNS)
    for source, text, scores in [("", "", ()), ("a", "b" * 99, (-99.0,)), ("x " * 400, "y", (-0.0,) * 3)]:
        assert all(0 <= sign <= 1 for sign in signs(source, text, scores, PAIR))


def test_no_line_that_is_held_back_is_known_to_the_fit():
    with JUDGED.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    parts = {
        part: {row["text"] for row in rows if row["part"] == part}
        for part in ("fit", "raw", "weights", "held", "fresh")
    }
    assert not (parts["held"] | parts["fresh"]) & (parts["fit"] | parts["raw"] | parts["weights"])
    assert Counter(row["language"] for row in rows if row["part"] in {"held", "weights"}) == {"en": 212, "pt": 217}
    assert {row["judged"] for row in rows} == {"0", "1", "2"}


def test_a_table_of_verdicts_is_recognised_and_read(tmp_path: Path):
    assert is_judged(JUDGED)
    other = tmp_path / "pairs.tsv"
    other.write_text("en\tpt\nyes\tsim\n", encoding="utf-8")
    assert not is_judged(other)
    assert {each.part for each in read_verdicts(JUDGED, "pt", "held")} == {"held"}
    with pytest.raises(UsageError):
        read_verdicts(JUDGED, "de", "")


def test_a_table_of_verdicts_that_is_not_in_utf_8_is_refused_by_its_name(tmp_path: Path):
    file = tmp_path / "verdicts.tsv"
    file.write_bytes("language\ttext\ttranslation\tjudged\tpart\npt\tmaré alta\thigh tide\t2\tfit\n".encode("latin-1"))
    assert is_judged(file)
    with pytest.raises(UsageError, match=r"verdicts\.tsv can't be read") as refused:
        read_verdicts(file, "pt", "")
    assert "UTF-8" in refused.value.remedy


def test_warnings_are_counted_by_verdict():
    kept = [(0, True), (0, False), (1, True), (2, False), (2, False), (2, True), (2, False)]
    found = {figure.name: figure.value for figure in figures(kept)}
    assert found["mean verdict"] == pytest.approx(9 / 7)
    assert found["wrong with a warning"] == 0.5
    assert found["good with a warning"] == 0.25
    assert found["wrong among warned"] == pytest.approx(1 / 3)
    assert found["wrong or flawed among warned"] == pytest.approx(2 / 3)
