"""Socket Mode: envelopes in over a WebSocket, and out on the same one what Bolt answers, as their acknowledgement.

Written here on aiohttp because slack_sdk's client retries a used-up address for ever, never gives up on a revoked
token, and notices a cut connection only at its next ping. The dispatch itself is Bolt's. Knows no request.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.request import SocketModeRequest

from adapters.chat import ignore
from adapters.errors import ServiceStopped
from adapters.platform.signals import Connection, OnSignal
from adapters.slack.wire.client import Slack, backoff, reason, refusal
from adapters.text.coerce import mapping

log = logging.getLogger(__name__)

SWITCH_ON = "Turn it on under Socket Mode in the app's settings, or set PARLEY_SLACK__MODE=http."
LAST_ACKS = 3.0  # seconds that Slack waits for an acknowledgement
OK = 200
LONGEST_NAME = 30
NOBODYS = 404  # no listener takes it, now or when it is sent again


@dataclass(eq=False)
class ConnectionMonitor:
    """All connections together. `heard` is called for the first of them, `missed` when events may have been missed.

    That is after a connection was cut, or when none was left: one that Slack asks to renew is stood in for by another.
    `lost` is called when none is left.
    """

    heard: Callable[[], None]
    missed: Callable[[], None]
    notice: OnSignal = ignore
    lost: Callable[[], None] = lambda: None
    _open: int = 0
    _deaf: bool = False

    def opened(self) -> None:
        """Count a connection that is up."""
        self._open += 1
        self.notice(Connection("slack", up=True))
        if self._deaf:
            self._deaf = False
            self.missed()
        self.heard()

    def closed(self, *, cut: bool) -> None:
        """Count a connection out that was up."""
        self._open -= 1
        self.notice(Connection("slack", up=False))
        self._deaf = self._deaf or cut or self._open == 0
        if self._open == 0:
            self.lost()


@dataclass(eq=False)
class Socket:
    """One of the connections; opens a new one whenever the old one ends, until cancelled or refused for good."""

    slack: Slack
    app: AsyncApp
    session: aiohttp.ClientSession
    monitor: ConnectionMonitor
    _unacknowledged: set[asyncio.Task[None]] = field(default_factory=set)
    _greeted: bool = False
    _renewing: bool = False

    async def run(self) -> NoReturn:
        """Serve for ever. Raises ServiceStopped when the app token is refused."""
        attempt = 0
        while True:
            try:
                await self._serve(await self._address())
                attempt = 0
            except (aiohttp.ClientError, OSError, SlackApiError) as error:
                log.warning("Socket Mode connection failed: %s", type(error).__name__)
                attempt += 1
            await self.slack.settings.clock.sleep(backoff(attempt))

    async def _address(self) -> str:
        try:
            answer = await self.slack.client.apps_connections_open(app_token=self.slack.settings.app_token)
        except SlackApiError as error:
            if stopped := refusal(error, "app token"):
                raise stopped from None
            log.warning("apps.connections.open: %s", reason(error))
            raise
        return str(answer["url"])

    async def _serve(self, address: str) -> None:
        heartbeat = self.slack.settings.heartbeat
        self._greeted = self._renewing = False
        try:
            async with self.session.ws_connect(address, heartbeat=heartbeat, max_msg_size=0) as socket:
                async for frame in socket:
                    if frame.type is aiohttp.WSMsgType.TEXT and not self._take(frame.data, socket):
                        break
                if self._unacknowledged:
                    await asyncio.wait(self._unacknowledged, timeout=LAST_ACKS)
        finally:
            if self._greeted:
                self.monitor.closed(cut=not self._renewing)

    def _take(self, data: str, socket: aiohttp.ClientWebSocketResponse) -> bool:
        """Return whether the connection goes on after this frame."""
        try:
            envelope = mapping(json.loads(data))
        except (ValueError, RecursionError) as error:
            log.warning("a Socket Mode frame could not be read: %s", type(error).__name__)
            return True
        kind = envelope.get("type")
        if kind == "hello" and not self._greeted:
            self._greeted = True
            self.monitor.opened()
        elif kind == "disconnect" and envelope.get("reason") == "link_disabled":
            raise ServiceStopped("Socket Mode is turned off for this app.", SWITCH_ON)
        elif kind == "disconnect":
            self._renewing = True
        elif request := _request_of(envelope):
            task = asyncio.create_task(self._dispatch(request, socket))
            self._unacknowledged.add(task)
            task.add_done_callback(self._unacknowledged.discard)
        return kind != "disconnect"

    async def _dispatch(self, request: SocketModeRequest, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            response = await run_async_bolt_app(self.app, request)
        except Exception as error:  # noqa: BLE001 - one odd payload must cost nobody a connection
            # Bolt stumbles over payloads of unheard-of shape; sent again, they would be no better.
            log.warning("a %s envelope could not be read: %s", request.type, type(error).__name__)
            response = BoltResponse(status=OK)
        if response.status not in {OK, NOBODYS}:
            log.warning("a %s envelope was not served: %s", request.type, response.status)
            return
        try:
            await socket.send_json({"envelope_id": request.envelope_id, **_payload(response)})
        except (aiohttp.ClientError, ConnectionError):
            log.info("an acknowledgement came too late for its connection")  # Slack sends the envelope again


def _request_of(envelope: Mapping[str, Any]) -> SocketModeRequest | None:
    """Return the request in an envelope; None, and a line in the log, for one whose payload isn't an object."""
    if not isinstance(envelope.get("envelope_id"), str) or not isinstance(envelope.get("type"), str):
        return None
    if not isinstance(envelope.get("payload"), dict):
        log.warning("a %s envelope has no payload that can be read", envelope["type"][:LONGEST_NAME])
        return None
    return SocketModeRequest.from_dict(dict(envelope))


def _payload(response: BoltResponse) -> Mapping[str, Any]:
    """Return what an acknowledgement says beside that it is one: the next step of a modal."""
    if not response.body:
        return {}
    kind = response.headers.get("content-type", [""])[0]
    return {"payload": json.loads(response.body) if kind.startswith("application/json") else {"text": response.body}}
