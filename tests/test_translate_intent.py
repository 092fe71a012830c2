"""Translating for somebody: a text, a window of messages, a stream."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from adapters.chat import EVERYTHING, Channel, Intent, Message, Person, Place, Request, Window
from bot.conversation.permissions import OWNER
from bot.errors import NothingFound, UsageError
from bot.history import HistoryThread, Scope
from bot.history.translated import corrections
from bot.intents.translate import COMMAND, run, translate_stream
from bot.services import Services
from nlp.core import Core
from nlp.errors import UnsupportedPair
from nlp.scheduler.family import Binding

NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
PLACE = Place("slack", "T1", "C1")
BINDINGS = [
    Binding("translate", "echo", "echo", source="en", target="pt"),
    Binding("translate", "echo", "echo", source="pt", target="en"),
]


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    async with HistoryThread(None) as history, Core(BINDINGS) as core:
        yield Services(core, history, lambda: NOON + timedelta(days=1), ZoneInfo("UTC"))


def asked(text: str = "", **options: str) -> Request:
    named = {name.rstrip("_"): value for name, value in options.items()}
    window = EVERYTHING if text else Window(last=200)
    return Request(Intent("translate", text, window, named), PLACE, Person("U1", "Ana"), access=OWNER)


async def said(services: Services, *texts: str, author: str = "U1") -> None:
    messages = [
        Message(f"{author}{i}", PLACE, Person(author, author), text, NOON + timedelta(minutes=i))
        for i, text in enumerate(texts)
    ]
    await services.history.run(lambda history: history.add([Channel(PLACE, "general"), *messages]))


async def test_a_text_is_translated_and_the_document_says_how(services: Services):
    result = await run(asked("Good morning to you all.", to="pt"), services)
    assert result.document() == {
        "text": "[pt] Good morning to you all.",
        "source_language": "en",
        "target_language": "pt",
        "model": "echo (en→pt)",
        "warnings": [],
    }
    assert result.reply().notes == ("English → Portuguese",)


async def test_a_language_may_be_named_in_words(services: Services):
    result = await run(asked("Good morning to you all.", to="Portuguese", from_="English"), services)
    assert (result.source_language, result.target_language) == ("en", "pt")


async def test_without_a_language_it_asks_for_one(services: Services):
    with pytest.raises(UsageError, match="Into which"):
        await run(asked("Good morning"), services)


async def test_a_word_that_is_no_language_is_refused(services: Services):
    with pytest.raises(UsageError, match="know the language"):
        await run(asked("Good morning", to="the moon"), services)


async def test_a_pair_without_a_model_is_refused(services: Services):
    with pytest.raises(UnsupportedPair, match="German"):
        await run(asked("Good morning to you all.", to="de"), services)


async def test_a_short_text_is_read_in_its_authors_language(services: Services):
    assert (await run(asked("deploy feito", to="en"), services)).source_language == "pt"
    await said(services, "Bom dia, está tudo pronto para a reunião de amanhã?", "Obrigado pela ajuda com isso!")
    assert (await run(asked("deploy feito", to="en"), services)).source_language == "pt"


async def test_a_window_is_translated_message_by_message(services: Services):
    await said(services, "Good morning to you all.", "The meeting is at ten.")
    result = await run(asked(to="pt"), services)
    assert result.text == "**U1:** [pt] Good morning to you all.\n**U1:** [pt] The meeting is at ten."
    assert result.source_language == "en"


async def test_messages_in_the_language_already_are_counted_and_not_touched(services: Services):
    await said(services, "Está tudo pronto para a reunião de amanhã?", "Obrigado pela sua ajuda, pessoal!", author="U2")
    result = await run(asked(to="pt"), services)
    assert "[pt]" not in result.text
    assert result.warnings == ("The text is already in Portuguese. (2 messages)",)


async def test_an_empty_channel_is_nothing_found(services: Services):
    with pytest.raises(NothingFound):
        await run(asked(to="pt"), services)


async def test_a_stream_answers_line_by_line(services: Services):
    async def lines() -> AsyncIterator[str]:
        for text in ("Good morning to you all.", "", "Guten Morgen, wie geht es Ihnen heute?", "спасибо"):
            yield text

    first, empty, german, unknown = [each async for each in translate_stream(lines(), services, to="pt")]
    assert not isinstance(first, UnsupportedPair)
    assert first.text == "[pt] Good morning to you all."
    assert not isinstance(empty, UnsupportedPair)
    assert empty.text == ""
    assert isinstance(german, UnsupportedPair)
    assert not isinstance(unknown, UnsupportedPair)
    assert unknown.source_language is None


def test_the_command_names_its_options():
    assert [option.name for option in COMMAND.options] == ["to", "from", "window"]


async def test_without_a_text_a_text_is_asked_for_and_no_channel_is_translated(services: Services):
    await said(services, "Good morning to you all.")
    request = replace(asked(to="pt"), intent=Intent("translate", options={"to": "pt"}))
    with pytest.raises(UsageError, match="no text to translate"):
        await run(request, services)


async def test_of_many_messages_the_newest_are_translated_and_the_rest_is_said(services: Services):
    await said(services, *(f"The boat number {number} is late today." for number in range(120)))
    result = await run(asked(to="pt"), services)
    assert len(result.text.splitlines()) == 100
    assert "119" in result.text.splitlines()[-1]
    assert any("the newest 100 of 120 messages" in note for note in result.reply().notes)


async def test_a_text_that_somebody_corrected_reads_so_word_for_word_as_long_as_its_message_stands(services: Services):
    await said(services, "The boat is in.")
    (message,) = await services.history.run(lambda store: store.window(Scope.of(PLACE), EVERYTHING, NOON))
    better = corrections.made(["The boat is in."], "pt", "O barco já chegou.", "U2")
    assert await services.history.run(lambda store: store.keep_derived(PLACE, better, [message]))
    result = await run(asked("The boat is in. ", to="pt"), services)
    assert result.document()["text"] == "O barco já chegou."
    await services.history.run(lambda store: store.forget("U2"))  # who wrote the better words
    result = await run(asked("The boat is in. ", to="pt"), services)
    assert result.document()["text"] == "[pt] The boat is in."
