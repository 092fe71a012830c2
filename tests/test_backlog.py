"""Events wait for a history that can't be written: nothing that was acknowledged is lost."""

import asyncio
import sqlite3
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from talk import NOW, PLACE, request, said

from adapters.chat import EVERYTHING, Channel, Deleted, Gone, Message, Pending, Person, Place, Present, Threads
from bot.assistant import Assistant
from bot.backlog import Backlog, Entry, Marked, Settled, from_line, line_of
from bot.errors import HistoryFull, UsageError
from bot.history import History, HistoryThread, Scope, pending
from bot.runtime.supervisor import only_one
from bot.services import Services
from nlp.core import Core
from nlp.scheduler.family import Binding

ASKED = Pending("k1", PLACE, Person("eve", "Eve"), NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A history whose channel is on."""
    with History.open(tmp_path / "history.db") as store:
        store.add([Channel(PLACE, "general")])
        store.turn_on(PLACE, "Owner", NOW)
    return tmp_path / "history.db"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A held file is given up at once and tried again soon."""
    monkeypatch.setitem(History.open.__func__.__kwdefaults__, "busy_seconds", 0.01)  # type: ignore[attr-defined]
    monkeypatch.setattr("bot.backlog.FIRST_PAUSE", 0.01)
    monkeypatch.setattr("bot.backlog.LONGEST_PAUSE", 0.02)


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Another process writes, for as long as this lasts."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@asynccontextmanager
async def serving(path: Path, **more: object) -> AsyncIterator[tuple[Backlog, HistoryThread]]:
    async with HistoryThread(path) as history:
        yield Backlog(history, lambda: NOW, 90, **more), history  # type: ignore[arg-type]


async def emptied(backlog: Backlog) -> None:
    async with asyncio.timeout(60):
        while backlog.waiting:  # noqa: ASYNC110 - nothing else needs an event for it
            await asyncio.sleep(0.01)


async def texts(history: HistoryThread) -> list[str]:
    scope = Scope.of(PLACE)
    return [each.text for each in await history.run(lambda store: store.window(scope, EVERYTHING, NOW))]


async def test_what_is_said_edited_and_deleted_while_the_file_is_held_reaches_it_afterwards(path: Path):
    async with serving(path) as (backlog, history):
        await backlog.write(said(1, "Ana", "the old word"))
        with holding(path):
            await backlog.write(said(2, "Ben", "in between"))
            await backlog.write(replace(said(1, "Ana", "the new word"), edited_at=NOW))
            await backlog.write(said(3, "Cem", "soon regretted"))
            await backlog.write(Deleted(PLACE, ("3",)))
            assert backlog.waiting == 4
            assert await texts(history) == ["the old word"]
        await emptied(backlog)
        assert await texts(history) == ["the new word", "in between"]


async def test_a_promise_made_meanwhile_is_claimed_once_and_written_later(path: Path):
    async with serving(path) as (backlog, history):
        with holding(path):
            assert await backlog.claim(ASKED)
            assert not await backlog.claim(ASKED)
        await emptied(backlog)
        assert not await backlog.claim(ASKED)
        assert [each.key for each in await history.read(pending.unsettled, "slack")] == ["k1"]
        await backlog.write(Settled("k1"))
        assert await history.read(pending.unsettled, "slack") == ()


async def test_a_full_disk_is_waited_out_as_well(path: Path, monkeypatch: pytest.MonkeyPatch):
    full, observe = [True], History.observe

    def guarded(self: History, *values: object) -> None:
        if full[0]:
            raise HistoryFull("The disk is full.")
        observe(self, *values)  # type: ignore[arg-type]

    monkeypatch.setattr(History, "observe", guarded)
    async with serving(path) as (backlog, history):
        await backlog.write(said(1, "Ana", "hello"))
        assert backlog.waiting == 1
        full[0] = False
        await emptied(backlog)
        assert await texts(history) == ["hello"]


async def test_what_memory_does_not_hold_waits_in_a_file_that_only_the_owner_reads(path: Path, tmp_path: Path):
    file = tmp_path / "history.db.backlog"
    async with serving(path, file=file, most=2) as (backlog, history):
        with holding(path):
            for number in range(7):
                await backlog.write(said(number, "Ana", f"word {number}"))
            assert backlog.waiting == 7
            assert len(file.read_text(encoding="utf-8").splitlines()) == 5
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
        await emptied(backlog)
        assert await texts(history) == [f"word {number}" for number in range(7)]
        assert not file.exists()


async def test_what_waits_when_parley_stops_is_stored_when_it_starts_again(path: Path, tmp_path: Path):
    file = tmp_path / "history.db.backlog"
    async with serving(path, file=file) as (backlog, _):
        with holding(path):
            await backlog.write(said(1, "Ana", "before the stop"))
            await backlog.close()
    async with serving(path, file=file) as (backlog, history):
        backlog.restore()
        await emptied(backlog)
        assert await texts(history) == ["before the stop"]
    assert not file.exists()


async def test_a_line_that_a_crash_cut_short_costs_itself_alone(path: Path, tmp_path: Path):
    file = tmp_path / "history.db.backlog"
    async with serving(path, file=file) as (backlog, _):
        with holding(path):
            for number in (1, 2):
                await backlog.write(said(number, "Ana", f"word {number}"))
            await backlog.close()
    first, second = file.read_text(encoding="utf-8").splitlines()
    file.write_text(f"{first[:40]}\n{second}\n", encoding="utf-8")
    async with serving(path, file=file) as (backlog, history):
        backlog.restore()
        await emptied(backlog)
        assert await texts(history) == ["word 2"]


PLACES = st.builds(Place, st.sampled_from(["slack", "discord"]), st.text(), st.text(), st.none() | st.text())
TIMES = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
PEOPLE = st.builds(Person, st.text(), st.text())
IDS = st.lists(st.text(), max_size=3).map(tuple)
ENTRIES = st.one_of(
    st.builds(
        Message, st.text(), PLACES, PEOPLE, st.text(), TIMES, st.none() | TIMES, st.booleans(), st.booleans(),
        st.none() | st.text(), st.none() | st.text(),
    ),
    st.builds(Channel, PLACES, st.text(), st.sampled_from(["public", "private", "direct", "group"]), st.text()),
    st.builds(Deleted, PLACES, IDS), st.builds(Gone, PLACES), st.builds(Present, PLACES, TIMES, TIMES, IDS),
    st.builds(Threads, PLACES, IDS), st.builds(Pending, st.text(), PLACES, PEOPLE, TIMES),
    st.builds(Settled, st.text()), st.builds(Marked, PLACES, st.text()),
)  # fmt: skip


@given(ENTRIES)
def test_every_kind_of_entry_comes_back_from_its_line_as_it_was(entry: Entry):
    assert from_line(line_of(entry).encode()) == entry


async def test_an_answer_given_meanwhile_says_what_it_may_lack(path: Path):
    async with HistoryThread(path) as history, Core((Binding("embed", "echo", "echo"),)) as core:
        assistant = Assistant(Services(core, history, lambda: NOW, ZoneInfo("UTC")))
        await assistant.observe(said(1, "Ana", "The keys are with Ben."))
        with holding(path):
            await assistant.observe(said(2, "Ben", "I gave them to Cem."))
            reply = await assistant.handle(request("summarize"))
            assert any("1 event waits" in note for note in reply.notes)
        await emptied(assistant.backlog)
        assert not any("wait" in note for note in (await assistant.handle(request("summarize"))).notes)


def test_a_second_serving_process_is_refused_with_a_sentence(tmp_path: Path):
    with (
        only_one(tmp_path / "h.db"),
        pytest.raises(UsageError, match="Another Parley serves"),
        only_one(tmp_path / "h.db"),
    ):
        pass
    with only_one(tmp_path / "h.db"):
        pass
