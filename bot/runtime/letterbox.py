"""Hands what is said unasked to the adapter of its platform that is in its workspace."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from adapters.chat import Access, Adapter, Place, Posting
from adapters.errors import Elsewhere, Unreachable


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
        later: Unreachable | None = None
        for adapter in self.adapters:
            try:
                await adapter.post(posting)
            except Elsewhere:
                continue
            except Unreachable as error:
                later = error
            else:
                return
        raise later or Elsewhere("I am not in that workspace.")
