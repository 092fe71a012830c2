"""A channel that is named: "summarise #ops" is about #ops wherever it is typed, for people who may read it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from adapters.chat import UNREAD, Channel, Message, Person, Place, Request, Typed, Window
from bot.assistant import Assistant
from bot.conversation.elsewhere import mention
from bot.errors import UsageError
from bot.history import HistoryThread
from bot.services import Services
from nlp.core import Core
from nlp.scheduler.family import Binding

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
HERE, OPS, SAFE = Place("slack", "T1", "C1"), Place("slack", "T1", "C2"), Place("slack", "T1", "C3")
EVE, BEN = Person("U1", "Eve"), Person("U2", "Ben")
MODELS = (Binding("embed", "echo", "echo"), Binding("sentiment", "echo", "echo"))


@dataclass(frozen=True, slots=True)
class Reads:
    """An access to these channels."""

    places: tuple[Place, ...] = (HERE, OPS)

    async def can_read(self, place: Place) -> bool:
        return place in self.places

    async def is_admin(self, place: Place) -> bool:
        return not place


@pytest.fixture
async def assistant() -> AsyncIterator[Assistant]:
    async with HistoryThread(None) as history, Core(MODELS) as core:
        kept = {HERE: "We meet at the boathouse at six.", OPS: "The crane is repaired since noon."}
        for number, (place, text) in enumerate(kept.items()):
            records = [
                Channel(place, "ops" if place == OPS else "general"),
                Message(f"{number}", place, BEN, text, NOON),
            ]
            await history.run(lambda store, r=records: store.add(r))
            await history.run(lambda store, p=place: store.turn_on(p, "U0", NOON))
        await history.run(lambda store: store.add([Channel(SAFE, "safe", "private")]))
        yield Assistant(Services(core, history, lambda: NOON, ZoneInfo("UTC")))


def typed(words: str, *, public: bool = True, command: str = "", access: Reads | None = None) -> Request:
    message = Message("90", HERE, EVE, words, NOON)
    asked = Typed(words, command)
    return Request(UNREAD, HERE, EVE, message, access=access or Reads(), public=public, typed=asked)


@pytest.mark.parametrize(
    "words",
    ["summarise #ops", "sum up #ops today", "resume #ops", "fasse #ops zusammen", "recap the #ops channel please"],
)
async def test_a_summary_is_of_the_channel_that_is_named(assistant: Assistant, words: str):
    reply = await assistant.handle(typed(words))
    assert "crane" in reply.text
    assert "boathouse" not in reply.text
    assert reply.personal
    assert reply.notes[0] == "About #ops, for you alone: not everybody here may read it."
    assert reply.actions == ()


async def test_a_question_looks_in_the_channel_that_it_says(assistant: Assistant):
    reply = await assistant.handle(typed("since when is the crane repaired in #ops?", public=False))
    assert "since noon" in reply.text
    assert reply.notes[0] == "About #ops."


async def test_a_command_takes_the_name_of_a_channel(assistant: Assistant):
    reply = await assistant.handle(typed("#ops last 10", command="summarize", public=False))
    assert "crane" in reply.text


async def test_the_channel_that_one_stands_in_may_be_named(assistant: Assistant):
    reply = await assistant.handle(typed("summarise #general"))
    assert "boathouse" in reply.text
    assert not reply.personal


@pytest.mark.parametrize("words", ["summarise #safe", "who has the key in #safe?", "catch me up on #nowhere"])
async def test_what_the_asker_can_not_read_is_refused_like_what_is_not_there(assistant: Assistant, words: str):
    name = "nowhere" if "nowhere" in words else "safe"
    reply = await assistant.handle(typed(words))
    assert (reply.text, reply.refusal) == (f"I can't read #{name} for you.", True)


async def test_a_channel_that_is_off_is_read_from_the_platform_for_those_who_may(assistant: Assistant):
    async def read(_: Window) -> AsyncIterator[Message]:
        yield Message("7", SAFE, BEN, "The spare key lies under the buoy.", NOON)

    asked = typed("summarise #safe", access=Reads((HERE, SAFE)))
    reply = await assistant.handle(Request(**{**fields(asked), "elsewhere": lambda _: read}))
    assert "buoy" in reply.text


def fields(request: Request) -> dict[str, object]:
    return {name: getattr(request, name) for name in Request.__dataclass_fields__}


@pytest.mark.parametrize(
    ("words", "name", "place", "left"),
    [
        ("who repaired it in the #ops channel?", "ops", True, "who repaired it?"),
        ("wer hat im #werft-2 angerufen?", "werft-2", True, "wer hat angerufen?"),
        ("resume o canal #ações", "ações", False, "resume o canal"),
        ("what is #blocked?", "blocked", False, "what is?"),
    ],
)
def test_a_name_is_cut_out_of_the_words(words: str, name: str, place: bool, left: str):  # noqa: FBT001
    found = mention(words)
    assert found is not None
    assert (found.name, found.place, found.words) == (name, place, left)


@pytest.mark.parametrize(
    "words",
    ["who fixed #1234?", "see https://h.example/a#ops", "summarise what was said about #ops", "C# and F#"],
)
def test_numbers_links_and_subjects_name_no_channel(words: str):
    assert mention(words) is None


def test_two_channels_are_one_too_many():
    with pytest.raises(UsageError, match="several channels"):
        mention("compare #ops and #general")


async def test_a_text_that_is_given_is_taken_as_it_is(assistant: Assistant):
    reply = await assistant.handle(typed("translate to pt: we meet in #ops", public=False))
    assert "can't read" not in reply.text
