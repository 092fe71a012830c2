"""Names by ids that are looked up among all messages only when somebody is missing."""

from collections.abc import Callable, Mapping
from typing import Any


class People(dict[str, str]):
    """Names by ids, which `meet` adds to when one is looked up in vain for the first time."""

    def __init__(self, known: Mapping[str, str], meet: Callable[[], Mapping[str, str]]) -> None:
        super().__init__(known)
        self._meet: Callable[[], Mapping[str, str]] | None = meet

    def get(self, key: str, default: Any = None) -> Any:
        """Return the name, or the default where even a look through all messages gives none."""
        if key not in self and self._meet is not None:
            meet, self._meet = self._meet, None
            for other, name in meet().items():
                self.setdefault(other, name)
        return super().get(key, default)
