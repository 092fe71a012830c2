"""By which day something is to be done, from words that said so at their time."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.summaries.deadlines import deadline

TUESDAY = date(2026, 4, 28)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("I will print the posters by Friday", date(2026, 5, 1)),
        ("Bo sends the contract next Tuesday", date(2026, 5, 5)),
        ("I'll paint the pier tomorrow", date(2026, 4, 29)),
        ("Cy fixes it today", TUESDAY),
        ("the invoice is due on 12 May", date(2026, 5, 12)),
        ("eu trato disso até sexta-feira", date(2026, 5, 1)),
        ("a Ana envia o contrato amanhã", date(2026, 4, 29)),
        ("yo lo preparo para el jueves", date(2026, 4, 30)),
        ("lo entrego mañana por la mañana", date(2026, 4, 29)),
        ("ich mache das bis Montag", date(2026, 5, 4)),
        ("Bo schickt es am 3. Mai", date(2026, 5, 3)),
        ("je m'en occupe d'ici vendredi", date(2026, 5, 1)),
        ("je l'envoie demain", date(2026, 4, 29)),
    ],
)
def test_the_day_is_counted_from_when_it_was_said(text: str, day: date):
    assert deadline(text, TUESDAY) == day


@pytest.mark.parametrize(
    "text",
    [
        "I will print the posters",
        "guten Morgen, ich mache das",
        "the Monday meeting was long",
        "31 February is my day",
        "cada mañana",
        "I was there on 3 March",
    ],
)
def test_other_words_name_no_day(text: str):
    assert deadline(text, TUESDAY) is None


def test_a_day_of_next_year_is_told_at_the_end_of_this_one():
    assert deadline("I book the harbour by January 8th", date(2026, 12, 20)) == date(2027, 1, 8)


@given(st.text(), st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_any_text_is_read(text: str, said_on: date):
    found = deadline(text, said_on)
    assert found is None or found.year - said_on.year in {-1, 0, 1}
