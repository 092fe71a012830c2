"""What every family of the table promises, whatever it is. A new family adds one line to BINDINGS."""

import atexit
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, cast

import numpy as np
import pytest
import tiny_e5
import tiny_encoders
import tiny_models
from arithmetic import COMPUTED, SAME, SAME_PACKAGED
from model_server import ModelServer, serving

from nlp.firefox.linear import int8_is_exact
from nlp.jobs import (
    Classify,
    Embed,
    Entail,
    Entailment,
    Generate,
    Generated,
    Job,
    Locate,
    Located,
    Prepared,
    Sentiment,
    Summarize,
    Translate,
    Turn,
)
from nlp.models import FAMILIES, SERVED, family
from nlp.profiles import profile
from nlp.scheduler.batching import Limits
from nlp.scheduler.bindings import identity
from nlp.scheduler.family import Binding, Endpoint, Family

TEXTS = ("no", "the deploy is on friday", "we moved the meeting to three because the room was taken", "thanks", "no")
LONG = 5  # tokens to write
TEMPLATE = "{% for message in messages %}{{ message.content }} {% endfor %}"
RESULTS: dict[str, type] = {
    "sentiment": Sentiment,
    "embed": np.ndarray,
    "translate": Generated,
    "summarize": Generated,
    "answer": Located,
    "generate": Generated,
    "entail": Entailment,
}


def folder() -> Path:
    return Path(mkdtemp(prefix="parley-test-")) / "model"


def starter(task: str) -> Binding:
    return next(one for one in profile("starter") if one.task == task)


def fast_binding() -> Binding:
    pytest.importorskip("ctranslate2", reason='the extra "fast" is not installed')
    place = folder()
    options = {"cache": str(place.parent / "cache")}
    return Binding("translate", "ctranslate", str(tiny_models.marian(place)), source="en", target="fr", options=options)


def packed_e5() -> Binding:
    path = folder()
    path.mkdir(exist_ok=True)
    return Binding("embed", "e5", str(path), options={"file": tiny_e5.write(path / "tiny.bin").name})


BINDINGS: dict[str, Callable[[], Binding]] = {
    "classifier": lambda: Binding("sentiment", "classifier", str(tiny_encoders.bert_classifier(folder()))),
    "echo": lambda: Binding("sentiment", "echo", "echo"),
    "adapted-classifier": lambda: starter("sentiment"),
    "embedder": lambda: Binding("embed", "embedder", str(tiny_encoders.bert_encoder(folder()))),
    "e5": packed_e5,
    "entailment": lambda: Binding("entail", "entailment", str(tiny_encoders.bert_for_entailment(folder()))),
    "span-qa": lambda: Binding("answer", "span-qa", str(tiny_models.bert_for_answers(folder()))),
    "causal": lambda: Binding("generate", "causal", str(tiny_models.gpt2(folder())), options={"template": TEMPLATE}),
    "firefox": lambda: starter("translate"),
    "ctranslate": fast_binding,
    "seq2seq": lambda: Binding("translate", "seq2seq", str(tiny_models.marian(folder())), source="en", target="fr"),
    "tei": lambda: Binding("embed", "tei", "tiny", endpoint=Endpoint(served())),
    "openai": lambda: Binding("embed", "openai", "tiny", endpoint=Endpoint(f"{served()}/v1")),
}


@cache
def served() -> str:
    """The url of a server of tiny models that runs as long as the tests do."""
    embedder, causal = BINDINGS["embedder"](), BINDINGS["causal"]()
    models = {each.task: family(each.family).load(replace(each, dtype="float32"), "cpu") for each in (embedder, causal)}
    server = ModelServer(models)
    HELD.enter_context(serving(server))
    return server.url


HELD = ExitStack()
atexit.register(HELD.close)


ONE_MODEL = {"tei": frozenset({"embed"})}  # a server has one; tests/test_served_tei.py has the others
LACKS = {
    "ctranslate": ("bfloat16",),
    "e5": ("bfloat16", "int8"),
}  # what a family doesn't compute in


@cache
def loaded(name: str) -> tuple[Family, Binding]:
    """A family in the arithmetic of this run, loaded once for all tests."""
    binding = replace(BINDINGS[name](), dtype=COMPUTED if COMPUTED not in LACKS.get(name, ()) else "float32")
    return family(name, binding.task).load(binding, "cpu"), binding


def job(task: str, text: str) -> Job:
    jobs: dict[str, Job] = {
        "sentiment": Classify(text),
        "embed": Embed(text),
        "translate": Translate(text, "en", "pt"),
        "summarize": Summarize(text, LONG),
        "answer": Locate("when is the deploy", text),
        "generate": Generate((Turn("user", text),), LONG),
        "entail": Entail(text, "the deploy is on friday"),
    }
    return jobs[task]


def cases() -> list[tuple[str, str]]:
    return [(name, task) for name in FAMILIES for task in sorted(ONE_MODEL.get(name, family(name).tasks))]


def prepared(model: Family, task: str) -> list[Prepared]:
    made = model.prepare([job(task, text) for text in TEXTS])
    assert all(isinstance(one, Prepared) for one in made), made
    return cast("list[Prepared]", made)


def close(one: Any, other: Any) -> bool:
    if isinstance(one, Sentiment):
        return one.label == other.label and one.scores == pytest.approx(other.scores, abs=SAME)
    if isinstance(one, Located):
        same = [span.text for span in one.spans] == [span.text for span in other.spans]
        return same and one.no_answer == pytest.approx(other.no_answer, abs=SAME)
    if isinstance(one, Entailment):
        return [one.entailment, one.neutral] == pytest.approx([other.entailment, other.neutral], abs=SAME)
    if isinstance(one, Generated):
        same = (one.text, one.tokens, one.cut) == (other.text, other.tokens, other.cut)
        return same and one.scores == pytest.approx(other.scores, abs=SAME_PACKAGED)
    return bool(np.allclose(one, other, atol=SAME))


def test_every_family_of_the_table_is_tested_here():
    assert set(BINDINGS) == set(FAMILIES)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_says_what_it_is(name: str):
    model, binding = loaded(name)
    assert binding.task in model.tasks <= set(RESULTS)
    assert isinstance(model.limits, Limits)
    if name in SERVED:
        assert (model.device, model.dtype) == ("a server", "")
        return
    assert model.device == "cpu"
    wanted = binding.dtype
    if (name, wanted) == ("firefox", "int8") and not int8_is_exact():
        wanted = "float32"  # the CPU adds its files' bytes in 16 bits, which they don't survive
    assert model.dtype.partition("_")[0] in (wanted, "none")
    assert model.memory() >= 0


@pytest.mark.parametrize(("name", "task"), cases())
def test_one_result_per_job_in_order_of_the_tasks_type(name: str, task: str):
    model, _ = loaded(name)
    batch = prepared(model, task)
    results = model.run(batch, lambda _: False)
    assert len(results) == len(TEXTS)
    assert all(isinstance(one, RESULTS[task]) for one in results), results
    assert close(results[0], results[-1]), "the same text gave two results"


@pytest.mark.parametrize(("name", "task"), cases())
def test_batched_equals_unbatched(name: str, task: str):
    model, _ = loaded(name)
    batch = prepared(model, task)
    together = model.run(batch, lambda _: False)
    for one, result in zip(batch, together, strict=True):
        assert close(model.run([one], lambda _: False)[0], result)


@pytest.mark.parametrize(("name", "task"), cases())
def test_prepared_jobs_name_a_positive_cost_and_options_that_can_be_grouped(name: str, task: str):
    model, _ = loaded(name)
    for one in prepared(model, task):
        assert one.length > 0
        assert isinstance(hash(one.options), int)


@pytest.mark.parametrize(("name", "task"), cases())
def test_a_batch_whose_callers_all_left_still_ends(name: str, task: str):
    model, _ = loaded(name)
    assert len(model.run(prepared(model, task), lambda _: True)) == len(TEXTS)


def test_the_key_of_a_model_that_runs_here_says_nothing_of_servers():
    here = Binding("embed", "embedder", "acme/words")
    assert "endpoint" not in identity(here).lower()
    assert identity(here) != identity(replace(here, endpoint=Endpoint("https://words.example")))
