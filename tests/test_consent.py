"""Consent in the store: what is kept of a channel that is off, on, and off again; and for how long."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.chat import EVERYTHING, Channel, Deleted, Gone, Message, Person, Place, Standing
from bot.history import History, Scope, consent

NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
NOW = NOON + timedelta(hours=2)
GENERAL, DIRECT = Place("slack", "T1", "C1"), Place("slack", "T1", "D1")
ANA = Person("U1", "Ana")
EVERYBODY, LIVE = Scope.of(GENERAL), replace(Scope.of(GENERAL), live=True, here="C1")


def said(number: int, text: str = "hello", place: Place = GENERAL) -> Message:
    return Message(str(number), place, ANA, text, NOON + timedelta(minutes=number))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    with History.open(path) as opened:
        opened.add([Channel(GENERAL, "general"), Channel(DIRECT, "ana", "direct")])
        yield opened


def texts(history: History, scope: Scope = EVERYBODY) -> list[str]:
    return [message.text for message in history.window(scope, EVERYTHING, NOW)]


def test_a_channel_is_off_until_it_is_turned_on(history: History, path: Path):
    history.observe(said(1, "quagmire"), NOW)
    assert texts(history) == []
    assert b"quagmire" not in b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert not history.read(consent.standing, GENERAL).kept
    history.turn_on(GENERAL, "U9", NOW)
    history.observe(said(2), NOW)
    assert texts(history) == ["hello"]
    assert history.read(consent.standing, GENERAL) == Standing(kept=True)


def test_turning_off_erases_what_is_stored_whoever_brought_it(history: History):
    history.add([said(1, "imported")])
    history.turn_on(GENERAL, "U9", NOW)
    history.observe(said(2, "heard"), NOW)
    history.mark_seen("U1", GENERAL, NOW)
    history.write(consent.set_mark, GENERAL, "up to 2")
    cleared = history.turn_off(GENERAL, "U9", NOW)
    assert (cleared.messages, cleared.at) == (2, NOW)
    assert texts(history) == []
    assert history.seen("U1", GENERAL) is None
    assert history.read(consent.standing, GENERAL) == Standing()
    history.observe(said(3), NOW)
    assert texts(history) == []


def test_a_deletion_is_remembered_while_the_channel_is_off(history: History):
    history.observe(Deleted(GENERAL, ("1",)), NOW)
    history.turn_on(GENERAL, "U9", NOW)
    history.observe(said(1), NOW)
    assert texts(history) == []


def test_an_imported_message_follows_its_edits_while_the_channel_is_off(history: History):
    history.add([said(1, "before")])
    history.observe(replace(said(1, "after"), edited_at=NOW), NOW)
    history.observe(replace(said(2, "new"), edited_at=NOW), NOW)
    assert texts(history) == ["after"]


def test_live_requests_see_a_channel_only_while_it_is_on(history: History):
    history.add([said(1)])
    assert (texts(history), texts(history, LIVE)) == (["hello"], [])
    history.turn_on(GENERAL, "U9", NOW)
    assert texts(history, LIVE) == ["hello"]
    assert history.search(LIVE, "hello")


def test_a_conversation_between_a_few_people_is_never_turned_on(history: History):
    assert not history.turn_on(DIRECT, "U1", NOW)
    history.observe(said(1, place=DIRECT), NOW)
    assert texts(history, Scope.of(DIRECT)) == []


def test_a_channel_that_turns_out_to_be_a_conversation_between_a_few_people_is_erased_and_off(history: History):
    place = Place("slack", "T1", "C-unknown")
    assert history.turn_on(place, "U1", NOW)
    history.observe(said(1, place=place), NOW)
    history.observe(Channel(place, "ana, bo", "group"), NOW)
    history.observe(said(2, place=place), NOW)
    assert texts(history, Scope.of(place)) == []
    assert not history.read(consent.consent, place).kept


def test_leaving_a_channel_is_turning_it_off(history: History):
    history.turn_on(GENERAL, "U9", NOW)
    history.observe(said(1), NOW)
    history.observe(Gone(GENERAL), NOW)
    assert texts(history) == []
    assert not history.read(consent.consent, GENERAL).kept


def test_what_was_decided_is_told_with_who_when_and_for_how_long(history: History):
    history.turn_on(GENERAL, "U9", NOW, days=30)
    history.observe(said(1), NOW)
    found = history.read(consent.consent, GENERAL)
    assert (found.kept, found.days, found.by, found.since, found.messages) == (True, 30, "U9", NOW, 1)
    assert (found.first, found.last) == (said(1).sent_at, said(1).sent_at)
    assert history.read(consent.consent, replace(GENERAL, channel="C9")).messages == 0


def test_every_channel_keeps_for_its_own_time_and_imports_for_ever(history: History):
    short, imported = replace(GENERAL, channel="C2"), replace(GENERAL, channel="C3")
    history.turn_on(GENERAL, "U9", NOW)
    history.turn_on(short, "U9", NOW, days=1)
    history.add([said(1), said(1, place=short), said(1, place=imported)])
    assert history.retain(NOON + timedelta(days=2)).messages == 1
    assert history.stats().messages == 2
    assert history.retain(NOON + timedelta(days=100)).messages == 1
    assert texts(history, Scope.of(imported)) == ["hello"]
    history.write(consent.set_days, imported, 10)
    assert history.retain(NOON + timedelta(days=100)).messages == 1


def test_what_is_too_old_to_be_kept_is_not_stored_when_it_is_heard(history: History):
    history.turn_on(GENERAL, "U9", NOW, days=7)
    history.observe(said(1), NOON + timedelta(days=8))
    history.observe(said(2), NOON + timedelta(days=6))
    assert [message.id for message in history.window(EVERYBODY, EVERYTHING, NOW)] == ["2"]


def test_expired_texts_leave_the_file(history: History, path: Path):
    history.turn_on(GENERAL, "U9", NOW, days=7)
    history.observe(said(1, "xylophone quagmire"), NOW)
    history.retain(NOON + timedelta(days=8))
    assert b"ylophone" not in b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_the_adapters_note_and_the_setting_of_threads_outlive_a_restart(path: Path):
    with History.open(path) as history:
        history.turn_on(GENERAL, "U9", NOW)
        history.write(consent.set_mark, GENERAL, "up to 7")
        history.write(consent.set_follow, GENERAL, follow=True)
    with History.open(path) as history:
        assert history.read(consent.standing, GENERAL) == Standing(kept=True, follow=True, mark="up to 7")
