"""Typed text to intents: commands by name, free text by its shape, never an exception."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat import Command, Intent, Option, Window
from bot.understanding.parse import asks, parse

NOW = datetime(2026, 4, 15, 14, 30, tzinfo=UTC)
ZONE = ZoneInfo("UTC")
WINDOW = Option("window", "how far back", "window")
COMMANDS = (
    Command("summarize", "…", options=(WINDOW,), aliases=("summarise", "resume")),
    Command("translate", "…", "text", (Option("to", "…", "language"),)),
    Command("ask", "…", "question", (WINDOW,)),
    Command("sentiment", "…", options=(WINDOW,), aliases=("mood",)),
    Command("report", "…", "when"),
    Command("help", "…"),
)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("/summarize last 50", Intent("summarize", "", Window(last=50))),
        ("summarise the last 50 messages", Intent("summarize", "", Window(last=50))),
        ("please summarize unread", Intent("summarize", "", Window(unread=True))),
        ("/translate to pt Good morning", Intent("translate", "Good morning", options={"to": "pt"})),
        ("translate this to German", Intent("translate", "", options={"to": "German"})),
        ("/translate Good morning", Intent("translate", "Good morning")),
        ("/mood", Intent("sentiment")),
        ("how's the mood?", Intent("sentiment")),
        ("who is bringing the projector?", Intent("ask", "who is bringing the projector?")),
        ("/ask who has the keys?", Intent("ask", "who has the keys?")),
        ("/frobnicate now", Intent("help", "frobnicate")),
        ("   ", Intent("help")),
    ],
)
def test_text_becomes_an_intent(text: str, intent: Intent):
    assert parse(text, COMMANDS, NOW, ZONE) == intent


@given(st.text(max_size=200))
def test_every_text_has_an_intent(text: str):
    assert parse(text, COMMANDS, NOW, ZONE).name in {command.name for command in COMMANDS}


@pytest.mark.parametrize(
    "words",
    ["post a mood report every Monday at 9", "report weekly mon 9:00", "please stop the weekly reports", "report stop"],
)
def test_a_report_that_comes_round_keeps_the_words_that_say_when(words: str):
    found = parse(words, COMMANDS, NOW, ZONE)
    assert (found.name, found.argument) == ("report", words.removeprefix("please "))


@pytest.mark.parametrize("words", ["who sent the report every week?", "the mood of this week", "sum up the report"])
def test_other_words_about_reports_ask_for_none_that_comes_round(words: str):
    assert parse(words, COMMANDS, NOW, ZONE).name != "report"


@pytest.mark.parametrize(
    "text", ["Good morning everyone, the boats are out", "well done, great job", "never mind, all done"]
)
def test_an_order_to_translate_holds_whatever_its_text_says(text: str):
    meant = parse(f"please translate to German {text}", (*COMMANDS, Command("nothing", "…")), NOW, ZONE)
    assert meant == Intent("translate", text, options={"to": "German"})


@pytest.mark.parametrize("words", ["hi", "Hey there!", "bom dia", "Guten Morgen", "salut"])
def test_a_greeting_alone_asks_for_help_when_it_is_said_to_parley_and_for_nothing_among_people(words: str):
    assert parse(words, COMMANDS, NOW, ZONE).name == "help"
    assert not asks(words)
    assert asks("hi, what can you do?")
