"""Serves what the assistant asks of its models: a task and texts in, results out. Knows no chat and no store.

Bindings say which model serves which task. Nothing is loaded until the first job for it arrives, and nothing here
imports torch: families do, on their own threads.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing
from copy import copy
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from nlp.errors import CoreClosed, CoreError, ModelRefused, QueueFull
from nlp.hub.model_card import MeasuredMetric, measured, multilingual
from nlp.jobs import (
    BatchReport,
    Classify,
    Embed,
    Entail,
    Entailment,
    Generate,
    Generated,
    Job,
    Locate,
    Located,
    Priority,
    Sentiment,
    Summarize,
    Translate,
    Turn,
    ignore,
)
from nlp.models import CONVERSING, family
from nlp.scheduler.batcher import QUEUE_LIMIT, SORT_WINDOW, Batcher
from nlp.scheduler.bindings import Bindings, identity
from nlp.scheduler.courtesy import FEW, Courtesy
from nlp.scheduler.family import Binding, Endpoint, Family
from nlp.scheduler.memory import MB, SHARE, make_room, unload_idle

MOST_SPELLED = 20_000  # characters of which is remembered whether a vocabulary has them
TASKS = ("sentiment", "embed", "translate", "summarize", "answer", "generate", "entail")


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """The state of a binding: `memory` is in bytes, `device` and `dtype` are empty until it is loaded.

    `reason` says why a default computes in `dtype`, where it had a choice; `failure` why it couldn't be loaded when it
    was last needed.
    """

    task: str
    model: str
    family: str
    loaded: bool
    device: str = ""
    dtype: str = ""
    memory: int = 0
    reason: str = ""
    failure: str = ""


class Core:
    """Serves the bound tasks. Lives on one event loop, between `start` and `close`.

    `memory_mb` bounds what loaded models may hold together; 0 means most of what the device has free. With
    `one_at_a_time` a model that nobody waits for leaves when another one loads.
    """

    def __init__(
        self,
        bindings: Sequence[Binding],
        *,
        device: str = "auto",
        on_report: Callable[[BatchReport], None] = ignore,
        queue_limit: int = QUEUE_LIMIT,
        memory_mb: int = 0,
        one_at_a_time: bool = False,
    ) -> None:
        self._bindings = Bindings(bindings)
        self._device = device
        self._on_report = on_report
        self._queue_limit = queue_limit
        self._memory = cache(lambda: memory_mb * MB or free_share(device))
        self._one_at_a_time = one_at_a_time
        self._making_room = threading.Lock()
        self._batchers: dict[str, Batcher] = {}
        self._spelled: dict[tuple[str, str], dict[str, bool]] = {}
        self._computed: dict[str, str] = {}
        self._failures: dict[str, str] = {}
        self._running = threading.Event()
        self._courtesy: Courtesy | None = None

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Return the places where other programs serve bound models."""
        return tuple(binding.endpoint for binding in self._bindings.all if binding.endpoint)

    def behind(self, courtesy: Courtesy) -> Self:
        """Return this core for one request, whose jobs stand back when its courtesy is due."""
        view = copy(self)
        view._courtesy = courtesy  # noqa: SLF001 - its own class
        return view

    def led_by(self, task: str, model: str) -> Self:
        """Return this core for work that the named model does wherever it can, before others of its task."""
        view = copy(self)
        first = sorted(self._bindings.all, key=lambda each: (each.task, each.name) != (task, model))
        view._bindings = Bindings(first)  # noqa: SLF001 - its own class
        return view

    async def start(self) -> None:
        """Take jobs from now on. Loads nothing."""
        self._running.set()

    async def close(self) -> None:
        """Answer everybody who waits and end the threads."""
        self._running.clear()
        await asyncio.gather(*(batcher.close() for batcher in self._batchers.values()))
        self._batchers.clear()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # The models there are.

    def bound(self, task: str) -> bool:
        """Return whether any model serves the task."""
        return self._bindings.bound(task)

    def model_name(self, task: str, source: str = "", target: str = "") -> str:
        """Return the name of the model that serves the task. Raises ModelUnavailable if there is none."""
        return self._bindings.choose(task, source, target).name

    def family(self, task: str) -> str:
        """Return the family of the model that serves the task. Raises ModelUnavailable if there is none."""
        return self._bindings.choose(task).family

    def converses(self, task: str) -> bool:
        """Return whether the model of the task continues a conversation, so that `generate` may ask it too."""
        return self._bindings.choose(task).family in CONVERSING

    def measured(self, task: str) -> MeasuredMetric:
        """Return version and measured confusion of the model that serves the task; reads files.

        Raises ModelUnavailable.
        """
        return measured(self._bindings.choose(task))

    def reads_every_language(self, task: str) -> bool:
        """Return whether the model of the task takes a text as it is, whatever its language. May read files.

        Raises ModelUnavailable.
        """
        return multilingual(self._bindings.choose(task))

    def computed_in(self, task: str) -> str:
        """Return the arithmetic in which the model of the task computes since it was loaded; "" before."""
        return self._computed.get(identity(self._bindings.choose(task)), "")

    def pairs(self) -> frozenset[tuple[str, str]]:
        """Return the (source, target) languages between which some model translates."""
        return self._bindings.pairs()

    def status(self) -> tuple[ModelStatus, ...]:
        """Return every binding, in the configuration's order."""
        return tuple(self._status(binding) for binding in self._bindings.all)

    def batchers(self) -> tuple[Batcher, ...]:
        """Return the queues that exist so far, for those who measure."""
        return tuple(self._batchers.values())

    # The tasks.

    async def sentiment(
        self,
        texts: Sequence[str],
        *,
        priority: Priority = Priority.INTERACTIVE,
        on_done: Callable[[int], None] = ignore,
    ) -> list[Sentiment]:
        """Return how each text sounds. `on_done` gets how many texts are done."""
        return await self._all([Classify(text) for text in texts], "sentiment", priority, on_done)

    async def embed(
        self,
        texts: Sequence[str],
        *,
        query: bool = False,
        priority: Priority = Priority.INTERACTIVE,
        on_done: Callable[[int], None] = ignore,
    ) -> NDArray[np.float32]:
        """Return a unit row for each text: shape (n, dimensions), (0, 0) for none. A `query` looks for others."""
        rows = await self._all([Embed(text, query) for text in texts], "embed", priority, on_done)
        return np.stack(rows).astype(np.float32, copy=False) if rows else np.zeros((0, 0), dtype=np.float32)

    async def translate(
        self,
        texts: Sequence[str],
        source: str,
        target: str,
        *,
        priority: Priority = Priority.INTERACTIVE,
        on_done: Callable[[int], None] = ignore,
    ) -> list[Generated]:
        """Return each text, a plain segment, in the other language. Raises UnsupportedPair."""
        self._bindings.choose("translate", source, target)
        return await self._all([Translate(text, source, target) for text in texts], "translate", priority, on_done)

    async def summarize(
        self,
        texts: Sequence[str],
        *,
        max_tokens: int = 128,
        instruction: str = "",
        priority: Priority = Priority.INTERACTIVE,
        on_done: Callable[[int], None] = ignore,
    ) -> list[Generated]:
        """Return each text in fewer words, at most `max_tokens` tokens."""
        jobs = [Summarize(text, max_tokens, instruction=instruction) for text in texts]
        return await self._all(jobs, "summarize", priority, on_done)

    async def lacking(self, characters: frozenset[str], source: str, target: str) -> frozenset[str]:
        """Return the characters that the vocabulary of the pair's model lacks.

        Runs no model, and asks for each once.
        """
        binding = self._bindings.choose("translate", source, target)
        known = self._spelled.setdefault((identity(binding), source), {})
        if len(known) > MOST_SPELLED:
            known.clear()
        if new := sorted(characters - known.keys()):
            jobs = [Translate(character, source, target) for character in new]
            prepared = await asyncio.gather(
                *self._batcher(binding).submit(jobs, Priority.INTERACTIVE, only_prepared=True)
            )
            known.update((character, each.unknown > 0) for character, each in zip(new, prepared, strict=True))
        return frozenset(character for character in characters if known[character])

    async def locate(
        self, question: str, contexts: Sequence[str], *, best: int = 1, priority: Priority = Priority.INTERACTIVE
    ) -> list[Located]:
        """Return the `best` spans of each context that answer the question."""
        jobs = [Locate(question, context, best) for context in contexts]
        return await self._all(jobs, "answer", priority, ignore)

    async def entail(
        self, pairs: Sequence[tuple[str, str]], *, priority: Priority = Priority.INTERACTIVE
    ) -> list[Entailment]:
        """Return for each (premise, hypothesis) whether the second follows from the first."""
        return await self._all([Entail(*pair) for pair in pairs], "entail", priority, ignore)

    async def generate(
        self,
        turns: Sequence[Turn],
        *,
        max_tokens: int = 256,
        stop: Sequence[str] = (),
        on_text: Callable[[str], None] | None = None,
        task: str = "generate",
        priority: Priority = Priority.INTERACTIVE,
    ) -> Generated:
        """Continue a conversation. `on_text` gets the text as it is written, on the event loop.

        `task` is another one whose model converses.
        """
        loop = asyncio.get_running_loop()

        def tell(text: str) -> None:
            loop.call_soon_threadsafe(cast("Callable[[str], None]", on_text), text)

        job = Generate(tuple(turns), max_tokens, tuple(stop), tell if on_text else ignore)
        return (await self._all([job], task, priority, ignore))[0]

    async def stream(
        self,
        jobs: Iterable[Job] | AsyncIterable[Job],
        task: str,
        *,
        priority: Priority = Priority.BULK,
        window: int = SORT_WINDOW,
    ) -> AsyncIterator[Any]:
        """Yield results of any number of jobs, in their order, holding `window` of them at a time.

        A job that fails yields its CoreError in its place and the rest goes on. Raises ModelUnavailable, CoreClosed,
        and QueueFull where other callers' jobs leave no room at all.
        """
        async with aclosing(self._finished(jobs, task, priority, window)) as results:
            async for future in results:
                yield future.exception() or future.result()

    async def _all(
        self, jobs: Sequence[Job], task: str, priority: Priority, on_done: Callable[[int], None]
    ) -> list[Any]:
        results: list[Any] = []
        if not jobs:
            self._bindings.choose(task)
        async with aclosing(self._finished(jobs, task, priority, SORT_WINDOW)) as done:
            async for future in done:
                results.append(future.result())
                on_done(len(results))
        return results

    async def _finished(
        self, jobs: Iterable[Job] | AsyncIterable[Job], task: str, priority: Priority, window: int
    ) -> "AsyncGenerator[asyncio.Future[Any], None]":
        """Yield finished futures in the jobs' order, at most `window` jobs in flight, fewer where others go first."""
        flight: deque[asyncio.Future[Any]] = deque()
        try:
            async for job in each(jobs):
                stands_back = self._courtesy is not None and self._courtesy.due()
                lane, most = (
                    (max(priority, Priority.BACKGROUND), min(window, FEW)) if stands_back else (priority, window)
                )
                while flight and (flight[0].done() or len(flight) >= most):
                    yield await finished(flight.popleft())
                if stands_back:
                    await cast("Courtesy", self._courtesy).wait()
                while (future := self._try_submit(job, task, lane, may_wait=bool(flight))) is None:
                    yield await finished(flight.popleft())
                flight.append(future)
            while flight:
                yield await finished(flight.popleft())
        finally:
            for future in flight:
                future.cancel()

    def _try_submit(self, job: Job, task: str, priority: Priority, *, may_wait: bool) -> "asyncio.Future[Any] | None":
        """Queue one job; None if the queue is full but some of the caller's own jobs will leave it."""
        try:
            return self._batcher(self._bindings.of(task, job)).submit([job], priority)[0]
        except QueueFull:
            if may_wait:
                return None
            raise

    # Bindings and their batchers.

    def _batcher(self, binding: Binding) -> Batcher:
        """Return the batcher of a binding; bindings that differ in their task alone share a model."""
        if not self._running.is_set():
            raise CoreClosed("The models are not running.", "Start the bot first.")
        key = identity(binding)
        if key not in self._batchers:
            self._batchers[key] = Batcher(
                binding.name, lambda: self._load(binding), limit=self._queue_limit, on_report=self._on_report
            )
        return self._batchers[key]

    def _load(self, binding: Binding) -> Family:
        """Load a model, on its tokenising thread. Raises ModelUnavailable naming the feature that stays off."""
        try:
            loaded = self._loaded(binding)
        except CoreError as error:
            self._failures[identity(binding)] = f"{error} {error.remedy}".strip()
            raise
        self._failures.pop(identity(binding), None)
        self._computed[identity(binding)] = loaded.dtype
        return loaded

    def _loaded(self, binding: Binding) -> Family:
        kind = family(binding.family, binding.task, own_code=binding.own_code)
        if binding.task not in kind.tasks:
            raise ModelRefused(
                binding.task,
                f"The family {binding.family} can't {binding.task}.",
                f"Bind it to {', '.join(sorted(kind.tasks))}.",
            )
        try:
            with self._making_room:
                if self._one_at_a_time:
                    unload_idle(self.batchers())
                make_room(self.batchers(), binding, self._memory)
                return kind.load(binding, self._device)
        except CoreError:
            raise
        except Exception as error:
            raise ModelRefused(
                binding.task,
                f"{binding.name} could not be loaded ({type(error).__name__}), so {binding.task} is off.",
                "Pull the model again with `parley models pull`.",
            ) from error

    def _status(self, binding: Binding) -> ModelStatus:
        batcher = self._batchers.get(identity(binding))
        loaded = batcher.family if batcher else None
        if loaded is None:
            failure = self._failures.get(identity(binding), "")
            return ModelStatus(binding.task, binding.name, binding.family, loaded=False, failure=failure)
        return ModelStatus(
            binding.task,
            binding.name,
            binding.family,
            loaded=True,
            device=loaded.device,
            dtype=loaded.dtype,
            memory=loaded.memory(),
            reason=getattr(loaded, "reason", ""),
        )


def free_share(device: str) -> int:
    """Return the bytes that models may hold, measured before the first one loads."""
    return int(SHARE * import_module("nlp.runtime.device").free_memory(device))


async def finished(future: "asyncio.Future[Any]") -> "asyncio.Future[Any]":
    """Wait for a future without raising what it holds. Cancels it if the waiter is cancelled."""
    if not future.done():
        try:
            await asyncio.wait((future,))
        except asyncio.CancelledError:
            future.cancel()
            raise
    return future


async def each(jobs: Iterable[Job] | AsyncIterable[Job]) -> AsyncIterator[Job]:
    """Yield jobs of either kind of source, one by one."""
    if isinstance(jobs, AsyncIterable):
        async for job in jobs:
            yield job
    else:
        for job in jobs:
            yield job
