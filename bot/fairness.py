"""Whose turn it is: of all who wait for an answer, one request of each person after the other.

So a hundred requests of one person are in nobody's way but their own. Knows no intent; it counts people and seconds.
"""

import asyncio
import math
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

from bot.errors import SlowDown

Tell = Callable[[int, float], None]  # hears how many go before, and in about how many seconds it is one's turn
RECENT = 0.2  # weight of the newest duration in the estimate


@dataclass(frozen=True, slots=True, eq=False)
class Waiter:
    """One request that waits; `turn` is set when it may start."""

    person: str
    tell: Tell
    turn: "asyncio.Future[None]"


@dataclass(slots=True)
class Turns:
    """Lets `together` requests run at once, `each` of one person, and `most` wait. Belongs to one event loop."""

    together: int = 4
    each: int = 1
    most: int = 500
    _running: Counter[str] = field(default_factory=Counter)
    _waiting: "OrderedDict[str, deque[Waiter]]" = field(default_factory=OrderedDict)
    _usual: float = 1.0  # seconds that a request takes

    @asynccontextmanager
    async def turn(self, person: str, tell: Tell) -> AsyncIterator[None]:
        """Wait for a turn and hold it. Raises SlowDown where too many wait already."""
        await self._take(person, tell)
        started = monotonic()
        try:
            yield
        finally:
            self._usual += RECENT * (monotonic() - started - self._usual)
            self._give_back(person)

    async def _take(self, person: str, tell: Tell) -> None:
        if self._free(person) and person not in self._waiting:
            self._running[person] += 1
            return
        if sum(map(len, self._waiting.values())) >= self.most:
            raise SlowDown("More people are waiting than I can serve soon.", "Please try again in a few minutes.")
        waiter = Waiter(person, tell, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(person, deque()).append(waiter)
        self._tell_all()
        try:
            await waiter.turn
        except asyncio.CancelledError:
            self._leave(waiter)
            raise

    def _leave(self, waiter: Waiter) -> None:
        """Somebody waits no more. If the turn had come at that very moment, it goes to the next."""
        if waiter.turn.cancelled():
            self._remove(waiter)
            self._tell_all()
        else:
            self._give_back(waiter.person)

    def _remove(self, waiter: Waiter) -> None:
        mine = self._waiting.get(waiter.person, deque())
        if waiter in mine:
            mine.remove(waiter)
            if not mine:
                del self._waiting[waiter.person]

    def _free(self, person: str) -> bool:
        return self._running.total() < self.together and self._running[person] < self.each

    def _give_back(self, person: str) -> None:
        self._running[person] -= 1
        self._running += Counter()  # drops who has nothing running
        while waiter := next((queue[0] for name, queue in self._waiting.items() if self._free(name)), None):
            self._remove(waiter)
            if waiter.person in self._waiting:
                self._waiting.move_to_end(waiter.person)
            if not waiter.turn.done():  # else it was cancelled and has not heard of it yet
                self._running[waiter.person] += 1
                waiter.turn.set_result(None)
        self._tell_all()

    def _tell_all(self) -> None:
        for waiter, before in self._places():
            waiter.tell(before, self._usual * math.ceil((before + 1) / self.together))

    def _places(self) -> list[tuple[Waiter, int]]:
        """Everybody who waits, with how many go before: all the firsts in turn, then all the seconds, and so on."""
        queues = list(self._waiting.values())
        rounds = (
            queue[depth] for depth in range(max(map(len, queues), default=0)) for queue in queues if depth < len(queue)
        )
        return [(waiter, before) for before, waiter in enumerate(rounds)]
