"""Which labels of a classifier Parley understands, and what it says about those that it doesn't."""

from pathlib import Path

import pytest
from tiny_encoders import bert_classifier

from nlp.core import Core
from nlp.errors import ModelRefused
from nlp.inference.labels import mood, moods
from nlp.scheduler.family import Binding


def told(*labels: str, **renamed: str) -> list[str]:
    binding = Binding("sentiment", "classifier", "someone/mood", options={"labels": renamed} if renamed else {})
    return moods(dict(enumerate(labels)), binding)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("NEG", "NEU", "POS"), ["negative", "neutral", "positive"]),
        (("Negative", "positive"), ["negative", "positive"]),
        (("negativ", "positiv", "neutral"), ["negative", "positive", "neutral"]),
        (("négatif", "positif"), ["negative", "positive"]),
        (("negativo", "neutro", "positivo"), ["negative", "neutral", "positive"]),
        (
            ("1 star", "2 stars", "3 stars", "4 stars", "5 stars"),
            ["negative", "negative", "neutral", "positive", "positive"],
        ),
        (
            ("Very Negative", "Negative", "Neutral", "Positive", "Very Positive"),
            ["negative", "negative", "neutral", "positive", "positive"],
        ),
        (("sad", "happy", "angry"), ["negative", "positive", "negative"]),
        (("admiration", "remorse", "realization"), ["positive", "negative", "neutral"]),
    ],
)
def test_labels_of_the_usual_schemes_are_moods(labels: tuple[str, ...], expected: list[str]):
    assert told(*labels) == expected


@pytest.mark.parametrize(
    "labels",
    [("LABEL_0", "LABEL_1"), ("LABEL_0", "positive", "negative"), ("toxic", "obscene"), ("0", "1", "2"), ("A", "")],
)
def test_labels_that_say_nothing_are_refused_with_their_names_and_the_option(labels: tuple[str, ...]):
    with pytest.raises(ModelRefused, match="labels whose mood is unclear") as refusal:
        told(*labels)
    assert labels[0] in str(refusal.value)
    assert "options = { labels = {" in refusal.value.remedy


def test_labels_of_one_side_alone_are_refused():
    with pytest.raises(ModelRefused, match="no label for both"):
        told("anger", "sadness", "neutral")


def test_the_owner_says_what_labels_mean_and_recognised_ones_keep_their_meaning():
    assert told("LABEL_0", "LABEL_1", LABEL_0="negative", LABEL_1="positive") == ["negative", "positive"]
    assert told("LABEL_0", "positive", LABEL_0="negative") == ["negative", "positive"]
    assert told("joy", "anger", joy="negative", anger="positive") == ["negative", "positive"]


@pytest.mark.parametrize(
    ("renamed", "complaint"),
    [({"LABEL_7": "positive"}, "has no label LABEL_7"), ({"LABEL_0": "glad", "LABEL_1": "positive"}, "other moods")],
)
def test_a_mistake_in_the_option_is_named(renamed: dict[str, str], complaint: str):
    with pytest.raises(ModelRefused, match=complaint):
        told("LABEL_0", "LABEL_1", **renamed)


def test_a_hundred_unknown_labels_are_counted_and_not_all_printed():
    with pytest.raises(ModelRefused, match="and 92 more") as refusal:
        told(*(f"LABEL_{number}" for number in range(100)))
    assert len(str(refusal.value)) < 300


def test_a_label_in_capitals_or_with_spaces_around_is_the_same():
    assert mood("  POSITIVE ") == "positive"
    assert mood("very_negative") == "negative"


async def test_the_model_is_refused_before_its_first_text(tmp_path: Path):
    folder = bert_classifier(tmp_path, id2label={0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"})
    async with Core([Binding("sentiment", "classifier", str(folder))], device="cpu") as core:
        with pytest.raises(ModelRefused, match="LABEL_0, LABEL_1, LABEL_2"):
            await core.sentiment(["Good morning."])
