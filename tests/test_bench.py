import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer import Typer
from typer.testing import CliRunner

from bot.cli.commands.bench import bench_command
from nlp import bench
from nlp.bench import (
    BenchFailed,
    BenchRow,
    Detail,
    Outcome,
    Setting,
    auto_choice,
    measure_bound,
    measure_shapes,
    shapes,
)
from nlp.bench.measure import row
from nlp.bench.texts import chat_lengths, chat_texts, word
from nlp.inference import gates
from nlp.jobs import Classify, Prepared
from nlp.scheduler.batching import Limits, choose, padded
from nlp.scheduler.family import Binding

TINY = {"num_hidden_layers": 1, "hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 48}


@pytest.mark.parametrize("budget", [256, 512, 1024, 4096])
def test_at_a_sort_window_of_1024_the_benchs_texts_pad_to_at_most_a_tenth_more(budget: int):
    waiting = [Prepared(Classify(""), length, None, None) for length in chat_lengths(4_000)]
    real = padding = 0
    while waiting:
        chosen = choose(waiting[:1024], budget, Limits())
        real += sum(waiting[i].length for i in chosen)
        padding += padded(max(waiting[i].length for i in chosen)) * len(chosen)
        for i in sorted(chosen, reverse=True):
            del waiting[i]
    assert padding <= 1.10 * real


def test_chat_texts_have_the_lengths_they_promise():
    lengths = [len(text.split()) + 2 for text in chat_texts(500)]
    assert lengths == chat_lengths(500)
    assert (min(lengths), max(lengths)) == (3, 120)


def test_words_differ():
    assert len({word(i) for i in range(2_000)}) == 2_000


def test_a_ratio_above_one_is_better_for_rates_and_for_times():
    assert row("", "", "texts/s", (30.0, 10.0), 1).ratio == 3
    assert row("", "", "ms", (10.0, 30.0), 1).ratio == 3


async def test_a_row_compares_with_the_pipeline_and_says_what_it_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shapes, "MINILM_L6", {**shapes.MINILM_L6, **TINY})
    measured, cost = await bench.work(bench.ROWS["sentiment-minilm"])(Setting(tmp_path, "cpu", "float32", quick=True))
    assert isinstance(measured, BenchRow)
    assert isinstance(cost, Detail)
    assert measured.work == "sentiment-minilm"
    assert measured.ours > 0
    assert measured.ratio == pytest.approx(measured.ours / measured.theirs, rel=1e-3)
    assert cost.dtype == "float32"
    assert cost.padding >= 1.0


async def own_process(setting: Setting) -> list[BenchRow]:
    """A row that says which process it ran in."""
    return [BenchRow(setting.dtype, setting.device, float(os.getpid()), float(setting.quick), "", 1.0, 1)]


async def no_row(setting: Setting) -> list[BenchRow]:
    raise RuntimeError(str(setting))


async def test_each_row_runs_in_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])]))
    monkeypatch.setattr(bench, "ROWS", {"one": "test_bench:own_process", "two": "test_bench:own_process"})
    outcome = Outcome("here")
    await measure_shapes(outcome, Setting(tmp_path, "cpu", "int8", quick=True), on_row=lambda _: None)
    assert len({row.ours for row in outcome.rows} - {float(os.getpid())}) == 2
    assert {(row.work, row.baseline, row.theirs) for row in outcome.rows} == {("int8", "cpu", 1.0)}
    monkeypatch.setattr(bench, "ROWS", {"none": "test_bench:no_row"})
    with pytest.raises(BenchFailed, match="ended with status 1"):
        await measure_shapes(outcome, Setting(tmp_path), on_row=lambda _: None)


async def test_autos_choice_is_compared_with_every_arithmetic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shapes, "MINILM_L6", {**shapes.MINILM_L6, **TINY})
    monkeypatch.setattr(gates, "faster", lambda _: ("int8",))
    piece = auto_choice.PIECES["sentiment-minilm"]
    found = await auto_choice.chosen("sentiment-minilm", piece, Setting(tmp_path, "cpu", quick=True))
    assert isinstance(found, BenchRow)
    assert found.baseline.startswith("auto (int8) against the best, ")
    assert all(f"{name} " in found.baseline for name in auto_choice.ARITHMETICS)
    assert 0 < found.ratio <= 1


def test_every_row_that_has_work_of_its_own_is_a_piece_of_the_choice():
    same = {"translate-burst", "bulk-memory", "interactive-under-bulk", "auto-choice"}  # as the module says
    assert set(bench.ROWS) - same == set(auto_choice.PIECES)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Typer:
    async def measure(outcome: Outcome, setting: Setting, only: Any, on_row: Any) -> None:
        del setting
        on_row("sentiment-minilm")
        outcome.rows.append(BenchRow(only[0], "pipeline", 3.0, 1.0, "texts/s", 3.0, 5))

    monkeypatch.setattr("bot.cli.commands.bench.measure_shapes", measure)
    app = Typer()
    app.command()(bench_command(lambda: ()))
    return app


async def test_a_bound_model_is_compared_with_a_plain_loop(tmp_path: Path):
    outcome = Outcome("here")
    bindings = [Binding(task, "echo", "echo") for task in ("sentiment", "embed", "summarize", "answer", "generate")]
    several = Binding("translate", "echo", "echo", options={"languages": ("en", "fr")})
    await measure_bound(outcome, Setting(tmp_path, quick=True), [*bindings, several], lambda _: None)
    assert [row.work for row in outcome.rows][-1] == "translate: echo"
    assert len(outcome.rows) == 6
    assert all(row.ours > 0 and row.theirs > 0 for row in outcome.rows)


def test_json_is_one_document_on_standard_output(command: Typer):
    result = CliRunner().invoke(command, ["--shapes", "--json", "--only", "sentiment-minilm"])
    document = json.loads(result.stdout)
    assert set(document) == {"device", "dtype", "machine", "rows", "details"}
    assert set(document["machine"]) == {"processor", "threads", "flags", "arithmetic", "versions"}
    assert "torch" in document["machine"]["versions"]
    assert document["rows"] == [
        {
            "work": "sentiment-minilm",
            "baseline": "pipeline",
            "ours": 3.0,
            "theirs": 1.0,
            "unit": "texts/s",
            "ratio": 3.0,
            "runs": 5,
        }
    ]


def test_the_table_shows_the_ratio(command: Typer):
    result = CliRunner().invoke(command, ["--only", "sentiment-minilm"])
    assert "3.00" in result.stdout


def test_an_unknown_row_is_a_usage_error(command: Typer):
    result = CliRunner().invoke(command, ["--only", "nonsense"])
    assert result.exit_code == 2


@pytest.mark.parametrize("name", bench.ROWS)
def test_every_row_of_the_table_exists(name: str):
    assert callable(bench.work(bench.ROWS[name]))
