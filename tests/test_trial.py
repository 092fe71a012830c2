"""`parley models try`: what a model is good for by its configuration alone, and one example once it is here."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tiny_encoders
import tiny_models
from command_line import Parley
from fake_hub import COMMIT, Hub, reached

from nlp.errors import ModelRefused
from nlp.hub.pins import WEIGHTS
from nlp.scheduler.family import Binding
from nlp.trial.examples import EXAMPLES, run_example
from nlp.trial.fits import ModelPage, fits, lines, parameters
from nlp.trial.pages import local_page

SHORT = ("no", "thanks", "lunch at noon")
CHAT = "{% for message in messages %}{{ message.content }} {% endfor %}"


def page(kind: str, *classes: str, model: str = "a/b", files: tuple[str, ...] = (), **config: Any) -> ModelPage:
    known = {key: config.pop(key) for key in ("pipeline", "chats") if key in config}
    return ModelPage(
        model, {"model_type": kind, "architectures": list(classes), **config}, frozenset(files), 400, **known
    )


# By the configuration alone


LABELS = {"0": "negative", "1": "positive"}
ROLES = {"0": "contradiction", "1": "entailment", "2": "neutral"}
FITTING = {
    "moods": (page("roberta", "RobertaForSequenceClassification", id2label=LABELS), ["sentiment"], "classifier"),
    "entailment": (page("bert", "BertForSequenceClassification", id2label=ROLES), ["entail"], "entailment"),
    "spans": (page("bert", "BertForQuestionAnswering"), ["answer"], "span-qa"),
    "vectors": (page("xlm-roberta", "XLMRobertaModel", files=("modules.json",)), ["embed"], "embedder"),
    "a bare encoder": (page("bert", "BertModel"), ["embed"], "embedder"),
    "translation": (page("m2m_100", "M2M100ForConditionalGeneration"), ["translate"], "seq2seq"),
    "both": (
        page("t5", "T5ForConditionalGeneration", task_specific_params={"summarization": {}}),
        ["translate", "summarize"],
        "seq2seq",
    ),
    "summaries": (page("pegasus", "PegasusForConditionalGeneration"), ["summarize"], "seq2seq"),
    "chat": (page("qwen3", "Qwen3ForCausalLM", chats=True), ["generate", "summarize"], "causal"),
}


@pytest.mark.parametrize("case", FITTING)
def test_a_configuration_tells_task_and_family(case: str):
    model, tasks, family = FITTING[case]
    found = fits(model)
    assert [fit.task for fit in found] == tasks
    assert {fit.family for fit in found} == {family}


UNFIT = {
    "no type": (ModelPage("a/b", {}, frozenset(), 0), "none is named"),
    "a foreign type": (page("mamba9", "Mamba9Model"), "is of a type that transformers doesn't have here"),
    "code of its own": (page("bert", "BertModel", auto_map={"AutoModel": "x.Y"}), "wants to run code of its own"),
    "a base": (page("bert", "BertForMaskedLM"), "is a BertForMaskedLM, which none of Parley's families runs"),
    "speech": (page("whisper", "WhisperForConditionalGeneration"), "none of Parley's families"),
    "a reranker": (page("bert", "BertForSequenceClassification", id2label={"0": "LABEL_0"}), "gives a number"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_what_fits_nothing_says_why(case: str):
    model, sentence = UNFIT[case]
    with pytest.raises(ModelRefused, match=sentence):
        fits(model)


def test_labels_without_names_are_left_to_the_owner():
    (fit,) = fits(page("bert", "BertForSequenceClassification"))
    assert "LABEL_0, LABEL_1" in fit.note
    assert "options = { labels" in fit.note


def test_the_languages_of_an_opus_model_are_those_of_its_name():
    model = page("marian", "MarianMTModel", model="Helsinki-NLP/opus-mt-en-fr")
    (fit,) = fits(model)
    assert (fit.source, fit.target) == ("en", "fr")
    assert 'source = "en"\ntarget = "fr"' in lines(model, fit)


def test_numbers_are_counted_by_the_hub_or_by_bytes():
    assert parameters(page("bert", "BertModel")) == 100
    assert parameters(page("bert", "BertModel", torch_dtype="bfloat16")) == 200
    assert parameters(ModelPage("a/b", {}, frozenset(), 400, parameters=7)) == 7


# A tiny model of each family and task, from the folder to the example


def chat_model(folder: Path) -> Path:
    tiny_models.gpt2(folder)
    (folder / "chat_template.jinja").write_text(CHAT)
    return folder


BUILT: dict[str, tuple[Callable[[Path], Path], str]] = {
    "sentiment": (tiny_encoders.bert_classifier, "classifier"),
    "entail": (tiny_encoders.roberta_for_entailment, "entailment"),
    "embed": (tiny_encoders.bert_encoder, "embedder"),
    "answer": (tiny_models.bert_for_answers, "span-qa"),
    "translate": (tiny_models.m2m100, "seq2seq"),
    "summarize": (tiny_models.bart, "seq2seq"),
    "generate": (chat_model, "causal"),
}


def test_every_task_has_an_example():
    assert set(BUILT) == set(EXAMPLES)


@pytest.mark.parametrize("task", BUILT)
async def test_a_tiny_model_of_each_task_is_recognised_and_answers(task: str, tmp_path: Path):
    build, family = BUILT[task]
    model = local_page(Binding("models", "", str(build(tmp_path / "model"))))
    fit = next(each for each in fits(model) if each.task == task)
    assert fit.family == family
    trial = await run_example(fit.binding(model), "cpu", SHORT)
    assert trial.device == "cpu"
    assert trial.count > 0
    assert trial.memory > 0
    assert trial.load > 0
    assert trial.seconds > 0


# The command


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    made = Hub("somebody/mood", tiny_encoders.bert_classifier(tmp_path / "source"))
    made.facts = {"tags": ["license:mit"], "pipeline_tag": "text-classification"}
    with reached(made, monkeypatch, tmp_path / "cache"):
        yield made


@pytest.fixture
def parley(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parley: Parley) -> Parley:
    file = tmp_path / "config.toml"
    file.write_text(f'[models]\nfolder = "{tmp_path / "models"}"\n', encoding="utf-8")
    monkeypatch.setenv("PARLEY_CONFIG", str(file))
    return parley


def test_before_a_download_only_the_configuration_is_fetched_and_nothing_kept(hub: Hub, parley: Parley, tmp_path: Path):
    code, out, err = parley("models", "try", "somebody/mood")
    assert code == 0, err
    assert f"somebody/mood at {COMMIT[:12]}, licence mit: 4 files" in err
    assert "It fits sentiment (family classifier): about 0 MB of weights" in err
    assert "which fits" in err
    assert "parley models try somebody/mood --pull" in err
    assert out.strip().startswith(
        '[models.sentiment]\nfamily = "classifier"\nmodel = "somebody/mood"\nrevision = "5555'
    )
    assert {path.rpartition("/")[2] for _, path, _ in hub.asked if "/resolve/" in path} == {"config.json"}
    assert not list(tmp_path.glob("models/**/*.json"))
    assert not list(tmp_path.glob("cache/**/*.json"))


@pytest.mark.usefixtures("hub")
def test_after_a_download_an_example_is_run_and_measured(parley: Parley):
    code, out, err = parley("models", "try", "somebody/mood", "--pull", "--json")
    assert code == 0, err
    document = json.loads(out)
    assert document["here"] is True
    assert document["licence"] == "mit"
    assert document["fits"][0]["task"] == "sentiment"
    assert document["trial"]["per_second"] > 0
    assert document["trial"]["peak_mb"] > document["trial"]["memory_mb"] > 0
    assert "texts a second" in err
    code, out, err = parley("models", "try", "somebody/mood", "--json")  # it is here now
    assert json.loads(out)["trial"]["device"] == "cpu"


def test_a_model_that_does_not_fit_this_machine_says_so(hub: Hub, parley: Parley):
    hub.facts |= {"safetensors": {"parameters": {"F32": 10**13}, "total": 10**13}}
    _, out, err = parley("models", "try", "somebody/mood")
    assert "about 40,000,000 MB of weights" in err
    assert "which doesn't fit" in err
    assert "[models.sentiment]" in out


def test_code_of_the_models_own_is_seen_before_a_download(hub: Hub, parley: Parley):
    config = json.loads((hub.folder / "config.json").read_text())
    (hub.folder / "config.json").write_text(json.dumps({**config, "auto_map": {"AutoModel": "evil.Model"}}))
    (hub.folder / "evil.py").write_text("raise SystemExit")
    code, _, err = parley("models", "try", "somebody/mood", "--pull")
    assert code == 5
    assert "wants to run code of its own" in err
    assert not hub.gets("evil.py")
    assert not hub.gets(WEIGHTS)


def test_a_model_that_cannot_answer_as_it_is_prints_its_lines_and_why(hub: Hub, parley: Parley):
    config = json.loads((hub.folder / "config.json").read_text())
    unnamed = {"id2label": {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}}
    (hub.folder / "config.json").write_text(json.dumps({**config, **unnamed, "label2id": {}}))
    code, out, err = parley("models", "try", "somebody/mood", "--pull")
    assert code == 5
    assert "[models.sentiment]" in out
    assert "labels whose mood is unclear" in err


def test_a_folder_is_tried_too(parley: Parley, tmp_path: Path):
    folder = tiny_models.t5(tmp_path / "own")
    code, out, err = parley("models", "try", str(folder), "--task", "summarize")
    assert code == 0, err
    assert "[models.summarize]" in out
    assert "[models.translate]" not in out
    assert "tokens a second" in err
    assert parley("models", "try", str(folder), "--task", "embed")[0] == 2
