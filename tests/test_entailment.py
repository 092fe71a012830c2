"""Whether a sentence follows from a text: windows, labels, and what is refused."""

from pathlib import Path

import pytest
import torch
from tiny_encoders import bert_classifier, bert_for_entailment, roberta_for_entailment
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from nlp.bench.texts import chat_texts
from nlp.errors import JobTooLong, ModelRefused
from nlp.jobs import Entail, Entailment
from nlp.models.entailment import Entailer
from nlp.scheduler.family import Binding

SHORT = [text for text in chat_texts(60) if len(text.split()) < 12][:12]
PAIRS = list(zip(SHORT, reversed(SHORT), strict=True))


def load(folder: Path, **options: object) -> Entailer:
    return Entailer.load(Binding("entail", "entailment", str(folder), dtype="float32", options=options), "cpu")


def judged(model: Entailer, *pairs: tuple[str, str]) -> list[Entailment]:
    return model.run(model.prepare([Entail(*pair) for pair in pairs]), lambda _: False)


@pytest.mark.parametrize("build", [bert_for_entailment, roberta_for_entailment])
def test_a_pair_is_judged_as_transformers_judges_it(build, tmp_path: Path):  # noqa: ANN001
    folder = build(tmp_path / "model")
    plain, tokenizer = AutoModelForSequenceClassification.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    names = [label.lower() for label in plain.config.id2label.values()]
    found = judged(load(folder), *PAIRS)
    for pair, one in zip(PAIRS, found, strict=True):
        row = tokenizer(*pair, return_tensors="pt")
        if getattr(plain.config, "type_vocab_size", 0) < 2:
            row.pop("token_type_ids", None)
        with torch.inference_mode():
            expected = plain(**row).logits.softmax(1)[0]
        assert one.entailment == pytest.approx(float(expected[names.index("entailment")]), abs=1e-4)
        assert one.contradiction == pytest.approx(float(expected[names.index("contradiction")]), abs=1e-4)


def test_of_a_long_premise_the_part_that_says_most_for_the_sentence_counts(tmp_path: Path):
    model = load(bert_for_entailment(tmp_path / "model"))
    (long,) = judged(model, (" ".join(SHORT * 20), SHORT[0]))
    windows = model._windows(" ".join(SHORT * 20), SHORT[0])
    assert len(windows) > 3
    assert long.entailment == pytest.approx(float(model._score(windows)[:, 0].max()), abs=1e-4)


def test_a_sentence_that_leaves_no_room_is_refused(tmp_path: Path):
    (made,) = load(bert_for_entailment(tmp_path / "model")).prepare([Entail("one", "word " * 40)])
    assert isinstance(made, JobTooLong)


def test_a_model_of_sentiment_is_refused_with_what_to_do(tmp_path: Path):
    with pytest.raises(ModelRefused, match="entailment") as refusal:
        load(bert_classifier(tmp_path / "model"))
    assert "labels" in refusal.value.remedy


def test_the_owner_may_say_what_labels_mean(tmp_path: Path):
    folder = bert_for_entailment(tmp_path / "model", id2label={0: "LABEL_0", 1: "LABEL_1"})
    (one,) = judged(load(folder, labels={"LABEL_0": "entailment", "LABEL_1": "neutral"}), PAIRS[0])
    assert one.contradiction == 0
    assert one.entailment + one.neutral == pytest.approx(1)


def test_it_follows_only_where_that_is_likeliest():
    assert Entailment(0.5, 0.3, 0.2).follows
    assert not Entailment(0.4, 0.1, 0.5).follows
