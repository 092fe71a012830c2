"""The soak's own counting: what the history holds otherwise than the channels, and how the memory grows."""

import re
import runpy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.chat import Message, Person, Place
from bot.history import History

SOAK: dict[str, Any] = runpy.run_path(str(Path(__file__).resolve().parent.parent / "benchmarks" / "soak.py"))
PIER = Place("slack", "T1", "C0")
NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


def said(id_: str, text: str) -> Message:
    return Message(id_, PIER, Person("U1", "Ana"), text, NOON.replace(minute=int(id_)))


def test_what_is_lost_doubled_or_stale_is_counted(tmp_path: Path):
    with History.open(tmp_path / "history.db") as history:
        history.add(
            [said("1", "rope number 1"), said("2", "rope number 2"), said("3", "rope number 2"), said("5", "old")]
        )
    told = {"1": "rope number 1", "2": "rope number 2", "4": "rope number 4", "5": "new", "3": None}
    by_key = {("slack", "C0", id_): text for id_, text in told.items()}
    found = SOAK["differences"](tmp_path / "history.db", by_key)
    assert found == {"lost": 1, "doubled": 1, "out of order": 2, "stale": 2}


def test_each_wrong_message_is_told_with_its_life_and_the_troubles_before(tmp_path: Path):
    with History.open(tmp_path / "history.db") as history:
        history.add([said("1", "rope number 1"), said("2", "old")])
    trace = SOAK["Trace"]()
    trace.trouble("cut")
    trace.happened(("slack", "C0", "2"), "said")
    trace.happened(("slack", "C0", "2"), "deleted")
    told = {("slack", "C0", "1"): "rope number 1", ("slack", "C0", "2"): None, ("slack", "C0", "3"): "rope number 3"}
    stale, lost = trace.lines(tmp_path / "history.db", told)
    assert stale[0] == "stale 1"
    assert re.fullmatch(r"slack C0 2: said at .* after cut; deleted at .* after cut", stale[1])
    assert lost == ("lost 2", "slack C0 3: ")


def test_memory_is_fitted_after_its_beginning():
    sizes = [(0.0, 50.0), (30.0, 400.0), *((60.0 + second, 300.0 + second / 30) for second in range(120))]
    assert SOAK["slope"](sizes, 60.0) == pytest.approx(2.0)
    assert SOAK["slope"](sizes[:2], 60.0) == 0.0


def test_the_log_is_counted_by_kind(tmp_path: Path):
    (tmp_path / "log").write_text(
        '{"event": "channel 7 ended"}\n{"event": "channel 8 ended"}\nnoise\n', encoding="utf-8"
    )
    assert SOAK["errors"](tmp_path / "log") == {"channel # ended": 2}


async def test_a_short_run_loses_doubles_and_leaves_nothing(tmp_path: Path):
    line = "--seconds 3 --rate 20 --asks 4 --channels 4 --cut 1.5 --limit 0.7 --settle 150"
    found = await SOAK["soaked"](SOAK["options"](line.split()), tmp_path)
    assert found["messages"] > 10
    assert found["requests"] > 3
    assert found["kills"] == 1
    wrong = (
        "lost", "doubled", "out of order", "stale", "requests without a reply", "requests with several replies",
        "events never acknowledged",
    )  # fmt: skip
    assert {name: found[name] for name in wrong} == dict.fromkeys(wrong, 0), found


def test_a_run_is_ten_minutes_by_default():
    assert SOAK["options"]([]).seconds == 600
    assert SOAK["options"](["--no-kill"]).kill is False
