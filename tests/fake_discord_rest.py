"""The REST half of the stand-in of Discord: a small handler a route, and before them the faults that a test plants.

What `fake_discord_rules` finds wrong is refused as Discord would, and remembered: the stand-in ends with an error then.
"""

import fnmatch
import json
from collections.abc import Awaitable, Callable, Iterable
from itertools import chain
from typing import Any

import aiohttp
from aiohttp import web
from fake_discord_data import (
    GENERAL,
    GUILD,
    PARLEY,
    TOKEN,
    Json,
    application,
    guild,
    member,
    message,
    thread,
    user,
)
from fake_discord_rules import (
    ARCHIVE_AFTER,
    PAGE,
    THREAD_NAME,
    WEBHOOK_NAME,
    flaws_of_choices,
    flaws_of_commands,
    flaws_of_message,
    flaws_of_modal,
    flaws_of_post,
    length,
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
KEPT = ("message_reference", "components", "flags", "allowed_mentions")
UPLOADS = web.RequestKey("uploads", int)
EMPTY = (None, False, [], {})
EPHEMERAL = 64
FOLLOW_UPS = 5  # of an app that is installed to a user and not to the server
REPLY, THINK, THINK_UPDATE, UPDATE, COMPLETE, MODAL = 4, 5, 6, 7, 8, 9
FITTING = {2: {REPLY, THINK, MODAL}, 3: {REPLY, THINK, THINK_UPDATE, UPDATE, MODAL}, 4: {COMPLETE}, 5: {REPLY, THINK}}


def rest_api(fake: Any) -> web.Application:
    api = Rest(fake)
    app = web.Application(middlewares=[api.around])
    app.add_routes(
        [
            web.get("/users/@me", api.me),
            web.get("/gateway/bot", api.gateway),
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
            web.post("/channels/{room}/messages/{id}/threads", api.open_thread),
            web.post("/interactions/{id}/{token}/callback", api.callback),
            web.patch("/webhooks/{app}/{token}/messages/@original", api.respond),
            web.delete("/webhooks/{app}/{token}/messages/@original", api.take_back),
            web.post("/webhooks/{app}/{token}", api.follow),
            web.get("/channels/{room}/webhooks", api.webhooks),
            web.post("/channels/{room}/webhooks", api.create_webhook),
            web.patch("/webhooks/{app}/{token}/messages/{id}", api.edit_of_webhook),
            web.delete("/webhooks/{app}/{token}/messages/{id}", api.delete_of_webhook),
            web.get("/users/@me/guilds", api.guilds),
            web.get("/users/{who}", api.user),
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
                    return self._closed(request) or await handler(request)
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

    def _closed(self, request: web.Request) -> web.Response | None:
        """Discord's answer for a channel that Parley isn't in."""
        room = request.match_info.get("room")
        if room is None or room in self.fake.channels or room in self.fake.threads:
            return None
        return answer({"message": "Missing Access", "code": 50001}, 403)

    async def body(self, request: web.Request) -> Any:
        """The JSON of a call; files of a form are kept, and counted under UPLOADS."""
        request[UPLOADS] = 0
        if not request.content_type.startswith("multipart/"):
            assert request.content_type == "application/json"
            return await request.json()
        body: Any = {}
        async for part in await request.multipart():
            assert isinstance(part, aiohttp.BodyPartReader)
            if part.name == "payload_json":
                body = json.loads(await part.text())
            else:
                request[UPLOADS] += 1
                self.fake.uploads.append((part.filename, bytes(await part.read())))
        return body

    def refusal(self, flaws: Iterable[str], code: int = 50035) -> web.Response | None:
        """Discord's answer to a body that it won't take; None where nothing is wrong."""
        found = list(flaws)
        self.fake.refused += found
        return answer({"message": f"Invalid Form Body: {'; '.join(found)}", "code": code}, 400) if found else None

    async def me(self, _: web.Request) -> web.Response:
        return answer(PARLEY)

    async def gateway(self, _: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 999, "reset_after": 1, "max_concurrency": 1}
        return answer({"url": self.fake.gateway, "shards": self.fake.shards, "session_start_limit": limit})

    async def user(self, request: web.Request) -> web.Response:
        found = self.fake.users.get(request.match_info["who"])
        return answer(found) if found else unknown("User", 10013)

    async def application(self, _: web.Request) -> web.Response:
        return answer({**application(self.fake.flags), "integration_types_config": self.fake.installations})

    async def open_direct(self, request: web.Request) -> web.Response:
        return answer(self.fake.direct(str((await self.body(request))["recipient_id"])))

    async def commands(self, _: web.Request) -> web.Response:
        return answer(self.fake.commands)

    async def put_commands(self, request: web.Request) -> web.Response:
        given = await self.body(request)
        if refusal := self.refusal(flaws_of_commands(given)):
            return refusal
        self.fake.commands = [self._as_kept(one) for one in given]
        return answer(self.fake.commands)

    def _as_kept(self, command: Json) -> Json:
        """As Discord gives it back: with keys of its own, numbers in order, without what is empty or as always."""
        kept = {key: value for key, value in command.items() if value not in EMPTY}
        kept |= {key: sorted(command[key]) for key in ("contexts", "integration_types") if key in kept}
        if options := kept.get("options"):
            kept["options"] = [{key: value for key, value in each.items() if value not in EMPTY} for each in options]
        return {"description": "", **kept, "id": self.fake.ids()[0], "application_id": PARLEY["id"], "version": "1"}

    async def nothing(self, _: web.Request) -> web.Response:
        return web.Response(status=204)

    async def page(self, request: web.Request) -> web.Response:
        found = sorted(self.fake.messages.get(request.match_info["room"], []), key=lambda one: int(one["id"]))
        size = int(request.query.get("limit", 50))
        if not 1 <= size <= PAGE:
            return answer({"message": "limit: int value should be between 1 and 100.", "code": 50035}, 400)
        found = [self.fake.as_told(one) for one in found]
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
        return answer(self.fake.as_told(found)) if found else unknown("Message", 10008)

    async def create(self, request: web.Request) -> web.Response:
        body, room = await self.body(request), request.match_info["room"]
        self.fake.bodies.append(body)
        reference = body.get("message_reference") or {}
        known = {one["id"] for one in self.fake.messages.get(room, [])}
        if reference.get("fail_if_not_exists", True) and not {str(reference.get("message_id", ""))} <= {"", *known}:
            return answer({"message": "Unknown message", "code": 50035}, 400)
        flaws = chain(flaws_of_message(body, uploads=request[UPLOADS]), flaws_of_post(body.get("flags", 0)))
        if refusal := self.refusal(flaws):
            return refusal
        nonce = body.get("nonce") if body.get("enforce_nonce") else None
        if nonce not in self.nonces:
            kept = {key: body[key] for key in KEPT if key in body}
            made = self.fake.post(PARLEY["id"], body.get("content") or "", room, **kept)
            if nonce is None:
                return answer(made)
            self.nonces[nonce] = made
        return answer(self.nonces[nonce])

    async def edit(self, request: web.Request) -> web.Response:
        body, found = await self.body(request), self.find(request)
        if found is None:
            return unknown("Message", 10008)
        if found["author"]["id"] != PARLEY["id"]:
            return answer({"message": "Cannot edit a message authored by another user", "code": 50005}, 403)
        flags = body.get("flags", found["flags"])
        flaws = chain(flaws_of_message(body, uploads=request[UPLOADS], edit=True), flaws_of_post(flags))
        if refusal := self.refusal(flaws):
            return refusal
        found.update({key: body[key] for key in (*KEPT, "content") if key in body})
        return answer(found)

    async def open_thread(self, request: web.Request) -> web.Response:
        body, found = await self.body(request), self.find(request)
        if found is None or found["id"] in self.fake.threads:
            return answer({"message": "A thread has already been created for this message", "code": 160004}, 400)
        fits = 0 < length(body["name"]) <= THREAD_NAME and body["auto_archive_duration"] in ARCHIVE_AFTER
        if refusal := self.refusal([] if fits else ["name: Must be between 1 and 100 in length."]):
            return refusal
        made = thread(found["id"], body["name"], request.match_info["room"], owner=PARLEY["id"])
        self.fake.threads[found["id"]] = made
        await self.fake.dispatch("THREAD_CREATE", made)
        return answer(made)

    async def delete(self, request: web.Request) -> web.Response:
        if (found := self.find(request)) is None:
            return unknown("Message", 10008)
        self.fake.messages[request.match_info["room"]].remove(found)
        return web.Response(status=204)

    # Interactions: one first response within three seconds, then more for fifteen minutes.

    async def callback(self, request: web.Request) -> web.Response:
        body, identifier = await self.body(request), request.match_info["id"]
        asked = self.fake.interactions.get(identifier)
        if asked is None or request.match_info["token"] != asked["token"]:
            return unknown("interaction", 10062)
        if identifier in self.fake.responses:
            return answer({"message": "Interaction has already been acknowledged.", "code": 40060}, 400)
        if refusal := self.refusal(self._flaws_of_response(asked, body)):
            return refusal
        self.fake.responses[identifier] = [body]
        self.fake.privacy[identifier] = bool((body.get("data") or {}).get("flags", 0) & EPHEMERAL)
        if body["type"] == REPLY:
            self.fake.show(identifier, body["data"].get("content", ""), private=self.fake.privacy[identifier])
        made = {"id": identifier, "type": 2, "response_message_id": self.fake.ids()[0]}
        return answer({"interaction": made})

    def _flaws_of_response(self, asked: Json, body: Json) -> Iterable[str]:
        if body["type"] not in FITTING[asked["type"]] or (
            asked["data"].get("custom_id") is None and body["type"] == UPDATE
        ):
            yield f"type: {body['type']} is no response to an interaction of type {asked['type']}"
        elif body["type"] == COMPLETE:
            yield from flaws_of_choices(body["data"]["choices"])
        elif body["type"] == MODAL:
            yield from flaws_of_modal(body["data"])
        elif body["type"] == REPLY:
            yield from flaws_of_message(body["data"])

    async def respond(self, request: web.Request) -> web.Response:
        body, identifier = await self.body(request), request.match_info["token"].removeprefix("token-")
        if (gone := self._over(identifier)) or (gone := self.refusal(self._flaws(request, body, edit=True))):
            return gone
        self.fake.responses[identifier].append(body)
        private = self.fake.privacy[identifier]
        self.fake.show(identifier, body.get("content") or "", private=private, first=True)
        return answer(message(*self.fake.ids(), GENERAL, PARLEY, str(body.get("content", ""))))

    async def follow(self, request: web.Request) -> web.Response:
        """One more message, of a privacy of its own; the first after "thinks" stands in its place, with its privacy."""
        if request.match_info["app"] != PARLEY["id"]:
            return await self.execute(request)
        body, identifier = await self.body(request), request.match_info["token"].removeprefix("token-")
        if (gone := self._over(identifier)) or (gone := self.refusal(self._flaws(request, body))):
            return gone
        asked, said = self.fake.interactions[identifier], self.fake.shown[identifier]
        if "0" not in asked["authorizing_integration_owners"] and len(said) > FOLLOW_UPS:
            return answer({"message": "Maximum number of follow ups reached", "code": 40094}, 400)
        self.fake.responses[identifier].append(body)
        in_place = not said and self.fake.responses[identifier][0]["type"] == THINK
        private = self.fake.privacy[identifier] if in_place else bool(body.get("flags", 0) & EPHEMERAL)
        self.fake.show(identifier, body.get("content") or "", private=private)
        return answer(message(*self.fake.ids(), GENERAL, PARLEY, str(body.get("content", ""))))

    # Webhooks: messages under any name, in the webhook's channel or a thread of it.

    async def webhooks(self, request: web.Request) -> web.Response:
        return answer([one for one in self.fake.webhooks.values() if one["channel_id"] == request.match_info["room"]])

    async def create_webhook(self, request: web.Request) -> web.Response:
        body, identifier = await self.body(request), self.fake.ids()[0]
        made = {
            "id": identifier, "type": 1, "channel_id": request.match_info["room"], "guild_id": GUILD, "avatar": None,
            "name": body["name"], "token": f"hook-{identifier}", "user": PARLEY, "application_id": PARLEY["id"],
        }  # fmt: skip
        self.fake.webhooks[identifier] = made
        return answer(made)

    async def execute(self, request: web.Request) -> web.Response:
        body, hook = await self.body(request), self.fake.webhooks.get(request.match_info["app"])
        if hook is None:
            return unknown("Webhook", 10015)
        room = request.query.get("thread_id", hook["channel_id"])
        name = str(body.get("username") or hook["name"])
        flaws = [*flaws_of_message(body), *flaws_of_post(body.get("flags", 0))]
        if not 1 <= length(name) <= WEBHOOK_NAME or any(word in name.lower() for word in ("discord", "clyde")):
            flaws.append("username: Username cannot be that")
        if room not in {*self.fake.channels, *self.fake.threads}:
            return unknown("Channel", 10003)
        if refusal := self.refusal(flaws):
            return refusal
        author = {**user(hook["id"], name, bot=True), "global_name": None, "avatar_url": body.get("avatar_url")}
        kept = {"flags": body["flags"], "webhook_id": hook["id"], "application_id": PARLEY["id"], "guild_id": GUILD}
        made = message(*self.fake.ids(), room, author, body["content"], **kept)
        self.fake.messages.setdefault(room, []).append(made)
        await self.fake.dispatch("MESSAGE_CREATE", made)
        return answer(made)

    def _said_by_webhook(self, request: web.Request) -> tuple[list[Json], Json | None]:
        hook = self.fake.webhooks.get(request.match_info["app"]) or {"id": "", "channel_id": ""}
        kept = self.fake.messages.get(request.query.get("thread_id", hook["channel_id"]), [])
        same = (one for one in kept if one["id"] == request.match_info["id"] and one.get("webhook_id") == hook["id"])
        return kept, next(same, None)

    async def edit_of_webhook(self, request: web.Request) -> web.Response:
        body, (_, found) = await self.body(request), self._said_by_webhook(request)
        if found is None:
            return unknown("Message", 10008)
        if refusal := self.refusal(flaws_of_message(body, edit=True)):
            return refusal
        found["content"] = body["content"]
        return answer(found)

    async def delete_of_webhook(self, request: web.Request) -> web.Response:
        kept, found = self._said_by_webhook(request)
        if found is None:
            return unknown("Message", 10008)
        kept.remove(found)
        return web.Response(status=204)

    async def take_back(self, request: web.Request) -> web.Response:
        identifier = request.match_info["token"].removeprefix("token-")
        if gone := self._over(identifier):
            return gone
        self.fake.shown[identifier].clear()
        return web.Response(status=204)

    def _flaws(self, request: web.Request, body: Json, *, edit: bool = False) -> Iterable[str]:
        return flaws_of_message(body, uploads=request[UPLOADS], edit=edit)

    def _over(self, identifier: str) -> web.Response | None:
        """What Discord says of a token that it takes no more, or not yet."""
        if identifier in self.fake.expired:
            return answer({"message": "Invalid Webhook Token", "code": 50027}, 401)
        return None if identifier in self.fake.responses else unknown("Webhook", 10015)

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
