"""Slack on loopback: enough of its Web API, Socket Mode and response URLs to run the real client against.

Keeps messages per channel as Slack does, records every call, and misbehaves on demand: `fail` for answers of the Web
API, `abort` and `disconnect` for the sockets. It checks what Slack checks: tokens, channels, and the limits of blocks.
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
from aiohttp import WSMsgType, web
from fake_slack_api import ME, SECRET, TEAM, WebApi
from fake_slack_rules import Refused, check_response

USES_OF_A_RESPONSE_URL = 5


@dataclass
class FakeSlack(WebApi):
    sockets: list[web.WebSocketResponse] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._acks: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._turns = itertools.cycle(range(10))
        self._uses: dict[str, int] = defaultdict(int)

    # Life

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/link", self._link)
        app.router.add_post("/response/{number}", self._response)
        app.router.add_post("/upload/{file}", self._upload)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.add_user(ME, "parley", is_bot=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        for socket in list(self.sockets):
            with suppress(Exception):
                await socket.close()
        await self._runner.cleanup()
        assert self.mistakes == []

    @property
    def base_url(self) -> str:
        return f"{self.base}/api/"

    # Socket Mode

    def response_url(self) -> str:
        return f"{self.base}/response/{next(self._numbers)}"

    async def connected(self, count: int = 1) -> None:
        await self.until(lambda: len(self.sockets) >= count)

    async def send(self, kind: str, payload: dict[str, Any], retry: int = 0, *, wait: bool = True) -> dict[str, Any]:
        """Send an envelope and return its acknowledgement, with the seconds that it took under `seconds`."""
        await self.connected()
        socket = self.sockets[next(self._turns) % len(self.sockets)]
        envelope = f"E{next(self._numbers)}"
        self._acks[envelope] = asyncio.get_running_loop().create_future()
        body = {"envelope_id": envelope, "type": kind, "payload": payload, "accepts_response_payload": True}
        if retry:
            body |= {"retry_attempt": retry, "retry_reason": "timeout"}
        started = time.perf_counter()
        await socket.send_json(body)
        if not wait:
            return {}
        ack = await asyncio.wait_for(self._acks[envelope], 5)
        return {**ack, "seconds": time.perf_counter() - started}

    async def event(
        self, event: dict[str, Any], event_id: str = "", retry: int = 0, *, wait: bool = True
    ) -> dict[str, Any]:
        return await self.send(
            "events_api", event_body(event, event_id or f"Ev{next(self._numbers)}", self.team), retry, wait=wait
        )

    async def command(self, name: str, text: str = "", *, wait: bool = True, **more: str) -> dict[str, Any]:
        return await self.send("slash_commands", self.command_body(name, text, **more), wait=wait)

    def command_body(self, name: str, text: str = "", **more: str) -> dict[str, Any]:
        return {
            "command": name, "text": text, "team_id": self.team, "channel_id": "C1", "user_id": "U1",
            "trigger_id": self.trigger(), "response_url": self.response_url(), **more,
        }  # fmt: skip

    async def interact(self, kind: str, payload: dict[str, Any], *, wait: bool = True) -> dict[str, Any]:
        body = {
            "type": kind, "team": {"id": self.team}, "user": {"id": "U1", "team_id": self.team},
            "trigger_id": self.trigger(), **payload,
        }  # fmt: skip
        return await self.send("interactive", body, wait=wait)

    def mention(self, text: str, channel: str = "C1", user: str = "U1", **more: Any) -> dict[str, Any]:
        return {
            "type": "app_mention",
            "channel": channel,
            "user": user,
            "ts": self.ts(),
            "text": f"<@{ME}> {text}",
            **more,
        }

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        for socket in list(self.sockets):
            await socket.send_json({"type": "disconnect", "reason": reason})

    async def abort(self) -> None:
        """Cut every connection without a goodbye."""
        for socket in list(self.sockets):
            transport = socket._req.transport if socket._req else None
            if transport is not None:
                transport.abort()

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": len(self.sockets) + 1})
        self.sockets.append(socket)
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._acknowledged(json.loads(frame.data))
        finally:
            self.sockets.remove(socket)
        return socket

    def _acknowledged(self, ack: dict[str, Any]) -> None:
        waiting = self._acks.pop(ack.get("envelope_id", ""), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(ack)

    # Signed HTTP

    async def post_signed(
        self,
        url: str,
        body: dict[str, Any],
        *,
        at: float | None = None,
        secret: str = SECRET,
        drop: tuple[str, ...] = (),
    ) -> tuple[int, str]:
        form = "command" in body or "payload" in body
        data = urlencode(body) if form else json.dumps(body)
        now = time.time() if at is None else at
        headers = signed(data.encode(), "soon" if now == float("inf") else str(int(now)), secret)
        headers = {key: value for key, value in headers.items() if key not in drop}
        headers["Content-Type"] = "application/x-www-form-urlencoded" if form else "application/json"
        async with aiohttp.ClientSession() as session, session.post(url, data=data, headers=headers) as answer:
            return answer.status, await answer.text()

    async def post_raw(self, url: str, data: bytes, secret: str = SECRET) -> int:
        headers = {**signed(data, str(int(time.time())), secret), "Content-Type": "application/x-www-form-urlencoded"}
        async with aiohttp.ClientSession() as session, session.post(url, data=data, headers=headers) as answer:
            return answer.status

    # Response URLs and uploads

    async def _response(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        self._uses[number] += 1
        if self._uses[number] > USES_OF_A_RESPONSE_URL or number in self.files:
            return web.Response(status=404, text="used_url")
        body = await request.json()
        try:
            check_response(body)
        except Refused as error:
            self.mistakes.append(f"response_url: {error.args}")
            return web.Response(status=400, text=error.args[0])
        self.responses.append(body)
        return web.Response(text="ok")

    def use_up(self, url: str) -> None:
        self._uses[url.rpartition("/")[2]] = USES_OF_A_RESPONSE_URL

    async def _upload(self, request: web.Request) -> web.Response:
        self.files[request.match_info["file"]]["content"] = await request.read()
        return web.Response(text="OK")


def event_body(event: dict[str, Any], event_id: str, team: str = TEAM) -> dict[str, Any]:
    return {
        "type": "event_callback", "team_id": team, "event_id": event_id,
        "event": event, "authorizations": [{"team_id": team, "user_id": ME, "is_bot": True}],
    }  # fmt: skip


def signed(data: bytes, stamp: str, secret: str) -> dict[str, str]:
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + data, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}
