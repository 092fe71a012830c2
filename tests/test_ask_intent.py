"""Asking a question: the message that answers it, quoted, or an honest "not found"."""

import re
from dataclasses import replace

import pytest
from talk import MORNING, PLACE, request, said, sample_served, serving, talk

from adapters.chat import Person, Progress, Window
from bot.discussions.graph import ReplyGraph
from bot.errors import NothingFound, UsageError
from bot.intents import ask
from bot.retrieval.confidence import FOUND
from nlp.errors import ModelUnavailable
from nlp.profiles import profile

CHAT = talk(
    "Ana: good morning everybody",
    "Bo: where do we store the harbour keys?",
    "Cy: the harbour keys hang behind the mill door",
    "Ana: thanks",
    "Bo: lunch at one?",
)


async def test_the_answer_is_a_message_quoted_with_author_time_and_link():
    linked = [replace(each, permalink=f"https://chat.example/{each.id}") for each in CHAT]
    async with serving(linked) as services:
        answer = await ask.run(request("ask", "where do the harbour keys hang?"), services)
    assert answer.found
    text = answer.reply().text
    assert text.startswith("**behind the mill door**\n\n> the harbour keys hang behind the mill door")
    assert "— Cy, [4 May 10:02](https://chat.example/2)" in text
    assert "Bo, [4 May 10:01](https://chat.example/1), asked: where do we store the harbour keys?" in text
    assert [source.id for source in answer.reply().sources[:2]] == ["2", "1"]


async def test_the_document_names_the_answer_and_its_sources():
    async with serving(CHAT) as services:
        document = (await ask.run(request("ask", "where do the harbour keys hang?"), services)).document()
    assert document["found"]
    assert document["answer"] == "the harbour keys hang behind the mill door"
    assert document["span"] == {"text": "behind the mill door", "kind": "place", "trusted": True}
    assert 0 <= document["confidence"] <= 1
    assert document["sources"][0] == {
        "id": "2",
        "author": "Cy",
        "sent_at": "2026-05-04T09:02:00+00:00",
        "text": document["answer"],
        "permalink": None,
    }
    assert document["covers"]["messages"] == 5
    assert document["model"] == "echo"


async def test_what_nobody_said_is_not_found_and_the_reply_says_where_it_looked():
    async with serving(CHAT) as services:
        answer = await ask.run(request("ask", "who won the football championship?"), services)
    assert answer.reply().text == "I did not find this in #general since 4 May 2026."
    assert answer.reply().sources == ()
    document = answer.document()
    assert (document["found"], document["answer"], document["sources"]) == (False, None, [])
    assert document["confidence"] < FOUND
    assert document["nearest"] == []


async def test_no_question_is_refused():
    async with serving(CHAT) as services:
        with pytest.raises(UsageError, match="no question"):
            await ask.run(request("ask", "  "), services)


async def test_an_empty_window_is_not_an_answer():
    async with serving(CHAT) as services:
        with pytest.raises(NothingFound):
            await ask.run(request("ask", "keys?", Window(since=MORNING.replace(year=2027))), services)


async def test_without_an_embedder_the_missing_feature_is_named():
    async with serving(CHAT, bindings=()) as services:
        with pytest.raises(ModelUnavailable):
            await ask.run(request("ask", "keys?"), services)


async def test_only_the_window_is_searched():
    async with serving(CHAT) as services:
        answer = await ask.run(request("ask", "where do the harbour keys hang?", Window(last=2)), services)
    assert not answer.found


async def test_bots_and_notices_never_answer():
    robot = replace(said(9, "deploybot", "the harbour keys hang in the safe"), from_bot=True)
    async with serving([*CHAT, robot]) as services:
        answer = await ask.run(request("ask", "where do the harbour keys hang?"), services)
    assert all(each.message.author.name != "deploybot" for each in answer.ranking.candidates)
    assert answer.covers.left_out == 1


@pytest.mark.parametrize("question", ["?", "🤷", "مفاتيح الميناء؟", '"; DROP TABLE message; --', "x" * 40_000])
async def test_any_question_gets_an_answer_or_none(question: str):
    messages = [*CHAT, said(9, "Ana", "y" * 40_000), said(10, "Bo", "🎉🎉"), said(11, "Cy", "")]
    async with serving(messages) as services:
        answer = await ask.run(request("ask", question), services)
    assert isinstance(answer.reply().text, str)
    assert len(answer.reply().text) < 4_000


async def test_a_long_message_is_quoted_in_part():
    long = said(9, "Ana", "the lighthouse rota " + "and so on and on " * 200)
    async with serving([*CHAT, long]) as services:
        answer = await ask.run(request("ask", "lighthouse rota"), services)
    assert answer.ranking.candidates[0].message == long
    assert len(answer.reply().text) < 1_000


async def test_only_new_messages_are_embedded_when_asked_again():
    steps: list[Progress] = []
    async with serving(CHAT) as services:
        await ask.run(request("ask", "keys?", progress=steps.append), services)
        first = steps[-1].total
        await ask.run(request("ask", "where are the keys?", progress=steps.append), services)
        await services.history.run(lambda store: store.add([said(20, "Ana", "one more thing")]))
        await ask.run(request("ask", "and now?", progress=steps.append), services)
    assert first == len(CHAT)
    assert steps[-1].total == 1
    assert sum(step.done == step.total for step in steps) == 2


async def test_asking_twice_answers_the_same():
    async with serving(CHAT) as services:
        first = await ask.run(request("ask", "where do the harbour keys hang?"), services)
        second = await ask.run(request("ask", "where do the harbour keys hang?"), services)
    assert first.document() == second.document()


async def test_beyond_the_newest_messages_the_words_still_find_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ask, "READ", 20)
    filler = [said(number, "Bo", f"nothing number {number}") for number in range(10, 60)]
    async with serving([*CHAT, *filler]) as services:
        answer = await ask.run(request("ask", "where do the harbour keys hang?"), services)
    assert answer.found
    assert answer.ranking.candidates[0].message.id == "2"
    assert answer.covers.left_out > 0
    assert any("searched by their words" in note for note in answer.notes)


@pytest.mark.starter
@pytest.mark.parametrize(
    ("question", "channel", "words"),
    [
        ("Where will the offsite be?", "general", "lighthouse"),
        ("When do we move to Kelpbase?", "general", "week of 16 March"),
        ("How many double bookings were there?", "general", "23 double bookings"),
        ("When does regatta mode go live?", "general", "Regatta mode"),
        ("Do we know where the bookings of Thornby Sands went?", "general", "We still don't know"),
    ],
)
async def test_the_sample_workspace_answers(question: str, channel: str, words: str):
    async with sample_served() as (services, places):
        answer = await ask.run(request("ask", question, place=places[channel]), services)
    assert answer.found
    assert words in answer.reply().text


@pytest.mark.starter
async def test_the_sample_workspace_does_not_know_everything():
    async with sample_served() as (services, places):
        answer = await ask.run(request("ask", "Who is the president of France?", place=places["general"]), services)
    assert not answer.found


async def test_another_channel_is_never_read():
    async with serving(CHAT) as services:
        elsewhere = replace(PLACE, channel="C2")
        with pytest.raises(NothingFound):
            await ask.run(request("ask", "where do the harbour keys hang?", place=elsewhere), services)


async def test_not_found_names_who_might_know():
    question = "which plumber mended the frozen pipes of the chapel under the harbour during winter?"
    async with serving(CHAT) as services:
        answer = await ask.run(request("ask", question), services)
        own = await ask.run(replace(request("ask", question), asker=CHAT[2].author), services)
    assert not answer.found
    assert set(answer.document()["might_know"]) == {"Bo", "Cy"}
    assert answer.reply().text.startswith("I did not find this in #general since 4 May 2026. ")
    assert " might know." in answer.reply().text
    assert own.document()["might_know"] == ["Bo"]


async def test_a_decision_that_was_taken_back_stands_below_what_came_later():
    decided = said(0, "Ana", "Decision: the harbour keys hang behind the mill door.")
    later = said(60, "Ana", "Reversed, they are kept in the office now.", thread="0")
    async with serving([decided, said(1, "Bo", "fine by me"), later]) as services:
        answer = await ask.run(request("ask", "where do the harbour keys hang behind the mill door"), services)
    assert answer.ranking.candidates[0].message == decided
    text = answer.reply().text
    assert text.index("> Reversed, they are kept in the office") < text.index("“Decision: the harbour keys hang behind")
    assert answer.document()["answer"] == later.text
    assert [source.id for source in answer.reply().sources[:2]] == [later.id, decided.id]


async def test_of_what_changed_over_time_the_latest_word_comes_first_and_what_it_was_before_after_it():
    chat = [
        said(0, "Ana", "Decision: the harbour market opens on Friday with the brass band."),
        said(1, "Bo", "great, I like the brass band"),
        said(2000, "Cy", "Change of plan, we decided that the harbour market opens on Saturday with the brass band."),
        said(4000, "Ana", "We agreed: the harbour market with the brass band opens on Sunday, no longer on Saturday."),
        said(4001, "Dee", "We decided that the bakery van stays blue."),
    ]  # fmt: skip
    async with serving(chat) as services:
        answer = await ask.run(request("ask", "when does the harbour market with the brass band open?"), services)
    text = answer.reply().text
    now = text.index("> We agreed: the harbour market with the brass band opens on Sunday")
    before = ("It was on Saturday before: “Change of plan", "It was on Friday before: “Decision: the harbour market")
    assert now < text.index(before[0]) < text.index(before[1])
    assert answer.document()["answer"] == chat[3].text
    assert "bakery" not in text.partition("See also")[0]
    assert {"0", "2000", "4000"} <= {source.id for source in answer.reply().sources}
    assert [each["turn"] for each in answer.document()["course"]] == ["decided", "reversed", "reversed"]


async def test_one_decision_alone_is_no_course():
    async with serving([said(0, "Ana", "Decision: the harbour market opens on Friday."), *CHAT[3:]]) as services:
        answer = await ask.run(request("ask", "when does the harbour market open?"), services)
    assert answer.course == ()


async def test_what_bots_say_is_no_part_of_a_course():
    decided = said(0, "Ana", "Decision: the harbour market opens on Friday.")
    robot = replace(said(9, "bot", "Reversed: the harbour market is off.", thread="0"), from_bot=True)
    async with serving([decided, robot]) as services:
        answer = await ask.run(request("ask", "when does the harbour market open?"), services)
    assert answer.course == ()


@pytest.mark.starter
async def test_the_sample_workspace_tells_how_its_decisions_changed():
    told = {
        "Where will the offsite be?": ("the offsite is at the Gannet Head lighthouse", "we go to Ambersley Mill"),
        "When do we move to Kelpbase?": ("we move to Kelpbase", "we leave Kelpbase and move to Northpier"),
        "When is the launch?": ("we launch on 31 March", "moves to 14 April"),
    }
    async with sample_served() as (services, places):
        for question, (first, last) in told.items():
            answer = await ask.run(request("ask", question, place=places["general"]), services)
            assert first in answer.course[0].text
            assert last in answer.course[-1].text
            assert answer.reply().text.index(last) < answer.reply().text.index(first)
            assert last in answer.document()["answer"]


@pytest.mark.parametrize(
    ("window", "where"),
    [
        (Window(), "in #general since 4 May 2026."),
        (Window(last=3), "in #general since 4 May 2026."),
        (Window(until=MORNING.replace(hour=23)), "in #general from 4 May 2026 to 4 May 2026."),
        (Window(thread="1"), "in this thread of #general since 4 May 2026."),
    ],
)
async def test_not_found_names_where_and_how_far_back_it_looked(window: Window, where: str):
    async with serving([*CHAT, said(9, "Ana", "in the drawer I think", thread="1")]) as services:
        answer = await ask.run(request("ask", "who won the football championship?", window), services)
    assert answer.reply().text == f"I did not find this {where}"


async def test_not_found_says_what_was_searched_only_in_part(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ask, "READ", 20)
    filler = [said(number * 1440, "Bo", f"nothing number {number}") for number in range(1, 51)]
    async with serving([*CHAT, *filler]) as services:
        reply = (await ask.run(request("ask", "who won the football championship?"), services)).reply()
    assert reply.text == "I did not find this in #general since 4 May 2026."
    assert any(
        re.match(r"Of messages before 4 June 2026, \d+ were searched by their words only", note) for note in reply.notes
    )


async def test_a_question_that_only_asks_the_same_gives_way_to_what_was_replied():
    chat = talk("Bo: Who paints the harbour gate?", "Dee: Eli paints it, he has the brush", "Bo: fine")
    async with serving(chat) as services:
        answer = await ask.run(request("ask", "who paints the harbour gate?"), services)
    assert answer.document()["answer"] == chat[1].text
    assert answer.reply().text.startswith("**Eli**\n\n> Eli paints it, he has the brush")
    assert "Bo, 4 May 10:00, asked: Who paints the harbour gate?" in answer.reply().text


async def test_a_question_that_is_quoted_is_followed_by_what_was_replied():
    chat = talk("Bo: By the way, can anybody say who will paint the rusty harbour gate?", "Dee: Eli does", "Bo: fine")
    async with serving(chat) as services:
        reply = (await ask.run(request("ask", "harbour gate?"), services)).reply()
    assert "> By the way, can anybody say" in reply.text
    assert "Dee replied:\n\n> Eli does" in reply.text
    assert "1" in {source.id for source in reply.sources}


async def test_what_was_said_before_a_change_of_plan_is_told_even_if_nobody_called_it_decided():
    chat = [
        said(0, "Cy", "The garden fair is on the old market square, 12 December."),
        said(2000, "Cy", "Change of plan: we decided to move the garden fair from the market square to the meadow."),
    ]
    async with serving(chat) as services:
        answer = await ask.run(request("ask", "is the garden fair on the old market square on 12 December?"), services)
    assert [message.id for message in answer.course] == ["0", "2000"]
    assert answer.document()["answer"] == chat[1].text
    assert "Before that: “The garden fair is on the old market square, 12 December.” — Cy" in answer.reply().text


PAID = talk("Ana: I have not paid the mooring fee yet.", "Bo: I have paid the mooring fee.", "Cy: the buoys are red")


async def test_the_message_that_says_the_opposite_gives_way_to_the_one_that_answers():
    async with serving(PAID) as services:
        paid = await ask.run(request("ask", "Who has paid the mooring fee?"), services)
        unpaid = await ask.run(request("ask", "Who has not paid the mooring fee?"), services)
    assert paid.document()["answer"] == PAID[1].text
    assert unpaid.document()["answer"] == PAID[0].text


async def test_where_only_the_opposite_was_said_of_somebody_nothing_is_found_and_the_reply_says_so():
    async with serving([PAID[0], PAID[2]]) as services:
        answer = await ask.run(request("ask", "Who has paid the mooring fee?"), services)
    assert (answer.found, answer.document()["sources"]) == (False, [])
    assert "The nearest message says the opposite:\n\n> I have not paid the mooring fee yet." in answer.reply().text
    assert answer.reply().sources[0].id == "0"


async def test_the_newest_statement_is_the_answer_and_what_it_took_the_place_of_is_named():
    moved = talk(
        "Ana: The regatta is on Friday at the pier.",
        "Bo: the buoys are red",
        "Ana: The regatta is on Sunday at the pier.",
    )
    async with serving(moved) as services:
        answer = await ask.run(request("ask", "When is the regatta?"), services)
    assert answer.document()["answer"] == moved[2].text
    assert answer.reply().text.startswith("**on Sunday**\n\n> The regatta is on Sunday at the pier.")
    assert "It was on Friday before: “The regatta is on Friday at the pier.” — Ana, 4 May 10:00" in answer.reply().text
    assert "0" in {source.id for source in answer.reply().sources}


async def test_an_empty_message_is_not_said_to_be_compared_later():
    async with serving([*CHAT, said(9, "Ana", ""), said(10, "Bo", "  ")]) as services:
        answer = await ask.run(request("ask", "where do the harbour keys hang?"), services)
    assert not any("asking again" in note for note in answer.notes)


async def test_a_question_that_was_asked_before_is_answered_by_what_was_answered_then():
    chat = talk(
        "Ana: which command restarts the staging proxy?",
        "Ana: I always forget it",
        "Ben: systemctl restart staging-proxy",
        "Cy: lunch at one?",
        "Ben: yes, at the quay",
    )
    async with serving(chat) as services:
        answer = await ask.run(request("ask", "which command restarts the staging proxy?"), services)
    assert answer.document()["answer"] == chat[2].text
    assert answer.reply().text.startswith("**`systemctl restart staging-proxy`**\n\n> systemctl restart staging-proxy")
    assert "Ana, 4 May 10:00, asked: which command restarts the staging proxy?" in answer.reply().text
    assert [source["id"] for source in answer.document()["sources"][:2]] == ["2", "0"]


@pytest.mark.starter
async def test_a_question_that_nobody_answered_is_not_answered_by_what_was_said_next():
    chat = talk(
        "Ana: who presents the harbour roadmap on Friday?",
        "Ben: I uploaded the photos of the party",
        "Cy: lovely, thanks",
    )
    async with serving(chat, tuple(profile("starter"))) as services:
        answer = await ask.run(request("ask", "who presents the harbour roadmap on Friday?"), services)
    assert not answer.found


async def test_who_asked_the_same_without_an_answer_is_named():
    chat = talk("Ben: I uploaded the photos of the party", "Ana: who presents the harbour roadmap on Friday?")
    async with serving(chat) as services:
        answer = await ask.run(request("ask", "who presents the harbour roadmap on Friday?"), services)
    assert not answer.found
    assert "Ana, 4 May 10:01, asked this too; nobody answered." in answer.reply().text
    assert answer.document()["asked_too"]["id"] == "1"


async def test_a_long_message_is_led_by_the_sentence_that_answers():
    long = said(
        9,
        "Ana",
        "Hello everybody, it has been a long week and I am glad that it is over. The lighthouse rota has a new"
        " owner, as you can guess from my face today. There is cake in the kitchen for all who like"
        " cake, and tea for the others.",
    )
    async with serving([*CHAT, long]) as services:
        answer = await ask.run(request("ask", "lighthouse rota owner"), services)
    assert answer.sentence == "The lighthouse rota has a new owner, as you can guess from my face today."


async def test_the_graph_of_a_channel_is_made_once_for_a_question(monkeypatch: pytest.MonkeyPatch):
    made: list[int] = []
    of = ReplyGraph.of
    monkeypatch.setattr(ReplyGraph, "of", lambda *args: made.append(1) or of(*args))
    own = [replace(said(8, "Eve", "is the mill open?"), author=Person("eve", "Eve")), said(9, "Bo", "it is")]
    async with serving([*CHAT, *own]) as services:
        await ask.run(request("ask", "where do the harbour keys hang?"), services)
    assert len(made) == 1


async def test_the_name_that_opens_a_reply_is_no_part_of_the_words_that_answer():
    chat = talk("Ana: is the slipway open in winter?", "Bo: Ana: yes", "Cy: lunch at one?")
    async with serving(chat) as services:
        answer = await ask.run(request("ask", "is the slipway open in winter?"), services)
    assert answer.document()["span"]["text"] == "Yes"
