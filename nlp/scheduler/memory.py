"""Decides which models stay in memory: the least recently used idle one leaves when another needs its place."""

from collections.abc import Callable, Iterable
from typing import Protocol

from nlp.errors import ModelUnavailable
from nlp.runtime.allocator import give_back
from nlp.scheduler.family import Binding, Family

SHARE = 0.8  # of the free memory that models may take; the rest is for what they compute
MB = 1_000_000
SMALL = 200 * MB


class Resident(Protocol):
    """A holder of a model: a batcher."""

    used: float

    @property
    def family(self) -> Family | None:
        """Return the loaded model, None while it isn't loaded."""
        ...

    def unload(self) -> bool:
        """Let go of the model if nobody waits for it. Tells whether it did."""
        ...


def make_room(residents: Iterable[Resident], binding: Binding, grant: Callable[[], int]) -> None:
    """Unload idle models until `binding`'s fits beside the rest into the bytes of `grant`.

    A first small model is let in unasked, because asking a device means importing torch; so is a binding that doesn't
    know its size. Raises ModelUnavailable if there is no room.
    """
    held = {resident: family.memory() for resident in residents if (family := resident.family)}
    needed = binding.size_mb * MB
    if not held and needed < SMALL:
        return
    budget = grant()
    for resident in sorted(held, key=lambda one: one.used):
        if sum(held.values()) + needed <= budget:
            return
        if resident.unload():
            del held[resident]
    if held and sum(held.values()) + needed > budget:
        raise ModelUnavailable(
            binding.task, f"There is no memory for {binding.name} beside the models at work.", "Try again in a minute."
        )
    if needed > budget:
        raise ModelUnavailable(
            binding.task,
            f"{binding.name} needs {binding.size_mb} MB and models may take {budget // MB} MB here.",
            "Choose a smaller model or profile.",
        )


def unload_idle(residents: Iterable[Resident]) -> None:
    """Unload every model that nobody waits for, and give its memory back."""
    if sum(resident.unload() for resident in residents):
        give_back()
