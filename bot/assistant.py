"""Serves a request: finds its intent, runs it, and turns what went wrong into words.

Every request gets exactly one reply. Logs hold the intent, the place and the kind of an error, never a text. Knows
no platform.
"""

import logging
import traceback
from dataclasses import dataclass
from time import perf_counter

from adapters.chat import Event, Pending, Place, Reply, Request, Standing
from adapters.errors import EdgeError
from bot.errors import ParleyError, UsageError
from bot.intents import INTENTS, Result, Services, intent
from nlp.errors import CoreError

log = logging.getLogger(__name__)

UNEXPECTED = Reply(
    "Something went wrong on my side, and it was not your request.",
    notes=("The owner finds the details in my log.",),
)


@dataclass(frozen=True, slots=True)
class Assistant:
    """The one door between the adapters and the intents."""

    services: Services

    async def handle(self, request: Request) -> Reply:
        """The reply to `request`, whatever happens; only cancellation passes through."""
        started = perf_counter()
        try:
            reply = (await self.work(request)).reply()
        except (ParleyError, CoreError, EdgeError) as error:
            log.info("%s in %s: %s", request.intent.name, request.place.channel, type(error).__name__)
            return apology(error)
        except Exception as error:  # noqa: BLE001 - the last line of defence: the asker must hear something
            _report(request, error)
            return UNEXPECTED
        log.info("%s in %s: %.1f s", request.intent.name, request.place.channel, perf_counter() - started)
        return reply

    async def observe(self, event: Event) -> None:
        """Keep what was said, edited or deleted in a channel, as its consent says."""
        now, days = self.services.now(), self.services.days
        await self.services.history.run(lambda store: store.observe(event, now, days))

    async def standing(self, place: Place) -> Standing:
        """What is decided about this channel now."""
        return await self.services.history.run(lambda store: store.standing(place))

    async def mark(self, place: Place, mark: str) -> None:
        """Remember how far the channel has been read."""
        await self.services.history.run(lambda store: store.set_mark(place, mark))

    async def claim(self, pending: Pending) -> bool:
        """True to the first who claims this key, across restarts."""
        return await self.services.history.run(lambda store: store.claim(pending))

    async def settle(self, key: str) -> None:
        """The work behind the key has been answered."""
        await self.services.history.run(lambda store: store.settle(key))

    async def unsettled(self, platform: str) -> tuple[Pending, ...]:
        """What an earlier run claimed and never settled, oldest first."""
        return await self.services.history.run(lambda store: store.unsettled(platform))

    async def work(self, request: Request) -> Result:
        """What the intent found. Raises bot.errors, nlp.errors or adapters.errors for the caller to show."""
        if request.intent.name not in INTENTS:
            raise UsageError(f"I don't know how to do “{request.intent.name}”.", f"I can {', '.join(INTENTS)}.")
        return await intent(request.intent.name).run(request, self.services)


def _report(request: Request, error: Exception) -> None:
    # The frames without the message: an exception's words may quote what somebody wrote.
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s in %s: %s\n%s", request.intent.name, request.place.channel, type(error).__name__, frames)


def apology(error: ParleyError | CoreError | EdgeError) -> Reply:
    """An error as a reply: what happened, then what to do."""
    return Reply(str(error), notes=(error.remedy,) if error.remedy else ())
