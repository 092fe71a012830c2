"""The history's own thread: order, errors, cancellation and closing."""

import asyncio
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.chat import EVERYTHING, Message, Person, Place
from bot.errors import HistoryUnavailable
from bot.history import History, HistoryThread, Scope

NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
PLACE = Place("slack", "T1", "C1")
MESSAGE = Message("1", PLACE, Person("U1", "Ana"), "hello", NOON)


async def test_work_runs_on_one_thread_that_is_not_the_loops(tmp_path: Path):
    async with HistoryThread(tmp_path / "history.db") as thread:
        seen = {await thread.run(lambda _: threading.get_ident()) for _ in range(3)}
    assert len(seen) == 1
    assert threading.get_ident() not in seen


async def test_what_one_call_stores_the_next_one_reads(tmp_path: Path):
    async with HistoryThread(tmp_path / "history.db") as thread:
        added = await thread.run(lambda history: history.add([MESSAGE]))
        messages = await thread.run(lambda history: history.window(Scope.of(PLACE), EVERYTHING, NOON))
    assert added.messages == 1
    assert messages == [MESSAGE]


async def test_an_error_crosses_to_its_caller_and_the_thread_lives_on():
    async with HistoryThread(None) as thread:
        with pytest.raises(ZeroDivisionError):
            await thread.run(lambda _: 1 / 0)
        assert await thread.run(lambda history: history.stats().messages) == 0


async def test_an_exhausted_iterator_in_the_work_is_an_error_and_no_hang():
    async with HistoryThread(None) as thread:
        with pytest.raises(RuntimeError, match="iterator"):
            await asyncio.wait_for(thread.run(lambda history: next(history.judged())), 5)


async def test_closing_answers_everyone_who_waits():
    thread = HistoryThread(None)
    await thread.start()
    gate = threading.Event()

    def held(_: History) -> str:
        gate.wait(5)
        return "held"

    waiting = [asyncio.create_task(thread.run(held)), asyncio.create_task(thread.run(lambda _: "next"))]
    await asyncio.sleep(0.01)
    closing = asyncio.create_task(thread.close())
    await asyncio.sleep(0.01)
    gate.set()
    assert await asyncio.gather(*waiting) == ["held", "next"]
    await closing


async def test_work_after_closing_is_refused_and_closing_twice_is_harmless():
    thread = HistoryThread(None)
    await thread.start()
    await thread.close()
    await thread.close()
    with pytest.raises(HistoryUnavailable, match="closed"):
        await thread.run(lambda history: history.stats())


async def test_a_cancelled_caller_takes_its_waiting_work_with_it():
    ran: list[str] = []
    gate = threading.Event()
    async with HistoryThread(None) as thread:
        first = asyncio.create_task(thread.run(lambda _: gate.wait(5)))
        second = asyncio.create_task(thread.run(lambda _: ran.append("second")))
        await asyncio.sleep(0.01)
        second.cancel()
        await asyncio.wait([second])
        gate.set()
        await first
        await thread.run(lambda _: ran.append("third"))
    assert ran == ["third"]


async def test_a_file_that_cannot_be_opened_is_told_at_the_start(tmp_path: Path):
    thread = HistoryThread(tmp_path)
    with pytest.raises(HistoryUnavailable):
        await thread.start()
    await thread.close()
