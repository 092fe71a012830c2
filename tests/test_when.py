"""Windows in words: counts, durations, days, and everything else left as it was."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat import EVERYTHING, Window
from bot.understanding.times.windows import duration, moment, window

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


def days(first: int, last: int) -> Window:
    return Window(since=at(4, first), until=at(4, last))


def hours(day: int, first: int, last: int) -> Window:
    return Window(since=at(4, day, first), until=at(4, day, last))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("yesterday afternoon", hours(14, 12, 18)),
        ("ontem à tarde", hours(14, 12, 18)),
        ("ayer por la tarde", hours(14, 12, 18)),
        ("gestern Nachmittag", hours(14, 12, 18)),
        ("hier après-midi", hours(14, 12, 18)),
        ("this morning", hours(15, 5, 12)),
        ("last night", Window(since=at(4, 14, 18), until=at(4, 15, 6))),
        ("since this morning", Window(since=at(4, 15, 5))),
        ("on Monday", days(13, 14)),
        ("el martes pasado", days(14, 15)),
        ("letzten Freitag", days(10, 11)),
        ("seit letztem Freitag", Window(since=at(4, 10))),
        ("depuis lundi", Window(since=at(4, 13))),
        ("desde el lunes", Window(since=at(4, 13))),
        ("last week", days(6, 13)),
        ("letzte Woche", days(6, 13)),
        ("la semana pasada", days(6, 13)),
        ("a semana passada", days(6, 13)),
        ("la semaine dernière", days(6, 13)),
        ("diese Woche", Window(since=at(4, 13))),
        ("last month", Window(since=at(3, 1), until=at(4, 1))),
        ("in March", Window(since=at(3, 1), until=at(4, 1))),
        ("am 3. April", days(3, 4)),
        ("two days ago", days(13, 14)),
        ("vorgestern", days(13, 14)),
        ("from 1 April to 3 April", days(1, 4)),
        ("between Monday and Wednesday", days(13, 16)),
        ("les deux dernières heures", Window(within=timedelta(hours=2))),
        ("die letzten zwei Stunden", Window(within=timedelta(hours=2))),
        ("the last half hour", Window(within=timedelta(minutes=30))),
        ("2 days", Window(within=timedelta(days=2))),
        ("les 50 derniers messages", Window(last=50)),
        ("los últimos 50 mensajes", Window(last=50)),
        ("Resümee von gestern", days(14, 15)),
    ],
)
def test_windows_in_natural_words_of_five_languages(text: str, meant: Window):
    assert window(text, NOW, LISBON)[0] == meant


@pytest.mark.parametrize("text", ["was ist hier los?", "when is Friday's party?", "the last one", "may I?", "morgen"])
def test_words_that_only_look_like_a_time_are_none(text: str):
    assert window(text, NOW, LISBON) == (EVERYTHING, text)


def test_a_mere_day_may_be_what_a_question_is_about():
    question = "who is on call on Monday?"
    assert window(question, NOW, LISBON, firm=True) == (EVERYTHING, question)
    assert window("since Monday who broke it?", NOW, LISBON, firm=True)[0] == Window(since=at(4, 13))


@pytest.mark.parametrize(
    ("now", "length"),
    [
        (datetime(2026, 3, 30, 0, 30, tzinfo=LISBON), timedelta(hours=23)),
        (datetime(2026, 10, 26, 0, 30, tzinfo=LISBON), timedelta(hours=25)),
    ],
)
def test_yesterday_is_the_whole_day_before_also_when_the_clocks_change(now: datetime, length: timedelta):
    meant, _ = window("yesterday", now.astimezone(UTC), LISBON)
    assert meant.since
    assert meant.until == now.replace(minute=0)
    assert meant.until.astimezone(UTC) - meant.since == length


def test_a_day_whose_midnight_is_skipped_begins_when_it_begins():
    meant, _ = window("on 6 September", datetime(2026, 9, 10, tzinfo=UTC), ZoneInfo("America/Santiago"))
    assert meant.since == datetime(2026, 9, 6, 4, tzinfo=UTC)


@given(st.text(max_size=200))
def test_any_text_has_a_window(text: str):
    meant, rest = window(text, NOW, LISBON)
    assert isinstance(meant, Window)
    assert len(rest) <= len(text)
