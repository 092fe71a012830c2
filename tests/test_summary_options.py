"""A summary as it was asked for: its length, its subject, its language."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from talk import ECHO, request, serving, talk

from adapters.chat import Window
from bot.errors import NothingFound
from bot.intents import commands, summarize
from bot.retrieval.ranking import shipped
from bot.understanding.parse import about_thread, parse
from bot.understanding.summary_options import MOST, Wishes, wishes
from nlp.scheduler.family import Binding

NOW = datetime(2026, 4, 15, 14, 30, tzinfo=UTC)
ZONE = ZoneInfo("UTC")
CHAT = talk(
    "Ana: The harbour crane gets a second coat of green paint before the feast.",
    "Bo: The outage of the booking server began early on Tuesday before sunrise.",
    "Cy: Our cat sleeps on the warm printer of the front office all day.",
    "Ana: The outage ended when the booking server got its certificate from the provider.",
)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("in 3 bullets", Wishes(points=3)),
        ("em três pontos", Wishes(points=3)),
        ("only about the outage", Wishes(focus="outage")),
        ("em português", Wishes(language="pt")),
        ("only about the launch in 2 sentences in German", Wishes(2, "launch", "de")),
        ("in 100000 points", Wishes()),
        ("in 999 points", Wishes(points=MOST)),
        ("the last days", Wishes()),
    ],
)
def test_wishes_are_read_from_words(words: str, wanted: Wishes):
    assert wishes(words) == wanted


@pytest.mark.parametrize(
    ("order", "focus"),
    [
        ("summarise the mooring discussion", "mooring"),
        ("recap the sail repair thread please", "sail repair"),
        ("sum up the regatta", "regatta"),
        ("/summarize the regatta", "regatta"),
        ("resume a conversa da mudança do cais", "mudança do cais"),
        ("resume la discusión del seguro", "seguro"),
        ("résume la discussion sur les amarres", "amarres"),
        ("fasse die Hafendebatte zusammen", "Hafen"),
        ("fasse den Sturm zusammen", "Sturm"),
        ("recap the whole discussion", ""),
        ("summarize the channel", ""),
        ("résume la conversation", ""),
        ("fasse das Gespräch zusammen", ""),
        ("resume o canal", ""),
    ],
)
def test_a_named_discussion_is_what_the_summary_is_about(order: str, focus: str):
    meant = parse(order, commands(), NOW, ZONE)
    assert (meant.name, wishes(meant.argument).focus) == ("summarize", focus)


@given(st.text(max_size=300))
def test_any_words_are_wishes(words: str):
    assert (wishes(words).points or 1) >= 1


def test_free_text_carries_its_wishes_and_its_window():
    meant = parse("could you condense the last 50 messages in 3 bullets, only about the outage", commands(), NOW, ZONE)
    assert (meant.name, meant.window) == ("summarize", Window(last=50))
    assert wishes(meant.argument) == Wishes(3, "outage")


def test_wishes_about_a_thread_stay_in_the_thread():
    meant = about_thread(parse("summarize this thread in 3 bullets", commands(), NOW, ZONE), "7", commands())
    assert (meant.window, wishes(meant.argument)) == (Window(thread="7"), Wishes(points=3))


async def test_as_many_points_as_were_asked_for_come_back():
    async with serving(CHAT) as services:
        summary = await summarize.run(request("summarize", "in 2 bullets"), services)
    assert len(summary.items) == 2


def words_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    """The echo embedder knows no meaning."""
    monkeypatch.setattr(summarize, "shipped", lambda _: replace(shipped(), alike=2.0))


async def test_a_focus_leaves_the_rest_out_and_covers_says_so(monkeypatch: pytest.MonkeyPatch):
    words_decide(monkeypatch)
    async with serving(CHAT) as services:
        summary = await summarize.run(request("summarize", "only about the outage"), services)
    assert {item.point.message.id for item in summary.items} <= {"1", "3"}
    assert (summary.covers.messages, summary.covers.left_out) == (4, 2)


async def test_a_focus_that_nobody_speaks_of_is_not_found(monkeypatch: pytest.MonkeyPatch):
    words_decide(monkeypatch)
    async with serving(CHAT) as services:
        with pytest.raises(NothingFound, match="submarine"):
            await summarize.run(request("summarize", "only about the submarine"), services)


async def test_a_language_goes_through_the_translator_and_keeps_the_source():
    bindings = (*ECHO, Binding("translate", "echo", "echo", source="en", target="pt"))
    async with serving(CHAT, bindings) as services:
        plain = await summarize.run(request("summarize"), services)
        summary = await summarize.run(request("summarize", "em português"), services)
    assert [item.point.message.id for item in summary.items] == [item.point.message.id for item in plain.items]
    assert not any("as written" in note for note in summary.notes)


async def test_without_a_translator_the_points_stay_as_written_and_a_note_says_so():
    async with serving(CHAT) as services:
        summary = await summarize.run(request("summarize", "in German"), services)
    assert any("as written" in note for note in summary.notes)
