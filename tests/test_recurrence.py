"""When a report comes round: cron on the wall clock of a time zone, and the words that people say it in."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.recurrence import Recurrence, from_cron, from_words

LISBON = ZoneInfo("Europe/Lisbon")
MONDAY = datetime(2026, 5, 4, tzinfo=UTC)
MOMENTS = st.integers(0, 24 * 60 * 800).map(lambda minutes: MONDAY + timedelta(minutes=minutes))
CRONS = st.sampled_from(["0 9 * * mon", "30 1 * * *", "15 */6 * * *", "0 0 1 * *", "45 23 * * 0,3"])
ZONES = st.sampled_from(["Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])


@pytest.mark.parametrize(
    ("words", "cron"),
    [
        ("weekly mon 9:00", "0 9 * * mon"),
        ("set weekly on Friday at 16h30", "30 16 * * fri"),
        ("every monday at 9am", "0 9 * * mon"),
        ("mon, thu 17:00", "0 17 * * mon,thu"),
        ("weekly", "0 9 * * mon"),
        ("daily 12 pm", "0 12 * * *"),
        ("every day at 00:15", "15 0 * * *"),
        ("every weekday at 8.30", "30 8 * * mon,tue,wed,thu,fri"),
        ("monthly 9:00", "0 9 1 * *"),
        ("the 15th at 10", "0 10 15 * *"),
        ("please post a mood report every Tuesday at 9", "0 9 * * tue"),
    ],
)
def test_words_say_when(words: str, cron: str):
    wish = from_words(words, LISBON)
    assert wish
    assert (wish.recurrence, wish.window) == (Recurrence(cron, LISBON), None)


@pytest.mark.parametrize(
    ("words", "cron"),
    [
        ("todas as quartas às 9h30", "30 9 * * wed"), ("semanal seg 9:00", "0 9 * * mon"),
        ("todos os dias úteis às 8 da manhã", "0 8 * * mon,tue,wed,thu,fri"),
        ("no dia 15 de cada mês às 18h", "0 18 15 * *"), ("de segunda a sexta às 7", "0 7 * * mon,tue,wed,thu,fri"),
        ("cada jueves a las 5 de la tarde", "0 17 * * thu"), ("diario a las 17:00", "0 17 * * *"),
        ("entre semana a mediodía", "0 12 * * mon,tue,wed,thu,fri"),
        ("jeden Dienstag um 16:30 Uhr", "30 16 * * tue"), ("wöchentlich Mo 9 Uhr", "0 9 * * mon"),
        ("werktags um 8 Uhr 15", "15 8 * * mon,tue,wed,thu,fri"), ("am 1. jedes Monats", "0 9 1 * *"),
        ("tous les vendredis à 17h30", "30 17 * * fri"), ("chaque jour à midi", "0 12 * * *"),
        ("le 1er de chaque mois à 10h", "0 10 1 * *"),
        ("du lundi au vendredi à 9 heures", "0 9 * * mon,tue,wed,thu,fri"),
        ("Monday to Friday at noon", "0 12 * * mon,tue,wed,thu,fri"), ("every Monday morning", "0 9 * * mon"),
    ],
)  # fmt: skip
def test_words_of_five_languages_say_when(words: str, cron: str):
    wish = from_words(words, LISBON)
    assert (wish and wish.recurrence.cron) == cron


def test_the_length_may_be_said_in_other_languages():
    lengths = [
        from_words(words, LISBON)
        for words in (
            "semanal sobre os últimos 30 dias",
            "wöchentlich über die letzten 2 Wochen",
            "chaque lundi sur les 14 jours",
        )
    ]
    assert [each and each.window for each in lengths] == [timedelta(days=days) for days in (30, 14, 14)]


def test_words_may_name_a_time_zone_and_a_length():
    wish = from_words("weekly mon 9:00 America/New_York over 30 days", LISBON)
    assert wish
    assert (wish.recurrence.zone.key, wish.window) == ("America/New_York", timedelta(days=30))


@pytest.mark.parametrize(
    "words",
    [
        "", "soon", "9:00", "daily mon 9:00", "weekly mon 25:00", "weekly 14 pm", "weekly mon 9:00 10:00",
        "weekly mon 9:00 Mars/Base", "weekly mon 9:00 over 2 bananas", "weekly banana 9:00", "monthly 1st 2nd 9:00",
    ],
)  # fmt: skip
def test_other_words_say_nothing(words: str):
    assert from_words(words, LISBON) is None


@given(st.text())
def test_any_text_is_read(text: str):
    wish = from_words(text, LISBON)
    assert wish is None or wish.recurrence.after(MONDAY)


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("0 9 * * 1", "mon"),
        ("0 9 * * 7", "sun"),
        ("0 9 * * 1-5", "mon,tue,wed,thu,fri"),
        ("0 9 * * 5-1", "fri,sat,sun,mon"),
    ],
)
def test_days_of_the_week_count_from_sunday_as_in_cron(line: str, kept: str):
    assert from_cron(line, LISBON).cron == f"0 9 * * {kept}"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("9:00", "five fields"), ("*/5 * * * *", "once an hour"), ("0 9 1 * 1", "for the other"),
        ("0 99 * * *", "not cron"), ("0 9 * * day", "isn't a day"), ("0 9 31 2 *", "never comes"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_use_says_why(line: str, why: str):
    with pytest.raises(ValueError, match=why):
        from_cron(line, LISBON)


def test_a_time_that_clocks_skip_comes_once_an_hour_later():
    nightly = from_cron("30 1 * * *", LISBON)
    found = nightly.between(datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 30, 12, tzinfo=UTC))
    assert [each.astimezone(LISBON).strftime("%d %H:%M") for each in found] == ["29 02:30", "30 01:30"]


def test_a_time_that_clocks_repeat_comes_once_at_the_first():
    nightly = from_cron("30 1 * * *", LISBON)
    found = nightly.between(datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 26, 12, tzinfo=UTC))
    assert [each.strftime("%d %H:%M") for each in found] == ["25 00:30", "26 01:30"]


def test_nine_is_nine_on_both_sides_of_a_change_of_clocks():
    weekly = from_cron("0 9 * * 1", LISBON)
    found = weekly.between(datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 4, 7, tzinfo=UTC))
    assert [each.hour for each in found] == [9, 8, 8]


@given(CRONS, ZONES, MOMENTS)
def test_before_and_after_are_neighbours(cron: str, zone: str, at: datetime):
    recurrence = from_cron(cron, ZoneInfo(zone))
    before, after = recurrence.until(at), recurrence.after(at)
    assert before
    assert after
    assert before <= at < after
    assert recurrence.between(before, after) == [after]
    assert recurrence.until(after) == after


def test_it_says_itself_as_people_do():
    said = [from_cron(line, LISBON).said() for line in ("0 9 * * 1", "5 17 * * 1-5", "0 9 1 * *", "0 */6 * * *")]
    assert said == [
        "every Monday at 09:00", "on weekdays at 17:05", "on day 1 of every month at 09:00",
        "at the times of `0 */6 * * *`",
    ]  # fmt: skip
