"""A stand-in of Discord on loopback: a REST API and a gateway, honest about ids, sequences, resuming and rate limits.

Made for what a simulation in process can't show: HTTP errors, rate limits, cut connections, malformed frames, replays.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import WSMsgType, web
from fake_discord_data import (
    ANA,
    APP,
    BEN,
    CONTENT_FLAGS,
    GENERAL,
    GUILD,
    MESSAGE_CONTENT,
    PARLEY,
    ROLE,
    ROLES,
    TOKEN,
    Ids,
    Json,
    channel,
    guild,
    interaction,
    member,
    message,
    user,
)
from fake_discord_rest import rest_api

HELLO, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID, ACK = 10, 1, 2, 6, 7, 9, 11
OVER = 5.0


@dataclass
class Shown:
    """A message that answers an interaction, as people see it."""

    content: str
    private: bool


@dataclass
class Fault:
    """What goes wrong with calls that match, a number of times."""

    call: str
    status: int
    times: int
    body: Json
    headers: dict[str, str]


class FakeDiscord:
    def __init__(self) -> None:
        self.ids = Ids()
        self.users = {ANA: user(ANA, "ana"), BEN: user(BEN, "ben"), APP: PARLEY}
        self.channels: dict[str, Json] = {GENERAL: channel(GENERAL, "general")}
        self.threads: dict[str, Json] = {}
        self.messages: dict[str, list[Json]] = {GENERAL: []}
        self.webhooks: dict[str, Json] = {}
        self.flags = 1 << 19
        self.intents = 0
        self.installations: Json = {"0": {}, "1": {}}
        self.commands: list[Json] = []
        self.calls: list[tuple[str, str]] = []
        self.bodies: list[Json] = []
        self.uploads: list[tuple[str, bytes]] = []
        self.interactions: dict[str, Json] = {}
        self.responses: dict[str, list[Json]] = {}  # the bodies that answer an interaction, in order
        self.privacy: dict[str, bool] = {}  # whether only the asker sees the first of them
        self.shown: defaultdict[str, list[Shown]] = defaultdict(list)  # what people see of them
        self.expired: set[str] = set()  # interactions that are older than fifteen minutes
        self.refused: list[str] = []
        self.identifies: list[Json] = []
        self.resumes: list[Json] = []
        self.refuse_identify: int | None = None
        self.bad_readies: list[Json | None] = []  # what the next READYs hold instead; None: they don't come
        self.refuse_resume = False
        self.roles = ROLES
        self.emojis: list[Json] = []  # of the server
        self.left = False  # whether Parley was removed from the server
        self.sent: list[Json] = []
        self.faults: list[Fault] = []
        self.shards = 1
        self._by_shard: dict[int, web.WebSocketResponse] = {}
        self._begun: set[web.WebSocketResponse] = set()  # identified, or resumed and told all that they missed
        self._socket: web.WebSocketResponse | None = None
        self._request: web.Request | None = None
        self.changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_get("/gateway/", self._gateway)
        app.add_subapp("/api", rest_api(self))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.base_url, self.gateway = f"http://127.0.0.1:{port}/api", f"ws://127.0.0.1:{port}/gateway/"
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        await self._runner.cleanup()
        assert kind is not None or self.refused == []

    # What a test does.

    def fail(
        self, call: str, status: int, times: int = 1, body: Json | None = None, headers: dict[str, str] | None = None
    ) -> None:
        """Answer `METHOD /path` with an error; status 0 cuts the connection, -1 does the work and cuts it then."""
        self.faults.append(Fault(call, status, times, body or {"message": "planted", "code": 0}, headers or {}))

    async def until(self, condition: Callable[[], Any], seconds: float = OVER) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                self.changed.clear()
                with suppress(TimeoutError):  # what a host hears changes nothing here, so look again anyway
                    await asyncio.wait_for(self.changed.wait(), 0.02)

    def post(self, who: str, content: str, room: str = GENERAL, **more: Any) -> Json:
        """A message as it now stands in the channel; nobody is told."""
        identifier, at = self.ids()
        mentions = [one for key, one in self.users.items() if f"<@{key}>" in content]
        guilded = {} if self.room(room).get("type") == 1 else {"guild_id": GUILD, "member": _member(self.users[who])}
        made = message(identifier, at, room, self.users[who], content, mentions=mentions, **{**guilded, **more})
        self.messages.setdefault(room, []).append(made)
        return made

    async def say(self, who: str, content: str, room: str = GENERAL, **more: Any) -> Json:
        """A message that Parley is told of."""
        made = self.post(who, content, room, **more)
        await self.dispatch("MESSAGE_CREATE", made)
        return made

    async def interact(self, kind: int, data: Json, who: str = ANA, room: str = GENERAL, **more: Any) -> Json:
        identifier, _ = self.ids()
        made = interaction(identifier, kind, data, self.users[who], self.room(room), **more)
        self.interactions[identifier] = made
        await self.dispatch("INTERACTION_CREATE", made)
        return made

    async def slash(self, name: str, who: str = ANA, **given: Any) -> Json:
        """A slash command; what is given and no option of it is a part of the interaction."""
        command = next(one for one in self.commands if one["name"] == name)
        names = {option["name"] for option in command.get("options", ())}
        said = {key: value for key, value in given.items() if key in names and isinstance(value, str)}
        options = [{"name": key, "type": 3, "value": value} for key, value in said.items()]
        given = {key: value for key, value in given.items() if key not in said}
        return await self.interact(2, {"id": command["id"], "name": name, "type": 1, "options": options}, who, **given)

    async def press(self, custom_id: str, who: str = ANA, room: str = GENERAL) -> Json:
        """A button under Parley's last message there."""
        data = {"component_type": 2, "custom_id": custom_id}
        return await self.interact(3, data, who, room, message=self.said(room)[-1])

    async def dispatch(self, event: str, data: Any) -> None:
        told = self.as_told(data) if event in ("MESSAGE_CREATE", "MESSAGE_UPDATE") else data
        frame = {"op": 0, "t": event, "s": len(self.sent) + 1, "d": told}
        self.sent.append(frame)
        if (socket := self._shard_of(event, data)) in self._begun:
            await self.frame(json.dumps(frame), socket)

    def as_told(self, said: Json) -> Json:
        """A message as Parley gets it: without the intent its words only where it is spoken to, or speaks."""
        spoken_to = any(one["id"] == APP for one in said.get("mentions", ())) or said.get("author", {}).get("id") == APP
        if self.intents & MESSAGE_CONTENT or "guild_id" not in said:
            return said
        target = said.get("referenced_message")
        told = said if spoken_to else {**said, "content": "", "attachments": [], "embeds": [], "components": []}
        return {**told, "referenced_message": self.as_told(target)} if target else told

    def _shard_of(self, event: str, data: Json) -> web.WebSocketResponse | None:
        """The connection that is told: of several that of the server's shard, and the first of what is of none."""
        if self.shards == 1 or event == "READY":
            return self._socket
        server = data["id"] if event == "GUILD_CREATE" else data.get("guild_id", "0")
        return self._by_shard.get((int(server) >> 22) % self.shards)

    async def frame(self, text: str, socket: web.WebSocketResponse | None = None) -> None:
        """Send exactly this."""
        socket = socket or self._socket
        if socket is not None and not socket.closed:
            with suppress(ConnectionError):
                await socket.send_str(text)

    async def close(self, code: int) -> None:
        assert self._socket is not None
        await self._socket.close(code=code)

    def cut(self) -> None:
        """End the gateway's connection without a word."""
        assert self._request is not None
        assert self._request.transport is not None
        self._request.transport.abort()

    def show(self, identifier: str, content: str, *, private: bool, first: bool = False) -> None:
        """Let people see a message, or another text of the first."""
        if first and self.shown[identifier]:
            self.shown[identifier][0].content = content
        else:
            self.shown[identifier].append(Shown(content, private))

    def said(self, room: str = GENERAL) -> list[Json]:
        """What Parley wrote there."""
        return [one for one in self.messages.get(room, []) if one["author"]["id"] == APP]

    # The gateway.

    async def _gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._socket, self._request = socket, request
        await socket.send_json({"op": HELLO, "d": {"heartbeat_interval": 41250}})
        async for frame in socket:
            if frame.type is WSMsgType.TEXT:
                await self._hear(json.loads(frame.data), socket)
            self.changed.set()
        self._begun.discard(socket)
        return socket

    async def _hear(self, frame: Json, socket: web.WebSocketResponse) -> None:
        if frame["op"] == HEARTBEAT:
            await socket.send_json({"op": ACK})
        elif frame["op"] == IDENTIFY:
            await self._identify(frame["d"], socket)
        elif frame["op"] == RESUME:
            await self._resume(frame["d"], socket)

    async def _identify(self, data: Json, socket: web.WebSocketResponse) -> None:
        self.identifies.append(data)
        if self.refuse_identify is not None or data["token"] != TOKEN:
            await socket.close(code=self.refuse_identify or 4004)
            return
        self.intents = data["intents"]
        number, _ = data.get("shard", (0, 1))
        self._by_shard[number] = socket
        if self.intents & MESSAGE_CONTENT and not self.flags & CONTENT_FLAGS:
            await socket.close(code=4014)
            return
        self.sent.clear()
        self._begun.add(socket)
        if self.bad_readies:
            if (bad := self.bad_readies.pop(0)) is not None:
                await self.dispatch(
                    "READY", {"v": 10, "session_id": "broken", "resume_gateway_url": self.gateway, **bad}
                )
            else:
                await socket.send_json({"op": ACK})
            return
        here = (int(GUILD) >> 22) % self.shards == number
        servers = [] if self.left or not here else [{"id": GUILD, "unavailable": True}]
        shard = {"shard": data["shard"]} if "shard" in data else {}
        await self.dispatch("READY", {
            "v": 10, "user": PARLEY, "guilds": servers, "session_id": "session",
            "resume_gateway_url": self.gateway, "application": {"id": APP, "flags": self.flags}, "private_channels": [],
            **shard,
        })  # fmt: skip
        if not self.left and here:
            await self.greet()

    async def greet(self) -> None:
        """Show Parley the server."""
        rooms = [self._with_last(one) for one in self.channels.values() if "guild_id" in one]
        threads = [self._with_last(one) for one in self.threads.values() if not one["thread_metadata"]["archived"]]
        shown = guild(rooms, threads, [member(PARLEY, ROLE)], self.roles)
        await self.dispatch("GUILD_CREATE", {**shown, "emojis": self.emojis})

    def _with_last(self, room: Json) -> Json:
        """A channel with the id of the newest message that was ever said there."""
        said = self.messages.get(room["id"])
        return {**room, "last_message_id": said[-1]["id"] if said else None}

    async def _resume(self, data: Json, socket: web.WebSocketResponse) -> None:
        self.resumes.append(data)
        if self.refuse_resume:
            await socket.send_json({"op": INVALID, "d": False})
            return
        at = data["seq"] or 0
        while at < len(self.sent):  # also what happens meanwhile: nothing comes out of turn
            await self.frame(json.dumps(self.sent[at]), socket)
            at += 1
        self._begun.add(socket)
        await self.dispatch("RESUMED", {})

    def direct(self, who: str) -> Json:
        """The channel of direct messages with that person."""
        key = "5" + who[1:]
        self.channels.setdefault(key, {"id": key, "type": 1, "recipients": [self.users[who]], "last_message_id": None})
        return self.channels[key]

    def room(self, room: str) -> Json:
        return self.channels.get(room) or self.threads[room]


def _member(who: Json) -> Json:
    return {key: value for key, value in member(who).items() if key != "user"}
