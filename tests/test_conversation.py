"""Reading the conversation a request is about, over a real history."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from adapters.chat import EVERYTHING, Channel, Fetch, Intent, Message, Person, Place, Request, Window, fetch_nothing
from bot.conversation.context import Covers, read
from bot.conversation.permissions import OWNER
from bot.errors import NothingFound
from bot.history import HistoryThread
from bot.services import Services
from nlp.core import Core

NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
NOW = NOON + timedelta(hours=2)
PLACE = Place("slack", "T1", "C1")
ANA, BO = Person("U1", "Ana"), Person("U2", "Bo")


def said(number: int, author: Person = ANA, place: Place = PLACE) -> Message:
    """A message whose id and minute are `number`."""
    return Message(str(number), place, author, f"message {number}", NOON + timedelta(minutes=number))


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    async with HistoryThread(None) as thread:
        yield Services(core=Core(()), history=thread, now=lambda: NOW, zone=ZoneInfo("Europe/Lisbon"))


async def store(services: Services, *records: Channel | Message) -> None:
    await services.history.run(lambda history: history.add(records))


def asked(window: Window = EVERYTHING, place: Place = PLACE, fetch: Fetch = fetch_nothing) -> Request:
    return Request(Intent("summarize", window=window), place, BO, fetch=fetch, access=OWNER)


def fetching(*messages: Message, asked_for: list[Window] | None = None) -> Fetch:
    async def fetch(window: Window) -> AsyncIterator[Message]:
        if asked_for is not None:
            asked_for.append(window)
        for message in messages:
            yield message

    return fetch


async def test_a_conversation_holds_the_window_oldest_first_and_says_what_it_covers(services: Services):
    await store(services, Channel(PLACE, "general"), said(3), said(1, BO), said(2))
    conversation = await read(asked(Window(last=2)), services)
    assert [message.id for message in conversation.messages] == ["2", "3"]
    covers = conversation.covers
    assert (covers.messages, covers.authors, covers.left_out, covers.channel) == (2, 1, 0, "#general")
    assert covers.document() == {
        "messages": 2,
        "authors": 1,
        "from": "2026-05-03T12:02:00+00:00",
        "to": "2026-05-03T12:03:00+00:00",
        "left_out": 0,
    }


async def test_only_the_channel_of_the_request_is_read(services: Services):
    await store(services, said(1), said(2, place=replace(PLACE, channel="C2")))
    conversation = await read(asked(), services)
    assert [message.id for message in conversation.messages] == ["1"]


async def test_notices_and_bots_are_counted_and_are_no_material(services: Services):
    robot = Person("B1", "deploybot")
    await store(services, said(1), replace(said(2, robot), from_bot=True), replace(said(3, BO), notice=True))
    conversation = await read(asked(), services)
    assert [message.id for message in conversation.material] == ["1"]
    covers = conversation.covers
    assert (covers.messages, covers.left_out, covers.authors) == (3, 2, 1)
    assert covers.sentence().startswith("1 of 3 messages, 1 person, ")


async def test_within_is_counted_from_now(services: Services):
    await store(services, said(10), said(100))
    conversation = await read(asked(Window(within=timedelta(minutes=30))), services)
    assert [message.id for message in conversation.messages] == ["100"]


async def test_unread_begins_after_the_mark_of_the_asker(services: Services):
    await store(services, said(1), said(2), said(3))
    await services.history.run(lambda history: history.mark_seen(BO.id, PLACE, said(2).sent_at))
    conversation = await read(asked(Window(unread=True)), services)
    assert [message.id for message in conversation.messages] == ["3"]


async def test_who_was_never_here_has_read_nothing(services: Services):
    await store(services, said(1), said(2))
    conversation = await read(asked(Window(unread=True)), services)
    assert conversation.covers.messages == 2


async def test_of_several_starts_the_latest_holds(services: Services):
    await store(services, said(1), said(2), said(3))
    window = Window(since=said(3).sent_at, within=timedelta(days=1))
    assert (await read(asked(window), services)).covers.messages == 1


async def test_a_channel_the_store_knows_nothing_of_is_read_from_the_platform_and_not_stored(services: Services):
    windows: list[Window] = []
    fetch = fetching(said(3), said(1), said(3), said(2), asked_for=windows)
    window = Window(last=2, within=timedelta(hours=3))
    conversation = await read(asked(window, fetch=fetch), services)
    assert [message.id for message in conversation.messages] == ["2", "3"]
    assert windows == [Window(last=2, since=NOW - timedelta(hours=3))]
    assert (await services.history.run(lambda history: history.stats())).messages == 0


async def test_a_stored_channel_is_not_fetched(services: Services):
    await store(services, said(1))
    windows: list[Window] = []
    await read(asked(fetch=fetching(said(9), asked_for=windows)), services)
    assert windows == []


@pytest.mark.parametrize(
    ("window", "sentence"),
    [
        (EVERYTHING, "No messages of C9 are known yet."),
        (Window(within=timedelta(hours=1)), "Nobody wrote in C9 in that time."),
    ],
)
async def test_an_empty_window_is_told(services: Services, window: Window, sentence: str):
    with pytest.raises(NothingFound, match=sentence):
        await read(asked(window, replace(PLACE, channel="C9")), services)


async def test_in_the_chat_an_empty_window_names_no_id_and_no_command_of_the_owner(services: Services):
    for window, sentence in ((EVERYTHING, "No messages of"), (Window(last=5), "Nobody wrote in")):
        with pytest.raises(NothingFound, match=f"{sentence} this conversation") as found:
            await read(replace(asked(window, replace(PLACE, channel="D9")), access=None), services)
        assert "parley" not in found.value.remedy


async def test_notices_alone_are_nothing_to_answer_from(services: Services):
    await store(services, replace(said(1), notice=True))
    with pytest.raises(NothingFound):
        await read(asked(), services)


async def test_nothing_new_is_told_to_who_has_read_everything(services: Services):
    await store(services, Channel(PLACE, "general"), said(1))
    await services.history.run(lambda history: history.mark_seen(BO.id, PLACE, NOW))
    with pytest.raises(NothingFound, match="nothing new in #general"):
        await read(asked(Window(unread=True)), services)


async def test_a_direct_conversation_is_called_by_its_people(services: Services):
    await store(services, Channel(PLACE, "Ana, Bo", "direct"), said(1))
    assert (await read(asked(), services)).covers.channel == "Ana, Bo"


def test_covers_are_said_in_a_sentence_with_the_year_only_when_it_is_another():
    zone = ZoneInfo("Europe/Lisbon")
    start, end = datetime(2026, 5, 3, 9, 12, tzinfo=zone), datetime(2026, 5, 5, 17, 40, tzinfo=zone)
    covers = Covers(180, 14, start, end, 0, "#general", 2026)
    assert covers.sentence() == "180 of 180 messages, 14 people, 3 May 09:12 to 5 May 17:40"
    cut = replace(covers, left_out=60, this_year=2027)
    assert cut.sentence() == "120 of 180 messages, 14 people, 3 May 2026 09:12 to 5 May 2026 17:40"


async def test_times_are_said_in_the_readers_zone(services: Services):
    await store(services, said(1))
    assert (await read(asked(), services)).covers.sentence().endswith("3 May 13:01 to 3 May 13:01")
