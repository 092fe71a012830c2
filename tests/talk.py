"""Conversations for the tests of intents: a few words become messages, a history and services over the echo family."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from adapters.chat import EVERYTHING, Channel, Intent, Message, Person, Place, Request, Window, ignore
from adapters.imports.slack import SlackExport
from bot import sample
from bot.conversation.permissions import OWNER
from bot.history import HistoryThread
from bot.services import Services
from nlp.core import Core
from nlp.profiles import profile
from nlp.scheduler.family import Binding

MORNING = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
NOW = MORNING + timedelta(days=1)
PLACE = Place("slack", "T1", "C1")
ECHO = (Binding("embed", "echo", "echo"),)


def said(number: int, author: str, text: str, thread: str | None = None, **more: object) -> Message:
    """A message whose id and minute are `number`."""
    place = Place(PLACE.platform, PLACE.workspace, PLACE.channel, thread)
    sent_at = MORNING + timedelta(minutes=number)
    return Message(str(number), place, Person(author.lower(), author), text, sent_at, **more)  # type: ignore[arg-type]


def talk(*lines: str) -> list[Message]:
    """Messages from lines such as "Ana: good morning"."""
    return [said(number, *line.split(": ", 1)) for number, line in enumerate(lines)]


def request(name: str, argument: str = "", window: Window = EVERYTHING, place: Place = PLACE, progress=ignore):  # noqa: ANN001
    """Somebody's request, from the place."""
    return Request(Intent(name, argument, window), place, Person("eve", "Eve"), progress=progress, access=OWNER)


@asynccontextmanager
async def serving(messages: list[Message], bindings: tuple[Binding, ...] = ECHO) -> AsyncIterator[Services]:
    """Services over a history in memory that holds the messages in #general."""
    async with HistoryThread(None) as history, Core(bindings) as core:
        await history.run(lambda store: store.add([Channel(PLACE, "general"), *messages]))
        yield Services(core, history, lambda: NOW, ZoneInfo("Europe/Lisbon"))


@asynccontextmanager
async def sample_served() -> AsyncIterator[tuple[Services, dict[str, Place]]]:
    """Services over the sample workspace and the starter models, and the places of its channels by name."""
    async with HistoryThread(None) as history, Core(profile("starter")) as core:
        await history.run(lambda store: store.add(SlackExport().read(sample.path())))
        channels = await history.run(lambda store: store.channels())
        yield Services(core, history, lambda: NOW, ZoneInfo("UTC")), {each.name: each.place for each in channels}
