"""Slack over signed HTTP: a small server in front of Bolt, which checks the signatures.

What isn't even in the form of a signed request is refused here: Bolt's check raises on it, and its traceback would tell
the log what was sent.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable

from aiohttp import web
from slack_bolt.app.async_app import AsyncApp

from adapters.slack.settings import SlackSettings

STAMP = re.compile(r"[0-9]{1,12}")
SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
REFUSED = 401
UNREADABLE = 400

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def refuse_malformed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what no Slack has sent, before anything reads it."""
    stamp, signature = (request.headers.get(name, "") for name in ("X-Slack-Request-Timestamp", "X-Slack-Signature"))
    if not STAMP.fullmatch(stamp) or not SIGNATURE.fullmatch(signature):
        return web.json_response({"error": "invalid request"}, status=REFUSED)
    try:
        return await handler(request)
    except (ValueError, TypeError, AttributeError, KeyError):  # no text, no form, no JSON, or of unheard-of shape
        return web.json_response({"error": "unreadable body"}, status=UNREADABLE)


async def listen(app: AsyncApp, settings: SlackSettings, ready: Callable[[str], None]) -> None:
    """Serve until cancelled; `ready` hears the address, whose port is a real one even where 0 was asked for."""
    server = app.web_app(path=settings.path)
    server.middlewares.append(refuse_malformed)
    runner = web.AppRunner(server, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        host, port = runner.addresses[0][:2]
        ready(f"http://{host}:{port}{settings.path}")
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
