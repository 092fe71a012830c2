"""Hands what is said unasked to the adapter of its platform that is in its workspace."""

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from adapters.chat import (
    Access,
    Adapter,
    Companion,
    Fetch,
    Message,
    Place,
    Posting,
    Relayed,
    Window,
    WithCompanions,
    WithRelays,
)
from adapters.errors import Elsewhere, Unreachable

Speaker = TypeVar("Speaker")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Letterbox:
    """The adapters of one platform."""

    adapters: tuple[Adapter, ...]

    @classmethod
    def of(cls, adapters: Iterable[Adapter]) -> "Mapping[str, Letterbox]":
        """Return one for each platform."""
        by_platform: dict[str, list[Adapter]] = defaultdict(list)
        for adapter in adapters:
            by_platform[adapter.name].append(adapter)
        return {name: cls(tuple(each)) for name, each in by_platform.items()}

    def access_for(self, person: str, place: Place) -> Access:
        """Return the word on that person of the adapter that is in the workspace. Raises as `post` does."""
        later: Unreachable | None = None
        for adapter in self.adapters:
            try:
                return adapter.access_for(person, place)
            except Elsewhere:
                continue
            except Unreachable as error:
                later = error
        raise later or Elsewhere("I am not in that workspace.")

    async def post(self, posting: Posting) -> None:
        """Say it where it belongs. Raises Unreachable, also while one is not connected that may be there; Unwelcome."""
        await self._first(lambda adapter: adapter.post(posting), self.adapters)

    async def accompany(self, companion: Companion) -> str:
        """Return what the service calls the companion that stands there now. Raises as `post` does."""
        return await self._first(lambda adapter: adapter.accompany(companion), self._with_companions())

    async def withdraw(self, companion: Companion) -> None:
        """Take back what stands there. Raises as `post` does."""
        await self._first(lambda adapter: adapter.withdraw(companion), self._with_companions())

    async def relay(self, relayed: Relayed) -> str:
        """Return what the service calls what somebody said elsewhere, which stands there now. Raises as `post` does."""
        return await self._first(lambda adapter: adapter.relay(relayed), self._with_relays())

    async def unrelay(self, relayed: Relayed) -> None:
        """Take back what somebody said elsewhere. Raises as `post` does."""
        await self._first(lambda adapter: adapter.unrelay(relayed), self._with_relays())

    def reader_of(self, place: Place) -> Fetch:
        """Return a reader of that channel, by the adapter that is in its workspace; its errors are those of `post`."""

        async def read(window: Window) -> AsyncIterator[Message]:
            async def all_of(adapter: WithCompanions) -> list[Message]:
                return [message async for message in adapter.reader_of(place)(window)]

            for message in await self._first(all_of, self._with_companions()):
                yield message

        return read

    def _with_companions(self) -> list[WithCompanions]:
        return [adapter for adapter in self.adapters if isinstance(adapter, WithCompanions)]

    def _with_relays(self) -> list[WithRelays]:
        return [adapter for adapter in self.adapters if isinstance(adapter, WithRelays)]

    async def _first(self, call: Callable[[Speaker], Awaitable[Answer]], adapters: Iterable[Speaker]) -> Answer:
        """Return the answer of the adapter that is in the workspace."""
        later: Unreachable | None = None
        for adapter in adapters:
            try:
                return await call(adapter)
            except Elsewhere:
                continue
            except Unreachable as error:
                later = error
        raise later or Elsewhere("I am not in that workspace.")
