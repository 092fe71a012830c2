"""Carries messages over bridges: posted on the other side, rewritten and taken back, each once and in its order.

A message is noted in the history before it is posted, so that it is neither lost nor doubled by an end of the program.
Only what people write is carried: what Parley posts and what other apps post is nobody's message here, so nothing comes
back and nothing goes round. Holds texts only while they wait and a few of before.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from adapters import realm
from adapters.chat import Deleted, Event, Fetch, Message, Person, Place, Posting, Relayed, Reply
from adapters.errors import EdgeError, Unreachable, Unreadable, Unwelcome, report
from bot.bridges.notices import notice
from bot.bridges.sayings import saying
from bot.errors import HistoryUnavailable, ParleyError
from bot.history import History
from bot.history.bridged import bridges, relayed
from bot.history.bridged.bridges import Bridge
from bot.history.bridged.relayed import CarriedMessage
from bot.services import Services

log = logging.getLogger(__name__)

LATELY = timedelta(hours=1)  # how old a message may be that is carried
AHEAD = 32  # messages of a channel that are translated at once
BEFORE = 20  # messages of a channel that tell which languages it speaks
MOST_HELD = 200  # texts of a channel that wait; those of others are read again when it is their turn
SETTLE = 0.2  # seconds in which what was said before a message may still come after it
SWEEP = 60.0  # seconds between two looks for what was left unfinished
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a service that wasn't there is tried again


class Voice(Protocol):
    """A platform, as far as it says what people said elsewhere."""

    async def post(self, posting: Posting) -> None:
        """Say it where it belongs, once."""
        ...

    async def relay(self, relayed: Relayed) -> str:
        """Return what the service calls what stands there now."""
        ...

    async def unrelay(self, relayed: Relayed) -> None:
        """Take back what stands there."""
        ...

    def reader_of(self, place: Place) -> Fetch:
        """Return a reader of that channel."""
        ...


@dataclass(slots=True, eq=False)
class Lane:
    """The messages that wait to be carried from one channel: when each was said, and its text where that is held.

    `ahead` are those that are translated together while they wait, as they were then.
    """

    place: Place
    waiting: dict[str, datetime] = field(default_factory=dict)
    texts: dict[str, Message] = field(default_factory=dict)
    ahead: "dict[str, tuple[Message, asyncio.Task[Reply | None]]]" = field(default_factory=dict)
    before: deque[Message] = field(default_factory=lambda: deque(maxlen=BEFORE))
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, id_: str, sent_at: datetime, message: Message | None = None) -> None:
        """Let a message wait for its turn; one that waits is carried as it is now."""
        self.waiting[id_] = sent_at
        if message is not None and (id_ in self.texts or len(self.texts) < MOST_HELD):
            self.texts[id_] = message
        self.wake.set()

    def take(self) -> tuple[datetime, str]:
        """Return when the first message was said, and which that is; it no longer waits."""
        first = min((sent_at, id_) for id_, sent_at in self.waiting.items())
        del self.waiting[first[1]]
        return first


@dataclass(slots=True, eq=False)
class Relay:
    """Gets what happens in channels; `voices` are the platforms by name. Belongs to one event loop."""

    services: Services
    voices: Mapping[str, Voice]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    settle: float = SETTLE
    _messages: "asyncio.Queue[Message]" = field(default_factory=asyncio.Queue)
    _lanes: dict[Place, Lane] = field(default_factory=dict)

    def heard(self, event: Event) -> None:
        """Take note of what was said, edited or deleted."""
        if isinstance(event, Message) and event.place.platform in self.voices:
            self._messages.put_nowait(event)
        elif isinstance(event, Deleted):
            self.services.bridges.set()  # the history has marked what stands for them

    async def run(self) -> None:
        """Run until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sweep(tasks))
            while True:
                message = await self._messages.get()
                try:
                    await self._take(message, tasks)
                except ParleyError as error:
                    log.warning("a message in %s is not carried: %s", message.place.channel, type(error).__name__)
                except Exception as error:  # noqa: BLE001 - one message must not end the others
                    report(log, "a bridge", error)

    async def _take(self, message: Message, tasks: asyncio.TaskGroup) -> None:
        """Note that a message is to be carried, or that it was edited, and let it wait for its turn."""
        history, place = self.services.history, replace(message.place, thread=None)
        known, bridge = await history.run(lambda store: _standing(store, message))
        if known:
            noted = await history.write(relayed.edited, message)
        elif bridge is not None and self._is_to_go(message, bridge):
            noted = await history.write(relayed.claim, message, bridge.other(place).place)
        else:
            noted = False
        if noted:
            self._lane(place, tasks).put(message.id, message.sent_at, message)

    def _is_to_go(self, message: Message, bridge: Bridge) -> bool:
        """Return whether a person said it while the channel was bridged."""
        if message.notice or message.from_bot or not bridge.open:
            return False
        return message.sent_at >= max(bridge.since, self.services.now() - LATELY)

    def _lane(self, place: Place, tasks: asyncio.TaskGroup) -> Lane:
        if place not in self._lanes:
            self._lanes[place] = Lane(place)
            tasks.create_task(self._serve(self._lanes[place]))
        return self._lanes[place]

    # What is done

    async def _serve(self, lane: Lane) -> None:
        """Carry what waits in a channel, one after the other; what a service can't take now is tried again first."""
        pause, settled = FIRST_PAUSE, False
        while True:
            if not lane.waiting:
                lane.wake.clear()
                await lane.wake.wait()
                settled = False
            if not settled:
                await self.sleep(self.settle)
                settled = True
            sent_at, id_ = lane.take()
            message = lane.texts.pop(id_, None)
            try:
                await self._carry(id_, message, lane)
            except (Unreachable, HistoryUnavailable) as error:
                log.info("a message of %s waits to be carried: %s", lane.place.channel, type(error).__name__)
                lane.put(id_, sent_at, lane.texts.get(id_) or message)
                await self.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
                continue
            except (EdgeError, ParleyError) as error:
                log.warning("a message of %s is not carried: %s", lane.place.channel, type(error).__name__)
            except Exception as error:  # noqa: BLE001 - one message must not end its channel's bridge
                report(log, f"the bridge of {lane.place.channel}", error)
            finally:
                lane.ahead.pop(id_, None)
            pause = FIRST_PAUSE

    async def _carry(self, id_: str, message: Message | None, lane: Lane) -> None:
        """Have the post of a message say what the message says, or take it back."""
        history = self.services.history
        carried, bridge = await history.run(
            lambda store: (store.read(relayed.read, lane.place, id_), store.read(bridges.of, lane.place))
        )
        if carried is None or not (carried.stale or carried.gone):
            return
        if carried.gone:
            await self._take_back(carried)
            return
        if bridge is None or not bridge.open or bridge.other(lane.place).place != carried.target:
            await self._leave(carried)
            return
        message = message or await self._read(carried)
        language = bridge.other(lane.place).language
        reply = await self._saying(message, lane, language) if message else None
        if message is None or reply is None:
            await self._take_back(carried)
            return
        lane.before.append(message)
        await self._say(carried, message, reply)

    async def _saying(self, message: Message, lane: Lane, language: str) -> Reply | None:
        """Return what the message says on the other side; those that wait behind it are translated meanwhile."""
        behind = sorted((each.sent_at, id_) for id_, each in lane.texts.items() if id_ not in lane.ahead)
        for each in (message, *(lane.texts[id_] for _, id_ in behind[: max(AHEAD - len(lane.ahead), 0)])):
            known, task = lane.ahead.get(each.id, (None, None))
            if known is not each:
                if task is not None:
                    task.cancel()
                work = saying(each, tuple(lane.before), language, self.services)
                lane.ahead[each.id] = each, asyncio.create_task(work)
        return await lane.ahead[message.id][1]

    async def _read(self, carried: CarriedMessage) -> Message | None:
        """Return the message as it stands in its channel, None where it is gone."""
        read = self.voices[carried.place.platform].reader_of(replace(carried.place, thread=None))
        try:
            return next((each for each in [each async for each in read(carried.window)] if each.id == carried.id), None)
        except Unreadable as error:
            raise Unreachable(str(error)) from error

    async def _say(self, carried: CarriedMessage, message: Message, reply: Reply) -> None:
        """Have the reply stand on the other side, under its author's name."""
        history, target = self.services.history, carried.target
        if carried.place.thread:
            thread = await history.read(relayed.beneath, carried)
            if thread is None:  # its first message is gone, or couldn't be said there
                await self._take_back(carried)
                return
            target = replace(target, thread=thread)
        await history.write(relayed.tried, carried, self.services.now())
        others = await history.read(relayed.others, carried) if carried.tried else frozenset[str]()
        saying = Relayed(carried.key, target, message, reply, carried.post, carried.tried, others)
        try:
            post = await self.voices[target.platform].relay(saying)
        except Unwelcome:  # the post is gone, or its thread, or Parley may not write there
            await history.write(relayed.forget, carried)
            raise
        await history.write(relayed.stands, carried, post, relayed.edition(message))

    async def _leave(self, carried: CarriedMessage) -> None:
        """Leave a post as it is once its bridge has ended; forget a message of which nothing stands there."""
        if carried.post:
            await self.services.history.write(relayed.settle, carried)
        else:
            await self._take_back(carried)

    async def _take_back(self, carried: CarriedMessage) -> None:
        """Take back what stands for a message, and forget it."""
        nobody = Message(carried.id, carried.place, Person(carried.author, ""), "", carried.sent_at)
        thread = await self.services.history.read(relayed.beneath, carried) if carried.place.thread else None
        place = replace(carried.target, thread=thread)
        try:
            if carried.post or carried.tried:
                others = await self.services.history.read(relayed.others, carried)
                saying = Relayed(carried.key, place, nobody, Reply(""), carried.post, carried.tried, others)
                await self.voices[place.platform].unrelay(saying)
        except Unwelcome as error:
            log.info("what %s said in %s can't be taken back: %s", carried.id, place.channel, error)
        await self.services.history.write(relayed.forget, carried)

    # What was left unfinished

    async def _sweep(self, tasks: asyncio.TaskGroup) -> None:
        """Finish what was left unfinished: at the start, when something was marked, and now and then."""
        while True:
            self.services.bridges.clear()
            try:
                for carried in await self.services.history.read(relayed.unfinished):
                    self._finish(carried, tasks)
                for bridge in await self.services.history.read(bridges.untold):
                    await self._tell(bridge)
            except ParleyError as error:
                log.warning("unfinished work of bridges could not be looked up: %s", type(error).__name__)
            except Exception as error:  # noqa: BLE001 - the next look may go better
                report(log, "a bridge", error)
            try:
                async with asyncio.timeout(SWEEP):
                    await self.services.bridges.wait()
            except TimeoutError:
                continue

    def _finish(self, carried: CarriedMessage, tasks: asyncio.TaskGroup) -> None:
        """Let a message have its turn, unless it waits already."""
        place = replace(carried.place, thread=None)
        if {place.platform, carried.target.platform} <= set(self.voices):
            lane = self._lane(place, tasks)
            if carried.id not in lane.waiting:
                lane.put(carried.id, carried.sent_at)

    async def _tell(self, bridge: Bridge) -> None:
        """Tell the side that doesn't know it yet that the bridge began or ended."""
        assert bridge.tell is not None
        if bridge.tell.platform not in self.voices:
            return
        try:
            await self.voices[bridge.tell.platform].post(notice(bridge, bridge.tell))
        except Unreachable as error:
            log.info("a bridge is not told of in %s yet: %s", bridge.tell.channel, error)
            return
        except EdgeError as error:
            log.warning("a bridge can't be told of in %s: %s", bridge.tell.channel, type(error).__name__)
        await self.services.history.write(bridges.told, bridge)


def _standing(store: History, message: Message) -> tuple[bool, Bridge | None]:
    """Return whether the message is known, else the bridge over which it may go: none for who doesn't want that."""
    place = replace(message.place, thread=None)
    if store.read(relayed.read, place, message.id):
        return True, None
    bridge = store.read(bridges.of, place)
    if bridge is None or store.read(bridges.is_left_out, message.author.id, realm(place)):
        return False, None
    return False, bridge
