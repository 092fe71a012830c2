"""Slack over signed HTTP: a small server in front of Bolt.

Signatures are looked at here, before anything else: Bolt reads a body first, and its traceback would tell the log what
was sent.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware
from slack_sdk.signature import SignatureVerifier

from adapters.slack.settings import SlackSettings

log = logging.getLogger(__name__)

STAMP = re.compile(r"[0-9]{1,12}")
SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
REFUSED = 401
UNREADABLE = 400

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def refusing(settings: SlackSettings) -> Middleware:
    """Return a middleware that answers what Slack hasn't sent before anything reads it."""
    verifier = SignatureVerifier(settings.signing_secret)

    @web.middleware
    async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path != settings.path:  # a person's browser, which signs nothing
            return await handler(request)
        stamp, signature = (
            request.headers.get(name, "") for name in ("X-Slack-Request-Timestamp", "X-Slack-Signature")
        )
        if not STAMP.fullmatch(stamp) or not SIGNATURE.fullmatch(signature):
            return web.json_response({"error": "invalid request"}, status=REFUSED)
        try:
            if not verifier.is_valid(await request.read(), stamp, signature):
                return web.json_response({"error": "invalid request"}, status=REFUSED)
            return await handler(request)
        except web.HTTPException:
            raise
        except Exception as error:  # noqa: BLE001 - no text, no form, no JSON, too deep, or of unheard-of shape
            log.warning("a request could not be read: %s", type(error).__name__)
            return web.json_response({"error": "unreadable body"}, status=UNREADABLE)

    return refuse


async def listen(server: web.Application, settings: SlackSettings, ready: Callable[[str], None]) -> None:
    """Serve until cancelled; `ready` gets the address, whose port is a real one even where 0 was asked for."""
    server.middlewares.append(refusing(settings))
    runner = web.AppRunner(server, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        host, port = runner.addresses[0][:2]
        ready(f"http://{host}:{port}{settings.path}")
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
