"""What moved most since the last report: only what is sure, and nothing about a few."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from test_reports import BAD, ECHO, GOOD, PLACE, START, UNMEASURED, said, steady

from adapters.chat import Channel, Intent, Person, Request, Window
from bot.conversation.permissions import OWNER
from bot.history import HistoryThread
from bot.mood.comparison import Side, Subject, largest, mood, topic
from bot.mood.quantification import Counts
from bot.mood.report_page import page
from bot.mood.reporting import report
from bot.mood.reports import Report
from bot.services import Services
from nlp.core import Core

LAST, END = START + timedelta(days=7), START + timedelta(days=14)
FERRY, LUNCH = "the ferry sails from the harbour", "the lunch soup has carrots"


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    async with HistoryThread(None) as history, Core(ECHO) as core:
        yield Services(core, history, lambda: END, ZoneInfo("UTC"), random=steady)


async def made(services: Services, before: Sequence[str], after: Sequence[str], people: int = 7) -> Report:
    """The report of a week in which 84 messages came round these texts, after a week of others."""
    texts = [before[n % len(before)] for n in range(84)] + [after[n % len(after)] for n in range(84)]
    messages = [said(n, START + timedelta(hours=2 * n), text, people) for n, text in enumerate(texts)]
    await services.history.run(lambda store: store.add([Channel(PLACE, "general"), *messages]))
    request = Request(Intent("sentiment", window=Window(since=LAST, until=END)), PLACE, Person("P", "P"), access=OWNER)
    return await report(request, services, LAST)


async def test_a_topic_that_more_is_said_of_is_told_with_both_shares(services: Services):
    found = await made(services, [LUNCH] * 5 + [FERRY], [FERRY] * 3 + [LUNCH])
    assert found.moved.startswith("What moved most since 9 March: “")
    assert "of the messages." in found.moved or "became a topic" in found.moved
    assert found.document()["notes"][0] == found.moved
    assert "<p>What moved most since 9 March" in page(found)
    assert found.messages == 84


async def test_a_mood_that_turned_is_told_with_both_shares(services: Services):
    found = await made(services, GOOD[:4], BAD[:4])
    assert "sound negative went from" in found.moved


async def test_a_week_like_the_one_before_moved_nothing(services: Services):
    found = await made(services, [FERRY, LUNCH], [FERRY, LUNCH])
    assert found.moved == "Nothing moved for sure since 9 March."


async def test_too_few_people_moved_nothing_that_is_told(services: Services):
    before = [said(n, START + timedelta(hours=2 * n), FERRY, people=4) for n in range(84)]
    await services.history.run(lambda store: store.add(before))
    after = [said(1_000 + n, LAST + timedelta(hours=2 * n), LUNCH, people=6) for n in range(84)]
    await services.history.run(lambda store: store.add([Channel(PLACE, "general"), *after]))
    request = Request(Intent("sentiment", window=Window(since=LAST, until=END)), PLACE, Person("P", "P"), access=OWNER)
    assert (await report(request, services, LAST)).moved == "There is too little to say what moved since 9 March."


async def test_what_was_erased_is_in_no_comparison(services: Services):
    await made(services, [LUNCH], [FERRY])
    await services.history.run(lambda store: store.delete(PLACE, [str(n) for n in range(84)]))
    request = Request(Intent("sentiment", window=Window(since=LAST, until=END)), PLACE, Person("P", "P"), access=OWNER)
    assert (await report(request, services, LAST)).moved == "There is too little to say what moved since 9 March."


async def test_no_move_names_a_person(services: Services):
    found = await made(services, [f"NameU0PERSON0 {LUNCH}"] * 5 + [FERRY], [f"NameU0PERSON0 {FERRY}"] * 3 + [LUNCH])
    assert "Name" not in found.moved


async def test_without_a_time_to_compare_with_nothing_is_said_to_move(services: Services):
    await made(services, [FERRY], [LUNCH])
    request = Request(Intent("sentiment", window=Window(since=LAST, until=END)), PLACE, Person("P", "P"), access=OWNER)
    assert (await report(request, services)).moved == ""


def side(people: int) -> Side:
    return Side((np.arange(200) % people).astype(np.int32))


def test_a_topic_of_too_few_has_no_figure_on_that_side():
    before, after = side(10), side(10)
    some, many = np.arange(200) < 8, np.arange(200) < 80
    grown, gone = topic(Subject("ferry", some, many), before, after), topic(Subject("ferry", many, some), before, after)
    assert grown
    assert gone
    assert grown.words.startswith("“ferry” became a topic: 40")
    assert gone.words.startswith("“ferry” is hardly a topic now, after 40")
    assert "4\N{NO-BREAK SPACE}%" not in grown.words


def test_a_topic_of_too_few_on_both_sides_is_not_spoken_of():
    before, after = side(10), side(10)
    assert topic(Subject("ferry", np.arange(200) < 2, np.arange(200) < 18), before, after) is None


def test_of_several_moves_the_largest_is_told():
    calm, cross, angry = (Counts((0, 100 - negative, negative), 100, 60, 8) for negative in (0, 35, 80))
    small, large = mood(calm, cross, UNMEASURED), mood(calm, angry, UNMEASURED)
    assert small
    assert largest([small, None, large]) == large
    assert largest([None]) is None
