"""The benchmark of imports measures a whole import: every message it writes arrives."""

import runpy
from pathlib import Path

import pytest

BENCHMARK = runpy.run_path(str(Path(__file__).resolve().parent.parent / "benchmarks" / "import_speed.py"))


@pytest.mark.parametrize("step", BENCHMARK["STEPS"])
def test_the_benchmark_imports_every_message_of_its_own_export(tmp_path: Path, step: str):
    export = tmp_path / "export.zip"
    BENCHMARK["write_export"](export, 400)
    measured = BENCHMARK["measure"](step, export)
    assert measured["messages"] == 400
    assert measured["seconds"] > 0
