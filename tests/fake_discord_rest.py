"""The REST half of the stand-in of Discord: a small handler a route, and before them the faults that a test plants."""

import fnmatch
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from aiohttp import web
from fake_discord_data import GENERAL, PARLEY, TOKEN, Json, application, guild, member, message

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
KEPT = ("message_reference", "components", "flags", "allowed_mentions")


def rest_api(fake: Any) -> web.Application:
    api = Rest(fake)
    app = web.Application(middlewares=[api.around])
    app.add_routes(
        [
            web.get("/users/@me", api.me),
            web.post("/users/@me/channels", api.open_direct),
            web.get("/oauth2/applications/@me", api.application),
            web.get("/applications/{app}/commands", api.commands),
            web.put("/applications/{app}/commands", api.put_commands),
            web.get("/channels/{room}", api.channel),
            web.post("/channels/{room}/typing", api.nothing),
            web.get("/channels/{room}/messages", api.page),
            web.post("/channels/{room}/messages", api.create),
            web.get("/channels/{room}/threads/archived/public", api.archived),
            web.get("/channels/{room}/messages/{id}", api.one),
            web.patch("/channels/{room}/messages/{id}", api.edit),
            web.delete("/channels/{room}/messages/{id}", api.delete),
            web.post("/interactions/{id}/{token}/callback", api.callback),
            web.patch("/webhooks/{app}/{token}/messages/@original", api.respond),
            web.post("/webhooks/{app}/{token}", api.respond),
            web.get("/users/@me/guilds", api.guilds),
            web.get("/guilds/{guild}", api.guild),
            web.get("/guilds/{guild}/channels", api.channels),
            web.get("/guilds/{guild}/members/{who}", api.member),
        ]
    )
    return app


def answer(document: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Discord's JSON; its library takes exactly this content type for JSON."""
    body = json.dumps(document).encode()
    return web.Response(body=body, status=status, headers={"Content-Type": "application/json", **(headers or {})})


def unknown(what: str, code: int) -> web.Response:
    return answer({"message": f"Unknown {what}", "code": code}, 404)


class Rest:
    def __init__(self, fake: Any) -> None:
        self.fake = fake
        self.nonces: dict[str, Json] = {}

    @property
    def around(self) -> Any:
        """Before and after every call: who calls, what a test wants to fail, and who waits for a change."""

        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            call = f"{request.method} {request.path.removeprefix('/api')}"
            self.fake.calls.append(call)
            fault = next((one for one in self.fake.faults if one.times and fnmatch.fnmatch(call, one.call)), None)
            try:
                if request.headers.get("Authorization", f"Bot {TOKEN}") != f"Bot {TOKEN}":
                    return answer({"message": "401: Unauthorized", "code": 0}, 401)
                if fault is None:
                    return await handler(request)
                fault.times -= 1
                if fault.status > 0:
                    return answer(fault.body, fault.status, fault.headers)
                if fault.status < 0:
                    await handler(request)
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            finally:
                self.fake.changed.set()

        return middleware

    async def body(self, request: web.Request) -> Any:
        if not request.content_type.startswith("multipart/"):
            return await request.json()
        body: Any = {}
        async for part in await request.multipart():
            assert isinstance(part, aiohttp.BodyPartReader)
            if part.name == "payload_json":
                body = json.loads(await part.text())
            else:
                self.fake.uploads.append((part.filename, bytes(await part.read())))
        return body

    async def me(self, _: web.Request) -> web.Response:
        return answer(PARLEY)

    async def application(self, _: web.Request) -> web.Response:
        return answer(application(self.fake.flags))

    async def open_direct(self, request: web.Request) -> web.Response:
        return answer(self.fake.direct(str((await self.body(request))["recipient_id"])))

    async def commands(self, _: web.Request) -> web.Response:
        return answer(self.fake.commands)

    async def put_commands(self, request: web.Request) -> web.Response:
        given = await self.body(request)
        self.fake.commands = [
            {"description": "", **one, "id": self.fake.ids()[0], "application_id": PARLEY["id"], "version": "1"}
            for one in given
        ]
        return answer(self.fake.commands)

    async def nothing(self, _: web.Request) -> web.Response:
        return web.Response(status=204)

    async def page(self, request: web.Request) -> web.Response:
        found = sorted(self.fake.messages.get(request.match_info["room"], []), key=lambda one: int(one["id"]))
        size = int(request.query.get("limit", 50))
        if "after" in request.query:
            after = int(request.query["after"])
            return answer([one for one in found if int(one["id"]) > after][:size][::-1])
        before = int(request.query.get("before", 1 << 63))
        return answer([one for one in found if int(one["id"]) < before][-size:][::-1])

    async def archived(self, request: web.Request) -> web.Response:
        found = [one for one in self.fake.threads.values() if one["parent_id"] == request.match_info["room"]]
        closed = [one for one in found if one["thread_metadata"]["archived"]]
        return answer({"threads": closed, "members": [], "has_more": False})

    async def channel(self, request: web.Request) -> web.Response:
        room = request.match_info["room"]
        found = self.fake.channels.get(room) or self.fake.threads.get(room)
        return answer(found) if found else unknown("Channel", 10003)

    async def one(self, request: web.Request) -> web.Response:
        found = self.find(request)
        return answer(found) if found else unknown("Message", 10008)

    async def create(self, request: web.Request) -> web.Response:
        body = await self.body(request)
        self.fake.bodies.append(body)
        nonce = body.get("nonce") if body.get("enforce_nonce") else None
        if nonce not in self.nonces:
            kept = {key: body[key] for key in KEPT if key in body}
            made = self.fake.post(PARLEY["id"], body.get("content") or "", request.match_info["room"], **kept)
            if nonce is None:
                return answer(made)
            self.nonces[nonce] = made
        return answer(self.nonces[nonce])

    async def edit(self, request: web.Request) -> web.Response:
        body, found = await self.body(request), self.find(request)
        if found is None:
            return unknown("Message", 10008)
        found.update({key: body[key] for key in (*KEPT, "content") if key in body})
        return answer(found)

    async def delete(self, request: web.Request) -> web.Response:
        if (found := self.find(request)) is None:
            return unknown("Message", 10008)
        self.fake.messages[request.match_info["room"]].remove(found)
        return web.Response(status=204)

    async def callback(self, request: web.Request) -> web.Response:
        body, identifier = await self.body(request), request.match_info["id"]
        if identifier in self.fake.responses:
            return answer({"message": "Interaction has already been acknowledged.", "code": 40060}, 400)
        self.fake.responses[identifier] = [body]
        made = {"id": identifier, "type": 2, "response_message_id": self.fake.ids()[0]}
        return answer({"interaction": made})

    async def respond(self, request: web.Request) -> web.Response:
        body, identifier = await self.body(request), request.match_info["token"].removeprefix("token-")
        self.fake.responses.setdefault(identifier, []).append(body)
        return answer(message(*self.fake.ids(), GENERAL, PARLEY, str(body.get("content", ""))))

    async def guilds(self, _: web.Request) -> web.Response:
        return answer([guild([], [], [])])

    async def guild(self, _: web.Request) -> web.Response:
        return answer(guild([], [], []))

    async def channels(self, _: web.Request) -> web.Response:
        return answer([*self.fake.channels.values()])

    async def member(self, request: web.Request) -> web.Response:
        who = self.fake.users.get(request.match_info["who"])
        return answer(member(who)) if who else unknown("Member", 10007)

    def find(self, request: web.Request) -> Json | None:
        room, identifier = request.match_info["room"], request.match_info["id"]
        return next((one for one in self.fake.messages.get(room, []) if one["id"] == identifier), None)
