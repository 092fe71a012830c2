"""The Web API of the stand-in: what Slack keeps, and how it answers.

`fake_slack` has the wires, `fake_slack_rules` what is refused. What was refused because it was malformed is a mistake
of Parley's, and fails the test.
"""

import asyncio
import itertools
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from fake_slack_rules import (
    DRAWS_NONE,
    MARKDOWN_LIMIT,
    NAME_LIMIT,
    PROMPTS,
    Refused,
    check_arguments,
    check_chunks,
    check_message,
    check_view,
    needed_scope,
    needs_customizing,
)
from planted import OWN

from adapters.slack.manifest import SCOPES

TEAM, ME, BOT = "T0PARLEY", "U0PARLEY", "B0PARLEY"
BOT_TOKEN, APP_TOKEN, SECRET = (OWN[f"slack {name}"] for name in ("bot token", "app token", "signing secret"))
GRANTED = ",".join(SCOPES)  # what the manifest asks for, so that every test shows that it is enough
STREAM_SECONDS = 300.0
CONFIGURATION_TOKEN = "xoxe.xoxp-" + "1-configuration"
OURS = {"invalid_", "no_text", "msg_", "missing_scope", "streaming_state_conflict", "cant_"}  # refusals of our mistakes


@dataclass(frozen=True)
class Call:
    method: str
    params: dict[str, Any]
    verb: str
    at: float


@dataclass
class Failure:
    status: int
    error: str
    retry_after: str
    times: int
    skip: int


@dataclass
class WebApi:
    calls: list[Call] = field(default_factory=list)
    channels: dict[str, dict[str, Any]] = field(default_factory=dict)
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    messages: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    whispers: list[dict[str, Any]] = field(default_factory=list)
    responses: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    views: dict[str, dict[str, Any]] = field(default_factory=dict)
    modals: list[dict[str, Any]] = field(default_factory=list)
    triggers: set[str] = field(default_factory=set)
    sessions: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)
    manifests: list[str] = field(default_factory=list)
    team: str = TEAM
    team_name: str = "Harbour"
    tokens: tuple[str, str] = (BOT_TOKEN, APP_TOKEN)
    scopes: str = GRANTED
    limits: dict[str, tuple[int, str]] = field(default_factory=dict)
    streams: bool = True
    elapsed: Callable[[], float] = time.monotonic
    clock_skew: float = 0.0
    charts: bool = False
    cuts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._failures: dict[str, list[Failure]] = defaultdict(list)
        self._numbers = itertools.count(1)
        self.base = ""

    # What a test arranges

    def add_user(self, user: str, name: str, **more: Any) -> None:
        self.users[user] = {
            "id": user,
            "name": name,
            "profile": {"display_name": name.title()},
            "is_bot": False,
            **more,
        }

    def add_channel(self, channel: str, name: str, members: tuple[str, ...] = (), **more: Any) -> None:
        self.channels[channel] = {"id": channel, "name": name, "is_member": ME in members, **more}
        self.members[channel] = list(members)

    def keep(self, channel: str, message: dict[str, Any]) -> None:
        self.messages[channel].append({"type": "message", **message})

    def fail(
        self, method: str, status: int = 200, error: str = "", retry_after: str = "", *, times: int = 1, skip: int = 0
    ) -> None:
        self._failures[method].append(Failure(status, error, retry_after, times, skip))

    def ts(self) -> str:
        return f"{1_800_000_000 + next(self._numbers)}.000100"

    def trigger(self) -> str:
        trigger = f"trigger{next(self._numbers)}"
        self.triggers.add(trigger)
        return trigger

    # What a test watches

    def called(self, method: str) -> list[dict[str, Any]]:
        return [call.params for call in self.calls if call.method == method]

    async def until(self, condition: Callable[[], object], seconds: float = 5.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - what is waited for changes in many places
                await asyncio.sleep(0.005)

    async def posted(self, count: int = 1, method: str = "chat.postMessage") -> list[dict[str, Any]]:
        await self.until(lambda: len(self.called(method)) >= count)
        return self.called(method)

    # What Slack answers

    async def _api(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        params = await _params(request)
        self.calls.append(Call(method, params, request.method, time.perf_counter()))
        answer = self._failure(method) or self._answer(method, params, request)
        if self.cuts.get(method, 0) > 0:
            self.cuts[method] -= 1
            assert request.transport is not None
            request.transport.abort()  # Slack took the call, and nobody hears of it
        return answer

    def _failure(self, method: str) -> web.Response | None:
        every, retry_after = self.limits.get(method, (0, ""))
        if every and len(self.called(method)) % every == 0:
            return web.json_response(
                {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": retry_after}
            )
        for failure in self._failures[method]:
            if failure.skip > 0:
                failure.skip -= 1
                return None
            if failure.times > 0:
                failure.times -= 1
                headers = {"Retry-After": failure.retry_after} if failure.retry_after else {}
                if failure.error.startswith("<"):
                    return web.Response(text=failure.error, content_type="text/html", status=failure.status)
                body = {"ok": False, "error": failure.error or "internal_error"}
                return web.json_response(body, status=failure.status, headers=headers)
        return None

    def _answer(self, method: str, params: dict[str, Any], request: web.Request) -> web.Response:
        handler = getattr(self, "do_" + re.sub(r"(?=[A-Z])", "_", method).replace(".", "_").lower(), None)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or params.get("token")
        headers = {"x-oauth-scopes": self.scopes}
        if self.clock_skew:
            stamp = time.gmtime(time.time() + self.clock_skew)
            headers["Date"] = time.strftime("%a, %d %b %Y %H:%M:%S GMT", stamp)
        if method == "apps.manifest.create":
            return self._create(token, params)
        if token != self.tokens[method == "apps.connections.open"]:
            return web.json_response({"ok": False, "error": "invalid_auth"}, headers=headers)
        if handler is None:
            return web.json_response({"ok": False, "error": "unknown_method"}, headers=headers)
        try:
            self._allow(method, params)
            return web.json_response({"ok": True, **handler(params)}, headers=headers)
        except Refused as error:
            meant = DRAWS_NONE in error.args or (error.args[0] == "missing_scope" and self.scopes != GRANTED)
            if any(error.args[0].startswith(ours) for ours in OURS) and not meant:
                self.mistakes.append(f"{method}: {error.args}")
            return web.json_response({"ok": False, "error": error.args[0]}, headers=headers)

    def _create(self, token: str | None, params: dict[str, Any]) -> web.Response:
        """Create an app, for a configuration token alone."""
        if token != CONFIGURATION_TOKEN:
            return web.json_response({"ok": False, "error": "invalid_auth"})
        self.manifests.append(params["manifest"])
        return web.json_response({"ok": True, "app_id": "A0MADE"})

    def _allow(self, method: str, params: dict[str, Any]) -> None:
        check_arguments(method, params)
        scope = needed_scope(method, self.channels.get(params.get("channel", ""), {}))
        if scope and scope not in self.scopes.split(","):
            raise Refused("missing_scope", scope)
        if needs_customizing(params) and "chat:write.customize" not in self.scopes.split(","):
            raise Refused("missing_scope", "chat:write.customize")

    def do_auth_test(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"team_id": self.team, "team": self.team_name, "user_id": ME, "user": "parley", "bot_id": BOT}

    def do_apps_connections_open(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"url": f"{self.base.replace('http', 'ws')}/link?ticket={next(self._numbers)}"}

    def do_usergroups_list(self, params: dict[str, Any]) -> dict[str, Any]:
        told = str(params.get("include_users")).lower() in {"1", "true"}
        return {
            "usergroups": [{"id": group, **({"users": users} if told else {})} for group, users in self.groups.items()]
        }

    def do_users_info(self, params: dict[str, Any]) -> dict[str, Any]:
        if params["user"] not in self.users:
            raise Refused("user_not_found")
        return {"user": self.users[params["user"]]}

    def _channel(self, params: dict[str, Any], key: str = "channel") -> dict[str, Any]:
        if params.get(key) not in self.channels:
            raise Refused("channel_not_found")
        return self.channels[params[key]]

    def do_conversations_info(self, params: dict[str, Any]) -> dict[str, Any]:
        return {"channel": self._channel(params)}

    def do_conversations_open(self, params: dict[str, Any]) -> dict[str, Any]:
        channel = f"D{params['users']}"
        self.add_channel(channel, "", (ME, params["users"]), is_im=True)
        return {"channel": {"id": channel}}

    def do_conversations_members(self, params: dict[str, Any]) -> dict[str, Any]:
        self._channel(params)
        page, more = _page(self.members[params["channel"]], params)
        return {"members": page, **more}

    def do_users_conversations(self, params: dict[str, Any]) -> dict[str, Any]:
        direct = "im" in str(params.get("types", "")).split(",")
        mine = [
            channel
            for key, channel in self.channels.items()
            if ME in self.members[key] and (direct or not channel.get("is_im"))
        ]
        page, more = _page(mine, params)
        return {"channels": page, **more}

    def do_conversations_history(self, params: dict[str, Any]) -> dict[str, Any]:
        self._readable(params)
        broadcast = {"", "thread_broadcast"}
        top = [
            message
            for message in self.messages[params["channel"]]
            if message.get("thread_ts") in (None, message["ts"]) or message.get("subtype", "") in broadcast - {""}
        ]
        page, more = _page_of_messages(_between(top, params), params)
        return {"messages": page, **more}

    def do_conversations_replies(self, params: dict[str, Any]) -> dict[str, Any]:
        self._readable(params)
        kept = self.messages[params["channel"]]
        root = next((m.get("thread_ts", m["ts"]) for m in kept if m["ts"] == params["ts"]), None)
        if root is None:
            raise Refused("thread_not_found")
        thread = [message for message in kept if message["ts"] == root or message.get("thread_ts") == root]
        page, more = _page_of_messages(_between(thread, params)[::-1], params)
        return {"messages": page, **more}

    def _readable(self, params: dict[str, Any]) -> None:
        self._channel(params)
        if ME not in self.members[params["channel"]]:
            raise Refused("not_in_channel")

    def do_chat_post_message(self, params: dict[str, Any]) -> dict[str, Any]:
        self._speakable(params)
        check_message(params, charts=self.charts)
        ts = self.ts()
        self.keep(params["channel"], {**params, "ts": ts, "user": ME, "bot_id": BOT})
        return {"ts": ts, "channel": params["channel"]}

    def _speakable(self, params: dict[str, Any]) -> None:
        self._channel(params)
        if ME not in self.members[params["channel"]]:
            raise Refused("not_in_channel")

    def do_chat_update(self, params: dict[str, Any]) -> dict[str, Any]:
        check_message(params)
        kept = self._kept(params)
        if self._streams(kept):
            raise Refused("streaming_state_conflict")
        kept.update(params)
        return {"ts": params["ts"]}

    def do_chat_delete(self, params: dict[str, Any]) -> dict[str, Any]:
        self.messages[params["channel"]].remove(self._kept(params))
        return {}

    def _kept(self, params: dict[str, Any]) -> dict[str, Any]:
        found = next((kept for kept in self.messages[params["channel"]] if kept["ts"] == params["ts"]), None)
        if found is None:
            raise Refused("message_not_found")
        if found["user"] != ME:
            raise Refused("cant_update_message")
        return found

    def do_chat_start_stream(self, params: dict[str, Any]) -> dict[str, Any]:
        channel = self._channel(params)
        if not self.streams:
            raise Refused("unknown_method")
        recipients = {"recipient_team_id", "recipient_user_id"} & set(params)
        if len(recipients) != (0 if channel.get("is_im") else 2):
            raise Refused("invalid_arguments", "a stream names its reader in a channel, and nowhere else")
        ts, said = self.ts(), check_chunks(params.get("chunks"), params.get("markdown_text"))
        stream = {"streaming": True, "began": self.elapsed()}
        self.keep(params["channel"], {**params, "ts": ts, "user": ME, "text": said, **stream})
        self._session(params["channel"], params["thread_ts"], "processing")
        return {"ts": ts, "channel": params["channel"]}

    def do_chat_append_stream(self, params: dict[str, Any]) -> dict[str, Any]:
        kept = self._streaming(params)
        kept["text"] += check_chunks(params.get("chunks"), params.get("markdown_text"))
        kept["chunks"] = [*kept.get("chunks", []), *params.get("chunks", [])]
        if len(kept["text"]) > MARKDOWN_LIMIT:
            raise Refused("msg_too_long", len(kept["text"]))
        return {}

    def do_chat_stop_stream(self, params: dict[str, Any]) -> dict[str, Any]:
        kept = self._streaming(params)
        kept["streaming"] = False
        self._session(params["channel"], kept["thread_ts"], params.get("session_status", "active"))
        return {}

    def _streaming(self, params: dict[str, Any]) -> dict[str, Any]:
        kept = self._kept(params)
        if not self._streams(kept):
            raise Refused("message_not_in_streaming_state")
        return kept

    def _streams(self, kept: dict[str, Any]) -> bool:
        """Whether more can be added to the message: Slack closes a stream after five minutes."""
        return bool(kept.get("streaming")) and self.elapsed() - kept["began"] < STREAM_SECONDS

    def stop_streams(self, channel: str) -> list[str]:
        """What Slack does when somebody presses the stop button."""
        stopped = [kept for kept in self.messages[channel] if kept.get("streaming")]
        for kept in stopped:
            kept["streaming"] = False
        return [kept["ts"] for kept in stopped]

    def do_agents_sessions_set_status(self, params: dict[str, Any]) -> dict[str, Any]:
        if not params.get("thread_ts") or params["status"] not in {"active", "processing", "suspended", "closed"}:
            raise Refused("invalid_arguments", params)
        if len(params.get("title", "")) > NAME_LIMIT:
            raise Refused("invalid_arguments", params["title"])
        self._session(params["channel_id"], params["thread_ts"], params["status"], params.get("title", ""))
        return {}

    def _session(self, channel: str, thread: str, status: str, title: str = "") -> None:
        session = self.sessions.setdefault((channel, thread), {"title": title})
        session["status"] = status

    def do_assistant_threads_set_suggested_prompts(self, params: dict[str, Any]) -> dict[str, Any]:
        prompts = params["prompts"]
        if not 1 <= len(prompts) <= PROMPTS or any(set(prompt) != {"title", "message"} for prompt in prompts):
            raise Refused("invalid_arguments", prompts)
        return {}

    def do_views_open(self, params: dict[str, Any]) -> dict[str, Any]:
        check_view(params["view"], "modal")
        if params["trigger_id"] not in self.triggers:
            raise Refused("invalid_trigger_id", params["trigger_id"])
        self.triggers.remove(params["trigger_id"])
        self.modals.append(params["view"])
        return {"view": {"id": f"V{next(self._numbers)}"}}

    def do_views_publish(self, params: dict[str, Any]) -> dict[str, Any]:
        check_view(params["view"], "home")
        self.views[params["user_id"]] = params["view"]
        return {"view": {"id": "V1"}}

    def do_files_get_upload_u_r_l_external(self, params: dict[str, Any]) -> dict[str, Any]:
        if not params.get("filename") or int(params["length"]) < 1:
            raise Refused("invalid_arguments", params)
        file = f"F{next(self._numbers)}"
        described = {"alt_txt": params.get("alt_txt", ""), "length": int(params["length"])}
        self.files[file] = {"name": params["filename"], **described}
        return {"upload_url": f"{self.base}/upload/{file}", "file_id": file}

    def do_files_complete_upload_external(self, params: dict[str, Any]) -> dict[str, Any]:
        self._speakable({"channel": params["channel_id"]})
        for file in params["files"]:
            if len(self.files[file["id"]]["content"]) != self.files[file["id"]]["length"]:
                raise Refused("invalid_arguments", "the file is not of the length that was said")
            self.files[file["id"]] |= {"channel": params.get("channel_id"), "thread_ts": params.get("thread_ts")}
            named = {"name": self.files[file["id"]]["name"]}
            self.keep(
                params["channel_id"],
                {
                    "ts": self.ts(),
                    "user": ME,
                    "subtype": "file_share",
                    "text": "",
                    "files": [named],
                    **({"thread_ts": params["thread_ts"]} if params.get("thread_ts") else {}),
                },
            )
        return {"files": params["files"]}

    def do_chat_post_ephemeral(self, params: dict[str, Any]) -> dict[str, Any]:
        self._speakable(params)
        check_message(params, charts=self.charts)
        if params["user"] not in self.members[params["channel"]]:
            raise Refused("user_not_in_channel")
        self.whispers.append(params)
        return {"message_ts": self.ts()}


async def _params(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return dict(await request.json())
    sent = {**request.query, **await request.post()}
    return {
        key: json.loads(value) if key in {"blocks", "files", "view", "metadata"} else value
        for key, value in sent.items()
    }


def _page(items: list[Any], params: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    start, limit = int(params.get("cursor") or 0), int(params.get("limit") or 100)
    end = start + limit
    more = end < len(items)
    return items[start:end], {"has_more": more, "response_metadata": {"next_cursor": str(end) if more else ""}}


def _page_of_messages(found: list[dict[str, Any]], params: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """A page, and a cursor that names the next message: what goes or comes between two pages moves none of them."""
    stamps, limit = [float(each["ts"]) for each in found], int(params.get("limit") or 100)
    if params.get("cursor"):
        at = float(params["cursor"].removeprefix("next_ts:"))
        rising = stamps == sorted(stamps)
        found = [each for each, ts in zip(found, stamps, strict=True) if (ts >= at if rising else ts <= at)]
    more = len(found) > limit
    cursor = f"next_ts:{found[limit]['ts']}" if more else ""
    return found[:limit], {"has_more": more, "response_metadata": {"next_cursor": cursor}}


def _between(messages: list[dict[str, Any]], params: dict[str, Any]) -> list[dict[str, Any]]:
    oldest, latest = float(params.get("oldest") or 0), float(params.get("latest") or 1e12)
    inclusive = str(params.get("inclusive", "")).lower() in {"1", "true"}

    def inside(ts: float) -> bool:
        return oldest <= ts <= latest if inclusive else oldest < ts < latest

    return sorted((m for m in messages if inside(float(m["ts"]))), key=lambda m: float(m["ts"]), reverse=True)
