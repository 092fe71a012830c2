"""Consent, settings and privacy as people use them, through the assistant over a real history."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from adapters.chat import EVERYTHING, Channel, Intent, Message, Person, Place, Reply, Request
from bot.assistant import Assistant
from bot.history import HistoryThread, Scope
from bot.services import Services
from nlp.core import Core
from nlp.scheduler.family import Binding, Endpoint

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
NOW = NOON + timedelta(hours=3)
PLACE, DIRECT = Place("slack", "T1", "C1"), Place("slack", "T1", "D1")
ANA, EVE = Person("U1", "Ana"), Person("U2", "Eve")


@dataclass(frozen=True)
class Rights:
    admin: bool = False
    reads: bool = True

    async def can_read(self, place: Place) -> bool:
        del place
        return self.reads

    async def is_admin(self, place: Place) -> bool:
        del place
        return self.admin


def said(number: int, text: str = "hello", author: Person = ANA) -> Message:
    return Message(str(number), PLACE, author, text, NOON + timedelta(minutes=number))


@asynccontextmanager
async def assisting(*bound: Binding) -> AsyncIterator[Assistant]:
    async with HistoryThread(None) as history, Core(bound) as core:
        services = Services(core, history, lambda: NOW, ZoneInfo("UTC"), admins=("U-owner",))
        await history.run(lambda store: store.add([Channel(PLACE, "general"), Channel(DIRECT, "ana", "direct")]))
        yield Assistant(services)


@pytest.fixture
async def assistant() -> AsyncIterator[Assistant]:
    async with assisting() as made:
        yield made


async def say(assistant: Assistant, name: str, argument: str = "", asker: Person = ANA, **more: object) -> Reply:
    given = {"place": PLACE, "access": Rights(), **more}
    return await assistant.handle(Request(Intent(name, argument), asker=asker, **given))  # type: ignore[arg-type]


async def texts(assistant: Assistant) -> list[str]:
    found = await assistant.services.history.run(lambda store: store.window(Scope.of(PLACE), EVERYTHING, NOW))
    return [message.text for message in found]


ADMIN = Rights(admin=True)


async def test_an_administrator_turns_a_channel_on_and_everyone_there_reads_the_notice(assistant: Assistant):
    reply = await say(assistant, "consent", "on for 30 days", access=ADMIN)
    assert not reply.private
    assert "Ana turned it on" in reply.text
    assert "30 days" in reply.text
    assert "/privacy out" in reply.text
    await assistant.observe(said(1))
    assert await texts(assistant) == ["hello"]


async def test_the_notice_names_the_other_machines_on_which_models_read():
    places = ("http://192.168.7.7:8000/v1", "http://127.0.0.1:8001/v1")
    bound = tuple(Binding("embed", "openai", "tiny", endpoint=Endpoint(place)) for place in places)
    async with assisting(*bound) as assistant:
        elsewhere = await say(assistant, "consent", "on", access=ADMIN)
    async with assisting(bound[1]) as assistant:
        here = await say(assistant, "consent", "on", access=ADMIN)
    assert "texts go to models at 192.168.7.7:8000.\n" in elsewhere.text
    assert "Nothing leaves" not in elsewhere.text
    assert "Nothing leaves it." in here.text


async def test_turning_off_tells_everyone_how_much_was_erased(assistant: Assistant):
    await say(assistant, "consent", "on", access=ADMIN)
    await assistant.observe(said(1))
    reply = await say(assistant, "consent", "off", access=ADMIN)
    assert not reply.private
    assert "I erased 1 message" in reply.text
    assert await texts(assistant) == []


@pytest.mark.parametrize(
    ("name", "argument"), [("consent", "on"), ("consent", "off"), ("settings", "days 5"), ("settings", "follow on")]
)
async def test_who_does_not_administer_the_channel_decides_nothing(assistant: Assistant, name: str, argument: str):
    before = await say(assistant, "consent")
    reply = await say(assistant, name, argument)
    assert "Only an administrator" in reply.text
    assert (await say(assistant, "consent")).text == before.text


async def test_the_owners_own_list_of_administrators_counts(assistant: Assistant):
    assert not (await say(assistant, "consent", "on", Person("U-owner", "Olga"))).private


async def test_how_a_channel_stands_is_told_to_the_asker_alone_with_the_button_for_administrators(assistant: Assistant):
    assert "**off**" in (await say(assistant, "consent")).text
    await say(assistant, "consent", "on", access=ADMIN)
    reply = await say(assistant, "consent", "status", access=ADMIN)
    assert reply.private
    assert "90 days" in reply.text
    assert [action.intent for action in reply.actions] == [Intent("consent", "off")]
    assert (await say(assistant, "consent")).actions == ()


async def test_nobody_learns_how_a_channel_stands_that_they_can_not_read(assistant: Assistant):
    await say(assistant, "consent", "on", access=ADMIN)
    assert "**off**" in (await say(assistant, "consent", access=Rights(reads=False))).text


async def test_direct_messages_can_not_be_turned_on(assistant: Assistant):
    assert "never keep conversations" in (await say(assistant, "consent", "on", access=ADMIN, place=DIRECT)).text


@pytest.mark.parametrize("name", ["consent", "privacy", "settings"])
async def test_nonsense_gets_a_line_of_usage(assistant: Assistant, name: str):
    reply = await say(assistant, name, "purple on off", access=ADMIN)
    assert reply.text == "I didn't understand that."
    assert f"/{name}" in reply.notes[0]


async def test_settings_are_shown_and_changed(assistant: Assistant):
    assert "needs a mention" in (await say(assistant, "settings")).text
    await say(assistant, "settings", "follow on", access=ADMIN)
    reply = await say(assistant, "settings", "days 7", access=ADMIN)
    assert "without a mention" in reply.text
    assert "7 days" in reply.text
    assert (await assistant.standing(PLACE)).follow
    assert "left out of answers" in reply.text
    assert "read like anybody's" in (await say(assistant, "settings", "apps on", access=ADMIN)).text
    assert "left out of answers" in (await say(assistant, "settings", "apps off", access=ADMIN)).text
    assert "Only an administrator" in (await say(assistant, "settings", "apps on")).text
    assert "90 days" in (await say(assistant, "settings", "days default", access=ADMIN)).text


async def test_a_person_chooses_the_language_that_is_translated_into(assistant: Assistant):
    assert "**English** for you, as your profile says" in (await say(assistant, "settings", locale="en-GB")).text
    chosen = await say(assistant, "settings", "language German", locale="en-GB")
    assert "**German** for you, as you chose" in chosen.text
    assert chosen.personal
    reply = await say(assistant, "translate", "Good morning", locale="en-GB")
    assert "German" in f"{reply.text} {reply.notes}"
    assert "**English**" in (await say(assistant, "settings", asker=EVE, locale="en-GB")).text
    assert (
        "**English** for you, as your profile"
        in (await say(assistant, "settings", "language auto", locale="en-GB")).text
    )


@pytest.mark.parametrize("word", ["Klingon", "xx", "language"])
async def test_a_language_that_is_none_is_refused(assistant: Assistant, word: str):
    assert "I don't know the language" in (await say(assistant, "settings", f"language {word}")).text


async def test_a_chosen_language_is_forgotten_with_the_person(assistant: Assistant):
    await say(assistant, "settings", "language pt")
    await say(assistant, "privacy", "forget yes")
    assert "I don't know your language" in (await say(assistant, "settings")).text


async def test_settings_outside_a_channel_are_the_persons_own(assistant: Assistant):
    reply = await say(assistant, "settings", place=Place("slack", "T1", ""))
    assert "your language" in reply.text
    assert "thread" not in reply.text


async def test_only_administrators_are_offered_to_change_the_channel(assistant: Assistant):
    offered = [action.intent.argument for action in (await say(assistant, "settings", access=ADMIN)).actions]
    assert "follow on" in offered
    assert (await say(assistant, "settings")).actions == ()


async def test_health_says_what_is_loaded_and_that_nobody_waits(assistant: Assistant):
    reply = await say(assistant, "health")
    assert "Loaded: 0 of 0 models" in reply.text
    assert "Nobody waits." in reply.text


async def test_privacy_tells_what_is_stored_and_only_to_the_person(assistant: Assistant):
    await say(assistant, "consent", "on", access=ADMIN)
    for message in (said(1), said(2), said(3, author=EVE)):
        await assistant.observe(message)
    reply = await say(assistant, "privacy")
    assert reply.personal
    assert "2 messages of yours in 1 channel" in reply.text
    assert {action.intent.argument for action in reply.actions} == {"forget", "out"}


async def test_opting_out_erases_and_stops_until_opting_in(assistant: Assistant):
    await say(assistant, "consent", "on", access=ADMIN)
    await assistant.observe(said(1))
    receipt = await say(assistant, "privacy", "out")
    assert "I erased 1 message of yours" in receipt.text
    assert "4 May 2026" not in receipt.text  # the time of the erasure, not of the message
    await assistant.observe(said(2))
    await assistant.observe(said(3, "of another", EVE))
    assert await texts(assistant) == ["of another"]
    assert "left out" in (await say(assistant, "privacy")).text
    assert "You are in again" in (await say(assistant, "privacy", "opt in")).text
    later = Message("9", PLACE, ANA, "again", NOW + timedelta(minutes=1))
    await assistant.observe(later)
    assert await texts(assistant) == ["of another", "again"]


async def test_forgetting_asks_first_and_then_gives_a_receipt(assistant: Assistant):
    await say(assistant, "consent", "on", access=ADMIN)
    await assistant.observe(said(1))
    asked = await say(assistant, "privacy", "forget me")
    assert "1 message of yours" in asked.text
    assert [action.intent.argument for action in asked.actions] == ["forget yes"]
    assert await texts(assistant) == ["hello"]
    receipt = await say(assistant, "privacy", "forget yes")
    assert "I erased 1 message of yours" in receipt.text
    assert "as before" in receipt.text
    assert await texts(assistant) == []
    await assistant.observe(said(1))
    assert await texts(assistant) == []


async def test_what_is_said_of_one_person_is_not_said_of_another(assistant: Assistant):
    await say(assistant, "consent", "on", access=ADMIN)
    await assistant.observe(said(1))
    await say(assistant, "privacy", "forget yes", EVE)
    assert "no message of yours" in (await say(assistant, "privacy", asker=EVE)).text
    assert await texts(assistant) == ["hello"]


async def test_without_consent_what_needs_no_history_still_works(assistant: Assistant):
    async def fetch(_: object) -> AsyncIterator[Message]:
        yield said(1, "seen right now")

    request = Request(Intent("ask", "what?"), PLACE, ANA, access=Rights(), fetch=fetch)
    reply = await assistant.handle(request)
    assert "No messages" not in reply.text  # it got as far as asking for a model, of which there is none here
    assert await texts(assistant) == []
