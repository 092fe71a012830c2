"""Defines what an adapter tells about its connection: that one is up or gone, and each call that a platform answered.

Holds a platform's name, numbers and times; no person, no place and no text.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from types import SimpleNamespace

import aiohttp


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection to a platform came up, or one that was up is gone."""

    platform: str
    up: bool


@dataclass(frozen=True, slots=True)
class Called:
    """A call that a platform answered with `status` after so many seconds; 429 says that Parley calls too often."""

    platform: str
    status: int
    seconds: float


Signal = Connection | Called
OnSignal = Callable[[Signal], None]


def tracing(platform: str, notice: OnSignal) -> aiohttp.TraceConfig:
    """Return what tells `notice` of each answer that a session of aiohttp's gets."""
    trace = aiohttp.TraceConfig()

    async def begin(session: aiohttp.ClientSession, context: SimpleNamespace, request: object) -> None:
        del session, request
        context.began = monotonic()

    async def end(
        session: aiohttp.ClientSession, context: SimpleNamespace, answer: aiohttp.TraceRequestEndParams
    ) -> None:
        del session
        notice(Called(platform, answer.response.status, monotonic() - context.began))

    trace.on_request_start.append(begin)
    trace.on_request_end.append(end)
    return trace
