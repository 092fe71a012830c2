"""The batcher's promises, each a test with its name, kept by a family whose pace the test decides."""

import asyncio
import ctypes
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.errors import CoreClosed, JobFailed, JobTooLong, ModelUnavailable, QueueFull
from nlp.jobs import BatchReport, Classify, Job, Prepared, Priority
from nlp.scheduler.batcher import Batcher
from nlp.scheduler.batching import Budget, Limits, choose, cost, padded

PATIENCE = 10.0


class Paced:
    """Answers each text in capitals. A batch waits for the gate; texts named after an accident have it."""

    tasks = frozenset({"sentiment"})
    limits = Limits(rows=64)
    device = "cpu"
    dtype = "none"

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.running = threading.Event()
        self.batches: list[list[str]] = []
        self.prepared: list[str] = []
        self.saw_cancelled = threading.Event()
        self.most_rows = 1_000

    @classmethod
    def load(cls, binding: object, device: str) -> "Paced":
        del binding, device
        return cls()

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        self.prepared += [job.text for job in jobs if isinstance(job, Classify)]
        return [self._prepare(job) for job in jobs]

    def _prepare(self, job: Job) -> Prepared | Exception:
        assert isinstance(job, Classify)
        if job.text == "endless":
            return JobTooLong("That text is too long.")
        options = "shout" if job.text.startswith("!") else "say"
        return Prepared(job, len(job.text.split()), options, job.text)

    def run(self, batch: Sequence[Prepared], cancelled: Callable[[int], bool]) -> list[Any]:
        texts = [prepared.inputs for prepared in batch]
        self.batches.append(texts)
        self.running.set()
        while not self.gate.wait(0.005):
            if cancelled(0):
                self.saw_cancelled.set()
        if len(texts) > self.most_rows:
            raise MemoryError
        if "bad" in texts:
            raise ValueError("a bad text")
        if "fatal" in texts:
            raise SystemExit
        return [JobFailed("No.") if text == "lonely" else text.upper() for text in texts]

    def memory(self) -> int:
        return 0

    def hold(self) -> None:
        self.gate.clear()
        self.running.clear()


@pytest.fixture
def family() -> Paced:
    return Paced()


@pytest.fixture
async def batcher(family: Paced):
    made = Batcher("paced", lambda: family, limit=100)
    yield made
    family.gate.set()
    await made.close()


async def ask(batcher: Batcher, *texts: str, priority: Priority = Priority.INTERACTIVE) -> list[Any]:
    futures = batcher.submit([Classify(text) for text in texts], priority)
    return await asyncio.wait_for(asyncio.gather(*futures, return_exceptions=True), PATIENCE)


async def busy(batcher: Batcher, family: Paced) -> "asyncio.Future[Any]":
    """Hold the worker in a batch of one job."""
    family.hold()
    future = batcher.submit([Classify("busy")], Priority.INTERACTIVE)[0]
    await until(family.running.is_set)
    return future


async def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.002)


async def test_a_full_queue_refuses_at_once_and_queues_nothing(batcher: Batcher, family: Paced):
    first = await busy(batcher, family)
    waiting = batcher.submit([Classify(str(i)) for i in range(99)], Priority.INTERACTIVE)
    with pytest.raises(QueueFull, match="100 jobs waiting"):
        batcher.submit([Classify("more"), Classify("and more")], Priority.INTERACTIVE)
    family.gate.set()
    assert await first == "BUSY"
    assert await asyncio.wait_for(asyncio.gather(*waiting), PATIENCE) == [str(i) for i in range(99)]
    assert await ask(batcher, "later") == ["LATER"]
    assert "more" not in family.prepared


async def test_bulk_work_that_fills_its_lane_leaves_the_interactive_lane_open(batcher: Batcher, family: Paced):
    await busy(batcher, family)
    batcher.submit([Classify(str(i)) for i in range(100)], Priority.BULK)
    with pytest.raises(QueueFull):
        batcher.submit([Classify("bulk")], Priority.BULK)
    future = batcher.submit([Classify("hello")], Priority.INTERACTIVE)[0]
    family.gate.set()
    assert await asyncio.wait_for(future, PATIENCE) == "HELLO"


async def test_an_idle_worker_starts_at_once_and_a_busy_one_lets_the_queue_grow(batcher: Batcher, family: Paced):
    first = await busy(batcher, family)
    assert family.batches == [["busy"]]
    rest = batcher.submit([Classify(text) for text in ("a", "b", "c")], Priority.INTERACTIVE)
    await until(lambda: len(family.prepared) == 4)
    family.gate.set()
    await asyncio.gather(first, *rest)
    assert family.batches == [["busy"], ["a", "b", "c"]]


async def test_a_window_is_grouped_by_options_and_sorted_by_length(batcher: Batcher, family: Paced):
    await busy(batcher, family)
    texts = ["one", "!a b", "one two three", "one two", "!a"]
    futures = batcher.submit([Classify(text) for text in texts], Priority.INTERACTIVE)
    await until(lambda: len(family.prepared) == 6)
    family.gate.set()
    await asyncio.gather(*futures)
    assert family.batches[1:] == [["one", "one two", "one two three"], ["!a", "!a b"]]


async def test_interactive_requests_go_before_bulk_ones_between_batches(batcher: Batcher, family: Paced):
    await busy(batcher, family)
    bulk = batcher.submit([Classify("bulk")], Priority.BULK)
    await until(lambda: "bulk" in family.prepared)
    quick = batcher.submit([Classify("quick")], Priority.INTERACTIVE)
    await until(lambda: "quick" in family.prepared)
    family.gate.set()
    await asyncio.gather(*bulk, *quick)
    assert family.batches == [["busy"], ["quick"], ["bulk"]]


async def test_a_job_longer_than_the_budget_runs_alone(batcher: Batcher, family: Paced):
    await busy(batcher, family)
    texts = ["word " * 600, "short", "shorter"]
    futures = batcher.submit([Classify(text) for text in texts], Priority.INTERACTIVE)
    await until(lambda: len(family.prepared) == 4)
    family.gate.set()
    await asyncio.gather(*futures)
    assert [len(batch) for batch in family.batches] == [1, 1, 2]


async def test_a_job_that_can_not_be_prepared_fails_alone(batcher: Batcher):
    first, second = await ask(batcher, "endless", "fine")
    assert isinstance(first, JobTooLong)
    assert second == "FINE"


async def test_a_job_cancelled_while_it_waits_never_reaches_the_model(batcher: Batcher, family: Paced):
    first = await busy(batcher, family)
    left, stays = batcher.submit([Classify("leaves"), Classify("stays")], Priority.INTERACTIVE)
    await until(lambda: "stays" in family.prepared)
    left.cancel()
    family.gate.set()
    assert await asyncio.gather(first, stays) == ["BUSY", "STAYS"]
    assert family.batches == [["busy"], ["stays"]]


async def test_a_running_batch_is_told_that_its_caller_left(batcher: Batcher, family: Paced):
    first = await busy(batcher, family)
    assert not family.saw_cancelled.is_set()
    first.cancel()
    await until(family.saw_cancelled.is_set)


async def test_cancelled_jobs_make_room_in_a_full_queue(batcher: Batcher, family: Paced):
    await busy(batcher, family)
    for future in batcher.submit([Classify(str(i)) for i in range(99)], Priority.INTERACTIVE):
        future.cancel()
    future = batcher.submit([Classify("next")], Priority.INTERACTIVE)[0]
    family.gate.set()
    assert await asyncio.wait_for(future, PATIENCE) == "NEXT"


async def test_neither_tokenising_nor_the_model_runs_on_the_event_loops_thread(
    batcher: Batcher, family: Paced, monkeypatch: pytest.MonkeyPatch
):
    seen: dict[str, int] = {}

    def watched(name: str) -> None:
        work = getattr(family, name)
        monkeypatch.setattr(family, name, lambda *told: (seen.update({name: threading.get_ident()}), work(*told))[1])

    watched("prepare")
    watched("run")
    assert await ask(batcher, "hello") == ["HELLO"]
    assert len({*seen.values(), threading.get_ident()}) == 3


async def test_answer_i_belongs_to_job_i(batcher: Batcher):
    texts = [f"text {'word ' * (i * 7 % 13)}{i}" for i in range(90)]
    assert await ask(batcher, *texts) == [text.upper() for text in texts]


async def test_results_are_set_on_the_event_loop_and_only_if_the_future_still_waits(batcher: Batcher, family: Paced):
    first = await busy(batcher, family)
    threads: list[int] = []
    second = batcher.submit([Classify("second")], Priority.INTERACTIVE)[0]
    second.add_done_callback(lambda _: threads.append(threading.get_ident()))
    first.cancel()
    family.gate.set()
    assert await asyncio.wait_for(second, PATIENCE) == "SECOND"
    await asyncio.sleep(0)
    assert threads == [threading.get_ident()]
    assert first.cancelled()


async def test_one_bad_job_does_not_fail_its_neighbours(batcher: Batcher, family: Paced):
    await busy(batcher, family)
    futures = batcher.submit([Classify(text) for text in ("a", "b", "bad", "c", "d")], Priority.INTERACTIVE)
    family.gate.set()
    answers = await asyncio.gather(*futures, return_exceptions=True)
    assert answers[:2] + answers[3:] == ["A", "B", "C", "D"]
    assert isinstance(answers[2], JobFailed)
    assert "bad text" not in str(answers[2])


async def test_a_failure_is_logged_with_its_place_and_without_the_text(
    batcher: Batcher, caplog: pytest.LogCaptureFixture
):
    await ask(batcher, "bad")
    assert "ValueError at " in caplog.text
    assert "test_batcher.py:" in caplog.text
    assert "bad text" not in caplog.text


async def test_an_exception_in_a_results_place_fails_that_job_alone(batcher: Batcher):
    first, second = await ask(batcher, "lonely", "fine")
    assert isinstance(first, JobFailed)
    assert second == "FINE"


async def test_out_of_memory_halves_the_batch_and_goes_on(batcher: Batcher, family: Paced):
    family.most_rows = 4
    await busy(batcher, family)
    futures = batcher.submit([Classify(str(i)) for i in range(16)], Priority.INTERACTIVE)
    await until(lambda: len(family.prepared) == 17)
    family.gate.set()
    assert await asyncio.wait_for(asyncio.gather(*futures), PATIENCE) == [str(i) for i in range(16)]
    assert [len(batch) for batch in family.batches] == [1, 16, 8, 4, 4, 8, 4, 4]
    family.batches.clear()
    await ask(batcher, *(str(i) for i in range(16)))
    assert max(len(batch) for batch in family.batches) <= 4


async def test_a_single_job_that_does_not_fit_into_memory_fails_and_says_so(batcher: Batcher, family: Paced):
    family.most_rows = 0
    (answer,) = await ask(batcher, "large")
    assert isinstance(answer, JobFailed)
    assert "out of memory" in str(answer)
    family.most_rows = 1
    assert await ask(batcher, "small") == ["SMALL"]


async def test_the_worker_survives_a_crash_that_ends_its_thread(batcher: Batcher):
    (answer,) = await ask(batcher, "fatal")
    assert isinstance(answer, JobFailed)
    assert await ask(batcher, "next") == ["NEXT"]


async def test_a_worker_thread_killed_from_outside_is_replaced(batcher: Batcher, family: Paced):
    first = await busy(batcher, family)
    (worker,) = [thread for thread in threading.enumerate() if thread.name == "run_forever paced"]
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker.ident or 0), ctypes.py_object(SystemExit))
    await until(lambda: not worker.is_alive())
    family.gate.set()
    with pytest.raises(JobFailed):
        await first
    assert await ask(batcher, "next") == ["NEXT"]


async def test_a_model_that_can_not_be_loaded_answers_every_caller_and_is_tried_again(family: Paced):
    attempts: list[int] = []

    def load() -> Paced:
        attempts.append(1)
        if len(attempts) == 1:
            raise ModelUnavailable("sentiment", "It is not here.")
        return family

    batcher = Batcher("absent", load)
    answers = await ask(batcher, "a", "b")
    assert [type(answer) for answer in answers] == [ModelUnavailable, ModelUnavailable]
    assert await ask(batcher, "c") == ["C"]
    await batcher.close()


async def test_closing_answers_everyone_and_later_submissions_are_refused(batcher: Batcher, family: Paced):
    running = await busy(batcher, family)
    waiting = batcher.submit([Classify("waits")], Priority.BULK)[0]
    closing = asyncio.create_task(batcher.close())
    answers = await asyncio.wait_for(asyncio.gather(running, waiting, return_exceptions=True), PATIENCE)
    assert [type(answer) for answer in answers] == [CoreClosed, CoreClosed]
    with pytest.raises(CoreClosed):
        batcher.submit([Classify("late")], Priority.INTERACTIVE)
    await until(family.saw_cancelled.is_set)
    family.gate.set()
    await asyncio.wait_for(closing, PATIENCE)
    assert not [thread for thread in threading.enumerate() if thread.name.endswith(" paced")]


async def test_every_batch_emits_one_report(family: Paced):
    reports: list[BatchReport] = []
    batcher = Batcher("paced", lambda: family, on_report=reports.append)
    await busy(batcher, family)
    futures = batcher.submit([Classify("one two three"), Classify("one")], Priority.BULK)
    await until(lambda: len(family.prepared) == 3)
    family.gate.set()
    await asyncio.gather(*futures)
    assert len(reports) == len(family.batches) == 2
    report = reports[1]
    assert (report.model, report.priority) == ("paced", Priority.BULK)
    assert (report.size, report.tokens, report.padded) == (2, 4, 6)
    assert 0 <= report.ran < report.waited
    await batcher.close()


async def test_a_model_is_let_go_only_while_nobody_waits(batcher: Batcher, family: Paced):
    first = await busy(batcher, family)
    assert not batcher.unload()
    family.gate.set()
    await first
    assert batcher.unload()
    assert batcher.family is None
    assert await ask(batcher, "again") == ["AGAIN"]


def prepared(length: int, options: str = "") -> Prepared:
    return Prepared(Classify(""), length, options, None)


waiting_jobs = st.lists(
    st.builds(prepared, st.integers(1, 600), st.sampled_from(["", "other"])), min_size=1, max_size=60
)


@given(waiting_jobs, st.integers(1, 4_000), st.integers(1, 40))
def test_a_batch_holds_the_oldest_job_shares_its_options_and_keeps_the_budget(
    waiting: list[Prepared], budget: int, rows: int
):
    chosen = choose(waiting, budget, Limits(rows=rows))
    lengths = [waiting[i].length for i in chosen]
    assert 0 in chosen
    assert len(set(chosen)) == len(chosen) <= rows
    assert lengths == sorted(lengths)
    assert {waiting[i].options for i in chosen} == {waiting[0].options}
    assert len(chosen) == 1 or padded(lengths[-1]) * len(chosen) <= budget


@given(waiting_jobs, st.integers(1, 4_000))
def test_where_rows_are_grouped_by_length_each_costs_its_own_tokens(waiting: list[Prepared], budget: int):
    limits = Limits(padding=1.0, ragged=True)
    lengths = [waiting[i].length for i in choose(waiting, budget, limits)]
    assert cost(lengths, limits) == sum(map(padded, lengths))
    assert len(lengths) == 1 or cost(lengths, limits) <= budget
    alike = [job.length for job in waiting if job.options == waiting[0].options]
    assert len(lengths) == len(alike) or cost([*lengths, max(alike)], limits) > budget


@given(st.integers(1, 5_000))
def test_padding_rounds_up_by_less_than_a_seventh_and_to_few_shapes(length: int):
    assert length <= padded(length) <= max(length, length * 8 / 7)
    assert padded(padded(length)) == padded(length)
    assert length <= 64 or padded(length) % 8 == 0


def test_a_budget_grows_until_its_batches_take_the_wished_time():
    budget = Budget(Limits())
    for _ in range(30):
        tokens = budget.tokens("", 0.1)
        budget.learn("", 0.1, tokens, 0.01 + tokens / 20_000)
    assert 1_600 < budget.tokens("", 0.1) < 2_000


def test_a_budget_shrinks_when_its_batches_take_too_long():
    budget = Budget(Limits())
    for _ in range(20):
        budget.learn("", 0.06, budget.tokens("", 0.06), 2.0)
    assert budget.tokens("", 0.06) == 128


def test_a_small_batch_teaches_a_budget_nothing():
    budget = Budget(Limits())
    before = budget.tokens("", 0.12)
    budget.learn("", 0.12, 10, 0.05)
    assert budget.tokens("", 0.12) == before


async def test_bulk_batches_are_large_only_while_nobody_asks(
    batcher: Batcher, family: Paced, monkeypatch: pytest.MonkeyPatch
):
    wished: list[float] = []
    learn = Budget.learn
    monkeypatch.setattr(Budget, "learn", lambda *told: (wished.append(told[2]), learn(*told)))
    await ask(batcher, "one", priority=Priority.BULK)
    await ask(batcher, "two")
    await ask(batcher, "three", priority=Priority.BULK)
    monkeypatch.setattr("nlp.scheduler.batcher.QUIET", 0.0)
    await ask(batcher, "four", priority=Priority.BULK)
    limits = family.limits
    assert wished == [limits.alone_seconds, limits.seconds, limits.bulk_seconds, limits.alone_seconds]


async def test_free_memory_is_looked_at_after_every_batch(batcher: Batcher, monkeypatch: pytest.MonkeyPatch):
    looked: list[int] = []
    monkeypatch.setattr("nlp.scheduler.batcher.Spare.settle", lambda _: looked.append(1))
    await ask(batcher, "one")
    await ask(batcher, "two")
    await until(lambda: len(looked) == 2)
