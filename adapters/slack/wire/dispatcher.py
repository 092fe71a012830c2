"""Takes everything, after its acknowledgement, to the part that serves it.

One bad payload costs one line in the log; only a refused token ends the adapter.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from slack_sdk.errors import SlackApiError

from adapters.chat import Host, offered
from adapters.errors import ServiceStopped, report
from adapters.slack.asks import Ask, Target
from adapters.slack.backfill import SlackBackfill
from adapters.slack.directory import Directory
from adapters.slack.following import Following
from adapters.slack.ingestion import Ingestion
from adapters.slack.reactions import Reactions
from adapters.slack.recovery import Recovery
from adapters.slack.requests import ASK_THREAD, PICK_CHANNEL, Reader
from adapters.slack.service import Service
from adapters.slack.surfaces.actions import CANCEL
from adapters.slack.surfaces.forms import ask_form, channel_form
from adapters.slack.surfaces.home import Home
from adapters.slack.surfaces.outgoing import Outgoing
from adapters.slack.surfaces.pane import Panes
from adapters.slack.surfaces.rendering import page_of
from adapters.slack.wire.client import FAILURES, Slack, reason, refusal
from adapters.slack.words import WORDS, say
from adapters.text.coerce import identifier, mapping, mappings, string

log = logging.getLogger(__name__)
Given = ParamSpec("Given")


def guarded(
    work: Callable[Concatenate["Dispatcher", Given], Coroutine[Any, Any, None]],
) -> Callable[Concatenate["Dispatcher", Given], Coroutine[Any, Any, None]]:
    """Return the work, ending in a line of the log instead of an exception; a refused token passes."""

    @wraps(work)
    async def run(dispatcher: "Dispatcher", /, *args: Given.args, **kwargs: Given.kwargs) -> None:
        try:
            await work(dispatcher, *args, **kwargs)
        except ServiceStopped:
            raise
        except SlackApiError as error:
            if stopped := refusal(error, "bot token"):
                raise stopped from None
            log.warning("%s: Slack said %s", work.__name__, reason(error))
        except FAILURES as error:
            log.warning("%s: %s", work.__name__, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - one payload must not take the service from everybody else
            report(log, work.__name__, error)

    return run


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """The parts of the adapter, and who serves what."""

    slack: Slack
    host: Host
    reader: Reader
    service: Service
    recovery: Recovery
    directory: Directory
    outgoing: Outgoing
    ingestion: Ingestion
    backfill: SlackBackfill
    reactions: Reactions
    following: Following
    panes: Panes
    home: Home

    @guarded
    async def asked(self, ask: Ask, claimed: asyncio.Future[bool] | None = None) -> None:
        """Serve what somebody wants; in the pane, about the channel they look at beside it."""
        beside = self.panes.channel_beside(ask) if ask.target.pane else ""
        if beside:
            ask = replace(ask, place=self.slack.place(beside))
        self.following.joined(ask)
        await self.service.serve(ask, claimed)

    @guarded
    async def happened(self, event: Mapping[str, Any]) -> None:
        """Serve an event of the workspace."""
        kind = event.get("type")
        await self.ingestion.take(event)
        await self.panes.take(event)
        if kind == "app_home_opened" and event.get("tab") == "home":
            await self.home.open(identifier(event.get("user")))
        elif kind == "agent_session_stopped":
            thread, user = identifier(event.get("thread_ts")), identifier(event.get("user"))
            self.service.halt(identifier(event.get("channel")), thread, user)
        elif kind == "member_joined_channel" and event.get("user") == self.slack.me:
            self.backfill.glance()
        elif reaction := self.reader.reaction(event):
            await self.reactions.serve(reaction)
        elif ask := await self.following.ask(event):
            await self.service.serve(ask)

    @guarded
    async def heard_late(self, message: Mapping[str, Any]) -> None:
        """Serve what was asked while nobody listened: what a mention, a direct message or a followed thread asks."""
        named = message.get("channel_type") != "im" and self.reader.mentions_me(message)
        event = {**message, "type": "app_mention"} if named else message
        if ask := self.reader.ask({"type": "event_callback", "event": event}) or await self.following.ask(message):
            await self.asked(ask)

    @guarded
    async def press(self, body: Mapping[str, Any]) -> None:
        """Serve a press that isn't a question yet: a form opens, App Home changes."""
        kind, action = string(body.get("callback_id")), next(mappings(body.get("actions")), {})
        user = identifier(mapping(body.get("user")).get("id"))
        if mapping(body.get("view")).get("type") == "home":
            await self.home.press(body)
            self.backfill.glance()  # a channel may just have been turned on
        elif action.get("action_id") == CANCEL:
            await self._cancel(string(action.get("value")), body)
        elif kind == ASK_THREAD and offered(self.reader.commands, "question"):
            await self._open(body, ask_form(body, await self.directory.locale(user)))
        elif kind == PICK_CHANNEL and (form := channel_form(self.reader.commands, await self.directory.locale(user))):
            await self._open(body, form)
        elif user:
            reply = WORDS.reply(
                self.reader.unknown("button or shortcut that you used"), await self.directory.locale(user)
            )
            await self.outgoing.whisper(page_of(" ".join((reply.text, *reply.notes))), Target("", user))

    async def _cancel(self, key: str, body: Mapping[str, Any]) -> None:
        """Stop somebody's work, if it is theirs to stop; the answer then says so itself."""
        user = identifier(mapping(body.get("user")).get("id"))
        channel = identifier(mapping(body.get("channel")).get("id"))
        if refused := await self.service.cancel(key, user, self.slack.place(channel)):
            target = Target(channel, user, response_url=string(body.get("response_url")))
            await self.outgoing.whisper(page_of(say(refused, await self.directory.locale(user))), target)

    async def _open(self, body: Mapping[str, Any], form: dict[str, Any]) -> None:
        await self.slack.client.views_open(trigger_id=string(body.get("trigger_id")), view=form)

    @guarded
    async def apologise(self) -> None:
        """Tell everybody whom an earlier run left without an answer."""
        await self.recovery.apologise()
