"""What Bolt calls: acknowledge at once, hand over, return. Holds no logic of an intent."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from adapters.slack.client import Slack, quiet_logger
from adapters.slack.requests import Ask, Reader
from adapters.slack.service import Service

Start = Callable[[Coroutine[Any, Any, None]], object]

ANYTHING = re.compile(".*", re.DOTALL)
ACK_WAITS = 1.0  # seconds for the ledger; Slack gives up after three


@dataclass(frozen=True, slots=True)
class Listeners:
    """The listeners of one app. `start` runs work that outlives the acknowledgement."""

    service: Service
    reader: Reader
    start: Start

    async def claim(
        self,
        body: dict[str, Any],
        context: AsyncBoltContext,
        next: Callable[[], Awaitable[None]],  # noqa: A002
    ) -> BoltResponse | None:
        """Before anything else: write down what is asked, so that it is done once and never forgotten."""
        ask = self.reader.ask(body)
        if ask is not None:
            claimed = asyncio.ensure_future(self.service.claim(ask))
            await asyncio.wait({claimed}, timeout=ACK_WAITS)
            if claimed.done() and not claimed.result():
                return BoltResponse(status=200, body="")
            context["ask"], context["claimed"] = ask, claimed
        await next()
        return None

    async def on_command(self, ack: AsyncAck, context: AsyncBoltContext) -> None:
        """A slash command."""
        await ack()
        self._serve(context)

    async def on_event(self, context: AsyncBoltContext) -> None:
        """An event; Bolt has acknowledged it."""
        self._serve(context)

    def _serve(self, context: AsyncBoltContext) -> None:
        ask: Ask | None = context.get("ask")
        if ask is not None:
            self.start(self.service.serve(ask, context["claimed"]))


def build_app(slack: Slack, listeners: Listeners) -> AsyncApp:
    """The Bolt app with every listener on it."""
    settings = slack.settings
    app = AsyncApp(
        name="parley",
        client=slack.client,
        logger=quiet_logger(),
        signing_secret=settings.signing_secret,
        request_verification_enabled=settings.mode == "http",
    )
    app.use(listeners.claim)
    app.command(ANYTHING)(listeners.on_command)
    app.event(ANYTHING)(listeners.on_event)
    return app
