"""The listeners that Bolt calls: each notes what is asked, for `ACK_WAITS` at most, acknowledges, and hands over.

Holds no logic of an intent.
"""

import asyncio
import logging
import re
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from adapters.slack.asks import Ask
from adapters.slack.wire.client import Slack, quiet_logger, web_client
from adapters.slack.wire.dispatcher import Dispatcher
from adapters.text.coerce import mapping

log = logging.getLogger(__name__)
Start = Callable[[Coroutine[Any, Any, None]], object]
Next = Callable[[], Awaitable[None]]

ANYTHING = re.compile(".*", re.DOTALL)
ACK_WAITS = 0.8  # seconds for the ledger; Slack gives up after three


@dataclass(frozen=True, slots=True)
class Listeners:
    """The listeners of one app. `start` runs work that outlives the acknowledgement."""

    dispatcher: Dispatcher
    start: Start

    async def claim(self, body: dict[str, Any], context: AsyncBoltContext, next: Next) -> BoltResponse | None:  # noqa: A002 - Bolt's name
        """Write down what is asked, before anything else, so that it is done once and never forgotten."""
        ask = self.dispatcher.reader.ask(body)
        if ask is not None:
            claimed = asyncio.ensure_future(self.dispatcher.service.claim(ask))
            await asyncio.wait({claimed}, timeout=ACK_WAITS)
            if claimed.done() and not claimed.result():
                return BoltResponse(status=200, body="")
            context["ask"], context["claimed"] = ask, claimed
        await next()
        return None

    async def on_press(self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Hand over a slash command, a shortcut, a button or a form."""
        await ack()
        ask = _ask(context)
        self.start(self.dispatcher.asked(ask, context["claimed"]) if ask else self.dispatcher.press(body))

    async def on_event(self, event: dict[str, Any], context: AsyncBoltContext) -> None:
        """Hand over an event, which Bolt has acknowledged."""
        ask = _ask(context)
        if ask is not None:
            self.start(self.dispatcher.asked(ask, context["claimed"]))
        self.start(self.dispatcher.happened(mapping(event)))


def _ask(context: Mapping[str, Any]) -> Ask | None:
    ask = context.get("ask")
    return ask if isinstance(ask, Ask) else None


async def on_error(error: Exception) -> BoltResponse:
    """Log what Bolt or a listener stumbled over, on one line; what has an odd shape would have it again."""
    *_, frame = traceback.extract_tb(error.__traceback__) or [None]
    where = f" at {PurePath(frame.filename).name}:{frame.lineno}" if frame else ""
    log.warning("a payload could not be served: %s%s", type(error).__name__, where)
    odd = isinstance(error, (TypeError, ValueError, AttributeError, KeyError, RecursionError))
    return BoltResponse(status=200 if odd else 500, body="")


def build_app(slack: Slack, listeners: Listeners) -> AsyncApp:
    """Return the Bolt app with every listener on it: each kind of payload has one that takes whatever it is called."""
    settings = slack.settings

    async def authorize() -> AuthorizeResult:
        # Bolt would ask Slack who it is, and during a rush once for each of the first requests.
        return AuthorizeResult(
            enterprise_id=None,
            team_id=slack.team,
            bot_token=settings.bot_token,
            bot_id=slack.bot,
            bot_user_id=slack.me,
        )

    app = AsyncApp(
        name="parley",
        client=web_client(settings, slack.client.session, token=None),
        authorize=authorize,
        logger=quiet_logger(),
        signing_secret=settings.signing_secret,
        request_verification_enabled=settings.mode == "http",
    )
    app.use(listeners.claim)
    app.error(on_error)
    for kind in (app.command, app.shortcut, app.action, app.view):
        kind(ANYTHING)(listeners.on_press)
    app.event(ANYTHING)(listeners.on_event)
    return app
