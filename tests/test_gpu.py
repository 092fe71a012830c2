"""What a GPU must do as a CPU does. Run where there is one: `pytest -m gpu`."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tiny_encoders
import tiny_models
import torch
from test_families import TEXTS, cases, close, loaded, prepared

from nlp.bench.measure import device_name, peak_mb
from nlp.core import Core
from nlp.errors import ModelRefused
from nlp.inference.loading import FLASH
from nlp.inference.tokens import pad
from nlp.jobs import BatchReport, Classify, Priority
from nlp.models import SERVED, family
from nlp.models.causal import Causal
from nlp.models.classifier import Classifier
from nlp.runtime.device import free_memory
from nlp.scheduler.batcher import Batcher
from nlp.scheduler.family import Binding

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")]

TORCHLESS = {"echo", "ctranslate", *SERVED}  # without a model, with a build of its own for GPUs, on a server
CASES = [(name, task) for name, task in cases() if name not in TORCHLESS]
TEMPLATE = {"template": "{% for message in messages %}{{ message.content }} {% endfor %}"}


@pytest.mark.parametrize(("name", "task"), CASES)
def test_every_family_gives_the_cpus_results_in_float32(name: str, task: str):
    on_cpu, binding = loaded(name)
    on_gpu = family(name, binding.task).load(binding, "cuda:0")
    assert on_gpu.device == "cuda:0"
    theirs = on_cpu.run(prepared(on_cpu, task), lambda _: False)
    ours = on_gpu.run(prepared(on_gpu, task), lambda _: False)
    assert all(close(one, other) for one, other in zip(ours, theirs, strict=True))


def test_auto_is_half_precision_and_keeps_to_the_float32_scores(tmp_path: Path):
    binding = Binding("sentiment", "classifier", str(tiny_encoders.roberta_classifier(tmp_path)))
    exact = Classifier.load(replace(binding, dtype="float32"), "cpu")
    half = Classifier.load(binding, "auto")
    fast = torch.cuda.get_device_capability() >= (8, 0)
    assert (half.device, half.dtype) == ("cuda:0", "bfloat16" if fast else "float16")
    assert (exact.probabilities(TEXTS) - half.probabilities(TEXTS)).abs().max() < 0.05


def test_rows_arrive_on_the_device_as_they_were():
    rows, there = [[5, 6, 7], [8]], pad([[5, 6, 7], [8]], 1, "cuda:0")
    torch.cuda.synchronize()
    assert there["input_ids"].device.type == "cuda"
    assert [ids[mask.bool()].tolist() for ids, mask in zip(*there.values(), strict=True)] == rows


def test_flash_attention_serves_causal_models_where_it_is_installed(tmp_path: Path):
    pytest.importorskip("flash_attn")
    binding = Binding("generate", "causal", str(tiny_models.llama(tmp_path)), options=TEMPLATE)
    model = Causal.load(binding, "cuda:0").model
    assert model.config._attn_implementation == FLASH


class Greedy:
    """A family that asks the GPU for more than it has as soon as two jobs share a batch."""

    def __init__(self, inner: Classifier) -> None:
        self._inner = inner
        self.tasks, self.limits = inner.tasks, inner.limits
        self.device, self.dtype = inner.device, inner.dtype
        self.prepare, self.memory = inner.prepare, inner.memory

    def run(self, batch: Any, cancelled: Any) -> list[Any]:
        if len(batch) > 1:
            torch.empty(free_memory("cuda:0") * 4, dtype=torch.uint8, device="cuda:0")
        return self._inner.run(batch, cancelled)


async def test_a_gpu_that_runs_out_of_memory_halves_the_batch_and_goes_on(tmp_path: Path):
    binding = Binding("sentiment", "classifier", str(tiny_encoders.bert_classifier(tmp_path)))
    reports: list[BatchReport] = []
    greedy: Any = Greedy(Classifier.load(binding, "cuda:0"))
    batcher = Batcher("greedy", lambda: greedy, on_report=reports.append)
    futures = batcher.submit([Classify(text) for text in TEXTS], Priority.BULK)
    assert [(await future).label for future in futures]
    assert {report.size for report in reports} == {1}
    await batcher.close()


async def test_an_unloaded_model_leaves_the_gpu(tmp_path: Path):
    binding = Binding("sentiment", "classifier", str(tiny_encoders.bert_classifier(tmp_path)), size_mb=1)
    before = torch.cuda.memory_allocated()
    async with Core([binding], device="cuda:0") as core:
        await core.sentiment(["ba be"])
        assert core.status()[0].device == "cuda:0"
        assert torch.cuda.memory_allocated() > before
        (batcher,) = core.batchers()
        assert batcher.unload()
    assert torch.cuda.memory_allocated() <= before


def test_the_benchmark_names_the_gpu_and_its_memory(tmp_path: Path):
    binding = Binding("sentiment", "classifier", str(tiny_encoders.bert_classifier(tmp_path)))
    Classifier.load(binding, "cuda:0")
    assert device_name("cuda:0") == torch.cuda.get_device_name()
    assert peak_mb("cuda:0") > 0


def test_int8_is_refused_on_a_gpu(tmp_path: Path):
    folder = tiny_encoders.bert_classifier(tmp_path)
    with pytest.raises(ModelRefused, match="can't run in int8"):
        Classifier.load(Binding("sentiment", "classifier", str(folder), dtype="int8"), "cuda:0")
