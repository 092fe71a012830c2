"""The queue in front of one model: two threads that turn waiting jobs into batches and answers.

One thread tokenises ahead, the other runs batches (several do where the model computes on another machine, and its
`Limits` say so); the event loop only appends and gets results through one door.
There is no timer: an idle worker starts at once, a busy one lets the queue grow. Knows no task and no model family
beyond the `Family` contract. Its ten promises are the tests' names in tests/test_batcher.py.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any

from nlp.errors import CoreClosed, CoreError, JobFailed, QueueFull
from nlp.jobs import BatchReport, Job, Prepared, Priority, ignore
from nlp.runtime.allocator import Spare, give_back
from nlp.runtime.openmp import release_helpers
from nlp.scheduler.batching import Budget, Limits, choose, cost
from nlp.scheduler.failures import failure, out_of_memory
from nlp.scheduler.family import Family

QUEUE_LIMIT = 16_384  # unanswered jobs of one model in each lane
SORT_WINDOW = 2_048  # waiting jobs among which neighbours in length are sought
QUIET = 10.0  # seconds without an interactive request after which bulk batches may be larger
PREPARE_AT_ONCE = 256  # texts tokenised together, so that an interactive one waits a few milliseconds at most
JOIN_SECONDS = 10.0
SPARE_SHARE = 4  # the part of a model's size that its batches may leave as free memory

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Ticket:
    """A job on its way: its caller's future, and what the tokeniser made of it."""

    job: Job
    priority: Priority
    future: "asyncio.Future[Any]"
    since: float
    prepared: Prepared | None = None
    only_prepared: bool = False
    context: Context = field(default_factory=copy_context)  # of the caller, whom the log names

    def failure(self, name: str, error: BaseException) -> CoreError:
        """Return the error for the caller; it is logged as theirs."""
        return self.context.run(failure, name, error)


Answer = tuple[Ticket, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """Tickets that run together, and the seconds they should take."""

    tickets: Sequence[Ticket]
    wished: float

    def halves(self) -> "tuple[Batch, Batch]":
        """Return the batch in two."""
        middle = len(self.tickets) // 2
        return Batch(self.tickets[:middle], self.wished), Batch(self.tickets[middle:], self.wished)


class Batcher:
    """Batches the jobs of one model. Made, asked and closed on one event loop; `load` runs on its own thread."""

    def __init__(
        self,
        name: str,
        load: Callable[[], Family],
        *,
        limit: int = QUEUE_LIMIT,
        window: int = SORT_WINDOW,
        on_report: Callable[[BatchReport], None] = ignore,
    ) -> None:
        self.name = name
        self.used = time.monotonic()
        self._load = load
        self._limit = limit
        self._window = window
        self._on_report = on_report
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._ready = threading.Condition(self._lock)
        self._incoming: dict[Priority, deque[Ticket]] = {lane: deque() for lane in Priority}
        self._waiting: dict[Priority, list[Ticket]] = {lane: [] for lane in Priority}
        self._open: dict[Priority, set[Ticket]] = {lane: set() for lane in Priority}
        self._asked = -QUIET
        self._family: Family | None = None
        self._budget = Budget(Limits())
        self._spare = Spare()
        self._threads: list[threading.Thread] = []
        self._workers = 0
        self._closed = False

    # Called on the event loop.

    def submit(
        self, jobs: Sequence[Job], priority: Priority, *, only_prepared: bool = False
    ) -> "list[asyncio.Future[Any]]":
        """Queue jobs and return their futures in order. Raises QueueFull or CoreClosed, having queued none.

        With `only_prepared` a job's result is what the tokeniser made of it and the model doesn't run.
        """
        now = time.monotonic()
        tickets = [Ticket(job, priority, self._loop.create_future(), now, only_prepared=only_prepared) for job in jobs]
        with self._lock:
            self._admit(tickets, self._open[priority])
            self.used = now
            if priority is Priority.INTERACTIVE:
                self._asked = now
            self._incoming[priority].extend(tickets)
            self._arrived.notify()
        if not self._threads:
            self._start(self._prepare_forever)
            self._employ(1)
        return [ticket.future for ticket in tickets]

    async def close(self) -> None:
        """Answer everybody who still waits with CoreClosed, and end the threads."""
        with self._lock:
            self._closed = True
            unanswered = [ticket for lane in Priority for ticket in self._open[lane]]
            self._forget(unanswered)
            self._arrived.notify_all()
            self._ready.notify_all()
        closed = CoreClosed("The models are shutting down.", "Ask again once the bot has restarted.")
        self._deliver([(ticket, closed) for ticket in unanswered], None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join, JOIN_SECONDS)
        self._family = None
        await asyncio.to_thread(give_back)

    def _admit(self, tickets: Sequence[Ticket], lane: set[Ticket]) -> None:
        """Take tickets into a lane, whose limit is its own so that bulk work can't shut interactive requests out."""
        if self._closed:
            raise CoreClosed("The models are shutting down.", "Ask again once the bot has restarted.")
        if len(lane) + len(tickets) > self._limit:
            lane -= {ticket for ticket in lane if ticket.future.done()}
        if len(lane) + len(tickets) > self._limit:
            raise QueueFull(f"{self.name} has {len(lane)} jobs waiting.", "Try again in a minute.")
        lane.update(tickets)

    def _deliver(self, answers: Sequence[Answer], report: BatchReport | None) -> None:
        """Hand results from the threads to the event loop: the only way between them."""
        if report:
            self._on_report(report)
        for ticket, answer in answers:
            if ticket.future.done():
                continue
            if isinstance(answer, BaseException):
                ticket.future.set_exception(answer)
            else:
                ticket.future.set_result(answer)

    # Asked by whoever watches memory, on any thread.

    @property
    def jobs(self) -> int:
        """Return how many jobs wait or run."""
        return sum(len(tickets) for tickets in self._open.values())

    @property
    def family(self) -> Family | None:
        """Return the loaded model, None while it isn't loaded."""
        return self._family

    def unload(self) -> bool:
        """Let go of the model if nobody waits for it. Tells whether it did."""
        with self._lock:
            idle = not any(self._open.values()) and self._family is not None
            if idle:
                self._family = None
        return idle

    # Runs on the tokenising thread.

    def _prepare_forever(self) -> None:
        while tickets := self._next_arrivals():
            try:
                self._prepare(tickets)
            except BaseException as error:  # noqa: BLE001 - whatever it is, its callers wait
                self._answer([(ticket, ticket.failure(self.name, error)) for ticket in tickets])

    def _next_arrivals(self) -> list[Ticket]:
        """Block for the next texts, interactive ones first; empty once closed."""
        with self._lock:
            while not self._closed:
                for lane in Priority:
                    if self._incoming[lane]:
                        count = min(PREPARE_AT_ONCE, len(self._incoming[lane]))
                        return [self._incoming[lane].popleft() for _ in range(count)]
                self._arrived.wait()
        return []

    def _prepare(self, tickets: list[Ticket]) -> None:
        tickets = self._still_waited_for(tickets)
        if not tickets:
            return
        if self._family is None:
            self._family = self._load()
            release_helpers()
            self._budget = Budget(self._family.limits, self._family.device)
            self._employ(self._family.limits.workers)
            give_back()  # what loading left
            self._spare = Spare(self._family.memory() // SPARE_SHARE)
        family = self._family
        done: list[Answer] = []
        for ticket, made in zip(tickets, family.prepare([ticket.job for ticket in tickets]), strict=True):
            if not isinstance(made, Prepared):
                done.append((ticket, ticket.failure(self.name, made)))
            elif ticket.only_prepared:
                done.append((ticket, made))
            else:
                ticket.prepared = made
        self._answer(done)
        with self._lock:
            self._waiting[tickets[0].priority].extend(ticket for ticket in tickets if ticket.prepared)
            self._ready.notify_all()

    # Runs on the worker thread.

    def _run_forever(self) -> None:
        batch: Batch | None = None
        try:
            while batch := self._next_batch():
                self._run(batch)
        except BaseException as error:  # noqa: BLE001 - as above; also what is meant to end a thread
            log.warning("the worker of %s died and is replaced", self.name)
            self._answer([(ticket, ticket.failure(self.name, error)) for ticket in (batch.tickets if batch else ())])
            self._start(self._run_forever)

    def _next_batch(self) -> Batch | None:
        """Block for the next batch, interactive jobs first; None once closed."""
        with self._lock:
            while not self._closed:
                for lane in Priority:
                    self._waiting[lane] = self._alive(self._waiting[lane])
                    if self._waiting[lane]:
                        return self._cut(lane)
                release_helpers()
                self._ready.wait()
        return None

    def _cut(self, lane: Priority) -> Batch:
        waiting = self._waiting[lane]
        jobs = [ticket.prepared for ticket in waiting[: self._window] if ticket.prepared]
        assert self._family is not None
        limits = self._family.limits
        wished = limits.wished(lane, alone=time.monotonic() - self._asked > QUIET)
        chosen = choose(jobs, self._budget.tokens(jobs[0].options, wished), limits)
        batch = Batch([waiting[i] for i in chosen], wished)
        for i in sorted(chosen, reverse=True):
            del waiting[i]
        return batch

    def _run(self, batch: Batch) -> None:
        """Run a batch, or its halves where it fails as a whole, so that only the job at fault fails."""
        assert self._family is not None
        tickets = batch.tickets
        jobs = [ticket.prepared for ticket in tickets if ticket.prepared]
        spent = cost([job.length for job in jobs], self._family.limits)
        start = time.monotonic()
        try:
            results = self._results(tickets, jobs)
        except Exception as error:  # noqa: BLE001 - every caller gets an answer
            if out_of_memory(error):
                with self._lock:
                    self._budget.shrink(spent)
            if len(tickets) == 1:
                self._answer([(tickets[0], tickets[0].failure(self.name, error))])
                return
            for half in batch.halves():
                self._run(half)
            return
        ran = time.monotonic() - start
        with self._lock:
            self._budget.learn(jobs[0].options, batch.wished, spent, ran)
        waited = start - min(ticket.since for ticket in tickets)
        tokens = sum(job.length for job in jobs)
        report = BatchReport(self.name, tickets[0].priority, len(tickets), tokens, spent, waited, ran)
        self._answer(list(zip(tickets, results, strict=True)), report)
        self._spare.settle()

    def _results(self, tickets: Sequence[Ticket], jobs: Sequence[Prepared]) -> list[Any]:
        assert self._family is not None
        results = self._family.run(jobs, lambda i: self._closed or tickets[i].future.done())
        if len(results) != len(tickets):
            raise JobFailed(f"{self.name} returned {len(results)} results for {len(tickets)} jobs.")
        pairs = zip(tickets, results, strict=True)
        return [each.failure(self.name, made) if isinstance(made, Exception) else made for each, made in pairs]

    # Runs on either thread.

    def _employ(self, workers: int) -> None:
        """Have so many workers, unless there are more."""
        while self._workers < workers:
            self._workers += 1
            self._start(self._run_forever)

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=f"{work.__name__.strip('_')} {self.name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _alive(self, tickets: list[Ticket]) -> list[Ticket]:
        """Return the tickets without those whose callers left. The lock is held."""
        left = [ticket for ticket in tickets if ticket.future.done()]
        if not left:
            return tickets
        self._forget(left)
        return [ticket for ticket in tickets if not ticket.future.done()]

    def _forget(self, tickets: Iterable[Ticket]) -> None:
        """Count tickets as answered. The lock is held."""
        for ticket in tickets:
            self._open[ticket.priority].discard(ticket)

    def _still_waited_for(self, tickets: list[Ticket]) -> list[Ticket]:
        with self._lock:
            return self._alive(tickets)

    def _answer(self, answers: Sequence[Answer], report: BatchReport | None = None) -> None:
        """Hand results to the event loop; a loop that is gone has nobody left who waits."""
        with self._lock:
            self._forget(ticket for ticket, _ in answers)
        if (answers or report) and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._deliver, answers, report)
