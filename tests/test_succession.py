"""Which of several statements about the same thing holds: the newest one, and what it took the place of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from talk import said

from bot.retrieval.ranking import succession


def texts(question: str, *lines: str, authors: str = "Ana Ana Ana Ana") -> list[str]:
    messages = [said(number, author, line) for number, (author, line) in enumerate(zip(authors.split(), lines))]  # noqa: B905
    return [message.text for message in succession(question, messages[0], messages[1:])]


SAME = [
    ("When is the choir?", "The choir meets at 18:00 in the hall.", "From May on the choir meets at 19:30."),
    ("When is the picnic?", "The picnic is on Friday by the lake.", "The picnic is on Sunday by the lake."),
    ("Who handles invoices?", "Invoices go to Mia, please.", "Invoices go to Rui now, please."),
    ("What is the budget for chairs?", "Our budget for chairs is 900 euros", "Our budget for chairs is 1,200 euros"),
    ("Which host is staging?", "pier-green-4 is the staging host", "pier-green-9 is the staging host since today"),
    ("Quando é a reunião?", "A reunião é às 9h30 na sala 2", "A partir de segunda a reunião é às 10h15"),
    ("¿Cuándo es la cena?", "La cena es el viernes en el puerto", "La cena es el sábado en el puerto"),
    ("Wann ist die Probe?", "Die Probe ist um 18 Uhr im Saal", "Ab Montag ist die Probe um 19 Uhr"),
    ("Quand est la réunion ?", "La réunion est à 9h30", "La réunion est désormais à 10h15"),
]
APART = [
    ("Which compiler does the build use?", "The north build uses gcc 13.", "The south build uses clang 17."),
    ("Who is on call?", "Mia is on call on Monday.", "Rui is on call on Tuesday."),
    ("When is the choir?", "The choir meets at 18:00.", "Was the choir not at 19:30?"),
    ("When is the choir?", "The choir meets at 18:00.", "The choir meets at 18:00."),
    ("When is the choir?", "The choir meets at 18:00.", "The lift is fixed at 19:30."),
    ("When is the launch?", "The launch is on 14 April.", "Welcome back to the launch, the move is on Wednesday."),
]


@pytest.mark.parametrize(("question", "earlier", "later"), SAME)
def test_a_later_statement_about_the_same_thing_follows_the_earlier_one(question: str, earlier: str, later: str):
    assert texts(question, earlier, later) == [earlier, later]
    assert texts(question, earlier, "The paint is dry.", later) == [earlier, later]


@pytest.mark.parametrize(("question", "earlier", "later"), APART)
def test_statements_about_different_things_stay_apart(question: str, earlier: str, later: str):
    assert texts(question, earlier, later) == []


def test_two_people_who_speak_of_themselves_do_not_follow_each_other():
    lines = ("My desk is number 12.", "My desk is number 31.")
    assert texts("Which desk?", *lines, authors="Mia Rui") == []
    assert texts("Which desk?", *lines, authors="Mia Mia") == list(lines)


@given(st.lists(st.text(max_size=40), min_size=1, max_size=5), st.text(max_size=40))
def test_any_messages_give_a_succession_in_the_order_of_time(lines: list[str], question: str):
    messages = [said(number, "Ana", line) for number, line in enumerate(lines)]
    found = succession(question, messages[0], messages)
    assert list(found) == sorted(found, key=lambda each: each.sent_at)
