"""Serves an ask: claims it, has the assistant answer, and sends the answer where it belongs, exactly once."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import discord

from adapters.chat import EVERYTHING, SILENCE, UNREAD, Command, Host, Intent, Pending, Place, Reply, Request, Typed
from adapters.discord.access import DiscordAccess
from adapters.discord.asks import Ask
from adapters.discord.reader import NO_CONTENT, NOT_HERE, Reading, once_in
from adapters.discord.settings import DiscordSettings
from adapters.discord.surfaces.actions import CANCEL, DO, SHARE, THREAD, Button, encode, plain
from adapters.discord.surfaces.answers import Note, Open
from adapters.discord.surfaces.rendering import render
from adapters.discord.wire.retry import LOST
from adapters.discord.words import say
from adapters.errors import EdgeError, report
from adapters.payloads.discord import DIRECT
from adapters.platform.actions import as_understood, pinned
from adapters.platform.progress import Answering, Pace
from adapters.text.links import proven

log = logging.getLogger(__name__)

SHARE_LABEL, CANCEL_LABEL, THREAD_LABEL = "Share", "Cancel", "Continue in a thread"
UNREADABLE = Reply(NOT_HERE[0], notes=NOT_HERE[1:])
STOPPED, OVER, NOT_YOURS = "Stopped.", "That was already over.", "Only who asked can stop this."
UNEXPECTED = Reply(
    "Something went wrong on my side, and it was not your request.",
    notes=("The owner finds the details in my log.",),
)


@dataclass(frozen=True, slots=True)
class Service:
    """What every ask is served with.

    `_working` holds who asked for what is under way, by the ask's key; `_serving` the tasks that serve an ask.
    """

    client: discord.Client
    host: Host
    commands: Sequence[Command]
    settings: DiscordSettings
    reading: Reading
    _working: dict[str, tuple[str, asyncio.Task[Reply]]] = field(default_factory=dict)
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, ask: Ask) -> None:
        """Answer, unless it was asked before. What Discord won't take is logged; the next start tells the person."""
        task = asyncio.create_task(self._serve(ask))
        self._serving.add(task)
        try:
            await task
        finally:
            self._serving.discard(task)

    async def stop(self) -> None:
        """Let go of everything under way: who asked hears of it at the next start."""
        for task in self._serving:
            task.cancel()
        if self._serving:
            await asyncio.wait(self._serving)

    async def _serve(self, ask: Ask) -> None:
        ask.surface.cancel = Button(say(CANCEL_LABEL, ask.locale), plain(CANCEL, ask.key))
        try:
            await ask.surface.begin()
        except LOST as error:
            log.warning("a question could not be acknowledged: %s", type(error).__name__)
        if not await self.host.claim(Pending(ask.key, ask.place, ask.asker, self.settings.clock.now())):
            return
        try:
            await self._answer(ask)
        except discord.Forbidden as error:
            log.warning("an answer may not be sent: %s", error.code)
        except LOST as error:
            log.warning("an answer could not be sent: %s", type(error).__name__)
            return  # stays unsettled: the next start tells the person
        await self.host.settle(ask.key)

    async def _answer(self, ask: Ask) -> None:
        meant = UNREADABLE if self._is_out_of_reach(ask) else ask.meant
        if isinstance(meant, Reply):
            await ask.surface.finish(render(_said(meant, ask.locale), None, self.settings.zone))
            return
        request = self._request(ask, meant)
        pace = Pace(self.settings.clock, self.settings.show_after, self.settings.show_every)
        async with ask.surface.working(), Answering(ask.surface, pace, proven(Reply(""), request), LOST) as answering:
            request = replace(request, progress=answering.progress, text=answering.text)
            reply = await self._handle(ask, request)
        request = as_understood(request, reply) if reply else request
        await self._send(ask, request, reply or Reply(say(STOPPED, ask.locale)), stopped=reply is None)

    def _request(self, ask: Ask, meant: Intent | Typed) -> Request:
        return Request(
            intent=meant if isinstance(meant, Intent) else UNREAD,
            place=ask.place,
            asker=ask.asker,
            message=ask.message,
            fetch=self.reading.fetch(ask.channel, ask.known),
            access=DiscordAccess(self.client, int(ask.asker.id), replace(ask.place, thread=None) if ask.sees else None),
            public=ask.public,
            locale=ask.locale,
            typed=meant if isinstance(meant, Typed) else None,
            replied_to=ask.replied_to,
        )

    async def _handle(self, ask: Ask, request: Request) -> Reply | None:
        """The assistant's reply, or an apology for there being none; None where somebody stopped the work."""
        work = asyncio.ensure_future(self.host.handle(request))
        self._working[ask.key] = ask.asker.id, work
        try:
            return await work
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) and task.cancelling():  # the adapter stops, not this work
                work.cancel()
                raise
            return None
        except EdgeError as error:
            return Reply(str(error), notes=(error.remedy,) if error.remedy else ())
        except Exception as error:  # noqa: BLE001 - the last line of defence: the asker must hear something
            report(log, request.intent.name, error)
            return UNEXPECTED
        finally:
            del self._working[ask.key]

    async def _send(self, ask: Ask, request: Request, reply: Reply, *, stopped: bool) -> None:
        if reply == SILENCE:
            await ask.surface.drop()
            return
        notes = (*reply.notes, *([f"Shared by {ask.asker.name}."] if ask.shared else []), *await self._warning(request))
        buttons = [] if stopped else self._buttons(ask, request, reply)
        rendered = render(replace(reply, notes=notes), request, self.settings.zone, buttons)
        surface = ask.surface
        if isinstance(surface, Open) and reply.personal and request.public:
            await surface.whisper(rendered)
        elif isinstance(surface, Note) and surface.private and not reply.private and not ask.elsewhere:
            await surface.publish(rendered)
        else:
            await surface.finish(rendered)

    async def _warning(self, request: Request) -> tuple[str, ...]:
        """Once in each channel: what can't be read there without the message content intent."""
        if self.settings.message_content or request.place.workspace == DIRECT:
            return ()
        if "window" not in self._kinds(request.intent):
            return ()
        key = once_in(request.place)
        if not await self.host.claim(Pending(key, request.place, request.asker, self.settings.clock.now())):
            return ()
        await self.host.settle(key)
        return NO_CONTENT

    def _buttons(self, ask: Ask, request: Request, reply: Reply) -> list[Button]:
        if ask.elsewhere:  # a button acts where it is pressed
            return []
        pressed = [(say(action.label, ask.locale), encode(DO, action.intent)) for action in reply.actions]
        kinds = self._kinds(request.intent)
        private = reply.private and not (ask.public or reply.personal) and ask.place.workspace != DIRECT
        if private and kinds & {"window", "language"}:
            pressed.append((say(SHARE_LABEL, ask.locale), encode(SHARE, self._shared(request))))
        if "window" in kinds and "language" not in kinds and self._may_open_thread(ask):
            pressed.append((say(THREAD_LABEL, ask.locale), plain(THREAD)))
        return [Button(label, custom_id) for label, custom_id in pressed if custom_id is not None]

    def _may_open_thread(self, ask: Ask) -> bool:
        """Whether talk may go on in a thread there, which Parley must be able to read."""
        channel = ask.channel
        if not self.settings.message_content or not ask.public or not isinstance(channel, discord.TextChannel):
            return False
        return channel.permissions_for(channel.guild.me).create_public_threads

    def _kinds(self, intent: Intent) -> frozenset[str]:
        """What the options of the intent's command take."""
        command = next((command for command in self.commands if command.name == intent.name), None)
        return frozenset(option.kind for option in command.options) if command else frozenset()

    def _is_out_of_reach(self, ask: Ask) -> bool:
        """Whether it is about what was said where Parley is no member, and brings no text of its own."""
        meant = ask.meant
        if ask.channel is not None or ask.known or isinstance(meant, Reply):
            return False
        name, words = (meant.name, meant.argument) if isinstance(meant, Intent) else (meant.command, meant.words)
        command = next((command for command in self.commands if command.name == name), None)
        return command is not None and command.takes("window") and not (command.argument == "text" and words)

    def _shared(self, request: Request) -> Intent:
        """What the share button asks again for everyone: the same, about the same messages."""
        if "window" not in self._kinds(request.intent):
            return request.intent
        if request.intent.argument and request.intent.window == EVERYTHING:
            return request.intent
        return pinned(request.intent, self.settings.clock.now())

    async def cancel(self, key: str, user: str, place: Place) -> str:
        """Stop the work on that ask, for who asked or an administrator; "" once it stops, else why it doesn't."""
        asker, work = self._working.get(key, ("", None))
        if work is None:
            return OVER
        if user != asker and not await DiscordAccess(self.client, int(user)).is_admin(place):
            return NOT_YOURS
        work.cancel()
        return ""


def _said(reply: Reply, locale: str) -> Reply:
    """A reply of Parley's own words in the language of the asker's client."""
    return replace(reply, text=say(reply.text, locale), notes=tuple(say(note, locale) for note in reply.notes))
