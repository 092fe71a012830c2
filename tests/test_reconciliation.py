"""What a platform no longer has leaves the store too: deleted threads, and messages whose deletion nobody told of."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.chat import EVERYTHING, Channel, Gone, Message, Person, Place, Present, Threads
from bot.history import History, Scope, consent, reconciliation

NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
NOW = NOON + timedelta(hours=2)
GENERAL = Place("discord", "G1", "C1")
PLANS, OTHERS = replace(GENERAL, thread="T1"), replace(GENERAL, thread="T2")


def said(number: int, place: Place = GENERAL, text: str = "hello") -> Message:
    return Message(str(number), place, Person("U1", "Ana"), text, NOON + timedelta(minutes=number))


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History.open(tmp_path / "history.db") as opened:
        opened.add([Channel(GENERAL, "general")])
        opened.turn_on(GENERAL, "U9", NOW)
        yield opened


def ids(history: History) -> list[str]:
    return [message.id for message in history.window(Scope.of(GENERAL), EVERYTHING, NOW)]


def present(place: Place, since: int, until: int, *left: int) -> Present:
    return Present(place, NOON + timedelta(minutes=since), NOON + timedelta(minutes=until), tuple(map(str, left)))


def test_a_message_that_is_no_more_where_all_others_of_its_time_are_is_erased(history: History):
    history.add([said(number) for number in range(1, 6)])
    history.observe(present(GENERAL, 1, 5, 2, 4), NOW)
    assert ids(history) == ["1", "2", "4", "5"]
    history.observe(said(3), NOW)
    assert ids(history) == ["1", "2", "4", "5"]


def test_nothing_outside_of_that_time_and_place_is_touched(history: History):
    history.add([said(1), said(2, PLANS), said(3, OTHERS), said(9)])
    history.observe(present(PLANS, 0, 8), NOW)
    assert ids(history) == ["1", "3", "9"]
    history.observe(present(GENERAL, 0, 8), NOW)
    assert ids(history) == ["3", "9"]


def test_a_deleted_thread_takes_what_was_said_in_it_and_nothing_else(history: History, tmp_path: Path):
    history.add([said(1), said(2, PLANS, "quagmire"), said(3, OTHERS)])
    history.mark_seen("U2", PLANS, NOW)
    history.observe(Gone(PLANS), NOW)
    assert ids(history) == ["1", "3"]
    assert history.read(consent.standing, GENERAL).kept
    assert history.seen("U2", PLANS) is None
    assert b"quagmire" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_threads_that_are_no_more_among_all_of_a_channel_are_erased(history: History):
    history.add([said(1), said(2, PLANS), said(3, OTHERS)])
    history.observe(Threads(GENERAL, ("T2", "T7")), NOW)
    assert ids(history) == ["1", "3"]


def test_a_channel_is_marked_from_the_adapters_first_note_until_it_is_gone(history: History):
    assert history.read(reconciliation.marked, "discord") == ()
    history.write(consent.set_mark, GENERAL, "up to 7")
    assert history.read(reconciliation.marked, "discord") == (GENERAL,)
    assert history.read(reconciliation.marked, "slack") == ()
    history.observe(Gone(GENERAL), NOW)
    assert history.read(reconciliation.marked, "discord") == ()
