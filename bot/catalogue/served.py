"""The catalogue over one assistant: each call goes to the module of its subject. Holds no logic of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.chat import Intent, Message, Place
from adapters.web.catalogue import (
    Begun,
    Brought,
    ChannelProfile,
    JudgedAnswer,
    KnownPerson,
    Listed,
    Load,
    Looked,
    Meant,
    ModelRow,
    MoodReport,
    Page,
    ScheduleRow,
    TopicMap,
    Tried,
    Turned,
    Visitor,
)
from bot.assistant import Assistant
from bot.catalogue import maps, moods, playground, reading, status, upkeep
from bot.catalogue.status import BatchPace
from bot.errors import ParleyError
from bot.runtime.importing import bring_in
from bot.services import Services
from nlp.errors import CoreError
from nlp.text.names import name_of
from nlp.translation.chat import targets


@dataclass(frozen=True, slots=True)
class ServedCatalogue:
    """Keeps what `adapters.web.catalogue.Catalogue` promises. Exports go into `database`; `looks` is `check`."""

    assistant: Assistant
    database: Path
    pace: BatchPace
    looks: Callable[[], Awaitable[Sequence[Looked]]]

    @property
    def services(self) -> Services:
        """Return what the assistant works with now."""
        return self.assistant.services

    async def channels(self, who: Visitor) -> Sequence[Listed]:
        """Return the channels that the visitor may read."""
        return await reading.channels(self.services, who)

    async def channel(self, who: Visitor, place: Place) -> Listed | None:
        """Return one channel, None where the visitor may not read it or it isn't there."""
        return await reading.channel(self.services, who, place)

    async def profile(self, who: Visitor, place: Place) -> ChannelProfile:
        """Return what a channel looks like."""
        return await reading.profile(self.services, who, place)

    async def page(self, who: Visitor, place: Place, side: reading.Side, at: str) -> Page:
        """Return a page of a channel: the newest, that on one side of the mark `at`, or that around a message."""
        return await reading.page(self.services, who, place, side, at)

    async def thread(self, who: Visitor, place: Place, id_: str) -> Begun | None:
        """Return a message with all its replies."""
        return await reading.thread(self.services, who, place, id_)

    async def found(self, who: Visitor, place: Place, words: str) -> Sequence[Message]:
        """Return messages that hold what was typed, the newest first."""
        return await reading.found(self.services, who, place, words)

    async def turned(self, who: Visitor, place: Place, ids: Sequence[str], to: str) -> Mapping[str, Turned]:
        """Return messages of a channel in another language, by their ids."""
        return await reading.turned(self.services, who, place, ids, to)

    async def bring_in(self, path: Path, on_count: Callable[[int], None]) -> Brought:
        """Import an export; `on_count` gets the number of messages so far, on another thread."""
        report = await asyncio.to_thread(bring_in, path, self.database, on_count)
        return Brought(report.sentence(), tuple(report.complaints()), tuple(report.remarks))

    def targets(self) -> Sequence[tuple[str, str]]:
        """Return the languages into which some model translates: code and name."""
        return [(code, name_of(code)) for code in targets(self.services.core)]

    def readable_error(self, error: Exception) -> tuple[str, str] | None:
        """Return the sentence and the remedy of an error that was foreseen, None for any other."""
        return (str(error), error.remedy) if isinstance(error, ParleyError | CoreError) else None

    async def mood(self, who: Visitor, place: Place, intent: Intent, on_stage: Callable[[str], None]) -> MoodReport:
        """Return the report of a channel over the intent's window."""
        return await moods.mood(self.services, who, place, intent, on_stage)

    async def recurring(self, who: Visitor) -> Sequence[ScheduleRow]:
        """Return what comes round in the channels that the visitor may read."""
        return await upkeep.recurring(self.services, who)

    async def people(self, who: Visitor, typed: str) -> Sequence[KnownPerson]:
        """Return people whose name or id holds what was typed; the owner alone gets any."""
        return await upkeep.people(self.services, who, typed)

    async def verdicts(self, who: Visitor) -> Sequence[JudgedAnswer]:
        """Return the answers that people judged; the owner alone gets any."""
        return await upkeep.verdicts(self.services, who)

    def models(self) -> Sequence[ModelRow]:
        """Return the bound models."""
        return status.models(self.services.core)

    def load(self) -> Load:
        """Return the work of this moment."""
        return status.load(self.assistant, self.pace)

    async def look(self) -> Sequence[Looked]:
        """Look at everything that is configured, as `parley check` does; loads every model."""
        return await self.looks()

    async def tried(self, text: str, question: str, to: str) -> Sequence[Tried]:
        """Return what each bound model makes of a text."""
        return await playground.tried(self.services, self.pace, text, question, to)

    async def meant(self, text: str) -> Meant:
        """Return what free text is taken for."""
        return await playground.meant(self.services, text)

    async def table(self, cells: Sequence[Sequence[str]], to: str) -> Sequence[Sequence[Turned]]:
        """Return a table with every cell in another language."""
        return await playground.table(self.services, cells, to)

    async def topic_map(self, who: Visitor, place: Place) -> TopicMap:
        """Return a channel's newest messages on a map of what they are about."""
        return await maps.topic_map(self.services, who, place)
