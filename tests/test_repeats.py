"""Which messages ask what is asked, and what was answered to them."""

import pytest
from talk import said, talk

from bot.discussions.graph import ReplyGraph
from bot.retrieval.repeats import asked_before, asks_the_same

SAME = [
    ("How do I reset the kiln?", "how do I reset the kiln"),
    ("How do I reset the kiln?", "@Parley how do I reset the kiln?"),
    ("How do I reset the kiln?", "Ana: does anybody know how to reset the kiln?"),
    ("How do I reset the kiln?", "I burnt my fingers at the pottery today. How can one reset the kiln?"),
    ("which oven shelf holds the blue glaze", "Good morning! which oven shelf holds the blue glaze?"),
]
OTHER = [
    ("How do I reset the kiln?", "You reset the kiln by holding the black button."),
    ("When is the pottery open?", "Why is the glaze so green?"),
    ("the blue glaze", "the blue glaze"),
]


@pytest.mark.parametrize(("question", "text"), SAME)
def test_a_message_that_asks_the_same_is_known(question: str, text: str):
    assert asks_the_same(question, text)


@pytest.mark.parametrize(("question", "text"), OTHER)
def test_what_states_something_or_asks_another_thing_is_not(question: str, text: str):
    assert not asks_the_same(question, text, of_people=False)


def test_who_seeks_help_with_it_asks_the_same_unless_the_question_is_about_people():
    text = "hello, has anybody here managed the reset of this new kiln in the cellar? mine blinks"
    assert asks_the_same("How do I reset the kiln?", text, of_people=False)
    assert not asks_the_same("How do I reset the kiln?", text)


def test_the_answer_is_what_the_reply_graph_says_and_never_another_message_that_asks_the_same():
    messages = talk("Ana: where is the blue glaze?", "Bo: where is the blue glaze?", "Cy: Bo: on the top shelf")
    (first, second) = asked_before("where is the blue glaze?", [0, 1, 2], ReplyGraph.of(messages))
    assert (first.place, second.place, second.answer) == (0, 1, 2)
    assert first.answer in {2, -1}


def test_where_others_only_ask_back_there_is_no_answer():
    messages = [said(0, "Ana", "where is the blue glaze?"), said(1, "Bo", "which blue do you mean?", thread="0")]
    (asked,) = asked_before("where is the blue glaze?", [0, 1], ReplyGraph.of(messages))
    assert asked.answer == -1


def test_somebody_who_seeks_a_file_by_its_name_asks_the_same():
    asked = "Where can I find the checksum for the harbour image?"
    assert asks_the_same(asked, "does anyone have the checksum for harbour-image.iso?", of_people=False)


def test_the_question_mark_inside_an_address_asks_nothing():
    question = "Who has bought the paint?"
    assert not asks_the_same(question, "I bought the paint: https://shop.example/cart?id=7&n=2", of_people=False)
    assert asks_the_same(question, "has anybody bought paint yet? I need it", of_people=False)
