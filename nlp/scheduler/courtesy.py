"""Lets a request that shares the models with others stand back while they are served.

A batch that runs can't be interrupted. So a request that stands back has few jobs under way, in the lane behind the
interactive one, and puts none into it while others are being served. Knows no queue and no person.
"""

from typing import Protocol

FEW = 8  # jobs under way of a request that stands back


class Courtesy(Protocol):
    """Decides when a request stands back, and for how long."""

    def due(self) -> bool:
        """Return whether it stands back now."""
        ...

    async def wait(self) -> None:
        """Return once its next job may start."""
        ...
