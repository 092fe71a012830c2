"""What apps write: the context of the threads under it, named as left out, and read where a channel says so."""

from dataclasses import replace
from pathlib import Path

import pytest
from talk import PLACE, request, said, serving
from typer.testing import CliRunner

from adapters.chat import Channel, Message, Window
from bot.cli.main import app
from bot.errors import NothingFound
from bot.history import History, consent
from bot.intents import ask, catchup, summarize

LEFT_OUT = "1 message of an app was left out; an administrator of the channel includes them with `/settings apps on`."


def by_app(number: int, text: str, thread: str | None = None) -> Message:
    return replace(said(number, "Watchdog", text, thread), from_bot=True)


ALERT = by_app(1, "[FIRING] Freezer 3 is at minus 4 degrees")
THREAD = [
    ALERT,
    said(2, "Ana", "I am on my way down to the cellar.", thread="1"),
    said(3, "Bo", "The plug was out, it is back in and the temperature falls again.", thread="1"),
]
RELEASE = [
    said(1, "Ana", "The paint for the hall has arrived this morning."),
    by_app(2, "Released ledger-web 7.3.1 to production"),
    said(3, "Bo", "I have swept the yard and locked the gate."),
]
WHICH = "Which version of ledger-web is in production?"


async def test_a_summary_names_the_alert_that_a_thread_hangs_under_and_proves_it():
    async with serving(THREAD) as services:
        reply = (await summarize.run(request("summarize", window=Window(thread="1")), services)).reply()
    assert reply.text.count("— under “\\[FIRING\\] Freezer 3 is at minus 4 degrees” by Watchdog") == 1
    assert "1" in {source.id for source in reply.sources}
    assert LEFT_OUT not in reply.notes


async def test_the_alert_is_named_too_where_it_stands_before_the_window():
    async with serving(THREAD) as services:
        summary = await summarize.run(request("summarize", window=Window(last=2)), services)
    assert summary.items[0].under == ALERT
    assert summary.document()["summary"][0]["under"] == "1"


async def test_an_answer_is_found_by_the_words_of_the_alert_above_it_and_shows_it():
    chatter = [said(number, "Cy", f"Delivery number {number} is here") for number in range(10, 16)]
    async with serving([*THREAD, *chatter]) as services:
        answer = await ask.run(request("ask", "What was wrong with freezer 3?"), services)
    assert all(each.message != ALERT for each in answer.ranking.candidates)
    assert answer.ranking.candidates[0].context == ALERT
    assert "Watchdog, 4 May 10:01, posted: [FIRING] Freezer 3" in answer.reply().text


async def test_what_only_an_app_said_is_named_as_left_out():
    async with serving(RELEASE) as services:
        answer = await ask.run(request("ask", WHICH), services)
        summary = await summarize.run(request("summarize"), services)
        caught = await catchup.run(request("catchup"), services)
    assert not answer.found
    assert all(LEFT_OUT in each.reply().notes for each in (answer, summary, caught))


async def test_a_channel_in_which_only_apps_wrote_says_so():
    async with serving([by_app(1, "one"), by_app(2, "two")]) as services:
        with pytest.raises(NothingFound) as caught:
            await ask.run(request("ask", "one?"), services)
    assert "2 messages of apps were left out" in caught.value.remedy


async def test_where_apps_are_heard_their_messages_answer():
    async with serving(RELEASE) as services:
        await services.history.write(consent.set_apps, PLACE, apps=True)
        answer = await ask.run(request("ask", WHICH), services)
    assert answer.document()["answer"] == RELEASE[1].text
    assert answer.covers.left_out == 0
    assert answer.covers.authors == 2
    assert LEFT_OUT not in answer.notes


def test_the_owner_turns_it_on_for_a_channel_of_the_history(tmp_path: Path):
    path = tmp_path / "history.db"
    with History.open(path) as history:
        history.add([Channel(PLACE, "general"), *RELEASE])
    made = CliRunner().invoke(app, ["history", "apps", "on", "--channel", "general", "--db", str(path)])
    assert made.exit_code == 0, made.output
    with History.open(path) as history:
        assert history.read(consent.hears_apps, PLACE)
