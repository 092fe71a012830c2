"""Times as people read them: the same words on every operating system and in any locale of the machine."""

from datetime import UTC, datetime

from adapters.text import dates

AT = datetime(2026, 5, 3, 9, 5, tzinfo=UTC)


def test_a_day_has_its_year_only_where_it_is_another():
    assert dates.day(AT, 2026) == "3 May"
    assert dates.day(AT, 2027) == "3 May 2026"


def test_a_moment_is_written_short_and_with_two_digits_of_each():
    assert dates.moment(AT, 2026) == "3 May 09:05"
    assert dates.moment(AT, 2025) == "3 May 2026 09:05"


def test_a_time_in_full_names_its_weekday():
    assert dates.full(AT) == "Sunday 3 May 2026, 09:05"


def test_months_can_be_named_in_another_language():
    assert dates.written(AT, dates.DATE, "de") == "3 Mai 2026"
