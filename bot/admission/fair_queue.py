"""Decides whose turn it is: of all who wait for an answer, one request of each person after the other.

So a hundred requests of one person are in nobody's way but their own. A model that has begun a batch can't be
interrupted: who has several waiting also lets a moment pass after everybody else's, and once begun stands back before
each piece of work while somebody else is served. Knows no intent; it counts people and seconds.
"""

import asyncio
import math
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic

from adapters.chat import ignore
from bot.errors import SlowDown

Tell = Callable[[int, float], None]  # gets how many go before, and in about how many seconds it is one's turn
RECENT = 0.2  # weight of the newest duration in the estimate
PATIENCE = 40  # usual durations after which who has several waiting goes on whatever the others do


@dataclass(frozen=True, slots=True, eq=False)
class Waiter:
    """One request that waits, since when; `turn` is set when it may start."""

    person: str
    tell: Tell
    turn: "asyncio.Future[None]"
    since: float


@dataclass(frozen=True, slots=True)
class QueueCourtesy:
    """The courtesy of a request in the queue towards the requests of others (`nlp.scheduler.courtesy`)."""

    turns: "FairQueue"
    person: str

    def due(self) -> bool:
        """Return whether it is one of several."""
        return self.turns.stands_back(self.person)

    async def wait(self) -> None:
        """Let those be served who have one."""
        await self.turns.quiet(self.person)


@dataclass(slots=True)
class FairQueue:
    """Lets `together` requests run at once, one of each person, and `most` wait. Belongs to one event loop.

    `_running` tells of each person who is served whether that was their only request; `_started` and `_ended` when
    somebody's last one began and when somebody's only one was done; `_stood` how long it has stood back.
    """

    together: int = 4
    most: int = 500
    on_turn: Callable[[float], None] = ignore  # gets the seconds that a request waited for its turn
    _running: dict[str, bool] = field(default_factory=dict)
    _waiting: "OrderedDict[str, deque[Waiter]]" = field(default_factory=OrderedDict)
    _started: dict[str, float] = field(default_factory=dict)
    _ended: dict[str, float] = field(default_factory=dict)
    _stood: dict[str, float] = field(default_factory=dict)
    _change: asyncio.Event = field(default_factory=asyncio.Event)  # another one each time that somebody is done
    _usual: float = 1.0  # seconds that a request takes
    _alarm: asyncio.TimerHandle | None = None

    @property
    def running(self) -> int:
        """Return how many requests are being served."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """Return how many requests wait for their turn."""
        return sum(map(len, self._waiting.values()))

    @asynccontextmanager
    async def turn(self, person: str, tell: Tell) -> AsyncIterator[QueueCourtesy]:
        """Wait for a turn and hold it; its request behaves as the courtesy says. Raises SlowDown: too many wait."""
        asked = monotonic()
        await self._take(person, tell)
        self.on_turn(monotonic() - asked)
        try:
            yield QueueCourtesy(self, person)
        finally:
            took = monotonic() - self._started[person] - self._stood.pop(person, 0.0)
            self._usual += RECENT * (took - self._usual)
            self._give_back(person)

    def stands_back(self, person: str) -> bool:
        """Return whether that person has several requests and the one that runs hasn't stood back for long enough."""
        return person in self._waiting and self._left(person) > 0

    async def quiet(self, person: str) -> None:
        """Return when nobody who has one request is served, or `person` has stood back for long enough."""
        since = monotonic()
        while self.stands_back(person) and self._others(person):
            with suppress(TimeoutError):
                async with asyncio.timeout(max(self._left(person), 0.001)):
                    await self._change.wait()
        self._stood[person] = self._stood.get(person, 0.0) + monotonic() - since

    def _left(self, person: str) -> float:
        """Return seconds for which the request that runs may have to stand back."""
        return self._started.get(person, -math.inf) + PATIENCE * self._usual - monotonic()

    def _others(self, person: str) -> bool:
        """Return whether somebody else is served who has only that one request."""
        return any(name != person and name not in self._waiting for name in self._running)

    async def _take(self, person: str, tell: Tell) -> None:
        if self._free(person) and person not in self._waiting:
            self._start(person, alone=True)
            return
        if self.waiting >= self.most:
            raise SlowDown("More people are waiting than I can serve soon.", "Please try again in a few minutes.")
        waiter = Waiter(person, tell, asyncio.get_running_loop().create_future(), monotonic())
        self._waiting.setdefault(person, deque()).append(waiter)
        self._tell_all()
        try:
            await waiter.turn
        except asyncio.CancelledError:
            self._leave(waiter)
            raise

    def _start(self, person: str, *, alone: bool) -> None:
        self._running[person] = alone
        self._started[person] = monotonic()

    def _leave(self, waiter: Waiter) -> None:
        """Take somebody who no longer waits out of the queue. If the turn had come at that moment, it goes to the next.

        If the turn had come at that moment, it goes to the next.
        """
        if waiter.turn.cancelled():
            self._remove(waiter)
            self._advance()
        else:
            self._give_back(waiter.person)

    def _remove(self, waiter: Waiter) -> None:
        mine = self._waiting.get(waiter.person, deque())
        if waiter in mine:
            mine.remove(waiter)
            if not mine:
                del self._waiting[waiter.person]

    def _free(self, person: str) -> bool:
        return len(self._running) < self.together and person not in self._running

    def _give_back(self, person: str) -> None:
        now = monotonic()
        if self._running.pop(person):
            self._ended[person] = now
        self._change.set()
        self._change = asyncio.Event()
        recent = now - PATIENCE * self._usual
        self._ended = {name: at for name, at in self._ended.items() if at > recent}
        self._started = {name: at for name, at in self._started.items() if at > recent or name in self._running}
        self._advance()

    def _advance(self) -> None:
        """Start whoever may start now, and look again when somebody has held back long enough."""
        while waiter := self._next():
            self._remove(waiter)
            crowd = waiter.person in self._waiting
            if crowd:
                self._waiting.move_to_end(waiter.person)
            if not waiter.turn.done():  # else it was cancelled and has not heard of it yet
                self._start(waiter.person, alone=not crowd)
                waiter.turn.set_result(None)
        self._tell_all()
        self._set_alarm()

    def _next(self) -> Waiter | None:
        free = [queue for name, queue in self._waiting.items() if self._free(name)]
        overdue = (queue[0] for queue in free if len(queue) > 1 and self._patience(queue[0]) <= 0)
        alone = (queue[0] for queue in free if len(queue) == 1)
        crowds = (queue[0] for queue in free if len(queue) > 1 and self._pause(queue[0]) <= 0)
        return next(overdue, None) or next(alone, None) or next(crowds, None)

    def _patience(self, waiter: Waiter) -> float:
        """Return the seconds after which a person has held back for long enough, whatever the others do."""
        last = max(waiter.since, self._started.get(waiter.person, waiter.since))
        return last + PATIENCE * self._usual - monotonic()

    def _pause(self, waiter: Waiter) -> float:
        """Return the seconds for which somebody with several requests holds back for those who have one."""
        if any(alone for name, alone in self._running.items() if name != waiter.person):
            return self._patience(waiter)
        ended = max((at for name, at in self._ended.items() if name != waiter.person), default=-math.inf)
        return min(ended + self._usual - monotonic(), self._patience(waiter))

    def _set_alarm(self) -> None:
        if self._alarm:
            self._alarm.cancel()
        pauses = [self._pause(queue[0]) for name, queue in self._waiting.items() if self._free(name)]
        self._alarm = asyncio.get_running_loop().call_later(max(min(pauses), 0.001), self._advance) if pauses else None

    def _tell_all(self) -> None:
        for waiter, before in self._places():
            waiter.tell(before, self._usual * math.ceil((before + 1) / self.together))

    def _places(self) -> list[tuple[Waiter, int]]:
        """Return everybody who waits, with how many go before: all the firsts in turn, then all the seconds."""
        queues = list(self._waiting.values())
        rounds = (
            queue[depth] for depth in range(max(map(len, queues), default=0)) for queue in queues if depth < len(queue)
        )
        return [(waiter, before) for before, waiter in enumerate(rounds)]
