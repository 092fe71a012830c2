import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nlp.core import Core
from nlp.errors import ModelUnavailable
from nlp.models.echo import Echo
from nlp.runtime import free_memory as ram
from nlp.scheduler.family import Binding
from nlp.scheduler.memory import MB, make_room


class Heavy(Echo):
    def memory(self) -> int:
        return 40 * MB


@dataclass(eq=False)
class Holder:
    used: float
    busy: bool = False
    family: Heavy | None = field(default_factory=Heavy)

    def unload(self) -> bool:
        if not self.busy:
            self.family = None
        return not self.busy


def wanted(size_mb: int) -> Binding:
    return Binding("sentiment", "echo", "new", size_mb=size_mb)


def test_the_least_recently_used_idle_model_leaves_first():
    recent, old = Holder(used=2.0), Holder(used=1.0)
    make_room([recent, old], wanted(50), lambda: 100 * MB)
    assert old.family is None
    assert recent.family is not None


def test_nobody_leaves_while_there_is_room():
    holder = Holder(used=1.0)
    make_room([holder], wanted(60), lambda: 100 * MB)
    assert holder.family is not None


def test_a_model_at_work_stays_and_the_newcomer_is_told():
    busy, idle = Holder(used=1.0, busy=True), Holder(used=2.0)
    with pytest.raises(ModelUnavailable, match="beside the models at work"):
        make_room([busy, idle], wanted(70), lambda: 100 * MB)
    assert busy.family is not None


def test_a_model_larger_than_everything_says_how_much_there_is():
    with pytest.raises(ModelUnavailable, match="needs 201 MB and models may take 100 MB"):
        make_room([], wanted(201), lambda: 100 * MB)


async def test_a_core_keeps_to_its_budget_and_loads_again_what_left(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("nlp.models.echo.Echo", Heavy)
    bindings = [Binding(task, "echo", task, size_mb=40) for task in ("sentiment", "embed", "summarize")]
    async with Core(bindings, memory_mb=100) as core:
        await core.sentiment(["a"])
        time.sleep(0.01)  # noqa: ASYNC251 - so that the clock tells the two apart
        await core.embed(["a"])
        await core.summarize(["a"])
        assert [status.loaded for status in core.status()] == [False, True, True]
        await core.sentiment(["a"])
        assert [status.loaded for status in core.status()] == [True, False, True]


async def test_a_core_may_hold_one_model_at_a_time():
    bindings = (Binding("sentiment", "echo", "one"), Binding("embed", "echo", "other"))
    async with Core(bindings, one_at_a_time=True) as core:
        for task in ("sentiment", "embed", "sentiment"):
            await getattr(core, task)(["a text"])
            assert [each.task for each in core.status() if each.loaded] == [task]


def test_free_memory_keeps_to_the_control_groups_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ram, "CGROUP", tmp_path)
    everything = ram.free_memory()
    (tmp_path / "memory.max").write_text("3000000\n")
    (tmp_path / "memory.current").write_text("1000000\n")
    assert ram.free_memory() == 2_000_000
    (tmp_path / "memory.max").write_text("max\n")
    assert ram.free_memory() == pytest.approx(everything, rel=0.2)
