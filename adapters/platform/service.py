"""Serves an ask on any platform: claims it, has the assistant answer, and sends the answer where it belongs, once.

A platform supplies its surface (how to speak), its access (who may read) and its reader (what was said).
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, Generic, Protocol, TypeVar

from adapters.chat import (
    EVERYTHING,
    UNREAD,
    Access,
    Command,
    Fetch,
    Host,
    Intent,
    Pending,
    Person,
    Place,
    Reply,
    Request,
)
from adapters.errors import EdgeError, report
from adapters.platform.actions import FEEDBACK, as_understood, pinned
from adapters.platform.progress import Answering, Display, Pace
from adapters.platform.reference import referenced
from adapters.platform.replies import NOT_YOURS, OVER, SHARED_BY, STOPPED, apology, unexpected
from adapters.platform.request import Ask, request_of
from adapters.platform.settings import PlatformSettings
from adapters.platform.words import Words
from adapters.text.links import proven

log = logging.getLogger(__name__)
Asked = TypeVar("Asked", bound=Ask)
Shown = TypeVar("Shown")
Told_contra = TypeVar("Told_contra", contravariant=True)


class Surface(Display, Protocol[Told_contra]):
    """A place where an answer is shown. Every method may raise one of the platform's failures."""

    async def acknowledge(self) -> None:
        """Show that the question arrived, before anything else."""
        ...

    def working(self) -> AbstractAsyncContextManager[None]:
        """Show for as long as the body runs that there is work under way."""
        ...

    async def finish(self, shown: Told_contra) -> None:
        """Show the reply, in place of what was shown before."""
        ...

    async def publish(self, shown: Told_contra) -> None:
        """Show the reply to everyone, though it was asked in private."""
        ...

    async def whisper(self, shown: Told_contra) -> None:
        """Show the reply to its asker alone, though it was asked in the open."""
        ...

    async def drop(self) -> None:
        """Take back what was shown: there is nothing to say."""
        ...


@dataclass(frozen=True, slots=True)
class Running:
    """Work that is under way: who may stop it, and what stops."""

    ask: Ask
    work: asyncio.Future[Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(ABC, Generic[Asked, Shown]):
    """Serves asks. `_serving` are the tasks that serve one, `_running` the work by the ask's key.

    `unsent` are those whose answer the platform didn't take: somebody tells them later.
    """

    failures: ClassVar[tuple[type[Exception], ...]]

    host: Host
    commands: Sequence[Command]
    settings: PlatformSettings
    words: Words
    unsent: "asyncio.Queue[Pending]" = field(default_factory=asyncio.Queue)
    _running: dict[str, Running] = field(default_factory=dict)
    _serving: set[asyncio.Task[None]] = field(default_factory=set)
    _judging: asyncio.Lock = field(default_factory=asyncio.Lock)

    # The part of each platform

    @abstractmethod
    def surface(self, ask: Asked) -> Surface[Shown]:
        """Return where the answer appears."""

    @abstractmethod
    def access(self, user: str, ask: Asked | None = None) -> Access:
        """Return what the platform says of that person, who asks this or just pressed something."""

    @abstractmethod
    def is_direct(self, place: Place) -> bool:
        """Return whether it is a conversation with one person, where nothing is passed on."""

    @abstractmethod
    def fetch(self, ask: Asked) -> Fetch:
        """Return a reader of what was said where it was asked."""

    @abstractmethod
    def elsewhere(self, place: Place) -> Fetch:
        """Return a reader of what was said in another channel."""

    @abstractmethod
    def render(self, ask: Asked, request: Request | None, reply: Reply, share: Intent | None) -> Shown:
        """Return the reply as the surface shows it, with a button for `share` where there is one."""

    @abstractmethod
    def is_final(self, error: Exception) -> bool:
        """Log what the platform refused; whether nothing can be said there, now or later. May raise ServiceStopped."""

    async def met(self, ask: Asked) -> Asked:
        """Return the ask with what the platform tells of its asker and of the message."""
        return ask

    def now(self) -> datetime:
        """Return the time on the platform's clock, as far as it is known."""
        return self.settings.clock.now()

    def pending(self, ask: Asked) -> Pending:
        """Return what is owed for the ask, by a key that no other platform or workspace uses."""
        return Pending(ask.key, ask.place, ask.asker, self.now())

    async def refused(self, ask: Asked) -> Reply | None:
        """Return why it can't be answered there; None where it can."""
        del ask
        return None

    async def remarks(self, request: Request) -> tuple[str, ...]:
        """Return notes of the platform's own below an answer."""
        del request
        return ()

    async def answered(self, ask: Asked) -> None:
        """Note that somebody got an answer there."""

    # Serving

    async def claim(self, ask: Asked) -> bool:
        """Return whether this ask is new, on any connection and in any earlier run."""
        return await self.host.claim(self.pending(ask))

    async def serve(self, ask: Asked, claimed: "asyncio.Future[bool] | None" = None) -> None:
        """Answer, if it wasn't asked before. What the platform won't take is logged. Raises ServiceStopped."""
        with referenced(ask.key):
            task = asyncio.create_task(self._serve(ask, claimed))
        self._serving.add(task)
        try:
            await task
        finally:
            self._serving.discard(task)

    async def stop(self) -> None:
        """Let go of everything under way: people who asked are notified at the next start."""
        for task in self._serving:
            task.cancel()
        if self._serving:
            await asyncio.wait(self._serving)

    async def _serve(self, ask: Asked, claimed: "asyncio.Future[bool] | None") -> None:
        surface = self.surface(ask)
        try:
            await surface.acknowledge()
        except self.failures as error:
            log.warning("a question could not be acknowledged: %s", type(error).__name__)
        if not await (claimed if claimed is not None else self.claim(ask)):
            return
        try:
            ask = await self.met(ask)
            await self._answer(ask)
        except self.failures as error:
            if not self.is_final(error):
                self.unsent.put_nowait(self.pending(ask))
                return
        await self.host.settle(self.pending(ask).key)
        await self.answered(ask)

    async def _answer(self, ask: Asked) -> None:
        surface = self.surface(ask)
        refused = ask.meant if isinstance(ask.meant, Reply) else await self.refused(ask)
        if refused is not None:
            shown = self.render(ask, None, self.words.reply(refused, ask.locale), None)
            await (surface.whisper(shown) if refused.personal and ask.public else surface.finish(shown))
            return
        request = request_of(ask, self.fetch(ask), self.access(ask.asker.id, ask), self.elsewhere)
        pace = Pace(self.settings.clock, self.settings.show_after, self.settings.show_every)
        links = proven(Reply(""), request)
        async with surface.working():
            async with Answering(surface, pace, links, self.failures, self.words, ask.locale) as answering:
                reply = await self._work(ask, replace(request, progress=answering.progress, text=answering.text))
            await self._send(ask, as_understood(request, reply), reply, surface)

    async def _work(self, ask: Asked, request: Request) -> Reply:
        """Return the assistant's reply; an apology where there is none, and a word where somebody stopped the work."""
        work = asyncio.ensure_future(self.host.handle(request))
        self._running[ask.key] = Running(ask, work)
        try:
            return await work
        except asyncio.CancelledError:
            if is_ending():
                work.cancel()
                raise
            return STOPPED
        except EdgeError as error:
            return apology(error)
        except Exception as error:  # noqa: BLE001 - the last line of defence: the asker must get an answer
            report(log, request.intent.name, error)
            return unexpected()
        finally:
            self._running.pop(ask.key, None)

    async def _send(self, ask: Asked, request: Request, reply: Reply, surface: Surface[Shown]) -> None:
        if not (reply.text or reply.files or reply.notes):  # such as a second time that somebody asks too much
            await surface.drop()
            return
        share = self._share(ask, request, reply)
        shared = (self.words.fill(SHARED_BY, ask.locale, ask.asker.name),) if ask.shared else ()
        reply = self.words.reply(reply, ask.locale)
        reply = replace(reply, notes=(*reply.notes, *shared, *await self.remarks(request)))
        shown = self.render(ask, request, reply, share)
        if reply.personal and request.public:
            await surface.whisper(shown)
        elif ask.private and not (reply.private or ask.elsewhere):
            await surface.publish(shown)
        else:
            await surface.finish(shown)

    def _share(self, ask: Asked, request: Request, reply: Reply) -> Intent | None:
        """Return what the share button asks again for everyone: the same, about the same messages. None for no button.

        An answer that speaks of the asker isn't for others, and a refusal isn't an answer.
        """
        intent = request.intent
        if not ask.private or ask.elsewhere or self.is_direct(ask.place):
            return None
        if intent == UNREAD or reply.refusal or reply.personal or not reply.private:
            return None
        command = self.command(intent.name)
        if command is None or not (command.takes("window") or command.takes("language")):
            return None
        if not command.takes("window") or (intent.argument and intent.window == EVERYTHING):
            return intent
        return pinned(intent, self.now())

    def command(self, name: str) -> Command | None:
        """Return the row of the commands' table."""
        return next((command for command in self.commands if command.name == name), None)

    # Buttons

    async def cancel(self, key: str, user: str, place: Place) -> str:
        """Stop that work, for who asked or an administrator; "" once it stops, else why it doesn't."""
        running = self._running.get(key)
        if running is None:
            return OVER
        if user != running.ask.asker.id and not await self.access(user).is_admin(place):
            return NOT_YOURS
        running.work.cancel()
        return ""

    async def judge(self, user: str, place: Place, token: str, word: str) -> None:
        """Take a verdict on an answer, in the order of their coming. The thumb is to be seen: nothing is said."""
        request = Request(
            Intent(FEEDBACK, word, options={"reply": token}), place, Person(user, user), access=self.access(user)
        )
        async with self._judging:
            await self.host.handle(request)


def is_ending() -> bool:
    """Return whether it is the adapter that ends, rather than one piece of work."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
