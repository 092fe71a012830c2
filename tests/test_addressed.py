"""What people said to Parley itself: no part of the conversation that it reads, whatever the platform shows of it."""

from dataclasses import replace

import pytest
from talk import PLACE, request, said, serving

from adapters.chat import Message, Window
from bot.errors import NothingFound
from bot.history import consent
from bot.intents import ask, summarize

FENCE = "Who pays for the new fence?"


def asking(question: str, message: Message, thread: str | None = None):
    made = request("ask", question, place=replace(PLACE, thread=thread))
    return replace(made, message=message, asker=message.author)


async def test_the_message_that_asks_is_never_its_own_answer():
    messages = [said(1, "Gina", "the hedge is cut"), said(2, "Gina", FENCE)]
    async with serving(messages) as services:
        answer = await ask.run(asking(FENCE, messages[1]), services)
    assert FENCE not in answer.reply().text
    assert not answer.found
    assert answer.covers.messages == 1


async def test_alone_with_parley_earlier_questions_and_wishes_are_no_material():
    lines = ("What is the capital of Mongolia?", "summarise the last week please", "and who runs Mongolia?", FENCE)
    messages = [said(number, "Gina", line) for number, line in enumerate(lines)]
    async with serving(messages) as services:
        with pytest.raises(NothingFound):
            await ask.run(asking(FENCE, messages[3]), services)


async def test_what_somebody_notes_down_alone_with_parley_still_answers():
    messages = [said(1, "Gina", "the fence is paid for by the school"), said(2, "Gina", FENCE)]
    async with serving(messages) as services:
        answer = await ask.run(asking(FENCE, messages[1]), services)
    assert messages[0] in {each.message for each in answer.ranking.candidates}


async def test_in_a_followed_thread_unanswered_questions_of_anybody_are_no_material():
    messages = [
        said(1, "Gina", "which fence do we mean?", thread="9"),
        said(2, "Hugo", "the one by the pool", thread="9"),
        said(3, "Hugo", "when do we paint the fence?", thread="9"),
        said(4, "Gina", FENCE, thread="9"),
    ]
    async with serving(messages) as services:
        await services.history.write(consent.set_follow, PLACE, follow=True)
        made = asking(FENCE, messages[3], thread="9")
        answer = await ask.run(replace(made, intent=replace(made.intent, window=Window(thread="9"))), services)
    assert {each.message.id for each in answer.ranking.candidates} <= {"1", "2"}
    assert answer.covers.messages == 2


async def test_what_is_wished_for_in_a_followed_thread_is_no_point_of_the_summary():
    wish = "summarize everything about the fence in this thread"
    messages = [said(1, "Hugo", "The fence by the pool gets a second coat of paint on Monday."), said(2, "Gina", wish)]
    made = replace(request("summarize"), message=messages[1], asker=messages[1].author)
    async with serving(messages) as services:
        summary = await summarize.run(made, services)
    assert [item.point.message.id for item in summary.items] == ["1"]


@pytest.mark.parametrize("again", [FENCE, "who pays for the new fence", "@Parley who pays for the new fence?"])
async def test_the_same_question_asked_before_by_somebody_else_is_not_quoted_as_the_answer(again: str):
    messages = [said(1, "Ida", again), said(2, "Jon", "lunch is ready in the kitchen")]
    async with serving(messages) as services:
        answer = await ask.run(request("ask", FENCE), services)
    assert all(each.message.id != "1" for each in answer.ranking.candidates)


async def test_what_was_replied_to_the_same_question_asked_several_times_is_the_answer():
    lines = ("How do I reset the kiln?", "How can one reset the kiln?", "Does anybody know how to reset the kiln?")
    messages = [said(number, author, line) for number, (author, line) in enumerate(zip("ABC", lines, strict=True))]
    messages.append(said(8, "Dee", "Hold the black button for a minute.", thread="2"))
    async with serving(messages) as services:
        answer = await ask.run(request("ask", "How do I reset the kiln?"), services)
    assert answer.document()["answer"] == "Hold the black button for a minute."


async def test_a_message_that_a_question_is_about_stays_material():
    messages = [said(1, "Gina", "The fence is paid for by the school."), said(2, "Hugo", "thanks")]
    async with serving(messages) as services:
        answer = await ask.run(asking("who pays for the fence?", messages[0]), services)
    assert messages[0] in {each.message for each in answer.ranking.candidates}
