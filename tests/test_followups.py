"""Questions that go on from the one before keep their subject, and nothing of it reaches anybody else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fake_slack import FakeSlack
from fake_slack_api import ME, TEAM
from slack_host import LedgerHost, running
from talk import MORNING, NOW, PLACE, said, serving, talk

from adapters.chat import Channel, Deleted, Gone, HereOnly, Intent, Message, Person, Request, Window
from bot.assistant import Assistant
from bot.intents import commands
from bot.understanding.followups import BEFORE, WITHIN, FollowUps, goes_on, joined

OTHER = replace(PLACE, channel="C2")
EVE, MAX = Person("eve", "Eve"), Person("max", "Max")
CHAT = talk(
    "Ana: Bo is on call for the harbour pumps on Monday",
    "Bo: thanks Ana",
    "Ana: Cy is on call for the harbour pumps on Tuesday",
    "Dee: the bakery delivers rolls on Tuesday morning",
    "Cy: lunch anyone?",
)
FIRST, SECOND = "Who is on call for the harbour pumps on Monday?", "what about Tuesday?"


def asked(question: str, **more: object) -> Request:
    changes = {"access": HereOnly(PLACE), **more}
    return replace(Request(Intent("ask", question), PLACE, EVE), **changes)  # type: ignore[arg-type]


@asynccontextmanager
async def kept() -> AsyncIterator[Assistant]:
    """An assistant that keeps #general, in two workspaces, with the chat in it, and an empty #other."""
    async with serving(CHAT) as services:
        there = [replace(message, place=replace(message.place, workspace=TEAM)) for message in CHAT]
        at_slack = replace(PLACE, workspace=TEAM)
        records = [Channel(OTHER, "other"), Channel(at_slack, "general"), *there]
        await services.history.run(lambda store: store.add(records))
        for place in (PLACE, OTHER, at_slack):
            await services.history.run(lambda store, place=place: store.turn_on(place, "ana", MORNING))
        yield Assistant(services)


async def answers(*requests: Request) -> list[str]:
    """What is replied to each, one after the other, notes included."""
    async with kept() as assistant:
        replies = [await assistant.handle(each) for each in requests]
    return ["\n".join((reply.text, *reply.notes)) for reply in replies]


@pytest.mark.parametrize(
    "question",
    [
        "and who brings the keys?", "what about Tuesday?", "when?", "why?", "who else?", "where is it?", "and then?",
        "e na terça?", "¿y el martes?", "und am Dienstag?", "et mardi ?", "Tuesday?", "did they agree?",
    ],
)  # fmt: skip
def test_a_question_goes_on_that_says_little_by_itself(question: str):
    assert goes_on(question)


@pytest.mark.parametrize("question", ["who brings the keys?", "When does regatta mode go live?", "", "?", FIRST])
def test_a_question_that_says_what_it_is_about_stands_for_itself(question: str):
    assert not goes_on(question)


@pytest.mark.parametrize(
    ("before", "question", "full"),
    [
        ("Who is on call on Monday?", "what about Tuesday?", "Who is on call on … what about Tuesday?"),
        ("When is the offsite?", "and who brings the keys?", "When is the offsite? and who brings the keys?"),
        ("What did the launch in March cost?", "and in April?", "What did the launch in … cost? and in April?"),
        ("What did Ana promise?", "and what about Bo?", "What did … promise? and what about Bo?"),
        ("Quem está de plantão na segunda?", "e na terça?", "Quem está de plantão na … e na terça?"),
    ],
)
def test_the_subject_is_kept_and_what_the_newer_question_says_takes_the_place_of_its_like(
    before: str, question: str, full: str
):
    assert joined(Intent("ask", question, options={BEFORE: before})) == full


async def test_a_follow_up_is_answered_about_the_same_subject_and_the_reply_says_so():
    first, second = await answers(asked(FIRST), asked(SECOND))
    assert "> Bo is on call" in first
    assert "> Cy is on call for the harbour pumps on Tuesday" in second
    assert f"I read this together with your earlier question, “{FIRST}”." in second


async def test_a_follow_up_of_a_follow_up_keeps_the_subject_too():
    third = (await answers(asked(FIRST), asked(SECOND), asked("and Monday?")))[-1]
    assert "> Bo is on call" in third


async def test_without_a_question_before_the_words_stand_for_themselves():
    (alone,) = await answers(asked(SECOND))
    assert "together with your earlier question" not in alone


@pytest.mark.parametrize(
    "second",
    [
        asked(SECOND, asker=MAX),
        asked(SECOND, public=True),
        asked(SECOND, place=replace(PLACE, thread="3")),
        asked(SECOND, place=OTHER, access=HereOnly(OTHER)),
        asked(SECOND, place=replace(PLACE, workspace="T2")),
    ],
    ids=["another person", "in the open after in private", "another thread", "another channel", "another workspace"],
)
async def test_what_was_asked_before_never_reaches(second: Request):
    reply = (await answers(asked(FIRST), second))[-1]
    assert "call" not in reply
    assert "pumps" not in reply


async def test_who_may_read_no_longer_learns_nothing_by_going_on():
    reply = (await answers(asked(FIRST), asked(SECOND, access=HereOnly(OTHER))))[-1]
    assert "Cy" not in reply
    assert "is on call" not in reply.replace(FIRST, "")


async def test_the_thread_under_a_mention_goes_on_from_it():
    mention = said(50, "Eve", FIRST)
    within = replace(PLACE, thread=mention.id)
    replies = await answers(asked(FIRST, message=mention, public=True), asked(SECOND, place=within, public=True))
    assert "> Cy is on call" in replies[-1]


def remembering(**more: object) -> FollowUps:
    followups = FollowUps()
    followups.remember(asked(FIRST, **more), NOW)
    return followups


def goes_on_from(followups: FollowUps, later: timedelta = timedelta()) -> str:
    return followups.continued(asked(SECOND), NOW + later).intent.options.get(BEFORE, "")


def test_a_question_is_forgotten_after_half_an_hour():
    assert goes_on_from(remembering(), WITHIN) == FIRST
    assert goes_on_from(remembering(), WITHIN + timedelta(seconds=1)) == ""


def test_only_so_many_questions_are_remembered():
    followups = FollowUps(most=2)
    for number in range(5):
        followups.remember(asked(FIRST, asker=Person(str(number), "x")), NOW)
    assert len(followups._asked) == 2


def test_who_is_forgotten_is_forgotten_here_too():
    followups = remembering()
    followups.forget(EVE.id)
    assert goes_on_from(followups) == ""


@pytest.mark.parametrize(
    "event",
    [
        Deleted(PLACE, ("50",)),
        Gone(PLACE),
        replace(said(50, "Eve", "never mind"), edited_at=MORNING),
    ],
    ids=["deleted", "gone", "edited"],
)
def test_a_question_that_was_taken_back_is_forgotten(event: Deleted | Gone | Message):
    followups = remembering(message=said(50, "Eve", FIRST))
    followups.heard(event)
    assert goes_on_from(followups) == ""


def test_a_follow_up_looks_where_the_question_before_looked_unless_it_says_otherwise():
    followups = FollowUps()
    window = Window(last=100)
    followups.remember(replace(asked(FIRST), intent=Intent("ask", FIRST, window)), NOW)
    assert followups.continued(asked(SECOND), NOW).intent.window == window
    narrow = replace(asked(SECOND), intent=Intent("ask", SECOND, Window(last=5)))
    assert followups.continued(narrow, NOW).intent.window == Window(last=5)


async def test_what_is_asked_again_from_a_button_is_what_was_understood():
    async with kept() as assistant:
        await assistant.handle(asked(FIRST))
        reply = await assistant.handle(asked(SECOND))
        assert reply.understood is not None
        again = await assistant.handle(replace(asked(SECOND, public=True), intent=reply.understood))
    assert again.text == reply.text


async def test_in_slack_a_thread_with_parley_goes_on_and_another_person_in_it_starts_anew():
    async with kept() as assistant, FakeSlack() as slack:
        for id_, name in (("U1", "ana"), ("U2", "max")):
            slack.add_user(id_, name)
        slack.add_channel(PLACE.channel, "general", (ME, "U1", "U2"), is_channel=True)

        async def said_in_reply(event: dict[str, Any]) -> str:
            before = len(slack.called("chat.postMessage"))
            await slack.event(event)
            async with asyncio.timeout(10):
                while len(slack.called("chat.postMessage")) == before:  # noqa: ASYNC110 - the stand-in tells nobody
                    await asyncio.sleep(0.01)
            return str(slack.called("chat.postMessage")[before])

        async with running(slack, LedgerHost(answer=assistant.handle), commands()):
            first = slack.mention(FIRST)
            assert "Bo is on call" in await said_in_reply(first)
            other = await said_in_reply(slack.mention(SECOND, user="U2", thread_ts=first["ts"]))
            second = await said_in_reply(slack.mention(SECOND, thread_ts=first["ts"]))
    assert "I read this together with your earlier question" in second
    assert "Cy is on call for the harbour pumps on Tuesday" in second
    assert "I read this together" not in other
