"""Keeps translations beside what is said in channels that translate themselves: posted, rewritten and taken back.

What is said in one channel is translated in its order, one post after another, at the pace that the platform takes.
Where people write faster than that, Parley says so once and passes over what waits, instead of answering late for long.
The history knows which post stands beside which message, so that nothing is posted twice, and what an end of the
program left unfinished is finished after the next start. Holds texts only while they wait and a few of before.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

from adapters import realm
from adapters.chat import Companion, Deleted, Event, Fetch, Message, Person, Place, Posting, Reply, Window
from adapters.errors import EdgeError, Unreachable, Unreadable, Unwelcome, report
from bot.errors import ParleyError
from bot.history.translated import companions
from bot.history.translated.companions import Kept, Setting
from bot.services import Services
from bot.translations.bursts import Burst, is_for_translation, words_of
from bot.translations.corrections import better_in, keep_better
from bot.translations.overload import too_much
from bot.translations.renditions import rendition
from nlp.errors import CoreError

log = logging.getLogger(__name__)

LATELY = timedelta(hours=1)  # how old a message may be whose translation is begun
SETTLE = 0.4  # seconds in which a message may be followed by more of the same person
MOST_WAITING = 25  # posts of a channel
BEFORE = 20  # messages of a channel that tell which languages it speaks
SWEEP = 60.0  # seconds between two looks for what was left unfinished


class Voice(Protocol):
    """A platform, as far as it keeps translations beside messages."""

    async def post(self, posting: Posting) -> None:
        """Say it where it belongs, once."""
        ...

    async def accompany(self, companion: Companion) -> str:
        """Return what the service calls the companion, which stands there now."""
        ...

    async def withdraw(self, companion: Companion) -> None:
        """Take back what stands there."""
        ...

    def reader_of(self, place: Place) -> Fetch:
        """Return a reader of that channel."""
        ...


@dataclass(frozen=True, slots=True)
class Anew:
    """A post that is to say what its messages say now; `known` are those of them whose words are at hand."""

    place: Place
    anchor: str
    known: Mapping[str, Message] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Room:
    """The work that waits for one channel, oldest first, and what was said there last."""

    place: Place
    waiting: deque[Burst | Anew] = field(default_factory=deque)
    before: deque[Message] = field(default_factory=lambda: deque(maxlen=BEFORE))
    last: Burst | None = None  # which a following message of the same person goes on from
    skipped: int = 0  # messages, since it was said that they come too fast
    wake: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True, eq=False)
class Interpreter:
    """Hears what happens in channels; `voices` are the platforms by name. Belongs to one event loop."""

    services: Services
    voices: Mapping[str, Voice]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    settle: float = SETTLE
    _events: "asyncio.Queue[Message | Deleted]" = field(default_factory=asyncio.Queue)
    _rooms: dict[Place, Room] = field(default_factory=dict)

    def heard(self, event: Event) -> None:
        """Take note of what was said, edited or deleted."""
        if isinstance(event, Message | Deleted) and event.place.platform in self.voices:
            self._events.put_nowait(event)

    async def run(self) -> None:
        """Run until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sweep(tasks))
            while True:
                event = await self._events.get()
                try:
                    await self._take(event, tasks)
                except ParleyError as error:
                    log.warning("a message in %s is not translated: %s", event.place.channel, type(error).__name__)
                except Exception as error:  # noqa: BLE001 - one event must not end the others
                    report(log, "a channel's translation", error)

    # What is heard

    async def _take(self, event: Message | Deleted, tasks: asyncio.TaskGroup) -> None:
        place = replace(event.place, thread=None)
        if isinstance(event, Deleted):
            self._forget(place, event.ids)
            self.services.unfinished.set()  # the history has marked what stands beside them
            return
        known = await self.services.history.read(companions.known, place, event.id)
        if known is not None:
            if await self.services.history.write(companions.edited, event):
                self._put(self._room(place, tasks), Anew(place, known.anchor, {event.id: event}))
            return
        setting = await self.services.history.read(companions.setting, place)
        if setting is not None:
            await self._said(event, setting, self._room(place, tasks))

    async def _said(self, message: Message, setting: Setting, room: Room) -> None:
        """Put a message that has no translation yet where it waits for one, if it is to have one."""
        if room.last is not None and room.last.first.author.id != message.author.id:
            room.last = None
        if not is_for_translation(message) or message.sent_at < max(setting.since, self.services.now() - LATELY):
            return
        if await self._corrects(message, room.place):
            return
        spared = await self.services.history.read(companions.is_spared, message.author.id, realm(message.place))
        if spared:
            return
        for place, work in enumerate(room.waiting):
            newest = place == len(room.waiting) - 1
            if isinstance(work, Burst) and (work.holds(message) or (newest and work.takes(message))):
                room.waiting[place] = work.with_(message)
                return
        self._put(room, Burst((message,)))

    async def _corrects(self, message: Message, place: Place) -> bool:
        """Return whether the message says how the translation above it in its thread should read, and take it so."""
        text = better_in(words_of(message))
        anchor = text and await self.services.history.read(companions.last_in, message.place)
        if not text or not anchor:
            return False
        kept = await self.services.history.read(companions.read, place, anchor)
        read = self.voices[place.platform].reader_of(place)
        await keep_better(self.services, read, kept, text, message.author.id)
        return True

    def _forget(self, place: Place, ids: Sequence[str]) -> None:
        """Take messages that were deleted out of what waits."""
        if (room := self._rooms.get(place)) is None:
            return
        left = [each.without(ids) if isinstance(each, Burst) else each for each in room.waiting]
        room.waiting = deque(each for each in left if each is not None)
        room.before = deque((each for each in room.before if each.id not in ids), maxlen=BEFORE)
        room.last = room.last.without(ids) if room.last else None

    def _room(self, place: Place, tasks: asyncio.TaskGroup) -> Room:
        if place not in self._rooms:
            self._rooms[place] = Room(place)
            tasks.create_task(self._serve(self._rooms[place]))
        return self._rooms[place]

    def _put(self, room: Room, work: Burst | Anew) -> None:
        """Let the work wait for its turn; where too much waits, the messages that came meanwhile are passed over."""
        waiting = [each for each in room.waiting if isinstance(each, Burst)]
        if isinstance(work, Burst) and (room.skipped or len(waiting) >= MOST_WAITING):
            room.skipped += len(work.messages)
        else:
            later = [each for each in waiting if isinstance(work, Burst) and each.first.sent_at > work.first.sent_at]
            room.waiting.insert(room.waiting.index(later[0]) if later else len(room.waiting), work)
        room.wake.set()

    # What is done

    async def _serve(self, room: Room) -> None:
        """Do what waits in a channel, one after the other."""
        while True:
            if not room.waiting:
                await self._admit(room)
                room.wake.clear()
                await room.wake.wait()
            if room.waiting and isinstance(room.waiting[0], Burst):
                await self.sleep(self.settle)
            if not room.waiting:  # deleted meanwhile
                continue
            try:
                await self._do(room.waiting.popleft(), room)
            except Unreachable as error:
                log.info("a translation in %s waits for its service: %s", room.place.channel, error)
            except (EdgeError, ParleyError, CoreError) as error:
                log.warning("a translation in %s failed: %s", room.place.channel, type(error).__name__)
            except Exception as error:  # noqa: BLE001 - one message must not end its channel's translations
                report(log, f"a translation in {room.place.channel}", error)

    async def _do(self, work: Burst | Anew, room: Room) -> None:
        if isinstance(work, Anew):
            await self._write_anew(work, room)
        elif room.last is not None and all(room.last.takes(each) for each in work.messages):
            await self._go_on(work, room.last, room)
        else:
            await self._begin(work, room)
        if isinstance(work, Burst):
            room.before.extend(work.messages)

    async def _begin(self, burst: Burst, room: Room) -> None:
        """Post the translation of messages that have none."""
        history = self.services.history
        setting = await history.read(companions.setting, room.place)
        room.last = None
        if setting is None:
            return
        reply = await rendition(burst.messages, tuple(room.before), setting.targets, self.services)
        if reply is None:
            return
        room.last = burst
        kept = await history.write(companions.claim, burst.messages, setting.targets, self.services.now())
        if kept is not None and len(kept.sources) == len(burst.messages):
            await self._say(kept, burst.first, reply, tried=False)
            return
        known = {each.id: each for each in burst.messages}
        if kept is not None:  # some were deleted while they were translated
            await self._write_anew(Anew(room.place, kept.anchor, known), room)
        else:
            await self._follow(burst, room)

    async def _follow(self, burst: Burst, room: Room) -> None:
        """Follow edits of messages that got their translation while these waited."""
        for message in burst.messages:
            known = await self.services.history.read(companions.known, room.place, message.id)
            if known is not None and await self.services.history.write(companions.edited, message):
                await self._write_anew(Anew(room.place, known.anchor, {message.id: message}), room)

    async def _go_on(self, more: Burst, last: Burst, room: Room) -> None:
        """Let the post of a person's last messages say the following ones, too."""
        history = self.services.history
        kept = await history.read(companions.read, room.place, last.first.id)
        if kept is None or not kept.post or kept.standing != kept.sources:
            room.last = None
            await self._begin(more, room)
            return
        for message in more.messages:
            await history.write(companions.extend, kept, message)
        room.last = Burst(tuple(sorted((*last.messages, *more.messages), key=lambda each: each.sent_at)))
        known = {each.id: each for each in room.last.messages}
        await self._write_anew(Anew(room.place, last.first.id, known), room)

    async def _write_anew(self, work: Anew, room: Room) -> None:
        """Have a post say what its messages say now; one whose messages need no translation any more goes."""
        kept = await self.services.history.read(companions.read, work.place, work.anchor)
        if kept is None:
            return
        messages = await self._messages(kept, work.known)
        reply = await rendition(messages, tuple(room.before), kept.targets, self.services) if messages else None
        if reply is None:
            await self._withdraw(kept)
        else:
            await self._say(kept, messages[0], reply, tried=True)

    async def _messages(self, kept: Kept, known: Mapping[str, Message]) -> tuple[Message, ...]:
        """Return the messages of a post as they are now, without those that are gone."""
        if any(source.id not in known for source in kept.standing):
            read = self.voices[kept.place.platform].reader_of(replace(kept.place, thread=None))
            known = {each.id: each async for each in self._readable(read, kept.window)} | dict(known)
        return tuple(known[source.id] for source in kept.standing if source.id in known)

    async def _readable(self, read: Fetch, window: Window) -> AsyncIterator[Message]:
        try:
            async for message in read(window):
                yield message
        except Unreadable as error:
            raise Unreachable(str(error)) from error

    async def _say(self, kept: Kept, about: Message, reply: Reply, *, tried: bool) -> None:
        """Have the reply stand beside the message; `tried` says that it may stand there already."""
        about = replace(about, id=kept.anchor, place=kept.place)
        companion = Companion(kept.key, about, reply, kept.post, tried=tried)
        try:
            post = await self.voices[kept.place.platform].accompany(companion)
        except Unwelcome:  # the message is gone, or the post, or Parley may not write there
            await self.services.history.write(companions.forget, kept)
            raise
        await self.services.history.write(companions.stands, kept, post)

    async def _withdraw(self, kept: Kept) -> None:
        """Take a post back, and forget that it stood there."""
        nobody = Message(kept.anchor, kept.place, Person(kept.author, ""), "", kept.sources[0].sent_at)
        companion = Companion(kept.key, nobody, Reply(""), kept.post, tried=True)
        try:
            await self.voices[kept.place.platform].withdraw(companion)
        except Unwelcome as error:
            log.info("a translation in %s can't be taken back: %s", kept.place.channel, error)
        await self.services.history.write(companions.forget, kept)

    async def _admit(self, room: Room) -> None:
        """Say, once all that waited is done, that messages were passed over because they came too fast."""
        if not room.skipped:
            return
        skipped, room.skipped, room.last = room.skipped, 0, None
        try:
            await self.voices[room.place.platform].post(too_much(room.place, skipped, self.services.now()))
        except EdgeError as error:
            log.warning("messages of %s were passed over untold: %s", room.place.channel, type(error).__name__)

    async def _sweep(self, tasks: asyncio.TaskGroup) -> None:
        """Finish what was left unfinished: at the start, when something was marked, and now and then."""
        while True:
            try:
                for place, anchor in await self.services.history.read(companions.unfinished):
                    if place.platform in self.voices:
                        self._finish(self._room(place, tasks), anchor)
            except ParleyError as error:
                log.warning("unfinished translations could not be looked up: %s", type(error).__name__)
            try:
                async with asyncio.timeout(SWEEP):
                    await self.services.unfinished.wait()
            except TimeoutError:
                continue
            self.services.unfinished.clear()

    def _finish(self, room: Room, anchor: str) -> None:
        """Have a post written anew, unless that waits already."""
        work = Anew(room.place, anchor)
        if all(not isinstance(each, Anew) or each.anchor != anchor for each in room.waiting):
            self._put(room, work)
