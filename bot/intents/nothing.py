"""Answers what asks for nothing, such as thanks or a wish that is denied, with a nod."""

from dataclasses import dataclass
from typing import Any

from adapters.chat import Command, Reply, Request
from bot.services import Services

COMMAND = Command("nothing", "Take note that nothing is asked for.", typed=False, limited=False)
NOD = "👍"


@dataclass(frozen=True, slots=True)
class Nod:
    """A nod to words that ask for nothing."""

    def reply(self) -> Reply:
        """Return the reply as a person reads it."""
        return Reply(NOD)

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        return {"asked": None}


async def run(request: Request, services: Services) -> Nod:
    """Nod, whatever was said."""
    del request, services
    return Nod()
