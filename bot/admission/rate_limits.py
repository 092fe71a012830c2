"""Limits requests of a person, a channel and a workspace: a token bucket each, from the `throttled` library.

A person who asks too much reads once when the next request will be served, and then nothing until that time. The
buckets are kept in memory: a restart forgives.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import monotonic

from throttled import MemoryStore, Throttled, rate_limiter

from adapters import realm
from adapters.chat import Request
from bot.errors import SlowDown
from bot.sections import RateLimits

KNOWN = 10_000  # people, channels and workspaces that are remembered; beyond, whoever was away longest is forgiven
WHOSE = {"person": "You are asking", "channel": "This channel is asking", "workspace": "This workspace is asking"}


@dataclass(slots=True)
class Limiter:
    """Counts requests. `admit` lets one through or raises SlowDown."""

    limits: RateLimits
    _buckets: dict[str, Throttled] = field(init=False)
    _told: dict[str, float] = field(default_factory=dict)  # until when each person was asked to wait

    def __post_init__(self) -> None:
        store = MemoryStore(options={"MAX_SIZE": KNOWN})
        self._buckets = {
            name: Throttled(using="gcra", quota=rate_limiter.per_min(rate, burst=rate), store=store)
            for name, rate in self.limits.model_dump(include=set(WHOSE)).items()
        }

    def admit(self, request: Request) -> None:
        """Count the request. Raises SlowDown, `quiet` where the asker knows already."""
        keys = tuple(_keys(request))
        for name, key in keys:
            if self._buckets[name].peek(key).remaining < 1:
                raise self._refusal(request, name, self._buckets[name].limit(key).state.retry_after)
        for name, key in keys:
            self._buckets[name].limit(key)

    def _refusal(self, request: Request, name: str, wait: float) -> SlowDown:
        person, now = next(key for _, key in _keys(request)), monotonic()
        quiet = self._told.get(person, 0.0) > now
        if not quiet:
            self._told = {each: until for each, until in self._told.items() if until > now} | {person: now + wait}
        seconds = math.ceil(wait)
        return SlowDown(
            f"{WHOSE[name]} faster than I can answer everyone.", f"Please ask again in {seconds} s.", quiet=quiet
        )


def _keys(request: Request) -> Iterator[tuple[str, str]]:
    """Yield each bucket's name, and the key of this request in it."""
    place = request.place
    yield "person", f"p\0{place.platform}\0{realm(place)}\0{request.asker.id}"
    yield "channel", f"c\0{place.platform}\0{place.workspace}\0{place.channel}"
    yield "workspace", f"w\0{place.platform}\0{place.workspace}"
