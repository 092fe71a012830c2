"""Serves an ask: claims it, has the assistant answer, and sends the answer where it belongs, exactly once."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from adapters.chat import EVERYTHING, UNREAD, Command, Host, Intent, Pending, Person, Reply, Request, Typed
from adapters.platform.actions import as_understood, pinned
from adapters.platform.progress import Answering, Pace
from adapters.slack.access import SlackAccess
from adapters.slack.asks import Ask
from adapters.slack.commands import in_own_names
from adapters.slack.directory import Account, Directory
from adapters.slack.reader import Reading
from adapters.slack.surfaces.answers import Note, Open, Pane, Surface
from adapters.slack.surfaces.outgoing import Outgoing
from adapters.slack.surfaces.rendering import render
from adapters.slack.wire.client import Slack, passing, reason, refusal
from adapters.text.links import proven

log = logging.getLogger(__name__)

FAILURES = (SlackClientError, aiohttp.ClientError, OSError)
CANCELLED = Reply("Cancelled.")


@dataclass(frozen=True, slots=True)
class Service:
    """What every ask is served with. `answered` hears of each place where somebody was."""

    slack: Slack
    host: Host
    commands: Sequence[Command]
    directory: Directory
    outgoing: Outgoing
    reading: Reading
    answered: Callable[[Ask], Coroutine[Any, Any, None]]
    _running: dict[str, tuple[Ask, asyncio.Future[Reply]]] = field(default_factory=dict)

    async def claim(self, ask: Ask) -> bool:
        """Whether this ask is new, on any connection and in any earlier run."""
        where = self.slack.place(ask.target.channel or ask.place.channel, ask.target.thread)
        asker = Person(ask.user, ask.user)
        return await self.host.claim(Pending(self._promise(ask), where, asker, self.slack.settings.clock.now()))

    def _promise(self, ask: Ask) -> str:
        """The ask's key among those of every platform and workspace."""
        return f"slack/{self.slack.team}/{ask.key}"

    async def serve(self, ask: Ask, claimed: asyncio.Future[bool] | None = None) -> None:
        """Answer, if the claim holds. Raises ServiceStopped; everything else is logged and done with."""
        try:
            if not await (claimed if claimed is not None else self.claim(ask)):
                return
            await self._answer(ask)
        except SlackApiError as error:
            if stopped := refusal(error, "bot token"):
                raise stopped from None
            log.warning("an answer could not be sent: %s", reason(error))
            if passing(error):
                return  # stays unsettled: the next start tells the person
        except FAILURES as error:
            log.warning("an answer could not be sent: %s", type(error).__name__)
            return
        await self.host.settle(self._promise(ask))
        await self.answered(ask)

    async def _answer(self, ask: Ask) -> None:
        account = await self.directory.account(ask.user)
        if isinstance(ask.meant, Reply):
            await self._surface(ask).finish(render(ask.meant, None, account.zone or self.slack.settings.zone))
            return
        request = await self._request(ask, ask.meant, account)
        surface = self._surface(ask)
        settings = self.slack.settings
        pace = Pace(settings.clock, settings.show_after, settings.show_every)
        await surface.begin()
        try:
            async with Answering(surface, pace, proven(Reply(""), request), FAILURES) as answering:
                reply = await self._work(ask, replace(request, progress=answering.progress, text=answering.text))
            await self._send(ask, as_understood(request, reply), reply, surface, account)
        finally:
            if not _being_cancelled():
                await surface.end()

    async def _work(self, ask: Ask, request: Request) -> Reply:
        """What the assistant says, unless the asker stops it."""
        work = asyncio.ensure_future(self.host.handle(request))
        self._running[ask.key] = (ask, work)
        try:
            return await work
        except asyncio.CancelledError:
            if work.cancelled() and not _being_cancelled():
                return CANCELLED
            work.cancel()
            raise
        finally:
            self._running.pop(ask.key, None)

    def cancel(self, key: str, user: str) -> bool:
        """Stop the work behind that key, if it is this person's and still going on."""
        ask, work = self._running.get(key, (None, None))
        return ask is not None and work is not None and ask.user == user and work.cancel()

    def stop(self, channel: str, thread: str, user: str) -> None:
        """Stop all of this person's work that would be answered in that thread."""
        for key, (ask, _) in list(self._running.items()):
            if (ask.target.channel, ask.target.thread) == (channel, thread):
                self.cancel(key, user)

    async def _request(self, ask: Ask, meant: Intent | Typed, account: Account) -> Request:
        message = await self.directory.message(ask.place.channel, ask.said) if ask.said else None
        return Request(
            intent=meant if isinstance(meant, Intent) else UNREAD,
            place=ask.place,
            asker=account.person,
            message=message,
            fetch=self.reading.fetch(ask.place),
            access=SlackAccess(self.slack, ask.user),
            public=ask.target.public and not ask.target.channel.startswith("D"),
            locale=account.locale,
            zone=account.zone,
            typed=meant if isinstance(meant, Typed) else None,
            replied_to=message.text if message and ask.about else None,
        )

    async def _send(self, ask: Ask, request: Request, reply: Reply, surface: Surface, account: Account) -> None:
        zone = account.zone or self.slack.settings.zone
        if not (reply.text or reply.files):  # nothing to say, such as a second time that it is too much
            await surface.withdraw()
            return
        reply = in_own_names(reply, self.commands)
        if ask.shared:
            reply = replace(reply, notes=(*reply.notes, f"Shared by {account.person.name}."))
        alone = not ask.target.public and reply.private and not reply.personal
        share = self._share(request) if alone and ask.target.channel else None
        rendered = render(reply, request, zone, share)
        if ask.target.public and reply.personal and request.public:
            await surface.withdraw()
            await self.outgoing.tell(rendered, replace(ask.target, public=False))
        elif not ask.target.public and not reply.private and ask.target.channel:
            await surface.withdraw()
            openly = replace(ask, target=replace(ask.target, public=True))
            await self._surface(openly).finish(rendered)
        else:
            await surface.finish(rendered)

    def _share(self, request: Request) -> Intent | None:
        """What the share button asks again for everyone: the same, about the same messages. None in private."""
        if request.place.channel.startswith("D") or request.intent == UNREAD:
            return None
        command = next((command for command in self.commands if command.name == request.intent.name), None)
        takes_window = command is not None and any(option.kind == "window" for option in command.options)
        if not takes_window or (request.intent.argument and request.intent.window == EVERYTHING):
            return request.intent
        return pinned(request.intent, self.slack.settings.clock.now())

    def _surface(self, ask: Ask) -> Surface:
        if not ask.target.public:
            return Note(self.outgoing, ask.target, ask.key)
        kind = Pane if ask.target.pane else Open
        return kind(self.slack, self.outgoing, ask.target, ask.key, ask.title)


def _being_cancelled() -> bool:
    """Whether it is the adapter that ends, rather than this one piece of work."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
