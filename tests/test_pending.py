"""Promised answers: one claim a key, across restarts, and nobody forgotten."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.chat import Pending, Person, Place
from bot.history import History, pending

NOW = datetime(2026, 4, 15, 14, 30, tzinfo=UTC)
PLACE = Place("slack", "T1", "C1", "100.1")
ANA = Person("U1", "Ana")


def promise(key: str, at: datetime = NOW) -> Pending:
    return Pending(key, PLACE, ANA, at)


def test_a_key_is_claimed_once_even_by_another_process(tmp_path: Path):
    with History.open(tmp_path / "h.db") as first, History.open(tmp_path / "h.db") as second:
        assert first.write(pending.claim, promise("event-1"))
        assert not second.write(pending.claim, promise("event-1"))


def test_an_unsettled_promise_is_found_after_a_restart(tmp_path: Path):
    with History.open(tmp_path / "h.db") as history:
        history.write(pending.claim, promise("kept"))
        history.write(pending.claim, promise("broken"))
        history.write(pending.settle, "kept")
    with History.open(tmp_path / "h.db") as history:
        assert history.read(pending.unsettled, "slack") == (promise("broken"),)
        assert history.read(pending.unsettled, "discord") == ()


def test_a_settled_promise_stays_claimed_for_a_week_and_is_then_dropped():
    with History.open(None) as history:
        history.write(pending.claim, promise("old"))
        history.write(pending.settle, "old")
        assert not history.write(pending.claim, promise("old", NOW + timedelta(days=6)))
        history.write(pending.claim, promise("new", NOW + timedelta(days=8)))
        assert history.write(pending.claim, promise("old", NOW + timedelta(days=8)))


def test_an_unsettled_promise_is_never_dropped():
    with History.open(None) as history:
        history.write(pending.claim, promise("old"))
        history.write(pending.claim, promise("new", NOW + timedelta(days=400)))
        assert [pending.key for pending in history.read(pending.unsettled, "slack")] == ["old", "new"]
