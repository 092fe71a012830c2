"""Windows in words: counts, durations, days, and everything else left as it was."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat import EVERYTHING, Window
from adapters.when import duration, moment, window

NOW = datetime(2026, 4, 15, 14, 30, tzinfo=UTC)  # a Wednesday
LISBON = ZoneInfo("Europe/Lisbon")


def at(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=LISBON)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2h", timedelta(hours=2)),
        ("90 minutes", timedelta(minutes=90)),
        ("three days", timedelta(days=3)),
        ("1w", timedelta(weeks=1)),
        ("", None),
        ("soon", None),
        ("999999999w", None),
    ],
)
def test_a_duration_is_an_amount_and_a_unit(text: str, span: timedelta | None):
    assert duration(text) == span


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yesterday", at(4, 14)),
        ("ontem", at(4, 14)),
        ("Tuesday", at(4, 14)),
        ("Montag", at(4, 13)),
        ("today", at(4, 15)),
        ("2026-03-03", at(3, 3)),
        ("3 March", at(3, 3)),
        ("10:30", at(4, 15, 10, 30)),
        ("yesterday 10:30", at(4, 14, 10, 30)),
        ("2h", at(4, 15, 13, 30)),
    ],
)
def test_a_day_starts_at_midnight_where_the_person_lives(text: str, expected: datetime):
    assert moment(text, NOW, LISBON) == expected


def test_words_that_name_no_time_are_no_time():
    assert moment("the projector", NOW, LISBON) is None


@pytest.mark.parametrize(
    ("text", "meant", "rest"),
    [
        ("last 50", Window(last=50), ""),
        ("the last 20 messages please", Window(last=20), "please"),
        ("last two hours", Window(within=timedelta(hours=2)), ""),
        ("last 3 days", Window(within=timedelta(days=3)), ""),
        ("past week", Window(within=timedelta(weeks=1)), ""),
        ("today", Window(since=at(4, 15)), ""),
        ("yesterday", Window(since=at(4, 14), until=at(4, 15)), ""),
        ("this week", Window(since=at(4, 13)), ""),
        ("unread", Window(unread=True), ""),
        ("since Tuesday what broke?", Window(since=at(4, 14)), "what broke?"),
        ("desde ontem", Window(since=at(4, 14)), ""),
        ("who has the keys?", EVERYTHING, "who has the keys?"),
    ],
)
def test_a_window_is_taken_out_of_the_words_around_it(text: str, meant: Window, rest: str):
    assert window(text, NOW, LISBON) == (meant, rest)


@given(st.text(max_size=200))
def test_any_text_has_a_window(text: str):
    meant, rest = window(text, NOW, LISBON)
    assert isinstance(meant, Window)
    assert len(rest) <= len(text)
