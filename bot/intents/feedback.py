"""Takes what people think of an answer: a thumb up or down, changed or taken back.

It is kept with what was asked and found, in channels that are on, as an example to measure with
(`parley eval feedback`). Who may not read the channel now, or was not shown the answer, finds none to judge. Asks no
model.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

from adapters.chat import Action, Command, Intent, Reply, Request
from bot.conversation.permissions import granted
from bot.errors import NothingFound, UsageError
from bot.history import feedback
from bot.services import Services

COMMAND = Command("feedback", "Say whether an answer was good.", argument="up or down", typed=False, limited=False)
GONE = "I can't keep that: the answer is not at hand any more.", "Ask again, and tell me then."
WORDS = re.compile(r"\s*(not\s+)?(up|down)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Noted:
    """A verdict that was kept, or taken back."""

    token: str
    word: str
    withdrawn: bool = False

    def reply(self) -> Reply:
        """Return thanks, and what becomes of the verdict."""
        if self.withdrawn:
            return Reply("Taken back.", personal=True)
        note = "It stays on this machine, with what was asked and answered, so that the owner can measure me by it."
        back = Action("Take it back", Intent("feedback", f"not {self.word}", options={"reply": self.token}))
        return Reply("Thank you, noted.", notes=(note,), actions=(back,), personal=True)

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        return {"verdict": None if self.withdrawn else self.word}


async def run(request: Request, services: Services) -> Noted:
    """Keep the verdict, or take it back. Raises UsageError, and NothingFound for an answer that can't be judged."""
    found, token = WORDS.fullmatch(request.intent.argument), request.intent.options.get("reply", "")
    if found is None or not token:
        raise UsageError("I don't know which answer you mean.", "Press 👍 or 👎 under it.")
    word, person = found[2].lower(), request.asker.id
    exchange = services.exchanges.get(token)
    place = exchange.place if exchange else await services.history.read(feedback.place_of, token)
    if place and (place.platform, place.workspace) != (request.place.platform, request.place.workspace):
        raise NothingFound(*GONE)
    if found[1]:
        await services.history.write(feedback.withdraw, token, person, good=word == "up")
        return Noted(token, word, withdrawn=True)
    scope = await granted(replace(request, public=False), place)
    kept = await services.history.run(lambda store: store.judge(scope, exchange or token, person, good=word == "up"))
    if not kept:
        raise NothingFound(*GONE)
    return Noted(token, word)
