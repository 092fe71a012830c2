from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_encoders import (
    BERT,
    bert_classifier,
    distilbert_classifier,
    roberta_classifier,
    xlm_roberta_classifier,
)
from torch import nn
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    PretrainedConfig,
    PreTrainedModel,
    pipeline,
)
from transformers.modeling_outputs import SequenceClassifierOutput

from nlp.bench.shapes import word_tokenizer
from nlp.bench.texts import WORDS, chat_texts, texts_of
from nlp.errors import ModelRefused
from nlp.jobs import Classify, Sentiment
from nlp.models.classifier import Classifier
from nlp.scheduler.family import Binding

BUILDERS = (bert_classifier, roberta_classifier, xlm_roberta_classifier, distilbert_classifier)
TEXTS = chat_texts(40)


def load(folder: Path, **settings: Any) -> Classifier:
    settings.setdefault("dtype", "float32")
    return Classifier.load(Binding("sentiment", "classifier", str(folder), **settings), "cpu")


def scores(classifier: Classifier, texts: list[str], at_once: int) -> torch.Tensor:
    prepared: list[Any] = classifier.prepare([Classify(text) for text in texts])
    found: list[Sentiment] = []
    for i in range(0, len(prepared), at_once):
        found += classifier.run(prepared[i : i + at_once], lambda _: False)
    return torch.tensor([list(one.scores.values()) for one in found])


@pytest.fixture(scope="module", params=BUILDERS, ids=lambda builder: builder.__name__)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    build: Callable[[Path], Path] = request.param
    return build(tmp_path_factory.mktemp("model"))


def test_batched_scores_equal_single_ones_and_the_pipelines(folder: Path):
    classifier = load(folder)
    together = scores(classifier, TEXTS, 40)
    assert torch.allclose(together, scores(classifier, TEXTS, 1), atol=1e-4)
    pipe = pipeline("text-classification", model=str(folder), dtype="float32", device="cpu", top_k=None)
    for text, row in zip(TEXTS[:10], together[:10], strict=True):
        if len(text.split()) <= 60:
            theirs = {one["label"]: one["score"] for one in pipe([text])[0]}
            assert dict(zip(("negative", "neutral", "positive"), row.tolist(), strict=True)) == pytest.approx(
                theirs, abs=1e-4
            )


def test_int8_scores_do_not_depend_on_the_batch_and_stay_close(folder: Path):
    exact, rounded = load(folder), load(folder, dtype="int8")
    assert rounded.dtype == "int8"
    together = scores(rounded, TEXTS, 40)
    assert torch.allclose(together, scores(rounded, TEXTS, 1), atol=2e-3)  # a number may round to the other side
    assert (together - scores(exact, TEXTS, 40)).abs().max() < 0.2
    assert rounded.memory() < exact.memory()


def test_a_text_longer_than_the_model_is_read_in_windows(folder: Path):
    classifier = load(folder)
    short, long = texts_of(40, 1)[0], texts_of(400, 1)[0]
    one, several = classifier.prepare([Classify(short), Classify(long)])
    assert not isinstance(one, Exception)
    assert not isinstance(several, Exception)
    assert len(one.inputs) == 1
    assert len(several.inputs) > 6
    assert max(map(len, several.inputs)) <= 64
    rows = scores(classifier, [short, long], 2)
    assert rows.sum(1).tolist() == pytest.approx([1, 1], abs=1e-5)
    parts = torch.stack([classifier._score([[window]])[0] for window in several.inputs])
    weights = torch.tensor([float(len(window)) for window in several.inputs])
    assert torch.allclose(rows[1], (parts * weights[:, None]).sum(0) / weights.sum(), atol=1e-5)


def test_emotions_are_folded_into_the_three_moods(tmp_path: Path):
    labels = dict(enumerate(("Joy", "ANGER", "fear", "sadness", "surprise")))
    classifier = load(bert_classifier(tmp_path, id2label=labels))
    prepared: list[Any] = classifier.prepare([Classify("ba")])
    (found,) = classifier.run(prepared, lambda _: False)
    assert set(found.scores) == {"positive", "neutral", "negative"}
    assert sum(found.scores.values()) == pytest.approx(1)
    assert found.label == max(found.scores, key=lambda label: found.scores[label])


def test_a_regression_model_is_refused(tmp_path: Path):
    with pytest.raises(ModelRefused, match="gives a number instead of labels"):
        load(bert_classifier(tmp_path, id2label={0: "stars"}))


class MoodConfig(PretrainedConfig):
    model_type = "mood"

    def __init__(self, width: int = 16, **rest: Any) -> None:
        self.width = width
        super().__init__(**rest)


class Mood(PreTrainedModel):
    """Written from scratch; its graph depends on its input: long texts pass the layer as often as they have words."""

    config_class = MoodConfig

    def __init__(self, config: MoodConfig) -> None:
        super().__init__(config)
        self.words = nn.EmbeddingBag(WORDS + 4, config.width, mode="sum", padding_idx=0)
        self.step = nn.Linear(config.width, config.width)
        self.head = nn.Linear(config.width, config.num_labels)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        for weight in module.parameters(recurse=False):
            nn.init.normal_(weight)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> SequenceClassifierOutput:
        logits = []
        for ids, mask in zip(input_ids, attention_mask, strict=True):
            count = int(mask.sum())
            state = self.words(ids[:count].unsqueeze(0))
            for _ in range(count):
                state = torch.tanh(self.step(state)) if state.sum() > 0 else torch.sin(self.step(-state))
            logits.append(self.head(state)[0])
        return SequenceClassifierOutput(logits=torch.stack(logits))


def test_a_module_of_the_owners_own_loads_like_any_other(tmp_path: Path):
    AutoConfig.register("mood", MoodConfig)
    AutoModelForSequenceClassification.register(MoodConfig, Mood)
    torch.manual_seed(3)
    Mood(MoodConfig(num_labels=2, id2label={0: "neg", 1: "pos"})).save_pretrained(tmp_path)
    word_tokenizer(BERT, "[CLS]", "[SEP]", "[PAD]", 64).save_pretrained(tmp_path)
    classifier = load(tmp_path)
    together = scores(classifier, TEXTS, 40)
    assert torch.allclose(together, scores(classifier, TEXTS, 1), atol=1e-4)
    assert together.std(0).min() > 1e-3
